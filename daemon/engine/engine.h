/* The engine of one job: runs published blocks through the plan into the open batch as they come, and closes the batch when
 * told. Results are the same for the same blocks in the same order, whatever the threads and chunk sizes. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/list.h"

struct block;
struct column;
struct diags;
struct engine;
struct job_spec;
struct plan;
struct pool;

/* All rows of an output at the cut, whatever it shows of them; they live for the call. Not called where it does not run. */
typedef void (*engine_rows_cb)(void *ctx, size_t output, const struct column *rows, uint32_t n);

struct engine_conf {
    const struct job_spec *spec; /* these three outlive the engine */
    const struct plan *plan;
    struct pool *pool; /* its threads compute: one, or several at once. No result hangs on it */
    uint64_t
        hash_seed; /* of the job's tables: random for each job, kept in its log; no result hangs on it */
    uint32_t
        chunk_rows; /* records computed at once; 0 = as many as fit the cache. No result hangs on it */
    bool
        one_partition; /* a source's batch is one partition, as in tests; else each of its blocks is */
    engine_rows_cb rows; /* NULL: nobody looks at them, and only what outputs show is kept */
    void *ctx;           /* for rows */
    struct diags *diags; /* takes what engine_restore() refuses; NULL: only its error says so */
    const char *drop;    /* the command that drops a state: its id is all that is still to follow */
    const char *instead; /* what is done instead of going on, for the end of such a finding */
};

/* One record that could not be decoded or mapped. Or a key, or a row of a result, that no one record stands for: then topic
 * is "", partition and offset are -1, and value is as print would show it. */
struct engine_dead {
    uint32_t source;
    const char *topic;
    int32_t partition;
    int64_t offset;
    unsigned code;     /* 401 for E401 */
    const char *place; /* which operation */
    const char *reason;
    struct slice key, value; /* as they came; ptr NULL = absent */
};

struct engine_said { /* by a program that an operation ran: the end of its standard error */
    const char *place, *text;
};

struct engine_state { /* of one operation that remembers */
    const char *id;
    struct slice bytes; /* engine/memories.h says what they are */
};

struct engine_cut {   /* what came of a batch; lives until the next cut */
    uint64_t records; /* that the batch took */
    uint64_t errors;  /* error records, and keys, among them */
    struct buf
        *outputs; /* rendered, for each output of the spec; empty where it does not run now */
    size_t n_outputs;
    /* The error records, by source, then in the order of the log; no more than DEAD_MAX and
     * DEAD_BYTES_MAX (engine/dead.h). With onError deadLetter there are never more: the batch fails. */
    struct engine_dead *dead;
    size_t n_dead;
    struct engine_state *changes; /* of the states that changed, or that are new: what did */
    size_t n_changes;
    const struct engine_said *said; /* the first few of the batch */
    size_t n_said;
};

typedef void (*engine_cb)(void *ctx, struct block *block);

struct engine *engine_new(const struct engine_conf *conf); /* whose fields outlive it */
/* Takes in what earlier batches left: of each state the last whole one, if any, then the changes of the batches behind it, in
 * their order; before anything is fed. False: ERR_BAD_CONFIG, E240 or E241: states have no operation, or one that needs
 * another type, and conf->diags has them all; ERR_FATAL: the bytes are damaged (E350), or of a newer format. */
bool engine_restore(struct engine *engine, const struct engine_state *states, size_t n,
                    struct err *err);
/* zeroTime, and the time of the last batch or folded tick, zeroTime when there was none: before the first cut. Without it
 * zeroTime is 0, and the first batch is taken for the first tick. */
void engine_set_clock(struct engine *engine, int64_t zero_ms, int64_t last_ms);
/* The time of the open batch, before anything of it is fed: what batchTime says in it. Without it no expression may ask. */
void engine_open_batch(struct engine *engine, int64_t batch_ms);
/* A copy of all states as they are after the last batch closed is written down, part by part, whatever is computed and closed
 * meanwhile. Only while no other copy is. */
void engine_save_begin(struct engine *engine);
/* The next part, some 256 KiB, which lives until the next call; parts of one state stand behind one another. False: there are
 * no more. */
bool engine_save(struct engine *engine, struct engine_state *part);
/* Computes one published block into the open batch. Blocks are computed in the order of the calls, whatever runs at once;
 * cb gives the block back, from the loop, once nothing of it is needed any more. */
void engine_feed(struct engine *engine, struct block *block, engine_cb cb, void *ctx);
/* Should the open batch be closed before more is fed? Beyond a third of what the job's memory has room for, or half of the error
 * records that a batch can keep, it may come to hold so much that it must not be committed. */
bool engine_full(const struct engine *engine);
bool engine_idle(const struct engine *engine); /* nothing fed is still being computed */
/* From the loop, once. cut: the result, which belongs to the engine until the next call; NULL: the batch must not be committed,
 * err says why (E407 and E408, and what onError: fail makes of an error record). */
typedef void (*engine_cut_cb)(void *ctx, const struct engine_cut *cut, const struct err *err);
/* Closes the open batch; only while idle, and until cb it is not. batch_ms is the batch's time since the Unix epoch, the one
 * that it was opened with. Ticks since the last one that had no batch change windows and states as if each had been a batch
 * without records; no output shows them. conf.rows is called by a thread of the pool. */
void engine_close_batch(struct engine *engine, int64_t batch_ms, engine_cut_cb cb, void *ctx);
/* A batch is being closed: its states are in the making, and no copy of them is begun or gone on with. */
bool engine_closing(const struct engine *engine);
void engine_free(struct engine *engine); /* while idle, or once its pool is freed; NULL is fine */
