#include "txn.h"

#include <stddef.h>

#include "batch.h"

static struct txn_slot slots[TXN_SLOTS_MAX];
static size_t n_slots;

bool txn_add(int64_t at, int64_t producer, enum txn_kind kind, const struct buf *plain)
{
    if (n_slots == TXN_SLOTS_MAX)
        return false;
    struct txn_slot *slot = &slots[n_slots];
    *slot = (struct txn_slot){ .at = at, .producer = producer, .kind = kind };
    if (kind == TXN_DATA)
        batch_of_producer(&slot->batch, plain, producer);
    else
        batch_marker(&slot->batch, producer, kind == TXN_COMMIT);
    n_slots++;
    return true;
}

const struct txn_slot *txn_at(int64_t at)
{
    for (size_t i = 0; i < n_slots; i++)
        if (slots[i].at == at)
            return &slots[i];
    return NULL;
}

/* The end of the transaction that this batch is part of, if it lies before `end`. */
static const struct txn_slot *end_of(const struct txn_slot *data, int64_t end)
{
    for (const struct txn_slot *slot = data; slot < slots + n_slots; slot++)
        if (slot->producer == data->producer && slot->kind != TXN_DATA && slot->at < end)
            return slot;
    return NULL;
}

int64_t txn_stable(int64_t end)
{
    for (const struct txn_slot *slot = slots; slot < slots + n_slots; slot++)
        if (slot->kind == TXN_DATA && slot->at < end && !end_of(slot, end))
            return slot->at;
    return end;
}

void txn_put_aborted(struct buf *out, int64_t from, int64_t end)
{
    const struct txn_slot *told[TXN_SLOTS_MAX];
    size_t length_at = out->len;
    uint32_t n = 0;
    buf_put_u32(out, 0);
    for (const struct txn_slot *slot = slots; slot < slots + n_slots; slot++) {
        const struct txn_slot *last = slot->kind == TXN_DATA ? end_of(slot, end) : NULL;
        bool is_told = !last || last->kind != TXN_ABORT || last->at < from;
        for (uint32_t i = 0; i < n && !is_told; i++)
            is_told = told[i] == last;
        if (is_told)
            continue;
        told[n++] = last;
        buf_put_u64(out, (uint64_t)slot->producer);
        buf_put_u64(out, (uint64_t)slot->at);
    }
    be_put_u32(out->ptr + length_at, n);
}
