/* Whether what came out is what went in. Two judges: the printed counts, and the offsets in the batch
 * log. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "durable/file.h"
#include "durable/record.h"
#include "parts.h"
#include "worker_sim.h"

#define RULE "-------------------------------------------\n"
#define RULE_LEN 44

/* ---- what was printed */

struct printed { /* a block under a `Time:` */
    const char *time;
    size_t time_len;
    const char *body; /* up to the next block */
    size_t len;
    bool whole; /* ends with its empty line */
};

struct printout {
    struct printed *blocks;
    size_t n, cap;
};

static const char *find_block(const char *at, const char *end)
{
    while ((at = memmem(at, (size_t)(end - at), RULE "Time: ", RULE_LEN + 6)) != NULL) {
        const char *line = at + RULE_LEN, *stop = memchr(line, '\n', (size_t)(end - line));
        if (!stop)
            return NULL;
        const char *body = stop + 1 + RULE_LEN;
        bool ruled = body <= end && memcmp(stop + 1, RULE, RULE_LEN) == 0;
        if (ruled && !(end - body >= 6 && memcmp(body, "Time: ", 6) == 0))
            return at; /* else it was torn there, and the rule is the next one's */
        at = line;
    }
    return NULL;
}

/* It is whole when its empty line is there; what follows is the beginning of a torn one. */
static void block_end(struct printed *block)
{
    const char *empty = block->len && *block->body == '\n'
                            ? block->body - 1
                            : memmem(block->body, block->len, "\n\n", 2);
    block->whole = empty;
    if (empty)
        block->len = (size_t)(empty + 2 - block->body);
}

static void printout_read(struct printout *out, struct slice bytes)
{
    const char *end = (const char *)bytes.ptr + bytes.len;
    for (const char *at = find_block(bytes.ptr, end), *next; at; at = next) {
        struct printed block = { .time = at + RULE_LEN };
        block.time_len =
            (size_t)((char *)memchr(block.time, '\n', (size_t)(end - block.time)) - block.time);
        block.body = block.time + block.time_len + 1 + RULE_LEN;
        next = find_block(block.body, end);
        block.len = (size_t)((next ? next : end) - block.body);
        block_end(&block);
        if (out->n == out->cap) {
            out->cap = out->cap ? out->cap * 2 : 256;
            out->blocks = realloc(out->blocks, out->cap * sizeof *out->blocks);
            check(out->blocks);
        }
        out->blocks[out->n++] = block;
    }
}

static bool same_time(const struct printed *a, const struct printed *b)
{
    return a->time_len == b->time_len && memcmp(a->time, b->time, a->time_len) == 0;
}

static int by_time(const void *a, const void *b)
{
    const struct printed *x = a, *y = b;
    size_t len = x->time_len < y->time_len ? x->time_len : y->time_len;
    int order = memcmp(x->time, y->time, len);
    if (order == 0)
        order = (x->time_len > y->time_len) - (x->time_len < y->time_len);
    return order ? order : (x->whole < y->whole) - (x->whole > y->whole); /* the whole ones first */
}

static void count_body(struct tally *tally, const struct printed *block, uint64_t *words)
{
    const char *end = block->body + block->len;
    for (const char *at = block->body; at < end && *at != '\n';) {
        unsigned long long word, n;
        int used = 0;
        bool fits = sscanf(at, "('word%llu', %llu)\n%n", &word, &n, &used) == 2 && used &&
                    word < TALLY_WORDS;
        sim_expect(tally->sim, fits, "printed: %.40s", at);
        if (!fits)
            return;
        if (tally->keeps_state)
            sim_expect(tally->sim, n >= words[word], "word%llu falls from %llu to %llu", word,
                       (unsigned long long)words[word], n);
        words[word] = tally->keeps_state ? n : words[word] + n;
        at += used;
    }
}

/* Each record by itself, in the order of its partition: none lost, made up, doubled, or out of its place. */
static void count_lines(struct tally *tally, const struct printed *block, uint64_t *lines)
{
    const char *end = block->body + block->len;
    for (const char *at = block->body; at < end && *at != '\n';) {
        unsigned long long line;
        int partition, used = 0;
        bool fits = sscanf(at, "p%d:%llu\n%n", &partition, &line, &used) == 2 && used &&
                    partition >= 0 && partition < tally->partitions;
        sim_expect(tally->sim, fits, "printed: %.40s", at);
        if (!fits)
            return;
        sim_expect(tally->sim, line == lines[partition],
                   "partition %d: record %llu where %llu belongs", partition, line,
                   (unsigned long long)lines[partition]);
        lines[partition] = line + 1;
        at += used;
    }
}

