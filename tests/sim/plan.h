/* What is to happen at a chosen request, or allocation: sweeps let it happen at each in turn. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct sim_process;
struct sim_store;

enum sim_crash {                   /* how far the request got that a process dies at */
                 SIM_CRASH_BEFORE, /* it was not sent */
                 SIM_CRASH_DONE,   /* done and synced; the answer found nobody */
                 SIM_CRASH_LOST,   /* done, not synced: a failover may undo it */
                 SIM_CRASH_LATE, /* it wanders, and is done later (not on a local store: there as BEFORE) */
                 SIM_CRASH_PREFIX, /* of a file's bytes the first ones are there; else as LOST */
                 SIM_CRASH_GARBAGE, /* of a file's bytes some are there, and others than were written; else as LOST */
                 SIM_CRASHES
};
/* The process dies at its n-th store request from its start (1 = the first); 0: at none. */
void sim_crash_at(struct sim_process *process, uint64_t n, enum sim_crash how);
/* It dies at one of its next n store requests, in any of these ways. */
void sim_crash_within(struct sim_process *process, uint64_t n);
enum sim_death { SIM_DEATH_BEFORE, SIM_DEATH_AFTER, SIM_DEATH_LATER, SIM_DEATHS };
/* The process dies at the n-th thing from its start that it asks of Kafka, takes from it or writes to its output: before it is
 * done, right behind it, or within the next milliseconds; 0: at none. */
void sim_die_at(struct sim_process *process, uint64_t n, enum sim_death how);
/* It is stopped as by SIGSTOP once its n-th store request is sent; 0: never. */
void sim_pause_at(struct sim_process *process, uint64_t n);
/* Its n-th store request stays on its way until sim_let_go(); 0: none. stops: it is stopped with it, and the answer comes when it
 * goes on; else it gives the request up. */
void sim_hold_at(struct sim_process *process, uint64_t n, bool stops);
void sim_let_go(struct sim_process *process); /* dead or alive; and continues it */
/* Its n-th allocation from now on fails, and with it the process; 0: none. */
void sim_fail_allocation(struct sim_process *process, uint64_t n);

enum sim_fate { SIM_UNANSWERED, SIM_LATE, SIM_LOST, SIM_TWICE, SIM_FATES };
/* The n-th request from now on (1 = the next) has this fate, as in struct sim_faults; 0: none. A
 * local store knows SIM_UNANSWERED alone. */
void sim_fate_in(struct sim_store *store, uint64_t n, enum sim_fate fate);
/* Another NameNode becomes active, which knows nothing of what was not synced, at the store's request number n, counted from its
 * beginning and over all processes; 0: never. Two may be planned. */
enum sim_failover {
    SIM_FAILOVER_BEFORE, /* it is the first one that comes to the new one */
    SIM_FAILOVER_BEHIND, /* it is the last one that the old one has done, and gone with it, answer and all */
    SIM_FAILOVER_WAITING, /* it is done, and not answered: what is done now, a later one may undo */
    SIM_FAILOVERS
};
#define SIM_FAILOVERS_PLANNED 2
void sim_failover_at(struct sim_store *store, int which, uint64_t n, enum sim_failover how);

uint64_t sim_store_requests(const struct sim_store *store); /* so far, of all processes */

enum sim_error {
    SIM_NO_SPACE, /* refused, as is every change; reading goes on */
    SIM_IO_ERROR, /* refused */
    SIM_SILENCE,  /* not done, and not answered */
    SIM_UNSYNCED, /* done, half of the bytes perhaps, and not answered */
    SIM_ERRORS
};
/* So ends the process' n-th store request; with for_ever all of its from then on, until sim_heal(). 0: none. */
void sim_error_at(struct sim_process *process, uint64_t n, enum sim_error error, bool for_ever);
