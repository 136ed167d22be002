/* Rows of the batches that a window looks back on: a pane for each batch that has some. */
#pragma once
#include "op/collect.h"
#include "op/gather.h"

struct pane {
    uint64_t tick; /* of its batch */
    struct collect rows;
    uint32_t written; /* rows that panes_write() has seen */
};

struct panes {               /* {.type} are none */
    const struct type *type; /* of a row */
    struct pane *at;         /* oldest first */
    uint32_t n, cap;
    uint64_t n_rows;
    struct panes_save { /* a copy that is being written down */
        bool on;
        uint64_t tick,
            last;     /* panes from this tick on are not yet written; the last one that is of it */
        uint32_t row; /* of that pane: where it goes on */
        struct pane *dropped; /* panes of it that are in no window any more, oldest first */
        uint32_t n, cap;
    } save;
};

/* Takes over the rows of a batch that is later than all others; they may be none. */
void panes_add(struct panes *panes, uint64_t tick, struct collect *rows);
void panes_drop(struct panes *panes, uint64_t tick); /* those of ticks up to this one */

struct
    panes_walk { /* through the rows of ticks (after, up_to]; {.after, .up_to} is at the beginning */
    uint64_t after, up_to;
    uint32_t pane, row;
};
/* The next rows, of one pane, at most GATHER_ROWS; the arrays lie in the arena. False: there are no more. */
bool panes_next(const struct panes *panes, struct panes_walk *walk, struct arena *arena,
                struct rows *rows);

/* Writes the rows that came since the last time, as panes_read() takes it:
 *
 *   'r' u64 tick, u32 n, n rows (column/pack.h)       rows of a pane, behind those before
 *   …   0                                             the end
 *
 * n is at most GATHER_ROWS; ticks ascend. What was dropped is not said: the window's length tells. */
#define PANES_END 0
void panes_write(struct panes *panes, struct arena *arena, struct buf *out);
/* A copy of the panes as they are now is written down, part by part, whatever happens to them meanwhile. */
void panes_save_begin(struct panes *panes);
/* Appends the next part of it, to the length `to` or a little more, and an end. False: it was the last, and the copy is gone. */
bool panes_save(struct panes *panes, size_t to, struct arena *arena, struct buf *out);
/* `stored` is the type of the rows that were written (op/widen.h); panes that are `keep` ticks or more before the last one are
 * dropped. False: these are no such bytes. */
bool panes_read(struct panes *panes, struct reader *reader, const struct type *stored,
                uint64_t keep, struct arena *arena);
size_t panes_bytes(const struct panes *panes); /* memory they hold */
void panes_free(struct panes *panes);
