/* Requests to WebHDFS as URLs, and the URLs it sends us to. Pure. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/store_url.h"

#define WEBHDFS_PLACE_SIZE (STORE_HOST_SIZE + 8) /* of "host:port" with its 0 */

/* Appends text for a path or a query: all but [A-Za-z0-9._/=,-] as %XX. */
void webhdfs_url_text(struct buf *url, const char *text);
/* Appends http://host:port/webhdfs/v1<root>/<path>?user.name=<user> */
void webhdfs_url_begin(struct buf *url, const struct store_server *server,
                       const struct store_url *store, const char *path);
/* A Location is followed once, byte for byte, when it is plain HTTP, names no user and lies below
 * /webhdfs/v1/; place (WEBHDFS_PLACE_SIZE bytes) gets its "host:port". */
bool webhdfs_url_follow(const char *location, char *place);
/* "host:port" of a server into place. */
void webhdfs_url_place(const struct store_server *server, char *place);
