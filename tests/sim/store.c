/* Door store: what a process calls. A request gets its fate when it is sent (request.c has what
 * becomes of it); on close the door calls back when every request has. */
#include "io/store.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "store_parts.h"

void sim_fate_in(struct sim_store *store, uint64_t n, enum sim_fate fate)
{
    store->fate_in[fate] = n;
}

/* One that a scenario has planned; false: none is for this request. */
static bool planned_fate(struct sim_store *store, enum fate *fate)
{
    static const enum fate fates[SIM_FATES] = { FATE_UNANSWERED, FATE_LATE, FATE_LOST, FATE_TWICE };
    bool planned = false;
    for (int i = 0; i < SIM_FATES; i++) {
        if (!store->fate_in[i] || --store->fate_in[i])
            continue;
        planned = true;
        *fate = fates[i];
    }
    return planned && (!store->is_local || *fate == FATE_UNANSWERED);
}

static enum fate draw_fate(struct sim_store *store)
{
    struct sim *sim = store->sim;
    enum fate planned;
    if (planned_fate(store, &planned))
        return planned;
    if (sim_fires(sim, sim->faults.unanswered, CENSUS_UNANSWERED))
        return FATE_UNANSWERED;
    if (store->is_local)
        return FATE_ANSWERED;
    if (sim_fires(sim, sim->faults.late, CENSUS_LATE))
        return FATE_LATE;
    if (sim_fires(sim, sim->faults.lost, CENSUS_VANISHED))
        return FATE_LOST;
    return sim_fires(sim, sim->faults.twice, CENSUS_TWICE) ? FATE_TWICE : FATE_ANSWERED;
}

static struct request *request_new(struct door *door, struct store_req *req, enum op op)
{
    struct sim_store *store = door->store;
    struct request *request = sim_alloc(sizeof *request);
    *request = (struct request){ .store = store,
                                 .process = door->process,
                                 .door = door,
                                 .req = req,
                                 .op = op,
                                 .length_max = req->length_max };
    request->number = ++store->numbers;
    request->edit = (struct sim_edit){
        .kind = sim_store_ops[op].edit,
        .base = 1,
        .target_base = 1,
        .path = strdup(req->path ? req->path : ""),
        .target = op == OP_RENAME ? strdup(req->target) : NULL,
        .id = store->next_id += STORE_IDS,
        .makes_parents = !store->is_local,
        .into_directory = !store->is_local,
    };
    size_t len = 0;
    for (uint32_t i = 0; op == OP_CREATE && i < req->n_pieces; i++)
        len += req->pieces[i].len;
    request->body = op == OP_CREATE ? sim_bytes_new(len) : NULL;
    len = 0;
    for (uint32_t i = 0; op == OP_CREATE && i < req->n_pieces; i++) {
        memcpy(request->body->bytes + len, req->pieces[i].ptr, req->pieces[i].len);
        len += req->pieces[i].len;
    }
    list_add_tail(&store->requests, &request->link);
    return request;
}

void sim_failover_at(struct sim_store *store, int which, uint64_t n, enum sim_failover how)
{
    store->failover_at[which] = (struct store_failover){ n, how };
}

uint64_t sim_store_requests(const struct sim_store *store)
{
    return store->numbers;
}

static void door_fail_over(struct request *request)
{
    struct sim_store *store = request->store;
    for (int i = 0; i < SIM_FAILOVERS_PLANNED; i++) {
        const struct store_failover *planned = &store->failover_at[i];
        if (planned->at != request->number)
            continue;
        census_note(CENSUS_FAILOVERS_AT);
        request->fails_over |= planned->how == SIM_FAILOVER_BEHIND;
        request->is_unanswered |= planned->how != SIM_FAILOVER_BEFORE;
        if (planned->how == SIM_FAILOVER_BEFORE)
            sim_store_failover(store, true);
    }
}

/* The error that is planned for it, SIM_ERRORS: none is. */
static enum sim_error door_error(const struct request *request)
{
    const struct sim_process *process = request->process;
    const struct sim_process_parts *parts = process->parts;
    bool stays = parts->error_stays && process->requests > parts->error_at;
    if (!parts->error_at || (process->requests != parts->error_at && !stays))
        return SIM_ERRORS;
    if (parts->error == SIM_NO_SPACE && sim_store_ops[request->op].is_read)
        return SIM_ERRORS;
    census_note(CENSUS_ERRORS);
    return parts->error;
}

