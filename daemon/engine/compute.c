#include "engine/compute.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "column/codec.h"
#include "engine/outside.h"
#include "op/op.h"
#include "sink/python.h"
#include "sink/sink.h"

#define CHUNK_ROWS_FIRST 1024u
#define CHUNK_ROWS_MIN 64u
#define CHUNK_ROWS_MAX 4096u
#define CHUNK_BYTES (512u << 10) /* what a chunk's columns may take of the L2 cache, more or less */
#define VALUE_SHOWN_MAX 1000u /* bytes of a key or a row, in an error that no record stands for */

struct place { /* where rows are in the plan */
    struct compute *compute;
    uint32_t node, lane;
};

/* ---- rows through the plan */

static void compute_push(struct compute *compute, struct place at, struct rows *rows);
static void compute_error(const struct op_run *run, const struct op_error *error);

static void compute_emit(const struct op_run *run, struct rows *rows)
{
    const struct place *at = run->ctx;
    compute_push(at->compute, *at, rows);
}

static struct op_run run_of(struct place *at)
{
    return (struct op_run){
        .arena = &at->compute->arena,
        .batch_time_ms = at->compute->batch_ms,
        .tick = at->compute->tick,
        .emit = compute_emit,
        .error = compute_error,
        .child = outside_child,
        .ctx = at,
    };
}

/* Gives the rows that came out of one node to those behind it. */
static void compute_push(struct compute *compute, struct place at, struct rows *rows)
{
    const struct plan_node *from = &compute->conf->plan->nodes[at.node];
    if (rows->sel.n == 0)
        return;
    for (uint32_t i = 0; i < from->n_edges; i++) {
        const struct plan_edge *edge = &from->edges[i];
        const struct plan_node *to = &compute->conf->plan->nodes[edge->to];
        const struct compute_node *holds = &compute->nodes[edge->to];
        struct place next = { compute, edge->to, at.lane + edge->lane };
        struct op_run run = run_of(&next);
        struct rows copy = *rows;
        if (to->kind == PLAN_OUTPUT)
            collect_take(&holds->collect[next.lane], &rows->column, rows->sel);
        else if (to->kind == PLAN_GATHER)
            to->op->kind->gather->take(holds->gather[next.lane], rows, &run);
        else if (to->op)
            to->op->kind->run(to->op, &copy, &run);
        else
            compute_push(compute, next, &copy);
    }
}

/* A partition ends behind the rows that the node gave so far. */
static void compute_end(struct compute *compute, struct place at)
{
    const struct plan_node *from = &compute->conf->plan->nodes[at.node];
    if (!from->ends)
        return;
    for (uint32_t i = 0; i < from->n_edges; i++) {
        const struct plan_edge *edge = &from->edges[i];
        const struct plan_node *to = &compute->conf->plan->nodes[edge->to];
        uint32_t lane = at.lane + edge->lane;
        if (to->kind == PLAN_OP)
            compute_end(compute, (struct place){ compute, edge->to, lane });
        else if (to->kind == PLAN_GATHER && to->op->kind->gather->end)
            to->op->kind->gather->end(compute->nodes[edge->to].gather[lane]);
    }
}

/* ---- error records */

