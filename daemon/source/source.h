/* A source: receives records into blocks, waits until each block is published, then acknowledges it. All calls are made on
 * the loop's thread and all callbacks fire there, never from inside a call; what runs on other threads is the source's own
 * matter. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct block;
struct loop;
struct source;

struct source_position {
    const char *topic; /* lives as long as the source */
    int32_t partition;
    int64_t offset; /* the next one to read */
    uint32_t
        crc; /* assign: the record before it must still be the same, see block_last_crc(); 0: not
                     * known */
};

struct source_found {  /* a partition that the source has come to know */
    const char *topic; /* lives as long as the source */
    int32_t partition;
    bool is_later;     /* it appeared after its topic was looked at: all of it is new to the job */
    int64_t committed; /* the group's committed offset; -1 = none */
    int64_t low, high; /* first offset still there; the end (behind the last stable record) */
};

struct source_lag {
    const char *topic;
    int32_t partition;
    int64_t next, end; /* next offset to read; the end as last heard. -1 = not known yet */
};

struct source_events { /* what a source tells its worker */
    /* Partitions found at the start, or later; the worker answers with source_assign() once their starting positions are
     * published. `found` is borrowed for the call. n = 0: all partitions that there were when their topics were first looked at are told; again
     * when a topic could not be looked at before. */
    void (*found)(void *ctx, struct source *source, const struct source_found *found, size_t n);
    /* A sealed block; it belongs to the worker until source_release(). */
    void (*block)(void *ctx, struct source *source, struct block *block);
    /* Offsets [from, to) of a partition are gone at the source and the job's policy is to go on at `to`: the worker publishes
     * the gap, then answers with source_assign() for this partition at `to`. */
    void (*gap)(void *ctx, struct source *source, struct source_position from, int64_t to);
    /* err->kind ERR_RETRY: the peer is away or refuses, the source goes on trying; ERR_NONE: it is back; any other kind: it has
     * stopped for good. */
    void (*state)(void *ctx, struct source *source, const struct err *err);
    void (*closed)(void *ctx, struct source *source); /* the last callback; then source_free() */
};

struct source_ops {
    void (*assign)(struct source *source, const struct source_position *positions,
                   size_t n); /* more partitions, or one anew */
    void (*release)(struct source *source,
                    struct block *block); /* published and computed: the memory may be used again */
    void (*commit)(struct source *source, const struct source_position *positions,
                   size_t n); /* advisory, to the group */
    void (*hold)(struct source *source,
                 bool hold); /* while held nothing is drained; blocks under way still come */
    /* Backpressure: no more records a second than this, nor than the job says; 0 = no such limit. */
    void (*limit)(struct source *source, uint64_t rate);
    void (*finish)(
        struct source
            *source); /* stop receiving; seal what was received; closed() follows the last block */
    size_t (*lag)(struct source *source, struct source_lag *out,
                  size_t max); /* as last heard; returns how many there are */
    void (*free)(struct source *source);
};

struct source { /* the head of each kind's own struct */
    const struct source_ops *ops;
    const struct source_events *events;
    void *ctx;               /* for events */
    uint32_t index;          /* position in the job's list of sources */
    const char *name;        /* as in the job file, or its kind and position */
    uint64_t records, bytes; /* received since the start */
    uint64_t again;          /* records dropped since the start: their offsets had come before */
    uint64_t silence_ms;     /* the longest time that nothing came though there was more */
};
