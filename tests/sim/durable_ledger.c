#include "durable_ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"
#include "sim.h"

struct ledger *durable_ledger_new(struct sim *sim, const char *url)
{
    struct ledger *ledger = calloc(1, sizeof *ledger);
    ledger->sim = sim;
    ledger->url = url;
    ledger->offsets = 10 + (uint32_t)sim_below(sim, 50);
    ledger->pushes = (uint32_t)sim_below(sim, LEDGER_PUSHES + 1);
    return ledger;
}

void durable_ledger_free(struct ledger *ledger)
{
    for (uint64_t i = 0; i < LEDGER_BATCHES; i++)
        free(ledger->batches[i].ids);
    free(ledger);
}

void ledger_deliver(struct ledger *ledger, uint64_t number, struct slice ids)
{
    sim_expect(ledger->sim, number > 0 && number < LEDGER_BATCHES, "batch %llu is delivered",
               (unsigned long long)number);
    if (number == 0 || number >= LEDGER_BATCHES)
        return;
    struct ledger_batch *batch = &ledger->batches[number];
    if (batch->there) {
        sim_expect(ledger->sim,
                   batch->n * 8 == ids.len && (!ids.len || !memcmp(batch->ids, ids.ptr, ids.len)),
                   "batch %llu is delivered again with other content", (unsigned long long)number);
        return;
    }
    *batch = (struct ledger_batch){ malloc(ids.len + 1), (uint32_t)(ids.len / 8), true };
    if (ids.len)
        memcpy(batch->ids, ids.ptr, ids.len);
    if (number > ledger->last_batch)
        ledger->last_batch = number;
    ledger->is_counted = false;
}

void ledger_record(struct ledger *ledger, uint64_t index, uint64_t hash)
{
    if (index >= LEDGER_RECORDS)
        return;
    if (ledger->hashes[index]) {
        census_note(CENSUS_COMMITS_TWICE);
        sim_fail(ledger->sim, "record %llu was published twice", (unsigned long long)index);
    }
    ledger->hashes[index] = hash;
}

/* ---- what was delivered */

/* One id in the order of delivery. */
static void ledger_count(struct ledger *ledger, uint64_t id)
{
    uint64_t source = id >> 32, number = id & UINT32_MAX;
    if (source == 99 && number < ledger->pushes) {
        uint32_t pushed = ++ledger->pushed[number];
        sim_expect(ledger->sim, pushed <= ledger->sent[number],
                   "event %u was sent %u times and is delivered %u times", (unsigned)number,
                   ledger->sent[number], pushed);
        return;
    }
    if (source < 1 || source > LEDGER_PARTITIONS || number >= ledger->offsets) {
        sim_fail(ledger->sim, "%llx was never sent", (unsigned long long)id);
        return;
    }
    uint32_t *seen = &ledger->seen[source - 1];
    sim_expect(ledger->sim, number == *seen, "partition %u: offset %u is delivered behind %u",
               (unsigned)source - 1, (unsigned)number, *seen);
    ++*seen;
}

static void ledger_count_all(struct ledger *ledger)
{
    if (ledger->is_counted)
        return;
    ledger->is_counted = true;
    memset(ledger->seen, 0, sizeof ledger->seen);
    memset(ledger->pushed, 0, sizeof ledger->pushed);
    for (uint64_t i = 1; i <= ledger->last_batch; i++) {
        const struct ledger_batch *batch = &ledger->batches[i];
        if (!batch->there) /* not yet: what lies behind it does not count */
            return;
        for (uint32_t k = 0; k < batch->n; k++)
            ledger_count(ledger, batch->ids[k]);
    }
}

bool ledger_complete(struct ledger *ledger)
{
    ledger_count_all(ledger);
    for (uint32_t i = 0; i < ledger->pushes; i++) {
        if (!ledger->acked[i] || !ledger->pushed[i])
            return false;
    }
    for (uint32_t i = 0; i < LEDGER_PARTITIONS; i++) {
        if (ledger->seen[i] < ledger->offsets)
            return false;
    }
    return true;
}

/* ---- what is in the store */

