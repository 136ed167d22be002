/* Requests on their way. Happy path: a request arrives, is applied, and its answer comes
 * back; a create has two arrivals, its name and later its bytes. What else may become of one is its
 * fate, drawn when it is sent. Failure modes are the fates.
 *
 * On HDFS a request that was sent lives on when its sender dies or gives up; a create whose sender
 * died leaves a part of its bytes. On a local store a path is resolved first and acts later, in the
 * directory it was resolved to, whatever that is called by then; what a dying process has under way
 * is finished or not, at once. */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "store_parts.h"

const struct op_kind sim_store_ops[] = {
    [OP_CREATE] = { "create", false, EDIT_OPEN },   [OP_RENAME] = { "rename", false, EDIT_RENAME },
    [OP_TOUCH] = { "touch", false, EDIT_TOUCH },    [OP_MKDIRS] = { "mkdirs", false, EDIT_MKDIRS },
    [OP_LIST] = { "list", true, EDIT_TOUCH },       [OP_READ] = { "read", true, EDIT_TOUCH },
    [OP_REMOVE] = { "remove", false, EDIT_REMOVE }, [OP_LOCK] = { "lock", true, EDIT_TOUCH },
};

static const char *const fates[] = { "", ", answer lost, not synced", ", late, no answer", ", lost",
                                     ", comes again later" };
static const char *const answers[] = { "yes", "no", "unknown", "refused" };

void request_free(struct request *request)
{
    list_remove(&request->link);
    sim_edit_free(&request->edit);
    sim_bytes_drop(request->body);
    sim_bytes_drop(request->bytes);
    for (size_t i = 0; i < request->n_entries; i++)
        free(request->entries[i].name);
    free(request->entries);
    free(request);
}

uint64_t store_latency_us(struct sim *sim)
{
    uint64_t us = 50 + sim_below(sim, sim->faults.latency_us);
    return sim_fires(sim, sim->faults.slow, CENSUS_SLOW) ? us * 100 : us;
}

/* ---- the answer, inside the process */

void door_may_close(struct door *door)
{
    if (door->closed && door->pending == 0)
        loop_post(door->head.loop, &door->close_post);
}

static void answer_list(struct store_req *req, const struct request *request)
{
    req->n_entries = request->n_entries;
    req->entries = mem_alloc(request->n_entries * sizeof *req->entries);
    for (size_t i = 0; i < request->n_entries; i++) {
        req->entries[i] = request->entries[i];
        req->entries[i].name = mem_strdup(request->entries[i].name);
    }
}

static void answer_cb(void *ctx)
{
    struct request *request = ctx;
    struct store_req *req = request->req;
    struct door *door = request->door;
    request->req = NULL;
    req->answer = request->given_up ? STORE_UNKNOWN : request->answer;
    req->err = (struct err){ .kind = ERR_NONE };
    if (request->given_up)
        err_set(&req->err, ERR_UNKNOWN, "no answer in time");
    else
        req->err = request->err;
    if (req->answer == STORE_YES && request->op == OP_LIST)
        answer_list(req, request);
    if (req->answer == STORE_YES && request->op == OP_READ && request->bytes)
        buf_put(&req->data, request->bytes->bytes, request->bytes->len);
    if (request->given_up)
        sim_trace(request->store->sim, "%s[%u] #%llu: no answer", request->process->name,
                  request->process->pid, (unsigned long long)request->number);
    bool is_read = sim_store_ops[request->op].is_read;
    uint64_t failovers = request->failovers;
    if (request->over)
        request_free(request);
    door->pending--;
    if (!is_read && req->answer <= STORE_NO && failovers > door->failovers)
        door->failovers = failovers;
    req->cb(req);
    door_may_close(door);
}

void request_give_up(void *ctx)
{
    struct request *request = ctx;
    request->given_up = true;
    answer_cb(request);
}

uint64_t store_late_us(struct sim *sim)
{
    return sim_below(sim, (uint64_t)sim->faults.late_ms * 1000);
}

static struct request *request_clone(const struct request *request)
{
    struct request *clone = sim_alloc(sizeof *clone);
    *clone = (struct request){ .store = request->store,
                               .process = request->process,
                               .op = request->op,
                               .fate = FATE_LATE,
                               .number = request->number,
                               .edit = sim_edit_copy(&request->edit),
                               .body = sim_bytes_ref(request->body) };
    clone->edit.id = clone->store->next_id += STORE_IDS;
    list_add_tail(&request->store->requests, &clone->link);
    return clone;
}

void request_late(struct request *request)
{
    sim_post(request->store->sim, NULL, store_late_us(request->store->sim), request_arrive,
             request_clone(request));
}

/* ---- arriving, outside all processes */

