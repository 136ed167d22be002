#include "op/state.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "column/pack.h"
#include "op/cell.h"
#include "op/state_save.h"
#include "op/widen.h"

#define STATE_AHEAD 32u            /* entries that are fetched before they are looked at */
#define STATE_DEAD_FEW 1024u       /* dead entries that are not worth a new table */
#define STATE_DIRTY_FEW (1u << 20) /* changes that are not looked through for doubles */
#define TAG_GONE 'g'
#define TAG_SET 's'

void state_open(struct state *state, const struct type *pair, bool is_stamped, uint64_t seed)
{
    *state = (struct state){
        .pair = pair, .is_stamped = is_stamped, .seed = seed, .dirty_max = STATE_DIRTY_FEW
    };
    lookup_open(&state->keys, seed, 0);
}

void state_free(struct state *state)
{
    state_save_end(state);
    if (state->keys.table)
        lookup_free(&state->keys);
    mem_free(state->stamp);
    mem_free(state->loose.at);
    mem_free(state->dirty.at);
    buf_free(&state->gone);
    buf_free(&state->scratch);
    *state = (struct state){ 0 };
}

size_t state_bytes(const struct state *state)
{
    return lookup_bytes(&state->keys) + state->cap * sizeof *state->stamp + state->gone.cap +
           (state->loose.cap + state->dirty.cap) * sizeof(uint32_t);
}

/* ---- keys */

/* The table may have taken in keys. */
static void state_follow(struct state *state)
{
    uint32_t n = table_count(state->keys.table);
    state->cell = table_cells(state->keys.table);
    if (!state->is_stamped || n <= state->cap)
        return;
    state->cap = n < 64 ? 64 : n * 2;
    state->stamp = mem_realloc(state->stamp, state->cap * sizeof *state->stamp);
    mem_hint_huge(state->stamp, state->cap * sizeof *state->stamp);
}

static void state_add(struct state *state, uint32_t entry)
{
    state->cell[entry].mark = STATE_LOOSE;
    if (state->is_stamped)
        state->stamp[entry] = 0;
    numbers_add(&state->loose, entry);
}

/* The entry that the key of a dead one has now. */
static uint32_t state_renew(struct state *state, uint32_t entry)
{
    uint64_t to = state->cell[entry].value;
    if (to)
        return (uint32_t)to - 1;
    uint32_t renewed = table_renew(state->keys.table, entry);
    state_follow(state);
    state->cell[entry].value = (uint64_t)renewed + 1;
    state_add(state, renewed);
    return renewed;
}

static void state_die(struct state *state, uint32_t entry)
{
    struct cell *cell = &state->cell[entry];
    cell->mark = (uint8_t)((cell->mark & STATE_SAVED) | STATE_DEAD);
    cell->value = 0;
    state->n_dead++;
}

/* Entries that a group of keys was given, those from `first` on just now. Keys stand in the order in which they came in: behind
 * one that comes again new ones are moved, too. */
static void state_take_in(struct state *state, uint32_t *entry, uint32_t n, uint32_t first)
{
    bool again = false;
    for (uint32_t i = 0; i < n; i++) {
        if (entry[i] >= first && !state->cell[entry[i]].mark) {
            if (again)
                state_die(state, entry[i]);
            else
                state_add(state, entry[i]);
        }
        if (!state_is(state, entry[i], STATE_DEAD))
            continue;
        entry[i] = state_renew(state, entry[i]);
        again = true;
    }
}

void state_find(struct state *state, const struct column *keys, struct sel sel, uint32_t *entry)
{
    for (uint32_t at = 0; at < sel.n;) {
        uint32_t before = table_count(state->keys.table);
        uint32_t n = lookup_find(&state->keys, keys, sel, at);
        uint32_t after = table_count(state->keys.table);
        memcpy(entry + at, state->keys.entry, n * sizeof *entry);
        state_follow(state);
        if (after > before || state->n_dead)
            state_take_in(state, entry + at, n, before);
        at += n;
    }
}