struct found { /* the job's directory, read byte by byte */
    struct ledger *ledger;
    char directory[64];
    uint64_t first, last;           /* records */
    uint64_t taken[2];              /* of sources k and p: last seq in a record */
    uint64_t next[2];               /* the seq that comes next in wal/ */
    int64_t to[LEDGER_PARTITIONS];  /* where the ranges have come to; -1 = not known yet */
    int64_t wal[LEDGER_PARTITIONS]; /* and the blocks */
    uint64_t snapshot;
    uint32_t jobs;
};

static const uint8_t *found_file(struct found *found, const char *path, struct slice bytes,
                                 uint16_t kind, size_t *n)
{
    const uint8_t *at = bytes.ptr;
    bool whole = bytes.len >= 196 && memcmp(at, "TIDEMARK\0\1", 10) == 0 &&
                 be_u16(at + 10) == kind && be_u64(at + 48) == bytes.len &&
                 crc32c(0, at, 188) == be_u32(at + 188) &&
                 crc32c(0, at, bytes.len - 4) == be_u32(at + bytes.len - 4);
    sim_expect(found->ledger->sim, whole, "%s is not whole", path);
    *n = whole ? bytes.len - 196 : 0;
    return at + 192;
}

static void found_range(struct found *found, const char *path, const uint8_t *body)
{
    /* u16 "k", u16 "t", i32 partition, i64 from, i64 to, u64 count */
    uint32_t partition = be_u32(body + 6);
    int64_t from = (int64_t)be_u64(body + 10), to = (int64_t)be_u64(body + 18);
    struct sim *sim = found->ledger->sim;
    if (partition >= LEDGER_PARTITIONS) {
        sim_fail(sim, "%s: partition %u", path, partition);
        return;
    }
    int64_t *at = &found->to[partition];
    sim_expect(sim, *at < 0 || *at == from, "%s: partition %u from %lld, it had come to %lld", path,
               partition, (long long)from, (long long)*at);
    sim_expect(sim, be_u64(body + 26) == (uint64_t)(to - from), "%s: count", path);
    *at = to;
}

static void found_entry(struct found *found, const char *path, uint16_t kind, const uint8_t *body)
{
    if (kind == 6)
        found_range(found, path, body);
    if (kind == 2 && be_u32(body + 6) < LEDGER_PARTITIONS) /* position: as a range's beginning */
        found->to[be_u32(body + 6)] = (int64_t)be_u64(body + 10);
    if (kind != 5) /* taken: u16 source, u64 seq, u64 chain */
        return;
    uint64_t *taken = &found->taken[body[2] == 'p'];
    sim_expect(found->ledger->sim, be_u64(body + 3) >= *taken, "%s: seq goes back", path);
    *taken = be_u64(body + 3);
}

static void found_entries(struct found *found, const char *path, struct slice bytes, uint16_t kind)
{
    size_t n;
    const uint8_t *at = found_file(found, path, bytes, kind, &n), *end = at + n;
    uint32_t entries = n >= 12 ? be_u32(at + 8) : 0;
    for (at += 12; entries > 0 && at + 6 <= end; entries--) {
        found_entry(found, path, be_u16(at), at + 6);
        at += 6 + be_u32(at + 2);
    }
    sim_expect(found->ledger->sim, entries == 0 && at == end, "%s does not end where it should",
               path);
}

static uint64_t number_behind(const char *path, char mark)
{
    return strtoull(strrchr(path, mark) + 1, NULL, 10);
}

/* Names come in the order of bytes: this looks for one after another instead. */
static bool found_read(struct found *found, const char *front, uint64_t number, char *path,
                       struct slice *bytes)
{
    snprintf(path, 200, "%s/%s%llu", found->directory, front, (unsigned long long)number);
    return sim_store_read(sim_store(found->ledger->sim, found->ledger->url), path, bytes);
}

