/* Watching a directory. Happy path: each event is a hint, handed on as it comes. Failure modes: the
 * directory is removed or replaced: the watch goes on seeing the old one, or nothing, until it is
 * renewed, which its owner does at each rescan. Close: the handle lives in a struct of its own, which
 * is freed when libuv has let go of it. */
#include <uv.h>

#include "base/check.h"
#include "base/list.h"
#include "base/mem.h"
#include "io/dir.h"
#include "io/loop_uv.h"

struct dir_watch {
    uv_fs_event_t handle;
    char *path;
    dir_watch_cb cb;
    void *ctx;
};

struct dir_watch *dir_watch_new(struct loop *loop, const char *path, dir_watch_cb cb, void *ctx)
{
    struct dir_watch *watch = mem_zalloc(sizeof *watch);
    watch->path = mem_strdup(path);
    watch->cb = cb;
    watch->ctx = ctx;
    check(uv_fs_event_init(uv_of_loop(loop), &watch->handle) == 0);
    return watch;
}

static void dir_watch_came(uv_fs_event_t *handle, const char *name, int events, int status)
{
    (void)name;
    (void)events;
    (void)status;
    struct dir_watch *watch = CONTAINER_OF(handle, struct dir_watch, handle);
    watch->cb(watch->ctx);
}

bool dir_watch_renew(struct dir_watch *watch)
{
    uv_fs_event_stop(&watch->handle);
    return uv_fs_event_start(&watch->handle, dir_watch_came, watch->path, 0) == 0;
}

static void dir_watch_closed(uv_handle_t *handle)
{
    struct dir_watch *watch = CONTAINER_OF((uv_fs_event_t *)handle, struct dir_watch, handle);
    mem_free(watch->path);
    mem_free(watch);
}

void dir_watch_free(struct dir_watch *watch)
{
    if (watch)
        uv_close((uv_handle_t *)&watch->handle, dir_watch_closed);
}
