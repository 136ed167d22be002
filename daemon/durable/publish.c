/* Happy path: a place is free, create says yes, it is the first of its lane, rename says yes, cb.
 *
 * A create that fails is followed by the next try under a new name; one that takes long is joined by
 * another, and the first yes goes on. Rename: no answer is asked again; NO is settled by touching the
 * target, then our directory, then the source, and asked again after a wait when all that does not
 * explain it. A place is held while creates are under way.
 *
 * Behind cb the other tries are removed, if there were any: nobody waits for that.
 *
 * The content is borrowed, so cb waits for a create that lost the race: it is cancelled. Once fenced
 * nothing is sent and cb never fires; what is left is the process' to drop. */
#include "durable/publish.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/sm.h"
#include "durable/ask.h"
#include "durable/record.h"
#include "io/loop.h"
#include "io/store.h"

#define PUBLISH_ALIVE_MAX 2  /* creates at once for one name */
#define PUBLISH_SLOW_MS 2000 /* no create is joined by another before */
#define PUBLISH_SLOW_TIMES 4 /* and not before that many times the usual */
#define PUBLISH_LITTER_MAX 4 /* last tries removed: those before met a store that was away */
#define PUBLISH_SLOW_KIB_MS \
    8 /* KiB that a create of many bytes has a millisecond more for: 8 MiB/s */

enum publish_state {
    PUBLISH_WAITING,   /* for a place */
    PUBLISH_CREATING,  /* one or two tries are under way, or the next one is waited for */
    PUBLISH_QUEUED,    /* created; others of the lane come first */
    PUBLISH_RENAMING,  /* the rename is asked until it is answered */
    PUBLISH_TARGET,    /* it said no: is it there already? */
    PUBLISH_DIRECTORY, /* no: is our directory? */
    PUBLISH_SOURCE,    /* yes: is what we created? */
    PUBLISH_PUBLISHED, /* a try that lost the race is still under way */
    PUBLISH_STATES
};
static const struct sm_state publish_states[PUBLISH_STATES] = {
    [PUBLISH_WAITING] = { "waiting", SM_TO(PUBLISH_CREATING) },
    [PUBLISH_CREATING] = { "creating", SM_TO(PUBLISH_QUEUED) },
    [PUBLISH_QUEUED] = { "queued", SM_TO(PUBLISH_RENAMING) },
    [PUBLISH_RENAMING] = { "renaming", SM_TO(PUBLISH_PUBLISHED) | SM_TO(PUBLISH_TARGET) },
    [PUBLISH_TARGET] = { "target", SM_TO(PUBLISH_PUBLISHED) | SM_TO(PUBLISH_DIRECTORY) },
    [PUBLISH_DIRECTORY] = { "directory", SM_TO(PUBLISH_SOURCE) },
    [PUBLISH_SOURCE] = { "source", SM_TO(PUBLISH_RENAMING) | SM_TO(PUBLISH_WAITING) },
    [PUBLISH_PUBLISHED] = { "published", 0 },
};

struct publish_try { /* one create */
    struct publish *publish;
    struct store_req req;
    char path[DIRECTORY_PATH_SIZE];
    uint64_t started_ms;
    bool alive;
};

struct publish {
    struct sm sm;
    struct directory *directory;
    struct publish_lane *lane;
    struct list lane_link, waiting_link;
    enum publish_class class;
    publish_cb cb;
    void *ctx;
    struct ask ask;          /* rename and touches */
    struct loop_timer timer; /* the next try, the one that joins a slow one, the next rename */
    struct publish_try tries[PUBLISH_ALIVE_MAX];
    const struct publish_try *created; /* the one that said yes */
    uint32_t n_tries;                  /* that were sent, for their names */
    uint32_t failures;                 /* in a row: creates, then renames that nothing explains */
    char name[DIRECTORY_PATH_SIZE];    /* below the directory */
    char target[DIRECTORY_PATH_SIZE];
    uint8_t head[FILE_HEAD_SIZE], tail[FILE_TAIL_SIZE];
    uint64_t length;   /* of the file, bytes */
    uint32_t n_pieces; /* head and tail included */
    struct slice pieces[];
};

static void publish_step(struct publish *publish);
static void publish_place(struct directory *directory);

void publish_lane_init(struct publish_lane *lane)
{
    list_init(&lane->publishes);
}

/* ---- creating */

static bool publish_alive(const struct publish *publish)
{
    bool alive = false;
    for (unsigned i = 0; i < PUBLISH_ALIVE_MAX; i++)
        alive |= publish->tries[i].alive;
    return alive;
}

