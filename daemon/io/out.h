/* Door: a file descriptor that may block (standard output), written by a thread of its own so that
 * the loop never waits. */
#pragma once
#include "base/buf.h"
#include "base/err.h"

struct loop;
struct out;
struct out_req;

typedef void (*out_cb)(struct out_req *req);
struct out_req { /* one write; belongs to the door until cb, bytes included */
    struct slice bytes;
    out_cb cb;      /* on the loop's thread, in the order of the writes */
    struct err err; /* kind ERR_NONE when all bytes were written */
    struct out_req *next;
};

/* fd stays the caller's and must outlive the door. */
struct out *out_open(struct loop *loop, int fd);
void out_write(struct out *out, struct out_req *req);
void out_free(
    struct out *out); /* waits for the write under way, drops the others without calling back */
