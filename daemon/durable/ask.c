/* Happy path: send, answer, cb. No answer or a refusal: wait, send again; directory->trouble is told.
 *
 * NO below our own directory (ASK_OWN): touch the path; there means that a reading server is behind:
 * wait, send again. Not there: list its folder. A listing is of one moment, and of one in which the
 * directory was ours: what was there when we took it over and is not in it is gone, which is NO. Two
 * questions, is the file there, is the directory, would not do: another may have the directory for
 * the first, and have lost it to a failover for the second. No folder: touch the directory; gone
 * means fenced, there that one of the two has just happened: wait, send again.
 *
 * It cannot be closed: what is under way ends with the process. */
#include "durable/ask.h"

#include <string.h>

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
    store_req_free(&ask->look);
    directory_relief(ask->directory, &ask->tries);
    ask->cb(ask);
}

static void ask_look(struct ask *ask, void (*op)(struct store *store, struct store_req *req),
                     const char *path, store_cb cb)
{
    store_req_free(&ask->look);
    ask->look = (struct store_req){ .path = path, .cb = cb };
    op(ask->directory->store, &ask->look);
}

/* The answers together say nothing: another server, or another moment, will. */
static void ask_undecided(struct ask *ask)
{
    struct err behind;
    err_set(&behind, ERR_RETRY, "%s is not seen by a server that is behind", ask->req.path);
    ask_wait(ask, ask->look.answer == STORE_YES ? &behind : &ask->look.err);
}

/* Is the directory still ours? */
static void ask_directory_cb(struct store_req *look)
{
    struct ask *ask = CONTAINER_OF(look, struct ask, look);
    if (ask->directory->is_fenced)
        return;
    if (look->answer == STORE_NO)
        directory_fence(ask->directory);
    else if (look->answer == STORE_YES && ask->op == ask->directory->store->ops->touch)
        ask_end(ask);
    else
        ask_undecided(ask);
}

static void ask_directory(struct ask *ask)
{
    ask_look(ask, ask->directory->store->ops->touch, ask->directory->name, ask_directory_cb);
}

static bool ask_listed(const struct ask *ask)
{
    const char *name = ask->req.path + strlen(ask->folder) + 1;
    for (size_t i = 0; i < ask->look.n_entries; i++)
        if (strcmp(ask->look.entries[i].name, name) == 0)
            return true;
    return false;
}

static void ask_folder_cb(struct store_req *look)
{
    struct ask *ask = CONTAINER_OF(look, struct ask, look);
    if (ask->directory->is_fenced)
        return;
    if (look->answer == STORE_NO)
        ask_directory(ask);
    else if (look->answer == STORE_YES && !ask_listed(ask))
        ask_end(ask);
    else
        ask_undecided(ask);
}

static void ask_path_cb(struct store_req *look)
{
    struct ask *ask = CONTAINER_OF(look, struct ask, look);
    const char *path = ask->req.path;
    if (ask->directory->is_fenced)
        return;
    if (look->answer != STORE_NO) {
        ask_undecided(ask);
        return;
    }
    size_t n = (size_t)(strrchr(path, '/') - path);
    check(n < sizeof ask->folder);
    memcpy(ask->folder, path, n);
    ask->folder[n] = 0;
    ask_look(ask, ask->directory->store->ops->list, ask->folder, ask_folder_cb);
}

static void ask_refuted(struct ask *ask)
{
    const struct store_ops *ops = ask->directory->store->ops;
    if (ask->op == ops->touch)
        ask_directory(ask);
    else
        ask_look(ask, ops->touch, ask->req.path, ask_path_cb);
}

static bool ask_ends(const struct ask *ask)
{
    switch (ask->req.answer) {
        case STORE_YES:
        case STORE_NO:
            return true;
        case STORE_UNKNOWN:
            return ask->ends & ASK_UNKNOWN_ENDS;
        default: /* STORE_REFUSED */
            return (ask->ends & ASK_FATAL_ENDS) && ask->req.err.kind == ERR_FATAL;
    }
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
        ask_refuted(ask);
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
