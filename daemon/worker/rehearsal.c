#include "worker/rehearsal.h"

#include <string.h>

#include "base/check.h"
#include "base/list.h"
#include "base/mem.h"
#include "durable/recover_parts.h"
#include "io/loop.h"
#include "io/pool.h"
#include "io/world.h"
#include "source/rate.h"
#include "spec/job.h"
#include "worker/errors.h"
#include "worker/outcome.h"

#define BLOCK_BYTES (1u << 20) /* of a block, unless one record is larger */
#define BLOCK_ROWS (1u << 14)
#define BLOCKS_MAX 8 /* that the engine has at a time: then its work is waited for */

struct partition { /* where a source's next record of it stands */
    uint32_t source;
    const char *topic;
    int32_t partition;
    int64_t next;
};

struct owed { /* what an output shows of a committed batch, not yet delivered */
    uint64_t batch;
    size_t output;
    struct buf bytes;
};

/* The upper half outlives a kill: the machine, the log, and what is outside. */
struct rehearsal {
    struct rehearsal_conf conf;
    struct world *world;
    struct loop *loop;
    struct pool *pool;
    struct partition *partitions;
    size_t n_partitions;
    struct buf *log; /* the contents of all records so far */
    size_t n_log;

    struct engine *engine;
    struct block **open; /* of each source: not yet full; NULL = none */
    uint32_t waiting;    /* blocks that the engine has */
    struct progress progress;
    struct record next; /* entries of the record to come */
    struct errors errors;
    struct owed *owed; /* in order of batches */
    size_t n_owed;
};

/* ---- the log */

static void rehearsal_note(struct rehearsal *rehearsal, const struct entry *entry)
{
    record_put(&rehearsal->next, entry);
}

static uint64_t content_hash(struct slice content) /* of a file without head and tail of its own */
{
    static const uint8_t head[FILE_HEAD_SIZE], tail[FILE_TAIL_SIZE];
    return record_hash_parts(head, content, tail);
}

/* Publishes the record under way, so to speak. */
static void rehearsal_append(struct rehearsal *rehearsal)
{
    struct progress *progress = &rehearsal->progress;
    struct slice content = record_seal(&rehearsal->next, progress->hash);
    check(progress_apply(progress, content, progress->index + 1, content_hash(content), NULL));
    if (rehearsal->conf.can_be_killed) {
        rehearsal->log =
            mem_realloc(rehearsal->log, (rehearsal->n_log + 1) * sizeof *rehearsal->log);
        struct buf *kept = &rehearsal->log[rehearsal->n_log++];
        *kept = (struct buf){ 0 };
        buf_put(kept, content.ptr, content.len);
    }
    record_clear(&rehearsal->next);
}

static void rehearsal_owe(struct rehearsal *rehearsal, uint64_t batch, size_t output,
                          struct slice bytes)
{
    rehearsal->owed =
        mem_realloc(rehearsal->owed, (rehearsal->n_owed + 1) * sizeof *rehearsal->owed);
    struct owed *owed = &rehearsal->owed[rehearsal->n_owed++];
    *owed = (struct owed){ .batch = batch, .output = output };
    buf_put(&owed->bytes, bytes.ptr, bytes.len);
}

static void rehearsal_drop_owed(struct rehearsal *rehearsal)
{
    for (size_t i = 0; i < rehearsal->n_owed; i++)
        buf_free(&rehearsal->owed[i].bytes);
    mem_free(rehearsal->owed);
    rehearsal->owed = NULL;
    rehearsal->n_owed = 0;
}

/* ---- records into blocks, blocks into the engine */

static void rehearsal_given_back(void *ctx, struct block *block)
{
    struct rehearsal *rehearsal = ctx;
    block_free(block);
    if (--rehearsal->waiting == 0)
        loop_stop(rehearsal->loop);
}

static void rehearsal_wait(struct rehearsal *rehearsal)
{
    if (rehearsal->waiting)
        loop_run(rehearsal->loop);
}

