/* One attempt of one job: takes the job over, recovers, runs batches, stops. Everything it does goes
 * through doors, so that a simulation runs several of them in one process. */
#pragma once
#include <stdbool.h>

#include "base/err.h"
#include "worker/report.h"

struct diags;
struct job_spec;
struct loop;
struct out;
struct plan;
struct store;
struct voice;
struct worker;

struct worker_conf { /* all of it is borrowed for the worker's life */
    struct loop *loop;
    struct store *store; /* of the job's checkpoint; not locked yet */
    const struct job_spec *spec;
    const struct plan *plan;
    struct voice *voice;
    struct out *out; /* where `print` goes */
    bool spare;      /* the attempt before lost the job to another worker */
    bool replaces;   /* another version of the job: that is kept when this one cannot go on from
                          * what it left */
    bool again;      /* this job was started before, with this checkpoint: it is not empty, unless
                          * somebody has removed it */
    bool once;       /* stop when all that the sources held at the start is processed */
    const char *discard; /* states that are dropped at the start: ID or JOB/ID, with commas
                          * between; NULL = none */
    struct diags *diags; /* of the job file: takes what the job cannot go on from; NULL = nobody
                          * looks */
    /* The attempt is over: end the process with this status, soon and without asking anything of
     * the worker (enum worker_exit; 1 = failed). Called once. */
    void (*ended)(void *ctx, int status);
    void *ctx;
};
struct worker *worker_new(const struct worker_conf *conf);
/* Stops gracefully (or at once, where the job says so or nothing runs yet), then ended(0). */
void worker_stop(struct worker *worker);
/* The keys of the job that its supervisor goes by. */
struct job_policy worker_policy(const struct job_spec *spec);
