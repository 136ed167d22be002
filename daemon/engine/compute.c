#include "engine/compute.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "column/codec.h"
#include "engine/bury.h"
#include "io/pool.h"
#include "op/op.h"
#include "sink/sink.h"

#define CHUNK_ROWS_FIRST 256u
#define CHUNK_ROWS_MIN 64u
#define CHUNK_ROWS_MAX 4096u
#define CHUNK_BYTES (256u << 10) /* what a piece's columns may take of the L2 cache, more or less */
#define WIDE_US \
    3000u /* of one thread, for the blocks that wait: what is less is done before others are awake */
#define LONG_MS \
    10000u /* a batch that does not begin with one thread: it would have to do with it for long */
#define COST_BYTES 65536u  /* of blocks: fewer say nothing of the cost */
#define PIECES_A_THREAD 4u /* in the ring, if there are several: half of them made, half taken */
#define FITS_BYTES \
    (4u << 20) /* of blocks, after which all threads come to rest, and memory is looked at */

/* ---- how much at once */

/* Pieces are as large as the cache likes: how much they take hangs on what the programs make of a record. */
static void compute_tune(struct compute *compute, const struct piece *piece)
{
    size_t bytes = piece->arena.total;
    uint32_t rows = compute->chunk_rows;
    if (compute->conf->chunk_rows)
        return;
    if (bytes > CHUNK_BYTES) /* at once: there are many pieces */
        rows = (uint32_t)((uint64_t)piece->n * CHUNK_BYTES / bytes);
    else if (bytes < CHUNK_BYTES / 4 && piece->n == rows)
        compute->chunk_rows = 2 * rows < CHUNK_ROWS_MAX ? 2 * rows : CHUNK_ROWS_MAX;
    if (rows < compute->chunk_rows)
        compute->chunk_rows = rows > CHUNK_ROWS_MIN ? rows : CHUNK_ROWS_MIN;
}

size_t compute_bytes(const struct compute *compute)
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
    size_t bytes = compute->bytes = max ? compute_bytes(compute) : 0;
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

/* ---- pieces */

void compute_feed(struct compute *compute, struct block *const *blocks, size_t n)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < n; i++)
        bytes += blocks[i]->used;
    check(n > 0 && !compute->n_blocks && !compute->under_way);
    bool many = bytes * compute->cost > (uint64_t)WIDE_US << 20 || compute->conf->chunk_rows;
    compute->wide = compute->shards > 1 && many;
    compute->ring = compute->wide ? compute->n_pieces : 1;
    compute->fed = bytes;
    compute->blocks = blocks;
    compute->n_blocks = n;
    compute->cursor = (struct lift_cursor){ .block = blocks[0] };
    for (uint32_t i = 0; i < SHARDS; i++)
        compute->shard[i].took = compute->shard[i].taking = compute->laid;
}

void compute_took(struct compute *compute, uint64_t cpu_us)
{
    compute->cpu_us += cpu_us;
    if (compute->fed < COST_BYTES)
        return;
    uint64_t cost = (cpu_us << 20) / compute->fed;
    compute->cost = compute->cost ? (3 * compute->cost + cost) / 4 : cost;
}

static struct piece *compute_piece(const struct compute *compute, uint64_t number)
{
    return &compute->pieces[number % compute->ring];
}

/* Cuts the next piece off the first block. */
static void compute_lay(struct compute *compute)
{
    struct piece *piece = compute_piece(compute, compute->laid++);
    struct lift_cursor *cursor = &compute->cursor;
    const struct block *block = cursor->block;
    uint32_t left = block->count - cursor->row;
    piece_clear(piece);
    piece->block = block;
    piece->cursor = *cursor;
    piece->ends = cursor->row == 0 && compute_open_part(compute, block);
    piece->n = left < compute->chunk_rows ? left : compute->chunk_rows;
    piece->mute = dead_full(compute->dead);
    piece->made = false;
    cursor->at = block_skip(block, cursor->row, piece->n, cursor->at);
    cursor->row += piece->n;
    if (piece->n < left)
        return;
    compute->unchecked += block->used;
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
    bury_of_piece(compute, piece);
    compute->records += piece->n;
}

