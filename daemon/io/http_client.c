/* libcurl's multi interface in the loop: libcurl says which sockets to watch and when to call it
 * again, uv_poll and uv_timer do so. Happy path: http_start() adds an easy handle, libcurl asks to
 * be called at once, sockets come and go, curl_multi_info_read() names the finished transfer, its
 * handle is removed and the request called back, never from inside a callback of libcurl's.
 * Failure modes: a socket in error is reported by uv_poll as UV_EBADF and handed to libcurl, which
 * ends the transfer; what was sent decides between unsent and lost. A peer that answers and closes
 * while we send: the answer is read from the socket before it is closed. A kept connection that
 * died, or holds what nobody asked for: libcurl replaces it and sends again, or reads the wrong
 * answer; what must not happen to is `alone`.
 * Close: counts requests, then handles. */
#include "io/http_client.h"

#include <curl/curl.h>
#include <string.h>
#include <uv.h>

#include "base/check.h"
#include "base/list.h"
#include "base/mem.h"
#include "io/http_client_parts.h"
#include "io/loop.h"
#include "io/loop_uv.h"
#include "io/thread.h"

#define E_AWAY 302

struct http {
    CURLM *multi;
    uv_loop_t *uv;
    uv_timer_t timer; /* libcurl's timeout */
    uv_idle_t soon;   /* libcurl's timeout of 0, or a request to end: a timer of 0 would starve the
                         sockets */
    struct list cancelled; /* transfers that end at the next turn */
    long connect_timeout_ms;
    struct curl_slist *headers, *upload_headers;
    uint32_t pending; /* requests that have not called back */
    bool turning;     /* in http_turn(): it is the one to free us */
    uint32_t handles; /* not closed yet: timer, soon and sockets */
    void (*close_cb)(void *ctx);
    void *close_ctx;
};

struct http_socket {
    uv_poll_t poll;
    struct http *http;
    curl_socket_t fd;
};

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;

static void curl_begin(void)
{
    check(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
}

/* ---- a transfer's life */

static void transfer_answered(struct transfer *transfer)
{
    struct http_req *req = transfer->req;
    struct curl_header *location;
    long status = 0;
    curl_off_t length = -1;
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    req->outcome = HTTP_ANSWERED;
    req->status = (unsigned)status;
    req->length = length;
    if (curl_easy_header(transfer->easy, "Location", 0, CURLH_HEADER, -1, &location) == CURLHE_OK &&
        strlen(location->value) <= HTTP_LOCATION_MAX)
        req->location = mem_strdup(location->value);
}

static void transfer_failed(struct transfer *transfer, CURLcode result)
{
    struct http_req *req = transfer->req;
    struct slice body;
    long sent = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_REQUEST_SIZE, &sent);
    buf_clear(&req->body);
    if (transfer->too_long) {
        req->outcome = HTTP_TOO_LONG;
        err_code(&req->err, ERR_FATAL, E_AWAY, "an answer of more than %llu bytes",
                 (unsigned long long)req->answer_max);
    } else if (http_last_words(buf_slice(&transfer->words), &req->status, &body)) {
        req->outcome = HTTP_ANSWERED;
        buf_put(&req->body, body.ptr, body.len);
    } else {
        req->outcome = sent > 0 ? HTTP_LOST : HTTP_UNSENT;
        err_code(&req->err, sent > 0 ? ERR_UNKNOWN : ERR_RETRY, E_AWAY, "%s",
                 transfer->bad_length ? "an answer whose length is no number"
                 : result == CURLE_OK ? "the answer was cut"
                 : *transfer->text    ? transfer->text
                                      : curl_easy_strerror(result));
    }
}

static void transfer_done(struct http *http, struct transfer *transfer, CURLcode result)
{
    struct http_req *req = transfer->req;
    long status = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    /* a refusal counts even when its end, or ours, got lost; a success only when it is whole */
    if ((result == CURLE_OK && transfer->headed) || status >= 300)
        transfer_answered(transfer);
    else
        transfer_failed(transfer, result);
    check(curl_multi_remove_handle(http->multi, transfer->easy) == CURLM_OK);
    list_remove(&transfer->cancelled);
    http->pending--;
    req->cb(req); /* http_peer() works until here; the request is gone from here on */
    curl_easy_cleanup(transfer->easy);
    buf_free(&transfer->words);
    mem_free(transfer);
}

/* ---- the loop */

