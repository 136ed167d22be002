/* What was created is gone when it is to be put in place, at each such moment of a small life. The way there: a RENAME is held up (1); the same again is
 * done, and not answered (2); once more it finds nothing to move (3); a failover undoes (2); nothing is at the target, the directory
 * is there, and before the question for the source (1) arrives. It has moved the source after all, and is not synced. Or somebody
 * has removed it. The writer creates the file anew, and learns at its target whether it is needed. */
#include <string.h>

#include "durable.h"
#include "durable_field.h"
#include "store_parts.h"

#define URL "webhdfs://nn/orders"
#define TIME_MS 10000 /* between two steps, at most */

enum gone {
    GONE_MOVED,   /* and it is where it belongs */
    GONE_UNDONE,  /* this is undone by one more failover: it is where it was */
    GONE_REMOVED, /* for good */
    GONE_WAYS
};

struct await { /* a request of the worker's that is sent and not done */
    const struct sim_store *store;
    enum op op;
    const char *path; /* "….": so it begins */
    const struct request *but;
    struct request *found;
};

static bool is_path(const char *path, const char *wanted)
{
    size_t n = strlen(wanted);
    return wanted[n - 1] == '.' ? strncmp(path, wanted, n) == 0 : strcmp(path, wanted) == 0;
}

static bool is_sent(void *ctx)
{
    struct await *await = ctx;
    LIST_EACH(link, &await->store->requests)
    {
        struct request *request = LIST_ITEM(link, struct request, link);
        if (request != await->but && request->op == await->op && !request->over &&
            is_path(request->edit.path, await->path))
            await->found = request;
    }
    return await->found != NULL;
}

static bool is_held(void *ctx)
{
    const struct durable *durable = ctx;
    return durable->workers[0]->parts->held || durable_complete(ctx);
}

static bool is_over(void *ctx)
{
    return ((const struct request *)ctx)->over;
}

/* Waits until that is sent. NULL: it never is. */
static struct request *await(struct durable *durable, enum op op, const char *path)
{
    struct await await = { sim_store(durable->sim, URL), op, path, durable->workers[0]->parts->held,
                           NULL };
    sim_run(durable->sim, TIME_MS, is_sent, &await);
    return await.found;
}

static bool is_publish(const struct request *request)
{
    return request->op == OP_RENAME && *request->edit.target == 'e' &&
           strchr(request->edit.target, '/');
}

/* From (2) to the question for the source. NULL: something else was synced meanwhile, and all of this with it. */
static struct request *lose(struct durable *durable, const struct request *held, enum gone how)
{
    struct sim *sim = durable->sim;
    struct sim_store *store = sim_store(sim, URL);
    char source[200], target[200];
    strcpy(source, held->edit.path);
    strcpy(target, held->edit.target);
    struct request *again = await(durable, OP_RENAME, source);
    if (!again)
        return NULL;
    again->fate = FATE_UNANSWERED;
    sim_post(sim, again->process, (uint64_t)sim->faults.give_up_ms * 1000, request_give_up, again);
    if (!await(durable, OP_TOUCH, target))
        return NULL;
    sim_store_failover(store, true);
    struct request *question = await(durable, OP_TOUCH, source);
    if (question && how == GONE_REMOVED)
        sim_store_put(store, source, (struct slice){ NULL, 0 });
    else if (question)
        sim_let_go(durable->workers[0]); /* it is there first */
    return question;
}

/* Another try at the same name. */
static void create_again(struct durable *durable, struct request *question, enum gone how)
{
    struct sim *sim = durable->sim;
    char name[200];
    strcpy(name, question->edit.path);
    strrchr(name, '.')[1] = 0;
    sim_run(sim, TIME_MS, is_over, question);
    sim_expect(sim, question->answer == STORE_NO, "%s is still there", question->edit.path);
    if (how == GONE_UNDONE)
        sim_store_failover(sim_store(sim, URL), true);
    census_note(CENSUS_GONE);
    sim_expect(sim, await(durable, OP_CREATE, name), "nobody creates %s again", name);
}

void durable_gone(struct sim *sim)
{
    enum gone how = (enum gone)(sim->seed % GONE_WAYS);
    struct durable *durable = durable_new(sim, URL);
    sim->faults = (struct sim_faults){ .latency_us = 1000, .give_up_ms = 200, .late_ms = 2000 };
    durable->ledger->offsets = durable->ledger->pushes = 2;
    durable->plan.snapshot_records = durable->plan.retain = 1;
    struct sim_process *worker = durable_start(durable);
    sim_hold_at(worker, sim->point, false);
    sim_run(sim, TIME_MS, is_held, durable);
    struct request *held = worker->parts->held;
    if (!held || !is_publish(held)) {
        durable_free(durable);
        return;
    }
    struct request *question = lose(durable, held, how);
    if (question)
        create_again(durable, question, how);
    sim_let_go(worker);
    bool done = *sim->failure || sim_run(sim, FIELD_DRAIN_MS, durable_complete, durable);
    sim_expect(sim, done && worker->alive, "it does not go on by itself");
    if (!*sim->failure)
        durable_drain(durable);
    durable_free(durable);
}