/* Takes what a piece holds for the shard, and for nodes without shards that are dealt out to it. */
static void compute_take(struct compute *compute, const struct piece *piece, uint32_t shard)
{
    struct op_run run = { .arena = &compute->shard[shard].arena,
                          .scratch = &compute->shard[shard].scratch,
                          .shards = compute->shards,
                          .batch_time_ms = compute->batch_ms,
                          .tick = compute->tick };
    for (struct parked *parked = piece->parked; parked; parked = parked->next) {
        const struct compute_node *node = &compute->nodes[parked->node];
        const struct rows *rows = &parked->rows;
        if (rows->split ? !split_has(rows->split, shard)
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

/* ---- tasks: shard i takes; SHARDS + i: piece i of the ring is made */

/* Pieces that no shard may be behind with more than the ring holds. */
static uint64_t compute_taken(const struct compute *compute)
{
    uint64_t least = compute->settled;
    for (uint32_t i = 0; i < compute->shards; i++)
        if (compute->shard[i].took < least)
            least = compute->shard[i].took;
    return least;
}

/* The shard at rest that is most behind. */
static uint32_t compute_behind(const struct compute *compute, uint64_t *pieces)
{
    uint32_t found = 0;
    *pieces = 0;
    for (uint32_t i = 0; i < compute->shards; i++) {
        const struct compute_shard *shard = &compute->shard[i];
        if (shard->took != shard->taking || compute->settled - shard->took <= *pieces)
            continue;
        *pieces = compute->settled - shard->took;
        found = i;
    }
    return found;
}

/* What could be begun now: POOL_WAIT, or a task. */
static uint32_t compute_find(const struct compute *compute)
{
    uint64_t pieces;
    uint32_t shard = compute_behind(compute, &pieces);
    bool one = !compute->wide && compute->under_way; /* and no more at once */
    bool may = compute->n_blocks && compute->unchecked < FITS_BYTES &&
               compute->laid - compute_taken(compute) < compute->ring;
    if (!one && pieces && (pieces >= compute->ring / 2 || !may))
        return shard;
    return may && !one ? SHARDS + (uint32_t)(compute->laid % compute->ring) : POOL_WAIT;
}

static void compute_begin(struct compute *compute, uint32_t task)
{
    compute->under_way++;
    if (task >= SHARDS)
        compute_lay(compute);
    else
        compute->shard[task].taking = compute->settled;
}

static void compute_ended(struct compute *compute, uint32_t task)
{
    compute->under_way--;
    if (task < SHARDS) {
        compute->shard[task].took = compute->shard[task].taking;
        return;
    }
    compute->pieces[task - SHARDS].made = true;
    compute_tune(compute, &compute->pieces[task - SHARDS]);
    for (; compute->settled < compute->laid; compute->settled++) {
        struct piece *piece = compute_piece(compute, compute->settled);
        if (!piece->made)
            return;
        compute_settle(compute, piece);
    }
}

uint32_t compute_next(struct compute *compute, uint32_t done, bool *more)
{
    if (done != POOL_NONE)
        compute_ended(compute, done);
    uint32_t task = compute_find(compute);
    if (task == POOL_WAIT && !compute->under_way && compute->unchecked) { /* all are at rest */
        compute_fits(compute);
        compute->unchecked = 0;
        task = compute_find(compute);
    }
    *more = false;
    if (task == POOL_WAIT)
        return compute->under_way ? POOL_WAIT : POOL_END;
    compute_begin(compute, task);
    *more = compute_find(compute) != POOL_WAIT;
    return task;
}

void compute_task(struct compute *compute, uint32_t task)
{
    if (task >= SHARDS) {
        piece_make(&compute->pieces[task - SHARDS]);
        return;
    }
    const struct compute_shard *shard = &compute->shard[task];
    for (uint64_t i = shard->took; i < shard->taking; i++)
        compute_take(compute, compute_piece(compute, i), task);
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
}

void compute_renew(struct compute *compute)
{
    const struct plan *plan = compute->conf->plan;
    struct compute_node *nodes = nodes_open(compute->conf);
    nodes_move(plan, nodes, compute->nodes);
    nodes_close(plan, compute->nodes);
    compute->nodes = nodes;
}

/* Shards cost something: they pay when one thread hardly keeps up. All tables are empty now. */
void compute_choose(struct compute *compute, uint64_t elapsed_us)
{
    bool busy = 4 * compute->cpu_us > 3 * elapsed_us || compute->conf->chunk_rows;
    compute->shards = compute->threads > 1 && busy ? SHARDS : 1;
    compute->cpu_us = 0;
}

/* ---- making and freeing */

void compute_open(struct compute *compute, const struct engine_conf *conf, uint32_t threads)
{
    const struct plan *plan = conf->plan;
    *compute = (struct compute){ .conf = conf, .chunk_rows = conf->chunk_rows };
    if (!conf->chunk_rows)
        compute->chunk_rows = CHUNK_ROWS_FIRST;
    compute->threads = threads;
    bool busy = conf->spec->batch_interval_ms > LONG_MS || conf->chunk_rows;
    compute->shards = threads > 1 && busy ? SHARDS : 1;
    compute->n_pieces = threads > 1 ? threads * PIECES_A_THREAD : 1;
    compute->pieces = mem_zalloc(compute->n_pieces * sizeof *compute->pieces);
    for (uint32_t i = 0; i < compute->n_pieces; i++)
        compute->pieces[i].compute = compute;
    compute->cut.compute = compute;
    piece_clear(&compute->cut);
    compute->nodes = nodes_open(conf);
    compute->source_node = mem_zalloc(conf->spec->n_sources * sizeof *compute->source_node);
    compute->parts = mem_zalloc(conf->spec->n_sources * sizeof *compute->parts);
    for (uint32_t i = 0; i < plan->n_nodes; i++)
        if (plan->nodes[i].kind == PLAN_SOURCE)
            compute->source_node[plan->nodes[i].index] = i;
}

void compute_close(struct compute *compute)
{
    nodes_close(compute->conf->plan, compute->nodes);
    for (uint32_t i = 0; i < compute->n_pieces; i++)
        piece_free(&compute->pieces[i]);
    mem_free(compute->pieces);
    for (uint32_t i = 0; i < SHARDS; i++) {
        arena_free(&compute->shard[i].arena);
        buf_free(&compute->shard[i].scratch);
    }
    piece_free(&compute->cut);
    mem_free(compute->source_node);
    mem_free(compute->parts);
}
