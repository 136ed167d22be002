/* The control socket's daemon side. Happy path: a client is taken, its line read, the answer made at
 * once and written, the connection closed. Failure modes: a client that sends no line, too long a
 * one, or does not take its answer is dropped when its time is up; with all places taken, further
 * ones wait in the kernel's queue. Close: every handle is closed, the last one frees the whole. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "base/list.h"
#include "base/mem.h"
#include "io/control.h"
#include "io/loop.h"
#include "io/loop_uv.h"

struct client {
    struct control *control;
    uv_pipe_t pipe;
    uv_write_t write;
    struct loop_timer timer;
    bool open; /* the pipe is not closed yet */
    size_t n;  /* bytes of the line so far */
    char line[CONTROL_REQUEST_MAX];
    struct buf answer;
};

struct control {
    struct loop *loop;
    char *path;
    control_cb cb;
    void *ctx;
    uv_pipe_t pipe;
    unsigned handles; /* that are not closed */
    bool waiting;     /* a client waits for a place */
    struct client clients[CONTROL_CLIENTS_MAX];
};

static void control_take(struct control *control);

static void control_release(struct control *control) /* one of its handles is closed */
{
    if (--control->handles)
        return;
    mem_free(control->path);
    mem_free(control);
}

static void client_closed(uv_handle_t *handle)
{
    struct client *client = CONTAINER_OF((uv_pipe_t *)handle, struct client, pipe);
    struct control *control = client->control;
    client->open = false;
    buf_free(&client->answer);
    if (control->waiting)
        control_take(control);
    control_release(control);
}

static void client_drop(struct client *client)
{
    loop_timer_stop(client->control->loop, &client->timer);
    if (!uv_is_closing((uv_handle_t *)&client->pipe))
        uv_close((uv_handle_t *)&client->pipe, client_closed);
}

static void client_late(struct loop_timer *timer)
{
    client_drop(CONTAINER_OF(timer, struct client, timer));
}

static void client_written(uv_write_t *write, int status)
{
    (void)status;
    client_drop(CONTAINER_OF(write, struct client, write));
}

static void client_answer(struct client *client)
{
    uv_stream_t *stream = (uv_stream_t *)&client->pipe;
    uv_read_stop(stream);
    client->control->cb(client->control->ctx, client->line, &client->answer);
    uv_buf_t bytes = uv_buf_init((char *)client->answer.ptr, (unsigned)client->answer.len);
    if (uv_write(&client->write, stream, &bytes, 1, client_written) != 0)
        client_drop(client);
}

static void client_alloc(uv_handle_t *handle, size_t wanted, uv_buf_t *buf)
{
    (void)wanted;
    struct client *client = CONTAINER_OF((uv_pipe_t *)handle, struct client, pipe);
    *buf = uv_buf_init(client->line + client->n, (unsigned)(sizeof client->line - client->n));
}

static void client_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    (void)buf;
    struct client *client = CONTAINER_OF((uv_pipe_t *)stream, struct client, pipe);
    if (n < 0) {
        client_drop(client);
        return;
    }
    client->n += (size_t)n;
    char *end = memchr(client->line, '\n', client->n);
    if (end) {
        *end = '\0';
        client_answer(client);
    } else if (client->n == sizeof client->line) {
        client_drop(client);
    }
}

static void control_take(struct control *control)
{
    struct client *client = NULL;
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX && !client; i++)
        if (!control->clients[i].open)
            client = &control->clients[i];
    control->waiting = !client;
    if (!client)
        return;
    *client = (struct client){ .control = control, .open = true };
    control->handles++;
    check(uv_pipe_init(uv_of_loop(control->loop), &client->pipe, 0) == 0);
    if (uv_accept((uv_stream_t *)&control->pipe, (uv_stream_t *)&client->pipe) != 0 ||
        uv_read_start((uv_stream_t *)&client->pipe, client_alloc, client_read) != 0) {
        client_drop(client);
        return;
    }
    loop_timer_start(control->loop, &client->timer, CONTROL_SECONDS_MAX * 1000, client_late);
}

static void control_came(uv_stream_t *stream, int status)
{
    (void)status; /* then nobody is there to be taken */
    control_take(CONTAINER_OF((uv_pipe_t *)stream, struct control, pipe));
}

/* A socket file that nobody answers is what a killed daemon left; anything else is somebody's. */
static bool control_clear(const char *path, struct err *err)
{
    struct stat stat;
    if (lstat(path, &stat) != 0)
        return true;
    if (!S_ISSOCK(stat.st_mode))
        return err_set(err, ERR_FATAL, "%s: there is a file in the place of the socket", path);
    int fd = control_socket(path, false, NULL);
    if (fd >= 0) {
        close(fd);
        return err_set(err, ERR_RETRY, "%s: another daemon answers here", path);
    }
    unlink(path);
    return true;
}

struct control *control_new(struct loop *loop, const char *path, control_cb cb, void *ctx,
                            struct err *err)
{
    if (!control_clear(path, err))
        return NULL;
    int fd = control_socket(path, true, err);
    if (fd < 0)
        return NULL;
    struct control *control = mem_zalloc(sizeof *control);
    control->loop = loop;
    control->path = mem_strdup(path);
    control->cb = cb;
    control->ctx = ctx;
    control->handles = 1;
    check(uv_pipe_init(uv_of_loop(loop), &control->pipe, 0) == 0);
    check(uv_pipe_open(&control->pipe, fd) == 0);
    check(uv_listen((uv_stream_t *)&control->pipe, CONTROL_CLIENTS_MAX, control_came) == 0);
    return control;
}

static void control_closed(uv_handle_t *handle)
{
    control_release(CONTAINER_OF((uv_pipe_t *)handle, struct control, pipe));
}

void control_free(struct control *control)
{
    if (!control)
        return;
    control->waiting = false;
    unlink(control->path);
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
        if (control->clients[i].open)
            client_drop(&control->clients[i]);
    uv_close((uv_handle_t *)&control->pipe, control_closed);
}