static void http_finish(struct http *http)
{
    struct CURLMsg *msg;
    int left;
    while ((msg = curl_multi_info_read(http->multi, &left))) {
        CURLcode result = msg->data.result; /* msg is gone once the handle is removed */
        char *private = NULL;
        check(msg->msg == CURLMSG_DONE);
        curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &private);
        transfer_done(http, (struct transfer *)(void *)private, result);
    }
}

static void http_end_cancelled(struct http *http)
{
    for (struct list *link; (link = list_first(&http->cancelled));)
        transfer_done(http, LIST_ITEM(link, struct transfer, cancelled), CURLE_ABORTED_BY_CALLBACK);
}

static void http_free(struct http *http);

static void http_turn(struct http *http, curl_socket_t fd, int events)
{
    int running;
    http->turning = true;
    http_end_cancelled(http);
    check(curl_multi_socket_action(http->multi, fd, events, &running) == CURLM_OK);
    http_finish(http);
    http->turning = false;
    if (http->close_cb && !http->pending)
        http_free(http);
}

static void http_timer_cb(uv_timer_t *timer)
{
    http_turn(CONTAINER_OF(timer, struct http, timer), CURL_SOCKET_TIMEOUT, 0);
}

static void http_soon_cb(uv_idle_t *soon)
{
    uv_idle_stop(soon);
    http_turn(CONTAINER_OF(soon, struct http, soon), CURL_SOCKET_TIMEOUT, 0);
}

static int http_timeout(CURLM *multi, long timeout_ms, void *ctx)
{
    struct http *http = ctx;
    (void)multi;
    uv_timer_stop(&http->timer);
    if (list_empty(&http->cancelled))
        uv_idle_stop(&http->soon);
    if (timeout_ms == 0)
        check(uv_idle_start(&http->soon, http_soon_cb) == 0);
    if (timeout_ms > 0) {
        uv_update_time(http->uv);
        check(uv_timer_start(&http->timer, http_timer_cb, (uint64_t)timeout_ms, 0) == 0);
    }
    return 0;
}

static void http_socket_cb(uv_poll_t *poll, int status, int events)
{
    struct http_socket *sock = CONTAINER_OF(poll, struct http_socket, poll);
    int flags = (events & UV_READABLE ? CURL_CSELECT_IN : 0) |
                (events & UV_WRITABLE ? CURL_CSELECT_OUT : 0);
    http_turn(sock->http, sock->fd, status < 0 ? CURL_CSELECT_ERR : flags);
}

static void http_handle_closed(struct http *http)
{
    if (--http->handles) /* two of them are its own and close at the end */
        return;
    void (*cb)(void *ctx) = http->close_cb;
    void *ctx = http->close_ctx;
    curl_slist_free_all(http->headers);
    curl_slist_free_all(http->upload_headers);
    mem_free(http);
    cb(ctx);
}

static void http_socket_closed(uv_handle_t *handle)
{
    struct http_socket *sock = CONTAINER_OF((uv_poll_t *)handle, struct http_socket, poll);
    struct http *http = sock->http;
    mem_free(sock);
    http_handle_closed(http);
}

static struct http_socket *http_socket_new(struct http *http, curl_socket_t fd)
{
    struct http_socket *sock = mem_zalloc(sizeof *sock);
    sock->http = http;
    sock->fd = fd;
    check(uv_poll_init_socket(http->uv, &sock->poll, fd) == 0);
    check(curl_multi_assign(http->multi, fd, sock) == CURLM_OK);
    http->handles++;
    return sock;
}

static int http_watch(CURL *easy, curl_socket_t fd, int what, void *ctx, void *ours)
{
    struct http *http = ctx;
    struct http_socket *sock = ours;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (!sock)
            return 0;
        uv_poll_stop(&sock->poll);
        curl_multi_assign(http->multi, fd, NULL);
        uv_close((uv_handle_t *)&sock->poll, http_socket_closed);
        return 0;
    }
    if (!sock)
        sock = http_socket_new(http, fd);
    int events = (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
    check(uv_poll_start(&sock->poll, events, http_socket_cb) == 0);
    return 0;
}

/* ---- the whole */

struct http *http_new(struct loop *loop, uint64_t connect_timeout_ms)
{
    struct http *http = mem_zalloc(sizeof *http);
    check(pthread_once(&curl_once, curl_begin) == 0);
    http->uv = uv_of_loop(loop);
    http->connect_timeout_ms = (long)connect_timeout_ms;
    list_init(&http->cancelled);
    http->handles = 2;
    check(uv_timer_init(http->uv, &http->timer) == 0);
    check(uv_idle_init(http->uv, &http->soon) == 0);
    check((http->headers = curl_slist_append(NULL, "Expect:")) != NULL);
    check((http->upload_headers = curl_slist_append(NULL, "Expect:")) != NULL);
    check(curl_slist_append(http->upload_headers, "Content-Type: application/octet-stream"));
    check((http->multi = curl_multi_init()) != NULL);
    curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, http_watch);
    curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, http_timeout);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
    curl_multi_setopt(http->multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
    curl_multi_setopt(http->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)HTTP_CONNECTIONS_MAX);
    curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, (long)HTTP_CONNECTIONS_MAX);
    return http;
}

