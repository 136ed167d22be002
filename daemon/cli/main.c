/* tidemark VERB [options]: finds the verb and runs it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/list.h"
#include "cli/command.h"

#define VERBS_MAX 64 /* that a stray one is compared with */

static const struct { /* verbs of the manual that are still to come */
    const char *name;
    const char *instead; /* what does it until then; NULL = nothing */
} planned[] = {
    { "top", "tidemark status shows as much" },
    { "tap", NULL },
    { "logs", "they are on standard error, or in the journal: journalctl -u tidemark" },
    { "start", "a change of the job's file" },
    { "stop", "`enabled: false` in the job's file" },
    { "restart", "state is dropped by tidemark run --once --discard-state JOB/ID" },
    { "pause", "`enabled: false` in the job's file" },
    { "resume", "`enabled: true` in the job's file" },
    { "reload", "files are looked at by themselves, and on SIGHUP" },
    { "wal", NULL },
    { "checkpoint", NULL },
    { "state", NULL },
    { "dlq", NULL },
    { "doctor", NULL },
};

static void usage(FILE *out)
{
    const struct command *command;
    fputs("usage: tidemark VERB [options]\n\n", out);
    for (size_t i = 0; (command = cli_command_at(i)); i++)
        fprintf(out, "  %-10s %s\n", command->name, command->summary);
    fputs("\ntidemark VERB --help says more about one.\n", out);
}

static int unknown(const struct cli *cli, const char *name)
{
    const char *names[VERBS_MAX + 1] = { NULL };
    const struct command *command;
    for (size_t i = 0; (command = cli_command_at(i)); i++) {
        check(i < VERBS_MAX);
        names[i] = command->name;
    }
    for (size_t i = 0; i < ARRAY_SIZE(planned); i++)
        if (strcmp(planned[i].name, name) == 0)
            return cli_fail(cli, CLI_USAGE, "'%s' is known, but not supported yet%s%s", name,
                            planned[i].instead ? "; until then: " : "",
                            planned[i].instead ? planned[i].instead : "");
    const char *nearest = diag_nearest(name, names);
    return cli_fail(cli, CLI_USAGE, "unknown verb '%s'%s%s%s", name,
                    nearest ? "; did you mean '" : "", nearest ? nearest : "",
                    nearest ? "'?" : "; see tidemark --help");
}

/* The verb is the first word that is no option; -o and --color before it are followed by their
 * value. argc: there is none. */
static int verb_at(int argc, char **argv)
{
    int i = 1;
    for (; i < argc && argv[i][0] == '-'; i++)
        if (strcmp(argv[i], "-o") == 0 || strcmp(argv[i], "--output") == 0 ||
            strcmp(argv[i], "--color") == 0)
            i++;
    return i < argc ? i : argc;
}

static int run(int argc, char **argv)
{
    struct cli cli = { 0 };
    if (argc > 1 && strcmp(argv[1], "--version") == 0)
        argv[1] += 2; /* the verb of this name */
    int verb = verb_at(argc, argv), front = verb;
    if (verb < argc && strcmp(argv[verb], "help") == 0) {
        cli.help = true;
        verb++;
    }
    char *name = verb < argc ? argv[verb] : NULL;
    int status = cli_parse(&cli, NULL, NULL, &front, argv); /* what stands before the verb */
    if (status != CLI_GO)
        return status;
    if (!name) {
        usage(cli.help ? stdout : stderr);
        return cli.help ? CLI_DONE : CLI_USAGE;
    }
    cli.command = cli_command_named(name);
    if (!cli.command)
        return unknown(&cli, name);
    argv[verb] = name;
    return cli.command->run(&cli, argc - verb, argv + verb);
}

/* A standard descriptor that is closed would be the next file's that is opened: one of the log's, and what a job prints would
 * be written into it. What is written to a standard output that is closed still fails: nobody gets the answer. */
static void open_standard(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            cli_null(fd, fd == STDERR_FILENO ? O_WRONLY : O_RDONLY);
}

int main(int argc, char **argv)
{
    open_standard();
    int status = run(argc, argv);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("tidemark: standard output");
        return status == CLI_DONE ? CLI_IO : status;
    }
    return status;
}