static void rehearsal_feed(struct rehearsal *rehearsal, uint32_t source)
{
    struct block *block = rehearsal->open[source];
    rehearsal->open[source] = NULL;
    if (!block)
        return;
    rehearsal->waiting++;
    engine_feed(rehearsal->engine, block, rehearsal_given_back, rehearsal);
    if (rehearsal->waiting >= BLOCKS_MAX)
        rehearsal_wait(rehearsal);
}

static struct block *rehearsal_block(const struct rehearsal_record *record, uint64_t bytes)
{
    struct block *block =
        block_new(bytes > BLOCK_BYTES ? (uint32_t)bytes : BLOCK_BYTES, BLOCK_ROWS);
    block->topic = record->topic;
    block->partition = record->partition;
    block->source = record->source;
    return block;
}

static struct partition *rehearsal_partition(struct rehearsal *rehearsal,
                                             const struct rehearsal_record *record)
{
    for (size_t i = rehearsal->n_partitions; i-- > 0;) {
        struct partition *known = &rehearsal->partitions[i];
        if (known->source == record->source && known->partition == record->partition &&
            strcmp(known->topic, record->topic) == 0)
            return known;
    }
    rehearsal->partitions = mem_realloc(
        rehearsal->partitions, (rehearsal->n_partitions + 1) * sizeof *rehearsal->partitions);
    struct partition *partition = &rehearsal->partitions[rehearsal->n_partitions++];
    *partition = (struct partition){ record->source, record->topic, record->partition, 0 };
    return partition;
}

bool rehearsal_put(struct rehearsal *rehearsal, const struct rehearsal_record *record,
                   struct err *err)
{
    struct partition *partition = rehearsal_partition(rehearsal, record);
    struct block_record row = record->record;
    uint64_t bytes = (uint64_t)row.key_len + row.value_len + row.headers_len;
    struct block **open = &rehearsal->open[record->source];
    check(record->source < rehearsal->conf.spec->n_sources);
    if (bytes > REHEARSAL_RECORD_MAX)
        return err_code(err, ERR_BAD_RECORD, 407, "a record of %llu bytes, more than %u",
                        (unsigned long long)bytes, REHEARSAL_RECORD_MAX);
    if (row.offset < 0)
        row.offset = partition->next;
    partition->next = row.offset + 1;
    bool other = *open && ((*open)->partition != record->partition ||
                           strcmp((*open)->topic, record->topic) != 0);
    if (other || (*open && !block_append(*open, &row)))
        rehearsal_feed(rehearsal, record->source);
    else if (*open)
        return true;
    *open = rehearsal_block(record, bytes);
    check(block_append(*open, &row));
    return true;
}

/* ---- batches */

int64_t rehearsal_time_ms(const struct rehearsal *rehearsal)
{
    const struct rehearsal_conf *conf = &rehearsal->conf;
    uint64_t number = rehearsal->progress.batch + 1;
    return conf->zero_ms + (int64_t)(number * conf->spec->batch_interval_ms);
}

/* The records that a source makes by itself, of the open batch's interval. */
static void rehearsal_make(struct rehearsal *rehearsal, uint32_t source)
{
    const struct job_spec *spec = rehearsal->conf.spec;
    uint64_t per_second = spec->sources[source].rows_per_second;
    uint64_t to_ms = (uint64_t)(rehearsal_time_ms(rehearsal) - rehearsal->conf.zero_ms);
    uint64_t at = rate_first(per_second, to_ms - spec->batch_interval_ms);
    uint64_t end = rate_first(per_second, to_ms);
    struct rehearsal_record record = { .source = source, .topic = "" };
    for (; at < end; at++) {
        record.record.offset = (int64_t)at;
        record.record.time_ms = rehearsal->conf.zero_ms + (int64_t)rate_time_ms(per_second, at);
        check(rehearsal_put(rehearsal, &record, NULL)); /* it has no bytes */
    }
}

