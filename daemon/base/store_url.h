/* The URL of a store, taken apart:
 *     file:///path      webhdfs://[user@]host[:port][,host[:port]]/path
 * Parts of a path are of [A-Za-z0-9._=-] for HDFS, whose servers disagree on how to escape the rest;
 * of any printable character but ? # % for a local directory. Pure. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define STORE_SERVERS_MAX 4   /* NameNodes of a URL; Hadoop runs two, three are possible */
#define STORE_HOST_SIZE 256   /* of a host's name with its 0: RFC 1035 */
#define STORE_USER_SIZE 64    /* of a user's name with its 0 */
#define STORE_PATH_SIZE 1024  /* of the path with its 0 */
#define STORE_PORT_HDFS 9870u /* of a NameNode, unless the URL names one */

struct store_server {
    char host[STORE_HOST_SIZE]; /* a name, an IPv4 address, or an IPv6 address in [] */
    uint16_t port;
};

struct store_url {
    char scheme[16];
    char user[STORE_USER_SIZE]; /* "" when the URL names none */
    struct store_server servers[STORE_SERVERS_MAX];
    uint32_t n_servers;         /* 0 for file:// */
    char path[STORE_PATH_SIZE]; /* absolute, without an ending '/'; "" is the top */
};

/* A URL of any scheme with a password in it, scheme://user:password@…: not to be shown. */
bool url_has_password(const char *text);
/* ERR_BAD_CONFIG: code 215 for what is not a store's URL, 250 for a kind that is known but not
 * there yet. The text says what to write instead. */
bool store_url_parse(const char *text, struct store_url *url, struct err *err);
/* A user's name as Hadoop takes it: [A-Za-z_][A-Za-z0-9._-]*[$]? */
bool store_url_user(const char *name);
