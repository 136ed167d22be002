/* The check of a job file, by a child that never claims. Happy path: the bytes stand in
 * specs/ID.new; the child says `ready`; they become specs/ID. It says `rejected`: the job shows the
 * errors, and what ran goes on; when nothing ran yet, as after a restart of the daemon, the version
 * that was accepted last is checked and started in its place. Failure modes: the child dies or hangs:
 * the file is refused with that as its error, until the next scan tries again; so it does when the
 * child cannot be started, or the bytes not be put in place. The file changes meanwhile: the verdict is thrown away and the check begins anew. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "io/dir.h"
#include "io/proc.h"
#include "supervisor/supervisor_parts.h"

static void check_said(void *ctx, const struct report *report)
{
    struct job *job = ctx;
    if (report->kind != REPORT_READY && report->kind != REPORT_REJECTED)
        return;
    job->check.said = true;
    job->check.verdict = *report;
}

static void check_read(void *ctx, struct slice bytes)
{
    struct job *job = ctx;
    report_feed(&job->check.reader, bytes, check_said, job);
}

/* No word about the file: the next scan looks again. */
static void check_again(struct job *job)
{
    job->seen = 0;
    job->glimpsed = false;
    job->look = (struct job_look){ 0 };
}

/* The accepted bytes, whose worker can be started in place of a file that was refused. */
static void check_kept(struct job *job)
{
    struct buf bytes = { 0 };
    if (job->check.due == CHECK_NEW || job->check.running == CHECK_NEW)
        return; /* its verdict comes first, and may lead here again */
    char *path = job_spec_path(job, "");
    if (dir_read(path, SUPERVISOR_SPEC_MAX + 1, &bytes, NULL)) {
        job->check.spec = hash64(bytes.ptr, bytes.len, 0);
        check_begin(job, CHECK_KEPT);
    } else {
        check_again(job);
    }
    buf_free(&bytes);
    mem_free(path);
}

/* What is in place is what workers read, durable or not: at the next boot the file is checked anew. */
static bool check_move(const struct job *job, const char *from, const char *to, struct err *err)
{
    char *source = job_spec_path(job, from), *target = job_spec_path(job, to);
    bool moved = dir_rename(source, target, err) || err->kind == ERR_UNKNOWN;
    mem_free(source);
    mem_free(target);
    return moved;
}

/* What a worker refuses that the check could not know, a state above all. */
void check_go_back(struct job *job)
{
    struct err err;
    if (!job->before || job->supervisor->conf.once)
        return;
    if (!check_move(job, ".old", "", &err)) {
        check_again(job);
        return;
    }
    job->accepted = job->before;
    job->before = 0;
    job->is_accepted = false; /* not yet by this daemon */
    check_kept(job);
}

void check_proven(struct job *job)
{
    if (!job->before || job->at_work != job->accepted)
        return;
    char *path = job_spec_path(job, ".old");
    dir_remove(path);
    mem_free(path);
    job->before = 0;
}

/* Puts the accepted bytes in place; the version that is there stays as .old, unless it has not proven itself: then the one
 * before it does. */
static bool check_place(struct job *job, struct err *err)
{
    bool is_kept = job->before || !job->accepted || job->accepted == job->check.spec;
    if (!is_kept && !check_move(job, "", ".old", err))
        return false;
    if (!is_kept) {
        job->before = job->accepted;
        job->accepted = 0;
    }
    return check_move(job, ".new", "", err);
}

static void check_accepted(struct job *job, enum check_kind kind)
{
    struct err err;
    if (kind == CHECK_NEW && !check_place(job, &err)) {
        check_again(job);
        job_reject(job, err.text);
        return;
    }
    job->rejected = job->rejected && kind != CHECK_NEW;
    job_accept(job, &job->check.verdict, job->check.spec);
}

static void check_refused(struct job *job, enum check_kind kind, const char *text)
{
    if (kind == CHECK_NEW)
        job_reject(job, text);
    if (kind != CHECK_NEW || job->is_accepted)
        return;
    if (job->accepted)
        check_kept(job);
    else
        check_go_back(job); /* a daemon died between two renames */
}

static void check_judge(struct job *job, enum check_kind kind, const struct proc_end *end)
{
    struct check *check = &job->check;
    char text[ERR_TEXT_MAX + 100];
    if (!end->born) {
        snprintf(text, sizeof text, "cannot be checked: %s", end->err.text);
        check_again(job);
        job_reject(job, text);
    } else if (check->said && check->verdict.kind == REPORT_REJECTED) {
        check_refused(job, kind, check->verdict.text);
    } else if (check->said && end->signal == 0 && end->status == WORKER_DONE) {
        check_accepted(job, kind);
    } else {
        if (end->signal)
            snprintf(text, sizeof text, "its check ended with signal %d", end->signal);
        else
            snprintf(text, sizeof text, "its check ended with exit status %d", end->status);
        check_again(job);
        check_refused(job, kind, text);
    }
}

static void check_ended(void *ctx, const struct proc_end *end)
{
    struct job *job = ctx;
    struct check *check = &job->check;
    struct supervisor *supervisor = job->supervisor;
    enum check_kind kind = check->running;
    loop_timer_stop(supervisor->loop, &check->timer);
    check->running = CHECK_NONE;
    supervisor->checks--;
    if (!check->stale && !job->removed && !supervisor->stopping)
        check_judge(job, kind, end);
    check->stale = false;
    job_show(job);
    check_next(supervisor);
    supervisor_settle(supervisor);
}

static void check_late(struct loop_timer *timer)
{
    proc_signal(CONTAINER_OF(timer, struct check, timer)->proc, SIGKILL);
}

static void check_start(struct job *job)
{
    struct check *check = &job->check;
    struct worker_args args;
    check->running = check->due;
    check->due = CHECK_NONE;
    check->said = check->stale = false;
    report_reset(&check->reader);
    bool fits = worker_args_fill(&args, job, check->running == CHECK_NEW ? ".new" : "");
    check(fits); /* the file was written */
    worker_args_add(&args, "--check");
    job->supervisor->checks++;
    loop_timer_start(job->supervisor->loop, &check->timer, SUPERVISOR_CHECK_MS, check_late);
    proc_start(check->proc, &(struct proc_spec){ .program = args.argv[0],
                                                 .argv = worker_args_end(&args),
                                                 .out_fd = STDERR_FILENO, /* it has no results */
                                                 .err_fd = STDERR_FILENO,
                                                 .read_cb = check_read,
                                                 .end_cb = check_ended,
                                                 .ctx = job });
}

void check_begin(struct job *job, enum check_kind kind)
{
    job->check.due = kind;
    job->check.stale = job->check.running != CHECK_NONE;
    check_next(job->supervisor);
}

void check_next(struct supervisor *supervisor)
{
    for (uint32_t i = 0; i < supervisor->conf.jobs_max; i++) {
        struct job *job = &supervisor->jobs[i];
        if (supervisor->stopping || supervisor->checks >= SUPERVISOR_CHECKS_MAX)
            return;
        if (job->used && job->check.due && !job->check.running)
            check_start(job);
    }
}

void check_drop(struct job *job)
{
    job->check.due = CHECK_NONE;
    job->check.stale = true;
    proc_signal(job->check.proc, SIGKILL);
}
