/* Happy path: the state directory is locked, the ledger read, the drop directories scanned, the
 * control socket opened; then the loop turns. Failure modes: those of the children, each in its own
 * file here. Close: every job is asked to stop, and the loop ends when nothing runs; a second signal
 * kills. */
#include "supervisor/supervisor.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "io/control.h"
#include "io/dir.h"
#include "io/notify.h"
#include "io/proc.h"
#include "io/world.h"
#include "supervisor/supervisor_parts.h"

#define TICK_MS 1000
#define SETTLES_MAX 3 /* of quiet that hints without end may put off a look at the folders */

int64_t supervisor_now_ms(struct supervisor *supervisor)
{
    return (int64_t)world_boot_ms(supervisor->world);
}

/* ---- timers */

static void supervisor_rescan(struct loop_timer *timer)
{
    struct supervisor *supervisor = CONTAINER_OF(timer, struct supervisor, rescan);
    if (!supervisor->conf.once && supervisor->conf.rescan_ms)
        loop_timer_start(supervisor->loop, timer, supervisor->conf.rescan_ms, supervisor_rescan);
    supervisor->watched = supervisor->watches[0] != NULL;
    for (size_t i = 0; i < supervisor->conf.n_folders && supervisor->watches[i]; i++)
        supervisor->watched =
            (dir_watch_renew(supervisor->watches[i]) || i > 0) && supervisor->watched;
    files_scan(supervisor, false);
}

static void supervisor_quiet(struct loop_timer *timer)
{
    files_scan(CONTAINER_OF(timer, struct supervisor, settle), true);
}

static void supervisor_noise(struct loop_timer *timer)
{
    files_scan(CONTAINER_OF(timer, struct supervisor, settle), false);
}

/* Each hint begins the time of quiet anew, but one file that never rests must not hold up the others. */
void files_hint(struct supervisor *supervisor)
{
    uint64_t now_ms = loop_now_ms(supervisor->loop), settle_ms = supervisor->conf.settle_ms;
    if (supervisor->stopping || supervisor->conf.once)
        return;
    if (!loop_timer_active(&supervisor->settle))
        supervisor->noise_ms = now_ms + SETTLES_MAX * settle_ms;
    else if (now_ms >= supervisor->noise_ms)
        return; /* it is due */
    bool noisy = now_ms + settle_ms > supervisor->noise_ms;
    if (noisy)
        settle_ms = supervisor->noise_ms - now_ms;
    loop_timer_start(supervisor->loop, &supervisor->settle, settle_ms,
                     noisy ? supervisor_noise : supervisor_quiet);
}

static void supervisor_hinted(void *ctx)
{
    files_hint(ctx);
}

static void supervisor_say(struct supervisor *supervisor)
{
    char text[sizeof supervisor->status];
    char message[sizeof text + 16];
    supervisor_summary(supervisor, text, sizeof text);
    if (supervisor->stopping)
        notify_send(supervisor->notify, "EXTEND_TIMEOUT_USEC=15000000");
    if (strcmp(text, supervisor->status) == 0)
        return;
    strcpy(supervisor->status, text);
    snprintf(message, sizeof message, "STATUS=%s", text);
    notify_send(supervisor->notify, message);
}

static void supervisor_tick(struct loop_timer *timer)
{
    struct supervisor *supervisor = CONTAINER_OF(timer, struct supervisor, tick);
    loop_timer_start(supervisor->loop, timer, TICK_MS, supervisor_tick);
    for (uint32_t i = 0; i < supervisor->conf.jobs_max; i++)
        if (supervisor->jobs[i].used)
            job_tick(&supervisor->jobs[i]);
    supervisor_say(supervisor);
    log_flush(supervisor->conf.log);
}

static void supervisor_bark(struct loop_timer *timer) /* from the loop, so: it turns */
{
    struct supervisor *supervisor = CONTAINER_OF(timer, struct supervisor, watchdog);
    loop_timer_start(supervisor->loop, timer, notify_watchdog_ms(supervisor->notify),
                     supervisor_bark);
    notify_send(supervisor->notify, "WATCHDOG=1");
}

/* ---- the end */

static void supervisor_end(struct supervisor *supervisor)
{
    supervisor->stopping = true;
    loop_timer_stop(supervisor->loop, &supervisor->rescan);
    loop_timer_stop(supervisor->loop, &supervisor->settle);
    notify_send(supervisor->notify, "STOPPING=1");
    for (uint32_t i = 0; i < supervisor->conf.jobs_max; i++) {
        if (!supervisor->jobs[i].used)
            continue;
        check_drop(&supervisor->jobs[i]);
        job_step(&supervisor->jobs[i], &(struct policy_event){ .kind = POLICY_UNTAKE });
    }
}

