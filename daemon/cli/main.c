/* tidemark VERB [options]: finds the verb and runs it. */
#include <stdio.h>
#include <string.h>

#include "base/list.h"
#include "cli/command.h"

static const struct command *const commands[] = {
    /* hidden ones last */
    &run_command, &demo_command, &status_command,  &list_command,   &check_command,
    &try_command, &test_command, &version_command, &worker_command, &demo_kafka_command,
};

static const char *const planned[] = { /* verbs of the manual that are still to come */
                                       "explain", "diff", "init",    "schema",     "completion",
                                       "error",   "top",  "tap",     "logs",       "pause",
                                       "wal",     "dlq",  "state",   "checkpoint", "doctor",
                                       "start",   "stop", "restart", "resume",     "reload",
                                       NULL
};

static void usage(FILE *out)
{
    fputs("usage: tidemark VERB [options]\n\n", out);
    for (size_t i = 0; i < ARRAY_SIZE(commands) && !commands[i]->hidden; i++)
        fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    fputs("\ntidemark VERB --help says more about one.\n", out);
}

static const struct command *find(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static int unknown(const struct cli *cli, const char *name)
{
    const char *names[ARRAY_SIZE(commands) + 1] = { NULL };
    for (size_t i = 0; i < ARRAY_SIZE(commands) && !commands[i]->hidden; i++)
        names[i] = commands[i]->name;
    for (size_t i = 0; planned[i]; i++)
        if (strcmp(planned[i], name) == 0)
            return cli_fail(cli, CLI_USAGE, "'%s' is known, but not supported yet", name);
    const char *nearest = diag_nearest(name, names);
    return cli_fail(cli, CLI_USAGE, "unknown verb '%s'%s%s%s", name,
                    nearest ? "; did you mean '" : "", nearest ? nearest : "",
                    nearest ? "'?" : "; see tidemark --help");
}

/* The verb is the first word that is no option; -o and --color before it are followed by their
 * value. */
static int verb_at(int argc, char **argv)
{
    int i = 1;
    for (; i < argc && argv[i][0] == '-'; i++)
        if (strcmp(argv[i], "-o") == 0 || strcmp(argv[i], "--output") == 0 ||
            strcmp(argv[i], "--color") == 0)
            i++;
    return i;
}

static int run(int argc, char **argv)
{
    struct cli cli = { 0 };
    int verb = verb_at(argc, argv);
    bool is_help =
        verb >= argc && argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);
    if (is_help || (verb < argc && strcmp(argv[verb], "help") == 0 && verb + 1 == argc)) {
        usage(stdout);
        return CLI_DONE;
    }
    if (verb >= argc && argc > 1 && strcmp(argv[1], "--version") == 0)
        return version_command.run(&cli, 1, argv);
    if (verb >= argc) {
        usage(stderr);
        return CLI_USAGE;
    }
    int front = verb;
    char *name = argv[verb];
    int status = cli_parse(&cli, NULL, NULL, &front, argv); /* what stands before the verb */
    if (status != CLI_GO)
        return status;
    const struct command *command = find(name);
    if (!command)
        return unknown(&cli, name);
    cli.command = command;
    argv[verb] = name;
    return command->run(&cli, argc - verb, argv + verb);
}

int main(int argc, char **argv)
{
    int status = run(argc, argv);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("tidemark: standard output");
        return status == CLI_DONE ? CLI_IO : status;
    }
    return status;
}
