/* tidemark try FILE: a job's first run, without Kafka or a store: lines of standard input are the values of its source, what
 * its outputs print comes on standard output, and nothing else does. An output that would write elsewhere is shown as print
 * would show it. The source `rate` makes its records by itself: of it standard input is not read. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/scan.h"
#include "cli/cli_job.h"
#include "cli/input.h"
#include "cli/tally.h"
#include "io/world.h"
#include "spec/job.h"
#include "worker/rehearsal.h"

#define BATCH_DEFAULT 1000u
#define BATCHES_DEFAULT 3u
#define BATCH_MAX 1000000000ull
#define VALUE_SHOWN_MAX 100u /* code points of a bad line */

struct try_args {
    const char *conf, *batch, *batches;
};
static const struct cli_option try_options[] = {
    { "batch", 0, "N", "lines a batch; default 1000", offsetof(struct try_args, batch) },
    { "batches", 0, "N", "batches of the source rate, which needs no input; default 3",
      offsetof(struct try_args, batches) },
    { "conf", 'c', "FILE", "the daemon's settings, whose defaults apply",
      offsetof(struct try_args, conf) },
    { 0 },
};

struct
try {
    struct cli *cli;
    const struct job_spec *spec;
    struct rehearsal *rehearsal;
    struct input input;
    struct tally tally; /* the line that says how far it is */
    uint64_t batch;     /* lines of a batch */
    uint64_t batches;   /* of the source rate */
    uint64_t lines, errors;
};

static void try_deliver(void *ctx, const struct rehearsal_output *output)
{
    (void)ctx;
    fwrite(output->bytes.ptr, 1, output->bytes.len, stdout);
}

static void try_note_outputs(const struct try *try)
{
    for (size_t i = 0; i < try->spec->n_outputs && !try->cli->quiet; i++) {
        const struct job_output *output = &try->spec->outputs[i];
        if (strcmp(output->kind, "print") != 0)
            fprintf(stderr, "tidemark try: %s writes nothing now: its first %u rows are printed\n",
                    output->label, output->num);
    }
}

/* ---- error records */

static void try_put_error(const struct engine_dead *dead, struct buf *out)
{
    bool is_line = dead->offset >= 0; /* else a key or a row of a result */
    if (is_line)
        buf_printf(out, "line %lld (", (long long)dead->offset + 1);
    buf_puts(out, is_line ? "\"" : "at \"");
    scan_show(dead->value, VALUE_SHOWN_MAX, out);
    buf_puts(out, is_line ? "\"): " : "\": ");
    buf_printf(out, "error[E%u]: %s%s%s\n", dead->code, dead->place, dead->place[0] ? ": " : "",
               dead->reason);
}

static void try_tell_errors(struct try *try, const struct engine_cut *cut)
{
    struct buf text = { 0 };
    for (size_t i = 0; i < cut->n_dead; i++)
        try_put_error(&cut->dead[i], &text);
    for (size_t i = 0; i < cut->n_said; i++)
        buf_printf(&text, "%s: %s\n", cut->said[i].place, cut->said[i].text);
    if (cut->errors > cut->n_dead)
        buf_printf(&text, "… and %llu more\n", (unsigned long long)(cut->errors - cut->n_dead));
    if (text.len)
        fwrite(text.ptr, 1, text.len, stderr);
    buf_free(&text);
    try->errors += cut->errors;
}

/* ---- batches */

static int try_commit(struct try *try)
{
    struct engine_cut cut;
    struct err err;
    if (!rehearsal_commit(try->rehearsal, &cut, &err)) {
        tally_clear(&try->tally);
        return cli_fail(try->cli, CLI_NO, "%s", err.text);
    }
    tally_clear(&try->tally);
    try_tell_errors(try, &cut);
    rehearsal_deliver(try->rehearsal);
    if (fflush(stdout) != 0)
        return CLI_IO; /* main says why */
    tally_show(&try->tally, try->lines, try->input.bytes);
    return CLI_GO;
}

static int try_put(struct try *try, struct slice line)
{
    const struct job_source *source = &try->spec->sources[0];
    struct rehearsal_record record = {
        .topic = source->n_topics ? source->topics[0].name : "",
        .record = { .value = line.ptr,
                    .value_len = (uint32_t)line.len,
                    .offset = -1,
                    .time_ms = rehearsal_time_ms(try->rehearsal) },
    };
    struct err err;
    try->lines++;
    bool put = rehearsal_put(try->rehearsal, &record, &err);
    check(put); /* a line is not longer than a record may be */
    return try->lines % try->batch == 0 ? try_commit(try) : CLI_GO;
}

