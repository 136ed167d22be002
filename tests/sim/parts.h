/* What the simulator's own files share. Its memory comes from malloc, never from a process' domain:
 * door functions run inside a process, so whatever they keep for the simulator is made by
 * sim_alloc(), and what they hand to the process by mem_…. */
#pragma once
#include <stdio.h>

#include "base/list.h"
#include "base/mem.h"
#include "sim.h"

#define SIM_LINES 400 /* of trace, kept to be shown after a failure */
#define SIM_LINE_MAX 240
#define SIM_EVENTS_MAX 3000000 /* of one simulation: a hundred times what the longest has */

typedef void (*sim_fn)(void *ctx);

struct sim_event { /* something that happens at a time */
    uint64_t at_us;
    uint64_t order;              /* random: which of those of one instant comes first */
    struct sim_process *process; /* inside which process; NULL: outside. Dropped when it is dead */
    sim_fn fn;
    void *ctx;
};

struct sim_events { /* a heap by time and order, or a plain list */
    struct sim_event *at;
    size_t n, cap;
};

struct sim_line { /* of trace */
    uint64_t at_us;
    char text[SIM_LINE_MAX];
};

struct sim_parts {
    uint64_t random[4]; /* xoshiro256** (Blackman, Vigna) */
    struct sim_events events;
    struct list processes, stores, kafkas;
    struct machine *machine; /* that a supervisor runs on; NULL: there is none */
    uint64_t hash;
    uint64_t n_events;
    struct buf output; /* of all processes */
    uint32_t pids;
    uint64_t n_lines;
    struct sim_line lines[SIM_LINES];
};

struct sim_process_parts {
    struct list link;
    struct sim_process *process;
    struct mem_domain *domain;
    sim_main main;
    void *main_ctx;
    bool dying;  /* dead for the doors; buried when its callback is over */
    bool inside; /* one of its callbacks runs */
    bool stalled;
    struct sim_events deferred;           /* while paused or stalled */
    uint64_t crash_at, pause_at, hold_at; /* requests */
    bool hold_stops;
    uint64_t error_at; /* the same */
    enum sim_error error;
    bool error_stays;
    struct request *held; /* the one that is on its way until it is let go */
    enum sim_crash crash_how;
    uint64_t peers, die_at; /* what it did to Kafka and its output; at which of these it dies */
    enum sim_death death;
    struct list tasks, pools, outs;
    uint64_t mono_us, boot_ms; /* added to the simulation's time */
    int64_t wall_ms;
    char boot_id[37];
};

extern bool sim_verbose; /* --trace: every line as it comes */

void *sim_alloc(size_t n); /* cleared; freed by free() */
/* Its last lines, SIM_LINES of them at most. */
void sim_print_trace(const struct sim *sim, uint64_t n, FILE *file);
/* fn(ctx) happens in delay_us, inside process (NULL: outside all). */
void sim_post(struct sim *sim, struct sim_process *process, uint64_t delay_us, sim_fn fn,
              void *ctx);
void sim_events_push(struct sim_events *events, struct sim_event event); /* at the end, unsorted */
void sim_process_event(struct sim_process *process, const struct sim_event *event); /* runs it */
void sim_process_free(struct sim_process *process);
struct sim_process *sim_process_of(struct loop *loop);
bool sim_dying(const struct sim_process *process); /* dead, or as good as: doors do nothing more */
void sim_end(struct sim_process *process, int status); /* from inside or outside */
struct sim_process *sim_inside(void);                  /* whose callback runs; NULL: none does */
/* It dies where it stands, within a callback. */
void sim_die(void) __attribute__((noreturn));
/* The callback that runs ends here; the process lives on. */
void sim_leave(void) __attribute__((noreturn));
void sim_peer(
    struct sim_process *process);  /* it does something to Kafka or its output, and may die of it */
void sim_unstall(struct sim *sim); /* all stalls end, and errors that stay */

struct world *sim_world_new(struct sim_process *process);
struct loop *sim_loop_new(struct sim_process *process);
void sim_loop_drop(struct loop *loop);
void sim_tasks_drop(struct list *tasks);
void sim_pools_drop(struct list *pools);
void sim_outs_drop(struct list *outs);
void sim_stores_heal(struct sim *sim);
void sim_stores_bury(struct sim_process *process); /* its locks and requests */
void sim_stores_free(struct sim *sim);
void sim_kafkas_heal(struct sim *sim);
void sim_kafkas_bury(struct sim_process *process);
void sim_kafkas_free(struct sim *sim);
