/* A batch as the log has it: its time, its records as they were produced, its dead letters, what it shows and what came out of
 * that. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/check.h"
#include "canon_judge.h"
#include "parts.h"

void canon_fault(const struct canon_judge *judge, enum census kind, struct slice what)
{
    struct slice text = { what.ptr, what.len < 300 ? what.len : 300 };
    census_note(kind);
    sim_fail(judge->tally->sim, "%s, batch %llu%s%s, %s: %.*s", judge->tally->kind->name,
             (unsigned long long)judge->number, judge->label ? ", " : "",
             judge->label ? judge->label : "", census_name(kind), (int)text.len,
             (const char *)text.ptr);
}

void canon_judge_open(struct canon_judge *judge)
{
    for (int i = 0; i < CANON_OUTPUTS; i++) {
        struct canon_show *show = &judge->shows[i];
        show->out = open_memstream(&show->text, &show->len);
        check(show->out);
    }
}

void canon_judge_close(struct canon_judge *judge)
{
    for (int i = 0; i < CANON_OUTPUTS; i++) {
        fclose(judge->shows[i].out);
        free(judge->shows[i].text);
        free(judge->shows[i].lanes);
    }
}

static void run_model(struct canon_judge *judge, size_t n_items)
{
    struct canon_show *shows = judge->shows;
    struct canon_batch batch = { .tick = judge->tick,
                                 .time_ms = judge->time_ms,
                                 .interval_ms = judge->interval_ms,
                                 .items = judge->items,
                                 .n = n_items };
    for (int i = 0; i < CANON_OUTPUTS; i++) {
        shows[i].shown = true;
        shows[i].num = 0;
        shows[i].n = 0;
        rewind(shows[i].out);
    }
    judge->tally->kind->step(&judge->model, &batch, shows);
    for (int i = 0; i < CANON_OUTPUTS; i++)
        fflush(shows[i].out);
}

/* The next tick must be the one after the last. */
static void next_tick(struct canon_judge *judge, int64_t time_ms)
{
    sim_expect(judge->tally->sim, time_ms == judge->time_ms + judge->interval_ms,
               "record %llu: a batch of %lld after one of %lld", (unsigned long long)judge->index,
               (long long)time_ms, (long long)judge->time_ms);
    judge->time_ms = time_ms;
    judge->tick++;
}

void canon_judge_folded(struct canon_judge *judge, int64_t up_to_ms)
{
    while (judge->time_ms < up_to_ms && !*judge->tally->sim->failure) {
        next_tick(judge, judge->time_ms + judge->interval_ms);
        run_model(judge, 0);
    }
    sim_expect(judge->tally->sim, judge->time_ms == up_to_ms, "ticks up to %lld are folded",
               (long long)up_to_ms);
}

/* ---- dead letters: each bad record is one, whole, and nothing else is */

static bool is_of(const struct canon_entry *dead, const struct canon_item *item)
{
    return canon_is(dead->text[0], canon_topics[item->topic]) &&
           canon_is(dead->text[1], canon_topics[item->topic]) && dead->n[0] == item->partition &&
           dead->n[1] == item->offset && dead->text[5].len == item->value.len &&
           memcmp(dead->text[5].ptr, item->value.ptr, item->value.len) == 0;
}

static void judge_dead(struct canon_judge *judge)
{
    size_t bad = 0;
    for (size_t i = 0; i < judge->n_items; i++) {
        const struct canon_item *item = &judge->items[i];
        size_t letters = 0;
        for (size_t at = 0; item->bad && at < judge->n_dead; at++)
            letters += is_of(&judge->dead[at], item);
        bad += item->bad;
        if (item->bad && letters != 1)
            canon_fault(judge, letters ? CENSUS_DOUBLED : CENSUS_LOST, item->value);
    }
    if (judge->n_dead > bad)
        canon_fault(judge, CENSUS_PHANTOM, judge->dead[0].text[5]);
    sim_expect(judge->tally->sim, (uint64_t)judge->batch.n[3] == bad, "batch %llu: %lld errors",
               (unsigned long long)judge->number, (long long)judge->batch.n[3]);
}

