/* store_driver URL [write timeout in ms]: the store's door for the tests of other processes. A line
 * of standard input is a request, `<id> <op> <path> [<target or bytes>]`; each answer is a line,
 * `<id> YES|NO|UNKNOWN|REFUSED [E<code> <text>]`, and of `list` and `read` what came of it. Requests
 * run at once; `<id> create <path> <bytes> <id of a request to avoid>` is a second try. The content
 * of a file follows from its length. At the end of its input it closes the store and ends. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"
#include "base/list.h"
#include "base/mem.h"
#include "io/loop.h"
#include "io/store.h"
#include "io/thread.h"
#include "io/world.h"

#define IDS 4096

struct ask {
    struct loop_post post;
    struct store_req req;
    unsigned id;
    char op[16], path[600], target[600];
    unsigned long long avoid;
    struct slice piece;
    struct driver *driver;
};

struct driver {
    struct loop *loop;
    struct store *store;
    struct ask *asks[IDS];
    struct loop_post end;
};

static void answered(struct store_req *req)
{
    static const char *const names[] = { "YES", "NO", "UNKNOWN", "REFUSED" };
    struct ask *ask = CONTAINER_OF(req, struct ask, req);
    printf("%u %s", ask->id, names[req->answer]);
    if (req->answer == STORE_UNKNOWN || req->answer == STORE_REFUSED)
        printf(" %s E%u %s", err_kind_name(req->err.kind), req->err.code, req->err.text);
    if (req->answer == STORE_YES && strcmp(ask->op, "read") == 0)
        printf(" %zu %08x", req->data.len, crc32c(0, req->data.ptr, req->data.len));
    for (size_t i = 0; i < req->n_entries; i++)
        printf(" %s%s:%" PRIu64, req->entries[i].name, req->entries[i].is_directory ? "/" : "",
               req->entries[i].length);
    printf("\n");
    fflush(stdout);
    store_req_free(req);
    mem_free((void *)(uintptr_t)ask->piece.ptr);
    ask->driver->asks[ask->id % IDS] = NULL;
    mem_free(ask);
}

static void fill(struct ask *ask)
{
    size_t n = strtoul(ask->target, NULL, 10);
    uint8_t *bytes = mem_alloc(n + 1);
    for (size_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)(i * 31 >> 3);
    ask->piece = (struct slice){ bytes, n };
    ask->req.pieces = &ask->piece;
    ask->req.n_pieces = 1;
    ask->req.durable = true;
    struct ask *avoid = ask->driver->asks[ask->avoid % IDS];
    ask->req.avoid = ask->avoid && avoid ? &avoid->req : NULL;
}

static void start(struct loop_post *post)
{
    struct ask *ask = CONTAINER_OF(post, struct ask, post);
    struct store *store = ask->driver->store;
    const struct store_ops *ops = store->ops;
    const struct {
        const char *name;
        void (*call)(struct store *store, struct store_req *req);
    } calls[] = {
        { "create", ops->create }, { "rename", ops->rename }, { "touch", ops->touch },
        { "mkdirs", ops->mkdirs }, { "list", ops->list },     { "read", ops->read },
        { "remove", ops->remove }, { "lock", ops->lock },
    };
    ask->driver->asks[ask->id % IDS] = ask;
    ask->req = (struct store_req){ .path = strcmp(ask->path, ".") == 0 ? "" : ask->path,
                                   .target = ask->target,
                                   .cb = answered,
                                   .length_max = 1 << 30 };
    if (strcmp(ask->op, "create") == 0)
        fill(ask);
    if (strcmp(ask->op, "read") == 0 && *ask->target)
        ask->req.length_max = strtoull(ask->target, NULL, 10);
    for (unsigned i = 0; i < ARRAY_SIZE(calls); i++)
        if (strcmp(calls[i].name, ask->op) == 0) {
            calls[i].call(store, &ask->req);
            return;
        }
    printf("%u what is '%s'?\n", ask->id, ask->op);
    fflush(stdout);
}

static void closed(void *ctx)
{
    struct driver *driver = ctx;
    loop_stop(driver->loop);
}

static void end(struct loop_post *post)
{
    struct driver *driver = CONTAINER_OF(post, struct driver, end);
    driver->store->ops->close(driver->store, closed, driver);
}

static void *read_lines(void *ctx)
{
    struct driver *driver = ctx;
    char line[2000];
    while (fgets(line, sizeof line, stdin)) {
        struct ask *ask = mem_zalloc(sizeof *ask);
        ask->driver = driver;
        ask->post.cb = start;
        if (sscanf(line, "%u %15s %599s %599s %llu", &ask->id, ask->op, ask->path, ask->target,
                   &ask->avoid) >= 3)
            loop_post(driver->loop, &ask->post);
        else
            mem_free(ask);
    }
    driver->end.cb = end;
    loop_post(driver->loop, &driver->end);
    return NULL;
}

int main(int argc, char **argv)
{
    struct driver driver = { .loop = NULL };
    struct world *world = world_new();
    struct store_conf conf = { .connect_timeout_ms = 5000, .timeout_ms = 20000 };
    struct err err;
    conf.url = argc > 1 ? argv[1] : "";
    conf.write_timeout_ms = argc > 2 ? strtoull(argv[2], NULL, 10) : 60000;
    driver.loop = loop_new(world);
    if (!store_open(driver.loop, &conf, &driver.store, &err)) {
        fprintf(stderr, "E%u %s\n", err.code, err.text);
        return 78;
    }
    pthread_t reader = thread_start("lines", read_lines, &driver);
    loop_run(driver.loop);
    thread_join(reader);
    loop_free(driver.loop);
    world_free(world);
    return 0;
}
