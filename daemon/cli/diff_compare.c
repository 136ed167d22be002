/* What differs between two versions of a job. */
#include <string.h>

#include "base/list.h"
#include "cli/diff.h"
#include "cli/saved.h"
#include "cli/settings.h"
#include "column/type.h"
#include "engine/judge.h"
#include "engine/plan.h"
#include "op/memory.h"
#include "spec/job_table.h"

/* ---- a job as a list of paths with texts */

struct line {
    const char *path, *text;
};
struct lines {
    struct arena *arena;
    struct line *items;
    size_t n, cap;
};

static void add(struct lines *lines, const char *path, const char *text)
{
    if (lines->n == lines->cap) {
        lines->cap = lines->cap ? 2 * lines->cap : 64;
        struct line *items = arena_alloc(lines->arena, lines->cap * sizeof *items);
        if (lines->n)
            memcpy(items, lines->items, lines->n * sizeof *items);
        lines->items = items;
    }
    lines->items[lines->n++] = (struct line){ path, text };
}

static void add_values(struct lines *lines, const char *prefix, const struct job_values *values)
{
    for (size_t i = 0; i < values->n; i++) {
        const struct job_value *value = &values->items[i];
        if (value->value)
            add(lines, arena_printf(lines->arena, "%s%s", prefix, value->key), value->value);
    }
}

static void add_streams(struct lines *lines, const struct job_spec *spec)
{
    struct arena *arena = lines->arena;
    for (size_t i = 0; i < spec->n_streams; i++) {
        const struct job_stream *stream = &spec->streams[i];
        struct buf from = { 0 };
        for (size_t k = 0; k < stream->n_from; k++)
            buf_printf(&from, "%s%s", k ? ", " : "", stream->from[k]);
        add(lines, arena_printf(arena, "streams.%s.from", stream->name),
            arena_strdup(arena, buf_text(&from)));
        buf_free(&from);
        for (size_t k = 0; k < stream->n_ops; k++) {
            const struct job_op *op = &stream->ops[k];
            const char *arg = op->arg ? job_value_text(arena, op->arg) : NULL;
            add(lines, arena_printf(arena, "streams.%s[%zu]", stream->name, k),
                arg ? arena_printf(arena, "%s: %s", op->name, arg) : op->name);
        }
    }
}

static struct lines lines_of(struct arena *arena, const struct explain *job)
{
    struct lines lines = { .arena = arena };
    const struct job_spec *spec = job->spec;
    struct job_values values = job_values(arena, spec);
    add_values(&lines, "", &values);
    for (size_t i = 0; i < spec->n_sources; i++) {
        const char *path = arena_printf(arena, "sources.%s", spec->sources[i].name);
        add(&lines, path, spec->sources[i].kind);
        values = explain_source_keys(job, i);
        add_values(&lines, arena_printf(arena, "%s.", path), &values);
    }
    add_streams(&lines, spec);
    for (size_t i = 0; i < spec->n_outputs; i++) {
        const char *path = arena_printf(arena, "outputs.%s", spec->outputs[i].label);
        add(&lines, path, spec->outputs[i].kind);
        values = explain_output_keys(job, i);
        add_values(&lines, arena_printf(arena, "%s.", path), &values);
    }
    for (size_t i = 0; i < spec->n_tests; i++)
        add(&lines, arena_printf(arena, "tests.%s", spec->tests[i].name),
            job_value_text(arena, spec->tests[i].node));
    return lines;
}

/* ---- changes */

static bool is_live(const char *path)
{
    static const char *const live[] = { "onError.failAbove", "stopGracefully.", "backpressure." };
    for (size_t i = 0; i < ARRAY_SIZE(live); i++)
        if (strncmp(path, live[i], strlen(live[i])) == 0)
            return true;
    return false;
}

static void change(struct diff *diff, const char *path, const char *was, const char *is)
{
    if (diff->n_changes == diff->cap) {
        diff->cap = diff->cap ? 2 * diff->cap : 16;
        struct diff_change *changes = arena_alloc(diff->arena, diff->cap * sizeof *changes);
        if (diff->n_changes)
            memcpy(changes, diff->changes, diff->n_changes * sizeof *changes);
        diff->changes = changes;
    }
    diff->changes[diff->n_changes++] = (struct diff_change){ path, was, is, is_live(path) };
}

/* The text at a path, looked for from where it stood in the other version. */
static const char *text_at(const struct lines *lines, const char *path, size_t near)
{
    for (size_t i = 0; i < lines->n; i++) {
        size_t at = (near + i) % lines->n;
        if (strcmp(lines->items[at].path, path) == 0)
            return lines->items[at].text;
    }
    return NULL;
}

