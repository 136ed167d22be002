/* What claim.c (making and taking the directory), claim_watch.c (looking at another owner) and
 * claim_keep.c (what an owner does as long as he lives) share. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/sm.h"
#include "durable/ask.h"
#include "durable/claim.h"

#define CLAIM_OWNER_MAX \
    4096 /* bytes of an owner or job file: the longest host name and version fit */

enum claim_state {
    CLAIM_FINDING,  /* touching `job` */
    CLAIM_CHECKING, /* there is none: then there must be no directory either */
    CLAIM_MAKING,   /* the folders of init.<lineage>, one after another */
    CLAIM_WRITING,  /* `job` under tmp/ */
    CLAIM_NAMING,   /* the rename of one of many wins */
    CLAIM_READING,  /* whose lineage does `job` name? */
    CLAIM_LISTING,  /* what is the directory called now? */
    CLAIM_WATCH_DIRECTORY,
    CLAIM_WATCH_OWNER,
    CLAIM_WATCH_LOG,
    CLAIM_TAKING,  /* renaming the directory */
    CLAIM_SIGNING, /* publishing owner-<epoch> */
    CLAIM_OWNING,
    CLAIM_ENDED, /* done() was told of a failure */
    CLAIM_STATES
};

struct claim_watch { /* all that is known of the owner whom we leave in peace */
    struct claim_owner owner;
    char name[DIRECTORY_NAME_SIZE];       /* of his directory, "" = none */
    char owner_path[DIRECTORY_PATH_SIZE]; /* of his owner file; "" = none yet */
    bool known;                           /* the owner file was read */
    uint64_t signs, last_signs;           /* hash of what changes as long as he lives */
    uint64_t looked_ms, silent_ms;        /* last whole look; silence that was witnessed */
};

struct claim_keep { /* the owner's duties */
    struct ask touch, sweep;
    struct loop_timer touch_timer, sweep_timer;
    char owner_path[DIRECTORY_PATH_SIZE], sweep_path[DIRECTORY_PATH_SIZE];
    char **litter; /* directories below tmp/ to be deleted */
    size_t n_litter;
};

struct claim {
    struct claim_conf conf;
    char *version;
    struct sm sm;
    struct directory directory;
    struct ask ask;          /* the flow's one request under way */
    struct loop_timer timer; /* the wait before the flow goes on with `resume` */
    void (*resume)(struct claim *claim);
    uint32_t failures; /* in a row, outcomes that the flow itself settles */
    uint32_t odd;      /* listings in a row that cannot be */
    char path[DIRECTORY_PATH_SIZE], target[DIRECTORY_PATH_SIZE];
    uint8_t head[FILE_HEAD_SIZE], tail[FILE_TAIL_SIZE]; /* of `job` */
    struct slice pieces[2];                             /* the same */
    uint32_t made, job_tries;                           /* folders; creates of `job` */
    char from[DIRECTORY_NAME_SIZE];                     /* the directory as it was listed */
    uint64_t from_epoch;
    bool sent; /* a rename of `from` to directory.name was */
    struct buf signature;
    struct slice signature_piece;
    struct claim_watch watch;
    struct claim_keep keep;
};

void claim_wait(struct claim *claim, uint64_t ms, void (*resume)(struct claim *claim));
void claim_ask(struct claim *claim, enum claim_state state, unsigned ends,
               void (*op)(struct store *store, struct store_req *req)); /* of claim->path */
void claim_list(struct claim *claim);
void claim_take(struct claim *claim);

void claim_watch_start(struct claim *claim); /* looks once; ends in claim_take() or claim_list() */
void claim_watch_step(struct claim *claim);
void claim_watch_forget(struct claim *claim); /* the directory is another's now */

void claim_keep_start(struct claim *claim);