static void judge_printed(struct tally *tally)
{
    struct printout out = { 0 };
    uint64_t words[TALLY_WORDS] = { 0 }, lines[TALLY_PARTITIONS] = { 0 };
    size_t from = 0;
    printout_read(&out, sim_output(tally->sim, &from));
    if (out.n)
        qsort(out.blocks, out.n, sizeof *out.blocks, by_time);
    const struct printed *last = NULL;
    for (size_t i = 0; i < out.n; i++) {
        struct printed *block = &out.blocks[i];
        if (last && same_time(last, block)) {
            bool same = !block->whole || (last->len == block->len &&
                                          memcmp(last->body, block->body, last->len) == 0);
            sim_expect(tally->sim, same, "printed twice, and not the same: %.*s",
                       (int)block->time_len, block->time);
            continue;
        }
        sim_expect(tally->sim, block->whole, "never printed whole: %.*s", (int)block->time_len,
                   block->time);
        if (tally->shows_lines)
            count_lines(tally, block, lines);
        else
            count_body(tally, block, words);
        last = block;
    }
    census_add(CENSUS_RECORDS, tally->records);
    for (int i = 0; i < TALLY_WORDS; i++) {
        uint64_t lost = tally->words[i] > words[i] ? tally->words[i] - words[i] : 0;
        census_add(CENSUS_LOST, lost);
        census_add(CENSUS_DOUBLED, words[i] + lost - tally->words[i]);
        sim_expect(tally->sim, words[i] == tally->words[i], "word%d: %llu produced, %llu printed",
                   i, (unsigned long long)tally->words[i], (unsigned long long)words[i]);
    }
    for (int i = 0; i < tally->partitions; i++) {
        uint64_t lost = tally->lines[i] > lines[i] ? tally->lines[i] - lines[i] : 0;
        census_add(CENSUS_LOST, lost);
        sim_expect(tally->sim, !lost, "partition %d: %llu records at its end never came", i,
                   (unsigned long long)lost);
    }
    free(out.blocks);
}

/* ---- what the batch log says */

struct log_file_seen {
    uint64_t index;
    struct slice bytes;
};

struct log_seen {
    struct tally *tally;
    struct log_file_seen files[8000];
    size_t n;
    struct log_file_seen snapshots[32];
    size_t n_snapshots;
    int64_t next[TALLY_PARTITIONS]; /* offsets in batches so far; -1 = no starting position yet */
    uint64_t records, batch;
    int64_t batch_ms;
};

static void seen_file(void *ctx, const char *path, struct slice bytes)
{
    struct log_seen *seen = ctx;
    const char *name = path[0] == 'e' ? strchr(path, '/') : NULL;
    if (!name)
        return;
    if (strncmp(name, "/log/", 5) == 0 && seen->n < ARRAY_SIZE(seen->files))
        seen->files[seen->n++] = (struct log_file_seen){ strtoull(name + 5, NULL, 10), bytes };
    if (strncmp(name, "/snap/", 6) == 0 && seen->n_snapshots < ARRAY_SIZE(seen->snapshots))
        seen->snapshots[seen->n_snapshots++] =
            (struct log_file_seen){ strtoull(name + 6, NULL, 10), bytes };
}

static int by_index(const void *a, const void *b)
{
    const struct log_file_seen *x = a, *y = b;
    return (x->index > y->index) - (x->index < y->index);
}

static void judge_range(struct log_seen *seen, const struct entry *entry, uint64_t index)
{
    struct sim *sim = seen->tally->sim;
    int32_t partition = entry->range.partition;
    bool known = partition >= 0 && partition < seen->tally->partitions;
    sim_expect(sim, known, "record %llu: partition %d", (unsigned long long)index, partition);
    if (!known)
        return;
    sim_expect(sim, entry->range.from == seen->next[partition],
               "record %llu: offsets of partition %d from %lld, not %lld",
               (unsigned long long)index, partition, (long long)entry->range.from,
               (long long)seen->next[partition]);
    uint64_t there = sim_kafka_count(seen->tally->kafka, TALLY_TOPIC, partition, entry->range.from,
                                     entry->range.to);
    sim_expect(sim, entry->range.count == there, "record %llu: %llu records in [%lld, %lld)",
               (unsigned long long)index, (unsigned long long)entry->range.count,
               (long long)entry->range.from, (long long)entry->range.to);
    seen->next[partition] = entry->range.to;
}

