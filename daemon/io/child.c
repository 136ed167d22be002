/* Happy path: three pipes, vfork and exec; input goes in while output comes out; when the program has ended and both its
 * outputs are at their end, its status decides. Failure modes: exec fails: the reason comes back over a pipe that a good exec
 * closes. The program does not read: this end of its input is held as well, so that a write never fails and what is left in
 * the pipe can be counted. It hangs, or writes for ever: killed. A grandchild that keeps its output open counts as the
 * program; what else is left of its group is killed at the end. */
#include "io/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/scan.h"

#define MOVE_BYTES 65536 /* moved at once: what a pipe holds */
#define SAID_SHOWN 300   /* code points of `said` in an error */
#define SIGNALS 32       /* 1 … 31: all but the real-time ones */

enum end { IN_READ, IN_WRITE, OUT_READ, OUT_WRITE, SAID_READ, SAID_WRITE, BORN_READ, BORN_WRITE };
#define ENDS 8

struct child {
    const struct child_job *job;
    struct buf *output, *said;
    int fd[ENDS]; /* -1: closed */
    int pidfd;
    pid_t pid;
    size_t written;    /* bytes of the input */
    uint64_t got;      /* bytes of both outputs */
    bool ended;        /* a zombie: its status waits */
    uint64_t moved_ms; /* when a byte last moved */
};

