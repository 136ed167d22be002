#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/mem.h"
#include "io/world.h"

#define BOOT_ID_LEN 36

struct world { /* filled once, then only read: any thread may ask */
    char host[256];
    char boot_id[BOOT_ID_LEN + 1]; /* 36 zeros when the kernel does not say */
    char place[BOOT_ID_LEN + 64];  /* boot_id and, when the kernel says it, pid:[4026531836] */
};

static void world_read_boot_id(struct world *world)
{
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, world->boot_id, BOOT_ID_LEN) != BOOT_ID_LEN)
        memset(world->boot_id, '0', BOOT_ID_LEN);
    if (fd >= 0)
        close(fd);
}

static void world_read_place(struct world *world)
{
    char space[63];
    ssize_t n = readlink("/proc/self/ns/pid", space, sizeof space);
    snprintf(world->place, sizeof world->place, "%s %.*s", world->boot_id, n > 0 ? (int)n : 0,
             space);
}

struct world *world_new(void)
{
    struct world *world = mem_zalloc(sizeof *world);
    if (gethostname(world->host, sizeof world->host - 1) != 0)
        strcpy(world->host, "localhost");
    world_read_boot_id(world);
    world_read_place(world);
    return world;
}

void world_free(struct world *world)
{
    mem_free(world);
}

static struct timespec world_clock(clockid_t clock)
{
    struct timespec now;
    check(clock_gettime(clock, &now) == 0);
    return now;
}

uint64_t world_mono_us(struct world *world)
{
    (void)world;
    struct timespec now = world_clock(CLOCK_MONOTONIC);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t world_boot_ms(struct world *world)
{
    (void)world;
    struct timespec now = world_clock(CLOCK_BOOTTIME);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

int64_t world_wall_ms(struct world *world)
{
    (void)world;
    struct timespec now = world_clock(CLOCK_REALTIME);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void world_random(struct world *world, void *out, size_t n)
{
    (void)world;
    for (uint8_t *at = out; n;) {
        ssize_t got = getrandom(at, n, 0);
        check(got > 0 || errno == EINTR);
        if (got > 0) {
            at += got;
            n -= (size_t)got;
        }
    }
}

const char *world_host(struct world *world)
{
    return world->host;
}

const char *world_boot_id(struct world *world)
{
    return world->boot_id;
}

const char *world_place(struct world *world)
{
    return world->place;
}

uint32_t world_pid(struct world *world)
{
    (void)world;
    return (uint32_t)getpid();
}

/* What /proc says of a process: its state, and when it began, in ticks since boot (proc(5), fields 3 and 22). false: nothing,
 * which may have any reason. */
static bool world_read_process(uint32_t pid, char *state, uint64_t *began)
{
    char path[32], stat[512];
    snprintf(path, sizeof path, "/proc/%" PRIu32 "/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, stat, sizeof stat - 1);
    close(fd);
    stat[n > 0 ? n : 0] = 0;
    const char *end = strrchr(stat, ')'); /* its name may hold anything, a ) too */
    return end && sscanf(end,
                         ") %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
                         "%*s %" SCNu64,
                         state, began) == 2;
}

bool world_pid_lives(struct world *world, uint32_t pid, uint64_t boot_ms)
{
    char state;
    uint64_t began;
    (void)world;
    if (pid == 0 || pid > INT32_MAX || (kill((pid_t)pid, 0) != 0 && errno == ESRCH))
        return false;
    if (!world_read_process(pid, &state, &began))
        return true;
    return !strchr("ZX", state) && began * 1000 / (uint64_t)sysconf(_SC_CLK_TCK) <= boot_ms;
}

void world_exit(struct world *world, int status)
{
    (void)world;
    _exit(status);
}
