/* The simulator: processes of the real code on simulated doors, in one thread, on virtual time, with
 * every choice drawn from one seed. The same seed gives the same trace, byte for byte.
 *
 * A scenario is a function that gets a new simulation: it starts processes, lets time pass with
 * sim_run(), kills, pauses and restarts them, at last calls sim_heal() and demands progress within a
 * bound, and holds what is in the store against a ledger of its own with sim_expect(). It stands in
 * the table of scenarios.c. Inside a process use mem_… as everywhere; what a scenario itself owns
 * comes from malloc, or from mem_… called outside a process. A process never frees what it did not
 * allocate itself.
 *
 * A simulated process has no main loop of its own: its main function sets things up and returns, and
 * the scheduler runs its timers, posts, tasks and answers, each in virtual time, each mixed with
 * those of the other processes. It ends by world_exit(), by loop_stop() (status 0), or by a kill;
 * then all its memory is dropped and no callback of it fires any more. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "census.h"
#include "plan.h"

struct loop;
struct sim_process;
struct sim_store;
struct store;
struct world;

extern uint64_t sim_step; /* of harms that there are very many of, only every so-many-th is tried */

#define SIM_KILLED (-9) /* status of a process that did not end by itself */

struct sim_faults { /* what may go wrong and how likely, in thousandths; 0 = never. Drawn anew for
                       each seed (some are off, some rare, some frequent); a scenario may change it */
    uint32_t unanswered; /* a store request is done, but not synced, and its answer is lost */
    uint32_t late;       /* … is given up by its sender and done later by itself */
    uint32_t lost;       /* … is never done, and never answered */
    uint32_t twice;      /* … is answered, and done once more later */
    uint32_t refused;    /* … begins a spell in which the store refuses (safe mode, full, away) */
    uint32_t failover;   /* … finds another NameNode active: what is not synced is gone */
    uint32_t stale;      /* a read is answered by the NameNode that was active before */
    uint32_t slow;       /* … takes a hundred times as long */
    uint32_t stall;      /* a process is not scheduled for up to stall_ms */
    uint32_t kafka_away; /* a request to Kafka begins a spell (up to refused_ms) without brokers */
    uint32_t latency_us; /* of one way of a store request, at most, when it is not slow */
    uint32_t give_up_ms; /* a sender waits so long for an answer */
    uint32_t late_ms;    /* a late or doubled request comes at most so long after that */
    uint32_t refused_ms, stall_ms; /* the longest spell */
};

struct sim {
    uint64_t seed;
    uint64_t now_us;          /* virtual time since the beginning */
    struct sim_faults faults; /* in force; all off after sim_heal() */
    uint64_t point;           /* of a sweep (see scenario.h): crash at this request; 0 = never */
    uint64_t second;          /* of a grid: what else happens, and where */
    bool hit, second_hit;     /* the sweep's point was reached; and the second one */
    char failure[1200];       /* the first thing that was not as it should be; "" = none */
    struct sim_parts *parts;  /* the simulator's own */
};

/* ---- the simulation (made and freed by the runner) */
struct sim *sim_new(uint64_t seed);
void sim_free(struct sim *sim);
/* Runs events until done(ctx) is true (NULL: never), `ms` of virtual time are over, or something
 * failed; true when done. Ends early, with false, when nothing is left that could happen. */
bool sim_run(struct sim *sim, uint64_t ms, bool (*done)(void *ctx), void *ctx);
void sim_heal(struct sim *sim); /* all faults, spells and stalls end now; pauses stay */
/* Notes the first failure, with the text; the simulation stops at once. */
void sim_fail(struct sim *sim, const char *format, ...) __attribute__((format(printf, 2, 3)));
#define sim_expect(sim, condition, ...) ((condition) ? (void)0 : sim_fail(sim, __VA_ARGS__))
/* A line for the trace: part of its hash, shown by --trace and after a failure. */
void sim_trace(struct sim *sim, const char *format, ...) __attribute__((format(printf, 2, 3)));
uint64_t sim_hash(const struct sim *sim);               /* of all trace lines so far */
uint64_t sim_random(struct sim *sim);                   /* 64 bits of the seed's */
uint64_t sim_below(struct sim *sim, uint64_t n);        /* 0 … n - 1 */
bool sim_chance(struct sim *sim, uint32_t thousandths); /* true so often */
/* sim_chance() of a fault, counted when it fires. */
bool sim_fires(struct sim *sim, uint32_t thousandths, enum census kind);
/* Calls fn(ctx) outside all processes in us from now (a supervisor, an operator, a peer). */
void sim_after(struct sim *sim, uint64_t us, void (*fn)(void *ctx), void *ctx);

/* ---- processes */
typedef void (*sim_main)(struct sim_process *process, void *ctx);
struct sim_process { /* lives until sim_free(), dead or alive */
    struct sim *sim;
    const char *name; /* for the trace: borrowed until sim_free() */
    const char *host; /* its machine; borrowed. "host-a" unless sim_start()'s caller sets it */
    uint32_t pid;
    struct world *world;
    struct loop *loop;
    void *ctx; /* the scenario's */
    bool alive, paused;
    int status;        /* after its end: of world_exit(), or SIM_KILLED */
    uint64_t requests; /* store requests so far */
    void (*ended)(
        struct sim_process *process); /* NULL, or called once when it has ended, outside */
    struct sim_process_parts *parts;  /* the simulator's own */
};
/* A new process; main runs as its first event, a moment later. */
struct sim_process *sim_start(struct sim *sim, const char *name, sim_main main, void *ctx);
void sim_kill(struct sim_process *process); /* kill -9; from inside it, once its callback is over */
void sim_signal(struct sim_process *process, int number); /* for whoever asked by loop_signals() */
void sim_pause(struct sim_process *process);              /* SIGSTOP: what comes for it waits */
void sim_continue(struct sim_process *process);           /* SIGCONT */

/* All bytes written through the door `out` so far, by all processes, in the order in which they came
 * out; *from counts what was seen before and is moved on. */
struct slice sim_output(struct sim *sim, size_t *from);

/* ---- stores: shared by all processes, found by URL. webhdfs://… behaves as HDFS, file://… as a
 * local file system (lock, paths resolved before they act, power loss) */
struct sim_store *sim_store(struct sim *sim, const char *url);
/* The same as the door's store_open(), short. */
struct store *sim_store_open(struct sim_process *process, const char *url);
/* What is there now, whatever a failover would leave: for a checker. False: no such file. The bytes
 * live until the simulation goes on. */
bool sim_store_read(struct sim_store *store, const char *path, struct slice *bytes);
/* Calls each(ctx, path, bytes) for every file below the directory, in order of names. */
typedef void (*sim_store_each)(void *ctx, const char *path, struct slice bytes);
void sim_store_walk(struct sim_store *store, const char *path, sim_store_each each, void *ctx);
/* Writes, replaces (NULL bytes: removes) a file behind everybody's back: for damage and litter. */
void sim_store_put(struct sim_store *store, const char *path, struct slice bytes);
/* Now; some of what is not synced survives, or with all_lost none. */
void sim_store_failover(struct sim_store *store, bool all_lost);
/* The machine of a local store loses its power: any subset of what was not synced is lost, files
 * may be torn. All processes on this simulation's hosts are killed first. */
void sim_store_power_loss(struct sim_store *store);
