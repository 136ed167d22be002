/* The records of a source as rows: their type, and the records of a block as columns. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "column/block.h"
#include "column/column.h"
#include "spec/job.h"

enum record_field { /* of a Kafka record, in the order of its type */
                    RECORD_KEY,
                    RECORD_VALUE,
                    RECORD_TOPIC,
                    RECORD_PARTITION,
                    RECORD_OFFSET,
                    RECORD_TIMESTAMP,
                    RECORD_HEADERS,
                    RECORD_FIELDS
};

#define RECORD_HEADERS_MAX \
    1000 /* of one record: names are compared with each other, so more of them are E407 */

const struct type *record_type(struct types *types, const struct job_source *source);

struct record_shape {        /* what is made of a source's records */
    const struct type *type; /* record_type() */
    uint64_t fields;         /* those that anybody looks at, a bit each */
};

struct record_cursor { /* where in a block the next record is */
    const struct block *block;
    bool ascii;   /* all its bytes are: every part of it is UTF-8 */
    uint32_t row; /* of the next record */
    uint32_t at;  /* where its bytes begin */
};

struct record_error {
    uint32_t row;       /* of the chunk */
    unsigned code;      /* 401, 407, 409 */
    const char *reason; /* lives for ever */
};

struct record_chunk { /* the next records of a block; all arrays lie in the arena or the block */
    struct column column;     /* views into the block; what nobody looks at is a constant */
    uint32_t n;               /* records, good or bad */
    struct sel sel;           /* the good ones */
    struct record_error *bad; /* the others, ascending */
    uint32_t n_bad;
    uint32_t first_row, first_at; /* of the block: where the chunk begins */
};

void record_start(struct record_cursor *cursor, const struct record_shape *shape,
                  const struct block *block);
/* At most `max` records. False: there are no more. */
bool record_next(struct record_cursor *cursor, const struct record_shape *shape, uint32_t max,
                 struct arena *arena, struct record_chunk *chunk);
