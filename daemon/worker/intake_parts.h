/* What the files of the intake share; no one else's. */
#pragma once
#include "base/arena.h"
#include "base/list.h"
#include "durable/wal.h"
#include "io/loop.h"
#include "source/source.h"
#include "worker/intake.h"
#include "worker/pace.h"
#include "worker/positions.h"

struct group { /* a group commit that is published and not yet handed to the engine */
    struct list link;
    uint64_t seq, chain;
    struct list blocks;
};
struct intake_source {
    struct intake *intake;
    uint32_t index;
    const char *name;
    struct source *source; /* NULL while the log is replayed */
    struct wal *wal;       /* the same */
    struct list groups;    /* in the order of the log */
    uint64_t seq, chain;   /* of the last group commit handed to the engine */
    uint64_t cut_seq;      /* the same as of the last cut */
    uint64_t trimmed_seq;  /* deleted up to here */
    uint64_t cut_records;  /* in the batch of the last cut */
    struct pace pace;
    struct err damage;  /* why its log was not read back to its end; kind NONE: it was … */
    uint64_t given_up;  /* … and the last group commit there, until a batch may take it; else 0 */
    struct err trouble; /* it is away, or a topic of it is; kind NONE: all is well */
    bool found;         /* all that its first look saw */
    bool closed;
};
struct cut { /* a batch that is not yet committed */
    struct list link;
    uint64_t seq[]; /* of each source: the last group commit in it */
};
struct intake {
    struct intake_conf conf;
    struct intake_source *sources; /* as many as the job has */
    struct positions positions;
    size_t n_known;      /* of positions: the log knew them when the attempt began */
    struct arena topics; /* of replayed blocks */
    struct list cuts;
    uint64_t notes;             /* entries given to conf.note() */
    uint64_t computing;         /* blocks that the engine holds */
    uint64_t busy_us, since_us; /* how long it held any since the last cut; since when it does */
    uint64_t commit_ms;         /* when offsets were last committed to the groups */
    struct loop_timer timer;    /* --once: looks whether all is received */
    bool paused, held, finishing, ended;
    /* replay */
    bool reading; /* a group commit */
    const struct recovered *recovered;
    size_t replay_source;
    uint64_t replay_seq, replay_blocks;
};

/* Hands over what waits, unless paused, or until the open batch is full. */
void intake_feed(struct intake *intake);
/* A group commit to the end of its source's queue; blocks are moved out of the list. */
void intake_queue(struct intake_source *source, uint64_t seq, uint64_t chain, struct list *blocks);
void intake_check_end(struct intake *intake); /* finished() when nothing is left */

/* ---- intake_again.c */
/* The log of this source is not read from here on, up to `last`: the source is, again. */
void intake_give_up(struct intake_source *source, uint64_t last, const struct err *why);
/* The source has come to know a partition of those, which begins at low. */
void intake_found_again(struct intake_source *source, struct position *at, int64_t low);
void intake_looked_again(struct intake_source *source);  /* all that its first look saw is told */
bool intake_rereads(const struct intake_source *source); /* one of them was not read yet */
/* Tells of the damage, and this behind it: conf.damaged, or conf.failed when the source has no more what the log has lost. */
typedef void (*intake_say)(void *ctx, const struct err *err);
void intake_damage(const struct intake_source *source, intake_say say, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Reads the next group commit, if the log is replayed and the engine has nothing left of the last one. */
void intake_replay_step(struct intake *intake);
extern const struct source_events intake_events;
void intake_once_start(struct intake *intake);
