/* Preloaded into the real worker or daemon: counts its calls for files and sockets, over all threads, and makes
 * the n-th of one kind fail, or kills the process there. strace's when= counts each thread for itself,
 * and four of ours share the files among them: its n-th call is another one in each run.
 *
 * FAULT_FILE: counters, shared with whoever looks: u64 fired, then one u64 a row of calls[].
 * FAULT: "CALL KIND N": KIND is kill, short, or a number of errno. Not there: only counted. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum call {
    OPEN,
    CLOSE,
    READ,
    WRITE,
    SYNC,
    RENAME,
    UNLINK,
    MKDIR,
    READDIR,
    STAT,
    TOUCH,
    LOCK,
    SOCKET,
    CONNECT,
    SEND,
    RECV,
    RESOLVE,
    CALLS
};
static const char *const calls[CALLS] = { "open",   "close",  "read",   "write",   "sync",
                                          "rename", "unlink", "mkdir",  "readdir", "stat",
                                          "touch",  "lock",   "socket", "connect", "send",
                                          "recv",   "resolve" };
enum kind { NOTHING, FAIL, SHORT, DIE };

static struct shared {
    uint64_t fired, count[CALLS];
} * shared;
static enum call wanted_call;
static enum kind wanted_kind;
static uint64_t wanted_n;
static int wanted_errno;
static pid_t self;

static void fault_parse(const char *fault)
{
    char call[20], kind[20];
    unsigned long long n;
    if (sscanf(fault, "%19s %19s %llu", call, kind, &n) != 3)
        return;
    while (wanted_call < CALLS && strcmp(calls[wanted_call], call) != 0)
        wanted_call++;
    wanted_kind = strcmp(kind, "kill") == 0 ? DIE : strcmp(kind, "short") == 0 ? SHORT : FAIL;
    wanted_errno = atoi(kind);
    wanted_n = n;
}

static void counters_open(const char *path)
{
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR);
    if (fd < 0)
        return;
    void *at = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    syscall(SYS_close, fd);
    if (at != MAP_FAILED)
        shared = at;
}

static void stream_open(int fd, const char *path, int flags)
{
    int at = (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0644);
    if (at < 0)
        _exit(127);
    dup2(at, fd);
    syscall(SYS_close, at);
}

/* A life in a folder: what it is told, "FOLDER<tab>NAME<tab>FAULT", is there. */
static void life_begin(char *told)
{
    char path[256], *folder = strsep(&told, "\t"), *name = strsep(&told, "\t");
    if (!told || chdir(folder) != 0)
        _exit(127);
    fault_parse(told);
    snprintf(path, sizeof path, "%s.calls", name);
    counters_open(path);
    stream_open(STDIN_FILENO, "/dev/null", O_RDONLY);
    stream_open(STDOUT_FILENO, "out", O_WRONLY | O_CREAT | O_APPEND);
    snprintf(path, sizeof path, "%s.log", name);
    stream_open(STDERR_FILENO, path, O_WRONLY | O_CREAT | O_TRUNC);
}

/* FAULT_LIVES: linking costs more than a short life. All libraries are there, main() has not begun:
 * each line of standard input begins a life, which says its number. It is nobody's child here but
 * its grandparent's, who adopts orphans. */
static void lives_serve(void)
{
    char told[1024];
    pid_t adopter = getppid();
    for (ssize_t n; (n = syscall(SYS_read, STDIN_FILENO, told, sizeof told - 1)) > 0;) {
        told[n] = '\0';
        pid_t between = fork();
        int status = 1;
        if (between != 0 && (waitpid(between, &status, 0) != between || status))
            _exit(1);
        if (between != 0)
            continue;
        between = getpid();
        pid_t life = fork();
        if (life != 0)
            _exit(life < 0);
        while (getppid() == between)
            sched_yield();
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != adopter)
            _exit(127);
        dprintf(STDOUT_FILENO, "%d\n", getpid());
        life_begin(told);
        return;
    }
    _exit(0);
}

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("FAULT_FILE"), *fault = getenv("FAULT");
    unsetenv("LD_PRELOAD"); /* whom it starts goes free */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getenv("FAULT_LIVES"))
        lives_serve();
    self = getpid();
    if (fault)
        fault_parse(fault);
    if (path)
        counters_open(path);
}