void supervisor_settle(struct supervisor *supervisor)
{
    bool busy = false, checking = false;
    for (uint32_t i = 0; i < supervisor->conf.jobs_max; i++) {
        struct job *job = &supervisor->jobs[i];
        if (job->used && job->removed && job_idle(job))
            job->used = false;
        busy = busy || (job->used && !job_idle(job));
        checking = checking || (job->used && (job->check.due || job->check.running));
    }
    if (!supervisor->ready && supervisor->scanned && !checking && !supervisor->stopping) {
        supervisor->ready = true;
        notify_send(supervisor->notify, "READY=1");
    }
    if (!busy && (supervisor->stopping || (supervisor->conf.once && supervisor->scanned)))
        loop_stop(supervisor->loop);
}

static void supervisor_signal(void *ctx, int number)
{
    struct supervisor *supervisor = ctx;
    if (number == SIGHUP) {
        if (!supervisor->stopping && !supervisor->conf.once) {
            notify_send(supervisor->notify, "RELOADING=1");
            files_scan(supervisor, false);
            notify_send(supervisor->notify, "READY=1");
        }
        return;
    }
    log_put(supervisor->conf.log,
            &(struct log_entry){ .level = LOG_INFO,
                                 .event = "daemon.stopping",
                                 .fields = { LOG_INT("signal", number) },
                                 .msg = supervisor->stopping ? "at once" : NULL });
    if (!supervisor->stopping)
        supervisor_end(supervisor);
    else
        for (uint32_t i = 0; i < supervisor->conf.jobs_max; i++)
            if (supervisor->jobs[i].used)
                job_step(&supervisor->jobs[i], &(struct policy_event){ .kind = POLICY_NOW });
    supervisor_settle(supervisor);
}

/* ---- the beginning */

static void supervisor_no_entry(void *ctx, const struct dir_entry *entry)
{
    (void)ctx;
    (void)entry;
}

/* Later it may come and go; at the start its absence is a mistake. */
static bool supervisor_folder(struct supervisor *supervisor, struct err *err)
{
    struct err why;
    return dir_scan(supervisor->conf.folders[0], supervisor_no_entry, NULL, &why) ||
           err_set(err, why.kind, "the jobs directory cannot be read: %s", why.text);
}

static bool supervisor_lock(struct supervisor *supervisor, struct err *err)
{
    char *specs = mem_printf("%s/specs", supervisor->conf.state);
    char *lock = mem_printf("%s/lock", supervisor->conf.state);
    char *run = mem_strdup(supervisor->conf.socket), *slash = strrchr(run, '/');
    char who[64];
    struct err why = { .kind = ERR_NONE };
    snprintf(who, sizeof who, "pid %u\n", world_pid(supervisor->world));
    if (slash)                      /* else the working directory is gone, and its name with it */
        slash[slash == run] = '\0'; /* below the root that is what is left */
    bool locked = dir_make(specs, &why) && (!slash || dir_make(run, &why)) &&
                  (!supervisor->conf.out || dir_make(supervisor->conf.out, &why));
    locked = locked && dir_lock(lock, who, &why);
    if (!locked && why.kind == ERR_FENCED)
        err_set(err, ERR_RETRY, "the state directory %s is in use by another daemon (%s)",
                supervisor->conf.state, why.text);
    else if (!locked)
        *err = why;
    mem_free(specs);
    mem_free(lock);
    mem_free(run);
    return locked;
}

static bool supervisor_ledger(struct supervisor *supervisor, struct err *err)
{
    struct attempts_found found;
    char *path = mem_printf("%s/attempts", supervisor->conf.state);
    supervisor->attempts = attempts_open(path, supervisor->world, &found, err);
    mem_free(path);
    if (!supervisor->attempts)
        return false;
    if (found.damaged)
        log_put(supervisor->conf.log,
                &(struct log_entry){ .level = LOG_WARNING,
                                     .event = "ledger.damaged",
                                     .fields = { LOG_INT("lines", found.damaged),
                                                 LOG_INT("line", found.damaged_line) },
                                     .msg = "damaged lines were left out" });
    if (found.aborted)
        log_put(supervisor->conf.log,
                &(struct log_entry){ .level = LOG_INFO,
                                     .event = "attempt.aborted",
                                     .fields = { LOG_INT("attempts", found.aborted) },
                                     .msg = "ended with the daemon or the machine; not counted" });
    return true;
}

