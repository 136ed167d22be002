#include "fault.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <netdb.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "io/loop.h"

static struct { /* one thread plans, others fail */
    const char *_Atomic call;
    atomic_int number;
    atomic_bool all;
    atomic_uint left; /* calls until the one that fails; 0: nothing fails */
    const char *_Atomic failed;
    atomic_bool held;
} plan;

void fault(const char *call, unsigned nth, int number)
{
    plan.call = call;
    plan.number = number;
    plan.all = false;
    plan.failed = NULL;
    atomic_store(&plan.held, true);
    atomic_store(&plan.left, nth);
}

void fault_from(const char *call, unsigned nth, int number)
{
    fault(call, nth, number);
    plan.all = true;
}

const char *fault_met(void)
{
    return plan.failed;
}

const char *fault_end(void)
{
    atomic_store(&plan.left, 0);
    atomic_store(&plan.held, false);
    return atomic_exchange(&plan.failed, NULL);
}

static bool now(const char *call)
{
    if (!atomic_load(&plan.left) || (plan.call && strcmp(plan.call, call) != 0))
        return false;
    if (atomic_fetch_sub(&plan.left, 1) != 1)
        return false;
    if (plan.all)
        atomic_store(&plan.left, 1);
    plan.failed = call;
    while (plan.number == FAULT_HELD && atomic_load(&plan.held))
        poll(NULL, 0, 1);
    errno = plan.number;
    return plan.number != FAULT_HELD;
}

/* -1, or 0 when the plan says so */
#define FAILS (plan.number ? -1 : 0)

