/* Two buffers: one is being written, the other gathers. Happy path: put, write, swap. Failure modes:
 * a reader that is slow fills the gathering buffer, what is more is dropped; one that is gone makes
 * each write fail, which loses its bytes. Close: at any time. */
#include "worker/lines.h"

#include "base/list.h"
#include "base/mem.h"
#include "io/loop.h"
#include "io/out.h"

struct lines {
    struct out *out;
    struct out_req req; /* writes `writing` while busy */
    struct buf writing, waiting;
    uint64_t dropped;
    bool busy;
};

static void lines_write(struct lines *lines);

static void lines_cb(struct out_req *req)
{
    struct lines *lines = CONTAINER_OF(req, struct lines, req);
    lines->busy = false;
    lines_write(lines);
}

static void lines_write(struct lines *lines)
{
    if (lines->busy || !lines->waiting.len)
        return;
    struct buf full = lines->waiting;
    lines->waiting = lines->writing;
    buf_clear(&lines->waiting);
    lines->writing = full;
    lines->busy = true;
    lines->req = (struct out_req){ .bytes = buf_slice(&lines->writing), .cb = lines_cb };
    out_write(lines->out, &lines->req);
}

struct lines *lines_new(struct loop *loop, int fd)
{
    struct lines *lines = mem_zalloc(sizeof *lines);
    lines->out = out_open(loop, fd);
    return lines;
}

void lines_put(struct lines *lines, const char *bytes, size_t n)
{
    if (lines->waiting.len + n > LINES_WAITING_MAX) {
        lines->dropped++;
        return;
    }
    buf_put(&lines->waiting, bytes, n);
    lines_write(lines);
}

bool lines_idle(const struct lines *lines)
{
    return !lines->busy; /* nothing waits for nothing */
}

uint64_t lines_dropped(const struct lines *lines)
{
    return lines->dropped;
}

void lines_free(struct lines *lines)
{
    if (!lines)
        return;
    out_free(lines->out);
    buf_free(&lines->writing);
    buf_free(&lines->waiting);
    mem_free(lines);
}
