/* The verb that the supervisor starts for each attempt of a job; not for people. Happy path: check
 * the job file, report `ready`, open the store, run the worker until it has ended, let what it said
 * be read, exit. Failure modes: a file that is not valid is reported with its findings, status 78;
 * one that cannot be read now is no fault of the job's: an attempt that failed, status 74. */
#include "worker/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/command.h"
#include "cli/settings.h"
#include "engine/plan.h"
#include "io/log_door.h"
#include "io/loop.h"
#include "io/out.h"
#include "io/proc.h"
#include "io/store.h"
#include "io/world.h"
#include "spec/job.h"
#include "worker/lines.h"
#include "worker/voice.h"

#define BESIDE_BYTES (512ull << 20) /* of stacks and libraries, beside what the job may have */
#define FLUSH_LOOK_MS 2             /* between two looks whether all that was said is read … */
#define FLUSH_MS_MAX 2000           /* … and the most that its end waits for readers */

struct worker_args {
    const char *spec, *name, *conf, *state, *parent, *discard;
    bool standby, replaces, again, once, check;
};
static const struct cli_option worker_options[] = {
    { "spec", 0, "FILE", "the job file", offsetof(struct worker_args, spec) },
    { "name", 0, "NAME", "what it is called in messages", offsetof(struct worker_args, name) },
    { "conf", 0, "FILE", "settings", offsetof(struct worker_args, conf) },
    { "state", 0, "DIR", "state directory", offsetof(struct worker_args, state) },
    { "parent", 0, "PID", "end when this process ends", offsetof(struct worker_args, parent) },
    { "standby", 0, NULL, "another worker owns the job", offsetof(struct worker_args, standby) },
    { "replaces", 0, NULL, "another version of the job, which is kept if this one is refused",
      offsetof(struct worker_args, replaces) },
    { "again", 0, NULL, "this file was started before, with this checkpoint",
      offsetof(struct worker_args, again) },
    { "once", 0, NULL, "stop when all is processed", offsetof(struct worker_args, once) },
    { "discard-state", 0, "LIST", "drop these states", offsetof(struct worker_args, discard) },
    { "check", 0, NULL, "only check the file", offsetof(struct worker_args, check) },
    { 0 },
};

struct worker_process {
    struct worker_args args;
    struct arena arena;
    struct diags diags; /* of the job file */
    struct settings *settings;
    struct job_spec *spec;
    struct plan *plan;
    struct world *world;
    struct loop *loop;
    struct log_file log;
    struct lines *report; /* NULL: run by hand, nobody listens */
    struct voice *voice;
    struct store *store;
    struct out *out;
    struct worker *worker;
    struct loop_timer flush;
    uint64_t ended_ms;
    int status, stops;
};

/* ---- the job file */

static bool process_parse(struct worker_process *process, const char *job)
{
    struct diags *diags = &process->diags;
    struct job_env env = { .expand = &cli_expand_env,
                           .defaults = process->settings->defaults,
                           .memory_max = process->settings->memory_per_job };
    bool ok = job_parse(&process->arena, job, &env, diags, &process->spec);
    if (process->spec) {
        ok &= plan_build(&process->arena, process->spec, diags, &process->plan);
        job_later_refuse(process->spec, diags);
        ok &= !process->spec->later;
    }
    return ok;
}

/* False: what is wrong was reported, and the status is set. */
static bool process_read(struct worker_process *process)
{
    struct err err;
    process->diags = (struct diags){ .arena = &process->arena, .file = process->args.name };
    if (cli_read_file(&process->arena, process->args.spec, YAML_BYTES_MAX, &process->diags.source))
        return true;
    err_set(&err, ERR_RETRY, "%s cannot be read: %s", process->args.spec, strerror(errno));
    process->status = CLI_IO;
    if (process->args.check)
        voice_rejected(process->voice, 1, err.text);
    else
        voice_trouble(process->voice, VOICE_STORE, &err, 0);
    return false;
}

/* False: likewise. */
static bool process_check(struct worker_process *process, const char *job)
{
    struct buf text = { 0 };
    if (!process_read(process))
        return false;
    if (process_parse(process, job))
        return true;
    diag_print(&process->diags, DIAG_HUMAN, false, &text);
    voice_rejected(process->voice, (int64_t)diag_errors(&process->diags), buf_text(&text));
    buf_free(&text);
    process->status = WORKER_REJECTED;
    return false;
}

/* ---- the end */

static void process_flush_cb(struct loop_timer *timer)
{
    struct worker_process *process = CONTAINER_OF(timer, struct worker_process, flush);
    bool idle = !process->report || lines_idle(process->report);
    if (idle || loop_now_ms(process->loop) - process->ended_ms > FLUSH_MS_MAX)
        world_exit(process->world, process->status);
    loop_timer_start(process->loop, &process->flush, FLUSH_LOOK_MS, process_flush_cb);
}

