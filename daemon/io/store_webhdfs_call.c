/* A request of the store as one or more of WebHDFS. Happy path: one question to the NameNode; a
 * create and a read are then sent on to the DataNode that it names, over a connection of their own.
 * Failure modes:
 *   not a byte was sent, or the NameNode is a standby: nothing was done, the next NameNode is asked
 *   the DataNode was not reached: nothing was done; it is left out and the NameNode asked again
 *   no answer to what changes something: STORE_UNKNOWN, and nothing is repeated; what its caller
 *   asks next goes to the next NameNode, since this one may be frozen
 *   nobody waits for a create any more: STORE_UNKNOWN, soon, wherever it is
 *   a refusal: webhdfs_answer says what it means */
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/json.h"
#include "base/list.h"
#include "base/mem.h"
#include "io/loop.h"
#include "io/store_webhdfs_parts.h"

#define ANSWER_MAX (4u << 20)    /* of a NameNode: a page of 1000 names has at most 0.7 MB */
#define WHOLE_MAX JSON_BYTES_MAX /* of one that knows no pages: a name takes 360 bytes */

static const struct sm_state call_states[] = {
    [CALL_NAMENODE] = { "namenode",
                        SM_TO(CALL_NAMENODE) | SM_TO(CALL_DATANODE) | SM_TO(CALL_OVER) },
    [CALL_DATANODE] = { "datanode", SM_TO(CALL_NAMENODE) | SM_TO(CALL_LENGTH) | SM_TO(CALL_OVER) },
    [CALL_LENGTH] = { "length", SM_TO(CALL_OVER) },
    [CALL_OVER] = { "over", 0 },
};

static uint64_t now_ms(const struct webhdfs *webhdfs)
{
    return loop_now_ms(webhdfs->store.loop);
}

/* ---- the end of a call */

void call_over(struct call *call, enum store_answer answer)
{
    struct store_req *req = call->req;
    sm_move(&call->sm, CALL_OVER);
    req->answer = answer;
    if (answer != STORE_YES)
        store_req_free(req);
    req->door = NULL;
    http_req_free(&call->http);
    buf_free(&call->url);
    buf_free(&call->troubles);
    mem_free(call);
    req->cb(req);
}

/* The path that a call is about, as messages say it. */
static const char *call_shown(const struct call *call)
{
    const char *root = call->webhdfs->url.path;
    return *call->path ? call->path : *root ? root : "/";
}

void call_verdict(struct call *call, const struct webhdfs_verdict *verdict)
{
    if (verdict->answer == STORE_NO && call->kind == &webhdfs_lock) { /* it is held by nobody */
        call_refuse(call, STORE_REFUSED, ERR_RETRY, "a file is in the way");
        return;
    }
    if (verdict->answer == STORE_UNKNOWN || verdict->answer == STORE_REFUSED) {
        call->req->err = verdict->err;
        err_wrap(&call->req->err, "%s '%s' at %s", call->kind->verb, call_shown(call), call->place);
    }
    call_over(call, verdict->answer);
}

void call_refuse(struct call *call, enum store_answer answer, enum err_kind kind, const char *text)
{
    struct webhdfs_verdict verdict = { .answer = answer };
    err_code(&verdict.err, kind, 302, "%s", text);
    call_verdict(call, &verdict);
}

/* ---- DataNodes to leave out */

static void node_failed(struct call *call, const char *peer)
{
    struct webhdfs *webhdfs = call->webhdfs;
    if (!*peer)
        return;
    struct bad_node *bad = &webhdfs->bad[webhdfs->bad_next++ % BAD_NODES];
    snprintf(bad->peer, sizeof bad->peer, "%s", peer);
    bad->until_ms = now_ms(webhdfs) + BAD_NODE_MS;
}

static void node_exclude(struct buf *url, const char *peer, bool *first)
{
    buf_puts(url, *first ? "&excludedatanodes=" : ",");
    webhdfs_url_text(url, peer);
    *first = false;
}

