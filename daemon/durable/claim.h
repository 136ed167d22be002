/* Taking a job over: renaming its directory to a name that is ours, then publishing `owner-<epoch>`
 * in it. From then on nothing of the old owner's can get in, and all he got in can be read.
 *
 *   1 no file `job`: make init.<lineage>/new/{wal,log,snap,out,dead} under a fresh lineage, publish
 *     `job` naming it (the rename of one of many wins); touch `job`, read whose lineage it names.
 *   2 list: the directory is e<n>.<x>, or init.<lineage>/new as `job` names it (n = 0).
 *   3 rename it to e<n+1>.<own nonce>; whatever is answered, list again: ours, another's, or as before.
 *   4 publish owner-<epoch>. Nothing is read before.
 *
 * An owner is left in peace as long as he may be alive: the claim goes on when is_dead() says so, or
 * when his newest log/ entry and his owner file have not changed for patience_ms of our own clock, or
 * at once when the store's lock is ours alone. A
 * directory that nobody has owned yet, init.<lineage>/new, is taken at once.
 *
 * Content of owner-<epoch>: text host, text place (io/world.h), u32 pid, text version, i64 wall time in ms,
 * u64 time since boot in ms, which files of older versions do not have. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "durable/directory.h"

#define CLAIM_TOUCH_MS 10000 /* how often an owner touches its owner file */

struct claim;
struct world;
struct claim_owner { /* whom we wait for */
    char host[256];
    char place[128]; /* where pid means something, see world_place() */
    uint32_t pid;
    uint64_t epoch;
    int64_t since_ms; /* since the Unix epoch, by his clock */
    uint64_t boot_ms; /* the same since the boot of his place; UINT64_MAX: he has not said */
};

/* Whether the owner is surely dead, as far as a process of this world can know. spare: it has lost the job to him, or to one
 * like him. */
bool claim_owner_gone(const struct claim_owner *owner, struct world *world, bool spare);

/* Why we wait, for people. */
void claim_owner_show(const struct claim_owner *owner, char *text, size_t size);

struct claim_conf {
    struct loop *loop;
    struct store *store; /* locked already, see store_ops.lock */
    const char *job;     /* id */
    const char *version; /* of the daemon */
    /* Whether the owner is known to be dead, so that he is not waited for; asked at each look. */
    bool (*is_dead)(void *ctx, const struct claim_owner *owner);
    uint64_t patience_ms; /* silence after which an owner counts as dead */
    uint32_t places;      /* writes at once */
    void (*trouble)(void *ctx, const struct err *err, uint64_t next_ms); /* as directory->trouble */
    void (*fenced)(void *ctx, const struct err *err);                    /* as directory->fenced */
    /* STANDBY: told at each change. owner->host is "" as long as he has not said who he is. */
    void (*waiting)(void *ctx, const struct claim_owner *owner);
    /* The end. ERR_NONE: the directory is ours, and the claim's owner must keep it until the end of
     * the process. ERR_FENCED: another one took it meanwhile. ERR_FATAL: two directories, none
     * where `job` names one, or files of another job (both ids named, code 301). */
    void (*done)(void *ctx, struct directory *directory, const struct err *err);
    void *ctx;
};
/* conf is copied. The claim lives as long as the process: it touches owner-<epoch> every
 * CLAIM_TOUCH_MS (and learns there that it was fenced), and deletes tmp/ directories of lower epochs,
 * at once and hourly. */
struct claim *claim_start(const struct claim_conf *conf);
