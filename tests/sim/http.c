/* Door http, as far as the client of WebHDFS sees it: two NameNodes, one of them active, and DataNodes
 * behind them. What a request does is one request to the simulated store (request.c), with all that
 * may become of one; what is said of it are Hadoop's words.
 *
 * Happy path: a request comes, its operation is asked of the store, the answer is written as a status
 * and a body. Failure modes: no answer is HTTP_LOST, a store that is away is not reached, a refusal has
 * its exception; a body may be cut. The first step of a create and of an open asks the store nothing. */
#include "io/http_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/store_url.h"
#include "io/loop.h"
#include "io/store_webhdfs.h"
#include "sim_http.h"
#include "store_parts.h"

#define PREFIX "/webhdfs/v1"
#define PAGE 3 /* entries of a list at a time */
#define PATH_SIZE 1200

struct http {
    struct loop *loop;
    struct sim_process *process;
    struct store *inner;
    bool old; /* a release that redirects, and whose 201 needs a look at the length */
};

enum step { STEP_NAMENODE, STEP_DATANODE };
struct exchange {
    struct http *http;
    struct http_req *req; /* NULL: nobody waits for it any more */
    enum step step;
    uint32_t server;
    char op[24];
    char path[PATH_SIZE], target[PATH_SIZE], after[PATH_SIZE];
    struct store_req inner;
    struct loop_timer timer;
    bool asked; /* the store is */
};

static const char *opening; /* the URL of the store behind the one that is being opened */
static struct sim_http_plan plan;

void sim_http_at(const struct sim_http_plan *at)
{
    plan = *at;
}

struct store *sim_http_store_open(struct sim_process *process, const char *url)
{
    struct store_conf conf = { .url = "webhdfs://u@nn1:9870,nn2:9870/ck" };
    struct store_url parsed;
    struct store *store = NULL;
    struct err err;
    opening = url;
    bool ok = store_url_parse(conf.url, &parsed, &err) &&
              store_webhdfs_open(process->loop, &conf, &parsed, &store, &err);
    check(ok);
    return store;
}

/* ---- answers */

static void exchange_free(struct exchange *exchange)
{
    store_req_free(&exchange->inner);
    loop_timer_stop(exchange->http->loop, &exchange->timer);
    mem_free(exchange);
}

static void answer_cb(struct loop_timer *timer)
{
    struct exchange *exchange = CONTAINER_OF(timer, struct exchange, timer);
    struct http_req *req = exchange->req;
    exchange->req = NULL;
    http_cb cb = req->cb;
    if (!exchange->asked)
        exchange_free(exchange);
    cb(req);
}

static void answer(struct exchange *exchange, enum http_outcome outcome, unsigned status)
{
    struct http_req *req = exchange->req;
    req->outcome = outcome;
    req->status = status;
    req->length = (int64_t)req->body.len;
    if (outcome != HTTP_ANSWERED)
        err_code(&req->err, ERR_RETRY, 302, "%s", outcome == HTTP_UNSENT ? "refused" : "no answer");
    loop_timer_start(exchange->http->loop, &exchange->timer, 1, answer_cb);
}

static bool is_cut(struct exchange *exchange)
{
    struct sim *sim = exchange->http->process->sim;
    return plan.cut && plan.left == 0 ? (plan.cut = false, true)
                                      : sim_chance(sim, sim->faults.unanswered / 10);
}

static void answer_json(struct exchange *exchange, unsigned status, const char *text)
{
    size_t n = strlen(text);
    if (is_cut(exchange))
        n = sim_below(exchange->http->process->sim, n);
    buf_put(&exchange->req->body, text, n);
    answer(exchange, HTTP_ANSWERED, status);
}

static void answer_exception(struct exchange *exchange, unsigned status, const char *class,
                             const char *message)
{
    char text[512];
    snprintf(text, sizeof text,
             "{\"RemoteException\":{\"exception\":\"%s\",\"javaClassName\":\"x.%s\","
             "\"message\":\"%s\"}}",
             class, class, message);
    answer_json(exchange, status, text);
}

static void answer_refused(struct exchange *exchange)
{
    unsigned code = exchange->inner.err.code;
    if (code == 302)
        answer(exchange, HTTP_UNSENT, 0);
    else if (code == 310)
        answer_exception(exchange, 403, "SafeModeException", "Name node is in safe mode.");
    else if (code == 320)
        answer_exception(exchange, 403, "DSQuotaExceededException", "The quota is exceeded");
    else if (exchange->inner.err.kind == ERR_FATAL)
        answer(exchange, HTTP_TOO_LONG, 0);
    else
        answer_exception(exchange, 404, "FileNotFoundException", "does not have any open files");
}

