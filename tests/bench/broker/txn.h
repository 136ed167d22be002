/* Transactions of a partition: which batches are part of one, and how it ended. Told in the order of
 * their offsets, by one thread at a time; what is there stands still. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

#define TXN_SLOTS_MAX 64

enum txn_kind { TXN_DATA, TXN_COMMIT, TXN_ABORT };
struct txn_slot {
    int64_t at, producer;
    enum txn_kind kind;
    struct buf batch; /* what stands at this offset */
};

/* The batch at this offset is this producer's (DATA: plain, made his), or the end of his transaction.
 * False: there are too many. */
bool txn_add(int64_t at, int64_t producer, enum txn_kind kind, const struct buf *plain);
/* NULL: what stands there is in no transaction. */
const struct txn_slot *txn_at(int64_t at);
/* The last stable offset of a log that ends at `end`: where the first transaction without an end
 * begins. */
int64_t txn_stable(int64_t end);
/* The aborted transactions of a Fetch: their number, and producer and first offset of each that ends
 * from `from` on and before `end`. */
void txn_put_aborted(struct buf *out, int64_t from, int64_t end);
