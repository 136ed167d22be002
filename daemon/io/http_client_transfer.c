/* A transfer's callbacks: the request's body out, the answer in, within limits, and its sockets. */
#include <netdb.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/mem.h"
#include "io/http_client_parts.h"

#define LAST_WORDS_MAX 65536 /* read from a socket that is about to be closed */

size_t transfer_read(char *out, size_t size, size_t n, void *ctx)
{
    struct transfer *transfer = ctx;
    size_t room = size * n, filled = 0;
    while (filled < room) {
        if (!transfer->at.len && transfer->next == transfer->req->n_pieces)
            break;
        if (!transfer->at.len) {
            transfer->at = transfer->req->pieces[transfer->next++];
            continue;
        }
        size_t part = transfer->at.len < room - filled ? transfer->at.len : room - filled;
        memcpy(out + filled, transfer->at.ptr, part);
        transfer->at.ptr = (const char *)transfer->at.ptr + part;
        transfer->at.len -= part;
        filled += part;
    }
    return filled;
}

int transfer_seek(void *ctx, curl_off_t offset, int origin)
{
    struct transfer *transfer = ctx;
    if (origin != SEEK_SET || offset != 0)
        return CURL_SEEKFUNC_FAIL; /* libcurl only ever begins again */
    transfer->at = (struct slice){ NULL, 0 };
    transfer->next = 0;
    return CURL_SEEKFUNC_OK;
}

size_t transfer_write(char *bytes, size_t size, size_t n, void *ctx)
{
    struct transfer *transfer = ctx;
    struct http_req *req = transfer->req;
    long status = 0;
    curl_off_t length = -1;
    n *= size;
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    if (status >= 300) {
        size_t room = HTTP_REFUSAL_MAX - req->body.len;
        buf_put(&req->body, bytes, n < room ? n : room);
        return n <= room ? n : 0; /* it counts all the same, and may have no end */
    }
    transfer->too_long =
        n > req->answer_max - req->body.len || (length > 0 && (uint64_t)length > req->answer_max);
    if (transfer->too_long)
        return 0;
    if (!req->body.len && length > 0)
        buf_reserve(&req->body, (size_t)length);
    buf_put(&req->body, bytes, n);
    return n;
}

/* libcurl takes what is no number for 0, and the last one of two. */
static bool header_length(struct transfer *transfer, struct slice line)
{
    int64_t length;
    transfer->bad_length = !http_header_length(line, &length) ||
                           (length >= 0 && transfer->length >= 0 && length != transfer->length);
    if (length >= 0)
        transfer->length = length;
    return !transfer->bad_length;
}

size_t transfer_header(char *bytes, size_t size, size_t n, void *ctx)
{
    struct transfer *transfer = ctx;
    n *= size;
    if (n > 5 && memcmp(bytes, "HTTP/", 5) == 0) {
        transfer->headed = false;
        transfer->length = -1;
    } else if (n == 2) {
        transfer->headed = true;
    } else if (!header_length(transfer, (struct slice){ bytes, n })) {
        return 0;
    }
    transfer->headers += n;
    return transfer->headers <= HTTP_HEADERS_MAX ? n : 0;
}

curl_socket_t transfer_open(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct transfer *transfer = ctx;
    (void)purpose;
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    unsigned unacked_ms = (unsigned)transfer->silence_ms;
    if (getnameinfo(&address->addr, address->addrlen, transfer->peer, sizeof transfer->peer, NULL,
                    0, NI_NUMERICHOST) != 0)
        *transfer->peer = 0;
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacked_ms, sizeof unacked_ms);
    return fd; /* -1 is CURL_SOCKET_BAD */
}

int transfer_close(void *ctx, curl_socket_t fd)
{
    struct transfer *transfer = ctx;
    long status = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    while (status < 200 && transfer->words.len < LAST_WORDS_MAX) {
        buf_reserve(&transfer->words, LAST_WORDS_MAX);
        ssize_t got = recv(fd, transfer->words.ptr + transfer->words.len,
                           LAST_WORDS_MAX - transfer->words.len, MSG_DONTWAIT);
        if (got <= 0)
            break;
        transfer->words.len += (size_t)got;
    }
    return close(fd);
}
