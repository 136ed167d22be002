/* The store in HDFS: what each of its requests asks, and the store itself. How a request goes on
 * from there: store_webhdfs_call.c. Close: the HTTP client calls back when every request has, then
 * we do. */
#include "io/store_webhdfs.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/list.h"
#include "base/mem.h"
#include "io/loop.h"
#include "io/store_webhdfs_parts.h"
#include "io/webhdfs_list.h"
#include "io/world.h"

#define E_LOGIN 305
#define BLOCK_SIZE (16ull << 20) /* bounds the quota that an open file claims */
#define CONNECT_TIMEOUT_MS 10000
#define TIMEOUT_MS 60000
#define WRITE_TIMEOUT_MS 120000 /* a failover during an upload ends in 201 up to 125 s later */

/* ---- what each request asks */

static void create_query(struct call *call, struct buf *url)
{
    const struct webhdfs *webhdfs = call->webhdfs;
    buf_printf(url, "&overwrite=false&permission=640&blocksize=%llu",
               (unsigned long long)webhdfs->block_size);
    if (webhdfs->replication)
        buf_printf(url, "&replication=%u", webhdfs->replication);
    if (call->req->durable)
        buf_puts(url, "&createflag=create,sync_block");
}

static void rename_query(struct call *call, struct buf *url)
{
    buf_puts(url, "&destination=");
    webhdfs_url_text(url, call->webhdfs->url.path);
    buf_puts(url, "/");
    webhdfs_url_text(url, call->req->target);
}

static void touch_query(struct call *call, struct buf *url)
{
    buf_printf(url, "&modificationtime=%lld",
               (long long)world_wall_ms(loop_world(call->webhdfs->store.loop)));
}

static void mkdirs_query(struct call *call, struct buf *url)
{
    (void)call;
    buf_puts(url, "&permission=750");
}

static void list_query(struct call *call, struct buf *url)
{
    const struct store_req *req = call->req;
    buf_puts(url, call->webhdfs->no_batch ? "&op=LISTSTATUS" : "&op=LISTSTATUS_BATCH");
    if (!req->n_entries)
        return;
    buf_puts(url, "&startAfter=");
    webhdfs_url_text(url, req->entries[req->n_entries - 1].name);
}

static void remove_query(struct call *call, struct buf *url)
{
    (void)call;
    buf_puts(url, "&recursive=true");
}

/* ---- what an answer means */

static void boolean_answered(struct call *call)
{
    struct webhdfs_verdict verdict =
        webhdfs_boolean(call->kind->judge, buf_slice(&call->http.body));
    call_verdict(call, &verdict);
}

static void touch_answered(struct call *call)
{
    call_over(call, STORE_YES);
}

static void list_answered(struct call *call)
{
    struct webhdfs_page page;
    struct webhdfs_verdict refused = { .answer = STORE_REFUSED };
    if (!webhdfs_list_page(buf_slice(&call->http.body), call->req, &page, &refused.err)) {
        call_verdict(call, &refused);
    } else if (page.is_file) {
        call_over(call, STORE_NO);
    } else if (page.more) {
        call_ask_namenode(call);
    } else {
        webhdfs_list_sort(call->req);
        call_over(call, STORE_YES);
    }
}

const struct call_kind webhdfs_create = {
    .verb = "create",
    .op = "CREATE",
    .judge = WEBHDFS_CREATE,
    .method = HTTP_PUT,
    .changes = true,
    .query = create_query,
    .answered = call_ask_datanode,
};
const struct call_kind webhdfs_rename = {
    .verb = "rename",
    .op = "RENAME",
    .judge = WEBHDFS_RENAME,
    .method = HTTP_PUT,
    .changes = true,
    .query = rename_query,
    .answered = boolean_answered,
};
const struct call_kind webhdfs_touch = {
    .verb = "touch",
    .op = "SETTIMES",
    .judge = WEBHDFS_TOUCH,
    .method = HTTP_PUT,
    .changes = true,
    .query = touch_query,
    .answered = touch_answered,
};
const struct call_kind webhdfs_mkdirs = {
    .verb = "mkdirs",
    .op = "MKDIRS",
    .judge = WEBHDFS_MKDIRS,
    .method = HTTP_PUT,
    .changes = true,
    .query = mkdirs_query,
    .answered = boolean_answered,
};
const struct call_kind webhdfs_list = {
    .verb = "list",
    .judge = WEBHDFS_LIST,
    .method = HTTP_GET,
    .query = list_query,
    .answered = list_answered,
};
const struct call_kind webhdfs_read = {
    .verb = "read",
    .op = "OPEN",
    .judge = WEBHDFS_READ,
    .method = HTTP_GET,
    .answered = call_ask_datanode,
};
const struct call_kind webhdfs_remove = {
    .verb = "remove",
    .op = "DELETE",
    .judge = WEBHDFS_REMOVE,
    .method = HTTP_DELETE,
    .changes = true,
    .query = remove_query,
    .answered = boolean_answered,
};
const struct call_kind webhdfs_lock = {
    .verb = "make the directory",
    .op = "MKDIRS",
    .judge = WEBHDFS_MKDIRS,
    .method = HTTP_PUT,
    .changes = true,
    .query = mkdirs_query,
    .answered = boolean_answered,
};

