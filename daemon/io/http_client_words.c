#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "io/http_client_parts.h"

static bool digits(const uint8_t *at, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (at[i] < '0' || at[i] > '9')
            return false;
    return true;
}

/* The header's value, up to end; NULL when it is another one. */
static const uint8_t *header_value(struct slice line, const char *name)
{
    size_t n = strlen(name);
    bool is = line.len >= n && strncasecmp(line.ptr, name, n) == 0;
    return is ? (const uint8_t *)line.ptr + n : NULL;
}

bool http_header_length(struct slice line, int64_t *length)
{
    const uint8_t *at = header_value(line, "Content-Length:");
    const uint8_t *end = (const uint8_t *)line.ptr + line.len;
    *length = -1;
    if (!at)
        return true;
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    while (end > at && memchr(" \t\r\n", end[-1], 4))
        end--;
    if (at == end || end - at > 18 || !digits(at, (size_t)(end - at)))
        return false;
    for (*length = 0; at < end; at++)
        *length = *length * 10 + (*at - '0');
    return true;
}

/* Cuts the body to the length that the head says; false: there is less. */
static bool body_whole(struct slice head, struct slice *body)
{
    const char *at = head.ptr, *end = at + head.len;
    int64_t length = -1, found;
    for (const char *next; at < end; at = next) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        next = stop ? stop + 1 : end;
        struct slice line = { at, (size_t)(next - at) };
        if (!http_header_length(line, &found) || (found >= 0 && length >= 0 && found != length) ||
            header_value(line,
                         "Transfer-Encoding:")) /* in chunks: where they end is not looked at */
            return false;
        length = found >= 0 ? found : length;
    }
    if (length < 0)
        return body->len == 0; /* in chunks, or cut, for all that is known */
    bool whole = (uint64_t)length <= body->len;
    body->len = whole ? (size_t)length : body->len;
    return whole;
}

bool http_last_words(struct slice bytes, unsigned *status, struct slice *body)
{
    const uint8_t *at = bytes.ptr, *end = at + bytes.len;
    while (end - at >= 12 && memcmp(at, "HTTP/1.", 7) == 0 && at[8] == ' ' && digits(at + 9, 3)) {
        unsigned code = (unsigned)(at[9] - '0') * 100 + (unsigned)(at[10] - '0') * 10 +
                        (unsigned)(at[11] - '0');
        const uint8_t *stop = memmem(at, (size_t)(end - at), "\r\n\r\n", 4);
        if (!stop)
            return false;
        struct slice head = { at, (size_t)(stop - at) };
        at = stop + 4;
        if (code < 200)
            continue; /* 100 Continue proves nothing */
        struct slice rest = { at, (size_t)(end - at) };
        if (code < 300 && !body_whole(head, &rest))
            return false;
        *status = code;
        *body = rest;
        return true;
    }
    return false;
}

void http_req_free(struct http_req *req)
{
    buf_free(&req->body);
    mem_free(req->location);
    req->location = NULL;
}