/* One more call of this kind: what is to become of it? */
static enum kind strike(enum call call)
{
    if (!shared || getpid() != self) /* else it is becoming somebody else */
        return NOTHING;
    uint64_t n = __atomic_add_fetch(&shared->count[call], 1, __ATOMIC_SEQ_CST);
    if (!wanted_kind || call != wanted_call || n != wanted_n)
        return NOTHING;
    __atomic_store_n(&shared->fired, 1, __ATOMIC_SEQ_CST);
    if (wanted_kind == DIE)
        for (;;)
            kill(getpid(), SIGKILL);
    errno = wanted_errno;
    return wanted_kind;
}

enum sort { OTHER, FILE_OR_FOLDER, CONNECTION };

/* The log, which is standard error, is neither. */
static enum sort sort_of(int fd)
{
    struct stat stat;
    int before = errno;
    bool known = shared && fd != STDERR_FILENO && syscall(SYS_fstat, fd, &stat) == 0;
    errno = before;
    if (known && S_ISSOCK(stat.st_mode))
        return CONNECTION;
    return known && (S_ISREG(stat.st_mode) || S_ISDIR(stat.st_mode)) ? FILE_OR_FOLDER : OTHER;
}

static enum kind strike_fd(int fd, enum call file, enum call connection)
{
    enum sort sort = sort_of(fd);
    return sort == OTHER ? NOTHING : strike(sort == CONNECTION ? connection : file);
}

static enum kind strike_path(enum call call, const char *path)
{
    static const char *const system[] = { "/proc/", "/sys/", "/etc/", "/usr/", "/lib", "/dev/" };
    for (unsigned i = 0; i < sizeof system / sizeof *system; i++)
        if (strncmp(path, system[i], strlen(system[i])) == 0 &&
            strncmp(path, "/dev/shm/", strlen("/dev/shm/")) != 0)
            return NOTHING;
    return strike(call);
}

static size_t half(enum kind kind, size_t n)
{
    return kind == SHORT && n > 1 ? n / 2 : n;
}

#define NEXT(name) ((__typeof__(&name))(uintptr_t)dlsym(RTLD_NEXT, #name))

/* ---- files */

#define OPEN_AS(name)                                                               \
    int name(const char *path, int flags, ...)                                      \
    {                                                                               \
        va_list args;                                                               \
        va_start(args, flags);                                                      \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;     \
        va_end(args);                                                               \
        if (strike_path(OPEN, path) == FAIL)                                        \
            return -1;                                                              \
        return (int)syscall(SYS_openat, AT_FDCWD, path, flags | O_LARGEFILE, mode); \
    }
OPEN_AS(open)
OPEN_AS(open64)
OPEN_AS(__open_2)
OPEN_AS(__open64_2)

DIR *opendir(const char *path)
{
    return strike_path(OPEN, path) == FAIL ? NULL : NEXT(opendir)(path);
}

int close(int fd)
{
    enum kind kind = strike_fd(fd, CLOSE, CLOSE);
    int number = errno, done = (int)syscall(SYS_close, fd);
    if (kind != FAIL)
        return done;
    errno = number; /* closed it is */
    return -1;
}

#define READ_AS(name, nr, parameters, ...)                       \
    ssize_t name parameters                                      \
    {                                                            \
        enum kind kind = strike_fd(fd, READ, RECV);              \
        return kind == FAIL ? -1 : syscall(nr, fd, __VA_ARGS__); \
    }
READ_AS(read, SYS_read, (int fd, void *to, size_t n), to, half(kind, n))
READ_AS(__read_chk, SYS_read, (int fd, void *to, size_t n, size_t most), to,
        half(kind, n < most ? n : most))
