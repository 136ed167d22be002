#include "engine/compute.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "column/codec.h"
#include "op/op.h"
#include "sink/python.h"
#include "sink/sink.h"

#define CHUNK_ROWS_FIRST 256u
#define CHUNK_ROWS_MIN 64u
#define CHUNK_ROWS_MAX 4096u
#define CHUNK_BYTES (256u << 10) /* what a piece's columns may take of the L2 cache, more or less */
#define VALUE_SHOWN_MAX 1000u /* bytes of a key or a row, in an error that no record stands for */
#define WIDE_BYTES \
    (1u            \
     << 20) /* of blocks that wait: what is less one thread has done by the time others are awake */
#define PIECES_A_THREAD \
    4u /* of a step, if there are several threads: the last one to end costs little */

/* ---- error records */

static void compute_fail(struct compute *compute, const struct engine_dead *dead)
{
    if (compute->failed.kind != ERR_NONE || compute->conf->spec->on_error != ON_ERROR_FAIL)
        return;
    const char *at = dead->place[0] ? ": " : "";
    if (dead->offset >= 0)
        err_code(&compute->failed, ERR_BAD_RECORD, dead->code, "record %s/%d/%lld: %s%s%s",
                 dead->topic, dead->partition, (long long)dead->offset, dead->place, at,
                 dead->reason);
    else
        err_code(&compute->failed, ERR_BAD_RECORD, dead->code, "%s%s%s", dead->place, at,
                 dead->reason);
}

/* A dead letter that cannot be kept is a record lost without a word: the batch must not be committed. */
static void compute_bury(struct compute *compute, const struct engine_dead *dead)
{
    bool keep = compute->conf->spec->on_error == ON_ERROR_DEAD_LETTER;
    if (keep && dead_full(compute->dead) && compute->failed.kind == ERR_NONE)
        err_code(&compute->failed, ERR_BAD_RECORD, 407,
                 "more error records than a batch can keep, %u or %u MiB: make batchInterval "
                 "shorter, or say onError: {action: skip}",
                 DEAD_MAX, DEAD_BYTES_MAX >> 20);
    dead_add(compute->dead, dead);
    compute_fail(compute, dead);
}

/* At the cut: no record stands for it. */
void compute_error_of_result(struct compute *compute, const struct op_error *error)
{
    struct buf value = { 0 };
    if (error->whole && compute->failed.kind == ERR_NONE)
        err_code(&compute->failed, ERR_RETRY, error->code, "%s: %.*s", error->op->place,
                 (int)error->reason.len, (const char *)error->reason.ptr);
    if (error->whole)
        return;
    const struct column *column = error->key    ? error->key
                                  : error->rows ? &error->rows->column
                                                : NULL;
    if (column)
        python_put_row(&value, column, error->row, false);
    if (value.len > VALUE_SHOWN_MAX)
        value.len = VALUE_SHOWN_MAX;
    const char *reason = arena_strndup(&compute->cut.arena, error->reason.ptr, error->reason.len);
    struct engine_dead dead = { .topic = "",
                                .partition = -1,
                                .offset = -1,
                                .code = error->code,
                                .place = error->op->place,
                                .reason = reason,
                                .value = buf_slice(&value) };
    if (!compute->folded || dead_once(compute->dead, &dead))
        compute_bury(compute, &dead);
    buf_free(&value);
}

/* The piece's error records in the order of its records. */
static void compute_flush_errors(struct compute *compute, struct piece *piece)
{
    const struct lift_chunk *chunk = &piece->chunk;
    const struct block *block = piece->block;
    struct block_record record;
    uint32_t row = 0;
    if (!piece->n_pending)
        return;
    piece_sort_errors(piece);
    uint32_t next = block_read(block, chunk->first_row, chunk->first_at, &record);
    for (uint32_t i = 0; i < piece->n_pending; i++) {
        const struct pending *pending = &piece->pending[i];
        for (; row < pending->row; row++)
            next = block_read(block, chunk->first_row + row + 1, next, &record);
        compute_bury(compute, &(struct engine_dead){ .source = block->source,
                                                     .topic = block->topic,
                                                     .partition = block->partition,
                                                     .offset = record.offset,
                                                     .code = pending->code,
                                                     .place = pending->place,
                                                     .reason = pending->reason,
                                                     .key = { record.key, record.key_len },
                                                     .value = { record.value, record.value_len } });
    }
}

/* ---- how much at once */

