/* A job file as verbs that run nothing of it elsewhere read it: `check`, `try`, `test`. */
#pragma once
#include "base/arena.h"
#include "base/diag.h"
#include "cli/command.h"

struct settings;

struct cli_job {
    struct arena arena; /* holds all of it */
    struct diags diags;
    const char *id;
    struct job_spec *spec; /* NULL: too little of the file could be read */
    struct plan *plan;     /* NULL: there is an error */
};

/* Reads and checks a file; what is wrong with it is in job->diags. CLI_GO, or the status to end with: it cannot be read,
 * which was said. cli_job_close() it in any case. */
int cli_job_open(const struct cli *cli, const struct settings *settings, const char *path,
                 struct cli_job *job);
/* The same of a file, or of the id of a job that the daemon has accepted: <state directory>/specs/ID. */
int cli_job_open_named(const struct cli *cli, const struct settings *settings, const char *word,
                       struct cli_job *job);
/* Prints the findings to standard error, if there are any, warnings not when it is to be quiet. */
void cli_job_complain(const struct cli *cli, struct cli_job *job);
bool cli_job_valid(const struct cli_job *job);
void cli_job_close(struct cli_job *job);
/* The id that a file's name gives; what can be none is said when the file is read. */
const char *cli_job_id(struct arena *arena, const char *path);
/* Settings for a run that no setting of this machine shall touch: those of a file that was asked for, else our defaults.
 * CLI_GO, or the status to end with. */
int cli_job_settings(const struct cli *cli, const char *conf, struct arena *arena,
                     struct settings **settings);