uint32_t *state_find_keyed(struct state *state, const struct keyed *keyed, struct arena *arena)
{
    uint32_t count = keyed->n, row[STATE_ROWS];
    uint32_t *entry = arena_alloc(arena, count * sizeof *entry);
    for (uint32_t from = 0; from < count; from += STATE_ROWS) {
        uint32_t n = count - from < STATE_ROWS ? count - from : STATE_ROWS;
        struct arena_mark mark = arena_mark(arena);
        struct column keys;
        for (uint32_t i = 0; i < n; i++)
            row[i] = from + i;
        keyed_keys(keyed, state->pair->member[0], (struct sel){ row, n }, arena, &keys);
        state_find(state, &keys, (struct sel){ .n = n }, entry + from);
        arena_rewind(arena, mark);
    }
    return entry;
}

/* ---- values */

bool state_next(const struct state *state, uint32_t *from, uint32_t max, struct arena *arena,
                struct sel *entries)
{
    uint32_t count = state_entries(state), n = 0;
    uint32_t *entry = arena_alloc(arena, max * sizeof *entry);
    for (; *from < count && n < max; ++*from)
        if (state_is(state, *from, STATE_LIVE))
            entry[n++] = *from;
    *entries = (struct sel){ entry, n };
    return n > 0;
}

void state_get(const struct state *state, struct sel entries, struct arena *arena,
               struct column *out)
{
    const struct type *pair = state->pair;
    struct column *member = arena_alloc(arena, 2 * sizeof *member);
    cell_keys(state->keys.table, pair->member[0], entries, arena, &member[0]);
    cell_get(state->keys.table, pair->member[1], entries, arena, &member[1]);
    *out = (struct column){ .type = pair, .n = entries.n, .n_child = 2, .child = member };
}

void state_get_options(const struct state *state, const struct type *option, struct sel entries,
                       struct arena *arena, struct column *out)
{
    struct column content;
    uint32_t *there = arena_alloc(arena, entries.n * sizeof *there), n = 0;
    uint32_t *at = arena_alloc(arena, entries.n * sizeof *at);
    *out = (struct column){ .type = option, .n = entries.n, .n_child = 1 };
    out->valid = arena_alloc(arena, entries.n);
    out->child = arena_alloc(arena, sizeof *out->child);
    for (uint32_t i = 0; i < entries.n; i++) {
        out->valid[i] = state_is(state, entries.row[i], STATE_LIVE);
        at[i] = out->valid[i] ? n : 0;
        if (out->valid[i])
            there[n++] = entries.row[i];
    }
    if (n == 0) {
        column_zero(arena, option->member[0], out->child);
        out->child->n = entries.n;
        return;
    }
    cell_get(state->keys.table, option->member[0], (struct sel){ there, n }, arena, &content);
    if (n == entries.n)
        *out->child = content;
    else
        column_gather(arena, &content, (struct sel){ at, entries.n }, out->child);
}

/* Each number once, ascending. */
static void state_sort_dirty(struct state *state, struct arena *arena)
{
    struct numbers *dirty = &state->dirty;
    uint32_t n = 0;
    numbers_sort(dirty, arena);
    for (uint32_t i = 0; i < dirty->n; i++)
        if (i == 0 || dirty->at[i] != dirty->at[i - 1])
            dirty->at[n++] = dirty->at[i];
    dirty->n = n;
}

/* Entries are noted at each change. */
static void state_note(struct state *state, uint32_t entry)
{
    state->changed = true;
    numbers_add(&state->dirty, entry);
    if (state->dirty.n < state->dirty_max)
        return;
    struct arena arena = { 0 };
    state_sort_dirty(state, &arena);
    arena_free(&arena);
    state->dirty_max = state->dirty.n > STATE_DIRTY_FEW / 2 ? state->dirty.n * 2 : STATE_DIRTY_FEW;
}

bool state_put(struct state *state, uint32_t entry, const struct column *column, uint32_t row)
{
    if (state->save)
        state_save_keep(state, entry);
    bool other = cell_put(state->keys.table, entry, column, row, &state->scratch);
    bool live = state_is(state, entry, STATE_LIVE);
    if (live && !other)
        return false;
    if (!live) {
        state->n_live++;
        state->cell[entry].mark |= STATE_LIVE;
    }
    state_note(state, entry);
    return true;
}

void state_touch(struct state *state, uint32_t entry, int64_t stamp)
{
    check(state->is_stamped && state_is(state, entry, STATE_LIVE));
    if (state->stamp[entry] == stamp)
        return;
    if (state->save)
        state_save_keep(state, entry);
    state->stamp[entry] = stamp;
    state_note(state, entry);
}

