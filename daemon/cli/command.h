/* The verbs of the command line. A new one: cli/x.c defines `const struct command x_command`, its
 * row stands below and in commands[] of commands.c. Its run() begins with struct x_args args = { … };
 *     int status = cli_parse(cli, x_options, &args, &argc, argv);
 *     if (status != CLI_GO)
 *         return status;
 * after which argv[1] … argv[argc - 1] are what is no option. Results go to standard output,
 * messages to standard error. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/diag.h"

enum cli_exit {              /* sysexits, so that systemd prints their names; promised to users */
                CLI_GO = -1, /* no exit status: go on */
                CLI_DONE = 0,
                CLI_NO = 1, /* the answer is no: a test failed, a job is unhealthy, a file was
                               rejected */
                CLI_USAGE = 64,
                CLI_NO_INPUT = 66,    /* no such job or file */
                CLI_UNAVAILABLE = 69, /* daemon, Kafka or store cannot be reached */
                CLI_BUG = 70,
                CLI_IO = 74,
                CLI_AGAIN = 75, /* try again */
                CLI_PERMISSION = 77,
                CLI_CONFIG = 78, /* invalid settings */
};

enum cli_color { CLI_COLOR_AUTO, CLI_COLOR_ALWAYS, CLI_COLOR_NEVER };

struct cli_option {
    const char *name; /* without its dashes; NULL ends a table */
    char letter;      /* a short form; 0 = none */
    const char
        *value; /* NULL: a flag, sets a bool; else what its value is called, sets a const char * */
    const char *help; /* one line; NULL: for tests, told to nobody */
    size_t at;        /* offset of the bool or const char * in the verb's struct of arguments */
};

extern const struct cli_option cli_common_options[]; /* of every verb */
/* The first option of a table from this one on that people are told of; NULL: none. */
const struct cli_option *cli_option_told(const struct cli_option *option);

struct cli;
struct command {
    const char *name;
    const char *arguments;            /* as usage shows them: "FILE|DIR…"; "" = none */
    const char *summary;              /* one line */
    const char *more;                 /* what else --help says of it; NULL = nothing */
    const char *example;              /* one command line */
    bool hidden;                      /* started by other verbs, not by people */
    const struct cli_option *options; /* NULL = none but those of every verb */
    int (*run)(struct cli *cli, int argc,
               char **argv); /* argv[0] is the verb; returns an exit status */
};

struct cli { /* what the options of every verb say */
    const struct command *command;
    bool json; /* -o json */
    bool quiet, verbose;
    bool help; /* instead of all else */
    enum cli_color color;
};

/* Takes the options out of argv; `args` is the verb's struct. CLI_GO, or the status to end with:
 * the options were wrong, which was said, or help was asked for and given. What follows `--` is no
 * option. */
int cli_parse(struct cli *cli, const struct cli_option *options, void *args, int *argc,
              char **argv);
/* A message on standard error, `tidemark VERB: …`; returns status. */
int cli_fail(const struct cli *cli, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool cli_use_color(const struct cli *cli,
                   int fd); /* --color, NO_COLOR, and whether fd is a terminal */
void cli_help(const struct command *command, struct buf *out);

/* The verbs for people, in the order of the usage; NULL behind the last. */
const struct command *cli_command_at(size_t index);
const struct command *cli_command_named(const char *name); /* a hidden one, too; NULL: none */

extern const struct command demo_command;
extern const struct command demo_kafka_command;
extern const struct command list_command;
extern const struct command run_command;
extern const struct command status_command;
extern const struct command check_command;
extern const struct command try_command;
extern const struct command test_command;
extern const struct command completion_command;
extern const struct command init_command;
extern const struct command explain_command;
extern const struct command schema_command;
extern const struct command docs_command;
extern const struct command diff_command;
extern const struct command error_command;
extern const struct command version_command;
extern const struct command worker_command;

/* Puts /dev/null in the place of descriptor fd, closed or not; mode as for open(). */
void cli_null(int fd, int mode);
