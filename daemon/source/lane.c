#include "source/lane.h"

#include "base/check.h"
#include "base/mem.h"
#include "column/block.h"
#include "source/receiver_task.h"

#define LANE_POLLS 4      /* of a queue in one step: then the others, and the mail */
#define RECORD_GUESS 1024 /* bytes, before one was seen */
#define RATE_BURST_MS 100 /* of the rate that may come at once */

void lanes_init(struct lanes *lanes)
{
    list_init(&lanes->pool);
    lanes->messages = mem_alloc(sizeof *lanes->messages * KAFKA_POLL_MAX);
}

void lanes_free(struct lanes *lanes)
{
    for (uint32_t i = 0; i < lanes->n; i++)
        block_free(lanes->lane[i].block);
    while (!list_empty(&lanes->pool)) {
        struct block *block = LIST_ITEM(list_first(&lanes->pool), struct block, link);
        list_remove(&block->link);
        block_free(block);
    }
    mem_free(lanes->lane);
    mem_free(lanes->messages);
}

static struct lane *lanes_at(struct lanes *lanes, uint32_t part)
{
    uint32_t n = lanes->receiver->n_parts;
    check(part < n);
    if (lanes->n < n)
        lanes->lane = mem_realloc(lanes->lane, sizeof *lanes->lane * n);
    for (; lanes->n < n; lanes->n++)
        lanes->lane[lanes->n] = (struct lane){ .record_bytes = RECORD_GUESS };
    return &lanes->lane[part];
}

struct kafka_queue *lanes_queue(struct lanes *lanes, uint32_t part)
{
    return lanes_at(lanes, part)->queue;
}

void lanes_set_end(struct lanes *lanes, uint32_t part, int64_t end)
{
    lanes_at(lanes, part)->end = end;
}

void lanes_set_queue(struct lanes *lanes, uint32_t part, struct kafka_queue *queue)
{
    struct lane *lane = lanes_at(lanes, part);
    if (!queue && lane->queue)
        kafka_unassign(lane->queue);
    lane->queue = queue;
}

void lanes_drop_queues(struct lanes *lanes)
{
    for (uint32_t i = 0; i < lanes->n; i++)
        lanes->lane[i].queue = NULL;
}

/* ---- the pool */

static uint64_t block_size(const struct block *block)
{
    return block->cap + (uint64_t)block->rows_cap * sizeof *block->rows;
}

static struct block *pool_make(struct lanes *lanes, uint32_t bytes, uint32_t rows)
{
    struct block *block = block_new(bytes, rows);
    lanes->made += block_size(block);
    return block;
}

/* Room of a new block: small enough that each partition gets two. */
static uint32_t pool_block_bytes(const struct lanes *lanes)
{
    uint64_t bytes = lanes->pool_bytes / (2 * (uint64_t)lanes->n + 2);
    if (bytes > BLOCK_BYTES_MAX)
        return BLOCK_BYTES_MAX;
    return bytes < BLOCK_BYTES_MIN ? BLOCK_BYTES_MIN : (uint32_t)bytes;
}

static uint64_t pool_limit(const struct lanes *lanes)
{
    uint64_t least = 2 * (uint64_t)lanes->n * (2 * BLOCK_BYTES_MIN);
    return lanes->pool_bytes > least ? lanes->pool_bytes : least;
}

/* An empty block; NULL: the pool is spent. With `must` there always is one: what was taken out of a
 * queue has to go somewhere, and that is at most what a queue holds. */
static struct block *pool_take(struct lanes *lanes, bool must)
{
    struct list *first = list_first(&lanes->pool);
    if (first) {
        list_remove(first);
        return LIST_ITEM(first, struct block, link);
    }
    if (lanes->made >= pool_limit(lanes) && !must)
        return NULL;
    uint32_t bytes = pool_block_bytes(lanes);
    return pool_make(lanes, bytes, bytes / BLOCK_BYTES_A_ROW);
}

void lanes_release(struct lanes *lanes, struct block *block)
{
    bool is_odd = block->rows_cap == 1; /* made for one huge record */
    uint64_t size = block_size(block);
    if (is_odd || lanes->made >= pool_limit(lanes) + size) {
        lanes->made -= size;
        block_free(block);
        return;
    }
    block_clear(block);
    list_add_head(&lanes->pool, &block->link); /* the warmest first */
}

