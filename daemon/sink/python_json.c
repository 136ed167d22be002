/* A Json as Python shows what json.loads() makes of it: mark by mark, without a tree. */
#include <string.h>

#include "base/mem.h"
#include "column/json_text.h"
#include "column/number.h"
#include "sink/python.h"

/* Behind the token at `at`: a string, a word or a number. */
static const char *token_end(const char *at, const char *end)
{
    bool string = *at == '"';
    for (at++; at < end; at++) {
        if (string && *at == '"')
            return at + 1;
        if (string && *at == '\\')
            at++;
        else if (!string && strchr(" \t\r\n,:]}", *at))
            return at;
    }
    return end;
}

static void put_string(struct buf *out, struct slice token, bool quoted)
{
    struct slice raw = json_text_raw(token);
    char *text = mem_alloc(raw.len + 1);
    size_t n = json_text_decode(raw, text);
    if (quoted)
        python_put_string(out, text, n);
    else
        buf_put(out, text, n);
    mem_free(text);
}

/* Whole numbers are as long as they were written, the others are Doubles. */
static void put_number(struct buf *out, struct slice token)
{
    double value = 0;
    bool real = memchr(token.ptr, '.', token.len) || memchr(token.ptr, 'e', token.len) ||
                memchr(token.ptr, 'E', token.len);
    if (real && number_get_double(token, &value))
        python_put_double(out, value);
    else if (token.len == 2 && memcmp(token.ptr, "-0", 2) == 0)
        buf_puts(out, "0");
    else
        buf_put(out, token.ptr, token.len);
}

static void put_token(struct buf *out, struct slice token, bool quoted)
{
    switch (*(const char *)token.ptr) {
        case '"':
            put_string(out, token, quoted);
            return;
        case 't':
            buf_puts(out, "True");
            return;
        case 'f':
            buf_puts(out, "False");
            return;
        case 'n':
            buf_puts(out, "None");
            return;
        default:
            put_number(out, token);
    }
}

void python_put_json(struct buf *out, struct slice value, bool quoted)
{
    const char *at = value.ptr, *end = at + value.len;
    while (at < end) {
        const char *to = at + 1;
        if (strchr("{}[]", *at)) {
            buf_put(out, at, 1);
            quoted = true; /* all that comes is inside */
        } else if (*at == ',' || *at == ':') {
            buf_put(out, at, 1);
            buf_puts(out, " ");
        } else if (!strchr(" \t\r\n", *at)) {
            to = token_end(at, end);
            put_token(out, (struct slice){ at, (size_t)(to - at) }, quoted);
        }
        at = to;
    }
}
