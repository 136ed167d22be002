/* Publishing: the only way into the job's directory. The bytes are created under tmp/ and put in
 * place by a rename that only the owner can do:
 *   1 create tmp/<epoch>.<nonce>/<name>.<try>; no yes: the next try, never the same file again. A
 *     try older than max(2 s, 4 x the usual), and a second for each 8 MiB, is joined by one more on
 *     other servers.
 *   2 rename it to e<epoch>.<nonce>/<name>; no answer: the same rename again, until there is one.
 *   3 rename says no: touch the target. Yes: an earlier send did it, published. No, and our
 *     directory is there: the rename again (source gone: a new create). No, and it is not: fenced.
 * Refusals and silence are repeated for ever with a growing wait, and told to directory->trouble. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/list.h"
#include "durable/directory.h"

struct publish;
typedef void (*publish_cb)(struct publish *publish);

struct publish_lane { /* what is published in a lane is put in place in the order of its starts, one
                         at a time; creates run at once. {0} is not one: publish_lane_init() */
    struct list publishes;
};
void publish_lane_init(struct publish_lane *lane);

enum publish_class {
    PUBLISH_RECORD,
    PUBLISH_BLOCK,
    PUBLISH_OTHER
}; /* who gets a place first; the
                                                                           last place is a record's */

struct publish_conf {
    struct directory *directory;
    struct publish_lane *lane; /* NULL: no order */
    enum publish_class class;
    struct file_head head;      /* kind, index and name; the rest is filled in */
    const char *path;           /* below the directory: "wal/kafka0-17"; copied */
    const struct slice *pieces; /* the content; the bytes are borrowed until cb */
    uint32_t n_pieces;
    const uint32_t *crc; /* crc32c() of the content, when it is known; else NULL */
    publish_cb cb;       /* published (never when fenced: directory->fenced is told) */
    void *ctx;
};
/* Starts it; publish_ctx() is conf->ctx. It frees itself behind cb. */
struct publish *publish_start(const struct publish_conf *conf);
void *publish_ctx(const struct publish *publish);
uint64_t publish_hash(
    const struct publish *publish);                  /* record_hash() of the file as written; of one
                                                          piece, in cb */
uint32_t publish_crc(const struct publish *publish); /* of the file as written: its tail */
