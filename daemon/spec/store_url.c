#include "spec/store_url.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/list.h"

struct url {
    struct arena *arena;
    const char *text;
    const char *rest; /* behind "://" */
    struct store_url_problem *problem;
};

static const char *const schemes[] = { "webhdfs", "swebhdfs", "httpfs", "file", NULL };

static bool wrong(const struct url *url, const char *from, const char *to, const char *text,
                  const char *help)
{
    *url->problem = (struct store_url_problem){
        .code = 215,
        .from = (size_t)(from - url->text),
        .to = (size_t)(to - url->text),
        .text = text,
        .help = help,
    };
    return false;
}

static bool wrong_all(const struct url *url, const char *text, const char *help)
{
    return wrong(url, url->text, url->text + strlen(url->text), text, help);
}

/* host:port at [at, end). */
static bool check_server(const struct url *url, const char *at, const char *end)
{
    struct arena *arena = url->arena;
    const char *host_end = at;
    if (*at == '[') {
        while (host_end < end && *host_end != ']')
            host_end++;
        host_end += host_end < end;
    } else {
        while (host_end < end && (isalnum((unsigned char)*host_end) || strchr("._-", *host_end)))
            host_end++;
    }
    if (host_end == at)
        return wrong(url, at, end > at ? end : at + 1, "here the name of a server is missing",
                     "write webhdfs://nn1:9870/path, or nn1:9870,nn2:9870 for two NameNodes");
    if (host_end == end)
        return wrong(url, at, end, arena_printf(arena, "'%.*s' needs a port", (int)(end - at), at),
                     arena_printf(arena, "the NameNode's HTTP port is usually 9870: %.*s:9870",
                                  (int)(end - at), at));
    const char *digits = host_end + 1;
    size_t n = strspn(digits, "0123456789");
    bool number = *host_end == ':' && n && n <= 5 && digits + n == end;
    unsigned long port = number ? strtoul(digits, NULL, 10) : 0;
    if (port >= 1 && port <= 65535)
        return true;
    return wrong(url, at, end, arena_printf(arena, "'%.*s' is not host:port", (int)(end - at), at),
                 NULL);
}

static bool check_path(const struct url *url, const char *path)
{
    const char *end = path + strlen(path);
    const char *bad = strpbrk(path, "?#");
    if (*path != '/')
        return wrong_all(url, "the URL names no path",
                         "put the directory behind the server: /path");
    if (bad)
        return wrong(url, bad, end, "a store URL ends with its path", NULL);
    for (const char *at = path; (at = strstr(at, "/..")); at += 3)
        if (!at[3] || at[3] == '/')
            return wrong(url, at + 1, at + 3, "'..' cannot stand in the path of a store URL", NULL);
    return true;
}

static bool check_webhdfs(const struct url *url)
{
    const char *at = url->rest;
    const char *path = at + strcspn(at, "/?#");
    const char *user = memchr(at, '@', (size_t)(path - at));
    if (user == at)
        return wrong(url, at, at + 1, "here the name of a user is missing", NULL);
    if (user && memchr(at, ':', (size_t)(user - at)))
        return wrong(url, at, user, "a store URL holds no password",
                     "write only the user: webhdfs://user@nn1:9870/path");
    if (user)
        at = user + 1;
    for (;;) {
        const char *comma = memchr(at, ',', (size_t)(path - at));
        const char *end = comma ? comma : path;
        if (!check_server(url, at, end))
            return false;
        if (!comma)
            return check_path(url, path);
        at = comma + 1;
    }
}

static bool check_file(const struct url *url)
{
    if (*url->rest != '/')
        return wrong_all(url, "a file URL has three slashes and an absolute path",
                         arena_printf(url->arena, "write file:///%s", url->rest));
    return check_path(url, url->rest);
}

static bool refuse_hdfs(const struct url *url)
{
    const char *path = url->rest + strcspn(url->rest, "/");
    const char *host = url->rest;
    const char *colon = memchr(host, ':', (size_t)(path - host));
    int n = (int)((colon ? colon : path) - host);
    return wrong_all(url, "hdfs:// needs Hadoop's own client; here HDFS is spoken to by WebHDFS",
                     arena_printf(url->arena, "write webhdfs://%.*s:9870%s", n ? n : 3,
                                  n ? host : "nn1", *path ? path : "/path"));
}

static bool no_scheme(const struct url *url)
{
    const char *help = "write webhdfs://nn1:9870/path or file:///path";
    if (url->text[0] == '/')
        help = arena_printf(url->arena, "write file://%s", url->text);
    else if (strncmp(url->text, "file:/", 6) == 0)
        help = arena_printf(url->arena, "write file://%s", url->text + 5);
    return wrong_all(url, "this is not a store URL", help);
}

bool store_url_check(struct arena *arena, const char *text, struct store_url_problem *problem)
{
    struct url url = { .arena = arena, .text = text, .problem = problem };
    const char *colon = strstr(text, "://");
    if (!colon || colon == text)
        return no_scheme(&url);
    url.rest = colon + 3;
    const char *scheme = arena_strndup(arena, text, (size_t)(colon - text));
    if (strcmp(scheme, "file") == 0)
        return check_file(&url);
    if (strcmp(scheme, "hdfs") == 0)
        return refuse_hdfs(&url);
    bool later = strcmp(scheme, "swebhdfs") == 0 || strcmp(scheme, "httpfs") == 0;
    if (later || strcmp(scheme, "webhdfs") == 0) {
        bool good = check_webhdfs(&url);
        if (!later || !good)
            return good;
        wrong(&url, text, colon,
              arena_printf(arena, "%s:// is known, but not supported yet", scheme), NULL);
        problem->code = 250;
        return false;
    }
    const char *nearest = diag_nearest(scheme, schemes);
    return wrong(&url, text, colon, arena_printf(arena, "unknown URL scheme '%s'", scheme),
                 nearest ? arena_printf(arena, "did you mean '%s'?", nearest)
                         : "stores are webhdfs:// and file://");
}
