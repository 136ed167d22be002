/* What an owner does as long as he lives: he touches his owner file, so that others leave him in
 * peace (and learns there that he is fenced), and deletes what earlier owners were writing. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/mem.h"
#include "durable/claim_parts.h"

#define CLAIM_SWEEP_MS 3600000 /* late requests of the dead may write again for some minutes */

static void claim_touch(struct claim *claim);
static void claim_sweep(struct claim *claim);

static void claim_touch_timer_cb(struct loop_timer *timer)
{
    struct claim *claim = CONTAINER_OF(timer, struct claim, keep.touch_timer);
    claim_touch(claim);
}

static void claim_touched_cb(struct ask *ask)
{
    struct claim *claim = CONTAINER_OF(ask, struct claim, keep.touch);
    loop_timer_start(claim->conf.loop, &claim->keep.touch_timer, CLAIM_TOUCH_MS,
                     claim_touch_timer_cb);
}

static void claim_touch(struct claim *claim)
{
    struct ask *ask = &claim->keep.touch;
    ask->req = (struct store_req){ .path = claim->keep.owner_path };
    ask_start(ask, claim->conf.store->ops->touch, claim_touched_cb);
}

static void claim_sweep_timer_cb(struct loop_timer *timer)
{
    struct claim *claim = CONTAINER_OF(timer, struct claim, keep.sweep_timer);
    claim_sweep(claim);
}

static void claim_sweep_next(struct claim *claim);

static void claim_removed_cb(struct ask *ask)
{
    claim_sweep_next(CONTAINER_OF(ask, struct claim, keep.sweep));
}

/* Deletes the next one; behind the last, sleeps for an hour. */
static void claim_sweep_next(struct claim *claim)
{
    struct claim_keep *keep = &claim->keep;
    if (keep->n_litter == 0) {
        mem_free(keep->litter);
        keep->litter = NULL;
        loop_timer_start(claim->conf.loop, &keep->sweep_timer, CLAIM_SWEEP_MS,
                         claim_sweep_timer_cb);
        return;
    }
    char *name = keep->litter[--keep->n_litter];
    snprintf(keep->sweep_path, sizeof keep->sweep_path, "tmp/%s", name);
    mem_free(name);
    keep->sweep.req = (struct store_req){ .path = keep->sweep_path };
    ask_start(&keep->sweep, claim->conf.store->ops->remove, claim_removed_cb);
}

/* <k>.<nonce> with k below our epoch */
static bool claim_is_litter(const struct claim *claim, const char *name)
{
    char *end;
    if (*name < '0' || *name > '9' || strlen(name) >= DIRECTORY_NAME_SIZE)
        return false;
    return strtoull(name, &end, 10) < claim->directory.epoch && *end == '.';
}

static void claim_swept_cb(struct ask *ask)
{
    struct claim *claim = CONTAINER_OF(ask, struct claim, keep.sweep);
    struct claim_keep *keep = &claim->keep;
    keep->litter = mem_alloc((ask->req.n_entries + 1) * sizeof *keep->litter);
    for (size_t i = 0; i < ask->req.n_entries; i++) {
        if (claim_is_litter(claim, ask->req.entries[i].name))
            keep->litter[keep->n_litter++] = mem_strdup(ask->req.entries[i].name);
    }
    ask_done(ask);
    claim_sweep_next(claim);
}

static void claim_sweep(struct claim *claim)
{
    struct ask *ask = &claim->keep.sweep;
    ask->req = (struct store_req){ .path = "tmp" };
    ask_start(ask, claim->conf.store->ops->list, claim_swept_cb);
}

void claim_keep_start(struct claim *claim)
{
    struct claim_keep *keep = &claim->keep;
    keep->touch.directory = keep->sweep.directory = &claim->directory;
    keep->touch.ends = ASK_OWN;
    directory_path(&claim->directory, keep->owner_path, "owner-%" PRIu64, claim->directory.epoch);
    loop_timer_start(claim->conf.loop, &keep->touch_timer, CLAIM_TOUCH_MS, claim_touch_timer_cb);
    claim_sweep(claim);
}
