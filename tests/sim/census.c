#include "census.h"

static const char *const names[CENSUS_KINDS] = {
    [CENSUS_SIMULATIONS] = "simulations",
    [CENSUS_RECORDS] = "records",
    [CENSUS_LOST] = "lost",
    [CENSUS_DOUBLED] = "doubled",
    [CENSUS_PHANTOM] = "phantom",
    [CENSUS_REORDERED] = "reordered",
    [CENSUS_CORRUPT] = "corrupt",
    [CENSUS_WRONG] = "wrong_state",
    [CENSUS_RECOVERIES] = "recoveries",
    [CENSUS_POINTS] = "crash_points",
    [CENSUS_PEERS] = "network_crash_points",
    [CENSUS_SITUATIONS] = "crash_situations",
    [CENSUS_AGAIN] = "second_crash_pairs",
    [CENSUS_PAUSES_AT] = "pause_points",
    [CENSUS_ALLOCATIONS] = "allocation_failures",
    [CENSUS_WRITERS] = "two_writer_interleavings",
    [CENSUS_RIVALS] = "rival_points",
    [CENSUS_STARTS] = "first_starts",
    [CENSUS_COMMITS_TWICE] = "double_commits",
    [CENSUS_KILLS] = "kills",
    [CENSUS_PAUSES] = "pauses",
    [CENSUS_STALLS] = "stalls",
    [CENSUS_UNANSWERED] = "unanswered_requests",
    [CENSUS_LATE] = "late_requests",
    [CENSUS_VANISHED] = "vanished_requests",
    [CENSUS_TWICE] = "repeated_requests",
    [CENSUS_REFUSALS] = "store_refusals",
    [CENSUS_FAILOVERS] = "failovers",
    [CENSUS_FAILOVERS_AT] = "failover_points",
    [CENSUS_FAILOVERS_WORKER] = "worker_failover_points",
    [CENSUS_GONE] = "vanished_creates",
    [CENSUS_ERRORS] = "store_errors",
    [CENSUS_STALE] = "stale_reads",
    [CENSUS_SLOW] = "slow_requests",
    [CENSUS_KAFKA_AWAY] = "kafka_outages",
    [CENSUS_EXPIRED] = "retention_jumps",
    [CENSUS_SKIPPED] = "skipped",
    [CENSUS_LEFT_OUT] = "offsets_left_out",
    [CENSUS_POWER_LOSSES] = "power_losses",
    [CENSUS_TORN] = "torn_files",
    [CENSUS_FLIPPED] = "flipped_tears",
    [CENSUS_MISDIRECTED] = "misdirected_writes",
    [CENSUS_PREFIXES] = "prefix_tails",
    [CENSUS_GARBAGE] = "garbage_tails",
    [CENSUS_JOBS] = "canonical_jobs",
    [CENSUS_FLIPS] = "bit_flips",
    [CENSUS_CUTS] = "truncations",
    [CENSUS_SHUFFLES] = "shuffled_files",
    [CENSUS_DAEMONS] = "supervisor_lives",
    [CENSUS_ATTEMPTS] = "supervised_attempts",
    [CENSUS_OUTCOMES] = "supervised_sequences",
    [CENSUS_EFFECTS] = "supervisor_crash_points",
    [CENSUS_OUTLIVED] = "workers_beside_orphans",
    [CENSUS_ORPHANS] = "late_orphans",
    [CENSUS_LATE_ENDS] = "late_ends",
    [CENSUS_UNBORN] = "failed_spawns",
    [CENSUS_HINTS] = "lost_hints",
    [CENSUS_DISK_READS] = "failed_reads",
    [CENSUS_DISK_FULL] = "full_disks",
    [CENSUS_DISK_SYNCS] = "failed_syncs",
    [CENSUS_CLOCKS_SET] = "clocks_set",
};

static uint64_t counts[CENSUS_KINDS];

void census_add(enum census kind, uint64_t n)
{
    counts[kind] += n;
}

const char *census_name(enum census kind)
{
    return names[kind];
}

void census_print(FILE *file)
{
    for (int i = 0; i < CENSUS_KINDS; i++)
        fprintf(file, "%s %llu\n", names[i], (unsigned long long)counts[i]);
}
