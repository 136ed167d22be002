/* What a worker says: log lines on standard error and reports to its supervisor, and the one state
 * that follows from all it knows. Modules tell it facts; it decides what is worth a line. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/log.h"
#include "worker/report.h"

#define VOICE_STALL_INTERVALS 10 /* without progress for so many intervals … */
#define VOICE_STALL_MS 5000      /* … and so long, a job is never RUNNING */
#define VOICE_RECENT 10          /* batches that make a job DEGRADED by what they lost */

struct entry;
struct job_spec;
struct lines;
struct loop;
struct voice;

enum voice_trouble { VOICE_STORE, VOICE_SOURCE, VOICE_OUTPUT, VOICE_TROUBLES };

struct voice_conf {
    struct loop *loop;
    const char *job;      /* id; outlives the voice */
    uint64_t interval_ms; /* of its batches; voice_ready() sets it too */
    struct lines *report; /* to the supervisor; NULL = there is none */
    struct log_door log;  /* where log lines go; no write(): nowhere */
    enum log_format format;
    enum log_level level;
    uint64_t repeat_ms; /* log.repeatLimit */
};
struct voice_batch { /* a batch that was committed */
    uint64_t number;
    int64_t time_ms;
    uint64_t records, errors;
    int64_t scheduling_ms, processing_ms, total_ms;
    int64_t lag_records; /* -1 = not known */
};

struct voice *voice_new(const struct voice_conf *conf);
void voice_log(struct voice *voice, struct log_entry *entry); /* fills in the job */
/* Where the worker stands: STARTING, RECOVERING, RUNNING, STANDBY, STOPPING; note may be NULL. */
void voice_phase(struct voice *voice, enum job_state phase, const char *note);
/* Something outside is away or refuses, next_ms until the next try (0: not known); err->kind
 * ERR_NONE: it is back. */
void voice_trouble(struct voice *voice, enum voice_trouble what, const struct err *err,
                   uint64_t next_ms);
/* Why the attempt ends, which is logged already. */
void voice_failed(struct voice *voice, const struct err *err);
/* Offsets that the source no longer had were given up by policy: never silently. */
void voice_gap(struct voice *voice, const struct entry *gap);
/* Some of the write-ahead log is damaged, err says where; the sources give it again. */
void voice_damaged(struct voice *voice, const struct err *err);
/* The job was started before, and nobody has owned its checkpoint. Who removed it may want just that;
 * who lost it must hear of it. */
void voice_empty(struct voice *voice);
void voice_batch(struct voice *voice, const struct voice_batch *batch);
void voice_ready(struct voice *voice, const struct job_policy *policy, const char *description);
/* The job file is refused: how many errors, and the first as text. */
void voice_rejected(struct voice *voice, int64_t errors, const char *text);
/* Another worker owns the job; by: which, for people. */
void voice_fenced(struct voice *voice, const char *by);
