#include "engine/memories.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "column/pack.h"
#include "op/memory.h"
#include "op/widen.h"

static const struct op *memory_op(const struct memories *memories, const struct memory_node *node)
{
    return memories->compute->conf->plan->nodes[node->node].op;
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
    const struct memory_ops *ops = memory_op(memories, node)->kind->gather->memory;
    return !ops->began || ops->began(memory_gather(memories, node));
}

/* Returns how long the head is. */
static size_t memory_write(struct memories *memories, const struct memory_node *node, bool whole,
                           struct buf *out)
{
    const struct op *op = memory_op(memories, node);
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
            (struct engine_state){ memory_op(memories, node)->memory->id, buf_slice(&node->bytes) };
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
             &(struct engine_state){ memory_op(memories, node)->memory->id, buf_slice(&bytes) });
    }
    buf_free(&bytes);
}

/* ---- read */

struct stored { /* of one state: what its bytes say of themselves */
    uint64_t count;
    struct slice form;
    const struct type *type;
    struct reader content;
};

static bool stored_open(struct slice bytes, struct types *types, struct arena *arena,
                        struct stored *stored)
{
    struct reader reader = reader_of(bytes);
    uint8_t version = reader_u8(&reader), whole = reader_u8(&reader);
    stored->count = reader_u64(&reader);
    stored->form = reader_str(&reader);
    stored->type = unpack_type(types, arena, &reader);
    stored->content = reader;
    return version == MEMORY_VERSION && whole <= 1 && !reader.bad && stored->type;
}

static bool stored_fits(const struct stored *stored, const struct memory *memory)
{
    return strlen(memory->form) == stored->form.len &&
           memcmp(memory->form, stored->form.ptr, stored->form.len) == 0 &&
           widen_fits(stored->type, memory->type);
}

static struct memory_node *memory_find(const struct memories *memories, const char *id)
{
    for (uint32_t i = 0; i < memories->n_nodes; i++)
        if (strcmp(memory_op(memories, &memories->nodes[i])->memory->id, id) == 0)
            return &memories->nodes[i];
    return NULL;
}

/* 1204331 as 1,204,331 */
static const char *number_text(uint64_t number, char out[32])
{
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%llu", (unsigned long long)number), k = 0;
    for (int i = 0; i < n; i++) {
        if (i && (n - i) % 3 == 0)
            out[k++] = ',';
        out[k++] = digits[i];
    }
    out[k] = 0;
    return out;
}

/* Of each id the last of its states, in order of the ids' last coming, backwards: only that one tells how many keys there are
 * in the end. Returns how many. */
static size_t last_of_each(struct memories *memories, const struct engine_state *states, size_t n,
                           const struct engine_state ***last)
{
    size_t cap = 0, found = 0, k;
    for (size_t i = n; i-- > 0;) {
        for (k = 0; k < found && strcmp((*last)[k]->id, states[i].id) != 0; k++) {
        }
        if (k < found)
            continue;
        if (found == cap) {
            cap = cap ? cap * 2 : 16;
            const struct engine_state **more = arena_alloc(&memories->arena, cap * sizeof *more);
            if (found)
                memcpy(more, *last, found * sizeof *more);
            *last = more;
        }
        (*last)[found++] = &states[i];
    }
    return found;
}

static void say_unfit(const struct engine_state *state, const struct stored *stored,
                      const struct op *op, struct buf *out)
{
    char number[32];
    buf_printf(out, "%sstate '%s' (%s key%s)", out->len ? "; " : "", state->id,
               number_text(stored->count, number), stored->count == 1 ? "" : "s");
    if (!op) {
        buf_puts(out, " has no operation in the new file");
        return;
    }
    buf_printf(out, " was made by %.*s and holds ", (int)stored->form.len,
               (const char *)stored->form.ptr);
    type_print(stored->type, out);
    buf_printf(out, ", but here is %s of ", op->memory->form);
    type_print(op->memory->type, out);
}

/* All that cannot be carried on, at once. */
static bool memories_judge(struct memories *memories, const struct engine_state *states, size_t n,
                           struct err *err)
{
    const struct engine_state **last = NULL;
    struct buf text = { 0 };
    unsigned code = 0;
    for (size_t i = last_of_each(memories, states, n, &last); i-- > 0;) {
        const struct memory_node *node = memory_find(memories, last[i]->id);
        const struct op *op = node ? memory_op(memories, node) : NULL;
        struct stored stored;
        if (!stored_open(last[i]->bytes, types_new(&memories->arena), &memories->arena, &stored) ||
            (!op && stored.count == 0) || (op && stored_fits(&stored, op->memory)))
            continue;
        code = code == 240 || !op ? 240 : 241;
        say_unfit(last[i], &stored, op, &text);
    }
    if (code)
        err_code(err, ERR_BAD_CONFIG, code, "%s", buf_text(&text));
    buf_free(&text);
    arena_reset(&memories->arena);
    return code == 0;
}

static bool memory_restore(struct memories *memories, const struct engine_state *state)
{
    struct memory_node *node = memory_find(memories, state->id);
    struct arena *arena = &memories->arena;
    struct stored stored;
    if (!stored_open(state->bytes, types_new(arena), arena, &stored))
        return false;
    if (!node)
        return true; /* it is empty in the end */
    const struct op *op = memory_op(memories, node);
    node->known = true;
    return stored_fits(&stored, op->memory) &&
           op->kind->gather->memory->read(memory_gather(memories, node), &stored.content,
                                          stored.type, arena) &&
           reader_left(&stored.content) == 0;
}

bool memories_restore(struct memories *memories, const struct engine_state *states, size_t n,
                      struct err *err)
{
    bool ok = memories_judge(memories, states, n, err);
    for (size_t i = 0; i < n && ok; i++) {
        ok = memory_restore(memories, &states[i]) ||
             err_code(err, ERR_FATAL, 350, "the state '%s' is damaged", states[i].id);
        arena_reset(&memories->arena);
    }
    return ok;
}
