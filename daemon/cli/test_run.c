/* Happy path: for each batch put the test's records in, commit, compare every output's rows as they are handed out at the cut,
 * compare the number of error records, deliver. With crashes: kill before the first batch, then behind each commit, before
 * and after delivery in turns; what recovery delivers must be what the batch showed, byte by byte. Failure modes: a batch
 * that must not be committed ends the test. */
#include "cli/test_run.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/yaml.h"
#include "cli/compare.h"
#include "engine/engine.h"
#include "spec/job.h"
#include "worker/rehearsal.h"

#define ERRORS_SHOWN 5u /* of a batch whose number of error records is not the one expected */

struct running {
    const struct test_run *run;
    struct rehearsal *rehearsal;
    struct buf *out;
    uint64_t batch;    /* under way, from 0 */
    bool *looked_at;   /* each output: its rows of this batch came */
    bool *delivered;   /* each output: what it shows of this batch was delivered */
    struct buf *shown; /* each output: what that is */
    struct buf headers;
    bool good;
};

static void running_fail(struct running *running, const char *output)
{
    running->good = false;
    buf_printf(running->out, "  batch %llu%s%s: ", (unsigned long long)running->batch + 1,
               output ? ", " : "", output ? output : "");
}

/* ---- rows */

/* NULL: nobody looks at this output in this batch. */
static const struct yaml_node *running_wanted(const struct running *running, size_t output)
{
    const struct yaml_node *expect = running->run->test->expect[output];
    return expect && running->batch < expect->n ? expect->items[running->batch] : NULL;
}

static void running_compare(struct running *running, size_t output, const struct column *rows,
                            uint32_t n)
{
    const struct yaml_node *wanted = running_wanted(running, output);
    struct compare compare = { wanted, rows, n, running->run->test->ordered };
    struct buf table = { 0 };
    running->looked_at[output] = true;
    if (wanted && !compare_rows(&compare, 4, &table)) {
        running_fail(running, running->run->spec->outputs[output].label);
        buf_puts(running->out, "other rows came than expected\n");
        buf_put(running->out, table.ptr, table.len);
    }
    buf_free(&table);
}

static void running_rows(void *ctx, size_t output, const struct column *rows, uint32_t n)
{
    running_compare(ctx, output, rows, n);
}

/* ---- error records */

static void running_errors(struct running *running, const struct engine_cut *cut)
{
    const struct yaml_node *errors = running->run->test->errors;
    uint64_t wanted = 0;
    if (errors && running->batch < errors->n)
        wanted = strtoull(errors->items[running->batch]->text, NULL, 10);
    if (cut->errors == wanted)
        return;
    running_fail(running, NULL);
    buf_printf(running->out, "%llu error record%s, expected %llu\n",
               (unsigned long long)cut->errors, cut->errors == 1 ? "" : "s",
               (unsigned long long)wanted);
    for (size_t i = 0; i < cut->n_dead && i < ERRORS_SHOWN; i++) {
        const struct engine_dead *dead = &cut->dead[i];
        buf_printf(running->out, "    error[E%u]: %s%s%s\n", dead->code, dead->place,
                   dead->place[0] ? ": " : "", dead->reason);
    }
    if (cut->n_dead > ERRORS_SHOWN)
        buf_printf(running->out, "    … and %llu more\n",
                   (unsigned long long)(cut->errors - ERRORS_SHOWN));
}

/* ---- records */

static struct slice text_of(const struct yaml_node *node)
{
    bool there = node && node->kind != YAML_NULL;
    return there ? (struct slice){ node->text, node->text_len } : (struct slice){ NULL, 0 };
}

static int64_t number_of(const struct yaml_node *node, int64_t fallback)
{
    if (!node)
        return fallback;
    return node->kind == YAML_INT ? node->integer : strtoll(node->text, NULL, 10);
}

/* As in a block (column/block.h). */
static struct slice running_headers(struct running *running, const struct yaml_node *map)
{
    struct buf *out = &running->headers;
    buf_clear(out);
    for (size_t i = 0; map && i < map->n; i++) {
        struct slice value = text_of(map->items[i]);
        buf_put_str(out, map->keys[i]->text);
        buf_put_u32(out, value.ptr ? (uint32_t)value.len : BLOCK_ABSENT);
        buf_put(out, value.ptr, value.len);
    }
    return out->len ? buf_slice(out) : (struct slice){ NULL, 0 };
}

static void running_put(struct running *running, uint32_t source, const struct yaml_node *item)
{
    const struct job_source *job = &running->run->spec->sources[source];
    bool parts = item->kind == YAML_MAP;
    const struct yaml_node *topic = yaml_get(item, "topic"), *value = yaml_get(item, "value");
    value = parts && !value ? yaml_get(item, "body") : value;
    struct slice bytes[3] = { text_of(yaml_get(item, "key")), text_of(parts ? value : item),
                              running_headers(running, yaml_get(item, "headers")) };
    struct rehearsal_record record = {
        .source = source,
        .topic = topic           ? topic->text
                 : job->n_topics ? job->topics[0].name
                                 : "",
        .partition = (int32_t)number_of(yaml_get(item, "partition"), 0),
        .record = { .key = bytes[0].ptr,
                    .key_len = (uint32_t)bytes[0].len,
                    .value = bytes[1].ptr,
                    .value_len = (uint32_t)bytes[1].len,
                    .headers = bytes[2].ptr,
                    .headers_len = (uint32_t)bytes[2].len,
                    .offset = number_of(yaml_get(item, "offset"), -1),
                    .time_ms = number_of(yaml_get(item, "timestamp"),
                                         rehearsal_time_ms(running->rehearsal)) },
    };
    struct err err;
    bool put = rehearsal_put(running->rehearsal, &record, &err);
    check(put); /* no file is as large as a record may be */
}

