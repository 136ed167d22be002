#include "durable/directory.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/backoff.h"
#include "base/check.h"
#include "base/hash.h"
#include "io/loop.h"
#include "io/world.h"

/* The first repetition comes soon, since most failures are one lost answer; the last ones are far
 * enough apart for a NameNode that starts, and near enough to be alive again in a quarter minute. */
static const struct backoff directory_backoff = { .initial_ms = 100, .max_ms = 16000 };

void directory_path(const struct directory *directory, char *path, const char *format, ...)
{
    int n = snprintf(path, DIRECTORY_PATH_SIZE, "%s/", directory->name);
    va_list args;
    va_start(args, format);
    int m = vsnprintf(path + n, DIRECTORY_PATH_SIZE - (size_t)n, format, args);
    va_end(args);
    check(m >= 0 && n + m < DIRECTORY_PATH_SIZE);
}

void directory_want(const struct directory *directory, struct file_head *want)
{
    memcpy(want->lineage, directory->lineage, sizeof want->lineage);
    memcpy(want->job, directory->job, sizeof want->job);
}

uint64_t directory_trouble(struct directory *directory, uint32_t *tries, const struct err *err)
{
    uint32_t random;
    world_random(loop_world(directory->loop), &random, sizeof random);
    if (*tries == 0)
        directory->troubled++;
    ++*tries;
    uint64_t wait = backoff_ms(&directory_backoff, *tries, random);
    uint64_t shown = hash64(err->text, strlen(err->text), 0);
    if (!directory->in_trouble || directory->trouble_shown != shown) {
        directory->in_trouble = true;
        directory->trouble_shown = shown;
        directory->trouble(directory->ctx, err, wait);
    }
    return wait;
}

void directory_relief(struct directory *directory, uint32_t *tries)
{
    if (*tries == 0)
        return;
    *tries = 0;
    check(directory->troubled > 0);
    if (--directory->troubled > 0)
        return;
    directory->in_trouble = false;
    directory->trouble(directory->ctx, &(struct err){ .kind = ERR_NONE }, 0);
}

void directory_fence(struct directory *directory)
{
    struct err err;
    check(!directory->is_fenced);
    directory->is_fenced = true;
    err_code(&err, ERR_FENCED, 360, "another worker owns the job: %s is gone", directory->name);
    directory->fenced(directory->ctx, &err);
}
