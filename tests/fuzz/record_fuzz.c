/* The content of a record of the batch log and of a snapshot: its entries, and how far a job has come by them. What is read and
 * written again is the same. */
#include "durable/progress.h"
#include "durable/record.h"
#include "durable/recover_parts.h"
#include "fuzz.h"

void record_fuzz(const uint8_t *data, size_t size);

static void fuzz_entries(struct slice content)
{
    struct record_reader reader;
    struct record again = { 0 };
    struct err err = { 0 };
    struct entry entry;
    if (!record_open(content, &reader, &err))
        return;
    while (record_next(&reader, &entry, &err))
        record_put(&again, &entry);
    check(err.kind == ERR_NONE || err.kind == ERR_FATAL);
    if (err.kind == ERR_NONE)
        check(fuzz_same(record_seal(&again, reader.before), content));
    record_free(&again);
}

/* It was loaded or applied: what a snapshot of it says, says the same. */
static void fuzz_snapshot(const struct progress *progress)
{
    struct progress again = { 0 }, third = { 0 };
    struct record saved = { 0 }, twice = { 0 };
    struct err err = { 0 };
    progress_save(progress, &saved);
    check(progress_load(&again, record_seal(&saved, progress->hash), 7, &err));
    check(again.batch == progress->batch && again.n_partitions == progress->n_partitions);
    progress_save(&again, &twice);
    check(fuzz_same(record_seal(&saved, progress->hash), record_seal(&twice, again.hash)));
    progress_free(&again);
    progress_free(&third);
    record_free(&saved);
    record_free(&twice);
}

/* What recovery keeps of it: outputs of its batches, and states. */
static void fuzz_recovery(struct slice content)
{
    struct recovered found = { 0 };
    struct recover recover = { .found = &found };
    struct err err = { 0 };
    uint64_t first = 0;
    bool gathered = recover_gather(&recover, content, &first, &err);
    check(gathered == (err.kind == ERR_NONE));
    if (gathered)
        recover_gather_states(&recover, content);
    recover_settle_outputs(&recover);
    for (size_t i = 1; i < found.n_outputs; i++)
        check(found.outputs[i - 1].number <= found.outputs[i].number);
    if (found.n_states)
        recovered_drop_state(&found, slice_of_text(found.states[0].id));
    arena_free(&found.arena);
}

void record_fuzz(const uint8_t *data, size_t size)
{
    struct slice content = { data, size };
    struct progress loaded = { 0 }, applied = { 0 };
    struct err err = { 0 };
    fuzz_entries(content);
    fuzz_recovery(content);
    if (progress_load(&loaded, content, 7, &err))
        fuzz_snapshot(&loaded);
    else
        check(err.kind == ERR_FATAL);
    if (progress_apply(&applied, content, 1, 5, &err))
        fuzz_snapshot(&applied);
    else
        check(err.kind == ERR_FATAL);
    progress_free(&loaded);
    progress_free(&applied);
}
