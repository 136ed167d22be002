/* A job's worker. Happy path: the start is noted, the child started, its reports taken in, its end
 * told to the policy. Failure modes: the ledger cannot be written: nothing is started, the start is
 * held and tried again; the child cannot be started: that is an attempt that failed. Close: a signal
 * from the policy; a start that is held ends at once. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/list.h"
#include "base/log.h"
#include "io/dir.h"
#include "io/proc.h"
#include "io/world.h"
#include "supervisor/supervisor_parts.h"

/* ---- the command line */

void worker_args_add(struct worker_args *args, const char *word)
{
    check(args->n + 1 < WORKER_ARGS_MAX);
    args->argv[args->n++] = word;
}

char *const *worker_args_end(struct worker_args *args)
{
    args->argv[args->n] = NULL;
    return (char *const *)args->argv;
}

bool worker_args_fill(struct worker_args *args, const struct job *job, const char *suffix)
{
    const struct supervisor_conf *conf = &job->supervisor->conf;
    args->n = 0;
    snprintf(args->parent, sizeof args->parent, "%u", world_pid(job->supervisor->world));
    int n = snprintf(args->spec, sizeof args->spec, "%s/specs/%s%s", conf->state, job->id, suffix);
    const char *words[] = { conf->program, "worker",   job->id,     "--spec",
                            args->spec,    "--name",   job->name,   "--state",
                            conf->state,   "--parent", args->parent };
    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        worker_args_add(args, words[i]);
    if (conf->conf) {
        worker_args_add(args, "--conf");
        worker_args_add(args, conf->conf);
    }
    return (size_t)n < sizeof args->spec;
}

/* ---- its reports */

static void worker_said(void *ctx, const struct report *report)
{
    struct job *job = ctx;
    job->quiet = 0;
    switch (report->kind) {
        case REPORT_READY:
            job_describe(job, report->text);
            job_step(job,
                     &(struct policy_event){ .kind = POLICY_LIMITS, .limits = &report->policy });
            break;
        case REPORT_REJECTED:
            memcpy(job->error, report->text, sizeof job->error);
            break;
        case REPORT_FENCED:
            memcpy(job->fenced, report->text, sizeof job->fenced);
            job_step(job, &(struct policy_event){ .kind = POLICY_FENCED });
            break;
        case REPORT_STATE:
            job->state = *report;
            job->state_ms = supervisor_now_ms(job->supervisor);
            break;
        case REPORT_BATCH:
            job->batch = report->batch;
            job->batch_ms = supervisor_now_ms(job->supervisor);
            check_proven(job);
            break;
        case REPORT_PROGRESS:
        case REPORT_KINDS:
            break;
    }
    job_show(job);
}

static void worker_read(void *ctx, struct slice bytes)
{
    struct job *job = ctx;
    report_feed(&job->reader, bytes, worker_said, job);
}

static void worker_ended(void *ctx, const struct proc_end *end)
{
    struct job *job = ctx;
    struct policy_event event = {
        .kind = POLICY_EXITED, .status = end->status, .signal = end->signal, .text = job->state.text
    };
    if (!end->born)
        event = (struct policy_event){ .kind = POLICY_UNBORN, .text = end->err.text };
    job_step(job, &event);
    supervisor_settle(job->supervisor);
}

/* ---- its start */

static int worker_out(struct job *job) /* where it prints; -1: where we do */
{
    char path[4096];
    struct err err;
    const char *folder = job->supervisor->conf.out;
    if (!folder)
        return -1;
    int n = snprintf(path, sizeof path, "%s/%s.out", folder, job->id), fd = -1;
    if ((size_t)n < sizeof path)
        fd = dir_open_append(path, &err);
    else
        err_set(&err, ERR_BAD_CONFIG, "%s: too long a path", folder);
    if (fd < 0)
        log_put(job->supervisor->conf.log,
                &(struct log_entry){ .level = LOG_WARNING,
                                     .job = job->id,
                                     .event = "output.redirected",
                                     .msg = err.text }); /* to our own standard output */
    return fd;
}

static void worker_spawn(struct job *job, bool standby)
{
    struct worker_args args;
    bool fits = worker_args_fill(&args, job, "");
    check(fits); /* specs/ID.new, which is longer, was written */
    if (standby)
        worker_args_add(&args, "--standby");
    if (job->before && !job->supervisor->conf.once)
        worker_args_add(&args, "--replaces");
    if (job->ran_spec && job->ran_spec == job->counted_spec)
        worker_args_add(&args, "--again");
    job->ran_spec = job->counted_spec;
    if (job->supervisor->conf.once)
        worker_args_add(&args, "--once");
    if (job->supervisor->conf.discard && !job->discarded) {
        worker_args_add(&args, "--discard-state");
        worker_args_add(&args, job->supervisor->conf.discard);
        job->discarded = true;
    }
    int out = worker_out(job);
    job->at_work = job->accepted;
    report_reset(&job->reader);
    job->state = (struct report){ .kind = REPORT_STATE, .state = JOB_STARTING, .next_ms = -1 };
    job->state_ms = supervisor_now_ms(job->supervisor);
    job->batch_ms = 0;
    job->quiet = 0;
    proc_start(job->worker, &(struct proc_spec){ .program = args.argv[0],
                                                 .argv = worker_args_end(&args),
                                                 .out_fd = out < 0 ? STDOUT_FILENO : out,
                                                 .err_fd = STDERR_FILENO,
                                                 .read_cb = worker_read,
                                                 .end_cb = worker_ended,
                                                 .ctx = job });
    dir_close(out);
    log_put(job->supervisor->conf.log,
            &(struct log_entry){ .level = LOG_INFO,
                                 .job = job->id,
                                 .event = "job.started",
                                 .fields = { LOG_INT("attempt", (int64_t)job->attempt),
                                             LOG_INT("pid", proc_pid(job->worker)),
                                             LOG_TEXT("standby", standby ? "true" : NULL) } });
}

static void worker_try(struct loop_timer *timer)
{
    struct job *job = CONTAINER_OF(timer, struct job, hold);
    worker_start(job, job->held_standby);
    job_show(job);
}

void worker_start(struct job *job, bool standby)
{
    struct attempt_entry start = { .kind = ATTEMPT_START,
                                   .attempt = job->attempt + 1,
                                   .spec = job->counted_spec };
    struct err err;
    strcpy(start.job, job->id);
    job->held = !attempts_note(job->supervisor->attempts, &start, &err);
    if (!job->held) {
        job->attempt++;
        worker_spawn(job, standby);
        return;
    }
    job->held_standby = standby;
    log_put(job->supervisor->conf.log,
            &(struct log_entry){ .level = LOG_ERROR,
                                 .job = job->id,
                                 .event = "attempt.delayed",
                                 .fields = { LOG_WAIT("next", SUPERVISOR_LEDGER_MS) },
                                 .msg = err.text });
    loop_timer_start(job->supervisor->loop, &job->hold, SUPERVISOR_LEDGER_MS, worker_try);
}

static void worker_let_go(struct loop_timer *timer)
{
    struct job *job = CONTAINER_OF(timer, struct job, hold);
    job->held = false;
    worker_ended(job, &(struct proc_end){ .born = true });
}

void worker_signal(struct job *job, int number)
{
    if (job->held)
        loop_timer_start(job->supervisor->loop, &job->hold, 1, worker_let_go);
    else
        proc_signal(job->worker, number);
}
