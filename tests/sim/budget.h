/* YARN's rule of attempts, as a reference: what became of each attempt of one job, and what follows. It shares nothing with the
 * daemon. Where a daemon died with an end that it had not made durable, the attempt may count or not: both are right. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define BUDGET_ENDS_MAX 512

enum budget_weight {
    BUDGET_KNOWN,  /* it counts; the daemon knows, the disk does not yet */
    BUDGET_SURE,   /* it counts, and cannot be forgotten */
    BUDGET_EITHER, /* it may count */
};

struct budget_end {
    enum budget_weight weight;
    int64_t at_ms;   /* when the daemon was told, in true time */
    int64_t wall_ms; /* how wrong the clock on the wall was */
    unsigned boot;
    bool old;   /* of a count that ends as soon as that is on disk */
    bool dated; /* its age is in doubt: another boot, and the clock on the wall was set */
};

struct budget { /* of one job */
    struct budget_end ends[BUDGET_ENDS_MAX];
    unsigned n;
    int64_t max, window_ms; /* of its accepted file */
};

void budget_add(struct budget *budget, struct budget_end end);
void budget_synced(struct budget *budget); /* what the daemon knows is on disk */
void budget_died(struct budget *budget);   /* the daemon: what was not is in doubt */
void budget_booted(struct budget *budget,
                   int64_t wall_ms); /* another boot, the clock wrong by so much */
void budget_wall_set(struct budget *budget, unsigned boot); /* ages of other boots are in doubt */
void budget_renew(struct budget *budget);   /* another file: a new count begins … */
void budget_renewed(struct budget *budget); /* … for good */
/* The job has FAILED: certainly; perhaps. */
bool budget_must_fail(const struct budget *budget);
bool budget_may_fail(const struct budget *budget);
