/* The machine that a supervisor runs on, simulated: a disk with what of it would survive a loss of power, children with pipes
 * and signals, clocks that are set, a lock, systemd's socket. Behind the doors dir, ledger, proc, control and notify. A
 * scenario says how children behave and what users do to the drop directory; hooks tell it all that the daemon does. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/list.h"
#include "sim.h"

#define MACHINE_JOBS "/jobs"
#define MACHINE_STATE "/state"

enum machine_death {                  /* how far the effect got that the daemon died at */
                     MACHINE_BEFORE,  /* it did not begin */
                     MACHINE_DONE,    /* done, perhaps not synced */
                     MACHINE_PART,    /* of what was to be written, a prefix is there */
                     MACHINE_GARBAGE, /* power was lost: the length is there, the bytes are not */
                     MACHINE_DEATHS
};

struct machine_harms { /* how likely, in thousandths; 0 = never */
    uint32_t full;     /* a write finds no room for all of it */
    uint32_t unsynced; /* a sync fails: nobody knows what is on disk */
    uint32_t unread;   /* a directory or a file cannot be read to its end */
    uint32_t unhinted; /* of a change in the drop directory no hint comes */
    uint32_t unborn;   /* a child cannot be started */
    uint32_t late;     /* a child's end, or its death by SIGKILL, takes seconds */
};

struct machine_child {
    struct list link; /* of its machine */
    struct machine *machine;
    uint32_t pid;
    char job[64], spec[128]; /* spec: path of the bytes that it is to read */
    bool is_check, standby;
    struct sim_process *parent; /* the daemon that started it, alive or dead */
    struct proc *proc;          /* the daemon's; nobody looks when that is dead */
    bool born, alive, known;    /* known: the daemon was told of its end */
    bool told, aborted;         /* by the daemon, before it knew: SIGTERM or SIGKILL; SIGABRT */
    bool fenced;                /* it said so */
    int status, signal;
    char said[4096]; /* in the pipe, not read yet */
    size_t n_said;
    unsigned version, beats; /* the scenario's: of the file that it has read; seconds that it ran */
    bool hangs;              /* likewise */
    unsigned attempt;        /* likewise: how many of its job there were before */
    uint64_t said_us;        /* when it said something last, or was started */
};

struct machine {
    struct sim *sim;
    struct machine_harms harms;
    uint64_t effects, die_at; /* of this daemon so far; the one that it dies at, 0 = none */
    enum machine_death death;
    bool losing;                       /* power: files go back */
    bool spoiled;                      /* it died of a loss of power */
    struct sim_process *daemon, *lock; /* that runs; that holds the state directory */
    bool away;                         /* the drop directory is not there */
    bool ready, stopping;              /* what this daemon told systemd */
    uint64_t barked_us;
    unsigned boots;
    uint64_t booted_us;
    int64_t wall_ms; /* of the clock on the wall, added to the simulation's time */
    struct list files, children;
    uint64_t inodes;
    uint32_t pids;
    struct dir_watch *watch;
    /* Hooks, called outside of the daemon's memory; all must be set. */
    void *ctx;
    void (*born)(struct machine_child *child);                /* it was started, or could not be */
    void (*reached)(struct machine_child *child, int signal); /* SIGTERM or SIGABRT reached it */
    void (*known)(struct machine_child *child); /* the daemon is about to hear of its end */
    void (*noted)(struct machine *machine, struct slice lines, bool done); /* in the ledger */
    void (*kept)(struct machine *machine, const char *path); /* a file came or went in specs/ */
};

struct machine *machine_new(struct sim *sim, void *ctx);
void machine_free(struct machine *machine);
/* Starts a daemon; main runs as its first event. One that finds another's lock ends by itself. */
struct sim_process *machine_start(struct machine *machine, sim_main main, void *ctx);
/* kill -9 of the daemon if it lives, and of all children; what was not synced may be lost; another boot. */
void machine_power_loss(struct machine *machine);
void machine_set_wall(struct machine *machine, int64_t by_ms); /* the clock is set */

/* The disk, as users see it. */
void machine_put(struct machine *machine, const char *path, struct slice bytes);
void machine_remove(struct machine *machine, const char *path);
bool machine_read(struct machine *machine, const char *path, struct slice *bytes);

/* Children, for whoever plays them. */
void machine_say(struct machine_child *child, const char *text);
void machine_end(struct machine_child *child, int status, int signal);

/* For the doors. */
struct machine *machine_here(void); /* of the process that runs now */
/* One more thing that the daemon does to the world; true when it dies of it, and then machine_die() must follow, once as much
 * of it is done as `how` says. */
bool machine_effect(struct machine *machine, enum machine_death *how);
void machine_die(struct machine *machine) __attribute__((noreturn));
void machine_hint(struct machine *machine);
void machine_bury(struct machine *machine, struct sim_process *daemon); /* its children follow */