static void found_frame(struct found *found, const char *path, const uint8_t *at)
{
    int32_t partition = (int32_t)be_u32(at + 20);
    int64_t first = (int64_t)be_u64(at + 24), last = (int64_t)be_u64(at + 32);
    int64_t *next = &found->wal[partition];
    sim_expect(found->ledger->sim, *next < 0 || *next == first,
               "%s: partition %d from %lld, the log had come to %lld", path, partition,
               (long long)first, (long long)*next);
    *next = last + 1;
}

static void found_commit(struct found *found, const char *path, struct slice bytes, bool push)
{
    size_t n;
    const uint8_t *at = found_file(found, path, bytes, 3, &n), *end = at + n;
    while (at + 50 <= end && be_u32(at) == 0x544d4631) {
        size_t head = 50u + be_u16(at + 48);
        sim_expect(found->ledger->sim, crc32c(0, at + 8, head - 8) == be_u32(at + 4), "%s: frame",
                   path);
        if (!push)
            found_frame(found, path, at);
        at += head + be_u32(at + 12);
    }
    sim_expect(found->ledger->sim, at == end, "%s: frames", path);
}

static void found_each(void *ctx, const char *path, struct slice bytes)
{
    struct found *found = ctx;
    const char *name = strchr(path, '/');
    (void)bytes;
    if (strcmp(path, "job") == 0)
        found->jobs++;
    if (path[0] != 'e' || !name)
        return;
    size_t n = (size_t)(name - path);
    bool same = strncmp(found->directory, path, n) == 0 && found->directory[n] == 0;
    sim_expect(found->ledger->sim, same || !*found->directory, "two directories: %s and %s",
               found->directory, path);
    snprintf(found->directory, sizeof found->directory, "%.*s", (int)n, path);
    if (strncmp(name, "/log/", 5) == 0) {
        uint64_t index = number_behind(path, '/');
        found->first = !found->first || index < found->first ? index : found->first;
        found->last = index > found->last ? index : found->last;
    }
    if (strncmp(name, "/snap/", 6) == 0 && number_behind(path, '/') > found->snapshot)
        found->snapshot = number_behind(path, '/');
    if (strncmp(name, "/wal/", 5) == 0 && number_behind(path, '-') > found->next[name[5] == 'p'])
        found->next[name[5] == 'p'] = number_behind(path, '-');
}

static void found_records(struct found *found)
{
    struct sim *sim = found->ledger->sim;
    char path[200];
    struct slice bytes;
    sim_expect(sim, found->first <= 1 || found->first <= found->snapshot,
               "the log begins at %llu, the newest snapshot is %llu",
               (unsigned long long)found->first, (unsigned long long)found->snapshot);
    if (found->snapshot && found_read(found, "snap/", found->snapshot, path, &bytes))
        found_entries(found, path, bytes, 5);
    for (uint64_t i = found->snapshot + 1; i <= found->last && !*sim->failure; i++) {
        bool there = found_read(found, "log/", i, path, &bytes);
        sim_expect(sim, there, "a hole: log/%llu", (unsigned long long)i);
        if (there)
            found_entries(found, path, bytes, 4);
    }
}

static void found_wal(struct found *found, bool push)
{
    struct sim *sim = found->ledger->sim;
    char path[200];
    struct slice bytes;
    for (uint64_t i = found->taken[push] + 1; i <= found->next[push] && !*sim->failure; i++) {
        bool there = found_read(found, push ? "wal/p-" : "wal/k-", i, path, &bytes);
        sim_expect(sim, there, "a hole: %s", path);
        if (there)
            found_commit(found, path, bytes, push);
    }
}

void ledger_check(struct ledger *ledger)
{
    struct found found = { .ledger = ledger };
    struct sim *sim = ledger->sim;
    ledger_count_all(ledger);
    sim_store_walk(sim_store(sim, ledger->url), "", found_each, &found);
    sim_expect(sim, found.jobs == 1 || !*found.directory, "%u files `job`", found.jobs);
    for (uint32_t i = 0; i < LEDGER_PARTITIONS; i++)
        found.to[i] = -1;
    if (found.first)
        found_records(&found);
    for (uint32_t i = 0; i < LEDGER_PARTITIONS; i++)
        found.wal[i] = found.to[i];
    found_wal(&found, false);
    found_wal(&found, true);
}