static void http_set_limits(struct http *http, CURL *easy, const struct transfer *transfer)
{
    const struct http_req *req = transfer->req;
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT,
                     1L); /* a name that is being resolved is not waited for */
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http");
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "tidemark/" TIDEMARK_VERSION);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, http->connect_timeout_ms);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)req->timeout_ms);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)(transfer->silence_ms / 1000 + 1));
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, (long)HTTP_IDLE_S);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, req->alone ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, req->alone ? 1L : 0L);
}

static void http_set_callbacks(CURL *easy, struct transfer *transfer)
{
    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->text);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, transfer_write);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, transfer_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, transfer_open);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
    if (!transfer->req->alone)
        return;
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, transfer_close);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, transfer);
}

static void http_set_upload(CURL *easy, struct transfer *transfer)
{
    uint64_t length = 0;
    for (uint32_t i = 0; i < transfer->req->n_pieces; i++)
        length += transfer->req->pieces[i].len;
    uint64_t buffer = length < HTTP_UPLOAD_BUFFER_MIN   ? HTTP_UPLOAD_BUFFER_MIN
                      : length > HTTP_UPLOAD_BUFFER_MAX ? HTTP_UPLOAD_BUFFER_MAX
                                                        : length;
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)length);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)buffer);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, transfer_read);
    curl_easy_setopt(easy, CURLOPT_READDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, transfer_seek);
    curl_easy_setopt(easy, CURLOPT_SEEKDATA, transfer);
}

void http_start(struct http *http, struct http_req *req)
{
    struct transfer *transfer = mem_zalloc(sizeof *transfer);
    CURL *easy = curl_easy_init();
    check(easy && req->cb && !http->close_cb && !req->body.len && !req->location);
    *transfer = (struct transfer){ .easy = easy, .http = http, .req = req, .length = -1 };
    list_init(&transfer->cancelled);
    transfer->silence_ms = req->silence_ms ? req->silence_ms : req->timeout_ms;
    req->door = transfer;
    req->status = 0;
    req->length = -1;
    req->err = (struct err){ .kind = ERR_NONE };
    check(curl_easy_setopt(easy, CURLOPT_URL, req->url) == CURLE_OK);
    http_set_limits(http, easy, transfer);
    http_set_callbacks(easy, transfer);
    if (req->method == HTTP_PUT)
        http_set_upload(easy, transfer);
    if (req->method == HTTP_DELETE)
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, "DELETE");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER,
                     req->n_pieces ? http->upload_headers : http->headers);
    http->pending++;
    check(curl_multi_add_handle(http->multi, easy) == CURLM_OK);
}

const char *http_peer(const struct http_req *req)
{
    const struct transfer *transfer = req->door;
    char *kept = NULL; /* no address was tried for a connection that was there already */
    if (!transfer || *transfer->peer)
        return transfer ? transfer->peer : "";
    curl_easy_getinfo(transfer->easy, CURLINFO_PRIMARY_IP, &kept);
    return kept ? kept : "";
}

void http_cancel(struct http_req *req)
{
    struct transfer *transfer = req->door;
    if (!transfer)
        return;
    list_remove(&transfer->cancelled);
    list_add_tail(&transfer->http->cancelled, &transfer->cancelled);
    check(uv_idle_start(&transfer->http->soon, http_soon_cb) == 0);
}

static void http_own_closed(uv_handle_t *handle)
{
    http_handle_closed(handle->data);
}

static void http_free(struct http *http) /* nothing is pending */
{
    check(curl_multi_cleanup(http->multi) == CURLM_OK); /* lets go of the sockets it watches */
    http->timer.data = http->soon.data = http;
    uv_close((uv_handle_t *)&http->timer, http_own_closed);
    uv_close((uv_handle_t *)&http->soon, http_own_closed);
}

void http_close(struct http *http, void (*cb)(void *ctx), void *ctx)
{
    check(cb && !http->close_cb);
    http->close_cb = cb;
    http->close_ctx = ctx;
    if (!http->pending && !http->turning)
        http_free(http);
}
