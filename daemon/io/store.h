/* Door: a file store that can rename directories atomically: a local directory, or HDFS through
 * WebHDFS. Paths are relative to the store's root (the job's checkpoint directory), of
 * [A-Za-z0-9._/-] only, without a leading '/'; "" is the root.
 *
 * Every request has one outcome, reported by its callback: once, later, on the loop's thread, never
 * from inside the call. A store never repeats a request whose outcome is unknown and never guesses
 * one: what an unknown outcome means, its caller knows. It does choose among several servers, and
 * asks the next one after a refusal that says nothing was done. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct loop;
struct store;
struct store_req;

enum store_answer {
    STORE_YES,     /* done, durable, and with it all that was answered before */
    STORE_NO,      /* not done, and it never will be by this request; see each operation */
    STORE_UNKNOWN, /* no answer: perhaps done, perhaps not, perhaps later; err says what was seen */
    STORE_REFUSED, /* not done, for the reason in err: safe mode, rights, quota, disk full, away */
};

struct store_entry {
    char *name; /* the last part of its path */
    bool is_directory;
    uint64_t length;     /* bytes */
    int64_t modified_ms; /* by the store's clock: compare with itself only */
};

typedef void (*store_cb)(struct store_req *req);
struct store_req {
    /* what is asked; all of it is borrowed until cb */
    const char *path;
    const char *target;            /* rename: the new path */
    const struct slice *pieces;    /* create: the content, in pieces */
    uint32_t n_pieces;             /* of pieces */
    bool durable;                  /* create: on disk at every replica too, not only closed */
    const struct store_req *avoid; /* create: an earlier try still under way; use other servers */
    uint64_t length_max;           /* read: a longer file is refused (ERR_FATAL) unread */
    store_cb cb;
    /* what came of it */
    enum store_answer answer;
    struct err err;              /* STORE_UNKNOWN and STORE_REFUSED: why */
    struct buf data;             /* read: the whole file */
    struct store_entry *entries; /* list: sorted by name, bytewise */
    size_t n_entries;
    void *door; /* the store's own while under way */
};
/* Frees what the last outcome brought (data, entries); the struct is the caller's. */
void store_req_free(struct store_req *req);

struct store_ops {      /* one row a kind of store */
    const char *scheme; /* of its URL */
    /* A new file, whole and closed; makes its parents, replaces nothing. NO: the name is taken. */
    void (*create)(struct store *store, struct store_req *req);
    /* A file or a directory with all below it, in one step; replaces nothing, makes no parents,
     * uses its source up. NO: the source is gone, the target exists, or has no parent. */
    void (*rename)(struct store *store, struct store_req *req);
    /* Sets the time of modification: a mutation that says it is there. NO: it is not. */
    void (*touch)(struct store *store, struct store_req *req);
    /* A directory with its parents; YES also when it is there already. NO: a file is in the way. */
    void (*mkdirs)(struct store *store, struct store_req *req);
    /* The entries of a directory. NO: there is none. */
    void (*list)(struct store *store, struct store_req *req);
    /* A whole file. NO: there is none. */
    void (*read)(struct store *store, struct store_req *req);
    /* A file, or a directory with all below it. NO: there is nothing of that name. */
    void (*remove)(struct store *store, struct store_req *req);
    /* A create that nobody waits for any more: it calls back soon, with whatever is then known of
     * it. NULL: this kind of store cannot hurry. */
    void (*cancel)(struct store *store, struct store_req *req);
    /* Holds the root for this process' life. NO: another process holds it. What the holder before
     * us had done is durable then. A store whose paths resolve when they act (HDFS) needs no lock
     * and says YES. Makes the root when it is missing. */
    void (*lock)(struct store *store, struct store_req *req);
    /* cb after every request has called back; the store is gone then. */
    void (*close)(struct store *store, void (*cb)(void *ctx), void *ctx);
};
struct store { /* the head of each kind's own struct */
    const struct store_ops *ops;
    struct loop *loop;
    bool excludes; /* who holds its lock is alone here: all who were before him are dead */
};

struct store_conf {       /* settings `store:` of the daemon, and the URL */
    const char *url;      /* file:///path, or webhdfs://[user@]host:port[,host:port]/path */
    const char *user;     /* who we are where no login is asked; the URL's user wins */
    uint32_t replication; /* 0: the store's own */
    uint64_t block_size;  /* bytes */
    uint64_t connect_timeout_ms, timeout_ms, write_timeout_ms;
};
/* Checks the URL and makes the store; nothing is asked of it yet. ERR_BAD_CONFIG, code 215: the
 * URL is not one of a store. */
bool store_open(struct loop *loop, const struct store_conf *conf, struct store **store,
                struct err *err);