static uint64_t now_ms(void)
{
    struct timespec now;
    check(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void child_shut(struct child *child, enum end end)
{
    if (child->fd[end] >= 0)
        close(child->fd[end]);
    child->fd[end] = -1;
}

static bool child_pipes(struct child *child, struct err *err)
{
    static const enum end ours[] = { IN_WRITE, OUT_READ, SAID_READ };
    for (unsigned i = 0; i < ENDS; i += 2) {
        if (pipe2(&child->fd[i], O_CLOEXEC) != 0)
            return err_set(err, ERR_RETRY, "no pipe: %s", strerror(errno));
    }
    for (unsigned i = 0; i < sizeof ours / sizeof *ours; i++)
        check(fcntl(child->fd[ours[i]], F_SETFL, O_NONBLOCK) == 0);
    return true;
}

/* ---- birth */

/* The child's side of vfork: it shares the parent's memory and may only make calls until it is somebody else. */
static _Noreturn void child_become(const struct child *child, pid_t parent)
{
    const struct sigaction normal = { .sa_handler = SIG_DFL };
    sigset_t none;
    struct rlimit memory;
    setpgid(0, 0);
    if (getrlimit(RLIMIT_DATA, &memory) == 0) { /* ours was lowered by mem_limit() */
        memory.rlim_cur = memory.rlim_max;
        setrlimit(RLIMIT_DATA, &memory);
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (int number = 1; number < SIGNALS; number++)
        sigaction(number, &normal, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (getppid() == parent && dup2(child->fd[IN_READ], STDIN_FILENO) >= 0 &&
        dup2(child->fd[OUT_WRITE], STDOUT_FILENO) >= 0 &&
        dup2(child->fd[SAID_WRITE], STDERR_FILENO) >= 0)
        execvp(child->job->argv[0], (char *const *)(uintptr_t)child->job->argv);
    int reason = errno;
    _exit(write(child->fd[BORN_WRITE], &reason, sizeof reason) > 0 ? 127 : 126);
}

/* vfork: a fork copies the page tables of all that the job holds. No signal may meet the child before its handlers are gone:
 * they would run on the parent's memory. */
static pid_t child_fork(struct child *child)
{
    sigset_t all, before;
    pid_t parent = getpid();
    sigfillset(&all);
    check(pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
    pid_t pid = vfork();
    if (pid == 0)
        child_become(child, parent);
    int failed = errno;
    check(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
    errno = failed;
    return pid;
}

static bool child_refuse(const struct child *child, int reason, struct err *err)
{
    return err_set(err, ERR_RETRY, "cannot start '%s': %s", child->job->argv[0], strerror(reason));
}

static bool child_start(struct child *child, struct err *err)
{
    int reason;
    ssize_t n;
    if (!child_pipes(child, err))
        return false;
    child->pid = child_fork(child);
    if (child->pid < 0)
        return child_refuse(child, errno, err);
    child_shut(child, OUT_WRITE);
    child_shut(child, SAID_WRITE);
    child_shut(child, BORN_WRITE);
    do
        n = read(child->fd[BORN_READ], &reason, sizeof reason);
    while (n < 0 && errno == EINTR);
    child_shut(child, BORN_READ);
    if (n == sizeof reason)
        return child_refuse(child, reason, err);
    child->pidfd = (int)syscall(SYS_pidfd_open, child->pid, 0);
    return child->pidfd >= 0 || child_refuse(child, errno, err);
}

/* ---- bytes */

static void child_write(struct child *child)
{
    const struct slice *input = &child->job->input;
    size_t left = input->len - child->written;
    if (left) {
        ssize_t n = write(child->fd[IN_WRITE], (const char *)input->ptr + child->written,
                          left < MOVE_BYTES ? left : MOVE_BYTES);
        if (n > 0) {
            child->written += (size_t)n;
            child->moved_ms = now_ms();
        }
    }
    if (child->written == input->len)
        child_shut(child, IN_WRITE);
}

/* What there is now; closes the end where nothing can come any more. */
static void child_read(struct child *child, enum end end, struct buf *to)
{
    buf_reserve(to, MOVE_BYTES);
    ssize_t n = read(child->fd[end], to->ptr + to->len, MOVE_BYTES);
    if (n > 0) {
        to->len += (size_t)n;
        child->got += (uint64_t)n;
        child->moved_ms = now_ms();
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        child_shut(child, end);
    }
}

static void child_forget(struct buf *said) /* all but the end */
{
    if (said->len <= CHILD_SAID_MAX)
        return;
    memmove(said->ptr, said->ptr + said->len - CHILD_SAID_MAX, CHILD_SAID_MAX);
    said->len = CHILD_SAID_MAX;
}

/* Waits until something can be done, and does it. */
static bool child_turn(struct child *child, struct err *err)
{
    const struct child_job *job = child->job;
    struct pollfd poll_fd[] = {
        { .fd = child->fd[IN_WRITE], .events = POLLOUT },
        { .fd = child->fd[OUT_READ], .events = POLLIN },
        { .fd = child->fd[SAID_READ], .events = POLLIN },
        { .fd = child->ended ? -1 : child->pidfd, .events = POLLIN },
    };
    uint64_t quiet = now_ms() - child->moved_ms;
    if (quiet >= job->patience_ms)
        return err_set(err, ERR_RETRY, "'%s' neither read nor wrote anything for %g s",
                       job->argv[0], (double)job->patience_ms / 1000);
    uint64_t left = job->patience_ms - quiet;
    int n = poll(poll_fd, 4, left < 60000 ? (int)left : 60000);
    if (n <= 0)
        return true;
    if (poll_fd[0].revents)
        child_write(child);
    if (poll_fd[1].revents)
        child_read(child, OUT_READ, child->output);
    if (poll_fd[2].revents)
        child_read(child, SAID_READ, child->said);
    child_forget(child->said);
    if (poll_fd[3].revents) { /* nobody is there to read what is not written yet */
        child->ended = true;
        child_shut(child, IN_WRITE);
    }
    if (child->got > job->output_max)
        return err_set(err, ERR_RETRY, "'%s' wrote more than %llu MiB in one batch", job->argv[0],
                       (unsigned long long)job->output_max >> 20);
    return true;
}

/* ---- death */

static void child_explain(const struct child *child, struct err *err)
{
    struct slice said = buf_slice(child->said);
    struct buf text = { 0 };
    while (said.len && ((const char *)said.ptr)[said.len - 1] == '\n')
        said.len--;
    if (said.len) {
        scan_show(said, SAID_SHOWN, &text);
        struct err before = *err;
        err_set(err, before.kind, "%s: %s", before.text, buf_text(&text));
    }
    buf_free(&text);
}

/* Reaps it: before that its number, and so its group's, belongs to nobody else. */
static int child_reap(struct child *child)
{
    int status = 0;
    kill(-child->pid, SIGKILL);
    while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
        ;
    child->pid = 0;
    return status;
}

static bool child_judge(struct child *child, struct err *err)
{
    const char *name = child->job->argv[0];
    int status = child_reap(child), unread = 0;
    if (WIFSIGNALED(status))
        err_set(err, ERR_RETRY, "'%s' was ended by signal %d (%s)", name, WTERMSIG(status),
                strsignal(WTERMSIG(status)));
    else if (WEXITSTATUS(status))
        err_set(err, ERR_RETRY, "'%s' ended with status %d", name, WEXITSTATUS(status));
    else if (child->written < child->job->input.len ||
             ioctl(child->fd[IN_READ], FIONREAD, &unread) != 0 || unread)
        err_set(err, ERR_RETRY, "'%s' ended before it had read all of its input", name);
    else
        return true;
    child_explain(child, err);
    return false;
}

static void child_close(struct child *child)
{
    if (child->pid > 0)
        child_reap(child);
    for (unsigned i = 0; i < ENDS; i++)
        child_shut(child, i);
    if (child->pidfd >= 0)
        close(child->pidfd);
}

bool child_run(const struct child_job *job, struct buf *output, struct buf *said, struct err *err)
{
    struct child child = { .job = job,
                           .output = output,
                           .said = said,
                           .fd = { -1, -1, -1, -1, -1, -1, -1, -1 },
                           .pidfd = -1,
                           .moved_ms = now_ms() };
    bool ok = child_start(&child, err);
    while (ok && !(child.ended && child.fd[OUT_READ] < 0 && child.fd[SAID_READ] < 0))
        ok = child_turn(&child, err);
    ok = ok && child_judge(&child, err);
    child_close(&child);
    return ok;
}
