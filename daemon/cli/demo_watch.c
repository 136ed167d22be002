#include "cli/demo_watch.h"

#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FOLDERS_AT_ONCE 16

/* The milliseconds of ts=2026-11-22T15:27:02.113Z; 0 = there are none. */
static int64_t watch_time(const char *line)
{
    struct tm tm = { 0 };
    int milliseconds = 0;
    const char *ts = strstr(line, "ts=");
    const char *rest = ts ? strptime(ts + 3, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
    if (!rest || sscanf(rest, ".%3d", &milliseconds) != 1)
        return 0;
    return (int64_t)timegm(&tm) * 1000 + milliseconds;
}

static void watch_line(struct demo_watch *watch, const char *line)
{
    struct demo_kill *kill = watch->n_kills ? &watch->kills[watch->n_kills - 1] : NULL;
    int64_t after = kill ? watch_time(line) - kill->wall_ms : 0;
    if (strstr(line, "level=error") || strstr(line, "level=warning"))
        snprintf(watch->last, sizeof watch->last, "%.399s", line);
    if (strstr(line, "event=batch.completed")) {
        watch->n_batches++;
        if (kill && kill->recovered_ms && !kill->batch_ms)
            kill->batch_ms = after > 0 ? after : 1;
    }
    if (strstr(line, "event=job.recovered") && kill && !kill->recovered_ms)
        kill->recovered_ms = after > 0 ? after : 1;
}

void demo_watch_read(struct demo_watch *watch, const char *log)
{
    char line[1024];
    FILE *file = fopen(log, "r");
    if (!file)
        return;
    fseek(file, watch->at, SEEK_SET);
    while (fgets(line, sizeof line, file)) {
        size_t n = strcspn(line, "\n");
        if (!line[n] && n + 1 < sizeof line)
            break; /* the rest of it is still to come; a long one is taken in pieces */
        line[n] = 0;
        watch->at = ftell(file);
        watch_line(watch, line);
    }
    fclose(file);
}

bool demo_watch_recovering(const struct demo_watch *watch)
{
    return watch->n_kills && !watch->kills[watch->n_kills - 1].batch_ms;
}

static bool watch_is_worker(uint32_t pid)
{
    char path[64], command[256];
    snprintf(path, sizeof path, "/proc/%" PRIu32 "/cmdline", pid);
    FILE *file = fopen(path, "r");
    if (!file) /* uncovered: it has gone since it was listed */
        return false;
    size_t n = fread(command, 1, sizeof command - 1, file);
    fclose(file);
    for (size_t i = 0; i < n; i++)
        if (!command[i])
            command[i] = ' ';
    command[n] = 0;
    return strstr(command, " worker ") && !strstr(command, "--check");
}

uint32_t demo_watch_worker(uint32_t daemon)
{
    char path[64];
    uint32_t pid, worker = 0;
    snprintf(path, sizeof path, "/proc/%" PRIu32 "/task/%" PRIu32 "/children", daemon, daemon);
    FILE *file = fopen(path, "r");
    while (file && fscanf(file, "%" SCNu32, &pid) == 1)
        if (watch_is_worker(pid))
            worker = pid;
    if (file)
        fclose(file);
    return worker;
}

static int watch_remove(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
    (void)stat;
    (void)type;
    (void)ftw;
    return remove(path);
}

void demo_watch_remove(const char *folder)
{
    nftw(folder, watch_remove, FOLDERS_AT_ONCE, FTW_DEPTH | FTW_PHYS);
}