static enum fate door_fate(struct request *request)
{
    static const enum fate fates[] = { [SIM_NO_SPACE] = FATE_ANSWERED,
                                       [SIM_IO_ERROR] = FATE_ANSWERED,
                                       [SIM_SILENCE] = FATE_LOST,
                                       [SIM_UNSYNCED] = FATE_UNANSWERED };
    enum sim_error error = door_error(request);
    if (request->op == OP_LOCK)
        return FATE_ANSWERED;
    if (error == SIM_ERRORS && !request->is_unanswered)
        return draw_fate(request->store);
    if (error == SIM_NO_SPACE || error == SIM_IO_ERROR)
        err_code(&request->err, ERR_RETRY, error == SIM_NO_SPACE ? 320 : 300, "%s",
                 error == SIM_NO_SPACE ? "no space left on device" : "Input/output error");
    return error == SIM_ERRORS ? FATE_UNANSWERED : fates[error];
}

/* It stays on its way until it is let go. */
static void door_hold(struct request *request)
{
    struct sim_process *process = request->process;
    struct sim *sim = process->sim;
    bool stops = process->parts->hold_stops;
    sim->hit = true;
    sim_trace(sim, "%s[%u] #%llu is held up", process->name, process->pid,
              (unsigned long long)request->number);
    process->parts->held = request;
    request->fate = stops ? FATE_ANSWERED : FATE_LATE;
    if (stops)
        sim_pause(process);
    else
        sim_post(sim, process, (uint64_t)sim->faults.give_up_ms * 1000, request_give_up, request);
    census_note(stops ? CENSUS_PAUSES_AT : CENSUS_LATE);
}

void sim_let_go(struct sim_process *process)
{
    struct request *request = process->parts->held;
    process->parts->held = NULL;
    if (request)
        sim_post(process->sim, NULL, 1, request_arrive, request);
    if (process->alive)
        sim_continue(process);
}

static void door_send(struct store *head, struct store_req *req, enum op op)
{
    struct door *door = CONTAINER_OF(head, struct door, head);
    struct sim_process *process = door->process;
    struct sim *sim = process->sim;
    if (sim_dying(process))
        return;
    check(req->cb && !door->closed);
    struct request *request = request_new(door, req, op);
    process->requests++;
    if (process->requests == process->parts->crash_at) {
        request_crash(request, process->parts->crash_how);
        return;
    }
    if (process->requests == process->parts->pause_at) {
        sim->hit = true;
        census_note(CENSUS_PAUSES_AT);
        sim_pause(process);
    }
    bool held = process->requests == process->parts->hold_at;
    door->pending++;
    req->data = (struct buf){ 0 };
    req->entries = NULL;
    req->n_entries = 0;
    uint64_t delay_us = store_latency_us(sim), give_up_us = (uint64_t)sim->faults.give_up_ms * 1000;
    door_fail_over(request);
    request->fate = door_fate(request);
    if (delay_us > give_up_us && !door->store->is_local)
        request->fate = FATE_LATE;
    else if (request->fate == FATE_LATE)
        delay_us = give_up_us + store_late_us(sim);
    if (held) {
        door_hold(request);
        return;
    }
    if (request->fate == FATE_LOST)
        request->over = true;
    else
        sim_post(sim, NULL, delay_us, request_arrive, request);
    if (request->fate != FATE_ANSWERED && request->fate != FATE_TWICE)
        sim_post(sim, process, give_up_us, request_give_up, request);
}

static void door_create(struct store *store, struct store_req *req)
{
    door_send(store, req, OP_CREATE);
}
static void door_rename(struct store *store, struct store_req *req)
{
    door_send(store, req, OP_RENAME);
}
static void door_touch(struct store *store, struct store_req *req)
{
    door_send(store, req, OP_TOUCH);
}
static void door_mkdirs(struct store *store, struct store_req *req)
{
    door_send(store, req, OP_MKDIRS);
}
static void door_list(struct store *store, struct store_req *req)
{
    door_send(store, req, OP_LIST);
}
static void door_read(struct store *store, struct store_req *req)
{
    door_send(store, req, OP_READ);
}
static void door_remove(struct store *store, struct store_req *req)
{
    door_send(store, req, OP_REMOVE);
}
static void door_lock(struct store *store, struct store_req *req)
{
    door_send(store, req, OP_LOCK);
}