/* Pieces are as large as the cache likes: how much they take hangs on what the programs make of a record. */
static void compute_tune(struct compute *compute, const struct compute_step *step)
{
    size_t bytes = 0;
    if (compute->conf->chunk_rows || !step->n)
        return;
    for (uint32_t i = 0; i < step->n; i++)
        bytes = step->piece[i].arena.total > bytes ? step->piece[i].arena.total : bytes;
    if (bytes > CHUNK_BYTES) /* at once: there are many pieces */
        compute->chunk_rows = (uint32_t)((uint64_t)compute->chunk_rows * CHUNK_BYTES / bytes);
    else if (bytes < CHUNK_BYTES / 4)
        compute->chunk_rows *= 2;
    if (compute->chunk_rows < CHUNK_ROWS_MIN)
        compute->chunk_rows = CHUNK_ROWS_MIN;
    if (compute->chunk_rows > CHUNK_ROWS_MAX)
        compute->chunk_rows = CHUNK_ROWS_MAX;
}

static size_t compute_bytes(const struct compute *compute)
{
    const struct plan *plan = compute->conf->plan;
    size_t n = compute->dead->arena.total;
    for (uint32_t i = 0; i < plan->n_nodes; i++) {
        const struct plan_node *node = &plan->nodes[i];
        for (uint32_t lane = 0; lane < node->lanes; lane++) {
            if (node->kind == PLAN_GATHER)
                n += node->op->kind->gather->bytes(compute->nodes[i].gather[lane]);
            else if (node->kind == PLAN_OUTPUT)
                n += collect_bytes(&compute->nodes[i].collect[lane]);
        }
    }
    return n;
}

/* Does the batch fit the memory that the job may have? If not, it must not be committed. */
static bool compute_fits(struct compute *compute)
{
    uint64_t max = compute->conf->spec->memory_max; /* 0 = no limit */
    size_t bytes = max ? compute_bytes(compute) : 0;
    if (bytes > max && compute->failed.kind == ERR_NONE)
        err_code(&compute->failed, ERR_FATAL, 407,
                 "the batch needs %zu bytes of memory, more than the job may have (%llu)", bytes,
                 (unsigned long long)max);
    return bytes <= max;
}

/* ---- partitions of sources: a block of a receiver, of a direct one all of a topic's partition */

static bool compute_same_part(const struct compute *compute, const struct block *block)
{
    const struct compute_part *part = &compute->parts[block->source];
    const char *kind = compute->conf->spec->sources[block->source].kind;
    if (compute->conf->one_partition || !part->open)
        return true;
    return strcmp(kind, "kafkaDirect") == 0 && part->partition == block->partition &&
           strcmp(part->topic, block->topic) == 0;
}

/* Returns whether the one before it ends. */
static bool compute_open_part(struct compute *compute, const struct block *block)
{
    bool same = compute_same_part(compute, block);
    compute->parts[block->source] = (struct compute_part){ true, block->topic, block->partition };
    return !same;
}

/* ---- steps */

void compute_feed(struct compute *compute, struct block *const *blocks, size_t n)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < n; i++)
        bytes += blocks[i]->used;
    check(!compute->n_blocks);
    bool many = bytes > WIDE_BYTES || compute->conf->chunk_rows;
    compute->wide = compute->shards > 1 && many;
    compute->bytes += bytes;
    compute->bytes_wide += many ? bytes : 0;
    compute->blocks = blocks;
    compute->n_blocks = n;
    compute->cursor = (struct lift_cursor){ .block = n ? blocks[0] : NULL };
}

/* Cuts the next piece off the first block. */
static void compute_lay(struct compute *compute, struct piece *piece)
{
    struct lift_cursor *cursor = &compute->cursor;
    const struct block *block = cursor->block;
    uint32_t left = block->count - cursor->row;
    piece_clear(piece);
    piece->block = block;
    piece->cursor = *cursor;
    piece->ends = cursor->row == 0 && compute_open_part(compute, block);
    piece->n = left < compute->chunk_rows ? left : compute->chunk_rows;
    piece->last = piece->n == left;
    cursor->at = block_skip(block, cursor->row, piece->n, cursor->at);
    cursor->row += piece->n;
    if (!piece->last)
        return;
    compute->blocks++;
    compute->n_blocks--;
    *cursor = (struct lift_cursor){ .block = compute->n_blocks ? compute->blocks[0] : NULL };
}

/* What is in order before anybody takes: the numbers of rows, and error records. */
static void compute_settle(struct compute *compute, struct piece *piece)
{
    for (struct parked *parked = piece->parked; parked; parked = parked->next)
        if (!parked->ends && compute->nodes[parked->node].gather)
            gather_number(compute->nodes[parked->node].gather[parked->lane], &parked->rows);
    if (!piece->block)
        return;
    compute_flush_errors(compute, piece);
    compute->records += piece->n;
}