static int try_lines(struct try *try)
{
    struct slice line;
    int status = CLI_GO;
    while (status == CLI_GO && input_next(&try->input, &line))
        status = try_put(try, line);
    if (status != CLI_GO)
        return status;
    if (try->input.error)
        return cli_fail(try->cli, CLI_IO, "standard input: %s", try->input.error);
    return try->lines % try->batch ? try_commit(try) : CLI_GO;
}

static int try_batches(struct try *try)
{
    int status = CLI_GO;
    for (uint64_t i = 0; status == CLI_GO && i < try->batches; i++)
        status = try_commit(try);
    return status;
}

static int try_job(struct try *try, const struct cli_job *job)
{
    struct world *world = world_new();
    int64_t interval = (int64_t)job->spec->batch_interval_ms;
    int64_t now = world_wall_ms(world);
    struct rehearsal_conf conf = { .spec = job->spec,
                                   .plan = job->plan,
                                   .threads = 1,
                                   .zero_ms = now - now % interval - interval,
                                   .judge_errors = true,
                                   .deliver = try_deliver,
                                   .ctx = try };
    struct err err;
    try->spec = job->spec;
    bool made = rehearsal_new(&conf, &try->rehearsal, &err);
    check(made); /* it takes in no state that could be refused */
    try_note_outputs(try);
    tally_open(&try->tally, world, "lines", try->cli->quiet);
    try->tally.total = input_open(&try->input, STDIN_FILENO);
    bool by_itself = job->spec->sources[0].record == RECORD_RATE;
    int status = by_itself ? try_batches(try) : try_lines(try);
    tally_clear(&try->tally);
    if (try->errors && !try->cli->quiet)
        fprintf(stderr, "tidemark try: %llu error record%s in %llu line%s\n",
                (unsigned long long)try->errors, try->errors == 1 ? "" : "s",
                (unsigned long long)try->lines, try->lines == 1 ? "" : "s");
    input_close(&try->input);
    rehearsal_free(try->rehearsal);
    world_free(world);
    return status == CLI_GO ? CLI_DONE : status;
}

static int try_file(struct try *try, const struct settings *settings, const char *path)
{
    struct cli_job job;
    int status = cli_job_open(try->cli, settings, path, &job);
    if (status == CLI_GO) {
        cli_job_complain(try->cli, &job);
        if (!cli_job_valid(&job))
            status = CLI_NO;
        else if (job.spec->n_sources > 1)
            status = cli_fail(try->cli, CLI_USAGE,
                              "%s has %zu sources, and standard input can be only one; "
                              "`tests:` and tidemark test take several",
                              path, job.spec->n_sources);
        else
            status = try_job(try, &job);
    }
    cli_job_close(&job);
    return status;
}

static bool try_read_number(const char *text, uint64_t *number)
{
    char *end;
    errno = 0;
    if (text[0] < '0' || text[0] > '9')
        return false;
    *number = strtoull(text, &end, 10);
    return !*end && !errno && *number > 0 && *number <= BATCH_MAX;
}

static int try_run(struct cli *cli, int argc, char **argv)
{
    struct try_args args = { 0 };
    struct try try = { .cli = cli, .batch = BATCH_DEFAULT, .batches = BATCHES_DEFAULT };
    struct arena arena = { 0 };
    struct settings *settings;
    int status = cli_parse(cli, try_options, &args, &argc, argv);
    if (status != CLI_GO)
        return status;
    if (argc != 2)
        return cli_fail(cli, CLI_USAGE, "name one job file; see --help");
    if (args.batch && !try_read_number(args.batch, &try.batch))
        return cli_fail(cli, CLI_USAGE, "--batch is a number of lines, from 1, not '%s'",
                        args.batch);
    if (args.batches && !try_read_number(args.batches, &try.batches))
        return cli_fail(cli, CLI_USAGE, "--batches is a number, from 1, not '%s'", args.batches);
    status = cli_job_settings(cli, args.conf, &arena, &settings);
    if (status == CLI_GO)
        status = try_file(&try, settings, argv[1]);
    arena_free(&arena);
    return status;
}

const struct command try_command = {
    .name = "try",
    .arguments = "FILE",
    .summary = "run a job on lines of standard input, without Kafka or HDFS",
    .more =
        "Every output prints: one that would write elsewhere shows its first 10 rows of a batch, "
        "as\n"
        "print would. The source rate makes its records by itself; standard input is not read.",
    .example = "tidemark try wordcount.yaml < /usr/share/dict/words",
    .options = try_options,
    .run = try_run,
};
