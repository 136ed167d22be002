#include "base/secret.h"

#include <ctype.h>
#include <string.h>

#include "base/list.h"

struct span { /* of bytes of a line */
    const char *from, *to;
};

static bool is_secret_name(const char *name, size_t n)
{
    static const char *const parts[] = { "passw",  "secret",        "token",       ".pem",
                                         "cookie", "authorization", "oauthbearer", "api-key" };
    char word[64] = ""; /* the end of the name, in small letters */
    size_t size = n < sizeof word ? n : sizeof word - 1;
    for (size_t i = 0; i < size; i++)
        word[i] = (char)tolower((unsigned char)name[n - size + i]);
    bool secret = false;
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
        secret |= strstr(word, parts[i]) != NULL;
    return secret;
}

/* The colon of a line ends a secret's name: `name: value`, `"name" : value`. */
static bool is_secret_key(const char *line, const char *colon)
{
    const char *to = colon;
    while (to > line && to[-1] == ' ')
        to--;
    to -= to > line && (to[-1] == '"' || to[-1] == '\'');
    const char *from = to;
    while (from > line && (isalnum((unsigned char)from[-1]) || strchr("._-", from[-1])))
        from--;
    bool reference = from - line >= 2 && memcmp(from - 2, "${", 2) == 0;
    return !reference && is_secret_name(from, (size_t)(to - from));
}

/* The value behind the colon, without its quotes. */
static struct span value_of(const char *colon, const char *end)
{
    const char *from = colon + 1, *to;
    while (from < end && (*from == ' ' || *from == '\t'))
        from++;
    if (from < end && (*from == '"' || *from == '\'')) {
        to = memchr(from + 1, *from, (size_t)(end - from - 1));
        return (struct span){ from + 1, to ? to : end };
    }
    for (to = from; to < end && !strchr(",}", *to);)
        to++;
    return (struct span){ from, to };
}

/* The password of scheme://user:password@host, when the colon is the one of "://". */
static struct span url_password(const char *colon, const char *end)
{
    struct span none = { end, end };
    if (end - colon < 3 || memcmp(colon, "://", 3) != 0)
        return none;
    const char *from = colon + 3, *to = from;
    while (to < end && !strchr(" \t\"'", *to))
        to++;
    const char *at = memrchr(from, '@', (size_t)(to - from));
    const char *second = at ? memchr(from, ':', (size_t)(at - from)) : NULL;
    return second ? (struct span){ second + 1, at } : none;
}

/* The next secret from `at` on; empty at the end of the line when there is none. */
static struct span next_secret(const char *line, const char *at, const char *end)
{
    while (at < end && (at = memchr(at, ':', (size_t)(end - at)))) {
        struct span span = is_secret_key(line, at) ? value_of(at, end) : url_password(at, end);
        bool reference = end - span.from >= 2 && memcmp(span.from, "${", 2) == 0;
        if (span.from < span.to && !reference)
            return span;
        at++;
    }
    return (struct span){ end, end };
}

void secret_mask(struct slice line, struct buf *out)
{
    const char *text = line.ptr, *at = text, *end = text + line.len;
    while (at < end) {
        struct span span = next_secret(text, at, end);
        buf_put(out, at, (size_t)(span.from - at));
        for (at = span.from; at < span.to; at++)
            if ((*at & 0xc0) != 0x80) /* not within a code point of UTF-8 */
                buf_put(out, "*", 1);
    }
}