static void compute_fail(struct compute *compute, const struct engine_dead *dead)
{
    if (compute->failed.kind != ERR_NONE || compute->conf->spec->on_error != ON_ERROR_FAIL)
        return;
    const char *at = dead->place[0] ? ": " : "";
    if (compute->block)
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
static void compute_error_of_result(struct compute *compute, const struct op_error *error)
{
    struct buf value = { 0 };
    const struct column *column = error->key    ? error->key
                                  : error->rows ? &error->rows->column
                                                : NULL;
    if (column)
        python_put_row(&value, column, error->row, false);
    if (value.len > VALUE_SHOWN_MAX)
        value.len = VALUE_SHOWN_MAX;
    const char *reason = arena_strndup(&compute->arena, error->reason.ptr, error->reason.len);
    compute_bury(compute, &(struct engine_dead){ .topic = "",
                                                 .partition = -1,
                                                 .offset = -1,
                                                 .code = error->code,
                                                 .place = error->op->place,
                                                 .reason = reason,
                                                 .value = buf_slice(&value) });
    buf_free(&value);
}

static void compute_pend(struct compute *compute, uint32_t row, const struct pending *error)
{
    if (compute->n_pending == compute->pending_cap) {
        uint32_t cap = compute->pending_cap ? compute->pending_cap * 2 : 64;
        struct pending *more = arena_alloc(&compute->arena, cap * sizeof *more);
        if (compute->n_pending)
            memcpy(more, compute->pending, compute->n_pending * sizeof *more);
        compute->pending = more;
        compute->pending_cap = cap;
    }
    struct pending *pending = &compute->pending[compute->n_pending];
    *pending = *error;
    pending->row = row;
    pending->seq = compute->n_pending++;
}

static void compute_error(const struct op_run *run, const struct op_error *error)
{
    struct compute *compute = ((const struct place *)run->ctx)->compute;
    if (error->whole && compute->failed.kind == ERR_NONE)
        err_code(&compute->failed, ERR_RETRY, error->code, "%s: %.*s", error->op->place,
                 (int)error->reason.len, (const char *)error->reason.ptr);
    if (compute->folded || error->whole)
        return;
    if (!compute->block) {
        compute_error_of_result(compute, error);
        return;
    }
    uint32_t row = error->row;
    check(error->rows);
    for (const struct lineage *at = error->rows->lineage; at; at = at->outer)
        row = at->parent[row];
    const char *reason = "";
    if (!dead_full(compute->dead))
        reason = arena_strndup(&compute->arena, error->reason.ptr, error->reason.len);
    compute_pend(
        compute, row,
        &(struct pending){ .code = error->code, .place = error->op->place, .reason = reason });
}

static int pending_order(const void *a, const void *b)
{
    const struct pending *x = a, *y = b;
    if (x->row != y->row)
        return x->row < y->row ? -1 : 1;
    return (x->seq > y->seq) - (x->seq < y->seq);
}

/* The chunk's error records in the order of its records. */
static void compute_flush_errors(struct compute *compute)
{
    const struct lift_chunk *chunk = compute->chunk;
    const struct block *block = compute->block;
    struct block_record record;
    uint32_t row = 0, at = chunk->first_at;
    if (!compute->n_pending)
        return;
    qsort(compute->pending, compute->n_pending, sizeof *compute->pending, pending_order);
    uint32_t next = block_read(block, chunk->first_row, at, &record);
    for (uint32_t i = 0; i < compute->n_pending; i++) {
        const struct pending *pending = &compute->pending[i];
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

/* ---- blocks */

static void compute_chunk(struct compute *compute, const struct lift_chunk *chunk)
{
    uint32_t node = compute->source_node[compute->block->source];
    struct rows rows = { .column = chunk->column, .n = chunk->n, .sel = chunk->sel };
    compute->chunk = chunk;
    compute->n_pending = compute->pending_cap = 0;
    for (uint32_t i = 0; i < chunk->n_bad; i++)
        compute_pend(compute, chunk->bad[i].row,
                     &(struct pending){
                         .code = chunk->bad[i].code, .place = "", .reason = chunk->bad[i].reason });
    compute_push(compute, (struct place){ compute, node, 0 }, &rows);
    compute_flush_errors(compute);
    compute->records += chunk->n;
}

/* Chunks are as large as the cache likes: how much they take hangs on what the programs make of a record. */
static void compute_tune(struct compute *compute)
{
    if (compute->conf->chunk_rows)
        return;
    if (compute->arena.total > CHUNK_BYTES && compute->chunk_rows > CHUNK_ROWS_MIN)
        compute->chunk_rows /= 2;
    else if (compute->arena.total < CHUNK_BYTES / 4 && compute->chunk_rows < CHUNK_ROWS_MAX)
        compute->chunk_rows *= 2;
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

static void compute_end_part(struct compute *compute, uint32_t source)
{
    struct compute_part *part = &compute->parts[source];
    if (part->open)
        compute_end(compute, (struct place){ compute, compute->source_node[source], 0 });
    part->open = false;
}

static bool compute_same_part(const struct compute *compute, const struct block *block)
{
    const struct compute_part *part = &compute->parts[block->source];
    const char *kind = compute->conf->spec->sources[block->source].kind;
    if (compute->conf->one_partition || !part->open)
        return true;
    return strcmp(kind, "kafkaDirect") == 0 && part->partition == block->partition &&
           strcmp(part->topic, block->topic) == 0;
}

static void compute_open_part(struct compute *compute, const struct block *block)
{
    if (!compute_same_part(compute, block))
        compute_end_part(compute, block->source);
    compute->parts[block->source] = (struct compute_part){ true, block->topic, block->partition };
}

void compute_block(struct compute *compute, const struct block *block)
{
    const struct plan_node *node = &compute->conf->plan->nodes[compute->source_node[block->source]];
    const struct job_source *source = &compute->conf->spec->sources[block->source];
    struct lift_shape shape = { node->type, source->record, node->fields };
    struct lift_cursor cursor;
    struct lift_chunk chunk;
    compute->block = block;
    compute_open_part(compute, block);
    lift_start(&cursor, &shape, block);
    while (lift_next(&cursor, &shape, compute->chunk_rows, &compute->arena, &chunk)) {
        compute_chunk(compute, &chunk);
        compute_tune(compute);
        arena_reset(&compute->arena);
    }
    compute->block = NULL;
    compute_fits(compute);
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

static void compute_give(struct compute *compute, uint32_t index)
{
    const struct plan_node *node = &compute->conf->plan->nodes[index];
    const struct gather_ops *ops = node->op->kind->gather;
    struct gather **gather = compute->nodes[index].gather;
    struct place at = { compute, index, 0 };
    struct op_run run = run_of(&at);
    struct give give = { 0 };
    struct rows rows;
    bool any = false;
    compute_merge(node, gather, &run);
    ops->judge(gather[0], &run);
    bool gives = compute->tick % node->slide == 0;
    while (gives && !compute_sated(compute, node) && ops->give(gather[0], &give, &run, &rows)) {
        compute_push(compute, at, &rows);
        if (give.ends)
            compute_end(compute, at);
        arena_reset(&compute->arena);
        any = true;
        if (!compute_fits(compute))
            break;
    }
    if (any && !ops->cuts)
        compute_end(compute, at);
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
    struct slice *rows = arena_alloc(&compute->arena, n * sizeof *rows);
    for (uint32_t lane = 0; lane < node->lanes; done += collect[lane++].n)
        collect_slices(&collect[lane], rows + done);
    if (n > collect->max)
        n = (uint32_t)collect->max;
    codec_get(&compute->arena, node->type, rows, n, &column);
    if (compute->conf->rows)
        compute->conf->rows(compute->conf->ctx, node->index, &column, n);
    uint64_t shown = sink_find(output->kind)->rows_max(output);
    struct sink_batch batch = { .time_ms = compute->batch_ms,
                                .rows = &column,
                                .n = n < shown ? n : (uint32_t)shown };
    sink_find(output->kind)->render(output, &batch, out);
    for (uint32_t lane = 0; lane < node->lanes; lane++)
        collect_clear(&collect[lane]);
    arena_reset(&compute->arena);
}

void compute_cut(struct compute *compute, struct buf *outputs)
{
    const struct plan *plan = compute->conf->plan;
    for (uint32_t i = 0; i < compute->conf->spec->n_sources && !compute->folded; i++)
        compute_end_part(compute, i);
    for (uint32_t i = 0; i < plan->n_nodes; i++) {
        const struct plan_node *node = &plan->nodes[i];
        if (compute->tick % node->in_slide != 0)
            continue;
        if (node->kind == PLAN_GATHER)
            compute_give(compute, i);
        else if (node->kind == PLAN_OUTPUT && !compute->folded)
            compute_render(compute, i, &outputs[node->index]);
    }
    if (!compute->folded)
        compute->records = 0;
}

/* ---- making and freeing */

struct compute_node *compute_nodes_open(const struct engine_conf *conf)
{
    const struct plan *plan = conf->plan;
    struct compute_node *nodes = mem_zalloc(plan->n_nodes * sizeof *nodes);
    for (uint32_t i = 0; i < plan->n_nodes; i++) {
        const struct plan_node *node = &plan->nodes[i];
        struct compute_node *holds = &nodes[i];
        if (node->kind == PLAN_GATHER)
            holds->gather = mem_alloc(node->lanes * sizeof(struct gather *));
        if (node->kind == PLAN_OUTPUT)
            holds->collect = mem_zalloc(node->lanes * sizeof *holds->collect);
        for (uint32_t lane = 0; lane < node->lanes; lane++) {
            const struct job_output *output = &conf->spec->outputs[node->index];
            if (node->kind == PLAN_GATHER)
                holds->gather[lane] = node->op->kind->gather->open(node->op, conf->hash_seed);
            else if (node->kind == PLAN_OUTPUT)
                holds->collect[lane].max =
                    conf->rows ? UINT64_MAX : sink_find(output->kind)->rows_max(output);
        }
    }
    return nodes;
}

void compute_nodes_close(const struct plan *plan, struct compute_node *nodes)
{
    for (uint32_t i = 0; i < plan->n_nodes; i++) {
        const struct plan_node *node = &plan->nodes[i];
        for (uint32_t lane = 0; lane < node->lanes; lane++) {
            if (node->kind == PLAN_GATHER)
                node->op->kind->gather->free(nodes[i].gather[lane]);
            else if (node->kind == PLAN_OUTPUT)
                collect_free(&nodes[i].collect[lane]);
        }
        mem_free(nodes[i].gather);
        mem_free(nodes[i].collect);
    }
    mem_free(nodes);
}

void compute_open(struct compute *compute, const struct engine_conf *conf)
{
    const struct plan *plan = conf->plan;
    *compute = (struct compute){ .conf = conf, .chunk_rows = conf->chunk_rows };
    if (!conf->chunk_rows)
        compute->chunk_rows = CHUNK_ROWS_FIRST;
    compute->nodes = compute_nodes_open(conf);
    compute->source_node = mem_zalloc(conf->spec->n_sources * sizeof *compute->source_node);
    compute->parts = mem_zalloc(conf->spec->n_sources * sizeof *compute->parts);
    for (uint32_t i = 0; i < plan->n_nodes; i++)
        if (plan->nodes[i].kind == PLAN_SOURCE)
            compute->source_node[plan->nodes[i].index] = i;
}

void compute_close(struct compute *compute)
{
    compute_nodes_close(compute->conf->plan, compute->nodes);
    mem_free(compute->source_node);
    mem_free(compute->parts);
    arena_free(&compute->arena);
}
