/* Whether what came out is what went in: the batch log from its first record to its last, as it was published, and what is left
 * of it in the store. */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "canon_judge.h"
#include "kafka.h"
#include "parts.h"
#include "tree.h"

static void corrupt(const struct canon_judge *judge, const char *what)
{
    canon_fault(judge, CENSUS_CORRUPT, (struct slice){ what, strlen(what) });
}

/* ---- entries */

static int64_t *next_of(struct canon_judge *judge, const struct canon_entry *entry, int *topic)
{
    struct tally *tally = judge->tally;
    for (*topic = 0; *topic < tally->kind->topics; ++*topic)
        if (canon_is(entry->text[0], canon_topics[*topic]) &&
            canon_is(entry->text[1], canon_topics[*topic]) && entry->n[0] >= 0 &&
            entry->n[0] < tally->partitions[*topic])
            return &judge->next[*topic][entry->n[0]];
    sim_fail(tally->sim, "record %llu: a partition that nobody has",
             (unsigned long long)judge->index);
    return NULL;
}

static void add_items(struct canon_judge *judge, const struct canon_entry *range, int topic)
{
    struct sim_partition *from =
        sim_partition(judge->tally->kafka, canon_topics[topic], (int32_t)range->n[0]);
    size_t n = 0;
    for (size_t i = sim_partition_at(from, range->n[1]);
         i < from->n && from->records[i].offset < range->n[2]; i++, n++) {
        const struct sim_record *record = &from->records[i];
        if (judge->n_items == judge->cap_items) {
            judge->cap_items = judge->cap_items ? judge->cap_items * 2 : 256;
            judge->items = realloc(judge->items, judge->cap_items * sizeof *judge->items);
            check(judge->items);
        }
        struct canon_item *item = &judge->items[judge->n_items++];
        *item =
            (struct canon_item){ .topic = topic,
                                 .partition = (int32_t)range->n[0],
                                 .offset = record->offset,
                                 .value = { record->bytes + record->key_len, record->value_len } };
        canon_read(judge->tally->kind, item);
    }
    sim_expect(judge->tally->sim, n == (uint64_t)range->n[3],
               "record %llu: %lld records in [%lld, %lld)", (unsigned long long)judge->index,
               (long long)range->n[3], (long long)range->n[1], (long long)range->n[2]);
    census_add(CENSUS_LEFT_OUT, (uint64_t)(range->n[2] - range->n[1]) - n);
}

/* What is given up must be gone, as the policy says, and a worker must have said so. */
static void see_gap(struct canon_judge *judge, const struct canon_entry *gap, int topic)
{
    struct tally *tally = judge->tally;
    int32_t partition = (int32_t)gap->n[0];
    int64_t low = sim_kafka_low(tally->kafka, canon_topics[topic], partition);
    int64_t end = sim_kafka_end(tally->kafka, canon_topics[topic], partition);
    bool is_told = false;
    for (size_t i = 0; i < tally->n_gaps; i++) {
        const struct tally_gap *told = &tally->gaps[i];
        is_told |= strcmp(told->topic, canon_topics[topic]) == 0 && told->partition == partition &&
                   told->from == gap->n[1] && told->to == gap->n[2];
    }
    sim_expect(tally->sim, is_told, "record %llu: nobody was told of the gap [%lld, %lld)",
               (unsigned long long)judge->index, (long long)gap->n[1], (long long)gap->n[2]);
    bool may = strcmp(tally->on_gone, "earliest") == 0 ? gap->n[2] <= low
                                                       : gap->n[1] < low && gap->n[2] <= end;
    if (!may || strcmp(tally->on_gone, "fail") == 0)
        canon_fault(judge, CENSUS_LOST, gap->text[1]);
    uint64_t n =
        sim_kafka_count(tally->kafka, canon_topics[topic], partition, gap->n[1], gap->n[2]);
    judge->skipped += n;
    census_add(CENSUS_SKIPPED, n);
}

/* A range, or a gap that nobody reads: both go on where the last one ended. */
static void see_offsets(struct canon_judge *judge, const struct canon_entry *entry)
{
    int topic;
    int64_t *next = next_of(judge, entry, &topic);
    if (!next)
        return;
    sim_expect(judge->tally->sim, entry->n[1] == *next && entry->n[2] > *next,
               "record %llu: offsets of %s/%lld from %lld, not %lld",
               (unsigned long long)judge->index, canon_topics[topic], (long long)entry->n[0],
               (long long)entry->n[1], (long long)*next);
    *next = entry->n[2];
    if (entry->kind == CANON_RANGE)
        add_items(judge, entry, topic);
    else
        see_gap(judge, entry, topic);
}

