#include "engine/memories.h"

#include <string.h>

#include "base/check.h"
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
    buf_free(&memories->part);
    mem_free(memories->nodes);
    mem_free(memories->states);
    arena_free(&memories->arena);
}

/* ---- written */

static const struct memory_ops *memory_ops_of(const struct memories *memories,
                                              const struct memory_node *node)
{
    return memories_op(memories, node)->kind->gather->memory;
}

static struct engine_state memory_state(const struct memories *memories,
                                        const struct memory_node *node, const struct buf *bytes)
{
    return (struct engine_state){ memories_op(memories, node)->memory->id, buf_slice(bytes) };
}

static bool memory_began(const struct memories *memories, const struct memory_node *node)
{
    const struct memory_ops *ops = memory_ops_of(memories, node);
    return !ops->began || ops->began(memory_gather(memories, node));
}

/* Returns how long it is. */
static size_t memory_put_head(const struct memories *memories, const struct memory_node *node,
                              bool whole, struct buf *out)
{
    const struct memory *memory = memories_op(memories, node)->memory;
    buf_clear(out);
    buf_put_u8(out, MEMORY_VERSION);
    buf_put_u8(out, whole);
    buf_put_u64(out, 0); /* the count, which may be known behind the content only */
    buf_put_str(out, memory->form);
    pack_type(out, memory->type);
    return out->len;
}

static void memory_put_count(struct buf *out, uint64_t count)
{
    be_put_u64(out->ptr + 2, count);
}

/* False: nothing but an end. */
static bool memory_write(struct memories *memories, struct memory_node *node)
{
    const struct memory_ops *ops = memory_ops_of(memories, node);
    struct gather *gather = memory_gather(memories, node);
    size_t head = memory_put_head(memories, node, false, &node->bytes);
    ops->write(gather, &memories->arena, &node->bytes);
    memory_put_count(&node->bytes, ops->count(gather));
    arena_reset(&memories->arena);
    return node->bytes.len > head + 1;
}

void memories_changes(struct memories *memories)
{
    memories->n_states = 0;
    for (uint32_t i = 0; i < memories->n_nodes; i++) {
        struct memory_node *node = &memories->nodes[i];
        if (!memory_began(memories, node) || (!memory_write(memories, node) && node->known))
            continue;
        node->known = true;
        memories->states[memories->n_states++] = memory_state(memories, node, &node->bytes);
    }
}

void memories_save_begin(struct memories *memories)
{
    memories->at = 0;
    memories->begun = false;
    for (uint32_t i = 0; i < memories->n_nodes; i++) {
        struct memory_node *node = &memories->nodes[i];
        const struct memory_ops *ops = memory_ops_of(memories, node);
        check(!node->saving);
        node->saving = memory_began(memories, node);
        if (!node->saving)
            continue;
        node->saved = ops->count(memory_gather(memories, node));
        ops->save_begin(memory_gather(memories, node));
    }
}

bool memories_save(struct memories *memories, struct engine_state *part)
{
    while (memories->at < memories->n_nodes && !memories->nodes[memories->at].saving)
        memories->at++;
    if (memories->at == memories->n_nodes)
        return false;
    struct memory_node *node = &memories->nodes[memories->at];
    memory_put_head(memories, node, !memories->begun, &memories->part);
    memory_put_count(&memories->part, node->saved);
    memories->begun = node->saving =
        memory_ops_of(memories, node)
            ->save(memory_gather(memories, node), &memories->arena, &memories->part);
    arena_reset(&memories->arena);
    *part = memory_state(memories, node, &memories->part);
    return true;
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