#define FAULTY(call, type, failing, params, args)           \
    type __real_##call params;                              \
    type __wrap_##call params;                              \
    type __wrap_##call params                               \
    {                                                       \
        return now(#call) ? (failing) : __real_##call args; \
    }

/* One that moves bytes. */
#define MOVING(call, params, args, one_byte)                                \
    ssize_t __real_##call params;                                           \
    ssize_t __wrap_##call params;                                           \
    ssize_t __wrap_##call params                                            \
    {                                                                       \
        if (!now(#call))                                                    \
            return __real_##call args;                                      \
        return plan.number == FAULT_SHORT ? __real_##call one_byte : FAILS; \
    }

MOVING(read, (int fd, void *to, size_t n), (fd, to, n), (fd, to, 1))
MOVING(write, (int fd, const void *from, size_t n), (fd, from, n), (fd, from, 1))
MOVING(pread, (int fd, void *to, size_t n, off_t at), (fd, to, n, at), (fd, to, 1, at))
MOVING(send, (int fd, const void *from, size_t n, int flags), (fd, from, n, flags),
       (fd, from, 1, flags))
MOVING(writev, (int fd, const struct iovec *parts, int n), (fd, parts, n),
       (fd, &(struct iovec){ parts->iov_base, parts->iov_len ? 1 : 0 }, 1))
MOVING(getrandom, (void *to, size_t n, unsigned flags), (to, n, flags), (to, 1, flags))
MOVING(readlink, (const char *path, char *to, size_t n), (path, to, n), (path, to, 1))

FAULTY(close, int, (__real_close(fd), errno = plan.number, -1), (int fd), (fd))
FAULTY(fsync, int, -1, (int fd), (fd))
FAULTY(fdatasync, int, -1, (int fd), (fd))
FAULTY(ftruncate, int, -1, (int fd, off_t n), (fd, n))
FAULTY(flock, int, -1, (int fd, int what), (fd, what))
FAULTY(futimens, int, -1, (int fd, const struct timespec *times), (fd, times))
FAULTY(fstat, int, -1, (int fd, struct stat *to), (fd, to))
FAULTY(lstat, int, plan.number ? -1 : (__real_lstat(path, to), to->st_dev++, 0),
       (const char *path, struct stat *to), (path, to))
FAULTY(fstatat, int, -1, (int fd, const char *path, struct stat *to, int flags),
       (fd, path, to, flags))
FAULTY(statfs, int, (to->f_type = 0x6969, FAILS), (const char *path, struct statfs *to), (path, to))
FAULTY(mkdir, int, -1, (const char *path, mode_t mode), (path, mode))
FAULTY(rename, int, -1, (const char *from, const char *to), (from, to))
FAULTY(renameat2, int, -1, (int a, const char *from, int b, const char *to, unsigned flags),
       (a, from, b, to, flags))
FAULTY(unlink, int, -1, (const char *path), (path))
FAULTY(remove, int, -1, (const char *path), (path))
FAULTY(opendir, DIR *, NULL, (const char *path), (path))
FAULTY(readdir, struct dirent *, NULL, (DIR * dir), (dir))

FAULTY(pipe2, int, -1, (int fd[2], int flags), (fd, flags))
FAULTY(dup2, int, -1, (int from, int to), (from, to))
FAULTY(getppid, pid_t, 0, (void), ())
FAULTY(waitpid, pid_t, -1, (pid_t pid, int *status, int flags), (pid, status, flags))
FAULTY(poll, int, FAILS, (struct pollfd * fds, nfds_t n, int ms), (fds, n, ms))
FAULTY(socket, int, -1, (int domain, int type, int protocol), (domain, type, protocol))
FAULTY(bind, int, -1, (int fd, const struct sockaddr *address, socklen_t n), (fd, address, n))
FAULTY(listen, int, -1, (int fd, int n), (fd, n))
FAULTY(connect, int, -1, (int fd, const struct sockaddr *address, socklen_t n), (fd, address, n))
FAULTY(gethostname, int, -1, (char *to, size_t n), (to, n))

FAULTY(uv_accept, int, (__real_uv_accept(from, to), -plan.number),
       (uv_stream_t * from, uv_stream_t *to), (from, to))
FAULTY(uv_read_start, int, -plan.number, (uv_stream_t * stream, uv_alloc_cb alloc, uv_read_cb cb),
       (stream, alloc, cb))
FAULTY(uv_write, int, -plan.number,
       (uv_write_t * write, uv_stream_t *to, const uv_buf_t *bufs, unsigned n, uv_write_cb cb),
       (write, to, bufs, n, cb))

FAULTY(uv_process_kill, int, -plan.number, (uv_process_t * process, int number), (process, number))
FAULTY(loop_timer_start, void, __real_loop_timer_start(loop, timer, 0, cb),
       (struct loop * loop, struct loop_timer *timer, uint64_t ms, void (*cb)(struct loop_timer *)),
       (loop, timer, ms, cb))

/* What librdkafka answers with a code, an error, or words of its own. */
#define REFUSED (snprintf(words, n_words, "refused on purpose"), NULL)
#define CODE ((rd_kafka_resp_err_t)plan.number)
#define ERROR rd_kafka_error_new(CODE, "refused on purpose")
FAULTY(rd_kafka_new, rd_kafka_t *, REFUSED,
       (rd_kafka_type_t type, rd_kafka_conf_t *conf, char *words, size_t n_words),
       (type, conf, words, n_words))
FAULTY(rd_kafka_mock_cluster_new, rd_kafka_mock_cluster_t *, NULL, (rd_kafka_t * rk, int brokers),
       (rk, brokers))
FAULTY(rd_kafka_metadata, rd_kafka_resp_err_t, CODE,
       (rd_kafka_t * rk, int all, rd_kafka_topic_t *topic, const struct rd_kafka_metadata **to,
        int ms),
       (rk, all, topic, to, ms))
FAULTY(rd_kafka_committed, rd_kafka_resp_err_t, CODE,
       (rd_kafka_t * rk, rd_kafka_topic_partition_list_t *list, int ms), (rk, list, ms))
FAULTY(rd_kafka_query_watermark_offsets, rd_kafka_resp_err_t, CODE,
       (rd_kafka_t * rk, const char *topic, int32_t partition, int64_t *low, int64_t *high, int ms),
       (rk, topic, partition, low, high, ms))
FAULTY(rd_kafka_position, rd_kafka_resp_err_t, CODE,
       (rd_kafka_t * rk, rd_kafka_topic_partition_list_t *list), (rk, list))
FAULTY(rd_kafka_message_headers, rd_kafka_resp_err_t, CODE,
       (const rd_kafka_message_t *message, rd_kafka_headers_t **to), (message, to))
FAULTY(rd_kafka_incremental_assign, rd_kafka_error_t *, ERROR,
       (rd_kafka_t * rk, const rd_kafka_topic_partition_list_t *list), (rk, list))
FAULTY(rd_kafka_consumer_close_queue, rd_kafka_error_t *, ERROR,
       (rd_kafka_t * rk, rd_kafka_queue_t *queue), (rk, queue))

FAULTY(getnameinfo, int, EAI_FAIL,
       (const struct sockaddr *address, socklen_t n, char *host, socklen_t n_host, char *port,
        socklen_t n_port, int flags),
       (address, n, host, n_host, port, n_port, flags))

/* FAULTY() takes no … */
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;
    va_end(more);
    return now("open") ? -1 : __real_open(path, flags, mode);
}

int __real_ioctl(int fd, unsigned long what, ...);
int __wrap_ioctl(int fd, unsigned long what, ...);
int __wrap_ioctl(int fd, unsigned long what, ...)
{
    va_list more;
    va_start(more, what);
    void *with = va_arg(more, void *);
    va_end(more);
    return now("ioctl") ? -1 : __real_ioctl(fd, what, with);
}

int __real_fcntl(int fd, int what, ...);
int __wrap_fcntl(int fd, int what, ...);
int __wrap_fcntl(int fd, int what, ...)
{
    va_list more;
    va_start(more, what);
    void *with = va_arg(more, void *);
    va_end(more);
    return what == F_SETLK && now("fcntl") ? -1 : __real_fcntl(fd, what, with);
}

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
long __wrap_syscall(long number, ...) /* of at most two arguments */
{
    va_list more;
    va_start(more, number);
    long first = va_arg(more, long), second = va_arg(more, long);
    va_end(more);
    return now("syscall") ? -1 : __real_syscall(number, first, second);
}