static uint64_t publish_patience(const struct publish *publish)
{
    uint64_t slow = publish->directory->create_ms * PUBLISH_SLOW_TIMES;
    return (slow > PUBLISH_SLOW_MS ? slow : PUBLISH_SLOW_MS) +
           publish->length / 1024 / PUBLISH_SLOW_KIB_MS;
}

static void publish_try_cb(struct store_req *req);
static void publish_next_cb(struct loop_timer *timer);

/* tmp/<epoch>.<nonce>/<name>.<try>, where wal/kafka0-17 is called wal-kafka0-17 */
static void publish_try_path(const struct directory *directory, const char *name, uint32_t try,
                             char *path)
{
    int n = snprintf(path, DIRECTORY_PATH_SIZE, "tmp/%s/", directory->name + 1);
    int m = snprintf(path + n, DIRECTORY_PATH_SIZE - (size_t)n, "%s.%u", name, try);
    check(m > 0 && n + m < DIRECTORY_PATH_SIZE);
    for (char *slash; (slash = strchr(path + n, '/'));)
        *slash = '-';
}

/* Sends the next try beside the one that is under way, if any, and plans the one after it. */
static void publish_create(struct publish *publish)
{
    struct directory *directory = publish->directory;
    struct publish_try *next = &publish->tries[publish->tries[0].alive ? 1 : 0];
    const struct publish_try *other = &publish->tries[next == publish->tries ? 1 : 0];
    check(!next->alive);
    publish_try_path(directory, publish->name, ++publish->n_tries, next->path);
    next->publish = publish;
    next->started_ms = loop_now_ms(directory->loop);
    next->alive = true;
    next->req = (struct store_req){
        .path = next->path,
        .pieces = publish->pieces,
        .n_pieces = publish->n_pieces,
        .durable = true,
        .avoid = other->alive ? &other->req : NULL,
        .cb = publish_try_cb,
    };
    if (!other->alive)
        loop_timer_start(directory->loop, &publish->timer, publish_patience(publish),
                         publish_next_cb);
    directory->store->ops->create(directory->store, &next->req);
}

static void publish_next_cb(struct loop_timer *timer)
{
    struct publish *publish = CONTAINER_OF(timer, struct publish, timer);
    if (!publish->directory->is_fenced)
        publish_create(publish);
}

/* A step towards the median of what creates took. */
static void publish_learn(struct directory *directory, uint64_t took)
{
    uint64_t usual = directory->create_ms, step = usual / 16 + 1;
    if (usual == 0)
        directory->create_ms = took + 1;
    else if (took > usual)
        directory->create_ms = usual + step;
    else if (took < usual)
        directory->create_ms = usual - step;
}

/* A try has failed. Another one that is under way goes on; the next one comes after a wait. */
static void publish_retry(struct publish *publish, const struct store_req *req)
{
    struct err taken = { .kind = ERR_RETRY };
    snprintf(taken.text, sizeof taken.text, "create %.200s: the name is taken", req->path);
    uint64_t wait = directory_trouble(publish->directory, &publish->failures,
                                      req->answer == STORE_NO ? &taken : &req->err);
    uint64_t least = publish_alive(publish) ? PUBLISH_SLOW_MS : 0;
    if (wait < least)
        wait = least;
    loop_timer_start(publish->directory->loop, &publish->timer, wait, publish_next_cb);
}

static void publish_created(struct publish *publish, struct publish_try *done)
{
    if (done->req.answer != STORE_YES) {
        publish_retry(publish, &done->req);
        return;
    }
    struct directory *directory = publish->directory;
    publish_learn(directory, loop_now_ms(directory->loop) - done->started_ms);
    directory_relief(directory, &publish->failures);
    loop_timer_stop(directory->loop, &publish->timer);
    publish->created = done;
    for (unsigned i = 0; i < PUBLISH_ALIVE_MAX && directory->store->ops->cancel; i++) {
        if (publish->tries[i].alive)
            directory->store->ops->cancel(directory->store, &publish->tries[i].req);
    }
    sm_move(&publish->sm, PUBLISH_QUEUED);
    directory->places_used--;
    publish_place(directory);
    publish_step(publish);
}

static void publish_try_cb(struct store_req *req)
{
    struct publish_try *done = CONTAINER_OF(req, struct publish_try, req);
    struct publish *publish = done->publish;
    done->alive = false;
    if (publish->directory->is_fenced)
        return;
    if (sm_state(&publish->sm) == PUBLISH_CREATING)
        publish_created(publish, done);
    else if (sm_state(&publish->sm) == PUBLISH_PUBLISHED)
        publish_step(publish);
}