/* Takes what a piece holds for the shard, and for nodes without shards that are dealt out to it. */
static void compute_take(struct compute *compute, const struct piece *piece, uint32_t shard)
{
    struct op_run run = { .arena = &compute->arena[shard],
                          .scratch = &compute->scratch[shard],
                          .shards = compute->shards,
                          .batch_time_ms = compute->batch_ms,
                          .tick = compute->tick };
    for (struct parked *parked = piece->parked; parked; parked = parked->next) {
        const struct compute_node *node = &compute->nodes[parked->node];
        const struct rows *rows = &parked->rows;
        if (rows->split ? !rows->split->first[shard]
                        : (parked->node + parked->lane) % compute->shards != shard)
            continue;
        if (node->collect) {
            collect_take(&node->collect[parked->lane], &rows->column, rows->sel);
            continue;
        }
        struct gather *gather = node->gather[parked->lane];
        const struct gather_ops *ops = gather->op->kind->gather;
        if (parked->ends)
            ops->end(gather);
        else
            ops->take(gather, rows, rows->split ? shard : 0, &run);
        arena_reset(run.arena);
    }
}

uint32_t compute_step(struct compute *compute)
{
    struct compute_step *done = compute->taken;
    bool whole = false; /* blocks are */
    for (uint32_t i = 0; i < done->n; i++)
        whole |= done->piece[i].last;
    if (whole)
        compute_fits(compute);
    compute->taken = compute->made;
    compute->made = done;
    compute_tune(compute, compute->taken);
    for (uint32_t i = 0; i < compute->taken->n; i++)
        compute_settle(compute, &compute->taken->piece[i]);
    uint32_t most = compute->wide ? compute->pieces : 1;
    for (done->n = 0; done->n < most && compute->n_blocks; done->n++)
        compute_lay(compute, &done->piece[done->n]);
    if (!compute->wide)
        return compute->taken->n || done->n;
    return (compute->taken->n ? compute->shards : 0) + done->n;
}

static void compute_take_all(struct compute *compute, uint32_t shard)
{
    for (uint32_t i = 0; i < compute->taken->n; i++)
        compute_take(compute, &compute->taken->piece[i], shard);
}

void compute_task(struct compute *compute, uint32_t task)
{
    uint32_t takes = compute->taken->n ? compute->shards : 0;
    if (!compute->wide) {
        for (uint32_t shard = 0; shard < takes; shard++)
            compute_take_all(compute, shard);
        if (compute->made->n)
            piece_make(&compute->made->piece[0]);
    } else if (task < takes) {
        compute_take_all(compute, task);
    } else {
        piece_make(&compute->made->piece[task - takes]);
    }
}

/* ---- the cut */

/* Is there nobody who would look at further rows of this node? */
static bool compute_sated(const struct compute *compute, const struct plan_node *node)
{
    for (uint32_t i = 0; i < node->n_edges; i++) {
        const struct plan_edge *edge = &node->edges[i];
        if (compute->conf->plan->nodes[edge->to].kind != PLAN_OUTPUT ||
            !collect_full(&compute->nodes[edge->to].collect[edge->lane]))
            return false;
    }
    return true;
}

/* The lanes of each side as one: the first of its side. */
static void compute_merge(const struct plan_node *node, struct gather **gather,
                          const struct op_run *run)
{
    const struct gather_ops *ops = node->op->kind->gather;
    for (uint32_t lane = 1; lane < node->lanes; lane++) {
        uint32_t side = lane < node->left ? 0 : node->left;
        if (lane == side)
            continue;
        ops->merge(gather[side], gather[lane], run);
        ops->reset(gather[lane]);
    }
    if (ops->meet)
        ops->meet(gather[0], gather[node->left]);
}

/* What results made is taken. */
static void compute_pass(struct compute *compute)
{
    compute_settle(compute, &compute->cut);
    for (uint32_t shard = 0; shard < compute->shards; shard++)
        compute_take(compute, &compute->cut, shard);
    piece_clear(&compute->cut);
}

static void compute_give(struct compute *compute, uint32_t index)
{
    const struct plan_node *node = &compute->conf->plan->nodes[index];
    const struct gather_ops *ops = node->op->kind->gather;
    struct gather **gather = compute->nodes[index].gather;
    struct op_place at = { &compute->cut, index, 0 };
    struct op_run run = piece_run(&at);
    struct give give = { 0 };
    struct rows rows;
    bool any = false;
    compute_merge(node, gather, &run);
    ops->judge(gather[0], &run);
    bool gives = compute->tick % node->slide == 0;
    while (gives && !compute_sated(compute, node) && ops->give(gather[0], &give, &run, &rows)) {
        piece_push(at, &rows);
        if (give.ends)
            piece_end(at);
        compute_pass(compute);
        any = true;
        if (!compute_fits(compute))
            break;
    }
    if (any && !ops->cuts)
        piece_end(at);
    compute_pass(compute);
    if (node->left < node->lanes)
        ops->reset(gather[node->left]);
    ops->reset(gather[0]);
}

