/* Child processes. Happy path: uv_spawn with a pipe as descriptor 3; what comes through the pipe is
 * handed on; the child ends; what is left in the pipe is read without waiting; both handles are
 * closed, and when the last is closed end_cb runs. The child's end does not wait for the end of the
 * pipe: a grandchild may hold it for ever. Failure modes: exec fails: the handles are closed and
 * end_cb says so. The pipe breaks: that is silence, and the owner's patience ends it. Close: only at
 * rest; the owner signals a child and waits for its end_cb. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/check.h"
#include "base/list.h"
#include "base/mem.h"
#include "io/loop_uv.h"
#include "io/proc.h"

#define LAST_READS_MAX 64 /* pieces read after the child's end; a grandchild could write for ever */

struct proc {
    struct loop *loop;
    uv_process_t process;
    uv_pipe_t pipe;
    unsigned open; /* handles that are not closed */
    bool over;     /* reaped, or never born: its pid may be another's */
    struct proc_end end;
    proc_read_cb read_cb;
    proc_end_cb end_cb;
    void *ctx;
    char bytes[4096];
};

struct proc *proc_new(struct loop *loop)
{
    struct proc *proc = mem_zalloc(sizeof *proc);
    proc->loop = loop;
    return proc;
}

void proc_free(struct proc *proc)
{
    check(!proc || !proc->open);
    mem_free(proc);
}

static void proc_closed(struct proc *proc)
{
    if (--proc->open == 0)
        proc->end_cb(proc->ctx, &proc->end);
}

static void proc_process_closed(uv_handle_t *handle)
{
    proc_closed(CONTAINER_OF((uv_process_t *)handle, struct proc, process));
}

static void proc_pipe_closed(uv_handle_t *handle)
{
    proc_closed(CONTAINER_OF((uv_pipe_t *)handle, struct proc, pipe));
}

static void proc_close(struct proc *proc)
{
    proc->over = true;
    uv_close((uv_handle_t *)&proc->process, proc_process_closed);
    uv_close((uv_handle_t *)&proc->pipe, proc_pipe_closed);
}

static void proc_alloc(uv_handle_t *handle, size_t wanted, uv_buf_t *buf)
{
    (void)wanted;
    struct proc *proc = CONTAINER_OF((uv_pipe_t *)handle, struct proc, pipe);
    *buf = uv_buf_init(proc->bytes, sizeof proc->bytes);
}

static void proc_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct proc *proc = CONTAINER_OF((uv_pipe_t *)stream, struct proc, pipe);
    if (n < 0)
        uv_read_stop(stream);
    else
        proc->read_cb(proc->ctx, (struct slice){ buf->base, (size_t)n });
}

static void proc_read_rest(struct proc *proc)
{
    uv_os_fd_t fd;
    ssize_t n;
    check(uv_fileno((uv_handle_t *)&proc->pipe, &fd) == 0);
    for (unsigned i = 0; i < LAST_READS_MAX; i++) {
        do
            n = read(fd, proc->bytes, sizeof proc->bytes);
        while (n < 0 && errno == EINTR);
        if (n <= 0)
            return;
        proc->read_cb(proc->ctx, (struct slice){ proc->bytes, (size_t)n });
    }
}

static void proc_exited(uv_process_t *process, int64_t status, int number)
{
    struct proc *proc = CONTAINER_OF(process, struct proc, process);
    proc->over = true;
    proc->end.status = (int)status;
    proc->end.signal = number;
    proc_read_rest(proc);
    proc_close(proc);
}

void proc_start(struct proc *proc, const struct proc_spec *spec)
{
    check(!proc->open && spec->read_cb && spec->end_cb);
    uv_stdio_container_t stdio[4] = {
        { .flags = UV_IGNORE },
        { .flags = UV_INHERIT_FD, .data.fd = spec->out_fd },
        { .flags = UV_INHERIT_FD, .data.fd = spec->err_fd },
        { .flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&proc->pipe },
    };
    uv_process_options_t options = { .exit_cb = proc_exited,
                                     .file = spec->program,
                                     .args = (char **)spec->argv,
                                     .stdio_count = ARRAY_SIZE(stdio),
                                     .stdio = stdio };
    uv_loop_t *uv = uv_of_loop(proc->loop);
    proc->read_cb = spec->read_cb;
    proc->end_cb = spec->end_cb;
    proc->ctx = spec->ctx;
    proc->end = (struct proc_end){ .born = true };
    proc->over = false;
    proc->open = 2;
    check(uv_pipe_init(uv, &proc->pipe, 0) == 0);
    int failed = uv_spawn(uv, &proc->process, &options);
    if (failed) {
        proc->end.born = false;
        err_set(&proc->end.err, ERR_RETRY, "%s: %s", spec->program, uv_strerror(failed));
        proc_close(proc);
        return;
    }
    check(uv_read_start((uv_stream_t *)&proc->pipe, proc_alloc, proc_read) == 0);
}

bool proc_active(const struct proc *proc)
{
    return proc->open > 0;
}

uint32_t proc_pid(const struct proc *proc)
{
    return (uint32_t)proc->process.pid;
}

void proc_signal(struct proc *proc, int number)
{
    if (proc->open && !proc->over)
        uv_process_kill(&proc->process, number);
}

bool proc_bind_to_parent(uint32_t parent_pid)
{
    setpgid(0, 0); /* fails only for a leader of a session, whom no terminal signals either */
    check(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
    return (uint32_t)getppid() == parent_pid;
}
