/* Keyed state alone: what a key takes, what an update costs, what changes and the whole of it cost to write down.
 *   state KEYS ROUNDS     bytes that a key takes, of all memory; for each round ns an update, ns a change written, bytes of all
 *                         changes, ns an update of a table written by hand for these keys; of a snapshot, copied in turns with a round of updates between every hundred: ms the longest
 *                         turn, ms all of them, ns an update meanwhile
 * Keys are texts of 12 bytes; a round updates 200,000 of them, any, as a batch does: found, read, put, settled, written. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/check.h"
#include "base/mem.h"
#include "column/key.h"
#include "op/cell.h"
#include "op/state.h"
#include "op/state_save.h"
#include "worker/keeper.h"

#define UPDATES 200000u
#define AT_ONCE 1024u
#define KEY_LEN 12
#define STRIDE 7368787u /* a prime: all keys in turn, far apart */

static double now_ns(void) /* of this thread's time: others have the machine, too */
{
    struct timespec at;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
    return (double)at.tv_sec * 1e9 + (double)at.tv_nsec;
}

static double resident(void)
{
    unsigned long size = 0, pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    check(file && fscanf(file, "%lu %lu", &size, &pages) == 2);
    fclose(file);
    return (double)pages * 4096;
}

static struct keys_made { /* a column of keys */
    char bytes[AT_ONCE][32];
    const char *ptr[AT_ONCE];
    uint32_t len[AT_ONCE];
    uint32_t entry[AT_ONCE];
    struct column column;
} made;

static void make(uint32_t row, uint64_t number)
{
    snprintf(made.bytes[row], sizeof made.bytes[row], "user%08llu", (unsigned long long)number);
    made.ptr[row] = made.bytes[row];
    made.len[row] = KEY_LEN;
}

static void add(struct state *state, uint32_t n, struct arena *arena)
{
    struct column old, sum;
    made.column = (struct column){ .type = &type_string, .n = n, .ptr = made.ptr };
    made.column.len = made.len;
    state_find(state, &made.column, (struct sel){ .n = n }, made.entry);
    cell_get(state->keys.table, &type_int, (struct sel){ made.entry, n }, arena, &old);
    column_alloc(arena, &type_int, n, &sum);
    for (uint32_t i = 0; i < n; i++)
        sum.i64[i] = old.i64[i] + 1;
    for (uint32_t i = 0; i < n; i++)
        state_put(state, made.entry[i], &sum, i);
}

static double update(struct state *state, uint32_t keys, uint64_t *at, struct arena *arena)
{
    double sum = 0;
    for (uint32_t done = 0; done < UPDATES; done += AT_ONCE) {
        uint32_t n = UPDATES - done < AT_ONCE ? UPDATES - done : AT_ONCE;
        for (uint32_t i = 0; i < n; i++)
            make(i, (uint64_t)(*at += STRIDE) % keys);
        double before = now_ns();
        add(state, n, arena);
        sum += now_ns() - before;
        arena_reset(arena);
    }
    state_settle(state, arena);
    return sum / UPDATES;
}

static void fill(struct state *state, uint32_t keys, struct arena *arena)
{
    struct buf changes = { 0 };
    for (uint32_t done = 0; done < keys; done += AT_ONCE) {
        uint32_t n = keys - done < AT_ONCE ? keys - done : AT_ONCE;
        for (uint32_t i = 0; i < n; i++)
            make(i, done + i);
        add(state, n, arena);
        arena_reset(arena);
        if (done % (AT_ONCE * 100) && done + n < keys)
            continue;
        state_settle(state, arena);
        buf_clear(&changes);
        state_write(state, arena, &changes);
        arena_reset(arena);
    }
    buf_free(&changes);
}

/* ---- the same by hand: one table of just these keys, no order, no changes noted */

static struct bare {
    struct bare_slot {
        uint64_t k0, k1, value, used;
    } * slot;
    size_t mask;
} bare;

