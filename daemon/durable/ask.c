/* Happy path: send, answer, cb. No answer or a refusal: wait, send again; directory->trouble is told.
 * NO below our own directory (ASK_OWN): touch the path; there means that a reading server is behind:
 * wait, send again. Not there: touch the directory; gone means fenced, there means NO. It cannot be closed: what is under way ends with the process. */
#include "durable/ask.h"

#include "base/check.h"
#include "base/list.h"

static void ask_sent_cb(struct store_req *req);

static void ask_send(struct ask *ask)
{
    store_req_free(&ask->req);
    ask->req.cb = ask_sent_cb;
    ask->op(ask->directory->store, &ask->req);
}

static void ask_again_cb(struct loop_timer *timer)
{
    struct ask *ask = CONTAINER_OF(timer, struct ask, timer);
    if (!ask->directory->is_fenced)
        ask_send(ask);
}

static void ask_wait(struct ask *ask, const struct err *err)
{
    uint64_t wait = directory_trouble(ask->directory, &ask->tries, err);
    loop_timer_start(ask->directory->loop, &ask->timer, wait, ask_again_cb);
}

static void ask_end(struct ask *ask)
{
    directory_relief(ask->directory, &ask->tries);
    ask->cb(ask);
}

/* The directory was touched after the path was not there: is it still ours? */
static void ask_directory_cb(struct store_req *touch)
{
    struct ask *ask = CONTAINER_OF(touch, struct ask, touch);
    if (ask->directory->is_fenced)
        return;
    if (touch->answer == STORE_YES)
        ask_end(ask);
    else if (touch->answer == STORE_NO)
        directory_fence(ask->directory);
    else
        ask_wait(ask, &touch->err);
}

static void ask_touch(struct ask *ask, const char *path, store_cb cb)
{
    ask->touch = (struct store_req){ .path = path, .cb = cb };
    ask->directory->store->ops->touch(ask->directory->store, &ask->touch);
}

/* The path was touched after a NO: a mutation is never behind. */
static void ask_path_cb(struct store_req *touch)
{
    struct ask *ask = CONTAINER_OF(touch, struct ask, touch);
    struct err behind;
    if (ask->directory->is_fenced)
        return;
    if (touch->answer == STORE_NO) {
        ask_touch(ask, ask->directory->name, ask_directory_cb);
        return;
    }
    err_set(&behind, ERR_RETRY, "%s is not seen by a server that is behind", ask->req.path);
    ask_wait(ask, touch->answer == STORE_YES ? &behind : &touch->err);
}

static void ask_look(struct ask *ask)
{
    if (ask->op == ask->directory->store->ops->touch)
        ask_touch(ask, ask->directory->name, ask_directory_cb);
    else
        ask_touch(ask, ask->req.path, ask_path_cb);
}

static bool ask_ends(const struct ask *ask)
{
    switch (ask->req.answer) {
        case STORE_YES:
        case STORE_NO:
            return true;
        case STORE_UNKNOWN:
            return ask->ends & ASK_UNKNOWN_ENDS;
        case STORE_REFUSED:
            return (ask->ends & ASK_FATAL_ENDS) && ask->req.err.kind == ERR_FATAL;
    }
    return true;
}

static void ask_step(struct ask *ask)
{
    if (ask->directory->is_fenced)
        return;
    if (!ask_ends(ask)) {
        ask_wait(ask, &ask->req.err);
        return;
    }
    if (ask->req.answer == STORE_NO && (ask->ends & ASK_OWN))
        ask_look(ask);
    else
        ask_end(ask);
}

static void ask_sent_cb(struct store_req *req)
{
    ask_step(CONTAINER_OF(req, struct ask, req));
}

void ask_start(struct ask *ask, void (*op)(struct store *store, struct store_req *req), ask_cb cb)
{
    check(!loop_timer_active(&ask->timer));
    if (ask->directory->is_fenced)
        return;
    ask->op = op;
    ask->cb = cb;
    ask_send(ask);
}

void ask_done(struct ask *ask)
{
    store_req_free(&ask->req);
}