void state_remove(struct state *state, uint32_t entry)
{
    uint8_t *mark = &state->cell[entry].mark;
    if (!(*mark & STATE_LIVE))
        return;
    if (state->save)
        state_save_keep(state, entry);
    state->changed = true;
    state->n_live--;
    *mark &= (uint8_t)~STATE_LIVE;
    if (!(*mark & STATE_LOOSE)) {
        *mark |= STATE_LOOSE;
        numbers_add(&state->loose, entry);
    }
}

void state_report(const struct state *state, const uint32_t *entry, const struct op *op,
                  const struct error_list *errors, const struct op_run *run)
{
    struct buf text = { 0 };
    for (uint32_t i = 0; i < errors->n; i++) {
        const struct row_error *error = &errors->items[i];
        struct sel at = { &entry[error->row], 1 };
        struct column key;
        buf_clear(&text);
        program_error_text(op->program, error, &text);
        cell_keys(state->keys.table, state->pair->member[0], at, run->arena, &key);
        run->error(run, &(struct op_error){ .op = op,
                                            .key = op->kind->keyless ? NULL : &key,
                                            .code = fault_code(error->fault),
                                            .reason = buf_slice(&text) });
    }
    buf_free(&text);
}

void state_begin(struct state *state, const struct column *pairs, int64_t stamp,
                 struct arena *arena)
{
    if (!pairs->n)
        return;
    uint32_t *entry = arena_alloc(arena, pairs->n * sizeof *entry);
    state_find(state, &pairs->child[0], (struct sel){ .n = pairs->n }, entry);
    for (uint32_t i = 0; i < pairs->n; i++) {
        state_put(state, entry[i], &pairs->child[1], i);
        if (state->is_stamped)
            state_touch(state, entry[i], stamp);
    }
    state_settle(state, arena);
}

/* ---- the end of a batch */

static void state_put_gone(struct state *state, struct sel entries, struct arena *arena)
{
    struct arena_mark mark = arena_mark(arena);
    struct column keys;
    cell_keys(state->keys.table, state->pair->member[0], entries, arena, &keys);
    buf_put_u8(&state->gone, TAG_GONE);
    buf_put_u32(&state->gone, entries.n);
    pack_column(&state->gone, &keys, (struct sel){ .n = entries.n }, arena);
    arena_rewind(arena, mark);
}

void state_settle(struct state *state, struct arena *arena)
{
    uint32_t gone[STATE_ROWS], n = 0;
    for (uint32_t i = 0; i < state->loose.n; i++) {
        uint32_t entry = state->loose.at[i];
        uint8_t mark = state->cell[entry].mark &= (uint8_t)~STATE_LOOSE;
        if (mark & STATE_LIVE)
            continue;
        state_die(state, entry);
        if (!(mark & STATE_KEPT))
            continue;
        gone[n++] = entry;
        if (n == STATE_ROWS) {
            state_put_gone(state, (struct sel){ gone, n }, arena);
            n = 0;
        }
    }
    if (n)
        state_put_gone(state, (struct sel){ gone, n }, arena);
    state->loose.n = 0;
}

/* A table of the living alone: nothing is dirty or loose now. */
static void state_compact(struct state *state, struct arena *arena)
{
    struct state next;
    struct sel entries;
    uint32_t from = 0;
    if (state->n_dead < STATE_DEAD_FEW || state->n_dead < state->n_live || state->save)
        return;
    state_open(&next, state->pair, state->is_stamped, state->seed);
    struct arena_mark mark = arena_mark(arena);
    while (state_next(state, &from, STATE_ROWS, arena, &entries)) {
        struct column pairs;
        uint32_t entry[STATE_ROWS];
        state_get(state, entries, arena, &pairs);
        state_find(&next, &pairs.child[0], (struct sel){ .n = entries.n }, entry);
        for (uint32_t i = 0; i < entries.n; i++) {
            cell_put(next.keys.table, entry[i], &pairs.child[1], i, &next.scratch);
            next.cell[entry[i]].mark = STATE_LIVE | STATE_KEPT;
            if (next.is_stamped)
                next.stamp[entry[i]] = state->stamp[entries.row[i]];
        }
        arena_rewind(arena, mark);
    }
    next.n_live = state->n_live;
    next.loose.n = 0;
    next.changed = state->changed;
    next.renumbered = state->renumbered + 1;
    state_free(state);
    *state = next;
}

/* ---- written down */

