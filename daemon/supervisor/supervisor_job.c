#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/scan.h"
#include "io/dir.h"
#include "io/proc.h"
#include "io/world.h"
#include "supervisor/supervisor_parts.h"

char *job_spec_path(const struct job *job, const char *suffix)
{
    return mem_printf("%s/specs/%s%s", job->supervisor->conf.state, job->id, suffix);
}

/* ---- what is known of it from before */

/* Of the bytes in specs/ID<suffix>; 0 when there is no such file. */
static bool job_hash(const struct job *job, const char *suffix, uint64_t *hash, struct err *err)
{
    struct buf bytes = { 0 };
    char *path = job_spec_path(job, suffix);
    bool is_there = dir_has(path);
    bool known = !is_there || dir_read(path, SUPERVISOR_SPEC_MAX + 1, &bytes, err);
    *hash = is_there ? hash64(bytes.ptr, bytes.len, 0) : 0;
    buf_free(&bytes);
    mem_free(path);
    return known;
}

bool job_open(struct job *job)
{
    struct attempts_past *past = mem_zalloc(sizeof *past);
    struct err err;
    policy_init(&job->policy, job->id, job->supervisor->conf.once);
    bool opened = attempts_past(job->supervisor->attempts, job->id, past, &err) &&
                  job_hash(job, "", &job->accepted, &err) &&
                  job_hash(job, ".old", &job->before, &err);
    if (!opened)
        log_put(job->supervisor->conf.log, &(struct log_entry){ .level = LOG_ERROR,
                                                                .job = job->id,
                                                                .event = "job.unreadable",
                                                                .msg = err.text });
    job->attempt = past->attempt;
    job->counted_spec = past->spec;
    job->ran_spec = past->attempt ? past->spec : 0;
    for (uint32_t i = 0; i < past->failures.n; i++)
        failures_add(&job->policy.failures, past->failures.at_ms[i]);
    job->policy.failed = past->failed;
    memcpy(job->policy.why, past->why, sizeof job->policy.why);
    mem_free(past);
    return opened;
}

bool job_idle(const struct job *job)
{
    return job->policy.phase == POLICY_REST && !job->held && !proc_active(job->worker) &&
           !job->check.due && !job->check.running;
}

/* ---- what the policy asks for */

static void job_note(struct job *job, enum attempt_kind kind, const struct policy_event *event)
{
    int64_t counted = job->policy.failed ? ATTEMPT_LAST : ATTEMPT_COUNTED;
    struct attempt_entry entry = { .kind = kind,
                                   .attempt = job->attempt,
                                   .spec = job->counted_spec,
                                   .status = event->status,
                                   .signal = event->signal,
                                   .counted = job->policy.counted ? counted : 0 };
    struct err err;
    strcpy(entry.job, job->id);
    if (kind == ATTEMPT_END)
        memcpy(entry.reason, job->policy.how, sizeof job->policy.how);
    else if (kind == ATTEMPT_FAILED)
        memcpy(entry.reason, job->policy.why, sizeof job->policy.why);
    if (!attempts_note(job->supervisor->attempts, &entry, &err))
        log_put(job->supervisor->conf.log, &(struct log_entry){ .level = LOG_ERROR,
                                                                .job = job->id,
                                                                .event = "ledger.failed",
                                                                .msg = err.text });
}

static void job_log_end(struct job *job, const struct policy_event *event)
{
    struct policy *policy = &job->policy;
    struct log *log = job->supervisor->conf.log;
    const char *text = event->text && *event->text ? event->text : NULL;
    bool waits = policy->phase == POLICY_WAIT;
    int64_t next = waits ? policy->due_ms - event->now_ms : 0;
    if (!policy->counted) {
        log_put(log, &(struct log_entry){ .level = LOG_INFO,
                                          .job = job->id,
                                          .event = waits ? "attempt.ended" : "job.stopped",
                                          .fields = { LOG_INT("attempt", (int64_t)job->attempt),
                                                      LOG_TEXT("exit", policy->how) },
                                          .msg = waits && *job->fenced ? job->fenced : NULL });
        return;
    }
    struct log_entry entry = {
        .level = LOG_WARNING,
        .job = job->id,
        .event = "attempt.failed",
        .fields = { LOG_INT("attempt", (int64_t)job->attempt),
                    LOG_INT("counted", policy_count(policy, event->now_ms)),
                    LOG_INT("max", policy->limits.max_attempts),
                    LOG_WAIT("window", policy->limits.window_ms), LOG_TEXT("exit", policy->how),
                    LOG_TEXT("reason", text) } /* no msg: each one is a line of its own */
    };
    if (waits)
        entry.fields[6] = next > 0 ? (struct log_field)LOG_WAIT("next", next)
                                   : (struct log_field)LOG_TEXT("next", "now");
    log_put(log, &entry);
}