/* ---- places */

static bool publish_may(const struct publish *publish)
{
    const struct directory *directory = publish->directory;
    uint32_t kept = publish->class == PUBLISH_RECORD ? 0 : 1;
    return directory->places_used + kept < directory->places;
}

static struct publish *publish_best(const struct directory *directory)
{
    struct publish *best = NULL;
    LIST_EACH(link, &directory->waiting)
    {
        struct publish *publish = CONTAINER_OF(link, struct publish, waiting_link);
        if (!best || publish->class < best->class)
            best = publish;
    }
    return best;
}

/* Gives free places to those who wait: records first, then blocks, in the order of their starts. */
static void publish_place(struct directory *directory)
{
    for (struct publish *publish; (publish = publish_best(directory)) && publish_may(publish);) {
        list_remove(&publish->waiting_link);
        directory->places_used++;
        sm_move(&publish->sm, PUBLISH_CREATING);
        publish_create(publish);
    }
}

static void publish_wait(struct publish *publish)
{
    list_add_tail(&publish->directory->waiting, &publish->waiting_link);
    publish_place(publish->directory);
}

/* ---- litter: the tries of a name that is published. Nobody waits for its removal, one after
 * another; what does not work is left to the next owner, who removes all of our tmp/. */

struct litter {
    struct store_req req;
    struct directory *directory;
    uint32_t next, last; /* tries */
    char name[DIRECTORY_PATH_SIZE], path[DIRECTORY_PATH_SIZE];
};

static void litter_cb(struct store_req *req);

static void litter_remove(struct litter *litter)
{
    struct directory *directory = litter->directory;
    publish_try_path(directory, litter->name, litter->next++, litter->path);
    litter->req = (struct store_req){ .path = litter->path, .cb = litter_cb };
    directory->store->ops->remove(directory->store, &litter->req);
}

static void litter_cb(struct store_req *req)
{
    struct litter *litter = CONTAINER_OF(req, struct litter, req);
    bool answered = req->answer == STORE_YES || req->answer == STORE_NO;
    if (answered && litter->next <= litter->last)
        litter_remove(litter);
    else
        mem_free(litter);
}

/* Of several tries at most one was renamed: that one is not there any more. */
static void publish_sweep(const struct publish *publish)
{
    if (publish->n_tries == 1)
        return;
    struct litter *litter = mem_zalloc(sizeof *litter);
    litter->directory = publish->directory;
    litter->last = publish->n_tries;
    litter->next = litter->last > PUBLISH_LITTER_MAX ? litter->last - PUBLISH_LITTER_MAX + 1 : 1;
    strcpy(litter->name, publish->name);
    litter_remove(litter);
}

/* ---- putting in place */

static void publish_asked_cb(struct ask *ask)
{
    publish_step(CONTAINER_OF(ask, struct publish, ask));
}

static void publish_rename(struct publish *publish)
{
    struct ask *ask = &publish->ask;
    sm_move(&publish->sm, PUBLISH_RENAMING);
    ask->req = (struct store_req){ .path = publish->created->path, .target = publish->target };
    ask_start(ask, publish->directory->store->ops->rename, publish_asked_cb);
}

static void publish_again_cb(struct loop_timer *timer)
{
    struct publish *publish = CONTAINER_OF(timer, struct publish, timer);
    if (!publish->directory->is_fenced)
        publish_rename(publish);
}

/* It is refused, though both are there, what we created and our directory: a server was behind, or
 * somebody has taken the folder away. */
static void publish_again(struct publish *publish)
{
    struct err err;
    err_set(&err, ERR_RETRY, "rename %s to %s: it is refused; is the folder there?",
            publish->created->path, publish->target);
    uint64_t wait = directory_trouble(publish->directory, &publish->failures, &err);
    loop_timer_start(publish->directory->loop, &publish->timer, wait, publish_again_cb);
}

static void publish_touch(struct publish *publish, enum publish_state state, const char *path)
{
    sm_move(&publish->sm, state);
    publish->ask.req = (struct store_req){ .path = path };
    ask_start(&publish->ask, publish->directory->store->ops->touch, publish_asked_cb);
}

/* Others of the lane come first; whoever is done wakes the next one. */
static void publish_queued(struct publish *publish)
{
    const struct publish_lane *lane = publish->lane;
    if (!lane || list_first(&lane->publishes) == &publish->lane_link)
        publish_rename(publish);
}