static void judge_entry(struct log_seen *seen, const struct entry *entry, uint64_t index,
                        bool is_snapshot)
{
    struct sim *sim = seen->tally->sim;
    if (entry->kind == ENTRY_POSITION && entry->position.partition < seen->tally->partitions) {
        int64_t *next = &seen->next[entry->position.partition];
        sim_expect(sim, *next == -1, "record %llu: a second starting position",
                   (unsigned long long)index);
        *next = entry->position.offset;
    } else if (entry->kind == ENTRY_RANGE) {
        judge_range(seen, entry, index);
    } else if (entry->kind == ENTRY_BATCH) {
        sim_expect(sim, is_snapshot || entry->batch.number == seen->batch + 1,
                   "record %llu: batch %llu after %llu", (unsigned long long)index,
                   (unsigned long long)entry->batch.number, (unsigned long long)seen->batch);
        sim_expect(sim, entry->batch.time_ms > seen->batch_ms, "record %llu: time goes back",
                   (unsigned long long)index);
        seen->batch = entry->batch.number;
        seen->batch_ms = entry->batch.time_ms;
        seen->records += entry->batch.records;
    }
}

static void judge_content(struct log_seen *seen, struct slice bytes, uint64_t index,
                          bool is_snapshot)
{
    struct sim *sim = seen->tally->sim;
    struct file_head want = { .kind = is_snapshot ? FILE_SNAP : FILE_LOG, .index = index }, head;
    struct slice content;
    struct record_reader reader;
    struct entry entry;
    struct err err;
    enum file_state state = file_open(bytes, NULL, &head, &content, &err);
    bool whole = state == FILE_WHOLE && head.kind == want.kind && head.index == index &&
                 record_open(content, &reader, &err);
    sim_expect(sim, whole, "%s %llu is damaged", is_snapshot ? "snapshot" : "record",
               (unsigned long long)index);
    while (whole && record_next(&reader, &entry, &err))
        judge_entry(seen, &entry, index, is_snapshot);
}

/* The oldest one from which the log goes on without a hole; what is older was put back by a request
 * that was done twice. NULL: there is none yet. */
static const struct log_file_seen *first_snapshot(const struct log_seen *seen)
{
    uint64_t first = seen->n ? seen->files[seen->n - 1].index : 0; /* of the log's last piece */
    for (size_t i = seen->n; i-- > 0 && seen->files[i].index + 1 >= first;)
        first = seen->files[i].index;
    for (size_t i = 0; i < seen->n_snapshots; i++)
        if (seen->snapshots[i].index + 1 >= first)
            return &seen->snapshots[i];
    return NULL;
}

void tally_judge_log(struct tally *tally)
{
    struct log_seen *seen = sim_alloc(sizeof *seen);
    seen->tally = tally;
    seen->batch_ms = INT64_MIN;
    for (int i = 0; i < TALLY_PARTITIONS; i++)
        seen->next[i] = -1;
    sim_store_walk(sim_store(tally->sim, tally->url), "", seen_file, seen);
    qsort(seen->files, seen->n, sizeof *seen->files, by_index);
    qsort(seen->snapshots, seen->n_snapshots, sizeof *seen->snapshots, by_index);
    const struct log_file_seen *snapshot = first_snapshot(seen);
    if (snapshot)
        judge_content(seen, snapshot->bytes, snapshot->index, true);
    uint64_t next = snapshot ? snapshot->index + 1 : 1;
    for (size_t i = 0; i < seen->n; i++) {
        if (seen->files[i].index < next)
            continue;
        sim_expect(tally->sim, seen->files[i].index == next, "record %llu is missing",
                   (unsigned long long)next);
        judge_content(seen, seen->files[i].bytes, next++, false);
    }
    for (int32_t i = 0; i < tally->partitions; i++)
        sim_expect(tally->sim, seen->next[i] == sim_kafka_end(tally->kafka, TALLY_TOPIC, i),
                   "partition %d: batches go up to %lld of %lld", i, (long long)seen->next[i],
                   (long long)sim_kafka_end(tally->kafka, TALLY_TOPIC, i));
    sim_expect(tally->sim, seen->records == tally->records,
               "%llu records in batches, %llu produced", (unsigned long long)seen->records,
               (unsigned long long)tally->records);
    free(seen);
}

void tally_judge(struct tally *tally)
{
    judge_printed(tally);
    tally_judge_log(tally);
}
