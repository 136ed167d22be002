/* Happy path: lock, claim, recover, deliver what nobody noted as delivered, read the log's tail
 * back, run. Failure modes: fenced ends with 75, all else that goes wrong is a finding. */
#include "life_parts.h"

#include <string.h>

#include "column/block.h"
#include "durable/batch_log.h"
#include "durable/claim.h"
#include "durable/recover.h"
#include "durable/trim.h"
#include "durable/wal.h"
#include "io/world.h"
#include "parts.h"

/* ---- recovery */

static void life_replay(struct life *life);

static void life_read_cb(void *ctx, struct wal_back *back)
{
    struct life *life = ctx;
    struct life_source *source = &life->sources[life->replaying];
    if (back->err.kind != ERR_NONE) {
        sim_fail(life->ledger->sim, "replay: %s", back->err.text);
        return;
    }
    while (!list_empty(&back->blocks)) {
        struct block *block = LIST_ITEM(list_first(&back->blocks), struct block, link);
        list_remove(&block->link);
        life_compute(life, life->replaying, block);
        block_free(block);
    }
    source->seq = life->replay_seq++;
    source->chain = back->chain;
    life_replay(life);
}

static void life_replay_source(struct life *life, int source)
{
    life->replaying = source;
    life->replay_seq = 1;
    life->replay_last = 0;
    for (size_t i = 0; source < LIFE_SOURCES && i < life->recovered->n_sources; i++) {
        const struct recovered_source *found = &life->recovered->sources[i];
        if (strcmp(found->name, life_sources[source].name) == 0) {
            life->replay_seq = found->first;
            life->replay_last = found->last;
        }
    }
}

/* The sources' logs, one file after the other. */
static void life_replay(struct life *life)
{
    while (life->replaying < LIFE_SOURCES && life->replay_seq > life->replay_last)
        life_replay_source(life, life->replaying + 1);
    if (life->replaying == LIFE_SOURCES) {
        life_run(life);
        return;
    }
    struct wal_read read = { .directory = life->directory,
                             .source = life_sources[life->replaying].name,
                             .seq = life->replay_seq,
                             .chain = life->sources[life->replaying].chain,
                             .topics = &life->topics,
                             .cb = life_read_cb,
                             .ctx = life };
    wal_read_start(&read);
}

static void life_recovered(void *ctx, struct recovered *recovered, const struct err *err)
{
    struct life *life = ctx;
    if (err->kind != ERR_NONE) {
        sim_fail(life->ledger->sim, "recovery: %s", err->text);
        return;
    }
    life->recovered = recovered;
    life->progress = recovered->progress;
    for (int i = 0; i < LIFE_SOURCES; i++) {
        const struct progress_source *source =
            progress_source(&life->progress, life_sources[i].name);
        life->sources[i].seq = life->sources[i].taken = source ? source->seq : 0;
        life->sources[i].chain = source ? source->chain : 0;
    }
    for (size_t i = 0; i < recovered->n_outputs; i++)
        life_deliver(life, recovered->outputs[i].number, recovered->outputs[i].bytes);
    life->delivered = life->progress.batch;
    life->noted = recovered->n_outputs ? recovered->outputs[0].number - 1 : life->delivered;
    life->log_first = recovered->log_first;
    for (size_t i = 0; i < recovered->n_snapshots && i < SNAPSHOTS_MAX / 2; i++)
        life->snapshots[life->n_snapshots++] = recovered->snapshots[i];
    life->log = batch_log_new(life->directory, life->progress.index, life->progress.hash);
    life->trim = trim_new(life->directory);
    life_replay_source(life, 0);
    life_replay(life);
}

/* ---- taking over */

static void life_trouble(void *ctx, const struct err *err, uint64_t next_ms)
{
    (void)ctx, (void)err, (void)next_ms;
}

static void life_fenced(void *ctx, const struct err *err)
{
    struct life *life = ctx;
    (void)err;
    life->ledger->fenced++;
    world_exit(life->process->world, 75);
}

static bool life_is_dead(void *ctx, const struct claim_owner *owner)
{
    struct life *life = ctx;
    struct world *world = life->process->world;
    return life->ledger->impatient || claim_owner_gone(owner, world, false);
}

static void life_waiting(void *ctx, const struct claim_owner *owner)
{
    (void)ctx, (void)owner;
}

static void life_claimed(void *ctx, struct directory *directory, const struct err *err)
{
    struct life *life = ctx;
    life->directory = directory;
    if (err->kind == ERR_FENCED)
        life_fenced(life, err);
    else if (err->kind != ERR_NONE)
        sim_fail(life->ledger->sim, "claim: %s", err->text);
    else
        recover_start(directory, life_recovered, life);
}

static void life_lock(struct loop_timer *timer);

static void life_locked(struct store_req *req)
{
    struct life *life = CONTAINER_OF(req, struct life, lock);
    if (req->answer != STORE_YES) {
        loop_timer_start(life->process->loop, &life->lock_timer, 500, life_lock);
        return;
    }
    struct claim_conf conf = { .loop = life->process->loop,
                               .store = life->store,
                               .job = "job",
                               .version = "0",
                               .is_dead = life_is_dead,
                               .patience_ms = 30000,
                               .places = 4,
                               .trouble = life_trouble,
                               .fenced = life_fenced,
                               .waiting = life_waiting,
                               .done = life_claimed,
                               .ctx = life };
    claim_start(&conf);
}

static void life_lock(struct loop_timer *timer)
{
    struct life *life = CONTAINER_OF(timer, struct life, lock_timer);
    life->lock = (struct store_req){ .path = "", .cb = life_locked };
    life->store->ops->lock(life->store, &life->lock);
}

void life_main(struct sim_process *process, void *ctx)
{
    struct life *life = mem_zalloc(sizeof *life);
    life->ledger = ctx;
    life->process = process;
    life->store = sim_store_open(process, life->ledger->url);
    life_lock(&life->lock_timer);
}
