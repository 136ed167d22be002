/* What a worker tells its supervisor: lines on the pipe at fd 3, one report a line, `kind key=value
 * key=value …`.
 *
 *   ready enabled=1 max_attempts=3 window=3600000 backoff=1000 backoff_max=60000 stop_timeout=30000
 * interval=10000 text="…" rejected count=2 text="wordcount.yaml:6:5: error[E201]: unknown operation
 * 'flatmap'" state state=RETRYING next=16000 text="HDFS in safe mode" batch number=26880
 * time=1795537622000 records=1824 delay=215 lag_records=0 lag=400 dead=0 fenced text="host nn2,
 * epoch 7" progress
 *
 * Numbers are whole and decimal, times in milliseconds. A worker sends `ready` or `rejected` first,
 * `state` at each change of its state or note, `batch` after each commit, and `progress` once a
 * second as long as its loop turns. Every key of a kind is there, in any order; keys that are not
 * known are skipped, so that a newer worker may say more. A supervisor takes nothing for granted: a
 * line that does not fit is dropped whole and counted. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define REPORT_FD 3 /* the worker's end of the pipe */
#define REPORT_TEXT_MAX \
    1024 /* bytes of a text with its 0; a longer one is cut when it is written */
#define REPORT_LINE_MAX \
    8192 /* bytes of a line: a text of control characters is six times as long, escaped */
#define REPORT_PROGRESS_MS 1000 /* between two `progress` lines */
#define REPORT_ATTEMPTS_MAX \
    1000 /* most maxAppAttempts: the supervisor keeps that many failures of a job */

enum worker_exit { /* with what status a worker ends; any other, and a signal, is a failed attempt
                    */
                   WORKER_DONE = 0, /* after a stop was asked, or with --once: all is committed and
                                       delivered */
                   WORKER_AGAIN = 75,    /* told to restart, or fenced: not counted */
                   WORKER_REJECTED = 78, /* the job file is not valid: not counted, and a restart
                                            would not mend it */
};

enum job_state { /* the worker's, but for the last three, which only the supervisor gives */
                 JOB_STARTING,
                 JOB_RECOVERING,
                 JOB_RUNNING,
                 JOB_CATCHING_UP,
                 JOB_DEGRADED,
                 JOB_PAUSED,
                 JOB_RETRYING,
                 JOB_STANDBY,
                 JOB_STOPPING,
                 JOB_STOPPED,
                 JOB_REJECTED,
                 JOB_FAILED,
                 JOB_STATES
};
const char *job_state_name(enum job_state state); /* "CATCHING_UP" */

enum report_kind {
    REPORT_READY,
    REPORT_REJECTED,
    REPORT_STATE,
    REPORT_BATCH,
    REPORT_FENCED,
    REPORT_PROGRESS,
    REPORT_KINDS
};

struct job_policy {             /* the keys of a job file that its supervisor goes by */
    int64_t enabled;            /* 0: listed as PAUSED, no worker */
    int64_t max_attempts;       /* 1 … REPORT_ATTEMPTS_MAX */
    int64_t window_ms;          /* 0 = failures count for ever */
    int64_t backoff_initial_ms; /* before the next attempt; 0 = at once */
    int64_t backoff_max_ms;
    int64_t stop_timeout_ms; /* from SIGTERM to SIGKILL */
    int64_t interval_ms;     /* batchInterval, shown in the table */
};

struct report_batch {            /* one committed batch; -1 = not known */
    int64_t number, time_ms;     /* its number, and its time since the Unix epoch */
    int64_t records, delay_ms;   /* that it took; its total delay */
    int64_t lag_records, lag_ms; /* what waits at the sources */
    int64_t dead;                /* dead letters of the job since it began */
};

struct report { /* only what belongs to its kind has a meaning; the rest is 0 */
    enum report_kind kind;
    enum job_state state;       /* state */
    int64_t next_ms;            /* state: until the next try; -1 = none is planned */
    int64_t count;              /* rejected: errors in the file, shown or not */
    struct job_policy policy;   /* ready */
    struct report_batch batch;  /* batch */
    char text[REPORT_TEXT_MAX]; /* ready: description; rejected: the first errors; state: note;
                                   fenced: by whom. UTF-8 */
};

void report_set_text(struct report *report,
                     const char *text); /* a copy, cut at a whole character */
void report_format(const struct report *report,
                   struct buf *out); /* appends the line with its \n; out of range = a bug */
/* Reads a line of n bytes without its \n; false when it does not fit, *report is then undefined. */
bool report_parse(const char *line, size_t n, struct report *report);

struct report_reader { /* cuts the bytes of a pipe into lines; {0} is a new one */
    size_t n;          /* bytes of the line under way */
    bool skipping;     /* its line is too long: all of it is dropped */
    uint64_t garbage;  /* lines dropped so far */
    char line[REPORT_LINE_MAX];
};
static inline void report_reset(struct report_reader *reader) /* for another pipe */
{
    reader->n = reader->garbage = 0;
    reader->skipping = false;
}
typedef void (*report_cb)(void *ctx, const struct report *report);
void report_feed(struct report_reader *reader, struct slice bytes, report_cb cb,
                 void *ctx); /* cb for each whole report */