static void job_due(struct loop_timer *timer)
{
    job_step(CONTAINER_OF(timer, struct job, timer),
             &(struct policy_event){ .kind = POLICY_TIMER });
}

static void job_timer(struct job *job, int64_t delay_ms)
{
    if (delay_ms < 0)
        loop_timer_stop(job->supervisor->loop, &job->timer);
    else
        loop_timer_start(job->supervisor->loop, &job->timer, (uint64_t)delay_ms, job_due);
}

static void job_act(struct job *job, const struct policy_action *action,
                    const struct policy_event *event)
{
    switch (action->kind) {
        case POLICY_ACT_TIMER:
            job_timer(job, action->delay_ms);
            break;
        case POLICY_ACT_START:
            worker_start(job, action->standby);
            break;
        case POLICY_ACT_TERM:
            worker_signal(job, SIGTERM);
            break;
        case POLICY_ACT_ABORT:
            worker_signal(job, SIGABRT);
            break;
        case POLICY_ACT_KILL:
            worker_signal(job, SIGKILL);
            break;
        case POLICY_ACT_ENDED:
            job_note(job, ATTEMPT_END, event);
            job_log_end(job, event);
            break;
        case POLICY_ACT_REJECTED:
            job_reject(job, job->error);
            check_go_back(job);
            break;
        case POLICY_ACT_FAILED:
            job_note(job, ATTEMPT_FAILED, event);
            log_put(job->supervisor->conf.log, &(struct log_entry){ .level = LOG_ERROR,
                                                                    .job = job->id,
                                                                    .event = "job.failed",
                                                                    .msg = job->policy.why });
            break;
        case POLICY_ACT_RECOUNT:
            job_note(job, ATTEMPT_RECOUNT, event);
            break;
        case POLICY_ACT_RESTED: /* supervisor_settle() sees it */
            break;
    }
}

void job_step(struct job *job, const struct policy_event *event)
{
    struct policy_event now = *event;
    struct policy_actions actions;
    now.now_ms = supervisor_now_ms(job->supervisor);
    world_random(job->supervisor->world, &now.random, sizeof now.random);
    policy_step(&job->policy, &now, &actions);
    for (size_t i = 0; i < actions.n; i++)
        job_act(job, &actions.items[i], &now);
    job_show(job);
}

/* ---- its file */

void job_describe(struct job *job, const char *text)
{
    struct buf shown = { 0 };
    scan_show((struct slice){ text, strlen(text) }, sizeof job->description, &shown);
    snprintf(job->description, sizeof job->description, "%s", buf_text(&shown));
    buf_free(&shown);
}

void job_accept(struct job *job, const struct report *ready, uint64_t spec)
{
    bool changed = job->counted_spec && job->counted_spec != spec;
    bool failed = job->policy.failed;
    job->counted_spec = job->accepted = spec;
    job->is_accepted = true;
    job_describe(job, ready->text);
    job_step(job, &(struct policy_event){
                      .kind = POLICY_ACCEPTED, .limits = &ready->policy, .changed = changed });
    if (failed && job->policy.failed)
        log_put(job->supervisor->conf.log, &(struct log_entry){ .level = LOG_ERROR,
                                                                .job = job->id,
                                                                .event = "job.failed",
                                                                .msg = job->policy.why });
}

void job_reject(struct job *job, const char *text)
{
    if (text != job->error)
        snprintf(job->error, sizeof job->error, "%s", *text ? text : "no reason given");
    job->rejected = true;
    log_put(job->supervisor->conf.log,
            &(struct log_entry){ .level = LOG_ERROR,
                                 .job = job->id,
                                 .event = "job.rejected",
                                 .fields = { LOG_TEXT("file", job->name) },
                                 .msg = job->error });
    job_show(job);
}

void job_tick(struct job *job)
{
    if (job->policy.phase == POLICY_WORK && !job->held &&
        ++job->quiet * 1000 > job->supervisor->conf.hang_ms)
        job_step(job, &(struct policy_event){ .kind = POLICY_SILENT });
    job_show(job);
}