/* ---- sealing */

static void lane_seal(struct lanes *lanes, struct lane *lane)
{
    struct block *block = lane->block;
    lane->block = NULL;
    if (!block)
        return;
    if (block->count == 0) {
        lanes_release(lanes, block);
        return;
    }
    lanes->sealed(lanes->ctx, block, lane->again);
    lane->again = 0;
}

void lanes_seal(struct lanes *lanes, uint32_t part)
{
    lane_seal(lanes, lanes_at(lanes, part));
}

void lanes_seal_all(struct lanes *lanes)
{
    for (uint32_t i = 0; i < lanes->n; i++)
        lane_seal(lanes, &lanes->lane[i]);
}

/* ---- draining */

static bool lane_put(struct lanes *lanes, struct lane *lane, const struct block_record *record)
{
    if (lane->block && block_append(lane->block, record))
        return true;
    lane_seal(lanes, lane);
    lane->block = pool_take(lanes, true);
    if (block_append(lane->block, record))
        return true;
    uint64_t bytes = (uint64_t)record->key_len + record->value_len + record->headers_len;
    if (bytes > RECORD_BYTES_MAX)
        return false;
    lane_seal(lanes, lane);
    lane->block = pool_make(lanes, (uint32_t)bytes, 1);
    return block_append(lane->block, record);
}

static struct block_record message_record(const struct kafka_message *message)
{
    return (struct block_record){ .key = message->key,
                                  .value = message->value,
                                  .headers = message->headers,
                                  .key_len = message->key_len,
                                  .value_len = message->value_len,
                                  .headers_len = message->headers_len,
                                  .offset = message->offset,
                                  .time_ms = message->time_ms };
}

static uint32_t message_crc(const struct kafka_message *message)
{
    struct block_record record = message_record(message);
    return block_record_crc(&record);
}

/* False: what is below is not what it was. */
static bool lane_compare(struct lanes *lanes, uint32_t part, size_t n)
{
    for (size_t i = 0; i < n && lanes->receiver->parts[part].is_doubted; i++)
        if (!receiver_compare(lanes->receiver, part, lanes->messages[i].offset,
                              message_crc(&lanes->messages[i])))
            return false;
    return true;
}

/* Puts n messages into blocks; false: one of them is too large for any. */
static bool lane_fill(struct lanes *lanes, uint32_t part, size_t n, uint64_t now_ms)
{
    struct lane *lane = &lanes->lane[part];
    struct receiver_part *at = &lanes->receiver->parts[part];
    int64_t next = at->next;
    uint64_t bytes = 0;
    check(n > 0);
    if (!lane_compare(lanes, part, n))
        return false;
    for (size_t i = 0; i < n; i++) {
        const struct kafka_message *message = &lanes->messages[i];
        if (message->offset < next) {
            lane->again += message->offset != at->last; /* which is only compared */
            continue;
        }
        struct block_record record = message_record(message);
        uint64_t size = (uint64_t)message->key_len + message->value_len + message->headers_len;
        if (!lane_put(lanes, lane, &record)) {
            receiver_refuse(lanes->receiver, part, message->offset, size);
            return false;
        }
        if (lane->block->count == 1) {
            lane->block->topic = at->topic;
            lane->block->partition = at->partition;
            lane->block->opened_ms = now_ms;
        }
        next = message->offset + 1;
        bytes += size;
    }
    if (next > at->next)
        receiver_last(lanes->receiver, part, next - 1, message_crc(&lanes->messages[n - 1]));
    lane->record_bytes = (uint32_t)(bytes / n) + 1;
    receiver_moved(lanes->receiver, part, next, now_ms);
    return true;
}

/* How many messages surely find room, as far as one can tell; 0: none, there is no block. */
static size_t lane_room(struct lanes *lanes, struct lane *lane)
{
    struct block *block = lane->block;
    if (block && (block->count == block->rows_cap || block->cap - block->used < lane->record_bytes))
        lane_seal(lanes, lane);
    if (!lane->block)
        lane->block = pool_take(lanes, false);
    if (!lane->block)
        return 0;
    size_t rows = lane->block->rows_cap - lane->block->count;
    size_t fit = (lane->block->cap - lane->block->used) / lane->record_bytes;
    if (fit > rows)
        fit = rows;
    if (fit > KAFKA_POLL_MAX)
        fit = KAFKA_POLL_MAX;
    return fit ? fit : 1;
}