static void door_closed_cb(struct loop_post *post)
{
    struct door *door = CONTAINER_OF(post, struct door, close_post);
    void (*closed)(void *ctx) = door->closed;
    void *ctx = door->closed_ctx;
    mem_free(door);
    closed(ctx);
}

static void door_close(struct store *store, void (*cb)(void *ctx), void *ctx)
{
    struct door *door = CONTAINER_OF(store, struct door, head);
    door->closed = cb;
    door->closed_ctx = ctx;
    door->close_post.cb = door_closed_cb;
    door_may_close(door);
}

static const struct store_ops door_ops = {
    .scheme = "sim",
    .create = door_create,
    .rename = door_rename,
    .touch = door_touch,
    .mkdirs = door_mkdirs,
    .list = door_list,
    .read = door_read,
    .remove = door_remove,
    .lock = door_lock,
    .close = door_close,
};

bool store_open(struct loop *loop, const struct store_conf *conf, struct store **store,
                struct err *err)
{
    struct sim_process *process = sim_process_of(loop);
    if (!strstr(conf->url, "://"))
        return err_code(err, ERR_BAD_CONFIG, 215, "%s: not the URL of a store", conf->url);
    struct door *door = mem_zalloc(sizeof *door);
    *door = (struct door){ .head = { .ops = &door_ops, .loop = loop }, .process = process };
    door->store = sim_store(process->sim, conf->url);
    door->head.excludes = door->store->is_local;
    *store = &door->head;
    return true;
}

struct store *sim_store_open(struct sim_process *process, const char *url)
{
    struct store *store = NULL;
    struct err err;
    bool opened = store_open(process->loop, &(struct store_conf){ .url = url }, &store, &err);
    check(opened);
    return store;
}

void store_req_free(struct store_req *req)
{
    buf_free(&req->data);
    for (size_t i = 0; i < req->n_entries; i++)
        mem_free(req->entries[i].name);
    mem_free(req->entries);
    req->entries = NULL;
    req->n_entries = 0;
}

/* ---- stores */

struct sim_store *sim_store(struct sim *sim, const char *url)
{
    LIST_EACH(link, &sim->parts->stores)
    {
        struct sim_store *store = LIST_ITEM(link, struct sim_store, link);
        if (strcmp(store->url, url) == 0)
            return store;
    }
    struct sim_store *store = sim_alloc(sizeof *store);
    *store = (struct sim_store){ .sim = sim, .url = strdup(url), .next_id = 1 };
    store->is_local = strncmp(url, "file:", 5) == 0;
    sim_tree_init(&store->vis);
    sim_tree_init(&store->dur);
    list_init(&store->requests);
    list_add_tail(&sim->parts->stores, &store->link);
    return store;
}

void sim_stores_heal(struct sim *sim)
{
    LIST_EACH(link, &sim->parts->stores)
    {
        struct sim_store *store = LIST_ITEM(link, struct sim_store, link);
        store->spell = SPELL_NONE;
        memset(store->fate_in, 0, sizeof store->fate_in);
        memset(store->failover_at, 0, sizeof store->failover_at);
    }
}

static void store_bury(struct sim_store *store, struct sim_process *process)
{
    LIST_EACH(link, &store->requests)
    {
        struct request *request = LIST_ITEM(link, struct request, link);
        if (request->process == process)
            request_bury(request);
    }
    if (store->holder == process)
        store->holder = NULL;
}

void sim_stores_bury(struct sim_process *process)
{
    LIST_EACH(link, &process->sim->parts->stores)
    store_bury(LIST_ITEM(link, struct sim_store, link), process);
}

void sim_stores_free(struct sim *sim)
{
    while (!list_empty(&sim->parts->stores)) {
        struct sim_store *store =
            LIST_ITEM(list_first(&sim->parts->stores), struct sim_store, link);
        list_remove(&store->link);
        while (!list_empty(&store->requests))
            request_free(LIST_ITEM(list_first(&store->requests), struct request, link));
        cluster_free(store);
    }
}
