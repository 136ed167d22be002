#include "durable/progress.h"

#include <inttypes.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"

static bool progress_fail(struct err *err, const char *what, uint64_t number)
{
    return err_code(err, ERR_FATAL, 350, "%s (%" PRIu64 ")", what, number);
}

static bool name_is(const char *name, struct slice text)
{
    return strlen(name) == text.len && (text.len == 0 || memcmp(name, text.ptr, text.len) == 0);
}

static bool name_copy(char *name, struct slice text, struct err *err)
{
    if (text.len >= FILE_NAME_SIZE || (text.len && memchr(text.ptr, 0, text.len)))
        return progress_fail(err, "a name that cannot be one", text.len);
    memset(name, 0, FILE_NAME_SIZE);
    if (text.len)
        memcpy(name, text.ptr, text.len);
    return true;
}

/* The source of that name, made when it is new; NULL: it cannot be one. */
static struct progress_source *progress_source_of(struct progress *progress, struct slice name,
                                                  struct err *err)
{
    for (size_t i = 0; i < progress->n_sources; i++) {
        if (name_is(progress->sources[i].name, name))
            return &progress->sources[i];
    }
    struct progress_source source = { 0 };
    if (!name_copy(source.name, name, err))
        return NULL;
    size_t n = progress->n_sources++;
    progress->sources = mem_realloc(progress->sources, (n + 1) * sizeof source);
    progress->sources[n] = source;
    return &progress->sources[n];
}

static struct progress_output *progress_output_of(struct progress *progress, struct slice label,
                                                  uint64_t delivered, struct err *err)
{
    for (size_t i = 0; i < progress->n_outputs; i++) {
        if (name_is(progress->outputs[i].label, label))
            return &progress->outputs[i];
    }
    struct progress_output output = { .delivered = delivered };
    if (!name_copy(output.label, label, err))
        return NULL;
    size_t n = progress->n_outputs++;
    progress->outputs = mem_realloc(progress->outputs, (n + 1) * sizeof output);
    progress->outputs[n] = output;
    return &progress->outputs[n];
}

struct partition_key {
    uint32_t source;
    struct slice topic;
    int32_t partition;
};

static int partition_compare(const struct partition_key *key, const struct progress_partition *with)
{
    if (key->source != with->source)
        return key->source < with->source ? -1 : 1;
    size_t len = strlen(with->topic), n = key->topic.len < len ? key->topic.len : len;
    int order = n ? memcmp(key->topic.ptr, with->topic, n) : 0;
    if (order != 0)
        return order;
    if (key->topic.len != len)
        return key->topic.len < len ? -1 : 1;
    return (key->partition > with->partition) - (key->partition < with->partition);
}

/* Where the partition is or belongs. */
static size_t partition_place(const struct progress *progress, const struct partition_key *key,
                              bool *there)
{
    size_t low = 0, high = progress->n_partitions;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (partition_compare(key, &progress->partitions[mid]) > 0)
            low = mid + 1;
        else
            high = mid;
    }
    *there =
        low < progress->n_partitions && partition_compare(key, &progress->partitions[low]) == 0;
    return low;
}

static struct progress_partition *partition_of(struct progress *progress, struct slice source,
                                               struct slice topic, int32_t partition)
{
    for (uint32_t i = 0; i < progress->n_sources; i++) {
        if (!name_is(progress->sources[i].name, source))
            continue;
        bool there;
        size_t at =
            partition_place(progress, &(struct partition_key){ i, topic, partition }, &there);
        return there ? &progress->partitions[at] : NULL;
    }
    return NULL;
}

static bool apply_position(struct progress *progress, const struct entry *entry, struct err *err)
{
    const struct progress_source *source =
        progress_source_of(progress, entry->position.source, err);
    if (!source)
        return false;
    if (entry->position.offset < 0)
        return progress_fail(err, "a position before the first offset", progress->index);
    struct slice topic = entry->position.topic;
    struct partition_key key = { (uint32_t)(source - progress->sources), topic,
                                 entry->position.partition };
    bool there;
    size_t at = partition_place(progress, &key, &there);
    if (there)
        return progress_fail(err, "a second beginning of a partition", at);
    size_t n = progress->n_partitions++;
    struct progress_partition *all =
        mem_realloc(progress->partitions, (n + 1) * sizeof *progress->partitions);
    memmove(all + at + 1, all + at, (n - at) * sizeof *all);
    all[at] =
        (struct progress_partition){ key.source, mem_strndup(topic.ptr, topic.len), key.partition,
                                     entry->position.offset, entry->position.crc };
    progress->partitions = all;
    return true;
}

