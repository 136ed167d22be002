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
    STORE_NO,      /* answered: not done, and it never will be by this request. create: the name is
                    * taken. rename: the source      is gone, the target exists or has no parent. touch, read,
                    * list, delete: there is nothing of that name */
    STORE_UNKNOWN, /* no answer: perhaps done, perhaps not, perhaps later. err says what was seen */
    STORE_REFUSED, /* answered: not done, for the reason in err (safe mode, rights, quota, disk
                      full, server away) */
};

struct store_entry {
    char *name; /* the last part of its path */
    bool is_directory;
    uint64_t length;
    int64_t modified_ms; /* by the store's clock: compare with itself only */
};

typedef void (*store_cb)(struct store_req *req);
struct store_req {
    const char *path;           /* borrowed until cb, as all that goes in */
    const char *target;         /* rename: the new path */
    const struct slice *pieces; /* create: the content, in pieces */
    uint32_t n_pieces;
    bool durable; /* create: also on disk at every replica when answered; without it closed and
                     complete */
    uint64_t
        length_max; /* read: a longer file is refused (ERR_FATAL) before anything is allocated */
    store_cb cb;
    enum store_answer answer;    /* from here on: what came of it */
    struct err err;              /* STORE_UNKNOWN and STORE_REFUSED: why */
    struct buf data;             /* read: the whole file; freed by store_req_free() */
    struct store_entry *entries; /* list: sorted by name; freed by store_req_free() */
    size_t n_entries;
    void *door; /* the store's own */
};
void store_req_free(
    struct store_req *req); /* what the last outcome brought; the struct is the caller's */

struct store_ops {      /* one row a kind of store */
    const char *scheme; /* of its URL */
    void (*create)(struct store *store,
                   struct store_req *
                       req); /* a new file, whole and closed; makes its parents; replaces nothing */
    void (*rename)(struct store *store,
                   struct store_req
                       *req); /* one step; replaces nothing, makes no parents, uses its source up */
    void (*touch)(struct store *store,
                  struct store_req
                      *req); /* sets the time of modification: a mutation that says it is there */
    void (*mkdirs)(struct store *store,
                   struct store_req *req); /* with parents; there already: yes */
    void (*list)(struct store *store, struct store_req *req);
    void (*read)(struct store *store, struct store_req *req);
    void (*remove)(struct store *store, struct store_req *req); /* with all below it */
    void (*lock)(
        struct store *store,
        struct store_req *req); /* the root, for this process' life; NO: another holds it. Stores
                                 * whose paths resolve when they act need none: YES */
    void (*close)(struct store *store,
                  void (*cb)(void *ctx),
                  void *ctx); /* after every request has called back */
};
struct store { /* the head of each kind's own struct */
    const struct store_ops *ops;
    struct loop *loop;
};

struct store_conf {       /* settings `store:` of the daemon and the URL */
    const char *url;      /* file:///path, or webhdfs://[user@]host:port[,host:port]/path */
    const char *user;     /* who we are where no login is asked; the URL's user wins */
    uint32_t replication; /* 0: the store's own */
    uint64_t block_size;  /* bytes */
    uint64_t connect_timeout_ms, timeout_ms, write_timeout_ms;
};
/* Checks the URL and makes the store; nothing is asked of it yet. */
bool store_open(struct loop *loop,
                const struct store_conf *conf,
                struct store **store,
                struct err *err);
