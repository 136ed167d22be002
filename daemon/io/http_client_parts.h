/* What http_client.c and http_client_transfer.c share. */
#pragma once
#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/list.h"
#include "io/http_client.h"

struct transfer { /* one request under way: its `door` */
    CURL *easy;
    struct http *http;
    struct http_req *req;
    struct list cancelled; /* in http->cancelled */
    uint64_t silence_ms;
    struct slice at; /* what is left of the piece being sent */
    uint32_t next;   /* the piece behind it */
    size_t headers;  /* bytes of them so far */
    bool too_long;   /* we ended it for that */
    bool headed; /* the headers of the last answer are whole: libcurl takes a cut for their end */
    int64_t length;   /* the last answer's, as its header says; -1 = it says none */
    bool bad_length;  /* we ended it: that is no number, or there are two */
    struct buf words; /* last words */
    char peer[64];    /* the last address that was tried */
    char text[CURL_ERROR_SIZE];
};

/* A transfer's callbacks, called by libcurl with it as their ctx; each as libcurl says. */
size_t transfer_read(char *out, size_t size, size_t n, void *ctx);
int transfer_seek(void *ctx, curl_off_t offset, int origin);
size_t transfer_write(char *bytes, size_t size, size_t n, void *ctx);
size_t transfer_header(char *bytes, size_t size, size_t n, void *ctx);
/* The socket of a connection of this request's own: it notes the peer. */
curl_socket_t transfer_open(void *ctx, curlsocktype purpose, struct curl_sockaddr *address);
/* Only for connections that serve one request, which is still there. */
int transfer_close(void *ctx, curl_socket_t fd);

/* The number of a header line "Content-Length: N"; -1: it is another header. False: it is no
 * number. */
bool http_header_length(struct slice line, int64_t *length);
