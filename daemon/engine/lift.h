/* The records of a source as rows: their type, and the records of a block as columns. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "column/block.h"
#include "column/column.h"
#include "spec/job.h"

enum lift_field { /* the parts of a record; of a Kafka record in the order of its type */
                  LIFT_KEY,
                  LIFT_VALUE,
                  LIFT_TOPIC,
                  LIFT_PARTITION,
                  LIFT_OFFSET,
                  LIFT_TIMESTAMP,
                  LIFT_HEADERS,
                  LIFT_FIELDS
};

#define LIFT_HEADERS_MAX \
    1000 /* of one record: names are compared with each other, so more of them are E407 */

const struct type *lift_type(struct types *types, const struct job_source *source);

struct lift_shape {          /* what is made of a source's records */
    const struct type *type; /* lift_type() */
    enum job_record record;  /* of the source */
    uint64_t fields;         /* those that anybody looks at, a bit each */
};

struct lift_cursor { /* where in a block the next record is */
    const struct block *block;
    uint32_t row; /* of the next record */
    uint32_t at;  /* where its bytes begin */
};

struct lift_error {
    uint32_t row;       /* of the chunk */
    unsigned code;      /* 401, 402, 407, 409 */
    const char *reason; /* lives for ever */
};

struct lift_chunk { /* the next records of a block; all arrays lie in the arena or the block */
    struct column column;   /* views into the block; what nobody looks at is a constant */
    uint32_t n;             /* records, good or bad */
    struct sel sel;         /* the good ones */
    struct lift_error *bad; /* the others, ascending */
    uint32_t n_bad;
    uint32_t first_row, first_at; /* of the block: where the chunk begins */
};

/* At most `max` records. False: there are no more. */
bool lift_next(struct lift_cursor *cursor, const struct lift_shape *shape, uint32_t max,
               struct arena *arena, struct lift_chunk *chunk);
