/* The judge of a job's life, from outside: the bytes of the batch log and of standard output against what was produced, batch by
 * batch. What is not as it should be is counted by name, and the first of it ends the simulation. */
#pragma once
#include "canon.h"
#include "census.h"
#include "printed.h"
#include "worker_sim.h"

#define CANON_LANES CANON_KEYS /* partitions are fewer */

struct canon_after { /* a record of the log: what was in batches then */
    uint64_t number;
    int64_t next[CANON_TOPICS][TALLY_PARTITIONS];
};

struct canon_judge {
    struct tally *tally;
    struct printout printout;
    size_t at; /* block of it that comes next */
    struct canon_model model;
    struct canon_show shows[CANON_OUTPUTS]; /* what it says of the last batch */
    uint64_t index;                         /* of the record that is read */
    int64_t next[CANON_TOPICS]
                [TALLY_PARTITIONS]; /* offsets in batches so far; -1 = no starting position yet */
    uint64_t taken[CANON_TOPICS];   /* group commits that are in batches, of each source */
    uint64_t snapshot;              /* the newest one in the store */
    struct canon_after *after;      /* of each record */
    int64_t zero_ms, interval_ms;
    uint64_t gone, skipped;         /* records: before the job began to read; by policy */
    uint64_t records, number, tick; /* of the last batch, or folded tick */
    int64_t time_ms;
    const char *label;           /* of the output that is judged; NULL: none is */
    size_t first[CANON_OUTPUTS]; /* where in standard output the last batch came first */
    bool open;                   /* a batch is being read: */
    struct canon_entry batch, outputs[CANON_OUTPUTS];
    size_t n_outputs, n_items, cap_items, n_dead, cap_dead;
    struct canon_item *items;
    struct canon_entry *dead;
};

void canon_fault(const struct canon_judge *judge, enum census kind, struct slice what);
/* A whole block of what an output shows against the model's lines. */
void canon_judge_lines(const struct canon_judge *judge, const struct canon_show *show,
                       struct slice block);
/* Before the first batch, and behind the last one. */
void canon_judge_open(struct canon_judge *judge);
void canon_judge_close(struct canon_judge *judge);
/* The open batch is whole: runs the model, judges its outputs, dead letters, and what came out. */
void canon_judge_batch(struct canon_judge *judge);
/* The ticks up to this time passed without the job. */
void canon_judge_folded(struct canon_judge *judge, int64_t up_to_ms);
