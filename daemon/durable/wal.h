/* The write-ahead log of one source: blocks go into wal/<source>-<seq> in group commits. While
 * writes are under way, arriving blocks gather for the next, up to WAL_GROUP_BYTES. Creates run at
 * once, renames in order, so the log has no hole and each record is in it once. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/list.h"
#include "durable/directory.h"

#define WAL_GROUP_BYTES (8u << 20) /* a batch cannot split a file, so a file is bounded */
#define WAL_FILE_MAX (2ull << 30)  /* of one block alone: its largest record and its rows */

struct arena;
struct block;
struct wal;

struct wal_conf {
    struct directory *directory;
    const char *source;  /* its name */
    uint64_t seq, chain; /* of the last group commit that is published */
    /* A group commit is published: its blocks in order, seq and frame set on each. They are the
     * caller's again. Only now may their source be acknowledged. */
    void (*published)(void *ctx, struct wal *wal, struct list *blocks);
    void *ctx;
};
struct wal *wal_new(const struct wal_conf *conf);
void wal_add(struct wal *wal, struct block *block); /* the log's until published() */
uint64_t wal_waiting(const struct wal *wal);        /* bytes that are not published yet */
uint64_t wal_seq(const struct wal *wal);            /* last published */
uint64_t wal_chain(const struct wal *wal);          /* hash of its last frame */
void wal_free(struct wal *wal);                     /* nothing is under way */

struct wal_back {       /* a group commit read back */
    struct list blocks; /* of the callee's, if err says that there is no failure */
    uint64_t chain;     /* hash of its last frame */
    struct err err;     /* else ERR_FATAL with the file and the reason */
    bool damaged;       /* which is: it is there, and its bytes are not those that were written, or
                           those of the one before it are not those that stood there then */
};
typedef void (*wal_read_cb)(void *ctx, struct wal_back *back);
struct wal_read { /* one group commit to read back */
    struct directory *directory;
    const char *source; /* its name; borrowed until cb */
    uint64_t seq;
    uint64_t chain;       /* hash of the frame before its first */
    struct arena *topics; /* where the blocks' topics live */
    wal_read_cb cb;
    void *ctx;
};
/* Reads wal/<source>-<seq>; cb once. A store that is away is waited for. *read is copied. */
void wal_read_start(const struct wal_read *read);
