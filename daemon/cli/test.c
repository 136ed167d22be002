/* tidemark test FILE…: runs the tests that stand in job files, under a simulated clock, without Kafka or a store. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/yaml.h"
#include "cli/cli_job.h"
#include "cli/test_report.h"
#include "cli/test_run.h"
#include "io/world.h"
#include "spec/job.h"

struct test_args {
    const char *conf, *junit;
    bool crash;
};
static const struct cli_option test_options[] = {
    { "crash", 0, NULL, "kill the job behind each commit, and expect the same",
      offsetof(struct test_args, crash) },
    { "junit", 0, "FILE", "write the results as JUnit's XML, too",
      offsetof(struct test_args, junit) },
    { "conf", 'c', "FILE", "the daemon's settings, whose defaults apply",
      offsetof(struct test_args, conf) },
    { 0 },
};

struct test_verb {
    struct cli *cli;
    const struct settings *settings;
    struct world *world; /* for how long tests take */
    struct test_report report;
    bool crash;
    int status; /* of files that cannot be read */
};

static void verb_test(struct test_verb *verb, const struct cli_job *job,
                      const struct job_test *test)
{
    struct test_run run = {
        .spec = job->spec, .plan = job->plan, .test = test, .crash = verb->crash
    };
    struct buf said = { 0 };
    uint64_t began_us = world_mono_us(verb->world);
    bool passed = test_run(&run, &said);
    test_report_add(
        &verb->report,
        &(struct test_result){ .file = job->diags.file,
                               .job = job->id,
                               .name = test->name,
                               .line = test->node->line,
                               .passed = passed,
                               .said = buf_slice(&said),
                               .seconds = (double)(world_mono_us(verb->world) - began_us) / 1e6 });
    buf_free(&said);
}

static void verb_file(struct test_verb *verb, const char *path)
{
    struct cli_job job;
    int status = cli_job_open(verb->cli, verb->settings, path, &job);
    if (status != CLI_GO) {
        verb->status = status;
        cli_job_close(&job);
        return;
    }
    cli_job_complain(verb->cli, &job);
    verb->report.file = path;
    verb->report.job = job.id;
    if (!cli_job_valid(&job)) {
        test_report_invalid(&verb->report);
    } else {
        if (!job.spec->n_tests && !verb->cli->quiet)
            cli_fail(verb->cli, CLI_DONE, "%s has no tests", path);
        test_report_begin(&verb->report, path, job.id);
        for (size_t i = 0; i < job.spec->n_tests; i++)
            verb_test(verb, &job, &job.spec->tests[i]);
        test_report_end(&verb->report);
    }
    cli_job_close(&job);
}

static int verb_status(const struct test_verb *verb)
{
    return verb->status != CLI_DONE ? verb->status
           : verb->report.invalid   ? CLI_CONFIG
           : verb->report.failed    ? CLI_NO
                                    : CLI_DONE;
}

static int verb_files(struct test_verb *verb, const char *junit, char **paths)
{
    verb->world = world_new();
    verb->report.cli = verb->cli;
    for (; *paths; paths++)
        verb_file(verb, *paths);
    int status = verb_status(verb);
    if (!test_report_finish(&verb->report, junit))
        status = cli_fail(verb->cli, CLI_IO, "%s: %s", junit, strerror(errno));
    test_report_free(&verb->report);
    world_free(verb->world);
    return status;
}

static int test_verb_run(struct cli *cli, int argc, char **argv)
{
    struct test_args args = { 0 };
    struct arena arena = { 0 };
    struct settings *settings;
    int status = cli_parse(cli, test_options, &args, &argc, argv);
    if (status != CLI_GO)
        return status;
    if (argc < 2)
        return cli_fail(cli, CLI_USAGE, "name a job file; see --help");
    status = cli_job_settings(cli, args.conf, &arena, &settings);
    if (status == CLI_GO) {
        struct test_verb verb = { .cli = cli, .settings = settings, .crash = args.crash };
        status = verb_files(&verb, args.junit, argv + 1);
    }
    arena_free(&arena);
    return status;
}

const struct command test_command = {
    .name = "test",
    .arguments = "FILE…",
    .summary = "run the tests that stand in job files",
    .example = "tidemark test --crash jobs/wordcount.yaml",
    .options = test_options,
    .run = test_verb_run,
};
