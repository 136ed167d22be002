#include "engine/memories.h"

#include <string.h>

#include "base/mem.h"
#include "column/pack.h"
#include "engine/judge.h"
#include "op/memory.h"

const struct op *memories_op(const struct memories *memories, const struct memory_node *node)
{
    return memories->compute->conf->plan->nodes[node->node].op;
}

const struct memory_node *memories_find(const struct memories *memories, const char *id)
{
    for (uint32_t i = 0; i < memories->n_nodes; i++)
        if (strcmp(memories_op(memories, &memories->nodes[i])->memory->id, id) == 0)
            return &memories->nodes[i];
    return NULL;
}

static struct gather *memory_gather(const struct memories *memories, const struct memory_node *node)
{
    return memories->compute->nodes[node->node].gather[0];
}

void memories_open(struct memories *memories, struct compute *compute)
{
    const struct plan *plan = compute->conf->plan;
    *memories = (struct memories){ .compute = compute };
    memories->nodes = mem_zalloc(plan->n_nodes * sizeof *memories->nodes);
    for (uint32_t i = 0; i < plan->n_nodes; i++)
        if (plan->nodes[i].kind == PLAN_GATHER && plan->nodes[i].op->memory)
            memories->nodes[memories->n_nodes++].node = i;
    memories->states = mem_zalloc((memories->n_nodes + 1) * sizeof *memories->states);
}

void memories_close(struct memories *memories)
{
    for (uint32_t i = 0; i < memories->n_nodes; i++)
        buf_free(&memories->nodes[i].bytes);
    mem_free(memories->nodes);
    mem_free(memories->states);
    arena_free(&memories->arena);
}

/* ---- written */

static bool memory_began(const struct memories *memories, const struct memory_node *node)
{
    const struct memory_ops *ops = memories_op(memories, node)->kind->gather->memory;
    return !ops->began || ops->began(memory_gather(memories, node));
}

/* Returns how long the head is. */
static size_t memory_write(struct memories *memories, const struct memory_node *node, bool whole,
                           struct buf *out)
{
    const struct op *op = memories_op(memories, node);
    const struct memory_ops *ops = op->kind->gather->memory;
    struct gather *gather = memory_gather(memories, node);
    buf_clear(out);
    buf_put_u8(out, MEMORY_VERSION);
    buf_put_u8(out, whole);
    buf_put_u64(out, 0); /* the count, which is known behind the content */
    buf_put_str(out, op->memory->form);
    pack_type(out, op->memory->type);
    size_t head = out->len;
    ops->write(gather, whole, &memories->arena, out);
    be_put_u64(out->ptr + 2, ops->count(gather));
    arena_reset(&memories->arena);
    return head;
}

void memories_changes(struct memories *memories)
{
    memories->n_states = 0;
    for (uint32_t i = 0; i < memories->n_nodes; i++) {
        struct memory_node *node = &memories->nodes[i];
        if (!memory_began(memories, node))
            continue;
        size_t head = memory_write(memories, node, false, &node->bytes);
        if (node->known && node->bytes.len <= head + 1) /* nothing but the end */
            continue;
        node->known = true;
        memories->states[memories->n_states++] =
            (struct engine_state){ memories_op(memories, node)->memory->id,
                                   buf_slice(&node->bytes) };
    }
}

void memories_save(struct memories *memories,
                   void (*each)(void *ctx, const struct engine_state *state), void *ctx)
{
    struct buf bytes = { 0 };
    for (uint32_t i = 0; i < memories->n_nodes; i++) {
        const struct memory_node *node = &memories->nodes[i];
        if (!memory_began(memories, node))
            continue;
        memory_write(memories, node, true, &bytes);
        each(ctx,
             &(struct engine_state){ memories_op(memories, node)->memory->id, buf_slice(&bytes) });
    }
    buf_free(&bytes);
}

/* ---- read */

static bool memory_restore(struct memories *memories, const struct engine_state *state,
                           struct err *err)
{
    const struct memory_node *node = memories_find(memories, state->id);
    struct arena *arena = &memories->arena;
    struct stored stored;
    if (!stored_open(state, arena, &stored, err))
        return false;
    if (!node)
        return true; /* it is empty in the end */
    const struct op *op = memories_op(memories, node);
    memories->nodes[node - memories->nodes].known = true;
    bool ok = stored_fits(&stored, op->memory) &&
              op->kind->gather->memory->read(memory_gather(memories, node), &stored.content,
                                             stored.type, arena) &&
              reader_left(&stored.content) == 0;
    return ok || err_code(err, ERR_FATAL, 350, "the state '%s' is damaged", state->id);
}

bool memories_restore(struct memories *memories, const struct engine_state *states, size_t n,
                      struct err *err)
{
    bool ok = judge(memories, states, n, err);
    for (size_t i = 0; i < n && ok; i++) {
        ok = memory_restore(memories, &states[i], err);
        arena_reset(&memories->arena);
    }
    return ok;
}
