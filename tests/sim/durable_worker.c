#include "durable_worker.h"

#include <string.h>

#include "base/list.h"
#include "base/mem.h"
#include "column/block.h"
#include "durable_parts.h"
#include "io/world.h"
#include "sim_http.h"

const char *const source_names[SOURCES] = { "k", "p" };

static void worker_end(struct worker *worker, int status)
{
    world_exit(loop_world(worker->process->loop), status);
}

void worker_fail(struct worker *worker, const struct err *err)
{
    if (err->kind == ERR_FENCED) {
        worker->ledger->fences++;
        worker->plan->owner_fenced |= worker->log != NULL;
        worker_end(worker, 75);
        return;
    }
    worker->plan->failed = true;
    worker->plan->err = *err;
    if (!worker->plan->may_fail)
        sim_fail(worker->sim, "%s[%u]: %s", worker->process->name, worker->process->pid, err->text);
    worker_end(worker, 1);
}

uint64_t some_ms(struct worker *worker, uint64_t most)
{
    return 1 + sim_below(worker->sim, most);
}

/* ---- blocks */

static struct group *group_new(struct source *source, uint64_t seq, uint64_t chain)
{
    struct group *group = mem_zalloc(sizeof *group);
    group->seq = seq;
    group->chain = chain;
    for (unsigned i = 0; i < LEDGER_PARTITIONS; i++)
        group->to[i] = -1;
    list_add_tail(&source->groups, &group->link);
    source->n_groups++;
    source->seq = seq;
    source->chain = chain;
    return group;
}

static void group_add(struct group *group, const struct block *block)
{
    struct block_record record;
    uint32_t at = 0;
    for (uint32_t row = 0; row < block->count; row++) {
        at = block_read(block, row, at, &record);
        buf_put(&group->ids, record.value, record.value_len);
    }
    if (*block->topic)
        group->to[block->partition] = block->last_offset + 1;
}

static void group_take(struct group *group, struct list *blocks)
{
    for (struct list *link; (link = list_first(blocks));) {
        struct block *block = CONTAINER_OF(link, struct block, link);
        list_remove(link);
        group_add(group, block);
        block_free(block);
    }
}

static struct block *block_of(const char *topic, int32_t partition)
{
    struct block *block = block_new(64, 8);
    block->topic = topic;
    block->partition = partition;
    return block;
}

static void block_put_id(struct block *block, uint64_t id)
{
    block_append(block, &(struct block_record){ .value = &id,
                                                .value_len = sizeof id,
                                                .offset = (int64_t)(id & UINT32_MAX) });
}

static void published_cb(void *ctx, struct wal *wal, struct list *blocks)
{
    struct source *source = ctx;
    struct worker *worker = source->worker;
    LIST_EACH(link, blocks)
    {
        const struct block *block = CONTAINER_OF(link, struct block, link);
        if (source == &worker->sources[PUSH]) /* the sender hears OK, and forgets */
            worker->ledger->acked[block->first_offset] = true;
    }
    group_take(group_new(source, wal_seq(wal), wal_chain(wal)), blocks);
}

static void receive_kafka(struct worker *worker)
{
    uint32_t partition = (uint32_t)sim_below(worker->sim, LEDGER_PARTITIONS);
    uint64_t n = 1 + sim_below(worker->sim, 3);
    if (worker->next[partition] >= worker->ledger->offsets)
        return;
    struct block *block = block_of("t", (int32_t)partition);
    for (; n && worker->next[partition] < worker->ledger->offsets; n--)
        block_put_id(block, LEDGER_KAFKA(partition, worker->next[partition]++));
    wal_add(worker->sources[KAFKA].wal, block);
}

static void receive_push(struct worker *worker)
{
    uint32_t event = (uint32_t)sim_below(worker->sim, LEDGER_PUSHES);
    struct ledger *ledger = worker->ledger;
    if (event >= ledger->pushes || ledger->acked[event] || worker->pushing[event])
        return;
    worker->pushing[event] = true;
    ledger->sent[event]++;
    struct block *block = block_of("", 0);
    block_put_id(block, LEDGER_PUSH(event));
    wal_add(worker->sources[PUSH].wal, block);
}