static void compute_render(struct compute *compute, uint32_t index, struct buf *out)
{
    const struct plan_node *node = &compute->conf->plan->nodes[index];
    const struct job_output *output = &compute->conf->spec->outputs[node->index];
    struct collect *collect = compute->nodes[index].collect;
    struct column column;
    uint32_t n = 0, done = 0;
    for (uint32_t lane = 0; lane < node->lanes; lane++)
        n += collect[lane].n;
    struct slice *rows = arena_alloc(&compute->cut.arena, n * sizeof *rows);
    for (uint32_t lane = 0; lane < node->lanes; done += collect[lane++].n)
        collect_slices(&collect[lane], rows + done);
    if (n > collect->max)
        n = (uint32_t)collect->max;
    codec_get(&compute->cut.arena, node->type, rows, n, &column);
    if (compute->conf->rows)
        compute->conf->rows(compute->conf->ctx, node->index, &column, n);
    uint64_t shown = sink_find(output->kind)->rows_max(output);
    struct sink_batch batch = { .time_ms = compute->batch_ms,
                                .rows = &column,
                                .n = n < shown ? n : (uint32_t)shown };
    sink_find(output->kind)->render(output, &batch, out);
    for (uint32_t lane = 0; lane < node->lanes; lane++)
        collect_clear(&collect[lane]);
    arena_reset(&compute->cut.arena);
}

static void compute_end_part(struct compute *compute, uint32_t source)
{
    if (compute->parts[source].open)
        piece_end((struct op_place){ &compute->cut, compute->source_node[source], 0 });
    compute->parts[source].open = false;
}

/* How the next batch is computed; all tables are empty now. Shards cost something: they pay when blocks had to wait. */
static void compute_choose(struct compute *compute)
{
    bool waited = 2 * compute->bytes_wide > compute->bytes;
    if (compute->bytes)
        compute->shards = compute->threads > 1 && waited ? SHARDS : 1;
    compute->bytes = compute->bytes_wide = 0;
}

void compute_cut(struct compute *compute, struct buf *outputs)
{
    const struct plan *plan = compute->conf->plan;
    for (uint32_t i = 0; i < compute->conf->spec->n_sources && !compute->folded; i++)
        compute_end_part(compute, i);
    compute_pass(compute);
    for (uint32_t i = 0; i < plan->n_nodes; i++) {
        const struct plan_node *node = &plan->nodes[i];
        if (compute->tick % node->in_slide != 0)
            continue;
        if (node->kind == PLAN_GATHER)
            compute_give(compute, i);
        else if (node->kind == PLAN_OUTPUT && !compute->folded)
            compute_render(compute, i, &outputs[node->index]);
    }
    if (compute->folded)
        return;
    compute->records = 0;
    compute_choose(compute);
}

/* ---- making and freeing */

static void compute_open_step(struct compute *compute, struct compute_step *step)
{
    step->piece = mem_zalloc(compute->pieces * sizeof *step->piece);
    for (uint32_t i = 0; i < compute->pieces; i++)
        step->piece[i].compute = compute;
}

void compute_open(struct compute *compute, const struct engine_conf *conf, uint32_t threads)
{
    const struct plan *plan = conf->plan;
    *compute = (struct compute){ .conf = conf, .chunk_rows = conf->chunk_rows };
    if (!conf->chunk_rows)
        compute->chunk_rows = CHUNK_ROWS_FIRST;
    compute->threads = threads;
    compute->shards = threads > 1 ? SHARDS : 1;
    compute->pieces = threads > 1 ? threads * PIECES_A_THREAD : 1;
    compute->made = &compute->steps[0];
    compute->taken = &compute->steps[1];
    compute_open_step(compute, compute->made);
    compute_open_step(compute, compute->taken);
    compute->cut.compute = compute;
    piece_clear(&compute->cut);
    compute->nodes = nodes_open(conf);
    compute->source_node = mem_zalloc(conf->spec->n_sources * sizeof *compute->source_node);
    compute->parts = mem_zalloc(conf->spec->n_sources * sizeof *compute->parts);
    for (uint32_t i = 0; i < plan->n_nodes; i++)
        if (plan->nodes[i].kind == PLAN_SOURCE)
            compute->source_node[plan->nodes[i].index] = i;
}

static void compute_close_step(struct compute *compute, struct compute_step *step)
{
    for (uint32_t i = 0; i < compute->pieces; i++)
        piece_free(&step->piece[i]);
    mem_free(step->piece);
}

void compute_close(struct compute *compute)
{
    nodes_close(compute->conf->plan, compute->nodes);
    compute_close_step(compute, compute->made);
    compute_close_step(compute, compute->taken);
    for (uint32_t i = 0; i < SHARDS; i++) {
        arena_free(&compute->arena[i]);
        buf_free(&compute->scratch[i]);
    }
    piece_free(&compute->cut);
    mem_free(compute->source_node);
    mem_free(compute->parts);
}