/* ---- the store */

static void hdfs_create(struct store *store, struct store_req *req)
{
    call_start(store, req, &webhdfs_create);
}

static void hdfs_rename(struct store *store, struct store_req *req)
{
    call_start(store, req, &webhdfs_rename);
}

static void hdfs_touch(struct store *store, struct store_req *req)
{
    call_start(store, req, &webhdfs_touch);
}

static void hdfs_mkdirs(struct store *store, struct store_req *req)
{
    call_start(store, req, &webhdfs_mkdirs);
}

static void hdfs_list(struct store *store, struct store_req *req)
{
    call_start(store, req, &webhdfs_list);
}

static void hdfs_read(struct store *store, struct store_req *req)
{
    call_start(store, req, &webhdfs_read);
}

static void hdfs_remove(struct store *store, struct store_req *req)
{
    check(*req->path);
    call_start(store, req, &webhdfs_remove);
}

static void hdfs_lock(struct store *store, struct store_req *req)
{
    call_start(store, req, &webhdfs_lock);
}

static void hdfs_cancel(struct store *store, struct store_req *req)
{
    struct call *call = req->door;
    (void)store;
    if (call)
        call_cancel(call);
}

static void hdfs_closed(void *ctx)
{
    struct webhdfs *webhdfs = ctx;
    void (*cb)(void *ctx) = webhdfs->close_cb;
    void *cb_ctx = webhdfs->close_ctx;
    mem_free(webhdfs);
    cb(cb_ctx);
}

static void hdfs_close(struct store *store, void (*cb)(void *ctx), void *ctx)
{
    struct webhdfs *webhdfs = CONTAINER_OF(store, struct webhdfs, store);
    check(cb && !webhdfs->close_cb);
    webhdfs->close_cb = cb;
    webhdfs->close_ctx = ctx;
    http_close(webhdfs->http, hdfs_closed, webhdfs);
}

static const struct store_ops hdfs_ops = {
    .scheme = "webhdfs",
    .create = hdfs_create,
    .rename = hdfs_rename,
    .touch = hdfs_touch,
    .mkdirs = hdfs_mkdirs,
    .list = hdfs_list,
    .read = hdfs_read,
    .remove = hdfs_remove,
    .cancel = hdfs_cancel,
    .lock = hdfs_lock,
    .close = hdfs_close,
};

static uint64_t or_else(uint64_t value, uint64_t usual)
{
    return value ? value : usual;
}

bool store_webhdfs_open(struct loop *loop, const struct store_conf *conf,
                        const struct store_url *url, struct store **store, struct err *err)
{
    const char *user = *url->user ? url->user : conf->user ? conf->user : "";
    if (!*user)
        return err_code(err, ERR_BAD_CONFIG, E_LOGIN,
                        "store '%s': write webhdfs://USER@host:port/path, or set store.user",
                        conf->url);
    if (!store_url_user(user))
        return err_code(err, ERR_BAD_CONFIG, E_LOGIN, "store.user: '%s' is not a user's name",
                        user);
    struct webhdfs *webhdfs = mem_zalloc(sizeof *webhdfs);
    *webhdfs = (struct webhdfs){
        .store = { .ops = &hdfs_ops, .loop = loop },
        .http = http_new(loop, or_else(conf->connect_timeout_ms, CONNECT_TIMEOUT_MS)),
        .url = *url,
        .replication = conf->replication,
        .block_size = or_else(conf->block_size, BLOCK_SIZE),
        .timeout_ms = or_else(conf->timeout_ms, TIMEOUT_MS),
        .write_timeout_ms = or_else(conf->write_timeout_ms, WRITE_TIMEOUT_MS),
    };
    snprintf(webhdfs->url.user, sizeof webhdfs->url.user, "%s", user);
    *store = &webhdfs->store;
    return true;
}