struct closing {
    struct rehearsal *rehearsal;
    struct engine_cut *cut;
    struct err *err;
    bool ok;
};

static void rehearsal_closed(void *ctx, const struct engine_cut *cut, const struct err *err)
{
    struct closing *closing = ctx;
    closing->ok = cut;
    if (cut)
        *closing->cut = *cut;
    else
        *closing->err = *err;
    loop_stop(closing->rehearsal->loop);
}

static bool rehearsal_cut(struct rehearsal *rehearsal, struct engine_cut *cut, struct err *err)
{
    const struct job_spec *spec = rehearsal->conf.spec;
    for (uint32_t i = 0; i < spec->n_sources; i++)
        if (spec->sources[i].record == RECORD_RATE)
            rehearsal_make(rehearsal, i);
    for (uint32_t i = 0; i < spec->n_sources; i++)
        rehearsal_feed(rehearsal, i);
    rehearsal_wait(rehearsal);
    struct closing closing = { rehearsal, cut, err, false };
    engine_close_batch(rehearsal->engine, rehearsal_time_ms(rehearsal), rehearsal_closed, &closing);
    loop_run(rehearsal->loop);
    return closing.ok &&
           (!rehearsal->conf.judge_errors || errors_judge(&rehearsal->errors, spec, cut, err));
}

bool rehearsal_commit(struct rehearsal *rehearsal, struct engine_cut *cut, struct err *err)
{
    uint64_t number = rehearsal->progress.batch + 1;
    int64_t time_ms = rehearsal_time_ms(rehearsal);
    if (!rehearsal_cut(rehearsal, cut, err)) {
        if (err->code)
            err_wrap(err, "error[E%u]", err->code);
        return err_wrap(err, "batch %llu", (unsigned long long)number);
    }
    rehearsal_note(rehearsal, &(struct entry){ .kind = ENTRY_BATCH,
                                               .batch = { .number = number,
                                                          .time_ms = time_ms,
                                                          .records = cut->records,
                                                          .errors = cut->errors } });
    outcome_put(&rehearsal->next, rehearsal->conf.spec, cut);
    rehearsal_append(rehearsal);
    for (size_t i = 0; i < cut->n_outputs; i++)
        rehearsal_owe(rehearsal, number, i, buf_slice(&cut->outputs[i]));
    engine_open_batch(rehearsal->engine, rehearsal_time_ms(rehearsal));
    return true;
}

void rehearsal_deliver(struct rehearsal *rehearsal)
{
    const struct rehearsal_conf *conf = &rehearsal->conf;
    for (size_t i = 0; i < rehearsal->n_owed; i++) {
        const struct owed *owed = &rehearsal->owed[i];
        const char *label = conf->spec->outputs[owed->output].label;
        struct rehearsal_output output = { owed->batch, owed->output, buf_slice(&owed->bytes) };
        conf->deliver(conf->ctx, &output);
        rehearsal_note(rehearsal,
                       &(struct entry){ .kind = ENTRY_DELIVERED,
                                        .delivered = { { label, strlen(label) }, owed->batch } });
    }
    rehearsal_drop_owed(rehearsal);
}

/* ---- the life of the job's process, from nothing or from the log */

/* What recovery does with each record of the log. */
static void rehearsal_recover(struct rehearsal *rehearsal, struct recover *recover)
{
    struct progress *progress = &recover->found->progress;
    for (size_t i = 0; i < rehearsal->n_log; i++) {
        struct slice content = buf_slice(&rehearsal->log[i]);
        check(progress_apply(progress, content, i + 1, content_hash(content), NULL));
        recover_gather_applied(recover, content);
    }
    recover_settle_outputs(recover);
}

