/* What the parts of store_webhdfs share. */
#pragma once
#include "base/buf.h"
#include "base/sm.h"
#include "base/store_url.h"
#include "io/http_client.h"
#include "io/store.h"
#include "io/webhdfs_answer.h"
#include "io/webhdfs_url.h"

#define BAD_NODES 4       /* DataNodes left out at a time: more would leave out a small cluster */
#define BAD_NODE_MS 60000 /* and for how long */
#define NODES_TRIED_MAX 3 /* DataNodes for one request, as long as nothing was done */

struct call;
enum call_state { CALL_NAMENODE, CALL_DATANODE, CALL_LENGTH, CALL_OVER };

struct call_kind {
    const char *verb; /* in texts */
    const char *op;   /* of the NameNode; NULL: query says it */
    enum webhdfs_op judge;
    enum http_method method;
    bool changes;                                      /* never sent twice */
    void (*query)(struct call *call, struct buf *url); /* appends &name=value…; NULL: none */
    void (*answered)(struct call *call);               /* the NameNode said 2xx, or 307 */
};

struct bad_node {
    char peer[64]; /* its address */
    uint64_t until_ms;
};

struct webhdfs {
    struct store store;
    struct http *http;
    struct store_url url; /* user filled in */
    uint32_t replication;
    uint64_t block_size, timeout_ms, write_timeout_ms;
    uint32_t active; /* the NameNode that answered last, or the one behind it when it left a change
                        without an answer: asked first */
    bool no_batch;   /* it has no LISTSTATUS_BATCH */
    struct bad_node bad[BAD_NODES];
    unsigned bad_next;
    void (*close_cb)(void *ctx);
    void *close_ctx;
};

struct call { /* one request of the store under way: its `door` */
    struct sm sm;
    struct webhdfs *webhdfs;
    struct store_req *req;
    const struct call_kind *kind;
    const char *path; /* below the root */
    struct http_req http;
    struct buf url;      /* of the request in flight */
    struct buf troubles; /* what each NameNode said that could not help */
    uint32_t server;     /* asked now */
    uint32_t servers_tried, nodes_tried;
    bool cancelled;                 /* it ends with what is now asked, as unknown */
    bool all_nodes;                 /* leave none out: none would be left */
    bool old;                       /* a release that says 201 also when its close failed */
    char place[WEBHDFS_PLACE_SIZE]; /* host:port that is asked now */
};

extern const struct call_kind webhdfs_create, webhdfs_rename, webhdfs_touch, webhdfs_mkdirs,
    webhdfs_list, webhdfs_read, webhdfs_remove, webhdfs_lock;

void call_start(struct store *store, struct store_req *req, const struct call_kind *kind);
/* Asks the NameNode call->server, or as the call goes on the next one; call_over() is its end. */
void call_ask_namenode(struct call *call);
/* Goes where the NameNode sent us, with the bytes of a create. */
void call_ask_datanode(struct call *call);
void call_over(struct call *call, enum store_answer answer);
void call_cancel(struct call *call); /* it ends soon, wherever it is */
/* The end with what a peer said: "<verb> '<path>' at <place>: <text>". */
void call_verdict(struct call *call, const struct webhdfs_verdict *verdict);
/* The same with a text of ours. */
void call_refuse(struct call *call, enum store_answer answer, enum err_kind kind, const char *text);