/* ---- what came out: each output of the batch at least once, and nothing else */

static bool same(struct slice a, struct slice b)
{
    return a.len == b.len && memcmp(a.ptr, b.ptr, a.len) == 0;
}

/* Of whole blocks of this batch the first that shows these bytes; of outputs that show the same each has one of its own. */
static void judge_delivery(struct canon_judge *judge, size_t output, size_t n)
{
    const struct printed *blocks = judge->printout.blocks + judge->at;
    struct slice bytes = judge->outputs[output].text[1];
    size_t before = 0;
    for (size_t i = 0; i < output; i++)
        before += same(judge->outputs[i].text[1], bytes);
    for (size_t i = 0; i < n; i++) {
        if (!blocks[i].whole || !same(blocks[i].all, bytes) || before-- > 0)
            continue;
        size_t at = (size_t)((const char *)blocks[i].all.ptr - (const char *)judge->printout.from);
        if (at < judge->first[output])
            canon_fault(judge, CENSUS_REORDERED, bytes);
        judge->first[output] = at;
        return;
    }
    canon_fault(judge, CENSUS_LOST, bytes);
}

static bool is_known(const struct canon_judge *judge, struct slice block)
{
    for (size_t i = 0; i < judge->n_outputs; i++)
        if (same(judge->outputs[i].text[1], block))
            return true;
    return false;
}

static void judge_printed(struct canon_judge *judge)
{
    char text[40];
    time_t seconds = (time_t)(judge->time_ms / 1000);
    struct tm local;
    check(localtime_r(&seconds, &local));
    size_t len = strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &local);
    if (judge->time_ms % 1000)
        len += (size_t)sprintf(text + len, ".%06d", (int)(judge->time_ms % 1000) * 1000);
    const struct printout *out = &judge->printout;
    size_t n = 0, first = judge->at;
    while (first + n < out->n &&
           printed_compare(out->blocks[first + n].time, (struct slice){ text, len }) <= 0) {
        const struct printed *block = &out->blocks[first + n++];
        if (block->whole && !is_known(judge, block->all))
            canon_fault(judge, CENSUS_PHANTOM, block->all);
    }
    for (size_t i = 0; i < judge->n_outputs; i++)
        if (judge->outputs[i].text[1].len)
            judge_delivery(judge, i, n);
    judge->at += n;
}

/* ---- the batch */

static void judge_output(struct canon_judge *judge, int i, const struct canon_show *show)
{
    char label[16];
    struct slice bytes = { NULL, 0 };
    sprintf(label, "print%d", i);
    for (size_t at = 0; at < judge->n_outputs; at++)
        if (canon_is(judge->outputs[at].text[0], label))
            bytes = judge->outputs[at].text[1];
    judge->label = label;
    if (!show->shown && bytes.len)
        canon_fault(judge, CENSUS_PHANTOM, bytes);
    if (show->shown && !bytes.len)
        canon_fault(judge, CENSUS_LOST, bytes);
    if (show->shown && bytes.len)
        canon_judge_lines(judge, show, bytes);
    judge->label = NULL;
}

void canon_judge_batch(struct canon_judge *judge)
{
    struct sim *sim = judge->tally->sim;
    if (!judge->open || *sim->failure)
        return;
    judge->open = false;
    sim_expect(sim, (uint64_t)judge->batch.n[0] == judge->number + 1, "batch %lld after %llu",
               (long long)judge->batch.n[0], (unsigned long long)judge->number);
    judge->number++;
    next_tick(judge, judge->batch.n[1]);
    sim_expect(sim, (uint64_t)judge->batch.n[2] == judge->n_items,
               "batch %llu: %lld records, its ranges have %zu", (unsigned long long)judge->number,
               (long long)judge->batch.n[2], judge->n_items);
    run_model(judge, judge->n_items);
    for (int i = 0; i < judge->tally->kind->outputs; i++)
        judge_output(judge, i, &judge->shows[i]);
    judge_dead(judge);
    judge_printed(judge);
    judge->records += judge->n_items;
    judge->n_items = judge->n_dead = judge->n_outputs = 0;
}
