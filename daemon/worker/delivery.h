/* Delivers what committed batches show, in the order of the batches. What cannot be delivered is
 * tried again, whole, until it is: at least once, with identical content. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define DELIVERY_WAITING_MAX (64u << 20) /* bytes; beyond it no batch is closed */

struct delivery;
struct loop;
struct out;

struct delivery_conf {
    struct loop *loop;
    struct out *out; /* where print goes; borrowed */
    /* A batch's output is delivered; the bytes are freed behind it. */
    void (*delivered)(void *ctx, const char *label, uint64_t number);
    void (*trouble)(void *ctx, const struct err *err, uint64_t next_ms); /* ERR_NONE: over */
    void *ctx;
};
struct delivery *delivery_new(const struct delivery_conf *conf);
/* label outlives the delivery; the bytes are taken over, *bytes is empty then. */
void delivery_add(struct delivery *delivery, const char *label, uint64_t number, struct buf *bytes);
bool delivery_idle(const struct delivery *delivery);
bool delivery_full(const struct delivery *delivery);
/* Begins no other write: the attempt is over. NULL is fine. */
void delivery_halt(struct delivery *delivery);
void delivery_free(struct delivery *delivery); /* with what waits; NULL is fine */
