#include "io/control.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/check.h"
#include "base/mem.h"

/* An address holds 107 bytes of path: a long one goes by way of its folder's descriptor, *folder,
 * which is to be closed. */
static bool address_of(const char *path, struct sockaddr_un *address, int *folder)
{
    size_t n = strlen(path);
    const char *slash = strrchr(path, '/');
    *address = (struct sockaddr_un){ .sun_family = AF_UNIX };
    if (n < sizeof address->sun_path) {
        memcpy(address->sun_path, path, n + 1);
        return true;
    }
    errno = ENAMETOOLONG;
    if (!slash)
        return false;
    char *up = mem_strndup(path, (size_t)(slash - path + (slash == path)));
    *folder = open(up, O_PATH | O_DIRECTORY | O_CLOEXEC);
    mem_free(up);
    if (*folder < 0)
        return false;
    int length =
        snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d%s", *folder, slash);
    errno = ENAMETOOLONG;
    return length < (int)sizeof address->sun_path;
}

static bool control_bind(int fd, const struct sockaddr_un *address)
{
    mode_t before = umask(0117);
    int status = bind(fd, (const struct sockaddr *)address, sizeof *address);
    umask(before);
    return status == 0 && listen(fd, CONTROL_CLIENTS_MAX) == 0;
}

int control_socket(const char *path, bool listen, struct err *err)
{
    struct sockaddr_un address;
    int folder = -1, fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool done = fd >= 0 && address_of(path, &address, &folder);
    if (done)
        done = listen ? control_bind(fd, &address)
                      : connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
    if (!done)
        err_set(err, errno == EACCES ? ERR_FATAL : ERR_RETRY, "%s: %s", path, strerror(errno));
    if (folder >= 0)
        close(folder);
    if (!done && fd >= 0)
        close(fd);
    return done ? fd : -1;
}

static bool control_wait(int fd, short events, struct err *err)
{
    struct pollfd poll_fd = { .fd = fd, .events = events };
    int n;
    do
        n = poll(&poll_fd, 1, 2 * CONTROL_SECONDS_MAX * 1000);
    while (n < 0 && errno == EINTR);
    return n == 1 || err_set(err, ERR_RETRY, "the daemon does not answer");
}

static bool control_send(int fd, const char *request, struct err *err)
{
    char line[CONTROL_REQUEST_MAX + 1];
    int n = snprintf(line, sizeof line, "%s\n", request);
    check(n > 0 && n <= CONTROL_REQUEST_MAX);
    /* a fresh socket has room for it */
    return send(fd, line, (size_t)n, MSG_NOSIGNAL) == n ||
           err_set(err, ERR_RETRY, "the daemon does not listen: %s", strerror(errno));
}

static bool control_receive(int fd, struct buf *answer, struct err *err)
{
    ssize_t n = 1;
    while (n > 0) {
        if (answer->len > CONTROL_ANSWER_MAX)
            return err_set(err, ERR_FATAL, "the answer has no end");
        if (!control_wait(fd, POLLIN, err))
            return false;
        buf_reserve(answer, 65536);
        n = read(fd, answer->ptr + answer->len, 65536);
        if (n > 0)
            answer->len += (size_t)n;
        else if (n < 0 && errno == EINTR)
            n = 1;
    }
    return n == 0 || err_set(err, ERR_RETRY, "the answer broke off: %s", strerror(errno));
}

bool control_ask(const char *path, const char *request, struct buf *answer, struct err *err)
{
    int fd = control_socket(path, false, err);
    if (fd < 0)
        return false;
    bool answered = control_send(fd, request, err) && control_receive(fd, answer, err);
    close(fd);
    return answered;
}