static void see_position(struct canon_judge *judge, const struct canon_entry *entry)
{
    int topic;
    int64_t *next = next_of(judge, entry, &topic);
    if (!next)
        return;
    sim_expect(judge->tally->sim, *next == -1, "record %llu: a second starting position",
               (unsigned long long)judge->index);
    *next = entry->n[1];
    if (*next > sim_kafka_low(judge->tally->kafka, canon_topics[topic], (int32_t)entry->n[0]))
        canon_fault(judge, CENSUS_LOST, entry->text[1]);
    judge->gone +=
        sim_kafka_count(judge->tally->kafka, canon_topics[topic], (int32_t)entry->n[0], 0, *next);
}

static void see_dead(struct canon_judge *judge, const struct canon_entry *entry)
{
    if (judge->n_dead == judge->cap_dead) {
        judge->cap_dead = judge->cap_dead ? judge->cap_dead * 2 : 16;
        judge->dead = realloc(judge->dead, judge->cap_dead * sizeof *judge->dead);
        check(judge->dead);
    }
    judge->dead[judge->n_dead++] = *entry;
}

static void see_entry(struct canon_judge *judge, const struct canon_entry *entry)
{
    if (entry->kind == CANON_BATCH || entry->kind == CANON_CATCHUP)
        canon_judge_batch(judge);
    if (entry->kind == CANON_START) {
        judge->zero_ms = judge->time_ms = entry->n[0];
        judge->interval_ms = entry->n[1];
    } else if (entry->kind == CANON_POSITION) {
        see_position(judge, entry);
    } else if (entry->kind == CANON_RANGE || entry->kind == CANON_GAP) {
        see_offsets(judge, entry);
    } else if (entry->kind == CANON_TAKEN) {
        judge->taken[canon_is(entry->text[0], canon_topics[1])] = (uint64_t)entry->n[0];
    } else if (entry->kind == CANON_BATCH) {
        judge->open = true;
        judge->batch = *entry;
    } else if (entry->kind == CANON_OUTPUT && judge->n_outputs < CANON_OUTPUTS) {
        judge->outputs[judge->n_outputs++] = *entry;
    } else if (entry->kind == CANON_DEAD) {
        see_dead(judge, entry);
    } else if (entry->kind == CANON_CATCHUP) {
        sim_expect(judge->tally->sim, entry->n[0] == judge->time_ms, "ticks are folded twice");
        canon_judge_folded(judge, entry->n[1]);
    }
}

static void read_record(struct canon_judge *judge, struct sim_bytes *bytes)
{
    unsigned kind = 0;
    uint64_t index = 0;
    if (!bytes || !canon_whole((struct slice){ bytes->bytes, bytes->len }, &kind, &index) ||
        kind != CANON_FILE_LOG || index != judge->index) {
        corrupt(judge, "a record of the batch log is not whole");
        return;
    }
    struct canon_reader reader = canon_reader((struct slice){ bytes->bytes, bytes->len });
    struct canon_entry entry;
    while (canon_next(&reader, &entry) && !*judge->tally->sim->failure)
        see_entry(judge, &entry);
    if (reader.bad)
        corrupt(judge, "a record of the batch log does not fit");
    canon_judge_batch(judge);
    judge->after[judge->index].number = judge->number;
    memcpy(judge->after[judge->index].next, judge->next, sizeof judge->next);
}

/* ---- what is left in the store */

/* What a snapshot says of batches and offsets is what the log says up to the record that it stands for. */
static void see_snapshot(struct canon_judge *judge, const char *path, struct slice bytes,
                         uint64_t index)
{
    if (index == 0 || index > judge->tally->n_log) {
        corrupt(judge, path);
        return;
    }
    const struct canon_after *after = &judge->after[index];
    struct canon_reader reader = canon_reader(bytes);
    struct canon_entry entry;
    judge->index = index;
    while (canon_next(&reader, &entry) && !*judge->tally->sim->failure) {
        int topic = 0;
        int64_t *next = entry.kind == CANON_POSITION ? next_of(judge, &entry, &topic) : NULL;
        if (next && after->next[topic][entry.n[0]] != entry.n[1])
            corrupt(judge, path);
        if (entry.kind == CANON_BATCH && (uint64_t)entry.n[0] != after->number)
            corrupt(judge, path);
    }
    if (reader.bad)
        corrupt(judge, path);
}

/* A create and a rename that are done twice may put back what was deleted long since, and a failover may take half of that: such
 * files count for nobody. */