static void rehearsal_take_outputs(struct rehearsal *rehearsal, const struct recovered *found)
{
    const struct job_spec *spec = rehearsal->conf.spec;
    for (size_t i = 0; i < found->n_outputs; i++) {
        size_t output = 0;
        while (strcmp(spec->outputs[output].label, found->outputs[i].label) != 0)
            output++;
        rehearsal_owe(rehearsal, found->outputs[i].number, output, found->outputs[i].bytes);
    }
}

static bool rehearsal_begin(struct rehearsal *rehearsal, struct err *err)
{
    const struct rehearsal_conf *conf = &rehearsal->conf;
    struct recover *recover = mem_zalloc(sizeof *recover);
    struct recovered found = { 0 };
    recover->found = &found;
    rehearsal_recover(rehearsal, recover);
    mem_free(recover);
    rehearsal->progress = found.progress;
    struct engine_conf engine = { .spec = conf->spec,
                                  .plan = conf->plan,
                                  .pool = rehearsal->pool,
                                  .hash_seed = found.progress.started ? found.progress.hash_seed
                                                                      : conf->hash_seed,
                                  .chunk_rows = conf->chunk_rows,
                                  .one_partition = true,
                                  .rows = conf->rows,
                                  .ctx = conf->ctx };
    rehearsal->engine = engine_new(&engine);
    bool ok = outcome_restore(rehearsal->engine, &found, err);
    if (ok) {
        int64_t last = found.progress.batch ? found.progress.batch_ms : conf->zero_ms;
        engine_set_clock(rehearsal->engine, conf->zero_ms, last);
        engine_open_batch(rehearsal->engine, rehearsal_time_ms(rehearsal));
        rehearsal_take_outputs(rehearsal, &found);
    }
    arena_free(&found.arena);
    return ok;
}

/* All that the process held. */
static void rehearsal_end(struct rehearsal *rehearsal)
{
    rehearsal_wait(rehearsal);
    for (size_t i = 0; i < rehearsal->conf.spec->n_sources; i++) {
        block_free(rehearsal->open[i]);
        rehearsal->open[i] = NULL;
    }
    engine_free(rehearsal->engine);
    rehearsal->engine = NULL;
    progress_free(&rehearsal->progress);
    record_clear(&rehearsal->next);
    rehearsal->errors = (struct errors){ 0 };
    rehearsal_drop_owed(rehearsal);
}

bool rehearsal_kill(struct rehearsal *rehearsal, struct err *err)
{
    check(rehearsal->conf.can_be_killed);
    rehearsal_end(rehearsal);
    return rehearsal_begin(rehearsal, err);
}

bool rehearsal_new(const struct rehearsal_conf *conf, struct rehearsal **rehearsal, struct err *err)
{
    struct rehearsal *made = mem_zalloc(sizeof *made);
    made->conf = *conf;
    made->world = world_new();
    made->loop = loop_new(made->world);
    made->pool = pool_new(made->loop, conf->threads);
    made->open = mem_zalloc(conf->spec->n_sources * sizeof(struct block *));
    bool ok = rehearsal_begin(made, err);
    rehearsal_note(made, &(struct entry){ .kind = ENTRY_START,
                                          .start = { .zero_ms = conf->zero_ms,
                                                     .interval_ms = conf->spec->batch_interval_ms,
                                                     .hash_seed = conf->hash_seed } });
    rehearsal_append(made);
    if (ok)
        *rehearsal = made;
    else
        rehearsal_free(made);
    return ok;
}

void rehearsal_free(struct rehearsal *rehearsal)
{
    if (!rehearsal)
        return;
    rehearsal_end(rehearsal);
    record_free(&rehearsal->next);
    for (size_t i = 0; i < rehearsal->n_log; i++)
        buf_free(&rehearsal->log[i]);
    mem_free(rehearsal->log);
    mem_free(rehearsal->partitions);
    mem_free(rehearsal->open);
    pool_free(rehearsal->pool);
    loop_free(rehearsal->loop);
    world_free(rehearsal->world);
    mem_free(rehearsal);
}