static void bare_open(uint32_t keys)
{
    size_t slots = 1024;
    while (slots * 13 < (size_t)keys * 20)
        slots *= 2;
    size_t size = slots * sizeof *bare.slot;
    bare.slot = aligned_alloc(2 << 20, size < 2 << 20 ? 2 << 20 : size);
    bare.mask = slots - 1;
    mem_hint_huge(bare.slot, size);
    memset(bare.slot, 0, size);
}

/* 64 keys, or what is left: all their slots are fetched, then looked at. */
static void bare_add(uint32_t from, uint32_t to)
{
    size_t at[64];
    struct key_words key[64];
    for (uint32_t i = from; i < to; i++) {
        key[i - from] = key_words(made.ptr[i], made.len[i]);
        uint64_t hash =
            key_mix(key[i - from].k0 ^ 0x9e3779b97f4a7c15, key[i - from].k1 ^ 0xbf58476d1ce4e5b9);
        __builtin_prefetch(&bare.slot[at[i - from] = hash & bare.mask], 1);
    }
    for (uint32_t i = from; i < to; i++) {
        size_t home = at[i - from], step = 0;
        struct bare_slot *slot = &bare.slot[home];
        while (slot->used && (slot->k0 != key[i - from].k0 || slot->k1 != key[i - from].k1))
            slot = &bare.slot[home ^ ++step];
        *slot = (struct bare_slot){ key[i - from].k0, key[i - from].k1, slot->value + 1, 1 };
    }
}

static double bare_update(uint32_t updates, uint32_t keys, uint64_t *at, uint64_t stride)
{
    double sum = 0;
    for (uint32_t done = 0; done < updates; done += AT_ONCE) {
        uint32_t n = updates - done < AT_ONCE ? updates - done : AT_ONCE;
        for (uint32_t i = 0; i < n; i++)
            make(i, (uint64_t)(*at += stride) % keys);
        double before = now_ns();
        for (uint32_t i = 0; i < n; i += 64)
            bare_add(i, i + 64 < n ? i + 64 : n);
        sum += now_ns() - before;
    }
    return sum / updates;
}

/* As the worker's keeper does it. */
static void snapshot(struct state *state, uint32_t keys, uint64_t *at, struct arena *arena)
{
    struct buf out = { 0 }, changes = { 0 };
    double longest = 0, all = 0, updates = 0;
    unsigned turns = 0, rounds = 0;
    state_save_begin(state);
    for (bool more = true; more; turns++) {
        if (turns % 100 == 0) {
            rounds++;
            updates += update(state, keys, at, arena);
            buf_clear(&changes);
            state_write(state, arena, &changes);
        }
        double begun = now_ns();
        buf_free(&out);
        more = state_save(state, KEEPER_TURN_BYTES, arena, &out);
        double took = now_ns() - begun;
        arena_reset(arena);
        longest = took > longest ? took : longest;
        all += took;
    }
    printf("snapshot %.2f %.0f %.1f\n", longest / 1e6, all / 1e6, updates / rounds);
    buf_free(&out);
    buf_free(&changes);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 64;
    uint32_t keys = (uint32_t)strtoul(argv[1], NULL, 10), rounds = (uint32_t)atoi(argv[2]);
    static const struct type *const member[] = { &type_string, &type_int };
    struct arena arena = { 0 }, types = { 0 };
    struct state state;
    struct buf out = { 0 };
    uint64_t at = 0;
    double before = resident();
    state_open(&state, type_tuple(types_new(&types), member, 2), false, 42);
    fill(&state, keys, &arena);
    printf("bytes %.1f\n", (resident() - before) / keys);
    bare_open(keys);
    bare_update(keys, keys, &at, 1);
    for (uint32_t round = 0; round < rounds; round++) {
        double ns = update(&state, keys, &at, &arena);
        double by_hand = bare_update(UPDATES, keys, &at, STRIDE);
        buf_clear(&out);
        double begun = now_ns();
        uint32_t changes = state.dirty.n;
        state_write(&state, &arena, &out);
        double written = (now_ns() - begun) / changes;
        printf("round %.1f %.1f %zu %.1f\n", ns, written, out.len, by_hand);
        arena_reset(&arena);
    }
    snapshot(&state, keys, &at, &arena);
    state_free(&state);
    return 0;
}