static void answer_no(struct exchange *exchange)
{
    if (strcmp(exchange->op, "CREATE") == 0)
        answer_exception(exchange, 403, "FileAlreadyExistsException", "already exists");
    else if (strcmp(exchange->op, "MKDIRS") == 0)
        answer_exception(exchange, 403, "ParentNotDirectoryException", "(is not a directory)");
    else if (strcmp(exchange->op, "RENAME") == 0 || strcmp(exchange->op, "DELETE") == 0)
        answer_json(exchange, 200, "{\"boolean\": false}");
    else
        answer_exception(exchange, 404, "FileNotFoundException", "does not exist.");
}

static void answer_page(struct exchange *exchange)
{
    const struct store_req *inner = &exchange->inner;
    struct buf text = { 0 };
    size_t from = 0, n = 0;
    while (*exchange->after && from < inner->n_entries &&
           strcmp(inner->entries[from].name, exchange->after) <= 0)
        from++;
    buf_puts(&text,
             "{\"DirectoryListing\":{\"partialListing\":{\"FileStatuses\":{\"FileStatus\":[");
    for (; from + n < inner->n_entries && n < PAGE; n++) {
        const struct store_entry *entry = &inner->entries[from + n];
        buf_printf(&text,
                   "%s{\"pathSuffix\":\"%s\",\"type\":\"%s\",\"length\":%llu,"
                   "\"modificationTime\":%lld}",
                   n ? "," : "", entry->name, entry->is_directory ? "DIRECTORY" : "FILE",
                   (unsigned long long)entry->length, (long long)entry->modified_ms);
    }
    buf_printf(&text, "]}},\"remainingEntries\":%zu}}", inner->n_entries - from - n);
    answer_json(exchange, 200, buf_text(&text));
    buf_free(&text);
}

static void answer_yes(struct exchange *exchange)
{
    char text[80];
    if (strcmp(exchange->op, "CREATE") == 0) {
        answer(exchange, HTTP_ANSWERED, 201);
    } else if (strcmp(exchange->op, "SETTIMES") == 0) {
        answer(exchange, HTTP_ANSWERED, 200);
    } else if (strcmp(exchange->op, "OPEN") == 0) {
        buf_put(&exchange->req->body, exchange->inner.data.ptr, exchange->inner.data.len);
        answer(exchange, HTTP_ANSWERED, 200);
    } else if (strcmp(exchange->op, "LISTSTATUS_BATCH") == 0) {
        answer_page(exchange);
    } else if (strcmp(exchange->op, "GETFILESTATUS") == 0) {
        snprintf(text, sizeof text, "{\"FileStatus\":{\"type\":\"FILE\",\"length\":%zu}}",
                 exchange->inner.data.len);
        answer_json(exchange, 200, text);
    } else {
        answer_json(exchange, 200, "{\"boolean\": true}");
    }
}

static void inner_cb(struct store_req *inner)
{
    struct exchange *exchange = CONTAINER_OF(inner, struct exchange, inner);
    exchange->asked = false;
    if (!exchange->req)
        exchange_free(exchange);
    else if (loop_timer_active(&exchange->timer))
        return; /* it was cancelled a moment ago */
    else if (inner->answer == STORE_YES)
        answer_yes(exchange);
    else if (inner->answer == STORE_NO)
        answer_no(exchange);
    else if (inner->answer == STORE_REFUSED)
        answer_refused(exchange);
    else
        answer(exchange, HTTP_LOST, 0);
}

/* ---- requests */

/* Copies what stands between the front and one of these letters. */
static bool url_part(const char *url, const char *front, const char *ends, char *out, size_t size)
{
    const char *at = strstr(url, front);
    *out = 0;
    if (!at)
        return false;
    at += strlen(front);
    snprintf(out, size, "%.*s", (int)strcspn(at, ends), at);
    return true;
}

/* Below the root: "/ck/log/1" is log/1. */
static void below_root(char *path)
{
    check(strncmp(path, "/ck", 3) == 0);
    memmove(path, path + 3 + (path[3] == '/'), strlen(path + 3 + (path[3] == '/')) + 1);
}

static void exchange_parse(struct exchange *exchange, const char *url)
{
    char host[32];
    url_part(url, "http://", ":/", host, sizeof host);
    exchange->step = host[0] == 'n' ? STEP_NAMENODE : STEP_DATANODE;
    exchange->server = (uint32_t)(host[2] - '1');
    check(url_part(url, PREFIX, "?", exchange->path, PATH_SIZE));
    below_root(exchange->path);
    check(url_part(url, "op=", "&", exchange->op, sizeof exchange->op));
    if (url_part(url, "destination=", "&", exchange->target, PATH_SIZE))
        below_root(exchange->target);
    url_part(url, "startAfter=", "&", exchange->after, PATH_SIZE);
}