static void request_settle(struct request *request, enum store_answer answer)
{
    struct sim_store *store = request->store;
    bool answered = request->fate == FATE_ANSWERED || request->fate == FATE_TWICE;
    request->answer = answer;
    request->over = true;
    request->failovers = store->failovers;
    sim_trace(store->sim, "%s[%u] #%llu %s %s%s%s: %s%s%s", request->process->name,
              request->process->pid, (unsigned long long)request->number,
              sim_store_ops[request->op].name, request->edit.path,
              request->edit.target ? " -> " : "", request->edit.target ? request->edit.target : "",
              answers[answer], fates[request->fate],
              request->process->alive ? "" : ", its sender is dead");
    if (answer == STORE_YES && !sim_store_ops[request->op].is_read && answered)
        cluster_sync(store, request->number);
    if (request->fails_over)
        sim_store_failover(store, true);
    if (request->fate == FATE_TWICE && !sim_store_ops[request->op].is_read)
        request_late(request);
    if (!request->req || !request->process->alive)
        request_free(request);
    else if (answered)
        sim_post(store->sim, request->process, store_latency_us(store->sim), answer_cb, request);
}

static void request_list(struct request *request, const struct sim_node *node)
{
    request->n_entries = node->n;
    request->entries = sim_alloc(node->n * sizeof *request->entries);
    for (size_t i = 0; i < node->n; i++) {
        const struct sim_node *child = node->children[i];
        request->entries[i] = (struct store_entry){
            .name = strdup(child->name),
            .is_directory = child->is_directory,
            .length = child->content ? child->content->len : 0,
            .modified_ms = child->modified_ms,
        };
    }
}

/* A client stays with the NameNode that answered it: only one that has had no mutation answered
 * since the failover may still ask the one before. */
static bool request_is_stale(const struct request *request)
{
    struct sim_store *store = request->store;
    return store->old.root && request->process->alive &&
           request->door->failovers < store->failovers &&
           sim_fires(store->sim, store->sim->faults.stale, CENSUS_STALE);
}

static void request_read(struct request *request)
{
    struct sim_store *store = request->store;
    bool stale = request_is_stale(request);
    struct sim_node *node = sim_tree_find(stale ? &store->old : &store->vis, 1, request->edit.path);
    if (stale)
        sim_trace(store->sim, "#%llu is answered by the NameNode before",
                  (unsigned long long)request->number);
    if (!node || node->is_directory != (request->op == OP_LIST)) {
        request_settle(request, STORE_NO);
        return;
    }
    if (request->op == OP_LIST)
        request_list(request, node);
    else
        request->bytes = sim_bytes_ref(node->content);
    bool fits = !request->bytes || request->bytes->len <= request->length_max;
    if (!fits)
        err_set(&request->err, ERR_FATAL, "%s: %zu bytes", request->edit.path, request->bytes->len);
    request_settle(request, fits ? STORE_YES : STORE_REFUSED);
}

static void request_lock(struct request *request)
{
    struct sim_store *store = request->store;
    bool free_for_us = !store->is_local || !store->holder || store->holder == request->process;
    if (store->is_local && free_for_us && request->process->alive) {
        store->holder = request->process;
        cluster_sync_all(store); /* what the holder before it had done */
    }
    request_settle(request, free_for_us ? STORE_YES : STORE_NO);
}

/* What is left of a file whose writer has died: its first bytes, and perhaps others than were written. */
static struct sim_bytes *tail_of(const struct request *request)
{
    struct sim *sim = request->store->sim;
    const struct sim_process_parts *dead = request->process->parts;
    struct sim_bytes *tail = sim_bytes_new(sim_below(sim, request->body->len + 1));
    bool crashed = request->process->requests == dead->crash_at;
    bool is_garbage = crashed ? dead->crash_how == SIM_CRASH_GARBAGE : sim_chance(sim, 200);
    size_t good = is_garbage ? sim_below(sim, tail->len + 1) : tail->len;
    memcpy(tail->bytes, request->body->bytes, good);
    for (size_t i = good; i < tail->len; i++)
        tail->bytes[i] = (uint8_t)sim_random(sim);
    census_note(is_garbage ? CENSUS_GARBAGE : CENSUS_PREFIXES);
    return tail;
}

static bool request_close(struct request *request, struct sim_bytes *content)
{
    struct sim_edit edit = { EDIT_CLOSE, .id = request->edit.id, .content = content,
                             .time_ms = cluster_time_ms(request->store) };
    return cluster_apply(request->store, &edit, request->number);
}

/* A create's bytes have come, or those that came before its sender died. */
static void request_body(void *ctx)
{
    struct request *request = ctx;
    struct sim_store *store = request->store;
    if (request->over) {
        request_free(request);
        return;
    }
    bool cut = !request->process->alive ||
               (request->fate == FATE_UNANSWERED && sim_chance(store->sim, 500));
    struct sim_bytes *part = cut ? tail_of(request) : sim_bytes_ref(request->body);
    bool done = request_close(request, part);
    sim_bytes_drop(part);
    if (!done)
        err_set(&request->err, ERR_RETRY, "404 %s does not have any open files",
                request->edit.path);
    request_settle(request, done ? STORE_YES : STORE_REFUSED);
}

