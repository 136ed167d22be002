/* Where the reading of each partition stands, in a running worker. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct position {
    uint32_t source; /* position in the job's list of sources */
    const char *topic;
    int32_t partition;
    int64_t next;    /* behind the last record handed to the engine */
    uint32_t crc;    /* of that record, see block_last_crc(); 0 = not known */
    int64_t from;    /* where the open batch began; -1 = nothing of it is in the batch */
    uint64_t count;  /* records of it in the open batch */
    int64_t until;   /* --once: where it ended when it was found; -1 = not found yet */
    uint64_t blocks; /* received and not yet handed to the engine */
    uint64_t note;   /* that must be published before it is assigned; 0 = none */
    int64_t gap_to;  /* reading goes on here once what came before is in a batch; -1 = no gap */
    bool again;      /* the log lost some of what comes now, or all of it; nothing has come yet */
    bool waits;      /* for the other partitions of the source's first look */
    bool is_dirty;   /* not yet committed to the source's group */
    bool is_taken;   /* the source has it: before that it knows of nothing to commit */
};

struct positions { /* {0} is an empty table */
    struct position *items;
    size_t n, cap;
    size_t last; /* found last: the next is often the same */
};

struct position *positions_find(struct positions *positions, uint32_t source, const char *topic,
                                int32_t partition); /* NULL: not there */
/* A new one, at rest at `next`; the topic is copied. Pointers into the table end here. */
struct position *positions_add(struct positions *positions, uint32_t source, const char *topic,
                               int32_t partition, int64_t next);
void positions_free(struct positions *positions);
