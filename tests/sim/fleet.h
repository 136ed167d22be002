/* Some jobs on one machine: the supervisor, whole, children that behave in every way, users who change files at any moment; and
 * what must be true of it all. */
#pragma once
#include "budget.h"
#include "machine.h"

#define FLEET_JOBS 3
#define FLEET_VERSIONS 400
#define FLEET_SCRIPT 8 /* attempts whose end is written down */

enum mood { /* of the workers of a version, until all faults end */
            MOOD_GOOD,
            MOOD_FICKLE, /* it ends now and then, in any way */
            MOOD_FAILS,  /* it fails soon */
            MOOD_TOLD,   /* it ends soon with 75 */
            MOOD_HANGS,
            MOODS,
            MOOD_SCRIPT = MOODS /* as fleet->script says of each attempt of it */
};

struct version { /* what a job file says; its number is in its text */
    bool valid, enabled;
    bool refuses; /* the check takes it, the worker does not: a state that would be lost */
    int64_t max, window_ms, initial_ms, most_ms, stop_ms;
    enum mood mood;
    uint32_t life_ms; /* of a worker that fails, at most; 0 = any */
};

struct fleet_job {
    struct fleet *fleet;
    char id[8], path[32], kept[40]; /* its file; the accepted one */
    unsigned user;                  /* version in the drop directory; 0 = none */
    bool is_half;                   /* only a part of it is there yet */
    unsigned accepted;              /* in specs/; 0 = none */
    unsigned last, highest;         /* that was there last; the newest that ever was */
    unsigned good;       /* that has run well since, and must not end for a file that is refused */
    bool is_noted;       /* its next start is in the ledger */
    bool given_up;       /* it was said to have FAILED, by this daemon */
    bool is_fresh;       /* no worker was started since its count began anew */
    bool doubted;        /* power was lost meanwhile: nobody knows which count it is */
    uint64_t meddled_us; /* a user's last change */
    uint32_t attempts, ends; /* workers started; that ended and count */
    struct budget budget;
};

struct fleet {
    struct sim *sim;
    struct machine *machine;
    struct fleet_job jobs[FLEET_JOBS];
    struct version versions[FLEET_VERSIONS];
    unsigned n_versions; /* number 0 is none */
    bool meddling;       /* users change things at random */
    bool healed;
    bool resting;     /* a daemon that has ended is not started again */
    unsigned daemons; /* lives so far */
    unsigned die_in;  /* the life that ends at sim->point; 0 = none */
    uint64_t fail_at; /* allocation at which the first daemon ends; 0: none … */
    bool fails_ever;  /* … and all others, too, until it is healed */
    uint64_t
        script; /* two bits an attempt: it fails at once, fails later, ends with 75, ends with the daemon */
};

struct fleet *fleet_new(struct sim *sim);
void fleet_free(struct fleet *fleet);
void fleet_daemon(struct fleet *fleet); /* starts it; again whenever it ends */
unsigned fleet_version(struct fleet *fleet, struct version version);
void fleet_put(struct fleet *fleet, struct fleet_job *job, unsigned version);
void fleet_put_half(struct fleet *fleet, struct fleet_job *job,
                    unsigned version); /* the rest comes later */
void fleet_remove(struct fleet *fleet, struct fleet_job *job);
void fleet_rival(struct fleet *fleet); /* somebody starts another daemon */
void fleet_power_loss(struct fleet *fleet);
void fleet_meddle(struct fleet *fleet, uint64_t ms); /* users and accidents, at random */
/* All faults end; every job comes to be as its file says, within a bound. Frees the fleet. */
void fleet_finish(struct fleet *fleet);

/* What children do. */
void fleet_child_begin(struct machine_child *child);
void fleet_child_told(struct machine_child *child, int signal);
void fleet_ran(struct machine_child *child); /* it has closed its first batch */
struct fleet_job *fleet_job_of(struct fleet *fleet, const char *id);
unsigned fleet_read(struct fleet *fleet, struct slice bytes); /* a version's number; 0: not one */

/* Scenarios. */
void supervisor_lives(struct sim *sim);
void supervisor_crash(struct sim *sim);  /* swept: at each effect of the first daemon's life */
void supervisor_memory(struct sim *sim); /* swept: at each allocation of the first, or of all */
void supervisor_crash_again(struct sim *sim); /* swept: at each effect of the second one's */
void supervisor_outcomes(struct sim *sim);    /* swept: 4^8 sequences of how attempts end */
