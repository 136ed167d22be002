#include "engine/judge.h"

#include <stdio.h>
#include <string.h>

#include "base/yaml.h"
#include "column/pack.h"
#include "op/memory.h"
#include "op/widen.h"

bool stored_open(const struct engine_state *state, struct arena *arena, struct stored *stored,
                 struct err *err)
{
    struct reader reader = reader_of(state->bytes);
    uint8_t version = reader_u8(&reader), whole = reader_u8(&reader);
    if (!reader.bad && version > MEMORY_VERSION)
        return err_set(err, ERR_FATAL,
                       "the state '%s' was written in format %u, this version reads up to format "
                       "%u: go on with a version that is not older than the one that wrote it",
                       state->id, version, MEMORY_VERSION);
    stored->count = reader_u64(&reader);
    stored->form = reader_str(&reader);
    stored->type = unpack_type(types_new(arena), arena, &reader);
    stored->content = reader;
    return (version == MEMORY_VERSION && whole <= 1 && !reader.bad && stored->type) ||
           err_code(err, ERR_FATAL, 350, "the state '%s' is damaged", state->id);
}

bool stored_fits(const struct stored *stored, const struct memory *memory)
{
    return strlen(memory->form) == stored->form.len &&
           memcmp(memory->form, stored->form.ptr, stored->form.len) == 0 &&
           widen_fits(stored->type, memory->type);
}

struct judging {
    struct memories *memories;
    struct diags *diags;
    const char *drop, *instead;
    const struct engine_state **last; /* of each id the last of its states, backwards */
    size_t n;
    bool *taken; /* nodes that a state without an operation was compared with */
};

static void judging_gather(struct judging *judging, const struct engine_state *states, size_t n)
{
    size_t k;
    judging->last = arena_alloc(&judging->memories->arena, (n + 1) * sizeof *judging->last);
    for (size_t i = n; i-- > 0;) {
        for (k = 0; k < judging->n && strcmp(judging->last[k]->id, states[i].id) != 0; k++) {
        }
        if (k == judging->n)
            judging->last[judging->n++] = &states[i];
    }
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

static bool judging_is_known(const struct judging *judging, const char *id)
{
    for (size_t i = 0; i < judging->n; i++)
        if (strcmp(judging->last[i]->id, id) == 0)
            return true;
    return false;
}

/* An operation of the same form whose own state is new: perhaps it was given another id. Else the whole file. */
static struct diag_place judging_place(struct judging *judging, const struct stored *stored)
{
    const struct memories *memories = judging->memories;
    for (uint32_t i = 0; i < memories->n_nodes; i++) {
        const struct memory *memory = memories_op(memories, &memories->nodes[i])->memory;
        if (judging->taken[i] || judging_is_known(judging, memory->id) ||
            !stored_fits(stored, memory))
            continue;
        judging->taken[i] = true;
        return yaml_place(memory->node);
    }
    return (struct diag_place){ 0 };
}

static void judging_missing(struct judging *judging, const struct engine_state *state,
                            const struct stored *stored)
{
    char number[32];
    struct diag *diag = diag_add(judging->diags, judging_place(judging, stored), 240,
                                 "state '%s' (%s key%s) has no operation in the new file%s",
                                 state->id, number_text(stored->count, number),
                                 stored->count == 1 ? "" : "s", judging->instead);
    diag_help(judging->diags, diag, "keep 'id: %s', or drop it once: %s%s", state->id,
              judging->drop, state->id);
}

static void judging_other(struct judging *judging, const struct engine_state *state,
                          const struct stored *stored, const struct memory *memory)
{
    char number[32];
    struct arena *arena = &judging->memories->arena;
    struct diag *diag = diag_add(
        judging->diags, yaml_place(memory->node), 241,
        "state '%s' (%s key%s) was made by %.*s and holds %s, but here is %s of %s%s", state->id,
        number_text(stored->count, number), stored->count == 1 ? "" : "s", (int)stored->form.len,
        (const char *)stored->form.ptr, type_text(arena, stored->type), memory->form,
        type_text(arena, memory->type), judging->instead);
    diag_help(judging->diags, diag, "make it what it was, or drop the state once: %s%s",
              judging->drop, state->id);
}

static bool judging_one(struct judging *judging, const struct engine_state *state, struct err *err)
{
    struct memories *memories = judging->memories;
    const struct memory_node *node = memories_find(memories, state->id);
    const struct memory *memory = node ? memories_op(memories, node)->memory : NULL;
    struct stored stored;
    if (!stored_open(state, &memories->arena, &stored, err))
        return false;
    if (!memory && stored.count)
        judging_missing(judging, state, &stored);
    else if (memory && !stored_fits(&stored, memory))
        judging_other(judging, state, &stored, memory);
    return true;
}

bool judge(struct memories *memories, const struct engine_state *states, size_t n, struct err *err)
{
    const struct engine_conf *conf = memories->compute->conf;
    struct diags own = { .arena = &memories->arena, .file = "" };
    struct judging judging = { .memories = memories,
                               .diags = conf->diags ? conf->diags : &own,
                               .drop =
                                   conf->drop ? conf->drop : "tidemark run --once --discard-state ",
                               .instead = conf->instead ? conf->instead : "",
                               .taken = arena_zalloc(&memories->arena, memories->n_nodes) };
    size_t before = judging.diags->n;
    bool ok = true;
    judging_gather(&judging, states, n);
    for (size_t i = judging.n; i-- > 0 && ok;)
        ok = judging_one(&judging, judging.last[i], err);
    if (ok && judging.diags->n > before) {
        const struct diag *first = &judging.diags->items[before];
        ok = err_code(err, ERR_BAD_CONFIG, first->code, "%s", first->text);
    }
    arena_reset(&memories->arena);
    return ok;
}