static void running_feed(struct running *running)
{
    const struct test_run *run = running->run;
    for (uint32_t source = 0; source < run->spec->n_sources; source++) {
        const struct yaml_node *input = run->test->input[source];
        if (!input || running->batch >= input->n)
            continue;
        const struct yaml_node *batch = input->items[running->batch];
        for (size_t i = 0; i < batch->n; i++)
            running_put(running, source, batch->items[i]);
    }
}

/* ---- delivery */

static bool same_bytes(struct slice a, struct slice b)
{
    /* uncovered: unlike ones, when recovery is wrong */
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static void running_deliver(void *ctx, const struct rehearsal_output *output)
{
    struct running *running = ctx;
    /* uncovered: it is what the batch showed */
    bool same = output->batch == running->batch + 1 &&
                same_bytes(output->bytes, buf_slice(&running->shown[output->output]));
    running->delivered[output->output] = true;
    if (!same) { /* uncovered: recovery would be wrong */
        running_fail(running, running->run->spec->outputs[output->output].label);
        buf_printf(running->out, "after the crash batch %llu was delivered with other content\n",
                   (unsigned long long)output->batch);
    }
}

static void running_check_delivered(struct running *running)
{
    for (size_t i = 0; i < running->run->spec->n_outputs; i++) {
        if (!running->delivered[i]) { /* uncovered: recovery would be wrong */
            running_fail(running, running->run->spec->outputs[i].label);
            buf_puts(running->out, "not delivered\n");
        }
    }
}

static bool running_crash(struct running *running)
{
    struct err err;
    /* uncovered: recovery is right */
    bool good = !running->run->crash || rehearsal_kill(running->rehearsal, &err);
    if (!good) { /* uncovered: recovery would be wrong */
        running_fail(running, NULL);
        buf_printf(running->out, "recovery after the crash: %s\n", err.text);
    }
    return good;
}

/* ---- batches */

static void running_begin_batch(struct running *running)
{
    for (size_t i = 0; i < running->run->spec->n_outputs; i++)
        running->looked_at[i] = running->delivered[i] = false;
    running_feed(running);
}

/* What came of the batch, beside what its outputs handed out. */
static void running_judge(struct running *running, const struct engine_cut *cut)
{
    for (size_t i = 0; i < cut->n_outputs; i++) {
        buf_clear(&running->shown[i]);
        buf_put(&running->shown[i], cut->outputs[i].ptr, cut->outputs[i].len);
        if (!running->looked_at[i]) /* it does not run in this batch */
            running_compare(running, i, NULL, 0);
    }
    running_errors(running, cut);
}

static bool running_batch(struct running *running)
{
    struct engine_cut cut;
    struct err err;
    running_begin_batch(running);
    size_t before = running->out->len;
    if (!rehearsal_commit(running->rehearsal, &cut, &err)) {
        running->out->len =
            before; /* its outputs have been compared, and show nothing of a failure */
        running->good = false;
        buf_printf(running->out, "  %s\n", err.text);
        return false;
    }
    running_judge(running, &cut);
    if (running->batch % 2 == 0)
        rehearsal_deliver(running->rehearsal);
    if (!running_crash(running)) /* uncovered: recovery would be wrong */
        return false;
    rehearsal_deliver(running->rehearsal);
    running_check_delivered(running);
    return true;
}

static void running_all(struct running *running)
{
    bool goes_on = running_crash(running);
    for (; goes_on && running->batch < running->run->test->batches; running->batch++)
        goes_on = running_batch(running);
}

bool test_run(const struct test_run *run, struct buf *out)
{
    size_t n = run->spec->n_outputs;
    struct running running = { .run = run,
                               .out = out,
                               .looked_at = mem_zalloc(n),
                               .delivered = mem_zalloc(n),
                               .shown = mem_zalloc(n * sizeof(struct buf)),
                               .good = true };
    struct rehearsal_conf conf = { .spec = run->spec,
                                   .plan = run->plan,
                                   .threads = run->threads ? run->threads : 1,
                                   .chunk_rows = run->chunk_rows,
                                   .can_be_killed = run->crash,
                                   .rows = running_rows,
                                   .deliver = running_deliver,
                                   .ctx = &running };
    struct err err;
    bool made = rehearsal_new(&conf, &running.rehearsal, &err);
    check(made); /* it takes in no state that could be refused */
    running_all(&running);
    rehearsal_free(running.rehearsal);
    for (size_t i = 0; i < n; i++)
        buf_free(&running.shown[i]);
    buf_free(&running.headers);
    mem_free(running.looked_at);
    mem_free(running.delivered);
    mem_free(running.shown);
    return running.good;
}
