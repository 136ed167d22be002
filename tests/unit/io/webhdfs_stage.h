/* A store in HDFS whose two NameNodes, and DataNodes, are tiny servers that follow a script. */
#pragma once
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/list.h"
#include "base/mem.h"
#include "io/loop.h"
#include "io/store.h"
#include "io/world.h"
#include "tiny_server.h"

#define SAY(status, body) \
    "HTTP/1.1 " status "\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n" body
#define CHUNK(hex, text) hex "\r\n" text "\r\n0\r\n\r\n"
#define YES SAY("200 OK", CHUNK("11", "{\"boolean\": true}"))
#define NO SAY("200 OK", CHUNK("12", "{\"boolean\": false}"))
#define GO                                               \
    "HTTP/1.1 307 Go\r\nContent-Length: 0\r\nLocation: " \
    "http://127.0.0.1:PORT/webhdfs/v1/ck/a?op=X\r\n\r\n"
#define GO_TO(where) "HTTP/1.1 200 OK\r\n\r\n{\"Location\":\"" where "\"}"
#define NODE "http://127.0.0.1:PORT/webhdfs/v1/ck/a?op=CREATE&createflag=CREATE%252CSYNC_BLOCK"
#define CREATED "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n"
#define REMOTE(class, message)               \
    "HTTP/1.1 403 Forbidden\r\nConnection: " \
    "close\r\n\r\n{\"RemoteException\":{\"exception\":\"" class "\",\"message\":\"" message "\"}}"
#define STANDBY REMOTE("StandbyException", "not supported in state standby")
#define END TINY_CLOSE

static struct stage {
    struct world *world;
    struct loop *loop;
    struct store *store;
    struct tiny first, second;
    struct store_req req;
    unsigned left;
    char away[256]; /* an answer that names the second one as the DataNode */
} stage;

static inline void stage_open(void)
{
    char url[128];
    struct err err;
    memset(&stage, 0, sizeof stage);
    stage.world = world_new();
    stage.loop = loop_new(stage.world);
    tiny_open(&stage.first);
    tiny_open(&stage.second);
    snprintf(stage.away, sizeof stage.away, GO_TO("http://127.0.0.1:%u/webhdfs/v1/ck/a"),
             stage.second.port);
    snprintf(url, sizeof url, "webhdfs://u@127.0.0.1:%u,127.0.0.1:%u/ck", stage.first.port,
             stage.second.port);
    struct store_conf conf = { .url = url, .replication = 2 }; /* the usual limits of time */
    ck_assert_msg(store_open(stage.loop, &conf, &stage.store, &err), "%s", err.text);
}

static void closed(void *ctx)
{
    loop_stop(ctx);
}

static inline void stage_close(void)
{
    stage.store->ops->close(stage.store, closed, stage.loop);
    loop_run(stage.loop);
    tiny_stop(&stage.first);
    tiny_stop(&stage.second);
    store_req_free(&stage.req);
    loop_free(stage.loop);
    world_free(stage.world);
}

static void answered(struct store_req *req)
{
    ck_assert_ptr_null(req->door);
    if (--stage.left == 0)
        loop_stop(stage.loop);
}

typedef void (*ask_op)(struct store *store, struct store_req *req);

static inline enum store_answer ask(ask_op op, struct store_req req)
{
    store_req_free(&stage.req);
    stage.req = req;
    stage.req.cb = answered;
    stage.left = 1;
    op(stage.store, &stage.req);
    loop_run(stage.loop);
    return stage.req.answer;
}
#define ASK(op, ...) ask(stage.store->ops->op, (struct store_req){ .path = "a", __VA_ARGS__ })
#define SERVE(server, ...)                                         \
    tiny_start(&stage.server, (struct tiny_step[]){ __VA_ARGS__ }, \
               sizeof((struct tiny_step[]){ __VA_ARGS__ }) / sizeof(struct tiny_step))
#define ck_says(words) ck_assert_msg(strstr(stage.req.err.text, words), "%s", stage.req.err.text)
#define ck_asked(server, n, words) \
    ck_assert_msg(strstr(stage.server.heads[n], words), "%s", stage.server.heads[n])

static inline enum store_answer create(void)
{
    static const struct slice pieces[] = { { "hello ", 6 }, { "world", 5 } };
    return ASK(create, .pieces = pieces, .n_pieces = 2, .durable = true);
}
