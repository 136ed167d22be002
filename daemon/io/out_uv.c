/* One thread that writes what is queued, in order. Happy path: write all bytes, report, next.
 * Failure modes: the descriptor refuses (a closed pipe, a full disk): that write reports it and the
 * next one is tried on its own. Close: the write under way is waited for, the rest is dropped. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/list.h"
#include "base/mem.h"
#include "io/loop.h"
#include "io/loop_uv.h"
#include "io/out.h"
#include "io/thread.h"

struct out {
    struct loop *loop;
    int fd; /* the caller's; never closed here */
    struct loop_post post;
    pthread_t thread;
    pthread_mutex_t mutex; /* over all below */
    pthread_cond_t cond;
    struct out_req *first, **end;     /* to be written */
    struct out_req *done, **done_end; /* to be called back */
    bool posted;                      /* the post is on its way */
    bool closing;
};

static void out_put(int fd, struct out_req *req)
{
    const char *at = req->bytes.ptr;
    size_t left = req->bytes.len;
    while (left) {
        ssize_t n = write(fd, at, left);
        if (n >= 0) {
            at += n;
            left -= (size_t)n;
        } else if (errno == EAGAIN) { /* somebody else made the descriptor non-blocking */
            poll(&(struct pollfd){ .fd = fd, .events = POLLOUT }, 1, -1);
        } else if (errno != EINTR) {
            err_set(&req->err, left == req->bytes.len ? ERR_RETRY : ERR_UNKNOWN, "write: %s",
                    strerror(errno));
            return;
        }
    }
}

static void *out_run(void *ctx)
{
    struct out *out = ctx;
    pthread_mutex_lock(&out->mutex);
    while (!out->closing) {
        struct out_req *req = out->first;
        if (!req) {
            pthread_cond_wait(&out->cond, &out->mutex);
            continue;
        }
        out->first = req->next;
        if (!out->first)
            out->end = &out->first;
        pthread_mutex_unlock(&out->mutex);
        out_put(out->fd, req);
        pthread_mutex_lock(&out->mutex);
        req->next = NULL;
        *out->done_end = req;
        out->done_end = &req->next;
        if (!out->posted)
            loop_post(out->loop, &out->post);
        out->posted = true;
    }
    pthread_mutex_unlock(&out->mutex);
    return NULL;
}

static void out_done_cb(struct loop_post *post)
{
    struct out *out = CONTAINER_OF(post, struct out, post);
    pthread_mutex_lock(&out->mutex);
    struct out_req *req = out->done;
    out->done = NULL;
    out->done_end = &out->done;
    out->posted = false;
    pthread_mutex_unlock(&out->mutex);
    while (req) {
        struct out_req *next = req->next;
        req->cb(req);
        req = next;
    }
}

struct out *out_open(struct loop *loop, int fd)
{
    struct out *out = mem_alloc(sizeof *out);
    *out = (struct out){ .loop = loop, .fd = fd, .post.cb = out_done_cb };
    out->end = &out->first;
    out->done_end = &out->done;
    check(pthread_mutex_init(&out->mutex, NULL) == 0);
    check(pthread_cond_init(&out->cond, NULL) == 0);
    out->thread = thread_start("out", out_run, out);
    return out;
}

void out_write(struct out *out, struct out_req *req)
{
    req->next = NULL;
    req->err = (struct err){ .kind = ERR_NONE };
    pthread_mutex_lock(&out->mutex);
    *out->end = req;
    out->end = &req->next;
    pthread_cond_signal(&out->cond);
    pthread_mutex_unlock(&out->mutex);
}

void out_free(struct out *out)
{
    if (!out)
        return;
    pthread_mutex_lock(&out->mutex);
    out->closing = true;
    pthread_cond_signal(&out->cond);
    pthread_mutex_unlock(&out->mutex);
    thread_join(out->thread);
    loop_post_cancel(out->loop, &out->post);
    pthread_cond_destroy(&out->cond);
    pthread_mutex_destroy(&out->mutex);
    mem_free(out);
}