static size_t rate_bound(const struct lanes *lanes, size_t max)
{
    if (!lanes->rate || lanes->tokens >= max)
        return max;
    return (size_t)lanes->tokens;
}

/* Messages from `offset` on have come. */
static void lane_heard(struct lanes *lanes, const struct lane *lane, int64_t offset,
                       uint64_t now_ms)
{
    uint64_t silence_ms = now_ms - lanes->heard_ms;
    bool counts = lanes->heard_ms && !lanes->excused && lane->end > offset;
    if (counts && silence_ms > lanes->silence_ms)
        lanes->silence_ms = silence_ms;
    lanes->heard_ms = now_ms;
    lanes->excused = false;
}

/* True: there may be more in the queue. */
static bool lane_drain(struct lanes *lanes, uint32_t part, uint64_t now_ms)
{
    struct lane *lane = &lanes->lane[part];
    for (int i = 0; i < LANE_POLLS; i++) {
        size_t max = rate_bound(lanes, lane_room(lanes, lane));
        if (max == 0) { /* no block or no rate: whose return wakes us */
            receiver_excuse(lanes->receiver, part, now_ms);
            lanes->excused = true;
            return false;
        }
        size_t n = kafka_poll(lane->queue, lanes->messages, max);
        if (n == 0)
            return false;
        lane_heard(lanes, lane, lanes->messages[0].offset, now_ms);
        bool is_fine = lane_fill(lanes, part, n, now_ms);
        kafka_release(lane->queue);
        lanes->tokens -= lanes->rate ? n : 0;
        if (n < max || !is_fine)
            return false;
    }
    return true;
}

static void rate_refill(struct lanes *lanes, uint64_t now_ms)
{
    uint64_t burst = lanes->rate * RATE_BURST_MS / 1000, now_us = now_ms * 1000;
    if (!lanes->rate)
        return;
    if (!lanes->tokens_us || now_us - lanes->tokens_us > 1000000) /* more would not count */
        lanes->tokens_us = now_us - (lanes->tokens_us ? 1000000 : 0);
    uint64_t new = (now_us - lanes->tokens_us) * lanes->rate / 1000000;
    lanes->tokens_us += new * 1000000 / lanes->rate; /* what is less than a record stays */
    lanes->tokens += new;
    if (lanes->tokens > (burst ? burst : 1))
        lanes->tokens = burst ? burst : 1;
}

/* Seals what is old and gives back what is empty; returns when the next one gets old. */
static uint64_t lanes_age(struct lanes *lanes, uint64_t now_ms)
{
    uint64_t wait_ms = UINT32_MAX;
    for (uint32_t i = 0; i < lanes->n; i++) {
        struct lane *lane = &lanes->lane[i];
        if (!lane->block)
            continue;
        uint64_t age_ms = lane->block->count ? now_ms - lane->block->opened_ms : UINT64_MAX;
        if (age_ms >= lanes->interval_ms)
            lane_seal(lanes, lane);
        else if (lanes->interval_ms - age_ms < wait_ms)
            wait_ms = lanes->interval_ms - age_ms;
    }
    return wait_ms;
}

uint64_t lanes_step(struct lanes *lanes, uint64_t now_ms)
{
    const struct receiver *receiver = lanes->receiver;
    bool more = false, can = !receiver->held && sm_state(&receiver->sm) == RECEIVER_OPEN;
    rate_refill(lanes, now_ms);
    lanes->excused |= !can;
    for (uint32_t i = 0; can && i < lanes->n; i++) {
        uint32_t part = (lanes->first + i) % lanes->n;
        if (lanes->lane[part].queue && sm_state(&receiver->sm) == RECEIVER_OPEN)
            more |= lane_drain(lanes, part, now_ms);
    }
    lanes->first = lanes->n ? (lanes->first + 1) % lanes->n : 0;
    uint64_t wait_ms = lanes_age(lanes, now_ms);
    if (lanes->rate && lanes->tokens == 0 && wait_ms > 10)
        wait_ms = 10;
    return more ? 0 : wait_ms;
}