static bool counts(const struct canon_judge *judge, const char *name)
{
    const char *dash = strrchr(name, '-');
    uint64_t number = strtoull(strchr(name + 1, '/') ? strchr(name + 1, '/') + 1 : "", NULL, 10);
    if (strncmp(name, "/log/", 5) == 0 || strncmp(name, "/snap/", 6) == 0)
        return number > judge->snapshot;
    for (int topic = 0; topic < CANON_TOPICS && dash; topic++)
        if (strncmp(name + 5, canon_topics[topic], (size_t)(dash - name - 5)) == 0)
            return strtoull(dash + 1, NULL, 10) > judge->taken[topic];
    return false; /* owner-3 */
}

static void find_snapshot(void *ctx, const char *path, struct slice bytes)
{
    struct canon_judge *judge = ctx;
    unsigned kind;
    uint64_t index;
    if (path[0] != 'e' || !strstr(path, "/snap/") || !canon_whole(bytes, &kind, &index))
        return;
    see_snapshot(judge, path, bytes, index);
    if (index > judge->snapshot)
        judge->snapshot = index;
}

/* Nothing torn has a name in the job's directory and counts, whatever went wrong on the way there. */
static void see_file(void *ctx, const char *path, struct slice bytes)
{
    struct canon_judge *judge = ctx;
    const char *name = path[0] == 'e' ? strchr(path, '/') : NULL;
    unsigned kind;
    uint64_t index;
    if (!name || !counts(judge, name))
        return;
    if (!canon_whole(bytes, &kind, &index)) {
        corrupt(judge, path);
        return;
    }
    if (strncmp(name, "/log/", 5) != 0)
        return;
    const struct sim_bytes *known =
        index && index <= judge->tally->n_log ? judge->tally->log[index] : NULL;
    if (!known || known->len != bytes.len || memcmp(known->bytes, bytes.ptr, bytes.len) != 0)
        corrupt(judge, path);
}

static void see_store(struct canon_judge *judge)
{
    struct sim_store *store = sim_store(judge->tally->sim, judge->tally->url);
    if (judge->tally->spoiled)
        return;
    sim_store_walk(store, "", find_snapshot, judge);
    sim_store_walk(store, "", see_file, judge);
}

static void see_ends(struct canon_judge *judge)
{
    struct tally *tally = judge->tally;
    for (int topic = 0; topic < tally->kind->topics; topic++)
        for (int32_t i = 0; i < tally->partitions[topic]; i++) {
            int64_t end = sim_kafka_end(tally->kafka, canon_topics[topic], i);
            sim_expect(tally->sim, judge->next[topic][i] == end,
                       "%s/%d: batches go up to %lld of %lld", canon_topics[topic], (int)i,
                       (long long)judge->next[topic][i], (long long)end);
        }
    sim_expect(tally->sim, judge->gone + judge->records + judge->skipped == tally->records,
               "%llu records gone before the start, %llu in batches, %llu skipped by policy, %llu "
               "produced",
               (unsigned long long)judge->gone, (unsigned long long)judge->records,
               (unsigned long long)judge->skipped, (unsigned long long)tally->records);
    if (judge->at < judge->printout.n && judge->printout.blocks[judge->at].whole)
        canon_fault(judge, CENSUS_PHANTOM, judge->printout.blocks[judge->at].all);
}

size_t tally_gaps(const struct tally *tally, size_t from)
{
    size_t n = 0;
    for (size_t i = from + 1; i <= tally->n_log; i++) {
        struct sim_bytes *bytes = tally->log[i];
        struct canon_reader reader = canon_reader((struct slice){ bytes->bytes, bytes->len });
        struct canon_entry entry;
        while (canon_next(&reader, &entry))
            n += entry.kind == CANON_GAP;
    }
    return n;
}

void tally_judge(struct tally *tally)
{
    struct canon_judge *judge = sim_alloc(sizeof *judge);
    size_t from = 0;
    judge->tally = tally;
    memset(judge->next, 0xff, sizeof judge->next); /* -1 */
    judge->after = sim_alloc((tally->n_log + 1) * sizeof *judge->after);
    canon_judge_open(judge);
    printout_read(&judge->printout, sim_output(tally->sim, &from));
    for (judge->index = 1; judge->index <= tally->n_log && !*tally->sim->failure; judge->index++)
        read_record(judge, tally->log[judge->index]);
    census_add(CENSUS_RECORDS, tally->records);
    if (!*tally->sim->failure)
        see_ends(judge);
    see_store(judge);
    printout_free(&judge->printout);
    canon_judge_close(judge);
    free(judge->after);
    free(judge->items);
    free(judge->dead);
    free(judge);
}
