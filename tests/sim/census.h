/* What happened in simulations, counted: a kind of fault that never fired proves nothing. */
#pragma once
#include <stdint.h>
#include <stdio.h>

enum census {
    CENSUS_SIMULATIONS, /* seeds, and points of sweeps, that ran to their end */
    CENSUS_RECORDS,     /* produced for real workers */
    CENSUS_LOST,        /* of their words: never counted */
    CENSUS_DOUBLED,     /* counted more often than they were produced */
    CENSUS_RECOVERIES,  /* lives that went on where another one had ended by force */
    CENSUS_POINTS,      /* deaths at a chosen request of the store, each run by itself */
    CENSUS_PAUSES_AT,   /* the same: stopped there, and continued when another had taken over */
    CENSUS_ALLOCATIONS, /* allocations that failed, each in a run by itself */
    CENSUS_WRITERS,     /* simulations in which two workers wanted one job */
    CENSUS_KILLS,       /* kill -9 at random */
    CENSUS_PAUSES,
    CENSUS_STALLS,
    CENSUS_UNANSWERED, /* requests that were done, the answer lost */
    CENSUS_LATE,
    CENSUS_VANISHED,
    CENSUS_TWICE,
    CENSUS_REFUSALS, /* spells: safe mode, full disk, away */
    CENSUS_FAILOVERS,
    CENSUS_STALE,
    CENSUS_SLOW,
    CENSUS_KAFKA_AWAY,
    CENSUS_POWER_LOSSES,
    CENSUS_TORN,     /* files torn by one */
    CENSUS_FLIPS,    /* bits of a file of the job turned over, each in a run by itself */
    CENSUS_CUTS,     /* files cut short, the same */
    CENSUS_SHUFFLES, /* files deleted, swapped, doubled, put back from earlier, the same */
    CENSUS_KINDS
};

void census_add(enum census kind, uint64_t n);
static inline void census_note(enum census kind)
{
    census_add(kind, 1);
}
/* A line for each kind: name, blank, how often. */
void census_print(FILE *file);
