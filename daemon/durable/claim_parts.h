/* What claim.c (taking the directory), claim_first.c (making it), claim_watch.c (looking at another owner) and
 * claim_keep.c (what an owner does as long as he lives) share. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/sm.h"
#include "durable/ask.h"
#include "durable/claim.h"

#define CLAIM_INIT "init."
#define CLAIM_NEW "/new" /* in init.<lineage>: the directory before anybody has owned it */
#define CLAIM_ODD_MS 500 /* before an odd listing is taken again, then twice as long each time */
#define CLAIM_OWNER_MAX \
    4096 /* bytes of an owner or job file: the longest host name and version fit */

enum claim_state {
    CLAIM_FINDING,  /* touching `job` */
    CLAIM_CHECKING, /* there is none: then there must be no directory either */
    CLAIM_MAKING,   /* the folders of the directory, one after another, below tmp/ */
    CLAIM_PLACING,  /* renaming it to init.<lineage> */
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
    bool told;                            /* waiting() was called */
    uint64_t signs, last_signs;           /* hash of what changes as long as he lives */
    uint64_t looked_ms, silent_ms;        /* last whole look; silence that was witnessed */
    uint64_t away_ms;                     /* since when the store does not answer; 0 = it does */
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
    uint32_t inits, made, job_tries;                    /* directories, folders, creates of `job` */
    char from[DIRECTORY_NAME_SIZE];                     /* the directory as it was listed */
    uint64_t from_epoch;
    bool sent, refused; /* a rename of `from` to directory.name was; its last answer was no */
    struct buf signature;
    struct slice signature_piece;
    struct claim_watch watch;
    struct claim_keep keep;
};

/* Goes on with resume after a wait. */
void claim_wait(struct claim *claim, uint64_t ms, void (*resume)(struct claim *claim));
void claim_ask(struct claim *claim, enum claim_state state, unsigned ends,
               void (*op)(struct store *store, struct store_req *req)); /* of claim->path */
/* There was no answer, or a NO that settles nothing and says "<path>: <no>": the flow goes on with
 * resume after a growing wait, and whoever looks is told why. */
void claim_again(struct claim *claim, const char *no, void (*resume)(struct claim *claim));
void claim_end(struct claim *claim, const struct err *err);
void claim_random(struct claim *claim, void *out, size_t n);
void claim_hex(const uint8_t *bytes, size_t n, char *text); /* 2n digits and a 0 */

/* What is in the checkpoint directory as it was just listed. */
struct claim_seen {
    const char *name;  /* of a directory e<epoch>.<nonce>; NULL = none */
    const char *other; /* of a second one */
    uint64_t epoch;
    bool init; /* init.<lineage> as `job` names it */
    bool job;
};
struct claim_seen claim_look(const struct claim *claim); /* views into what ask brought */
/* A listing that cannot be is taken again some times; then it is the end. */
void claim_odd(struct claim *claim, const struct err *err, void (*again)(struct claim *claim));

void claim_find(struct claim *claim); /* step 1 begins; it ends in claim_list() */
void claim_first_step(struct claim *claim);

void claim_list(struct claim *claim); /* steps 2 and 3 */
void claim_take(struct claim *claim);

void claim_watch_start(struct claim *claim); /* looks once; ends in claim_take() or claim_list() */
void claim_watch_step(struct claim *claim);
void claim_watch_forget(struct claim *claim); /* the directory is another's now */
/* What turns a process's number at this place into a half of its directories' names, and back. */
uint32_t claim_disguise(struct world *world);
/* What a file owner-<epoch> says; false, and *owner is undefined, when it is none. */
bool claim_owner_read(struct slice bytes, struct claim_owner *owner);
/* The store does not answer; it is back. */
void claim_watch_trouble(struct claim *claim, bool away);

void claim_keep_start(struct claim *claim); /* the duties begin */