struct supervisor *supervisor_new(const struct supervisor_conf *conf, struct loop *loop,
                                  struct err *err)
{
    static const int signals[] = { SIGTERM, SIGINT, SIGHUP };
    struct supervisor *supervisor = mem_zalloc(sizeof *supervisor);
    supervisor->conf = *conf;
    supervisor->loop = loop;
    /* first of all: one that comes from here on is answered once the loop runs */
    loop_signals(loop, signals, ARRAY_SIZE(signals), supervisor_signal, supervisor);
    supervisor->world = loop_world(loop);
    supervisor->notify = notify_new();
    supervisor->jobs = mem_zalloc(conf->jobs_max * sizeof *supervisor->jobs);
    bool made = supervisor_folder(supervisor, err) && supervisor_lock(supervisor, err) &&
                supervisor_ledger(supervisor, err);
    if (made)
        supervisor->control = control_new(loop, conf->socket, supervisor_answer, supervisor, err);
    for (size_t i = 0; made && i < conf->n_folders && conf->watch && !conf->once; i++)
        supervisor->watches[i] =
            dir_watch_new(loop, conf->folders[i], supervisor_hinted, supervisor);
    if (supervisor->control)
        return supervisor;
    supervisor_free(supervisor);
    return NULL;
}

static bool supervisor_any(const struct supervisor *supervisor) /* there is a job */
{
    for (uint32_t i = 0; i < supervisor->conf.jobs_max; i++)
        if (supervisor->jobs[i].used)
            return true;
    return false;
}

bool supervisor_run(struct supervisor *supervisor)
{
    log_put(supervisor->conf.log,
            &(struct log_entry){ .level = LOG_INFO,
                                 .event = "daemon.started",
                                 .fields = { LOG_TEXT("version", TIDEMARK_VERSION),
                                             LOG_INT("pid", world_pid(supervisor->world)),
                                             LOG_TEXT("jobs", supervisor->conf.folders[0]),
                                             LOG_TEXT("state", supervisor->conf.state) } });
    supervisor_rescan(&supervisor->rescan);
    if (!supervisor_any(supervisor) && !supervisor->unreadable)
        log_put(supervisor->conf.log,
                &(struct log_entry){ .level = LOG_WARNING,
                                     .event = "jobs.none",
                                     .fields = { LOG_TEXT("jobs", supervisor->conf.folders[0]) },
                                     .msg = "there is no job file yet" });
    supervisor_tick(&supervisor->tick);
    if (notify_watchdog_ms(supervisor->notify))
        supervisor_bark(&supervisor->watchdog);
    loop_run(supervisor->loop);
    bool well = supervisor_any(supervisor);
    for (uint32_t i = 0; i < supervisor->conf.jobs_max; i++) {
        const struct job *job = &supervisor->jobs[i];
        bool off = job->is_accepted && !job->policy.limits.enabled;
        well = well && (!job->used || job->policy.done || off) && !(job->used && job->rejected);
    }
    log_put(supervisor->conf.log,
            &(struct log_entry){ .level = LOG_INFO, .event = "daemon.stopped" });
    return well || !supervisor->conf.once;
}

void supervisor_free(struct supervisor *supervisor)
{
    if (!supervisor)
        return;
    struct loop *loop = supervisor->loop;
    struct loop_timer *timers[] = { &supervisor->settle, &supervisor->rescan, &supervisor->tick,
                                    &supervisor->watchdog };
    for (size_t i = 0; i < ARRAY_SIZE(timers); i++)
        loop_timer_stop(loop, timers[i]);
    for (size_t i = 0; i < JOB_FOLDERS_MAX; i++)
        dir_watch_free(supervisor->watches[i]);
    for (uint32_t i = 0; i < supervisor->conf.jobs_max; i++) {
        struct job *job = &supervisor->jobs[i];
        loop_timer_stop(loop, &job->timer);
        loop_timer_stop(loop, &job->hold);
        proc_free(job->worker);
        proc_free(job->check.proc);
    }
    control_free(supervisor->control);
    attempts_free(supervisor->attempts);
    notify_free(supervisor->notify);
    mem_free(supervisor->jobs);
    mem_free(supervisor);
}