static void receive_cb(struct loop_timer *timer)
{
    struct worker *worker = CONTAINER_OF(timer, struct worker, receive);
    if (worker->sources[KAFKA].n_groups < UNLOGGED_MAX)
        receive_kafka(worker);
    if (worker->sources[PUSH].n_groups < UNLOGGED_MAX)
        receive_push(worker);
    loop_timer_start(worker->process->loop, timer, some_ms(worker, worker->plan->receive_ms),
                     receive_cb);
}

/* ---- from the claim to work */

static void work(struct worker *worker)
{
    for (unsigned i = 0; i < SOURCES; i++) {
        struct source *source = &worker->sources[i];
        source->wal = wal_new(&(struct wal_conf){ .directory = worker->directory,
                                                  .source = source_names[i],
                                                  .seq = source->seq,
                                                  .chain = source->chain,
                                                  .published = published_cb,
                                                  .ctx = source });
    }
    for (int32_t i = 0; i < LEDGER_PARTITIONS; i++) {
        int64_t at = progress_find(&worker->progress, "k", "t", i)->offset;
        LIST_EACH(link, &worker->sources[KAFKA].groups)
        {
            const struct group *group = CONTAINER_OF(link, struct group, link);
            at = group->to[i] >= 0 ? group->to[i] : at;
        }
        worker->next[i] = at;
    }
    receive_cb(&worker->receive);
    worker_commit_start(worker);
}

static void begin_cb(void *ctx, uint64_t index, uint64_t hash)
{
    struct worker *worker = ctx;
    struct err err;
    ledger_record(worker->ledger, index, hash);
    progress_apply(&worker->progress, buf_slice(&worker->record.bytes), index, hash, &err);
    record_clear(&worker->record);
    worker_save(worker);
    work(worker);
}

/* The first record of a job: its beginning, published before anything is fetched. */
static void begin(struct worker *worker)
{
    if (worker->progress.started) {
        work(worker);
        return;
    }
    record_put(&worker->record, &(struct entry){ .kind = ENTRY_START, .start = { 0, 1, 2 } });
    for (int32_t i = 0; i < LEDGER_PARTITIONS; i++)
        record_put(&worker->record, &(struct entry){ .kind = ENTRY_POSITION,
                                                     .position = { text("k"), text("t"), i, 0 } });
    batch_log_append(worker->log, &worker->record, begin_cb, worker);
}

static void replay(struct worker *worker);

static void replayed_cb(void *ctx, struct wal_back *back)
{
    struct source *source = ctx;
    if (back->err.kind != ERR_NONE) {
        worker_fail(source->worker, &back->err);
        return;
    }
    group_take(group_new(source, source->replay++, back->chain), &back->blocks);
    replay(source->worker);
}

/* The blocks behind the last one taken, one file after another. */
static void replay(struct worker *worker)
{
    for (unsigned i = 0; i < SOURCES; i++) {
        struct source *source = &worker->sources[i];
        if (source->replay > source->replay_last)
            continue;
        wal_read_start(&(struct wal_read){ .directory = worker->directory,
                                           .source = source_names[i],
                                           .seq = source->replay,
                                           .chain = source->chain,
                                           .topics = &worker->topics,
                                           .cb = replayed_cb,
                                           .ctx = source });
        return;
    }
    begin(worker);
}

static void adopt(struct worker *worker, unsigned i)
{
    const struct recovered *recovered = worker->recovered;
    struct source *source = &worker->sources[i];
    const struct progress_source *known = progress_source(&worker->progress, source_names[i]);
    source->seq = source->trimmed = known ? known->seq : 0;
    source->chain = known ? known->chain : 0;
    source->replay = 1;
    worker->batch_to[i] = source->seq;
    for (size_t k = 0; k < recovered->n_sources; k++) {
        if (strcmp(recovered->sources[k].name, source_names[i]) != 0)
            continue;
        source->replay = recovered->sources[k].first;
        source->replay_last = recovered->sources[k].last;
    }
}