READ_AS(pread, SYS_pread64, (int fd, void *to, size_t n, off_t at), to, half(kind, n), at)
READ_AS(pread64, SYS_pread64, (int fd, void *to, size_t n, off_t at), to, half(kind, n), at)
READ_AS(recv, SYS_recvfrom, (int fd, void *to, size_t n, int flags), to, half(kind, n), flags, NULL,
        NULL)
READ_AS(__recv_chk, SYS_recvfrom, (int fd, void *to, size_t n, size_t most, int flags), to,
        half(kind, n < most ? n : most), flags, NULL, NULL)

#define WRITE_AS(name, nr, parameters, ...)                      \
    ssize_t name parameters                                      \
    {                                                            \
        enum kind kind = strike_fd(fd, WRITE, SEND);             \
        return kind == FAIL ? -1 : syscall(nr, fd, __VA_ARGS__); \
    }
WRITE_AS(write, SYS_write, (int fd, const void *from, size_t n), from, half(kind, n))
WRITE_AS(send, SYS_sendto, (int fd, const void *from, size_t n, int flags), from, half(kind, n),
         flags, NULL, 0)

/* Half of the first part of several. */
static ssize_t some(long nr, int fd, const struct iovec *parts)
{
    return syscall(nr, fd, parts->iov_base, half(SHORT, parts->iov_len));
}

ssize_t writev(int fd, const struct iovec *parts, int n)
{
    enum kind kind = strike_fd(fd, WRITE, SEND);
    return kind == FAIL    ? -1
           : kind == SHORT ? some(SYS_write, fd, parts)
                           : syscall(SYS_writev, fd, parts, n);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    enum kind kind = strike_fd(fd, WRITE, SEND);
    if (kind == SHORT)
        return some(SYS_write, fd, message->msg_iov);
    return kind == FAIL ? -1 : syscall(SYS_sendmsg, fd, message, flags);
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    enum kind kind = strike_fd(fd, READ, RECV);
    if (kind == SHORT)
        return some(SYS_read, fd, message->msg_iov);
    return kind == FAIL ? -1 : syscall(SYS_recvmsg, fd, message, flags);
}

struct dirent *readdir(DIR *dir)
{
    return strike(READDIR) == FAIL ? NULL : NEXT(readdir)(dir);
}

int getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                struct addrinfo **found)
{
    return strike(RESOLVE) == FAIL ? EAI_SYSTEM : NEXT(getaddrinfo)(host, port, hints, found);
}

#define CALL_AS(call, name, parameters, ...)                        \
    int name parameters                                             \
    {                                                               \
        return strike(call) == FAIL ? -1 : NEXT(name)(__VA_ARGS__); \
    }
CALL_AS(SYNC, fsync, (int fd), fd)
CALL_AS(SYNC, fdatasync, (int fd), fd)
CALL_AS(RENAME, rename, (const char *from, const char *to), from, to)
CALL_AS(RENAME, renameat2, (int a, const char *from, int b, const char *to, unsigned flags), a,
        from, b, to, flags)
CALL_AS(UNLINK, unlink, (const char *path), path)
CALL_AS(UNLINK, remove, (const char *path), path)
CALL_AS(MKDIR, mkdir, (const char *path, mode_t mode), path, mode)
CALL_AS(STAT, lstat, (const char *path, struct stat *stat), path, stat)
CALL_AS(STAT, lstat64, (const char *path, struct stat64 *stat), path, stat)
CALL_AS(STAT, fstatat, (int fd, const char *path, struct stat *stat, int flags), fd, path, stat,
        flags)
CALL_AS(TOUCH, futimens, (int fd, const struct timespec times[2]), fd, times)
CALL_AS(LOCK, flock, (int fd, int how), fd, how)

CALL_AS(SOCKET, socket, (int domain, int type, int protocol), domain, type, protocol)
CALL_AS(CONNECT, connect, (int fd, const struct sockaddr *to, socklen_t n), fd, to, n)
