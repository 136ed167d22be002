/* tidemark diff JOB FILE: what the daemon would do with a new version of a job. */
#include "cli/diff.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json_write.h"
#include "cli/cli_job.h"
#include "cli/settings.h"

#define LINE_BYTES 50 /* of two texts on one line */

static const char *const verdicts[] = {
    [DIFF_UNCHANGED] = "unchanged",
    [DIFF_LIVE] = "applied live, between two batches",
    [DIFF_RESTART] = "restart from the checkpoint, after the open batch",
    [DIFF_REFUSED] = "refused: state would be lost; the running version is kept",
};
static const char *const words[] = { "unchanged", "live", "restart", "refused" };
static const char *const fates[] = { "kept", "converted", "new", "lost" };

/* 1204331 as 1,204,331 keys */
static const char *keys_text(const struct diff *diff, const struct diff_state *state)
{
    char digits[24], out[32];
    int n = snprintf(digits, sizeof digits, "%llu", (unsigned long long)state->keys), k = 0;
    if (!state->counted)
        return "number of keys unknown";
    for (int i = 0; i < n; i++) {
        if (i && (n - i) % 3 == 0)
            out[k++] = ',';
        out[k++] = digits[i];
    }
    return arena_printf(diff->arena, "%.*s key%s", k, out, state->keys == 1 ? "" : "s");
}

static void put_state(const struct diff *diff, const struct diff_state *state, struct buf *out)
{
    const char *keys = keys_text(diff, state), *job = diff->old->spec->id;
    switch (state->fate) {
        case STATE_LOST:
            buf_printf(out, "  state '%s' (%s) %s\n", state->id, keys, state->why);
            buf_printf(out,
                       "    help: keep 'id: %s' as it is, or drop it once: tidemark restart %s "
                       "--discard-state %s\n"
                       "    help: until there is a `tidemark restart`, with no daemon: tidemark "
                       "run --once --discard-state %s/%s\n",
                       state->id, job, state->id, job, state->id);
            break;
        case STATE_CONVERTED:
            buf_printf(out, "  state '%s' (%s) is converted: %s\n", state->id, keys, state->why);
            break;
        case STATE_NEW:
            buf_printf(out, "  state '%s' is new and begins empty\n", state->id);
            break;
        case STATE_KEPT:
            buf_printf(out, "  state '%s' (%s) is kept\n", state->id, keys);
            break;
    }
}

static void put_change(const struct diff_change *change, struct buf *out)
{
    if (!change->was)
        buf_printf(out, "  + %s: %s\n", change->path, change->is);
    else if (!change->is)
        buf_printf(out, "  - %s: %s\n", change->path, change->was);
    else if (strlen(change->was) + strlen(change->is) > LINE_BYTES)
        buf_printf(out, "  ~ %s\n      was %s\n      is  %s\n", change->path, change->was,
                   change->is);
    else
        buf_printf(out, "  ~ %s: %s -> %s\n", change->path, change->was, change->is);
}

void diff_put_text(const struct diff *diff, bool color, struct buf *out)
{
    enum diff_verdict verdict = diff_verdict(diff);
    buf_printf(out, "%s%s: %s%s\n", color ? "\033[1m" : "", diff->old->spec->id, verdicts[verdict],
               color ? "\033[0m" : "");
    for (size_t i = 0; i < diff->n_states && verdict >= DIFF_RESTART; i++)
        put_state(diff, &diff->states[i], out);
    if (diff->unread && diff->n_states && verdict >= DIFF_RESTART)
        buf_printf(out, "  how many keys there are is not known: %s\n", diff->unread);
    for (size_t i = 0; i < diff->n_changes; i++)
        put_change(&diff->changes[i], out);
}

