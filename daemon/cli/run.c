#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/command.h"
#include "cli/settings.h"
#include "io/log_door.h"
#include "io/loop.h"
#include "io/proc.h"
#include "io/world.h"
#include "supervisor/supervisor.h"

#define FOLDER_ADMIN "/etc/tidemark/jobs.d"
#define FOLDER_VENDOR "/usr/lib/tidemark/jobs.d" /* masked by the admin's, name by name */

struct run_args {
    struct settings_flags flags;
    bool once;
    const char *discard, *program, *hang, *parent;
};

static const struct cli_option run_options[] = {
    { "conf", 'c', "FILE", "settings, conf.d beside it too; default /etc/tidemark/tidemark.yaml",
      offsetof(struct run_args, flags.conf) },
    { "jobs", 0, "DIR", "the directory of job files; default /etc/tidemark/jobs.d",
      offsetof(struct run_args, flags.jobs) },
    { "state", 0, "DIR", "what must survive is kept here; default /var/lib/tidemark",
      offsetof(struct run_args, flags.state) },
    { "socket", 0, "PATH", "the control socket; default run/control.sock in the state directory",
      offsetof(struct run_args, flags.socket) },
    { "log-level", 0, "LEVEL", "error, warning, info or debug; default info",
      offsetof(struct run_args, flags.log_level) },
    { "once", 0, NULL, "process what the sources hold now, then end",
      offsetof(struct run_args, once) },
    { "discard-state", 0, "[JOB/]ID,…", "with --once: saved state that is dropped, for good",
      offsetof(struct run_args, discard) },
    /* runs the workers in place of this program */
    { "program", 0, "PATH", NULL, offsetof(struct run_args, program) },
    /* a worker that is silent for so long hangs */
    { "hang", 0, "MS", NULL, offsetof(struct run_args, hang) },
    /* ends when this process ends */
    { "parent", 0, "PID", NULL, offsetof(struct run_args, parent) },
    { 0 },
};

static enum log_format format_of(const struct settings *settings)
{
    static const enum log_format formats[] = { [LOG_FORMAT_LOGFMT] = LOG_LOGFMT,
                                               [LOG_FORMAT_JOURNAL] = LOG_JOURNAL,
                                               [LOG_FORMAT_JSON] = LOG_JSON };
    if (settings->log_format == LOG_FORMAT_AUTO)
        return getenv("JOURNAL_STREAM") ? LOG_JOURNAL : LOG_LOGFMT;
    return formats[settings->log_format];
}

static struct supervisor_conf conf_of(struct arena *arena, const struct settings *settings,
                                      const struct run_args *args)
{
    bool off = settings->jobs_watch == WATCH_OFF;
    struct supervisor_conf conf = {
        .program = args->program,
        .conf = cli_whole_path(arena, args->flags.conf),
        .state = cli_whole_path(arena, settings->state_directory),
        .socket = cli_whole_path(arena, settings->socket),
        .out = *settings->log_directory ? settings->log_directory : NULL,
        .folders = { settings->jobs_directory, FOLDER_VENDOR },
        .n_folders = strcmp(settings->jobs_directory, FOLDER_ADMIN) == 0 ? 2 : 1,
        .jobs_max = settings->jobs_max,
        .settle_ms = settings->jobs_settle_ms,
        .rescan_ms = off ? 0 : settings->jobs_rescan_ms,
        .hang_ms = args->hang ? strtoull(args->hang, NULL, 10) : SUPERVISOR_HANG_MS,
        .watch = settings->jobs_watch == WATCH_INOTIFY,
        .once = args->once,
        .discard = args->discard,
    };
    return conf;
}

static int run_daemon(const struct cli *cli, const struct settings *settings,
                      const struct supervisor_conf *rest)
{
    struct err err;
    struct world *world = world_new();
    struct loop *loop = loop_new(world);
    struct log_file file = { .world = world, .fd = STDERR_FILENO };
    struct log log = { .format = format_of(settings),
                       .level = (enum log_level)settings->log_level,
                       .repeat_ms = settings->log_repeat_ms,
                       .door = log_door_of(&file) };
    struct supervisor_conf conf = *rest;
    conf.log = &log;
    struct supervisor *supervisor = supervisor_new(&conf, loop, &err);
    int status = CLI_DONE;
    if (!supervisor)
        status = cli_fail(cli, err.kind <= ERR_UNKNOWN ? CLI_AGAIN : CLI_CONFIG, "%s", err.text);
    else if (!supervisor_run(supervisor))
        status = CLI_NO;
    supervisor_free(supervisor);
    log_free(&log);
    loop_free(loop);
    world_free(world);
    return status;
}

/* Jobs print for as long as they live: with standard output closed, see main(), they do so to nobody, and none is held up. */
static void open_output(void)
{
    if ((fcntl(STDOUT_FILENO, F_GETFL) & O_ACCMODE) == O_RDONLY)
        cli_null(STDOUT_FILENO, O_WRONLY);
}

static int run_run(struct cli *cli, int argc, char **argv)
{
    struct run_args args = { 0 };
    struct arena arena = { 0 };
    struct settings *settings;
    int status = cli_parse(cli, run_options, &args, &argc, argv);
    if (status != CLI_GO)
        return status;
    if (argc > 1)
        return cli_fail(cli, CLI_USAGE, "takes no arguments, here is '%s'", argv[1]);
    if (args.discard && !args.once)
        return cli_fail(cli, CLI_USAGE, "--discard-state needs --once: it must not happen again");
    if (args.parent && !proc_bind_to_parent((uint32_t)strtoul(args.parent, NULL, 10)))
        return CLI_AGAIN;
    if (cli_settings(cli, &args.flags, &arena, &settings, &status)) {
        open_output();
        if (!args.program)
            args.program = cli_own_program(&arena);
        struct supervisor_conf conf = conf_of(&arena, settings, &args);
        status = run_daemon(cli, settings, &conf);
    }
    arena_free(&arena);
    return status;
}

const struct command run_command = {
    .name = "run",
    .arguments = "",
    .summary = "the daemon in the foreground",
    .example = "tidemark run --jobs jobs --state /var/tmp/tidemark",
    .options = run_options,
    .run = run_run,
};
