#include <inttypes.h>
#include <string.h>

#include "base/check.h"
#include "durable/recover_parts.h"

bool recover_open(const struct recover *recover, const struct ask *ask, uint64_t index,
                  struct slice *content, struct err *err)
{
    struct file_head want = { .kind = FILE_LOG, .index = index }, head;
    bool ok = false;
    directory_want(recover->directory, &want);
    if (ask->req.answer == STORE_NO)
        err_code(err, ERR_FATAL, 350, "the record is missing");
    else if (ask->req.answer != STORE_YES)
        *err = ask->req.err;
    else
        ok = file_open(buf_slice(&ask->req.data), &want, &head, content, err) == FILE_WHOLE;
    return ok || err_wrap(err, "%s", ask->req.path);
}

static struct slice recover_copy(struct arena *arena, struct slice bytes)
{
    char *copy = arena_alloc(arena, bytes.len);
    if (bytes.len)
        memcpy(copy, bytes.ptr, bytes.len);
    return (struct slice){ copy, bytes.len };
}

/* Room for one more of an array in an arena, which is moved when it is full. */
static void *recover_grow(struct arena *arena, void *array, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return array;
    *cap = *cap ? *cap * 2 : 16;
    void *more = arena_alloc(arena, *cap * size);
    if (n)
        memcpy(more, array, n * size);
    return more;
}

static void recover_output(struct recover *recover, const struct entry *batch,
                           const struct entry *entry)
{
    struct recovered *found = recover->found;
    struct arena *arena = &found->arena;
    found->outputs = recover_grow(arena, found->outputs, found->n_outputs, &recover->outputs_cap,
                                  sizeof *found->outputs);
    found->outputs[found->n_outputs++] = (struct recovered_output){
        .number = batch->batch.number,
        .time_ms = batch->batch.time_ms,
        .label = arena_strndup(arena, entry->output.label.ptr, entry->output.label.len),
        .bytes = recover_copy(arena, entry->output.bytes),
    };
}

static void recover_outfile(struct recover *recover, const struct entry *entry)
{
    struct arena *arena = &recover->found->arena;
    recover->named = recover_grow(arena, recover->named, recover->n_named, &recover->named_cap,
                                  sizeof *recover->named);
    recover->named[recover->n_named++] =
        arena_strndup(arena, entry->outfile.name.ptr, entry->outfile.name.len);
}

static bool recover_owed(const struct recover *recover, struct slice label, uint64_t number)
{
    const struct progress *progress = &recover->found->progress;
    for (size_t i = 0; i < progress->n_outputs; i++) {
        const char *name = progress->outputs[i].label;
        if (strlen(name) == label.len && memcmp(name, label.ptr, label.len) == 0)
            return number > progress->outputs[i].delivered;
    }
    return true;
}

bool recover_gather(struct recover *recover, struct slice content, uint64_t *first, struct err *err)
{
    struct record_reader reader;
    struct entry entry, batch = { .kind = ENTRY_BATCH };
    if (!record_open(content, &reader, err))
        return false;
    while (record_next(&reader, &entry, err)) {
        uint64_t number = batch.batch.number;
        if (entry.kind == ENTRY_BATCH) {
            batch = entry;
            if (number == 0)
                *first = entry.batch.number;
        } else if (entry.kind == ENTRY_OUTPUT &&
                   recover_owed(recover, entry.output.label, number)) {
            recover_output(recover, &batch, &entry);
        } else if (entry.kind == ENTRY_OUTFILE) {
            recover_outfile(recover, &entry);
        }
    }
    return err->kind == ERR_NONE;
}

bool recovered_drop_state(struct recovered *recovered, struct slice id)
{
    size_t kept = 0, n = recovered->n_states;
    for (size_t i = 0; i < n; i++) {
        const char *name = recovered->states[i].id;
        if (strlen(name) != id.len || memcmp(name, id.ptr, id.len) != 0)
            recovered->states[kept++] = recovered->states[i];
    }
    recovered->n_states = kept;
    return kept < n;
}

void recover_gather_states(struct recover *recover, struct slice content)
{
    struct recovered *found = recover->found;
    struct arena *arena = &found->arena;
    struct record_reader reader;
    struct entry entry;
    struct err err;
    check(record_open(content, &reader, &err));
    while (record_next(&reader, &entry, &err)) {
        if (entry.kind != ENTRY_DELTA)
            continue;
        if (entry.delta.bytes.len == 0) {
            recovered_drop_state(found, entry.delta.id);
            continue;
        }
        found->states = recover_grow(arena, found->states, found->n_states, &recover->states_cap,
                                     sizeof *found->states);
        found->states[found->n_states++] = (struct recovered_state){
            arena_strndup(arena, entry.delta.id.ptr, entry.delta.id.len),
            recover_copy(arena, entry.delta.bytes),
        };
    }
    check(err.kind == ERR_NONE);
}

void recover_gather_applied(struct recover *recover, struct slice content)
{
    uint64_t first;
    struct err err;
    check(recover_gather(recover, content, &first, &err));
    recover_gather_states(recover, content);
}

/* In the order of batches, which those that were read backwards are not in yet. */
static void recover_sort(struct recovered_output *outputs, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct recovered_output output = outputs[i];
        size_t k = i;
        for (; k > 0 && outputs[k - 1].number > output.number; k--)
            outputs[k] = outputs[k - 1];
        outputs[k] = output;
    }
}

void recover_settle_outputs(struct recover *recover)
{
    struct recovered *found = recover->found;
    size_t kept = 0;
    for (size_t i = 0; i < found->n_outputs; i++) {
        struct slice label = { found->outputs[i].label, strlen(found->outputs[i].label) };
        if (recover_owed(recover, label, found->outputs[i].number))
            found->outputs[kept++] = found->outputs[i];
    }
    found->n_outputs = kept;
    recover_sort(found->outputs, kept);
}
