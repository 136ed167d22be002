/* The daemon's worker, whole, in the simulator: Kafka, log, engine, batch log, output. Outside stand
 * the ledger of what was produced and the count that it must come to. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "canon.h"
#include "sim.h"
#include "sim_kafka.h"

#define TALLY_PARTITIONS 3 /* of a topic, at most */
#define TALLY_GAPS 200
#define TALLY_WORKERS 5 /* a … e, at most; on a host each, on a local store all on one */
#define TALLY_SERVERS "broker:9092"

struct sim_bytes;

struct tally { /* the world outside of all workers */
    struct sim *sim;
    struct sim_kafka *kafka;
    const char *url;              /* of the checkpoint */
    const struct canon_job *kind; /* which of the canonical jobs */
    char *job;                    /* its file */
    int32_t partitions[CANON_TOPICS];
    bool has_holes;   /* offsets are left out now and then */
    uint64_t records; /* produced */
    struct sim_bytes *
        *log; /* each record of the batch log as it was published last, by its index; 0 is none */
    size_t n_log;
    bool producing, stopping;
    struct sim_process *workers[TALLY_WORKERS]; /* a …; NULL = not now */
    struct tally_again {                        /* one of them, to be started again */
        struct tally *tally;
        int which;
    } again[TALLY_WORKERS];
    uint32_t done;       /* workers that ended with 0 after they were told to stop */
    const char *harmed;  /* the file that was damaged; a worker that says so may end with 1 */
    bool spoiled;        /* one is damaged to the end, and nobody needs it */
    const char *on_gone; /* onOffsetOutOfRange: it is in the file */
    struct tally_gap {   /* offsets of which a worker said that they are given up */
        char topic[16];
        int partition;
        long long from, to;
    } gaps[TALLY_GAPS];
    size_t n_gaps;
    uint64_t fail_at;                /* allocation at which every life ends; 0: none */
    bool recovered, named;           /* a worker went on; one named that file */
    uint32_t recoveries;             /* of those that were not the first */
    uint32_t starts, fenced, failed; /* of workers; those that ended with 75, with 1 */
};

/* The shortest times between batches and blocks, or drawn by the seed. */
struct tally_conf {
    const char *url;
    const struct canon_job *kind;   /* NULL: drawn */
    unsigned interval_ms, block_ms; /* 0: drawn */
};
struct tally *tally_new_of(struct sim *sim, const struct tally_conf *conf);
struct tally *tally_new(struct sim *sim, const char *url); /* all of it drawn */
void tally_free(struct tally *tally);
void tally_drop(struct tally *tally);             /* with its workers: nobody is judged */
void tally_start(struct tally *tally, int which); /* worker a, b, …; again whenever it ends */
void tally_stop(struct tally *tally);             /* all of them, gracefully */
void tally_fence(struct tally *tally);            /* produces the last record of each partition */
void tally_policy(struct tally *tally, const char *on_gone); /* of workers that start from now on */
size_t tally_gaps(const struct tally *tally,
                  size_t from); /* GAP entries in the log behind record `from` */
bool tally_idle(void *tally);   /* all that was produced is in the group's offsets */
/* Each batch shows what the model makes of its records, and the batch log holds each offset once. */
void tally_judge(struct tally *tally);
/* The last records are produced when nothing fails any more; then everything must come out. Frees the tally. */
void tally_finish(struct tally *tally);
/* The main function of a worker. */
void worker_main(struct sim_process *process, void *tally);
void worker_tell_stop(struct sim_process *process);

/* Scenarios. */
void worker_alone(struct sim *sim);
void worker_two(struct sim *sim);
void worker_local(struct sim *sim);
void jobs_crash(
    struct sim *
        sim); /* swept: each canonical job dead at each request of its first and of its second life */
void jobs_crash_peers(
    struct sim *sim); /* swept: the same at what it does to Kafka and to its output */
/* swept: for each situation that a death leaves, dead again at each thing that the recovery does */
void jobs_crash_twice(struct sim *sim);
void jobs_crash_twice_peers(struct sim *sim);
void worker_pause(
    struct sim *sim); /* swept: stopped there, continued when another has taken over */
void worker_memory_once(struct sim *sim); /* swept: at each allocation of the first life */
void worker_memory_ever(
    struct sim *sim); /* swept: at that allocation of every life, until memory is back */
void worker_memory_again(struct sim *sim); /* swept: at each of the second, with a spare */
void worker_storm(struct sim *sim);        /* a kill every few seconds, on either store */
void worker_anew(struct sim *sim);         /* the topic is made anew while no worker runs */
void worker_idle(struct sim *sim);         /* no record comes after a recovery */
void worker_prompt(struct sim *sim);       /* its first records are not waited for */
void worker_harm(struct sim *sim);         /* every harm to every file of a small job; see --step */
