#include "durable/trim.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "durable/ask.h"

#define TRIM_AT_ONCE 4 /* requests: they are small, and a NameNode serves others too */

struct trim_range { /* files whose names differ by their number */
    struct list link;
    uint64_t next, last;
    char front[DIRECTORY_PATH_SIZE]; /* the path up to the number, or all of it */
    bool numbered;
};

struct trim_slot { /* one request */
    struct trim *trim;
    struct ask ask;
    char path[DIRECTORY_PATH_SIZE];
    bool busy;
};

struct trim {
    struct directory *directory;
    struct list ranges;
    uint64_t waiting; /* files */
    bool closing;     /* trim_free() was called: freed when the last request is back */
    struct trim_slot slots[TRIM_AT_ONCE];
};

struct trim *trim_new(struct directory *directory)
{
    struct trim *trim = mem_zalloc(sizeof *trim);
    trim->directory = directory;
    list_init(&trim->ranges);
    for (unsigned i = 0; i < TRIM_AT_ONCE; i++) {
        trim->slots[i].trim = trim;
        trim->slots[i].ask.directory = directory;
    }
    return trim;
}

/* The next file's path; the range goes with its last one. */
static bool trim_next(struct trim *trim, char *path)
{
    struct list *link = list_first(&trim->ranges);
    if (!link)
        return false;
    struct trim_range *range = CONTAINER_OF(link, struct trim_range, link);
    if (range->numbered)
        directory_path(trim->directory, path, "%s%" PRIu64, range->front, range->next);
    else
        directory_path(trim->directory, path, "%s", range->front);
    if (range->next++ == range->last) {
        list_remove(link);
        mem_free(range);
    }
    return true;
}

static void trim_step(struct trim *trim);

/* Yes or no: it is not there any more. */
static void trim_removed_cb(struct ask *ask)
{
    struct trim_slot *slot = CONTAINER_OF(ask, struct trim_slot, ask);
    slot->busy = false;
    slot->trim->waiting--;
    trim_step(slot->trim);
}

static void trim_step(struct trim *trim)
{
    bool busy = false;
    for (unsigned i = 0; i < TRIM_AT_ONCE; i++) {
        struct trim_slot *slot = &trim->slots[i];
        if (!slot->busy && trim_next(trim, slot->path)) {
            slot->busy = true;
            slot->ask.req = (struct store_req){ .path = slot->path };
            ask_start(&slot->ask, trim->directory->store->ops->remove, trim_removed_cb);
        }
        busy |= slot->busy;
    }
    if (trim->closing && !busy)
        mem_free(trim);
}

static void trim_add(struct trim *trim, const struct trim_range *files)
{
    if (files->next > files->last || trim->directory->is_fenced)
        return;
    struct trim_range *range = mem_alloc(sizeof *range);
    *range = *files;
    list_add_tail(&trim->ranges, &range->link);
    trim->waiting += range->last - range->next + 1;
    trim_step(trim);
}

void trim_wal(struct trim *trim, const char *source, uint64_t first, uint64_t last)
{
    struct trim_range range = { .next = first, .last = last, .numbered = true };
    snprintf(range.front, sizeof range.front, "wal/%s-", source);
    trim_add(trim, &range);
}

void trim_log(struct trim *trim, uint64_t first, uint64_t last)
{
    trim_add(trim, &(struct trim_range){
                       .next = first, .last = last, .numbered = true, .front = "log/" });
}

void trim_snap(struct trim *trim, uint64_t index)
{
    trim_add(trim, &(struct trim_range){
                       .next = index, .last = index, .numbered = true, .front = "snap/" });
}

void trim_out(struct trim *trim, const char *name)
{
    struct trim_range range = { .next = 1, .last = 1 };
    int n = snprintf(range.front, sizeof range.front, "out/%s", name);
    check(n > 0 && (size_t)n < sizeof range.front);
    trim_add(trim, &range);
}

uint64_t trim_waiting(const struct trim *trim)
{
    return trim->waiting;
}

void trim_free(struct trim *trim)
{
    trim->closing = true;
    trim_step(trim);
}
