/* What the files of the simulated store share: store.c has the door,
 * cluster.c what becomes of edits: done, synced, lost. */
#pragma once
#include "io/loop.h"
#include "io/store.h"
#include "parts.h"
#include "tree.h"

#define STORE_IDS 64 /* an edit may make so many directories on its way */

enum store_spell { SPELL_NONE, SPELL_SAFE_MODE, SPELL_FULL, SPELL_AWAY };

struct store_pending { /* an edit that is visible, and not synced */
    struct sim_edit edit;
    uint64_t number; /* of its request */
};

/* Calls each(ctx, path, content) for every file that a rename puts in place from now on; its path is that of two levels: log/3.
 * The content may be kept by sim_bytes_ref(). */
typedef void (*sim_store_put_cb)(void *ctx, const char *path, struct sim_bytes *content);

struct sim_store {
    struct list link;
    struct sim *sim;
    char *url;
    bool is_local;
    struct sim_tree vis, dur; /* what a reader sees; what is left after a failover */
    struct sim_tree old; /* what the NameNode that was active before still shows; empty: gone */
    struct store_pending *pending; /* from dur to vis, in order */
    size_t n_pending, cap_pending;
    uint64_t next_id;
    enum store_spell spell;
    uint64_t spell_end_us;
    struct list requests;       /* of struct request, those that an event may still name */
    struct sim_process *holder; /* of a local store's lock */
    uint64_t numbers;           /* requests so far */
    uint64_t failovers;
    sim_store_put_cb on_rename;
    void *on_rename_ctx;
    uint64_t fate_in[SIM_FATES]; /* requests until one has this fate; 0: none is planned */
    struct store_failover {      /* planned */
        uint64_t at;
        enum sim_failover how;
    } failover_at[SIM_FAILOVERS_PLANNED];
};

void sim_store_on_rename(struct sim_store *store, sim_store_put_cb each, void *ctx);
/* Does an edit where readers see it; true: done, and not synced. */
bool cluster_apply(struct sim_store *store, const struct sim_edit *edit, uint64_t number);
/* The request with this number is answered: on HDFS with it all edits before it are synced, on a
 * local store its own. */
void cluster_sync(struct sim_store *store, uint64_t number);
void cluster_sync_all(struct sim_store *store);
int64_t cluster_time_ms(const struct sim_store *store);
/* Whether the store refuses this request now, and why; may begin a spell of refusing. */
bool cluster_refuses(struct sim_store *store, bool is_read, bool is_create, struct err *err);
void cluster_free(struct sim_store *store);

enum op { OP_CREATE, OP_RENAME, OP_TOUCH, OP_MKDIRS, OP_LIST, OP_READ, OP_REMOVE, OP_LOCK };

struct op_kind {
    const char *name;
    bool is_read;
    enum sim_edit_kind edit;
};
extern const struct op_kind sim_store_ops[]; /* by enum op */

enum fate {
    FATE_ANSWERED,
    FATE_UNANSWERED, /* applied, not synced, no answer */
    FATE_LATE,       /* applied later, no answer */
    FATE_LOST,
    FATE_TWICE, /* answered; applied once more later */
};

struct door {
    struct store head;
    struct sim_process *process;
    struct sim_store *store;
    uint32_t pending;   /* requests that have not called back */
    uint64_t failovers; /* of the store, when a mutation of ours was answered last */
    void (*closed)(void *ctx);
    void *closed_ctx;
    struct loop_post close_post;
};

struct request { /* the simulator's; lives until no event names it */
    struct list link;
    struct sim_store *store;
    struct sim_process *process; /* who sent it */
    struct door *door;           /* the process' */
    struct store_req *req;       /* the process'; NULL: nobody waits for an answer */
    enum op op;
    enum fate fate;
    uint64_t number;
    struct sim_edit edit;
    struct sim_bytes *body; /* create */
    bool resolved;          /* local: its path is looked up */
    bool over;              /* nothing more becomes of it */
    bool fails_over;        /* the NameNode that does it is active no more then */
    bool is_unanswered;     /* by a plan */
    bool given_up;          /* its sender was told that there is no answer */
    enum store_answer answer;
    uint64_t failovers; /* of the store when it was done */
    struct err err;
    struct sim_bytes *bytes; /* read: what was found */
    struct store_entry *entries;
    size_t n_entries;
    uint64_t length_max;
};

void request_free(struct request *request);
void request_arrive(void *ctx);             /* at the store */
void request_give_up(void *ctx);            /* its sender, inside the process */
void request_late(struct request *request); /* the same comes once more, later */
/* What the process dies at: done (and synced) or not begun. */
void request_crash(struct request *request, enum sim_crash how);
void request_bury(struct request *request); /* its process has died */
void door_may_close(struct door *door);     /* calls back when nothing is pending */
uint64_t store_latency_us(struct sim *sim); /* of one way */
uint64_t store_late_us(struct sim *sim);    /* how late a late one is */