static void request_act(void *ctx)
{
    struct request *request = ctx;
    struct sim_store *store = request->store;
    if (request->over) { /* its process died and took it along */
        request_free(request);
        return;
    }
    request->edit.time_ms = cluster_time_ms(store);
    bool done = cluster_apply(store, &request->edit, request->number);
    if (done && request->op == OP_CREATE)
        sim_post(store->sim, NULL, store_latency_us(store->sim), request_body, request);
    else
        request_settle(request, done ? STORE_YES : STORE_NO);
}

/* The directory that the path lies in now is the one that it will act in. */
static uint64_t resolve(struct request *request, char **path)
{
    struct sim_store *store = request->store;
    char *last = strrchr(*path, '/');
    if (!last)
        return 1;
    *last = 0;
    if (request->op == OP_CREATE || request->op == OP_MKDIRS) {
        struct sim_edit parents = { EDIT_MKDIRS, .base = 1, .path = *path,
                                    .id = store->next_id += STORE_IDS,
                                    .time_ms = cluster_time_ms(store) };
        if (!sim_tree_find(&store->vis, 1, *path))
            cluster_apply(store, &parents, request->number);
    }
    struct sim_node *node = sim_tree_find(&store->vis, 1, *path);
    char *name = strdup(last + 1);
    check(name);
    free(*path);
    *path = name;
    return node ? node->id : 0;
}

static void request_resolve(struct request *request)
{
    request->edit.base = resolve(request, &request->edit.path);
    if (request->edit.target)
        request->edit.target_base = resolve(request, &request->edit.target);
    request->resolved = true;
}

void request_arrive(void *ctx)
{
    struct request *request = ctx;
    struct sim_store *store = request->store;
    if (request->over) {
        request_free(request);
        return;
    }
    if (!store->is_local && sim_chance(store->sim, store->sim->faults.failover))
        sim_store_failover(store, false);
    if (request->err.kind != ERR_NONE) { /* as it was planned */
        request_settle(request, STORE_REFUSED);
        return;
    }
    if (request->op != OP_LOCK && cluster_refuses(store, sim_store_ops[request->op].is_read,
                                                  request->op == OP_CREATE, &request->err)) {
        request_settle(request, STORE_REFUSED);
    } else if (request->op == OP_LOCK) {
        request_lock(request);
    } else if (sim_store_ops[request->op].is_read) {
        request_read(request);
    } else if (store->is_local) {
        request_resolve(request);
        sim_post(store->sim, NULL, store_latency_us(store->sim), request_act, request);
    } else {
        request_act(request);
    }
}

/* ---- the death of the sender */

/* It is done, or a file is there and only a part of what was to be in it. */
static void request_begun(struct request *request, enum sim_crash how)
{
    struct sim_store *store = request->store;
    bool whole = how == SIM_CRASH_DONE || how == SIM_CRASH_LOST;
    if (!cluster_apply(store, &request->edit, request->number))
        return;
    struct sim_bytes *content = NULL;
    if (request->op == OP_CREATE)
        content = whole ? sim_bytes_ref(request->body) : tail_of(request);
    if (content)
        request_close(request, content);
    sim_bytes_drop(content);
    if (how == SIM_CRASH_DONE)
        cluster_sync(store, request->number);
}

void request_crash(struct request *request, enum sim_crash how)
{
    struct sim_store *store = request->store;
    struct sim_process *process = request->process;
    request->req = NULL;
    process->sim->hit = true;
    census_note(CENSUS_POINTS);
    sim_trace(process->sim, "%s[%u] dies at its request %llu: %s %s, way %d", process->name,
              process->pid, (unsigned long long)process->requests, sim_store_ops[request->op].name,
              request->edit.path, how);
    request->fate = how == SIM_CRASH_DONE ? FATE_ANSWERED : FATE_UNANSWERED;
    if (how == SIM_CRASH_LATE && !store->is_local)
        request_late(request);
    if (store->is_local && how != SIM_CRASH_BEFORE)
        request_resolve(request);
    if (how != SIM_CRASH_BEFORE && how != SIM_CRASH_LATE && !sim_store_ops[request->op].is_read)
        request_begun(request, how);
    request_free(request);
    sim_kill(process);
}

/* What a local file system has under way for a process that dies is finished, or was never begun. */
void request_bury(struct request *request)
{
    struct sim_store *store = request->store;
    request->req = NULL;
    if (!store->is_local)
        return;
    if (!request->over && request->resolved && sim_chance(store->sim, 500)) {
        cluster_apply(store, &request->edit, request->number); /* of a create perhaps done */
        struct sim_bytes *tail = request->op == OP_CREATE ? tail_of(request) : NULL;
        if (tail)
            request_close(request, tail);
        sim_bytes_drop(tail);
    }
    request->over = true;
}