static bool apply_gap(struct progress *progress, const struct entry *entry, struct err *err)
{
    struct progress_partition *partition =
        partition_of(progress, entry->gap.source, entry->gap.topic, entry->gap.partition);
    if (!partition)
        return progress_fail(err, "a gap in a partition without a beginning", progress->index);
    if (entry->gap.from < partition->offset || entry->gap.to < 0)
        return progress_fail(err, "a gap in offsets that were read", (uint64_t)entry->gap.from);
    partition->offset = entry->gap.to;
    partition->crc = 0;
    return true;
}

static bool apply_range(struct progress *progress, const struct entry *entry, struct err *err)
{
    struct progress_partition *partition =
        partition_of(progress, entry->range.source, entry->range.topic, entry->range.partition);
    if (!partition)
        return progress_fail(err, "a range of a partition without a beginning", progress->index);
    if (entry->range.from < partition->offset || entry->range.to < entry->range.from)
        return progress_fail(err, "offsets out of order, from", (uint64_t)entry->range.from);
    if (entry->range.count > (uint64_t)(entry->range.to - entry->range.from))
        return progress_fail(err, "more records than offsets", entry->range.count);
    partition->offset = entry->range.to;
    partition->crc = entry->range.crc;
    return true;
}

static bool apply_batch(struct progress *progress, const struct entry *entry, bool snapshot,
                        struct err *err)
{
    uint64_t number = entry->batch.number;
    if (!snapshot && number != progress->batch + 1)
        return progress_fail(err, "a batch whose number does not follow", number);
    bool first = progress->batch == 0 && progress->batch_ms == 0;
    if (!first && entry->batch.time_ms <= progress->batch_ms)
        return progress_fail(err, "a batch whose time does not follow", number);
    progress->batch = number;
    progress->batch_ms = entry->batch.time_ms;
    progress->records += entry->batch.records;
    progress->errors += entry->batch.errors;
    return true;
}

static bool apply_taken(struct progress *progress, const struct entry *entry, struct err *err)
{
    struct progress_source *source = progress_source_of(progress, entry->taken.source, err);
    if (!source)
        return false;
    if (entry->taken.seq < source->seq)
        return progress_fail(err, "group commits out of order", entry->taken.seq);
    source->seq = entry->taken.seq;
    source->chain = entry->taken.chain;
    return true;
}

static bool apply_delivered(struct progress *progress, const struct entry *entry, bool snapshot,
                            struct err *err)
{
    struct progress_output *output = progress_output_of(progress, entry->delivered.label, 0, err);
    if (!output)
        return false;
    if (entry->delivered.number > progress->batch)
        return progress_fail(err, "a batch delivered before it was", entry->delivered.number);
    if (output->delivered < entry->delivered.number)
        output->delivered = entry->delivered.number;
    if (snapshot) /* which says `delivered up to the last batch` of all that owe nothing */
        output->last = progress->batch;
    return true;
}

static bool apply_start(struct progress *progress, const struct entry *entry, struct err *err)
{
    if (progress->started)
        return progress_fail(err, "a second beginning of the job", progress->index);
    progress->started = true;
    progress->zero_ms = entry->start.zero_ms;
    progress->interval_ms = entry->start.interval_ms;
    progress->hash_seed = entry->start.hash_seed;
    return true;
}

static bool apply_catchup(struct progress *progress, const struct entry *entry, struct err *err)
{
    if (entry->catchup.after_ms < progress->batch_ms ||
        entry->catchup.up_to_ms <= entry->catchup.after_ms)
        return progress_fail(err, "ticks out of order", (uint64_t)entry->catchup.up_to_ms);
    progress->batch_ms = entry->catchup.up_to_ms;
    return true;
}

/* A new output, or one that owes nothing: what came before needs no delivery. */
static bool apply_output(struct progress *progress, struct slice label, struct err *err)
{
    if (progress->batch == 0)
        return progress_fail(err, "an output without a batch", progress->index);
    uint64_t before = progress->batch - 1;
    struct progress_output *output = progress_output_of(progress, label, before, err);
    if (!output)
        return false;
    if (output->last <= output->delivered && output->delivered < before)
        output->delivered = before;
    output->last = progress->batch;
    return true;
}