static void publish_published(struct publish *publish)
{
    if (sm_state(&publish->sm) != PUBLISH_PUBLISHED)
        sm_move(&publish->sm, PUBLISH_PUBLISHED);
    directory_relief(publish->directory, &publish->failures);
    if (publish_alive(publish))
        return;
    struct publish_lane *lane = publish->lane;
    if (lane)
        list_remove(&publish->lane_link);
    struct list *next = lane ? list_first(&lane->publishes) : NULL;
    publish->cb(publish);
    if (next && sm_state(&CONTAINER_OF(next, struct publish, lane_link)->sm) == PUBLISH_QUEUED)
        publish_step(CONTAINER_OF(next, struct publish, lane_link));
    publish_sweep(publish);
    mem_free(publish);
}

/* The whole flow behind a yes to create. */
static void publish_step(struct publish *publish)
{
    bool yes = publish->ask.req.answer == STORE_YES;
    switch (sm_state(&publish->sm)) {
        case PUBLISH_QUEUED:
            publish_queued(publish);
            break;
        case PUBLISH_RENAMING:
            if (yes)
                publish_published(publish);
            else
                publish_touch(publish, PUBLISH_TARGET, publish->target);
            break;
        case PUBLISH_TARGET:
            if (yes) /* an earlier send did it, and this answer makes it durable */
                publish_published(publish);
            else
                publish_touch(publish, PUBLISH_DIRECTORY, publish->directory->name);
            break;
        case PUBLISH_DIRECTORY:
            if (yes)
                publish_touch(publish, PUBLISH_SOURCE, publish->created->path);
            else
                directory_fence(publish->directory);
            break;
        case PUBLISH_SOURCE:
            if (yes) {
                publish_again(publish);
            } else { /* moved since by a late rename that may be undone yet, or removed */
                sm_move(&publish->sm, PUBLISH_WAITING);
                publish_wait(publish);
            }
            break;
        case PUBLISH_PUBLISHED:
            publish_published(publish);
            break;
        default:
            check(false);
    }
}

/* ---- the interface */

static void publish_seal(struct publish *publish, const struct publish_conf *conf)
{
    const struct directory *directory = conf->directory;
    struct file_head head = conf->head;
    memcpy(head.lineage, directory->lineage, sizeof head.lineage);
    memcpy(head.job, directory->job, sizeof head.job);
    head.epoch = directory->epoch;
    uint64_t length = 0;
    for (uint32_t i = 0; i < conf->n_pieces; i++)
        length += conf->pieces[i].len;
    if (conf->crc)
        file_seal_summed(&head, length, *conf->crc, publish->head, publish->tail);
    else
        file_seal(&head, conf->pieces, conf->n_pieces, publish->head, publish->tail);
    publish->length = head.length;
    publish->n_pieces = conf->n_pieces + 2;
    publish->pieces[0] = (struct slice){ publish->head, sizeof publish->head };
    if (conf->n_pieces)
        memcpy(&publish->pieces[1], conf->pieces, conf->n_pieces * sizeof *conf->pieces);
    publish->pieces[conf->n_pieces + 1] = (struct slice){ publish->tail, sizeof publish->tail };
}

struct publish *publish_start(const struct publish_conf *conf)
{
    struct publish *publish =
        mem_zalloc(sizeof *publish + (conf->n_pieces + 2) * sizeof *publish->pieces);
    publish->directory = conf->directory;
    publish->lane = conf->lane;
    publish->class = conf->class;
    publish->cb = conf->cb;
    publish->ctx = conf->ctx;
    publish->ask.directory = conf->directory;
    sm_init(&publish->sm, publish_states, PUBLISH_WAITING);
    list_init(&publish->lane_link);
    list_init(&publish->waiting_link);
    check(strlen(conf->path) < sizeof publish->name);
    strcpy(publish->name, conf->path);
    directory_path(conf->directory, publish->target, "%s", conf->path);
    publish_seal(publish, conf);
    if (publish->lane)
        list_add_tail(&publish->lane->publishes, &publish->lane_link);
    if (!conf->directory->is_fenced)
        publish_wait(publish);
    return publish;
}

void *publish_ctx(const struct publish *publish)
{
    return publish->ctx;
}

uint64_t publish_hash(const struct publish *publish)
{
    check(publish->n_pieces == 3);
    return record_hash_parts(publish->head, publish->pieces[1], publish->tail);
}

uint32_t publish_crc(const struct publish *publish)
{
    return be_u32(publish->tail);
}