static void compare_lines(struct diff *diff)
{
    struct lines was = lines_of(diff->arena, diff->old), is = lines_of(diff->arena, diff->new);
    for (size_t i = 0; i < was.n; i++) {
        const char *text = text_at(&is, was.items[i].path, i);
        if (!text || strcmp(text, was.items[i].text) != 0)
            change(diff, was.items[i].path, was.items[i].text, text);
    }
    for (size_t i = 0; i < is.n; i++)
        if (!text_at(&was, is.items[i].path, i))
            change(diff, is.items[i].path, NULL, is.items[i].text);
}

/* ---- state */

static const struct memory *memory_at(const struct explain *job, uint32_t i)
{
    const struct op *op = job->plan->nodes[i].op;
    return op ? op->memory : NULL;
}

static const struct memory *memory_of(const struct explain *job, const char *id)
{
    for (uint32_t i = 0; i < job->plan->n_nodes; i++) {
        const struct memory *memory = memory_at(job, i);
        if (memory && strcmp(memory->id, id) == 0)
            return memory;
    }
    return NULL;
}

/* A state that the old version has, as `stored` says. */
static void judge_state(struct diff *diff, const char *id, const struct stored *stored,
                        bool counted)
{
    const struct memory *memory = memory_of(diff->new, id);
    struct diff_state *state = &diff->states[diff->n_states];
    struct arena *arena = diff->arena;
    *state = (struct diff_state){ .id = id, .counted = counted, .keys = stored->count };
    if (!memory && counted && !stored->count)
        return; /* it is empty */
    diff->n_states++;
    if (!memory) {
        state->fate = STATE_LOST;
        state->why = "has no operation in the new file";
    } else if (!stored_fits(stored, memory)) {
        state->fate = STATE_LOST;
        state->why = arena_printf(arena, "was made by %.*s and holds %s, but here is %s of %s",
                                  (int)stored->form.len, (const char *)stored->form.ptr,
                                  type_text(arena, stored->type), memory->form,
                                  type_text(arena, memory->type));
    } else if (strcmp(type_text(arena, stored->type), type_text(arena, memory->type)) != 0) {
        state->fate = STATE_CONVERTED;
        state->why = arena_printf(arena, "%s becomes %s", type_text(arena, stored->type),
                                  type_text(arena, memory->type));
    }
}

/* What it saved; false: that cannot be read. */
static bool judge_saved(struct diff *diff, const struct saved *saved, struct err *err)
{
    for (size_t i = 0; i < saved->n; i++) {
        struct stored stored;
        if (!stored_open(&saved->states[i], diff->arena, &stored, err))
            return false;
        judge_state(diff, saved->states[i].id, &stored, true);
    }
    return true;
}

static bool is_judged(const struct diff *diff, const char *id)
{
    for (size_t i = 0; i < diff->n_states; i++)
        if (strcmp(diff->states[i].id, id) == 0)
            return true;
    return false;
}

/* What the old version's file says, where nothing can be read. */
static void judge_planned(struct diff *diff)
{
    for (uint32_t i = 0; i < diff->old->plan->n_nodes; i++) {
        const struct memory *memory = memory_at(diff->old, i);
        if (!memory)
            continue;
        struct stored stored = { .form = { memory->form, strlen(memory->form) },
                                 .type = memory->type };
        judge_state(diff, memory->id, &stored, false);
    }
}

static void note_new(struct diff *diff)
{
    for (uint32_t i = 0; i < diff->new->plan->n_nodes; i++) {
        const struct memory *memory = memory_at(diff->new, i);
        if (memory && !is_judged(diff, memory->id) && !memory_of(diff->old, memory->id))
            diff->states[diff->n_states++] =
                (struct diff_state){ .id = memory->id, .fate = STATE_NEW };
    }
}

static const char *checkpoint_of(const struct diff *diff)
{
    const struct explain *old = diff->old;
    return old->spec->checkpoint
               ? old->spec->checkpoint
               : arena_printf(diff->arena, "file://%s/jobs/%s",
                              cli_whole_path(diff->arena, old->state_directory), old->spec->id);
}

void diff_compare(struct diff *diff)
{
    struct saved saved;
    struct err err = { .kind = ERR_NONE };
    bool read = saved_read(diff->arena, diff->settings, checkpoint_of(diff), &saved, &err);
    size_t most = diff->old->plan->n_nodes + diff->new->plan->n_nodes + (read ? saved.n : 0);
    diff->states = arena_zalloc(diff->arena, (most + 1) * sizeof *diff->states);
    compare_lines(diff);
    if (!read || !judge_saved(diff, &saved, &err)) {
        diff->n_states = 0;
        diff->unread = arena_strdup(diff->arena, err.text);
        judge_planned(diff);
    }
    note_new(diff);
}

enum diff_verdict diff_verdict(const struct diff *diff)
{
    bool live = true;
    for (size_t i = 0; i < diff->n_states; i++)
        if (diff->states[i].fate == STATE_LOST)
            return DIFF_REFUSED;
    for (size_t i = 0; i < diff->n_changes; i++)
        live &= diff->changes[i].live;
    return !diff->n_changes ? DIFF_UNCHANGED : live ? DIFF_LIVE : DIFF_RESTART;
}