void state_put_pairs(const struct state *state, const struct column *pairs, const int64_t *stamp,
                     struct arena *arena, struct buf *out)
{
    buf_put_u8(out, TAG_SET);
    buf_put_u32(out, pairs->n);
    pack_column(out, pairs, (struct sel){ .n = pairs->n }, arena);
    for (uint32_t i = 0; i < pairs->n && state->is_stamped; i++)
        buf_put_u64(out, (uint64_t)stamp[i]);
}

static void state_put_set(const struct state *state, struct sel entries, struct arena *arena,
                          struct buf *out)
{
    struct arena_mark mark = arena_mark(arena);
    int64_t *stamp = arena_alloc(arena, entries.n * sizeof *stamp);
    struct column pairs;
    for (uint32_t i = 0; i < entries.n && state->is_stamped; i++)
        stamp[i] = state->stamp[entries.row[i]];
    state_get(state, entries, arena, &pairs);
    state_put_pairs(state, &pairs, stamp, arena, out);
    arena_rewind(arena, mark);
}

static void state_write_dirty(struct state *state, struct arena *arena, struct buf *out)
{
    struct numbers *dirty = &state->dirty;
    uint32_t entry[STATE_ROWS], n = 0;
    state_sort_dirty(state, arena);
    for (uint32_t i = 0; i < dirty->n; i++) {
        uint8_t *mark = &state->cell[dirty->at[i]].mark;
        if (i + STATE_AHEAD < dirty->n)
            __builtin_prefetch(&state->cell[dirty->at[i + STATE_AHEAD]]);
        if (!(*mark & STATE_LIVE))
            continue;
        if (!(*mark & STATE_KEPT))
            *mark |= STATE_KEPT;
        entry[n++] = dirty->at[i];
        if (n == STATE_ROWS) {
            state_put_set(state, (struct sel){ entry, n }, arena, out);
            n = 0;
        }
    }
    if (n)
        state_put_set(state, (struct sel){ entry, n }, arena, out);
    dirty->n = 0;
}

void state_write(struct state *state, struct arena *arena, struct buf *out)
{
    check(state->loose.n == 0);
    if (state->gone.len)
        buf_put(out, state->gone.ptr, state->gone.len);
    buf_clear(&state->gone);
    state_write_dirty(state, arena, out);
    state_compact(state, arena);
    buf_put_u8(out, STATE_END);
}

/* ---- read back */

static void state_take_set(struct state *state, const struct column *pairs, const uint32_t *entry)
{
    for (uint32_t i = 0; i < pairs->n; i++) {
        cell_put(state->keys.table, entry[i], &pairs->child[1], i, &state->scratch);
        state->n_live += !state_is(state, entry[i], STATE_LIVE);
        state->cell[entry[i]].mark |= STATE_LIVE | STATE_KEPT;
    }
}

static bool state_read_rows(struct state *state, struct reader *reader, uint8_t tag,
                            const struct type *stored, struct arena *arena)
{
    uint32_t entry[STATE_ROWS], n = reader_u32(reader);
    bool set = tag == TAG_SET;
    const struct type *to = set ? state->pair : state->pair->member[0];
    struct column read, rows;
    if (n > STATE_ROWS || (!set && tag != TAG_GONE) ||
        !unpack_column(reader, set ? stored : stored->member[0], n, arena, &read))
        return false;
    widen(arena, &read, to, &rows);
    state_find(state, set ? &rows.child[0] : &rows, (struct sel){ .n = n }, entry);
    if (set)
        state_take_set(state, &rows, entry);
    for (uint32_t i = 0; i < n && set && state->is_stamped; i++)
        state->stamp[entry[i]] = (int64_t)reader_u64(reader);
    for (uint32_t i = 0; i < n && !set; i++)
        state_remove(state, entry[i]);
    return !reader->bad;
}

bool state_read(struct state *state, struct reader *reader, const struct type *stored,
                struct arena *arena)
{
    for (uint8_t tag; (tag = reader_u8(reader)) != STATE_END;) {
        struct arena_mark mark = arena_mark(arena);
        bool ok = state_read_rows(state, reader, tag, stored, arena);
        arena_rewind(arena, mark);
        if (!ok)
            return false;
        if (tag == TAG_GONE) { /* what comes again stands last */
            state_settle(state, arena);
            buf_clear(&state->gone);
        }
    }
    state_settle(state, arena);
    state_compact(state, arena);
    return !reader->bad;
}