static void nodes_exclude(struct call *call, struct buf *url)
{
    const struct store_req *avoid = call->req->avoid;
    struct call *other = avoid ? avoid->door : NULL;
    bool first = true;
    if (call->all_nodes)
        return;
    for (unsigned i = 0; i < BAD_NODES; i++) {
        struct bad_node *bad = &call->webhdfs->bad[i];
        if (*bad->peer && bad->until_ms > now_ms(call->webhdfs))
            node_exclude(url, bad->peer, &first);
    }
    if (other && sm_state(&other->sm) == CALL_DATANODE && *http_peer(&other->http))
        node_exclude(url, http_peer(&other->http), &first);
}

/* ---- questions */

static void call_cb(struct http_req *http);

static void call_send(struct call *call, struct http_req http)
{
    http_req_free(&call->http);
    call->http = http;
    call->http.url = buf_text(&call->url);
    call->http.cb = call_cb;
    http_start(call->webhdfs->http, &call->http);
}

static void call_begin_url(struct call *call)
{
    struct webhdfs *webhdfs = call->webhdfs;
    const struct store_server *server = &webhdfs->url.servers[call->server];
    webhdfs_url_place(server, call->place);
    buf_clear(&call->url);
    webhdfs_url_begin(&call->url, server, &webhdfs->url, call->path);
}

static bool call_two_steps(const struct call *call)
{
    return call->kind->judge == WEBHDFS_CREATE || call->kind->judge == WEBHDFS_READ;
}

void call_ask_namenode(struct call *call)
{
    const struct call_kind *kind = call->kind;
    bool whole = kind == &webhdfs_list && call->webhdfs->no_batch;
    call_begin_url(call);
    if (kind->op)
        buf_printf(&call->url, "&op=%s", kind->op);
    if (kind->query)
        kind->query(call, &call->url);
    if (call_two_steps(call)) {
        buf_puts(&call->url, "&noredirect=true");
        nodes_exclude(call, &call->url);
    }
    sm_move(&call->sm, CALL_NAMENODE);
    call_send(call, (struct http_req){
                        .method = kind->method,
                        .alone = !call_two_steps(call), /* where to go, anybody may say */
                        .timeout_ms = call->webhdfs->timeout_ms,
                        .answer_max = whole ? WHOLE_MAX : ANSWER_MAX,
                    });
}

static uint64_t bytes_ms(
    uint64_t bytes) /* what so many may take beyond the usual: 1 MiB a second */
{
    return (bytes >> 20) * 1000 < 3600000 ? (bytes >> 20) * 1000 : 3600000;
}

static uint64_t call_bytes(const struct call *call)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < call->req->n_pieces; i++)
        bytes += call->req->pieces[i].len;
    return bytes;
}

void call_ask_datanode(struct call *call)
{
    const struct webhdfs *webhdfs = call->webhdfs;
    const struct store_req *req = call->req;
    bool create = call->kind->judge == WEBHDFS_CREATE;
    char *location = call->http.location ? mem_strdup(call->http.location)
                                         : webhdfs_location(buf_slice(&call->http.body));
    call->old = call->http.status == 307;
    if (!location || !webhdfs_url_follow(location, call->place)) {
        call_refuse(
            call, STORE_REFUSED, ERR_RETRY,
            location ? "it sends us to an address that we do not follow" : "it names no DataNode");
        mem_free(location);
        return;
    }
    buf_clear(&call->url);
    buf_puts(&call->url, location);
    mem_free(location);
    sm_move(&call->sm, CALL_DATANODE);
    call_send(call,
              (struct http_req){
                  .method = call->kind->method,
                  .pieces = create ? req->pieces : NULL,
                  .n_pieces = create ? req->n_pieces : 0,
                  .alone = true,
                  .timeout_ms = create ? webhdfs->write_timeout_ms + bytes_ms(call_bytes(call))
                                       : webhdfs->timeout_ms + bytes_ms(req->length_max),
                  .silence_ms = create ? 0 : webhdfs->timeout_ms, /* a create ends in silence */
                  .answer_max = create ? ANSWER_MAX : req->length_max,
              });
}