static void process_end(void *ctx, int status)
{
    struct worker_process *process = ctx;
    process->status = status;
    process->ended_ms = loop_now_ms(process->loop);
    loop_timer_start(process->loop, &process->flush, 1, process_flush_cb);
}

static void process_signal_cb(void *ctx, int number)
{
    struct worker_process *process = ctx;
    (void)number;
    if (process->stops++ || !process->worker)
        process_end(process, WORKER_DONE);
    else
        worker_stop(process->worker);
}

/* ---- the beginning */

static const char *process_checkpoint(struct worker_process *process)
{
    if (process->spec->checkpoint)
        return process->spec->checkpoint;
    return arena_printf(&process->arena, "file://%s/jobs/%s", process->settings->state_directory,
                        process->spec->id);
}

static bool process_open_store(struct worker_process *process, struct err *err)
{
    const struct settings *settings = process->settings;
    struct store_conf store = { .url = process_checkpoint(process),
                                .user = settings->store_user,
                                .replication = settings->store_replication,
                                .block_size = settings->store_block_size,
                                .connect_timeout_ms = settings->store_connect_timeout_ms,
                                .timeout_ms = settings->store_timeout_ms,
                                .write_timeout_ms = settings->store_write_timeout_ms };
    return store_open(process->loop, &store, &process->store, err);
}

static void process_work(struct worker_process *process, const char *job)
{
    struct err err;
    if (!process_check(process, job)) {
        process_end(process, process->status);
        return;
    }
    struct job_policy policy = worker_policy(process->spec);
    if (process->args.check || !process->spec->enabled) {
        voice_ready(process->voice, &policy, process->spec->description);
        process_end(process, WORKER_DONE);
        return;
    }
    if (!process_open_store(process, &err)) {
        voice_rejected(process->voice, 1, err.text);
        process_end(process, WORKER_REJECTED);
        return;
    }
    voice_ready(process->voice, &policy, process->spec->description);
    process->out = out_open(process->loop, STDOUT_FILENO);
    struct worker_conf worker = { .loop = process->loop,
                                  .store = process->store,
                                  .spec = process->spec,
                                  .plan = process->plan,
                                  .voice = process->voice,
                                  .out = process->out,
                                  .spare = process->args.standby,
                                  .replaces = process->args.replaces,
                                  .again = process->args.again,
                                  .once = process->args.once,
                                  .discard = process->args.discard,
                                  .diags = &process->diags,
                                  .ended = process_end,
                                  .ctx = process };
    process->worker = worker_new(&worker);
}

static void process_open_voice(struct worker_process *process, const char *job)
{
    static const int signals[] = { SIGTERM, SIGINT };
    const struct settings *settings = process->settings;
    enum log_format format = settings->log_format == LOG_FORMAT_JSON      ? LOG_JSON
                             : settings->log_format == LOG_FORMAT_JOURNAL ? LOG_JOURNAL
                                                                          : LOG_LOGFMT;
    if (settings->log_format == LOG_FORMAT_AUTO && getenv("JOURNAL_STREAM"))
        format = LOG_JOURNAL;
    process->world = world_new();
    process->loop = loop_new(process->world);
    loop_signals(process->loop, signals, 2, process_signal_cb, process);
    process->log = (struct log_file){ .world = process->world, .fd = STDERR_FILENO };
    if (process->args.parent)
        process->report = lines_new(process->loop, REPORT_FD);
    struct voice_conf voice = { .loop = process->loop,
                                .job = job,
                                .report = process->report,
                                .log = log_door_of(&process->log),
                                .format = format,
                                .level = (enum log_level)settings->log_level,
                                .repeat_ms = settings->log_repeat_ms };
    process->voice = voice_new(&voice);
}

static int worker_run(struct cli *cli, int argc, char **argv)
{
    struct worker_process process = { 0 };
    int status = cli_parse(cli, worker_options, &process.args, &argc, argv);
    if (status != CLI_GO)
        return status;
    if (argc != 2 || !process.args.spec)
        return cli_fail(cli, CLI_USAGE, "it is started by tidemark run");
    if (process.args.parent &&
        !proc_bind_to_parent((uint32_t)strtoul(process.args.parent, NULL, 10)))
        return CLI_AGAIN;
    if (!process.args.name)
        process.args.name = process.args.spec;
    struct settings_flags flags = { .conf = process.args.conf, .state = process.args.state };
    if (!cli_settings(cli, &flags, &process.arena, &process.settings, &status)) {
        arena_free(&process.arena);
        return status;
    }
    mem_limit(2 * process.settings->memory_per_job + BESIDE_BYTES);
    process_open_voice(&process, argv[1]);
    process_work(&process, argv[1]);
    loop_run(process.loop);
    return process.status;
}

const struct command worker_command = {
    .name = "worker",
    .hidden = true,
    .arguments = "JOB",
    .summary = "one attempt of a job; started by tidemark run",
    .example = "tidemark worker wordcount --spec wordcount.yaml",
    .options = worker_options,
    .run = worker_run,
};
