#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/settings.h"
#include "io/control.h"
#include "supervisor/jobs_dir.h"

struct status_args {
    struct settings_flags flags;
};

static const struct cli_option status_options[] = {
    { "socket", 0, "PATH", "the daemon's control socket",
      offsetof(struct status_args, flags.socket) },
    { "conf", 'c', "FILE", "the daemon's settings", offsetof(struct status_args, flags.conf) },
    { "state", 0, "DIR", "the daemon's state directory",
      offsetof(struct status_args, flags.state) },
    { 0 },
};

/* An answer's first line is `EXIT reason`, what follows are the results. */
static int show(const struct cli *cli, struct buf *answer)
{
    const char *text = buf_text(answer), *end = strchr(text, '\n');
    char *rest;
    long status = strtol(text, &rest, 10);
    if (!end || rest == text || *rest != ' ')
        return cli_fail(cli, CLI_BUG, "the daemon's answer is not understood");
    if (end[1] == '\0')
        return cli_fail(cli, (int)status, "%.*s", (int)(end - rest - 1), rest + 1);
    fputs(end + 1, stdout);
    return (int)status;
}

static int ask(const struct cli *cli, const struct settings *settings, const char *job)
{
    struct buf answer = { 0 };
    struct err err;
    char request[128];
    snprintf(request, sizeof request, "status%s%s%s", cli->json ? " json" : "", job ? " job=" : "",
             job ? job : "");
    int status = CLI_DONE;
    if (control_ask(settings->socket, request, &answer, &err))
        status = show(cli, &answer);
    else if (err.kind == ERR_FATAL)
        status = cli_fail(cli, CLI_PERMISSION, "%s", err.text);
    else
        status = cli_fail(cli, CLI_UNAVAILABLE,
                          "no daemon answers: %s\n"
                          "  help: tidemark run starts one; --state or --socket say where it is",
                          err.text);
    buf_free(&answer);
    return status;
}

static int run_of(struct cli *cli, int argc, char **argv, int most)
{
    struct status_args args = { 0 };
    struct arena arena = { 0 };
    struct settings *settings;
    int status = cli_parse(cli, status_options, &args, &argc, argv);
    if (status != CLI_GO)
        return status;
    if (argc > most)
        return cli_fail(cli, CLI_USAGE, "one argument too many: '%s'", argv[most]);
    if (argc > 1 && !job_id_good(argv[1], strlen(argv[1])))
        return cli_fail(cli, CLI_NO_INPUT, "no such job: %s", argv[1]);
    if (cli_settings(cli, &args.flags, &arena, &settings, &status))
        status = ask(cli, settings, argc > 1 ? argv[1] : NULL);
    arena_free(&arena);
    return status;
}

static int status_run(struct cli *cli, int argc, char **argv)
{
    return run_of(cli, argc, argv, 2);
}

static int list_run(struct cli *cli, int argc, char **argv)
{
    return run_of(cli, argc, argv, 1);
}

const struct command status_command = {
    .name = "status",
    .arguments = "[JOB]",
    .summary = "what the daemon's jobs are doing; of one job, all that is known",
    .example = "tidemark status wordcount",
    .options = status_options,
    .run = status_run,
};

const struct command list_command = {
    .name = "list",
    .arguments = "",
    .summary = "the table of jobs",
    .example = "tidemark list -o json",
    .options = status_options,
    .run = list_run,
};