/* After a 201 of an old release: the length that the NameNode knows. */
static void call_ask_length(struct call *call)
{
    call_begin_url(call);
    buf_puts(&call->url, "&op=GETFILESTATUS");
    sm_move(&call->sm, CALL_LENGTH);
    call_send(call, (struct http_req){
                        .method = HTTP_GET,
                        .alone = true,
                        .timeout_ms = call->webhdfs->timeout_ms,
                        .answer_max = ANSWER_MAX,
                    });
}

/* ---- answers of the NameNode */

/* This NameNode cannot help, and nothing was done: the next one, until each was asked once. */
static void call_next_server(struct call *call, const struct err *err)
{
    struct webhdfs *webhdfs = call->webhdfs;
    buf_printf(&call->troubles, "%s%s: %s", call->troubles.len ? "; " : "", call->place, err->text);
    call->server = (call->server + 1) % webhdfs->url.n_servers;
    if (++call->servers_tried < webhdfs->url.n_servers) {
        call_ask_namenode(call);
        return;
    }
    err_code(&call->req->err, ERR_RETRY, err->code, "%s '%s': %s", call->kind->verb,
             call_shown(call), buf_text(&call->troubles));
    call_over(call, STORE_REFUSED);
}

static void call_refused(struct call *call)
{
    struct webhdfs_verdict verdict =
        webhdfs_refusal(call->kind->judge, call->http.status, buf_slice(&call->http.body));
    if (verdict.hint == WEBHDFS_OTHER_SERVER) {
        call_next_server(call, &verdict.err);
        return;
    }
    if (verdict.hint == WEBHDFS_NO_SUCH_OP && call->kind == &webhdfs_list &&
        !call->webhdfs->no_batch) {
        call->webhdfs->no_batch = true;
        call_ask_namenode(call);
        return;
    }
    if (verdict.hint == WEBHDFS_NO_NODES_LEFT && !call->all_nodes) {
        call->all_nodes = true; /* better one that failed a while ago than none */
        memset(call->webhdfs->bad, 0, sizeof call->webhdfs->bad);
        call_ask_namenode(call);
        return;
    }
    if (call_two_steps(call) && verdict.answer == STORE_UNKNOWN) {
        verdict.answer = STORE_REFUSED; /* it was only asked where to go */
        verdict.err.kind = ERR_RETRY;
    }
    call_verdict(call, &verdict);
}

/* Perhaps done. Of those that went to a silent NameNode together the first one leads away from it. */
static void call_lost(struct call *call)
{
    struct webhdfs *webhdfs = call->webhdfs;
    if (webhdfs->active == call->server)
        webhdfs->active = (call->server + 1) % webhdfs->url.n_servers;
    call_refuse(call, STORE_UNKNOWN, ERR_UNKNOWN, call->http.err.text);
}

static void call_namenode_answered(struct call *call)
{
    const struct http_req *http = &call->http;
    bool harmless = !call->kind->changes || call_two_steps(call);
    if (http->outcome == HTTP_UNSENT || (http->outcome == HTTP_LOST && harmless)) {
        call_next_server(call, &http->err);
    } else if (http->outcome == HTTP_LOST) {
        call_lost(call);
    } else if (http->outcome == HTTP_TOO_LONG) {
        call_refuse(call, call->kind->changes ? STORE_UNKNOWN : STORE_REFUSED,
                    call->kind->changes ? ERR_UNKNOWN : ERR_FATAL, http->err.text);
    } else if (http->status == 200 || (http->status == 307 && call_two_steps(call))) {
        call->webhdfs->active = call->server;
        call->kind->answered(call);
    } else {
        call_refused(call);
    }
}

/* ---- answers of a DataNode */

static void call_next_node(struct call *call)
{
    node_failed(call, http_peer(&call->http));
    if (++call->nodes_tried < NODES_TRIED_MAX)
        call_ask_namenode(call);
    else
        call_refuse(call, STORE_REFUSED, ERR_RETRY, call->http.err.text);
}

static void call_created(struct call *call)
{
    if (call->http.status != 201)
        call_refuse(call, STORE_UNKNOWN, ERR_UNKNOWN, "it did not say 201");
    else if (call->old)
        call_ask_length(call);
    else
        call_over(call, STORE_YES);
}

