#include "base/store_url.h"

#include <stdio.h>
#include <string.h>

#include "base/list.h"

#define E_URL 215   /* not a store's URL */
#define E_LATER 250 /* known, not supported yet */

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"
#define HDFS_PATH LETTERS DIGITS "._=/-"

bool store_url_user(const char *name)
{
    size_t n = strlen(name);
    if (n == 0 || n >= STORE_USER_SIZE || !strchr(LETTERS "_", name[0]))
        return false;
    size_t fits = strspn(name, LETTERS DIGITS "._-");
    return fits == n || (fits == n - 1 && name[fits] == '$');
}

/* "a/b" is fine; "a//b", "a/./b" and "a/../b" are not: each would name another place than it says. */
static bool url_parts(const char *path)
{
    for (const char *at = path; *at;) {
        size_t n = strcspn(++at, "/"); /* at stood on a '/' */
        if (n == 0 || (n == 1 && at[0] == '.') || (n == 2 && at[0] == '.' && at[1] == '.'))
            return false;
        at += n;
    }
    return true;
}

static bool url_path(const char *path, struct store_url *url, struct err *err)
{
    size_t n = strlen(path);
    bool local = strcmp(url->scheme, "file") == 0;
    if (n && path[n - 1] == '/')
        n--;
    if (n >= STORE_PATH_SIZE)
        return err_code(err, ERR_BAD_CONFIG, E_URL, "path of %zu bytes: %d are allowed", n,
                        STORE_PATH_SIZE - 1);
    memcpy(url->path, path, n);
    url->path[n] = 0;
    for (const char *at = url->path; *at; at++) {
        bool fits = local ? *at > ' ' && *at != 127 && !strchr("?#%", *at)
                          : strchr(HDFS_PATH "_", *at) != NULL;
        if (!fits && !(local && (*at == ' ' || *at < 0)))
            return err_code(err, ERR_BAD_CONFIG, E_URL,
                            "path '%s': byte 0x%02x is not allowed there", url->path,
                            (unsigned char)*at);
    }
    if (!url_parts(url->path))
        return err_code(err, ERR_BAD_CONFIG, E_URL, "path '%s': no empty part, '.' or '..'",
                        url->path);
    return true;
}

static bool url_port(const char *text, size_t n, uint16_t *port)
{
    unsigned value = 0;
    for (size_t i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9' || i == 5)
            return false;
        value = value * 10 + (unsigned)(text[i] - '0');
    }
    *port = (uint16_t)value;
    return n > 0 && value > 0 && value <= UINT16_MAX;
}

/* One host[:port] of n bytes. */
static bool url_server(const char *text, size_t n, struct store_server *server)
{
    const char *end = text + n, *colon = memchr(text, ':', n);
    if (n && text[0] == '[') {
        const char *close = memchr(text, ']', n);
        if (!close || (close + 1 < end && close[1] != ':'))
            return false;
        colon = close + 1 < end ? close + 1 : NULL;
    }
    size_t host = (size_t)((colon ? colon : end) - text);
    if (host == 0 || host >= sizeof server->host)
        return false;
    memcpy(server->host, text, host);
    server->host[host] = 0;
    server->port = STORE_PORT_HDFS;
    if (strspn(server->host, text[0] == '[' ? DIGITS "abcdefABCDEF:.[]" : LETTERS DIGITS ".-_") !=
        host)
        return false;
    return !colon || url_port(colon + 1, (size_t)(end - colon - 1), &server->port);
}

static bool url_servers(const char *at, const char *end, struct store_url *url, struct err *err)
{
    const char *sign = memchr(at, '@', (size_t)(end - at));
    if (sign) {
        snprintf(url->user, sizeof url->user, "%.*s", (int)(sign - at), at);
        if ((size_t)(sign - at) >= sizeof url->user || !store_url_user(url->user))
            return err_code(err, ERR_BAD_CONFIG, E_URL, "'%.*s' is not a user's name",
                            (int)(sign - at), at);
        at = sign + 1;
    }
    for (bool more = true; more; url->n_servers++) {
        const char *comma = memchr(at, ',', (size_t)(end - at)), *stop = comma ? comma : end;
        if (url->n_servers == STORE_SERVERS_MAX)
            return err_code(err, ERR_BAD_CONFIG, E_URL, "at most %d servers", STORE_SERVERS_MAX);
        if (!url_server(at, (size_t)(stop - at), &url->servers[url->n_servers]))
            return err_code(err, ERR_BAD_CONFIG, E_URL, "'%.*s' is not host:port", (int)(stop - at),
                            at);
        more = comma != NULL;
        at = stop + 1;
    }
    return true;
}

/* The schemes people write, and what to tell them. */
static bool url_scheme(const struct store_url *url, const char *rest, struct err *err)
{
    static const char *const later[] = { "swebhdfs", "httpfs" };
    if (strcmp(url->scheme, "file") == 0 || strcmp(url->scheme, "webhdfs") == 0)
        return true;
    for (unsigned i = 0; i < ARRAY_SIZE(later); i++)
        if (strcmp(url->scheme, later[i]) == 0)
            return err_code(err, ERR_BAD_CONFIG, E_LATER, "%s:// is not supported yet", later[i]);
    if (strcmp(url->scheme, "hdfs") == 0) {
        const char *path = rest + strcspn(rest, "/");
        int n = (int)strcspn(rest, ":,/");
        return err_code(
            err, ERR_BAD_CONFIG, E_URL,
            "hdfs:// speaks Hadoop's RPC; write webhdfs://%.*s:%u%s (the NameNode's HTTP "
            "address)",
            n ? n : 3, n ? rest : "nn1", STORE_PORT_HDFS, path);
    }
    return err_code(err, ERR_BAD_CONFIG, E_URL,
                    "'%s' is no store: webhdfs://host:port/path or file:///path", url->scheme);
}

bool url_has_password(const char *text)
{
    const char *sign = strstr(text, "://"), *at = sign ? strrchr(sign, '@') : NULL;
    const char *colon = at ? memchr(sign + 3, ':', (size_t)(at - sign - 3)) : NULL;
    return colon && colon + 1 < at;
}

bool store_url_parse(const char *text, struct store_url *url, struct err *err)
{
    struct store_url found = { .n_servers = 0 };
    const char *sign = strstr(text, "://");
    if (url_has_password(text)) /* not a word of it is repeated */
        return err_code(err, ERR_BAD_CONFIG, E_URL, "a store's URL has no place for a password");
    if (!sign || sign == text || (size_t)(sign - text) >= sizeof found.scheme)
        return err_code(err, ERR_BAD_CONFIG, E_URL,
                        "'%s' is not a URL of a store: webhdfs://host:port/path or file:///path",
                        text);
    memcpy(found.scheme, text, (size_t)(sign - text));
    const char *rest = sign + 3, *path = rest + strcspn(rest, "/");
    if (!url_scheme(&found, rest, err))
        return err_wrap(err, "store '%s'", text);
    bool local = strcmp(found.scheme, "file") == 0;
    if (local && (path != rest || strcmp(path, "/") == 0 || !*path))
        return err_code(err, ERR_BAD_CONFIG, E_URL,
                        "store '%s': write file:///path, with three slashes and below the root",
                        text);
    if (!local && !url_servers(rest, path, &found, err))
        return err_wrap(err, "store '%s'", text);
    if (!url_path(path, &found, err))
        return err_wrap(err, "store '%s'", text);
    *url = found;
    return true;
}