static bool apply_entry(struct progress *progress, const struct entry *entry, bool snapshot,
                        struct err *err)
{
    switch (entry->kind) {
        case ENTRY_START:
            return apply_start(progress, entry, err);
        case ENTRY_POSITION:
            return apply_position(progress, entry, err);
        case ENTRY_GAP:
            return apply_gap(progress, entry, err);
        case ENTRY_BATCH:
            return apply_batch(progress, entry, snapshot, err);
        case ENTRY_TAKEN:
            return apply_taken(progress, entry, err);
        case ENTRY_RANGE:
            return apply_range(progress, entry, err);
        case ENTRY_OUTPUT:
            return apply_output(progress, entry->output.label, err);
        case ENTRY_OUTFILE:
            return apply_output(progress, entry->outfile.label, err);
        case ENTRY_DELIVERED:
            return apply_delivered(progress, entry, snapshot, err);
        case ENTRY_CATCHUP:
            return apply_catchup(progress, entry, err);
        case ENTRY_DEAD:
        case ENTRY_DELTA:
        case ENTRY_KINDS:
            break;
    }
    return true;
}

static bool apply_all(struct progress *progress, struct record_reader *reader, bool snapshot,
                      struct err *err)
{
    struct err mine = { 0 };
    struct entry entry;
    bool ok = true;
    while (ok && record_next(reader, &entry, &mine))
        ok = apply_entry(progress, &entry, snapshot, &mine);
    if (mine.kind != ERR_NONE && err)
        *err = mine;
    return mine.kind == ERR_NONE;
}

bool progress_apply(struct progress *progress, struct slice content, uint64_t index, uint64_t hash,
                    struct err *err)
{
    struct record_reader reader;
    if (!record_open(content, &reader, err))
        return false;
    if (index != progress->index + 1)
        return progress_fail(err, "a record whose index does not follow", index);
    if (reader.before != progress->hash)
        return progress_fail(err, "another record stood before this one when it was written",
                             index);
    progress->index = index;
    progress->hash = hash;
    return apply_all(progress, &reader, false, err);
}

bool progress_load(struct progress *progress, struct slice snapshot, uint64_t index,
                   struct err *err)
{
    struct record_reader reader;
    check(progress->index == 0);
    if (!record_open(snapshot, &reader, err))
        return false;
    progress->index = index;
    progress->hash = reader.before;
    return apply_all(progress, &reader, true, err);
}

static void save_partition(const struct progress *progress, size_t i, struct record *out)
{
    const struct progress_partition *partition = &progress->partitions[i];
    struct entry entry = { .kind = ENTRY_POSITION };
    entry.position.source = slice_of_text(progress->sources[partition->source].name);
    entry.position.topic = slice_of_text(partition->topic);
    entry.position.partition = partition->partition;
    entry.position.offset = partition->offset;
    entry.position.crc = partition->crc;
    record_put(out, &entry);
}

void progress_save(const struct progress *progress, struct record *out)
{
    struct entry start = { .kind = ENTRY_START,
                           .start = { progress->zero_ms, progress->interval_ms,
                                      progress->hash_seed } };
    struct entry batch = { .kind = ENTRY_BATCH,
                           .batch = { progress->batch, progress->batch_ms, progress->records,
                                      progress->errors } };
    if (progress->started)
        record_put(out, &start);
    record_put(out, &batch);
    for (size_t i = 0; i < progress->n_sources; i++) {
        const struct progress_source *source = &progress->sources[i];
        record_put(out, &(struct entry){
                            .kind = ENTRY_TAKEN,
                            .taken = { slice_of_text(source->name), source->seq, source->chain } });
    }
    for (size_t i = 0; i < progress->n_partitions; i++)
        save_partition(progress, i, out);
    for (size_t i = 0; i < progress->n_outputs; i++) {
        const struct progress_output *output = &progress->outputs[i];
        bool owes = output->last > output->delivered;
        uint64_t number = owes ? output->delivered : progress->batch;
        record_put(out, &(struct entry){ .kind = ENTRY_DELIVERED,
                                         .delivered = { slice_of_text(output->label), number } });
    }
}

const struct progress_partition *progress_find(const struct progress *progress, const char *source,
                                               const char *topic, int32_t partition)
{
    return partition_of((struct progress *)progress, slice_of_text(source), slice_of_text(topic),
                        partition);
}

const struct progress_source *progress_source(const struct progress *progress, const char *name)
{
    for (size_t i = 0; i < progress->n_sources; i++) {
        if (strcmp(progress->sources[i].name, name) == 0)
            return &progress->sources[i];
    }
    return NULL;
}

uint64_t progress_delivered(const struct progress *progress, const char *label)
{
    for (size_t i = 0; i < progress->n_outputs; i++)
        if (strcmp(progress->outputs[i].label, label) == 0)
            return progress->outputs[i].delivered;
    return 0;
}

void progress_free(struct progress *progress)
{
    for (size_t i = 0; i < progress->n_partitions; i++)
        mem_free(progress->partitions[i].topic);
    mem_free(progress->sources);
    mem_free(progress->partitions);
    mem_free(progress->outputs);
    *progress = (struct progress){ 0 };
}
