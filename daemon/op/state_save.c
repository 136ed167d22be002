#include "op/state_save.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "column/codec.h"
#include "op/cell.h"

struct
    kept { /* what an entry held; behind it the bytes of the key, of the value, and room up to the next one */
    uint32_t entry, key;
    uint64_t value;
    int64_t stamp;
};

static size_t kept_size(const struct kept *kept)
{
    return (sizeof *kept + kept->key + kept->value + 7) & ~(size_t)7;
}

static uint32_t save_parts(const struct state_save *save)
{
    return (save->end + STATE_ROWS - 1) / STATE_ROWS;
}

void state_save_begin(struct state *state)
{
    check(!state->save && !state->loose.n);
    state->save = mem_zalloc(sizeof *state->save);
    state->save->end = state_entries(state);
    state->save->before = mem_zalloc(save_parts(state->save) * sizeof *state->save->before);
}

void state_save_end(struct state *state)
{
    struct state_save *save = state->save;
    if (!save)
        return;
    for (uint32_t i = save->at / STATE_ROWS; i < save_parts(save); i++)
        buf_free(&save->before[i]);
    for (uint32_t i = save->at; i < save->end; i++)
        state->cell[i].mark &= (uint8_t)~STATE_SAVED;
    mem_free(save->before);
    mem_free(save);
    state->save = NULL;
}

void state_save_keep(struct state *state, uint32_t entry)
{
    struct state_save *save = state->save;
    uint8_t *mark = &state->cell[entry].mark;
    if (entry < save->at || entry >= save->end || *mark & STATE_SAVED)
        return;
    *mark |= STATE_SAVED;
    if (!(*mark & STATE_LIVE))
        return;
    struct slice key = table_key(state->keys.table, entry);
    struct slice value = cell_slice(state->keys.table, state->pair->member[1], entry);
    struct kept kept = { .entry = entry, .key = (uint32_t)key.len, .value = value.len };
    struct buf *before = &save->before[entry / STATE_ROWS];
    if (state->is_stamped)
        kept.stamp = state->stamp[entry];
    uint8_t *at = buf_extend(before, kept_size(&kept));
    memcpy(at, &kept, sizeof kept);
    memcpy(at + sizeof kept, key.ptr, key.len);
    memcpy(at + sizeof kept + key.len, value.ptr, value.len);
}

/* ---- a part of it */

struct saving { /* up to STATE_ROWS entries that have a value, ascending */
    uint32_t n;
    struct slice key[STATE_ROWS], value[STATE_ROWS];
    int64_t stamp[STATE_ROWS];
};

static void saving_put(const struct saving *saving, const struct state *state, struct arena *arena,
                       struct buf *out)
{
    struct arena_mark mark = arena_mark(arena);
    struct column *member = arena_alloc(arena, 2 * sizeof *member);
    cell_key_column(state->pair->member[0], saving->key, saving->n, arena, &member[0]);
    codec_get(arena, state->pair->member[1], saving->value, saving->n, &member[1]);
    struct column pairs = { .type = state->pair, .n = saving->n, .n_child = 2, .child = member };
    state_put_pairs(state, &pairs, saving->stamp, arena, out);
    arena_rewind(arena, mark);
}

/* For each entry of the part what was kept of it, or NULL. */
static const struct kept **kept_find(const struct buf *before, uint32_t from, struct arena *arena)
{
    const struct kept **found = arena_zalloc(arena, STATE_ROWS * sizeof *found), *kept;
    for (size_t at = 0; at < before->len; at += kept_size(kept)) {
        kept = (const void *)(before->ptr + at);
        found[kept->entry - from] = kept;
    }
    return found;
}

static void saving_add_kept(struct saving *saving, const struct kept *kept)
{
    const char *bytes = (const void *)(kept + 1);
    saving->key[saving->n] = (struct slice){ bytes, kept->key };
    saving->value[saving->n] = (struct slice){ bytes + kept->key, kept->value };
    saving->stamp[saving->n++] = kept->stamp;
}

static void saving_add(struct saving *saving, const struct state *state, uint32_t entry)
{
    saving->key[saving->n] = table_key(state->keys.table, entry);
    saving->value[saving->n] = cell_slice(state->keys.table, state->pair->member[1], entry);
    saving->stamp[saving->n++] = state->is_stamped ? state->stamp[entry] : 0;
}

static void save_part(struct state *state, uint32_t to, struct arena *arena, struct buf *out)
{
    struct state_save *save = state->save;
    struct buf *before = &save->before[save->at / STATE_ROWS];
    const struct kept **kept = kept_find(before, save->at, arena);
    struct saving *saving = arena_alloc(arena, sizeof *saving);
    saving->n = 0;
    for (uint32_t from = save->at, entry = from; entry < to; entry++) {
        if (kept[entry - from])
            saving_add_kept(saving, kept[entry - from]);
        else if (state_is(state, entry, STATE_LIVE) && !state_is(state, entry, STATE_SAVED))
            saving_add(saving, state, entry);
        state->cell[entry].mark &= (uint8_t)~STATE_SAVED;
    }
    if (saving->n)
        saving_put(saving, state, arena, out);
    buf_free(before);
    save->at = to;
}

bool state_save(struct state *state, size_t to, struct arena *arena, struct buf *out)
{
    struct state_save *save = state->save;
    while (save && save->at < save->end && out->len < to) {
        struct arena_mark mark = arena_mark(arena);
        uint32_t left = save->end - save->at;
        save_part(state, save->at + (left < STATE_ROWS ? left : STATE_ROWS), arena, out);
        arena_rewind(arena, mark);
    }
    buf_put_u8(out, STATE_END);
    if (save && save->at < save->end)
        return true;
    state_save_end(state);
    return false;
}
