/* Door: requests over HTTP/1.1 from the loop. Nothing is followed, nothing is repeated that might
 * have been done, and everything that a peer sends has a limit. Proxies of the environment are not
 * used: the servers of a store are spoken to directly. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define HTTP_HEADERS_MAX 16384 /* bytes of an answer's headers, all of them */
#define HTTP_LOCATION_MAX 4096 /* of a Location: a DataNode takes no longer request line */
#define HTTP_REFUSAL_MAX 65536 /* read of the body of an answer >= 300; the connection ends there */
#define HTTP_CONNECTIONS_MAX 16 /* to one host: more requests wait for their turn */
#define HTTP_IDLE_S 45          /* a kept connection; a NameNode closes at 60 s */
#define HTTP_UPLOAD_BUFFER_MIN 16384
#define HTTP_UPLOAD_BUFFER_MAX (2 << 20)

struct http;
struct http_req;
struct loop;

enum http_method { HTTP_GET, HTTP_PUT, HTTP_DELETE };
enum http_outcome {
    HTTP_ANSWERED, /* status and body are whole (a body >= 300: what could be read of it) */
    HTTP_UNSENT,   /* not a byte of the request went out: nothing was done */
    HTTP_LOST,     /* no whole answer: perhaps done, perhaps not, perhaps later */
    HTTP_TOO_LONG, /* the answer's body has more than answer_max bytes; it was left unread */
};

typedef void (*http_cb)(struct http_req *req);
struct http_req {
    /* what is asked; borrowed until cb */
    enum http_method method;
    const char *url;            /* http://…, sent byte for byte */
    const struct slice *pieces; /* PUT: the body, application/octet-stream; none: length 0 */
    uint32_t n_pieces;          /* of pieces */
    bool
        alone; /* a connection of its own, closed after the answer: sent once at most, and answered by
                   nothing that came before; else a kept connection that turns out dead is replaced */
    uint64_t timeout_ms; /* for all of it */
    uint64_t silence_ms; /* for any silence, for bytes that no TCP confirms; 0: timeout_ms */
    uint64_t answer_max; /* bytes of a body < 300 */
    http_cb cb;
    /* what came of it */
    enum http_outcome outcome;
    unsigned status; /* ANSWERED: of the last answer */
    struct buf body; /* the caller frees it: http_req_free() */
    char *location;  /* its header of that name, at most HTTP_LOCATION_MAX bytes, or NULL */
    int64_t length;  /* its Content-Length; -1 = it had none */
    struct err err;  /* all but ANSWERED: why, code 302 */
    void *door;      /* the client's own while under way */
};
/* Frees what the outcome brought; the struct is the caller's. */
void http_req_free(struct http_req *req);

struct http *http_new(struct loop *loop, uint64_t connect_timeout_ms);
/* cb fires once, later, from the loop. */
void http_start(struct http *http, struct http_req *req);
/* A request under way that nobody waits for any more: its connection ends, and cb fires soon, with
 * what is then known: HTTP_UNSENT or HTTP_LOST, or a refusal. */
void http_cancel(struct http_req *req);
/* The address (IPv4 or IPv6 in digits) that a request under way, or one that is calling back,
 * speaks to; "" while there is none. Valid until the request is over. */
const char *http_peer(const struct http_req *req);
/* cb after every request has called back; the client is gone then. */
void http_close(struct http *http, void (*cb)(void *ctx), void *ctx);

/* What a peer said before it closed a connection on which we were still sending: the first answer
 * >= 200 in these bytes, its status and its body: whole, but of an answer >= 300, which may be cut.
 * False: there is none. */
bool http_last_words(struct slice bytes, unsigned *status, struct slice *body);