static const struct {
    const char *op;
    size_t at; /* in struct store_ops */
} inner_ops[] = {
    { "CREATE", offsetof(struct store_ops, create) },
    { "RENAME", offsetof(struct store_ops, rename) },
    { "SETTIMES", offsetof(struct store_ops, touch) },
    { "MKDIRS", offsetof(struct store_ops, mkdirs) },
    { "LISTSTATUS_BATCH", offsetof(struct store_ops, list) },
    { "OPEN", offsetof(struct store_ops, read) },
    { "GETFILESTATUS", offsetof(struct store_ops, read) },
    { "DELETE", offsetof(struct store_ops, remove) },
};

static void exchange_ask(struct exchange *exchange)
{
    const struct http_req *req = exchange->req;
    const struct store_ops *ops = exchange->http->inner->ops;
    void (*op)(struct store * store, struct store_req * req) = NULL;
    exchange->inner = (struct store_req){ .path = exchange->path,
                                          .target = exchange->target,
                                          .pieces = req->pieces,
                                          .n_pieces = req->n_pieces,
                                          .length_max = req->answer_max,
                                          .cb = inner_cb };
    for (size_t i = 0; i < ARRAY_SIZE(inner_ops); i++)
        if (strcmp(inner_ops[i].op, exchange->op) == 0)
            memcpy(&op, (const char *)ops + inner_ops[i].at, sizeof op);
    check(op);
    exchange->asked = true;
    op(exchange->http->inner, &exchange->inner);
}

/* The first step of a create and of an open: any NameNode says where to go. */
static void exchange_redirect(struct exchange *exchange)
{
    char text[2 * PATH_SIZE];
    struct sim *sim = exchange->http->process->sim;
    snprintf(text, sizeof text, "http://dn%u:9864" PREFIX "/ck/%s?op=%s",
             1 + (unsigned)sim_below(sim, 2), exchange->path, exchange->op);
    if (exchange->http->old) {
        exchange->req->location = mem_strdup(text);
        answer(exchange, HTTP_ANSWERED, 307);
        return;
    }
    char json[2 * PATH_SIZE + 32];
    snprintf(json, sizeof json, "{\"Location\":\"%s\"}", text);
    answer_json(exchange, 200, json);
}

static bool is_two_steps(const struct exchange *exchange)
{
    return strcmp(exchange->op, "CREATE") == 0 || strcmp(exchange->op, "OPEN") == 0;
}

static void exchange_go(struct exchange *exchange)
{
    struct sim_store *store = CONTAINER_OF(exchange->http->inner, struct door, head)->store;
    bool standby = exchange->step == STEP_NAMENODE && exchange->server != (store->failovers & 1);
    bool redirects = exchange->step == STEP_NAMENODE && is_two_steps(exchange);
    bool here = plan.left && --plan.left == 0;
    if (here) {
        exchange->http->process->sim->hit = true;
        census_note(CENSUS_POINTS);
        if (plan.fate < SIM_FATES && !redirects && *exchange->path)
            sim_fate_in(store, 1, plan.fate);
    }
    if (here && redirects && plan.fate < SIM_FATES)
        answer(exchange, HTTP_LOST, 0);
    else if (standby && strcmp(exchange->op, "CREATE") != 0)
        answer_exception(exchange, 403, "StandbyException", "not supported in state standby");
    else if (redirects)
        exchange_redirect(exchange);
    else if (!*exchange->path && strcmp(exchange->op, "MKDIRS") == 0)
        answer_json(exchange, 200, "{\"boolean\": true}"); /* the root is there */
    else
        exchange_ask(exchange);
}

/* ---- the door */

struct http *http_new(struct loop *loop, uint64_t connect_timeout_ms)
{
    struct http *http = mem_zalloc(sizeof *http);
    (void)connect_timeout_ms;
    http->loop = loop;
    http->process = sim_process_of(loop);
    http->inner = sim_store_open(http->process, opening);
    http->old = sim_chance(http->process->sim, 300);
    return http;
}

void http_start(struct http *http, struct http_req *req)
{
    struct exchange *exchange = mem_zalloc(sizeof *exchange);
    exchange->http = http;
    exchange->req = req;
    req->door = exchange;
    req->body = (struct buf){ 0 };
    req->location = NULL;
    exchange_parse(exchange, req->url);
    exchange_go(exchange);
}

void http_cancel(struct http_req *req)
{
    struct exchange *exchange = req->door;
    if (exchange && exchange->req && !loop_timer_active(&exchange->timer))
        answer(exchange, HTTP_LOST, 0);
}

const char *http_peer(const struct http_req *req)
{
    (void)req;
    return "10.0.0.1";
}

void http_req_free(struct http_req *req)
{
    buf_free(&req->body);
    mem_free(req->location);
    req->location = NULL;
}

void http_close(struct http *http, void (*cb)(void *ctx), void *ctx)
{
    (void)http, (void)cb, (void)ctx;
    check(!"nobody closes it: workers are crash-only");
}
