/* A job run in memory: records are put in by hand, batches closed by hand, their times are told; no source, no store, no
 * clock. What a batch leaves behind is a record of the batch log, as the worker writes it; a kill drops all but those
 * records, and what goes on from them is what recovery makes of them. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "column/block.h"
#include "engine/engine.h"

#define REHEARSAL_RECORD_MAX 1000000000u /* bytes of one record: as much as Kafka lets one be */

struct job_spec;
struct plan;
struct rehearsal;

struct rehearsal_output { /* what an output shows of a committed batch */
    uint64_t batch;       /* its number */
    size_t output;        /* position in the spec's list */
    struct slice bytes;
};

struct rehearsal_conf {
    const struct job_spec *spec; /* these two outlive the rehearsal */
    const struct plan *plan;
    uint32_t threads;    /* that compute; at least 1 */
    uint32_t chunk_rows; /* as in struct engine_conf */
    uint64_t hash_seed;
    int64_t zero_ms;     /* zeroTime */
    bool can_be_killed;  /* records are kept for rehearsal_kill() */
    bool judge_errors;   /* onError.failAbove holds */
    engine_rows_cb rows; /* as in struct engine_conf; NULL = nobody looks */
    void (*deliver)(void *ctx, const struct rehearsal_output *output);
    void *ctx; /* for both */
};

struct rehearsal_record {
    uint32_t source;   /* position in the spec's list */
    const char *topic; /* outlives the rehearsal */
    int32_t partition;
    struct block_record record; /* copied; offset -1: the next one of its partition */
};

bool rehearsal_new(const struct rehearsal_conf *conf, struct rehearsal **rehearsal,
                   struct err *err);
/* The time of the batch that is open. */
int64_t rehearsal_time_ms(const struct rehearsal *rehearsal);
/* Puts a record into the open batch; those of `rate` come by themselves. False (ERR_BAD_RECORD): it is larger than REHEARSAL_RECORD_MAX. */
bool rehearsal_put(struct rehearsal *rehearsal, const struct rehearsal_record *record,
                   struct err *err);
/* Closes the open batch and commits it; *cut lives until the next call. False: it must not be committed, and nothing more can
 * be done but rehearsal_free(). */
bool rehearsal_commit(struct rehearsal *rehearsal, struct engine_cut *cut, struct err *err);
/* Delivers what is committed and not yet delivered, in order of batches; the next record says so. */
void rehearsal_deliver(struct rehearsal *rehearsal);
/* As a kill -9 right now, then recovery: what no record notes as delivered is to be delivered again. Only while no batch has
 * records. */
bool rehearsal_kill(struct rehearsal *rehearsal, struct err *err);
void rehearsal_free(struct rehearsal *rehearsal); /* NULL is fine */
