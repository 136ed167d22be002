#include "engine/piece.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "engine/bury.h"
#include "engine/compute.h"
#include "engine/outside.h"

#define PIECE_KEEP (1u << 20) /* bytes of memory that a piece keeps for the next records */

/* ---- rows through the plan */

static void piece_error(const struct op_run *run, const struct op_error *error);

static void piece_emit(const struct op_run *run, struct rows *rows)
{
    piece_push(*(const struct op_place *)run->ctx, rows);
}

struct op_run piece_run(struct op_place *at)
{
    const struct compute *compute = at->piece->compute;
    return (struct op_run){
        .arena = &at->piece->arena,
        .scratch = &at->piece->scratch,
        .shards = compute->shards,
        .batch_time_ms = compute->batch_ms,
        .tick = compute->tick,
        .emit = piece_emit,
        .error = piece_error,
        .child = outside_child,
        .ctx = at,
    };
}

static struct parked *piece_park(const struct op_place *at)
{
    struct piece *piece = at->piece;
    struct parked *parked = arena_alloc(&piece->arena, sizeof *parked);
    *parked = (struct parked){ .node = at->node, .lane = at->lane };
    *piece->end = parked;
    piece->end = &parked->next;
    return parked;
}

static void piece_hold(struct op_place *at, const struct plan_node *node, struct rows *rows)
{
    const struct compute_node *holds = &at->piece->compute->nodes[at->node];
    if (node->kind == PLAN_GATHER && node->op->kind->gather->prepare) {
        struct op_run run = piece_run(at);
        node->op->kind->gather->prepare(holds->gather[at->lane], rows, &run);
    }
    piece_park(at)->rows = *rows;
}

void piece_push(struct op_place at, struct rows *rows)
{
    const struct plan *plan = at.piece->compute->conf->plan;
    const struct plan_node *from = &plan->nodes[at.node];
    if (rows->sel.n == 0)
        return;
    for (uint32_t i = 0; i < from->n_edges; i++) {
        const struct plan_edge *edge = &from->edges[i];
        const struct plan_node *to = &plan->nodes[edge->to];
        struct op_place next = { at.piece, edge->to, at.lane + edge->lane };
        struct op_run run = piece_run(&next);
        struct rows copy = *rows;
        if (to->kind != PLAN_OP)
            piece_hold(&next, to, &copy);
        else if (to->op)
            to->op->kind->run(to->op, &copy, &run);
        else
            piece_push(next, &copy);
    }
}

void piece_end(struct op_place at)
{
    const struct plan *plan = at.piece->compute->conf->plan;
    const struct plan_node *from = &plan->nodes[at.node];
    if (!from->ends)
        return;
    for (uint32_t i = 0; i < from->n_edges; i++) {
        const struct plan_edge *edge = &from->edges[i];
        const struct plan_node *to = &plan->nodes[edge->to];
        struct op_place next = { at.piece, edge->to, at.lane + edge->lane };
        if (to->kind == PLAN_OP)
            piece_end(next);
        else if (to->kind == PLAN_GATHER && to->op->kind->gather->end)
            piece_park(&next)->ends = true;
    }
}

void piece_clear(struct piece *piece)
{
    bool large = piece->arena.total > PIECE_KEEP;
    (large ? arena_free : arena_reset)(&piece->arena);
    piece->parked = NULL;
    piece->end = &piece->parked;
    piece->pending = NULL;
    piece->n_pending = piece->pending_cap = 0;
}

void piece_free(struct piece *piece)
{
    arena_free(&piece->arena);
    buf_free(&piece->scratch);
}

/* ---- error records */

static void piece_pend(struct piece *piece, uint32_t row, const struct pending *error)
{
    if (piece->n_pending == piece->pending_cap) {
        uint32_t cap = piece->pending_cap ? piece->pending_cap * 2 : 64;
        struct pending *more = arena_alloc(&piece->arena, cap * sizeof *more);
        if (piece->n_pending)
            memcpy(more, piece->pending, piece->n_pending * sizeof *more);
        piece->pending = more;
        piece->pending_cap = cap;
    }
    struct pending *pending = &piece->pending[piece->n_pending];
    *pending = *error;
    pending->row = row;
    pending->seq = piece->n_pending++;
}

static void piece_error(const struct op_run *run, const struct op_error *error)
{
    struct piece *piece = ((const struct op_place *)run->ctx)->piece;
    if (!piece->block) {
        bury_of_result(piece->compute, error);
        return;
    }
    uint32_t row = error->row;
    check(error->rows);
    for (const struct lineage *at = error->rows->lineage; at; at = at->outer)
        row = at->parent[row];
    const char *reason = "";
    if (!piece->mute)
        reason = dead_reason(&piece->arena, error->reason);
    piece_pend(
        piece, row,
        &(struct pending){ .code = error->code, .place = error->op->place, .reason = reason });
}

static int pending_order(const void *a, const void *b)
{
    const struct pending *x = a, *y = b;
    if (x->row != y->row)
        return x->row < y->row ? -1 : 1;
    return (x->seq > y->seq) - (x->seq < y->seq);
}

void piece_sort_errors(struct piece *piece)
{
    qsort(piece->pending, piece->n_pending, sizeof *piece->pending, pending_order);
}

/* ---- records */

void piece_make(struct piece *piece)
{
    const struct compute *compute = piece->compute;
    struct op_place at = { piece, compute->source_node[piece->block->source], 0 };
    const struct plan_node *node = &compute->conf->plan->nodes[at.node];
    const struct job_source *source = &compute->conf->spec->sources[piece->block->source];
    struct lift_shape shape = { node->type, source->record, node->fields };
    struct lift_chunk *chunk = &piece->chunk;
    if (piece->ends)
        piece_end(at);
    check(lift_next(&piece->cursor, &shape, piece->n, &piece->arena, chunk));
    for (uint32_t i = 0; i < chunk->n_bad; i++)
        piece_pend(piece, chunk->bad[i].row,
                   &(struct pending){
                       .code = chunk->bad[i].code, .place = "", .reason = chunk->bad[i].reason });
    struct rows rows = { .column = chunk->column, .n = chunk->n, .sel = chunk->sel };
    piece_push(at, &rows);
}
