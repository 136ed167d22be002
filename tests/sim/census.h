/* What happened in simulations, counted: a kind of fault that never fired proves nothing. */
#pragma once
#include <stdint.h>
#include <stdio.h>

enum census {
    CENSUS_SIMULATIONS, /* seeds, and points of sweeps, that ran to their end */
    CENSUS_RECORDS,     /* produced for real workers */
    CENSUS_LOST,        /* of what their jobs must show: never shown */
    CENSUS_DOUBLED,     /* shown more often than it should be */
    CENSUS_PHANTOM,     /* shown, and of no record */
    CENSUS_REORDERED,   /* shown out of its place */
    CENSUS_CORRUPT,     /* not what anybody has written */
    CENSUS_WRONG, /* of the right key, with another value: a state or a window that is not as it was */
    CENSUS_RECOVERIES,  /* lives that went on where another one had ended by force */
    CENSUS_POINTS,      /* deaths at a chosen request of the store, each run by itself */
    CENSUS_PEERS,       /* the same at a chosen thing done to Kafka or to the output */
    CENSUS_SITUATIONS,  /* that a first death leaves, each unlike the others of its job and store */
    CENSUS_AGAIN,       /* deaths in the recovery from one of them, each in a run by itself */
    CENSUS_PAUSES_AT,   /* the same: stopped there, and continued when another had taken over */
    CENSUS_ALLOCATIONS, /* allocations that failed, each in a run by itself */
    CENSUS_WRITERS,     /* simulations in which two workers wanted one job */
    CENSUS_RIVALS,      /* the same, each with one stopped at one request, and another at another */
    CENSUS_STARTS,      /* first starts of five at once */
    CENSUS_COMMITS_TWICE, /* records that two workers thought to have published */
    CENSUS_KILLS,         /* kill -9 at random */
    CENSUS_PAUSES,
    CENSUS_STALLS,
    CENSUS_UNANSWERED, /* requests that were done, the answer lost */
    CENSUS_LATE,
    CENSUS_VANISHED,
    CENSUS_TWICE,
    CENSUS_REFUSALS, /* spells: safe mode, full disk, away */
    CENSUS_FAILOVERS,
    CENSUS_FAILOVERS_AT,     /* at a chosen request */
    CENSUS_FAILOVERS_WORKER, /* the same under a whole worker, each in a run by itself */
    CENSUS_GONE,             /* files that were gone between their creation and their place */
    CENSUS_ERRORS, /* requests that failed as it was planned: no space, I/O error, silence */
    CENSUS_STALE,
    CENSUS_SLOW,
    CENSUS_KAFKA_AWAY,
    CENSUS_EXPIRED,  /* partitions whose first offset jumped */
    CENSUS_SKIPPED,  /* records in GAP entries: given up by policy */
    CENSUS_LEFT_OUT, /* offsets that hold no record, and lie in a batch */
    CENSUS_POWER_LOSSES,
    CENSUS_TORN,        /* files torn by one */
    CENSUS_FLIPPED,     /* files torn with bits turned over behind the tear */
    CENSUS_MISDIRECTED, /* files that got another one's bytes */
    CENSUS_PREFIXES,    /* files of which a writer that died left the first bytes … */
    CENSUS_GARBAGE,     /* … and others than it had written */
    CENSUS_JOBS,        /* canonical jobs that came through all sweeps whole */
    CENSUS_FLIPS,       /* bits of a file of the job turned over, each in a run by itself */
    CENSUS_CUTS,        /* files cut short, the same */
    CENSUS_SHUFFLES,    /* files deleted, swapped, doubled, put back from earlier, the same */
    CENSUS_DAEMONS,     /* lives of supervisors */
    CENSUS_ATTEMPTS,    /* workers that they started */
    CENSUS_OUTCOMES,    /* sequences of how eight attempts end */
    CENSUS_EFFECTS,     /* deaths of a supervisor at a chosen thing that it did to the world */
    CENSUS_OUTLIVED,    /* workers started beside one whose supervisor was dead */
    CENSUS_ORPHANS,     /* workers that died seconds after their supervisor */
    CENSUS_LATE_ENDS,   /* ends that were told seconds later */
    CENSUS_UNBORN,      /* children that could not be started */
    CENSUS_HINTS,       /* of a change, lost */
    CENSUS_DISK_READS,  /* of a directory or file, that failed half way */
    CENSUS_DISK_FULL,
    CENSUS_DISK_SYNCS, /* that failed */
    CENSUS_CLOCKS_SET,
    CENSUS_KINDS
};

void census_add(enum census kind, uint64_t n);
static inline void census_note(enum census kind)
{
    census_add(kind, 1);
}
const char *census_name(enum census kind);
/* A line for each kind: name, blank, how often. */
void census_print(FILE *file);
