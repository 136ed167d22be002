/* The supervisor: watches the drop directory, has each job file checked by a child, keeps one worker
 * a job alive by the attempt rule (policy.h), and answers the control socket. It parses no job file
 * and speaks no network. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "supervisor/jobs_dir.h"

struct log;
struct loop;
struct supervisor;

#define SUPERVISOR_HANG_MS 30000  /* a worker that says nothing for so long hangs */
#define SUPERVISOR_CHECK_MS 60000 /* a check takes no longer */
#define SUPERVISOR_CHECKS_MAX 4   /* checks at once: at boot all jobs are checked */
#define SUPERVISOR_SPEC_MAX \
    (1u << 20) /* bytes of a job file; one more is kept, for the checker to refuse */
#define SUPERVISOR_LEDGER_MS 5000 /* before the next try when the ledger cannot be written */

struct supervisor_conf { /* texts are borrowed for life */
    const char *program; /* runs `worker JOB …` */
    const char *conf;    /* --conf for the workers; NULL = none */
    const char *state;   /* directory */
    const char *socket;
    const char *out; /* directory for a JOB.out each; NULL = our standard output */
    const char *folders[JOB_FOLDERS_MAX]; /* drop directories, the first one first */
    size_t n_folders;
    uint32_t jobs_max;
    uint64_t settle_ms, rescan_ms, hang_ms; /* rescan_ms 0: only on SIGHUP */
    bool watch;                             /* with inotify */
    bool once;                              /* each job once; end when all are done */
    const char *discard; /* states that the first worker of each job drops; NULL = none */
    struct log *log;
};

/* NULL with a reason: another daemon has the state directory (ERR_RETRY), or a directory, the ledger
 * or the socket cannot be used. */
struct supervisor *supervisor_new(const struct supervisor_conf *conf, struct loop *loop,
                                  struct err *err);
/* Runs the loop until a stop was asked (SIGTERM, SIGINT; a second one kills) and all workers are
 * gone, or, with `once`, all jobs are done. False when a job of `once` did not end well. */
bool supervisor_run(struct supervisor *supervisor);
void supervisor_free(struct supervisor *supervisor); /* NULL is fine */
