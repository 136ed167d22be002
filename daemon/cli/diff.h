/* Two versions of a job side by side: what differs, and what becomes of its state. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "cli/explain.h"
#include "spec/settings.h"

struct diff_change {
    const char *path;     /* batchInterval, sources.clicks.topics, streams.result[2] */
    const char *was, *is; /* NULL: not there */
    bool live;            /* it is applied between two batches */
};

enum diff_fate { STATE_KEPT, STATE_CONVERTED, STATE_NEW, STATE_LOST };
struct diff_state {
    const char *id;
    enum diff_fate fate;
    bool counted;    /* it is known how many keys it has … */
    uint64_t keys;   /* … so many */
    const char *why; /* LOST: "has no operation in the new file"; CONVERTED: "Int to Double" */
};

enum diff_verdict { DIFF_UNCHANGED, DIFF_LIVE, DIFF_RESTART, DIFF_REFUSED };
struct diff {
    struct arena *arena;
    const struct settings *settings; /* of the daemon: how its stores are asked */
    const struct explain *old, *new;
    struct diff_change *changes;
    size_t n_changes, cap;
    struct diff_state *states;
    size_t n_states;
    const char *unread; /* why the numbers of keys are not known; NULL: they are */
};

/* Fills in the changes and the states; what the job saved is looked for where the old version says. */
void diff_compare(struct diff *diff);
enum diff_verdict diff_verdict(const struct diff *diff);
/* Appends the changes, what becomes of each state, the verdict: for people, for programs. */
void diff_put_text(const struct diff *diff, bool color, struct buf *out);
void diff_put_json(const struct diff *diff, struct buf *out);
