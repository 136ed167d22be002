/* Keys and a value each, held from batch to batch: what an operation remembers. Keys stand in the order in which they came
 * in; one that was removed and comes again in a later batch stands last. What changes between two cuts is noted, so that
 * writing it down costs as much as changed.
 *
 * A batch goes so: state_find() gives keys their entries, new keys included; state_put() and state_remove(); state_settle(),
 * after which keys without a value are gone; state_write(), once the changes are to be written down. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "op/keyed.h"
#include "op/lookup.h"
#include "op/numbers.h"

enum state_mark {
    STATE_LIVE = 1,   /* it has a value */
    STATE_KEPT = 2,   /* it had one when changes were last written down */
    STATE_LOOSE = 4,  /* it had none for a while since the last settling: it is in `loose` */
    STATE_SAVED = 16, /* while a copy is written: what it held then is kept, if anything */
    STATE_DEAD = 8,   /* its key is gone, or has another entry: its cell holds that one + 1 */
};

struct state_save;
struct state {
    struct lookup keys;
    const struct type *pair; /* of key and value */
    struct cell *cell;       /* of each entry: its table's; the mark is enum state_mark */
    int64_t *stamp;          /* of each entry: a time that belongs to the operation; NULL = none */
    uint32_t cap;            /* of stamp */
    uint32_t n_live, n_dead;
    struct numbers loose;
    struct numbers dirty; /* changed since changes were last written down; perhaps more than once */
    uint32_t dirty_max;   /* when it is as long as this, it is looked through */
    struct buf
        gone; /* keys that went since changes were last written down, as state_write() puts them */
    struct buf scratch;
    struct state_save *save; /* the copy that is being written (op/state_save.h); NULL = none */
    uint64_t seed;
    uint32_t renumbered; /* how often all entries got new numbers: while changes were written */
    bool is_stamped;
    bool changed; /* since this was last set to false */
};

void state_open(struct state *state, const struct type *pair, bool is_stamped, uint64_t seed);
/* Entries of the selected rows of a column of keys, one a row; new keys get new ones, without a value. */
void state_find(struct state *state, const struct column *keys, struct sel sel, uint32_t *entry);
/* The entries of all keys of a table, in their order, in the arena. */
uint32_t *state_find_keyed(struct state *state, const struct keyed *keyed, struct arena *arena);
/* Puts in the states that a job begins with, touched at this time. */
void state_begin(struct state *state, const struct column *pairs, int64_t stamp,
                 struct arena *arena);
static inline uint32_t state_entries(const struct state *state) /* dead ones among them */
{
    return table_count(state->keys.table);
}
static inline bool state_is(const struct state *state, uint32_t entry, enum state_mark mark)
{
    return state->cell[entry].mark & mark;
}
/* The next entries from *from on, which moves behind them, that have a value: at most `max`. False: there are no more. */
bool state_next(const struct state *state, uint32_t *from, uint32_t max, struct arena *arena,
                struct sel *entries);
/* Keys and values of entries that have one, as pairs. */
void state_get(const struct state *state, struct sel entries, struct arena *arena,
               struct column *out);
/* Values of any entries, as Options of type `option`. */
void state_get_options(const struct state *state, const struct type *option, struct sel entries,
                       struct arena *arena, struct column *out);
/* False: it has that value already. */
bool state_put(struct state *state, uint32_t entry, const struct column *column, uint32_t row);
void state_touch(struct state *state, uint32_t entry, int64_t stamp); /* of one with a value */
void state_remove(struct state *state, uint32_t entry);
void state_settle(struct state *state, struct arena *arena);
/* Writes what changed since the last time, as state_read() takes it:
 *
 *   'g' u32 n, n keys (column/pack.h)                 these keys are gone
 *   's' u32 n, n pairs [n times u64 the stamp]        these have this value now
 *   …   0                                             the end
 *
 * n is at most STATE_ROWS. Those that are gone come first; new keys are in the order in which they came. */
#define STATE_ROWS 1024u
#define STATE_END 0 /* ends it */
void state_write(struct state *state, struct arena *arena, struct buf *out);
/* Appends n pairs, with their stamps if the state has some. */
void state_put_pairs(const struct state *state, const struct column *pairs, const int64_t *stamp,
                     struct arena *arena, struct buf *out);
/* `stored` is the type of the pairs that were written, which will do for the state's own (op/widen.h). False: these are no
 * such bytes. */
bool state_read(struct state *state, struct reader *reader, const struct type *stored,
                struct arena *arena);
/* Reports rows that a program of the operation failed for: each an error of the key of entry[row]. */
void state_report(const struct state *state, const uint32_t *entry, const struct op *op,
                  const struct error_list *errors, const struct op_run *run);
size_t state_bytes(const struct state *state); /* memory it holds */
void state_free(struct state *state);
