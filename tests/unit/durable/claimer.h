/* A worker that claims, and what its claim came to. */
#pragma once
#include <check.h>
#include <stdio.h>

#include "durable/claim.h"
#include "memory.h"

struct claimer { /* one worker and what its claim came to */
    struct directory *directory;
    struct err err;
    bool done, fenced, waits, dead;
    uint64_t dead_to; /* owners of epochs up to this one are dead as well */
    struct claim_owner owner;
    unsigned waitings, troubles;
    char trouble[200]; /* the last one that was no relief */
};

static void trouble_cb(void *ctx, const struct err *err, uint64_t next_ms)
{
    struct claimer *claimer = ctx;
    ck_assert((err->kind == ERR_NONE) == (next_ms == 0));
    claimer->troubles++;
    if (err->kind != ERR_NONE)
        snprintf(claimer->trouble, sizeof claimer->trouble, "%.190s", err->text);
}

static void fenced_cb(void *ctx, const struct err *err)
{
    struct claimer *claimer = ctx;
    ck_assert(claimer->done && !claimer->fenced && err->kind == ERR_FENCED);
    claimer->fenced = true;
}

static void waiting_cb(void *ctx, const struct claim_owner *owner)
{
    struct claimer *claimer = ctx;
    claimer->owner = *owner;
    claimer->waitings++;
    claimer->waits = true;
}

static bool is_dead_cb(void *ctx, const struct claim_owner *owner)
{
    struct claimer *claimer = ctx;
    ck_assert(owner->host[0] && owner->epoch > 0);
    return claimer->dead || owner->epoch <= claimer->dead_to;
}

static void done_cb(void *ctx, struct directory *directory, const struct err *err)
{
    struct claimer *claimer = ctx;
    ck_assert(!claimer->done && !directory == (err->kind != ERR_NONE));
    claimer->done = true;
    claimer->directory = directory;
    claimer->err = *err;
}

static void claim_for(struct test *test, struct claimer *claimer, const char *job)
{
    claim_start(&(struct claim_conf){ .loop = test->loop,
                                      .store = test->store,
                                      .job = job,
                                      .version = "1.2.3",
                                      .is_dead = is_dead_cb,
                                      .patience_ms = 1000,
                                      .places = 4,
                                      .trouble = trouble_cb,
                                      .fenced = fenced_cb,
                                      .waiting = waiting_cb,
                                      .done = done_cb,
                                      .ctx = claimer });
}

/* Claims and waits for the end. */
static void claim_now(struct test *test, struct claimer *claimer)
{
    *claimer = (struct claimer){ .dead = true };
    claim_for(test, claimer, "orders");
    test_until(test, &claimer->done);
    ck_assert_msg(claimer->err.kind == ERR_NONE, "%s", claimer->err.text);
}