static void call_read(struct call *call)
{
    if (call->http.status != 200 || call->http.length < 0 ||
        (uint64_t)call->http.length != call->http.body.len) {
        call_refuse(call, STORE_REFUSED, ERR_RETRY, "an answer without its length");
        return;
    }
    call->req->data = call->http.body;
    call->http.body = (struct buf){ 0 };
    buf_reserve(&call->req->data, 1); /* never NULL, not even for an empty file */
    call_over(call, STORE_YES);
}

static void call_node_refused(struct call *call)
{
    struct webhdfs_verdict verdict =
        webhdfs_refusal(call->kind->judge, call->http.status, buf_slice(&call->http.body));
    if (verdict.hint == WEBHDFS_OTHER_NODE)
        node_failed(call, http_peer(&call->http));
    call_verdict(call, &verdict);
}

static void call_too_long(struct call *call)
{
    char text[128];
    snprintf(text, sizeof text, "more than %llu bytes, which is the most that is expected",
             (unsigned long long)call->req->length_max);
    call_refuse(call, STORE_REFUSED, ERR_FATAL, text);
}

static void call_datanode_answered(struct call *call)
{
    const struct http_req *http = &call->http;
    bool create = call->kind->judge == WEBHDFS_CREATE;
    if (http->outcome == HTTP_UNSENT || (http->outcome == HTTP_LOST && !create)) {
        call_next_node(call);
    } else if (http->outcome == HTTP_TOO_LONG && !create) {
        call_too_long(call);
    } else if (http->outcome != HTTP_ANSWERED) {
        node_failed(call, http_peer(http));
        call_refuse(call, STORE_UNKNOWN, ERR_UNKNOWN, http->err.text);
    } else if (http->status >= 300) {
        call_node_refused(call);
    } else if (create) {
        call_created(call);
    } else {
        call_read(call);
    }
}

static void call_length_answered(struct call *call)
{
    uint64_t length = 0;
    if (call->http.outcome == HTTP_ANSWERED && call->http.status == 200 &&
        webhdfs_length(buf_slice(&call->http.body), &length) && length == call_bytes(call))
        call_over(call, STORE_YES);
    else
        call_refuse(call, STORE_UNKNOWN, ERR_UNKNOWN, "it said 201, but the file is not whole");
}

/* A DataNode that lost against another one is left out for a while, as one that failed. */
static void call_given_up(struct call *call)
{
    if (sm_state(&call->sm) == CALL_DATANODE)
        node_failed(call, http_peer(&call->http));
    call_refuse(call, STORE_UNKNOWN, ERR_UNKNOWN, "nobody waits for it any more");
}

void call_cancel(struct call *call)
{
    call->cancelled = true;
    http_cancel(&call->http);
}

static void call_step(struct call *call)
{
    if (call->cancelled) {
        call_given_up(call);
        return;
    }
    switch (sm_state(&call->sm)) {
        case CALL_NAMENODE:
            call_namenode_answered(call);
            break;
        case CALL_DATANODE:
            call_datanode_answered(call);
            break;
        case CALL_LENGTH:
            call_length_answered(call);
            break;
        default:
            check(false);
    }
}

static void call_cb(struct http_req *http)
{
    call_step(CONTAINER_OF(http, struct call, http));
}

/* ---- the beginning of a call */

void call_start(struct store *store, struct store_req *req, const struct call_kind *kind)
{
    struct webhdfs *webhdfs = CONTAINER_OF(store, struct webhdfs, store);
    struct call *call = mem_zalloc(sizeof *call);
    check(req->cb && !webhdfs->close_cb);
    *call = (struct call){ .webhdfs = webhdfs,
                           .req = req,
                           .kind = kind,
                           .path = kind == &webhdfs_lock ? "" : req->path,
                           .server = webhdfs->active };
    sm_init(&call->sm, call_states, CALL_NAMENODE);
    req->door = call;
    req->err = (struct err){ .kind = ERR_NONE };
    req->data = (struct buf){ 0 };
    req->entries = NULL;
    req->n_entries = 0;
    call_ask_namenode(call);
}
