#include "cli/cli_job.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/settings.h"
#include "engine/plan.h"
#include "spec/job.h"
#include "supervisor/jobs_dir.h"

const char *cli_job_id(struct arena *arena, const char *path)
{
    char id[JOB_FILE_ID_SIZE];
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    return arena_strdup(arena, job_name_read(name, id) == JOB_NAME_GOOD ? id : name);
}

int cli_job_open(const struct cli *cli, const struct settings *settings, const char *path,
                 struct cli_job *job)
{
    struct job_env env = { .expand = &cli_expand_env,
                           .defaults = settings->defaults,
                           .memory_max = settings->memory_per_job };
    *job = (struct cli_job){ 0 };
    job->diags.arena = &job->arena;
    job->diags.file = arena_strdup(&job->arena, path);
    if (!cli_read_file(&job->arena, path, YAML_BYTES_MAX, &job->diags.source)) {
        int status = errno == ENOENT || errno == ENOTDIR ? CLI_NO_INPUT
                     : errno == EACCES                   ? CLI_PERMISSION
                                                         : CLI_IO;
        return cli_fail(cli, status, "%s: %s", path, strerror(errno));
    }
    job->id = cli_job_id(&job->arena, path);
    job_parse(&job->arena, job->id, &env, &job->diags, &job->spec);
    if (job->spec)
        plan_build(&job->arena, job->spec, &job->diags, &job->plan);
    return CLI_GO;
}

int cli_job_open_named(const struct cli *cli, const struct settings *settings, const char *word,
                       struct cli_job *job)
{
    *job = (struct cli_job){ 0 };
    if (access(word, F_OK) == 0)
        return cli_job_open(cli, settings, word, job);
    if (!job_id_good(word, strlen(word)))
        return cli_fail(cli, CLI_NO_INPUT, "%s: %s", word, strerror(errno));
    char *path = mem_printf("%s/specs/%s", settings->state_directory, word);
    bool there = access(path, F_OK) == 0;
    int status = there ? cli_job_open(cli, settings, path, job)
                 : errno == EACCES
                     ? cli_fail(cli, CLI_PERMISSION, "%s: no file, and %s/specs cannot be read",
                                word, settings->state_directory)
                     : cli_fail(cli, CLI_NO_INPUT,
                                "%s: neither a file nor a job that the daemon has "
                                "accepted (in %s/specs)",
                                word, settings->state_directory);
    mem_free(path);
    return status;
}

void cli_job_complain(const struct cli *cli, struct cli_job *job)
{
    struct buf text = { 0 };
    if (!job->diags.n_errors && (cli->quiet || !job->diags.n_warnings))
        return;
    diag_print(&job->diags, DIAG_HUMAN, cli_use_color(cli, STDERR_FILENO), &text);
    fwrite(text.ptr, 1, text.len, stderr);
    buf_free(&text);
}

bool cli_job_valid(const struct cli_job *job)
{
    return job->spec && job->plan && diag_errors(&job->diags) == 0;
}

void cli_job_close(struct cli_job *job)
{
    arena_free(&job->arena);
}

int cli_job_settings(const struct cli *cli, const char *conf, struct arena *arena,
                     struct settings **settings)
{
    struct settings_flags flags = { .conf = conf };
    int status = CLI_GO;
    if (conf)
        return cli_settings(cli, &flags, arena, settings, &status) ? CLI_GO : status;
    *settings = arena_alloc(arena, sizeof **settings);
    settings_init(*settings);
    return CLI_GO;
}
