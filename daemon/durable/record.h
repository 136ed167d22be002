/* The content of a batch log record (log/<index>) and of a snapshot (snap/<index>): a head and typed
 * entries. Big-endian. Of the slices below, `bytes`, `key` and `value` are u32 length and bytes, all
 * others are texts: u16 length and bytes.
 *
 *     0  u64 hash of the record before it (record_hash of that file's bytes); in a snapshot: of the
 *            record log/<index> that it stands for; 0 for the first record
 *     8  u32 number of entries
 *    12      entries: u16 kind, u32 length of the body, body (below, in the order of the fields; `crc` of a
 *            position and of a range is left out when it is 0, as by a version that knows none)
 *
 * A record holds any number of batches in order. ENTRY_BATCH opens one; the entries marked "of a
 * batch" that follow belong to it. A kind that a reader does not know is an error: what it means
 * could not be carried on. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum entry_kind {
    ENTRY_START = 1, /* first record and every snapshot */
    ENTRY_POSITION,  /* where a partition's reading begins (record) or goes on (snapshot) */
    ENTRY_GAP,       /* offsets given up by policy: reading goes on at `to` */
    ENTRY_BATCH,     /* a batch (record); the last one's number, time and sums (snapshot) */
    ENTRY_TAKEN,     /* of a batch: a source's blocks up to this group commit are in it */
    ENTRY_RANGE,     /* of a batch: records of one partition that are in it */
    ENTRY_OUTPUT,    /* of a batch: what an output shows, inline */
    ENTRY_OUTFILE,   /* of a batch: the same in out/<epoch>-<batch>-<output>-<part> */
    ENTRY_DEAD,      /* of a batch: a record that could not be decoded or mapped */
    ENTRY_DELTA,     /* of a batch: what changed in the state `id`; in a snapshot: all of it. With
                      * no bytes, of no batch: the state was dropped, by the user's word */
    ENTRY_DELIVERED, /* an output has delivered all batches up to this number */
    ENTRY_CATCHUP,   /* empty ticks after downtime, folded: batch times (after, up_to] */
    ENTRY_KINDS
};

struct entry {
    enum entry_kind kind;
    union {
        struct {
            int64_t zero_ms;
            uint64_t interval_ms, hash_seed;
        } start;
        struct {
            struct slice source, topic;
            int32_t partition;
            int64_t offset;
            uint32_t crc; /* of the record before offset, as of a range */
        } position;
        struct {
            struct slice source, topic;
            int32_t partition;
            int64_t from, to;
        } gap;
        struct {
            uint64_t number;
            int64_t time_ms;
            uint64_t records, errors;
        } batch;
        struct {
            struct slice source;
            uint64_t seq, chain;
        } taken;
        /* offsets [from, to): `to` is the partition's new position; offsets may have holes. crc tells
         * the record at to - 1 from any other: block_last_crc(); 0 = not known */
        struct {
            struct slice source, topic;
            int32_t partition;
            int64_t from, to;
            uint64_t count;
            uint32_t crc;
        } range;
        struct {
            struct slice label, bytes;
        } output;
        struct {
            struct slice label, name;
            uint64_t length;
            uint32_t crc;
        } outfile;
        struct {
            struct slice source, topic;
            int32_t partition;
            int64_t offset;
            uint16_t code; /* 401 for E401 */
            struct slice place, reason, key, value;
            uint8_t absent; /* bit 0: the key is absent, bit 1: the value is */
        } dead;
        struct {
            struct slice id, bytes;
        } delta;
        struct {
            struct slice label;
            uint64_t number;
        } delivered;
        struct {
            int64_t after_ms, up_to_ms;
        } catchup;
    };
};

#define RECORD_HEAD_SIZE 12

struct record {       /* one under way; {0} is an empty one */
    struct buf bytes; /* entries so far, behind room for the head */
    uint32_t n;       /* entries */
    struct record *
        next; /* further entries of the same content, so that a large one grows without being copied; NULL = none */
};
void record_put(struct record *record, const struct entry *entry); /* copies what it views */
/* The content, its head included; lives until the record changes. */
struct slice record_seal(struct record *record, uint64_t before);
/* The same of one with further parts, as pieces: one for each part. */
void record_seal_parts(struct record *record, uint64_t before, struct slice *pieces);
uint32_t record_parts(const struct record *record);
void record_clear(struct record *record);
void record_free(struct record *record); /* this part of it */

struct record_reader {
    struct reader reader;
    uint64_t before; /* hash of the record before */
    uint32_t left;   /* entries to come */
};
/* False (ERR_FATAL, code 350): the content is not a record's. */
bool record_open(struct slice content, struct record_reader *reader, struct err *err);
/* The next entry, whose slices are views into the content. False at the end (err->kind ERR_NONE) or
 * when it does not fit (ERR_FATAL, code 350). */
bool record_next(struct record_reader *reader, struct entry *entry, struct err *err);
uint64_t record_hash(struct slice file); /* of a record's whole file, for the next one's `before` */
/* The same of a file in three parts: FILE_HEAD_SIZE bytes, the content, FILE_TAIL_SIZE bytes. */
uint64_t record_hash_parts(const uint8_t *head, struct slice content, const uint8_t *tail);
