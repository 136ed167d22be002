#include "io/webhdfs_url.h"

#include <stdio.h>
#include <string.h>

#define SAFE "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/=,-"
#define SCHEME "http://"
#define PREFIX "/webhdfs/v1"

void webhdfs_url_text(struct buf *url, const char *text)
{
    while (*text) {
        size_t n = strspn(text, SAFE);
        buf_put(url, text, n);
        text += n;
        if (*text)
            buf_printf(url, "%%%02X", (unsigned char)*text++);
    }
}

void webhdfs_url_begin(struct buf *url, const struct store_server *server,
                       const struct store_url *store, const char *path)
{
    buf_printf(url, SCHEME "%s:%u" PREFIX, server->host, server->port);
    webhdfs_url_text(url, store->path);
    if (*path || !*store->path)
        buf_put(url, "/", 1);
    webhdfs_url_text(url, path);
    buf_puts(url, "?user.name=");
    webhdfs_url_text(url, store->user);
}

bool webhdfs_url_follow(const char *location, char *place)
{
    if (strncmp(location, SCHEME, strlen(SCHEME)) != 0)
        return false;
    const char *host = location + strlen(SCHEME);
    size_t n = strcspn(host, "/?#@\\");
    if (n == 0 || n >= WEBHDFS_PLACE_SIZE || strncmp(host + n, PREFIX "/", strlen(PREFIX "/")) != 0)
        return false;
    for (const char *at = location; *at; at++)
        if (*at <= ' ' || *at > '~')
            return false;
    memcpy(place, host, n);
    place[n] = 0;
    return true;
}

void webhdfs_url_place(const struct store_server *server, char *place)
{
    snprintf(place, WEBHDFS_PLACE_SIZE, "%s:%u", server->host, server->port);
}