void diff_put_json(const struct diff *diff, struct buf *out)
{
    struct json_write write = { .out = out };
    json_write_object(&write, NULL);
    json_write_int(&write, "version", 1);
    json_write_text(&write, "job", diff->old->spec->id);
    json_write_text(&write, "result", words[diff_verdict(diff)]);
    json_write_array(&write, "states");
    for (size_t i = 0; i < diff->n_states; i++) {
        const struct diff_state *state = &diff->states[i];
        json_write_object(&write, NULL);
        json_write_text(&write, "id", state->id);
        json_write_text(&write, "result", fates[state->fate]);
        if (state->counted)
            json_write_uint(&write, "keys", state->keys);
        else
            json_write_raw(&write, "keys", "null");
        json_write_text(&write, "reason", state->why);
        json_write_end(&write);
    }
    json_write_end(&write);
    json_write_array(&write, "changes");
    for (size_t i = 0; i < diff->n_changes; i++) {
        const struct diff_change *change = &diff->changes[i];
        json_write_object(&write, NULL);
        json_write_text(&write, "key", change->path);
        json_write_text(&write, "old", change->was);
        json_write_text(&write, "new", change->is);
        json_write_bool(&write, "live", change->live);
        json_write_end(&write);
    }
    json_write_end(&write);
    json_write_text(&write, "unread", diff->unread);
    json_write_end(&write);
}

/* ---- the verb */

struct diff_args {
    const char *conf, *state;
};
static const struct cli_option diff_options[] = {
    { "conf", 'c', "FILE", "the daemon's settings, whose defaults apply",
      offsetof(struct diff_args, conf) },
    { "state", 0, "DIR", "the daemon's state directory, where JOB is looked for",
      offsetof(struct diff_args, state) },
    { 0 },
};

/* CLI_GO when the file is valid, else the status to end with. */
static int open_job(const struct cli *cli, const struct settings *settings, const char *word,
                    struct cli_job *job)
{
    int status = cli_job_open_named(cli, settings, word, job);
    if (status != CLI_GO)
        return status;
    cli_job_complain(cli, job);
    return cli_job_valid(job) ? CLI_GO : CLI_NO;
}

static struct explain explain_of(const struct settings *settings, struct cli_job *job)
{
    struct explain explain = { .arena = &job->arena,
                               .spec = job->spec,
                               .plan = job->plan,
                               .state_directory = settings->state_directory };
    explain_open(&explain);
    return explain;
}

static int compare(const struct cli *cli, const struct settings *settings, struct cli_job *old,
                   struct cli_job *new)
{
    struct explain was = explain_of(settings, old), is = explain_of(settings, new);
    struct diff diff = { .arena = &old->arena, .settings = settings, .old = &was, .new = &is };
    struct buf out = { 0 };
    diff_compare(&diff);
    if (cli->json)
        diff_put_json(&diff, &out);
    else
        diff_put_text(&diff, cli_use_color(cli, STDOUT_FILENO), &out);
    fwrite(out.ptr, 1, out.len, stdout);
    buf_free(&out);
    return diff_verdict(&diff) == DIFF_REFUSED ? CLI_NO : CLI_DONE;
}

static int diff_files(const struct cli *cli, const struct settings *settings, char **words_of)
{
    struct cli_job old = { 0 }, new = { 0 };
    int status = open_job(cli, settings, words_of[0], &old);
    if (status == CLI_GO)
        status = open_job(cli, settings, words_of[1], &new);
    if (status == CLI_GO)
        status = compare(cli, settings, &old, &new);
    cli_job_close(&old);
    cli_job_close(&new);
    return status;
}

static int diff_run(struct cli *cli, int argc, char **argv)
{
    struct diff_args args = { 0 };
    struct arena arena = { 0 };
    struct settings *settings;
    int status = cli_parse(cli, diff_options, &args, &argc, argv);
    if (status != CLI_GO)
        return status;
    if (argc != 3)
        return cli_fail(cli, CLI_USAGE,
                        "name the job, or the file of its old version, and its new file");
    struct settings_flags flags = { .conf = args.conf, .state = args.state };
    if (cli_settings(cli, &flags, &arena, &settings, &status))
        status = diff_files(cli, settings, argv + 1);
    arena_free(&arena);
    return status;
}

const struct command diff_command = {
    .name = "diff",
    .arguments = "JOB FILE",
    .summary = "what a new version of a job changes, and whether its state is kept",
    .example = "tidemark diff wordcount wordcount.new.yaml",
    .options = diff_options,
    .run = diff_run,
};
