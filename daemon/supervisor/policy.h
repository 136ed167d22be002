/* Whether and when a job's worker is started again: YARN's attempt rule (RMAppImpl of Hadoop 3.x)
 * with a wait between attempts. Pure: an event and the time go in, actions come out; nothing is
 * allocated.
 *
 * An attempt is one worker process. Those that failed are counted by the time at which they ended:
 * when the count of ends within the window before now (one exactly as old as the window is inside)
 * reaches max_attempts, the job is FAILED. Not counted: what the supervisor ended itself, status
 * 75, a job lost to another worker, a file that is not valid (78). */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "worker/report.h"

#define POLICY_ABORT_MS 5000 /* from SIGABRT to SIGKILL, of a worker that hangs */
#define POLICY_AGAIN_MS \
    1000 /* least first wait of attempts that are not counted, so that they cannot spin */
#define POLICY_ACTIONS_MAX 4 /* of one step */

struct failures {     /* the ends of a job's counted attempts, as milliseconds of this boot's clock
                         (before this boot: negative) */
    uint32_t n, next; /* how many are kept; where the next one goes */
    int64_t at_ms[REPORT_ATTEMPTS_MAX];
};
void failures_add(struct failures *failures,
                  int64_t at_ms); /* the oldest gives way: as many as can matter are kept */
/* How many ended at most window_ms before now; window_ms 0 = all. */
uint32_t failures_count(const struct failures *failures, int64_t now_ms, int64_t window_ms);

enum policy_phase {
    POLICY_REST, /* no worker and none is planned */
    POLICY_WAIT, /* the next start is planned */
    POLICY_WORK, /* a worker runs */
    POLICY_STOP, /* it was sent SIGTERM */
    POLICY_KILL, /* it was sent SIGABRT or SIGKILL */
};

enum policy_event_kind {
    POLICY_ACCEPTED, /* a valid job file is there: `limits`; `changed`: another one than before, so
                        a new count begins */
    POLICY_TIMER,    /* the time of the last POLICY_ACT_TIMER is up */
    POLICY_LIMITS,   /* the worker's own report of its job's keys: `limits` */
    POLICY_FENCED,   /* the worker lost the job to another one, or waits for it in vain */
    POLICY_SILENT,   /* the worker has said nothing for too long */
    POLICY_EXITED,   /* the worker has ended: `status`, `signal` */
    POLICY_UNBORN,   /* it could not be started: `text` */
    POLICY_UNTAKE, /* the end of the job: stop, do not start again (removed, stopped, daemon's end)
                    */
    POLICY_NOW,    /* no more patience with a stop: kill */
};
struct policy_event {
    enum policy_event_kind kind;
    int64_t now_ms;                  /* boot-time clock */
    uint32_t random;                 /* any 32 bits: jitter */
    const struct job_policy *limits; /* borrowed for the call */
    bool changed;
    int status, signal; /* exit status; signal 0 = none */
    const char
        *text; /* what the worker said last, or why it could not be started; NULL = nothing */
};

enum policy_action_kind {
    POLICY_ACT_TIMER, /* wake me in delay_ms, in place of any earlier time; -1 = not at all */
    POLICY_ACT_START, /* note the start in the ledger, then start a worker; `standby`: as a spare */
    POLICY_ACT_TERM,  /* send this signal to the worker */
    POLICY_ACT_ABORT,
    POLICY_ACT_KILL,
    POLICY_ACT_ENDED,    /* note the end in the ledger: policy.how, policy.counted */
    POLICY_ACT_REJECTED, /* the worker refused its job file */
    POLICY_ACT_FAILED,   /* the job has FAILED: policy.why; note it in the ledger */
    POLICY_ACT_RECOUNT,  /* note in the ledger that a new count begins */
    POLICY_ACT_RESTED,   /* no worker is left, as was asked */
};
struct policy_action {
    enum policy_action_kind kind;
    int64_t delay_ms;
    bool standby;
};
struct policy_actions {
    size_t n;
    struct policy_action items[POLICY_ACTIONS_MAX];
};

struct policy {
    enum policy_phase phase;
    struct job_policy limits;
    struct failures failures;
    const char *job; /* id; borrowed */
    bool once;    /* a worker ends by itself when its sources are empty; it is not started again */
    bool wanted;  /* after the worker's end another one shall run */
    bool asked;   /* its end was asked for by us */
    bool fenced;  /* this worker, or the last one, lost the job: the next is a spare */
    bool silent;  /* it is ended because it said nothing */
    bool failed;  /* FAILED, until the file changes */
    bool counted; /* whether the last attempt that ended is a failure */
    bool done;    /* once: the last attempt ended well */
    uint32_t tries; /* short attempts in a row, for the wait before the next */
    int64_t started_ms,
        due_ms;    /* when the worker was started; when the planned start is (POLICY_WAIT) */
    char how[200]; /* how the last attempt ended: `exit status 1`, `signal 9 (killed)`, … */
    char why[REPORT_TEXT_MAX + 512]; /* once FAILED: the sentence that says so */
};

/* job is borrowed; failures and failed may be set from the ledger afterwards. */
void policy_init(struct policy *policy, const char *job, bool once);
void policy_step(struct policy *policy, const struct policy_event *event,
                 struct policy_actions *actions);
uint32_t policy_count(const struct policy *policy, int64_t now_ms); /* failures inside the window */
