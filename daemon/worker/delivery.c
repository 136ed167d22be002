/* A queue of outputs, one being written. Happy path: write, tell, next. Failure modes: the write
 * fails: the same again after a wait that grows. Close: at any time, what is left is delivered by
 * the next worker. */
#include "worker/delivery.h"

#include "base/backoff.h"
#include "base/check.h"
#include "base/list.h"
#include "base/mem.h"
#include "io/loop.h"
#include "io/out.h"
#include "io/world.h"

struct parcel { /* what one output shows of one batch */
    struct list link;
    const char *label;
    uint64_t number;
    struct buf bytes;
};
struct delivery {
    struct delivery_conf conf;
    struct list parcels; /* the first is being written while busy */
    uint64_t bytes;      /* of all parcels */
    struct out_req req;
    struct loop_timer timer; /* of the next try */
    uint32_t tries;          /* failures in a row */
    bool busy, halted;
};

static void delivery_step(struct delivery *delivery);

static void delivery_timer_cb(struct loop_timer *timer)
{
    struct delivery *delivery = CONTAINER_OF(timer, struct delivery, timer);
    delivery->busy = false;
    delivery_step(delivery);
}

static void delivery_failed(struct delivery *delivery)
{
    uint32_t random;
    world_random(loop_world(delivery->conf.loop), &random, sizeof random);
    struct backoff backoff = { .initial_ms = 1000, .max_ms = 16000 };
    uint64_t wait_ms = backoff_ms(&backoff, ++delivery->tries, random);
    delivery->conf.trouble(delivery->conf.ctx, &delivery->req.err, wait_ms);
    loop_timer_start(delivery->conf.loop, &delivery->timer, wait_ms, delivery_timer_cb);
}

static void delivery_done(struct delivery *delivery)
{
    struct list *first = list_first(&delivery->parcels);
    check(first);
    struct parcel *parcel = LIST_ITEM(first, struct parcel, link);
    if (delivery->tries)
        delivery->conf.trouble(delivery->conf.ctx, &(struct err){ .kind = ERR_NONE }, 0);
    delivery->tries = 0;
    delivery->busy = false;
    list_remove(&parcel->link);
    delivery->bytes -= parcel->bytes.len;
    delivery->conf.delivered(delivery->conf.ctx, parcel->label, parcel->number);
    buf_free(&parcel->bytes);
    mem_free(parcel);
    delivery_step(delivery);
}

static void delivery_cb(struct out_req *req)
{
    struct delivery *delivery = CONTAINER_OF(req, struct delivery, req);
    if (req->err.kind == ERR_NONE)
        delivery_done(delivery);
    else
        delivery_failed(delivery);
}

static void delivery_step(struct delivery *delivery)
{
    if (delivery->busy || delivery->halted || list_empty(&delivery->parcels))
        return;
    struct parcel *parcel = LIST_ITEM(list_first(&delivery->parcels), struct parcel, link);
    delivery->busy = true;
    delivery->req = (struct out_req){ .bytes = buf_slice(&parcel->bytes), .cb = delivery_cb };
    out_write(delivery->conf.out, &delivery->req);
}

struct delivery *delivery_new(const struct delivery_conf *conf)
{
    struct delivery *delivery = mem_zalloc(sizeof *delivery);
    delivery->conf = *conf;
    list_init(&delivery->parcels);
    return delivery;
}

void delivery_add(struct delivery *delivery, const char *label, uint64_t number, struct buf *bytes)
{
    struct parcel *parcel = mem_alloc(sizeof *parcel);
    *parcel = (struct parcel){ .label = label, .number = number, .bytes = *bytes };
    *bytes = (struct buf){ 0 };
    list_add_tail(&delivery->parcels, &parcel->link);
    delivery->bytes += parcel->bytes.len;
    delivery_step(delivery);
}

bool delivery_idle(const struct delivery *delivery)
{
    return list_empty(&delivery->parcels);
}

bool delivery_full(const struct delivery *delivery)
{
    return delivery->bytes > DELIVERY_WAITING_MAX;
}

void delivery_halt(struct delivery *delivery)
{
    if (delivery)
        delivery->halted = true;
}

void delivery_free(struct delivery *delivery)
{
    if (!delivery)
        return;
    loop_timer_stop(delivery->conf.loop, &delivery->timer);
    for (struct list *link; (link = list_first(&delivery->parcels));) {
        struct parcel *parcel = LIST_ITEM(link, struct parcel, link);
        list_remove(link);
        buf_free(&parcel->bytes);
        mem_free(parcel);
    }
    mem_free(delivery);
}
