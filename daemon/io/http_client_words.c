#include <string.h>

#include "base/mem.h"
#include "io/http_client.h"

static bool digits(const uint8_t *at, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (at[i] < '0' || at[i] > '9')
            return false;
    return true;
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
        at = stop + 4;
        if (code < 200)
            continue; /* 100 Continue proves nothing */
        *status = code;
        *body = (struct slice){ at, (size_t)(end - at) };
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