static void recovered_cb(void *ctx, struct recovered *recovered, const struct err *err)
{
    struct worker *worker = ctx;
    if (err->kind != ERR_NONE) {
        worker_fail(worker, err);
        return;
    }
    worker->ledger->recoveries++;
    worker->recovered = recovered;
    worker->progress = recovered->progress;
    for (size_t i = 0; i < recovered->n_outputs; i++)
        ledger_deliver(worker->ledger, recovered->outputs[i].number, recovered->outputs[i].bytes);
    worker->delivered = worker->to_deliver = worker->progress.batch;
    worker->log_first = recovered->log_first ? recovered->log_first : 1;
    for (size_t i = 0; i < recovered->n_snapshots; i++) {
        if (worker->n_snapshots < SNAPSHOTS_MAX - 1)
            worker->snapshots[worker->n_snapshots++] = recovered->snapshots[i];
    }
    worker->log = batch_log_new(worker->directory, worker->progress.index, worker->progress.hash);
    worker->trim = trim_new(worker->directory);
    for (unsigned i = 0; i < SOURCES; i++)
        adopt(worker, i);
    replay(worker);
}

static void trouble_cb(void *ctx, const struct err *err, uint64_t next_ms)
{
    struct worker *worker = ctx;
    sim_expect(worker->sim, (err->kind == ERR_NONE) == (next_ms == 0), "trouble: %s", err->text);
}

static void fenced_cb(void *ctx, const struct err *err)
{
    worker_fail(ctx, err);
}

static bool is_dead_cb(void *ctx, const struct claim_owner *owner)
{
    const struct worker *worker = ctx;
    const struct durable_plan *plan = worker->plan;
    return plan->knows_death && (!plan->has_ended || plan->has_ended(plan->ctx, owner->pid));
}

static void waiting_cb(void *ctx, const struct claim_owner *owner)
{
    const struct worker *worker = ctx;
    sim_trace(worker->sim, "waits for the owner of epoch %llu", (unsigned long long)owner->epoch);
}

static void done_cb(void *ctx, struct directory *directory, const struct err *err)
{
    struct worker *worker = ctx;
    if (err->kind != ERR_NONE) {
        worker_fail(worker, err);
        return;
    }
    worker->directory = directory;
    recover_start(directory, recovered_cb, worker);
}

static void locked_cb(struct store_req *req)
{
    struct worker *worker = CONTAINER_OF(req, struct worker, lock);
    if (req->answer != STORE_YES) {
        worker_end(worker, 75);
        return;
    }
    claim_start(&(struct claim_conf){ .loop = worker->process->loop,
                                      .store = worker->store,
                                      .job = "orders",
                                      .version = "0",
                                      .is_dead = is_dead_cb,
                                      .patience_ms = worker->plan->patience_ms,
                                      .places = worker->plan->places,
                                      .trouble = trouble_cb,
                                      .fenced = fenced_cb,
                                      .waiting = waiting_cb,
                                      .done = done_cb,
                                      .ctx = worker });
}

void durable_worker_main(struct sim_process *process, void *ctx)
{
    struct worker *worker = mem_zalloc(sizeof *worker);
    worker->sim = process->sim;
    worker->process = process;
    worker->plan = ctx;
    worker->ledger = worker->plan->ledger;
    worker->store = worker->plan->over_http ? sim_http_store_open(process, worker->ledger->url)
                                            : sim_store_open(process, worker->ledger->url);
    for (unsigned i = 0; i < SOURCES; i++) {
        worker->sources[i].worker = worker;
        list_init(&worker->sources[i].groups);
    }
    worker->lock.path = "";
    worker->lock.cb = locked_cb;
    worker->store->ops->lock(worker->store, &worker->lock);
}
