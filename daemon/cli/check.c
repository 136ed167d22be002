/* tidemark check FILE|DIR…: what is wrong with job files, without asking any server. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli_job.h"
#include "cli/settings.h"
#include "spec/job.h"
#include "supervisor/jobs_dir.h"

struct check_args {
    const char *conf, *format;
    bool strict, online;
};
static const struct cli_option check_options[] = {
    { "conf", 'c', "FILE", "the daemon's settings, whose defaults apply",
      offsetof(struct check_args, conf) },
    { "format", 0, "human|gnu|json", "form of the findings", offsetof(struct check_args, format) },
    { "warnings", 'W', NULL, "warnings are errors", offsetof(struct check_args, strict) },
    { "online", 0, NULL, "also ask Kafka and the store; not supported yet",
      offsetof(struct check_args, online) },
    { 0 },
};

struct check {
    struct cli *cli;
    const struct settings *settings;
    enum diag_format format;
    bool strict;
    bool refused; /* a file has errors */
    int status;   /* of what could not be read */
    size_t n;     /* files */
};

static void print(struct check *check, struct diags *diags)
{
    struct buf text = { 0 };
    if (check->format == DIAG_JSON && check->n)
        buf_puts(&text, ",");
    diag_print(diags, check->format, cli_use_color(check->cli, STDOUT_FILENO), &text);
    bool clean = !diags->n_errors && !diags->n_warnings;
    if (check->format == DIAG_HUMAN && clean && !check->cli->quiet)
        buf_printf(&text, "%s: OK\n", diags->file);
    fputs(buf_text(&text), stdout); /* findings are shown escaped: there is no 0 in them */
    buf_free(&text);
}

/* What is valid, and yet no daemon runs it: who checked it should know. Not among the findings: it is no fault of the file. */
static void tell_later(const struct check *check, const struct cli_job *job)
{
    const struct job_later *later = job->spec && !check->cli->quiet ? job->spec->later : NULL;
    if (diag_errors(&job->diags))
        return;
    if (later)
        fprintf(stderr,
                "tidemark check: %s: for try and test only, tidemark run refuses it yet (E250):",
                job->diags.file);
    for (; later; later = later->next)
        fprintf(stderr, " %s, line %u%s", later->what, later->node->line, later->next ? ";" : "\n");
}

/* One file; `same` names another one of the same id, NULL = there is none. */
static void check_file(struct check *check, const char *path, const char *same)
{
    struct cli_job job;
    int status = cli_job_open(check->cli, check->settings, path, &job);
    if (status == CLI_GO) {
        if (same)
            diag_add(&job.diags, (struct diag_place){ 0 }, 213, "the id '%s' is also that of %s",
                     job.id, same);
        print(check, &job.diags);
        if (check->format == DIAG_HUMAN)
            tell_later(check, &job);
        check->refused |=
            diag_errors(&job.diags) > 0 || (check->strict && job.diags.n_warnings > 0);
        check->n++;
    } else {
        check->status = status;
    }
    cli_job_close(&job);
}

static bool is_disabled(const char *path) /* a link to /dev/null */
{
    struct stat stat_of;
    return stat(path, &stat_of) == 0 && S_ISCHR(stat_of.st_mode);
}

static int by_name(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* The job files of a directory, sorted, as pointers in `paths`; false with errno. */
static bool list_directory(struct arena *arena, const char *path, struct buf *paths)
{
    DIR *directory = opendir(path);
    size_t bare = strlen(path);
    if (!directory)
        return false;
    while (bare > 1 && path[bare - 1] == '/')
        bare--;
    for (struct dirent *entry; (entry = readdir(directory));) {
        char id[JOB_FILE_ID_SIZE];
        if (job_name_read(entry->d_name, id) == JOB_NAME_IGNORED)
            continue;
        const char *file = arena_printf(arena, "%.*s/%s", (int)bare, path, entry->d_name);
        buf_put(paths, &file, sizeof file);
    }
    closedir(directory);
    if (paths->len) /* qsort() takes no NULL */
        qsort(paths->ptr, paths->len / sizeof(char *), sizeof(char *), by_name);
    return true;
}

static void check_directory(struct check *check, const char *path)
{
    struct arena arena = { 0 };
    struct buf paths = { 0 };
    if (!list_directory(&arena, path, &paths)) {
        check->status = errno == EACCES ? CLI_PERMISSION : CLI_IO;
        cli_fail(check->cli, check->status, "%s: %s", path, strerror(errno));
    } else if (!paths.len && !check->cli->quiet) {
        cli_fail(check->cli, CLI_DONE, "%s holds no job files", path);
    }
    const char **files = (const char **)(void *)paths.ptr;
    const char *last = NULL;
    for (size_t i = 0; i < paths.len / sizeof(char *); i++) {
        if (is_disabled(files[i]))
            continue;
        bool same = last && strcmp(cli_job_id(&arena, last), cli_job_id(&arena, files[i])) == 0;
        check_file(check, files[i], same ? last : NULL);
        last = files[i];
    }
    buf_free(&paths);
    arena_free(&arena);
}

static bool is_directory(const char *path)
{
    struct stat stat_of;
    return stat(path, &stat_of) == 0 && S_ISDIR(stat_of.st_mode);
}

static bool read_format(struct check *check, const char *format)
{
    static const char *const names[] = {
        [DIAG_HUMAN] = "human", [DIAG_GNU] = "gnu", [DIAG_JSON] = "json"
    };
    check->format = check->cli->json ? DIAG_JSON : DIAG_HUMAN;
    if (!format)
        return true;
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(format, names[i]) != 0)
            continue;
        check->format = (enum diag_format)i;
        return true;
    }
    return false;
}

static int check_run(struct cli *cli, int argc, char **argv)
{
    struct check_args args = { 0 };
    struct arena arena = { 0 };
    struct settings *settings = NULL;
    int status = cli_parse(cli, check_options, &args, &argc, argv);
    if (status != CLI_GO)
        return status;
    struct check check = { .cli = cli, .strict = args.strict, .status = CLI_DONE };
    if (argc < 2)
        return cli_fail(cli, CLI_USAGE, "name a job file or a directory; see --help");
    if (!read_format(&check, args.format))
        return cli_fail(cli, CLI_USAGE, "--format is human, gnu or json, not '%s'", args.format);
    if (args.online)
        return cli_fail(cli, CLI_USAGE, "--online is known, but not supported yet");
    struct settings_flags flags = { .conf = args.conf };
    if (!cli_settings(cli, &flags, &arena, &settings, &status)) {
        arena_free(&arena);
        return status;
    }
    check.settings = settings;
    if (check.format == DIAG_JSON)
        printf("{\"version\":1,\"files\":[");
    for (int i = 1; i < argc; i++) {
        if (is_directory(argv[i]))
            check_directory(&check, argv[i]);
        else
            check_file(&check, argv[i], NULL);
    }
    if (check.format == DIAG_JSON)
        puts("]}");
    arena_free(&arena);
    return check.status != CLI_DONE ? check.status : check.refused ? CLI_NO : CLI_DONE;
}

const struct command check_command = {
    .name = "check",
    .arguments = "FILE|DIR…",
    .summary = "what is wrong with job files, without asking any server",
    .example = "tidemark check /etc/tidemark/jobs.d",
    .options = check_options,
    .run = check_run,
};
