#include "io/log_door.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include "io/world.h"

static int64_t log_wall_ms(void *ctx)
{
    return world_wall_ms(((struct log_file *)ctx)->world);
}

static uint64_t log_mono_ms(void *ctx)
{
    return world_mono_us(((struct log_file *)ctx)->world) / 1000;
}

/* A pipe that polls writable takes PIPE_BUF bytes at once. */
static void log_write(void *ctx, const char *bytes, size_t n)
{
    struct log_file *file = ctx;
    while (n) {
        struct pollfd poll_fd = { .fd = file->fd, .events = POLLOUT };
        size_t piece = n < PIPE_BUF ? n : PIPE_BUF;
        ssize_t wrote = -1;
        if (poll(&poll_fd, 1, 0) == 1 && (poll_fd.revents & POLLOUT))
            wrote = write(file->fd, bytes, piece);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0) {
            file->dropped++;
            return;
        }
        bytes += wrote;
        n -= (size_t)wrote;
    }
}

struct log_door log_door_of(struct log_file *file)
{
    return (struct log_door){
        .ctx = file, .wall_ms = log_wall_ms, .mono_ms = log_mono_ms, .write = log_write
    };
}
