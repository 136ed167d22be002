/* What the demo sees of the daemon: its log and its worker's process. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define DEMO_KILLS_MAX 3

struct demo_kill {
    uint64_t at_ms; /* monotonic */
    int64_t wall_ms;
    int64_t recovered_ms; /* until the next worker had recovered; 0 = not yet */
    int64_t batch_ms;     /* until it had committed a batch; 0 = not yet */
};
struct demo_watch {     /* {0} is a new one */
    long at;            /* bytes of the log that were read */
    uint64_t n_batches; /* committed, by the log */
    char last[400];     /* the last line of an error or a warning */
    unsigned n_kills;
    struct demo_kill kills[DEMO_KILLS_MAX];
};

void demo_watch_read(struct demo_watch *watch, const char *log); /* what is new in the log */
bool demo_watch_recovering(const struct demo_watch *watch);      /* no batch since the last kill */
uint32_t demo_watch_worker(uint32_t daemon); /* the daemon's one worker; 0 = there is none now */
void demo_watch_remove(const char *folder);  /* with all in it */
