/* One request to the store, repeated with a growing wait until there is an answer: for requests that
 * may be repeated, because they say the same whether they are done once or twice. After the
 * directory was fenced nothing is sent and nothing calls back. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "durable/directory.h"
#include "io/loop.h"
#include "io/store.h"

enum ask_ends { /* what else than YES and NO is the asker's to deal with */
                ASK_ANSWERED = 0,
                ASK_UNKNOWN_ENDS = 1, /* no answer */
                ASK_FATAL_ENDS =
                    2, /* a refusal of kind ERR_FATAL: a file longer than req.length_max */
                ASK_OWN =
                    4, /* below our own directory, where NO may also mean that we are fenced, or
                             that a server is behind: NO ends only when a listing of the folder,
                             which nobody but the directory's owner can have, lacks the name */
};

struct ask;
typedef void (*ask_cb)(struct ask *ask);
struct ask {
    struct directory *directory;
    struct store_req req; /* path and the like are set by the asker before each ask_start() */
    unsigned ends;        /* enum ask_ends, or'ed */
    ask_cb cb;            /* req.answer says it; free what it brought with ask_done() */
    /* its own */
    void (*op)(struct store *store, struct store_req *req);
    struct store_req
        look; /* what a NO means: touches the path, lists its folder, touches the directory */
    char folder[DIRECTORY_PATH_SIZE];
    struct loop_timer timer;
    uint32_t tries; /* failures in a row */
};
/* Sends; op is one of directory->store->ops. One at a time for each ask. */
void ask_start(struct ask *ask, void (*op)(struct store *store, struct store_req *req), ask_cb cb);
void ask_done(struct ask *ask); /* frees data and entries of the answer */
