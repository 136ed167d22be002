#include "io/notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/list.h"
#include "base/mem.h"

struct notify {
    int fd; /* -1: nobody listens */
    struct sockaddr_un address;
    socklen_t address_len;
    uint64_t watchdog_ms;
};

static void notify_connect(struct notify *notify, const char *path)
{
    size_t n = strlen(path);
    if (n < 2 || n >= sizeof notify->address.sun_path || (path[0] != '/' && path[0] != '@'))
        return;
    notify->address.sun_family = AF_UNIX;
    memcpy(notify->address.sun_path, path, n);
    if (path[0] == '@') /* the abstract namespace */
        notify->address.sun_path[0] = '\0';
    notify->address_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
    notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

struct notify *notify_new(void)
{
    static const char *const names[] = { "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID",
                                         "LISTEN_FDS",    "LISTEN_PID",    "LISTEN_FDNAMES" };
    struct notify *notify = mem_zalloc(sizeof *notify);
    const char *path = getenv("NOTIFY_SOCKET"), *us = getenv("WATCHDOG_USEC"),
               *pid = getenv("WATCHDOG_PID");
    notify->fd = -1;
    if (path)
        notify_connect(notify, path);
    if (us && (!pid || strtol(pid, NULL, 10) == getpid()))
        notify->watchdog_ms = strtoull(us, NULL, 10) / 2000; /* half of it */
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        unsetenv(names[i]);
    return notify;
}

void notify_send(struct notify *notify, const char *state)
{
    if (notify->fd >= 0 && sendto(notify->fd, state, strlen(state), MSG_NOSIGNAL,
                                  (struct sockaddr *)&notify->address, notify->address_len) < 0)
        return; /* a message that does not come through is the next one's business */
}

uint64_t notify_watchdog_ms(const struct notify *notify)
{
    return notify->watchdog_ms;
}

void notify_free(struct notify *notify)
{
    if (!notify)
        return;
    if (notify->fd >= 0)
        close(notify->fd);
    mem_free(notify);
}
