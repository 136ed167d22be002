/* A piece of work: some records of a block. One thread runs it through the stateless operations, with an arena of its own, and
 * any number of pieces are made at once; what comes out is parked in front of the nodes that hold rows until the cut. Then
 * those take what the pieces hold for them, in the order of the pieces. At the cut results go the same way, without a block. */
#pragma once
#include "base/arena.h"
#include "engine/lift.h"
#include "op/gather.h"

struct compute;

struct
    parked { /* rows in front of a node that holds them; they lie in the piece's arena or in the block */
    struct parked *next;
    uint32_t node, lane;
    bool ends; /* no rows: a partition ends behind those before */
    struct rows rows;
};

struct pending {  /* an error record */
    uint32_t row; /* of the chunk */
    uint32_t seq;
    unsigned code;
    const char *place, *reason; /* the latter in the arena */
};

struct piece {
    struct compute *compute;
    const struct block *block; /* NULL at the cut */
    struct lift_cursor cursor; /* where its records begin … */
    uint32_t n;                /* … how many they are */
    bool ends;                 /* a partition of the source ends before them */
    bool mute;                 /* nobody will read why its records failed */
    bool made;                 /* and not laid anew since */
    struct arena arena;
    struct buf scratch; /* see struct op_run */
    struct lift_chunk chunk;
    struct parked *parked, **end; /* in order */
    struct pending *pending;      /* error records so far; in the arena */
    uint32_t n_pending, pending_cap;
};

/* Runs the records of the piece through the plan. Any thread may. */
void piece_make(struct piece *piece);
struct op_place { /* where rows are in the plan */
    struct piece *piece;
    uint32_t node, lane;
};
/* What operations run in there. */
struct op_run piece_run(struct op_place *at);
/* Gives the rows that came out of a node to those behind it. */
void piece_push(struct op_place at, struct rows *rows);
/* A partition ends behind the rows that the node gave so far. */
void piece_end(struct op_place at);
void piece_clear(struct piece *piece); /* nothing is parked or pending */
void piece_free(struct piece *piece);  /* what it holds */
/* Error records, at least one, in the order of the chunk's records. */
void piece_sort_errors(struct piece *piece);
