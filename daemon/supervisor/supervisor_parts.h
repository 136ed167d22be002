/* What the supervisor's files share. One struct job is one job's place in a table that is made once;
 * its two children are its worker and the check of its newest file. */
#pragma once
#include "io/loop.h"
#include "supervisor/attempts.h"
#include "supervisor/policy.h"
#include "supervisor/supervisor.h"

struct buf;
struct control;
struct dir_watch;
struct notify;
struct proc;

enum check_kind { CHECK_NONE, CHECK_NEW /* specs/ID.new */, CHECK_KEPT /* specs/ID */ };

struct check {           /* the check of a job file */
    enum check_kind due; /* waits for its turn */
    enum check_kind running;
    bool stale;    /* the file changed meanwhile: its verdict is of no use */
    uint64_t spec; /* hash of the bytes that are checked */
    bool said;     /* `verdict` is there: ready or rejected */
    struct report verdict;
    struct report_reader reader;
    struct proc *proc;       /* made with the job's first use of its place */
    struct loop_timer timer; /* its time is up */
};

struct shown { /* a job as its users see it */
    enum job_state state;
    int64_t since_ms; /* boot-time clock */
    char note[REPORT_TEXT_MAX + 640];
};

struct job {
    struct supervisor *supervisor;
    bool used;
    char id[JOB_FILE_ID_SIZE], name[JOB_FILE_NAME_SIZE];
    unsigned folder;
    /* its file */
    struct job_look look;    /* as last taken */
    struct job_look glimpse; /* as seen by the last scan, not taken yet */
    bool glimpsed;
    unsigned missed;   /* scans in a row that did not find it */
    bool removed;      /* its place is free once nothing runs */
    uint64_t seen;     /* hash of the newest bytes */
    uint64_t accepted; /* of the bytes in specs/ID; 0 = no such file */
    uint64_t before;   /* of specs/ID.old, the last version that closed a batch, until this one has;
                          0 = no such file */
    bool is_accepted;
    bool rejected; /* the newest bytes are not valid: `error` */
    char error[REPORT_TEXT_MAX];
    char trouble[ERR_TEXT_MAX];    /* why its file could not be taken; "" = none */
    char twin[JOB_FILE_NAME_SIZE]; /* another file with this id; "" = none */
    struct check check;
    /* its attempts */
    struct policy policy;
    uint64_t attempt;        /* number of the newest */
    uint64_t counted_spec;   /* hash of the file that the count belongs to; 0 = none yet */
    uint64_t ran_spec;       /* of the file that the newest attempt was started with; 0 = none */
    struct loop_timer timer; /* policy's */
    bool held, held_standby; /* a start waits for the ledger, or for its end: no child is there */
    struct loop_timer hold;
    struct proc *worker;
    uint64_t at_work; /* hash of the file that it was started with */
    bool discarded;   /* a worker was told to drop states: no later one is */
    struct report_reader reader;
    uint64_t quiet; /* ticks since its last report */
    /* what it said */
    struct report state; /* REPORT_STATE */
    int64_t state_ms;    /* when that came, boot-time clock */
    struct report_batch batch;
    int64_t batch_ms; /* when that came; 0 = no batch yet */
    char description[REPORT_TEXT_MAX];
    char fenced[REPORT_TEXT_MAX];
    struct shown shown;
};

struct supervisor {
    struct supervisor_conf conf;
    struct loop *loop;
    struct world *world;
    struct job *jobs; /* conf.jobs_max places */
    struct attempts *attempts;
    struct control *control;
    struct notify *notify;
    struct dir_watch *watches[JOB_FOLDERS_MAX];
    bool watched; /* every folder is watched by inotify */
    struct loop_timer settle, rescan, tick, watchdog;
    uint64_t noise_ms; /* when hints that do not end are no longer waited out; while settle runs */
    unsigned checks;   /* running */
    uint64_t generation; /* of scans */
    bool scanned;        /* the folders were read at least once */
    bool unreadable;     /* they could not be read last time, which was said */
    bool full;           /* more jobs than places, which was said */
    bool ready;          /* systemd was told */
    bool stopping;
    char status[256]; /* as systemd was told last */
};

/* ---- supervisor.c */
int64_t supervisor_now_ms(struct supervisor *supervisor); /* boot-time clock */
/* Something may have come to its end: a place is freed, the daemon is ready, or done. */
void supervisor_settle(struct supervisor *supervisor);
char *job_spec_path(const struct job *job, const char *suffix); /* specs/ID<suffix>, to be freed */

/* ---- supervisor_files.c */
void files_scan(struct supervisor *supervisor, bool hinted); /* hinted: after a time of quiet */
void files_hint(struct supervisor *supervisor);              /* something changed */

/* ---- supervisor_check.c */
void check_begin(struct job *job, enum check_kind kind); /* now, or when its turn comes */
void check_next(struct supervisor *supervisor);          /* starts what is due, as room allows */
void check_drop(struct job *job);                        /* its verdict is not wanted any more */
void check_go_back(struct job *job); /* its worker refused the new version: to the one before */
void check_proven(struct job *job);  /* it has closed a batch: the one before is done with */

/* ---- supervisor_job.c */
/* A fresh place: fetches the job's past. False when that cannot be read, which was said. */
bool job_open(struct job *job);
void job_step(struct job *job, const struct policy_event *event); /* fills in time and random */
void job_describe(struct job *job, const char *text);             /* as terminals may show it */
void job_accept(struct job *job, const struct report *ready, uint64_t spec);
void job_reject(struct job *job, const char *text); /* its newest file */
bool job_idle(const struct job *job);               /* no worker, no check, none planned */
void job_tick(struct job *job);                     /* once a second */

/* ---- supervisor_worker.c */
void worker_start(struct job *job, bool standby); /* notes the start, then starts the child */
void worker_signal(struct job *job, int number);

#define WORKER_ARGS_MAX 24
struct worker_args { /* a command line, without the heap */
    char spec[4096], parent[16];
    const char *argv[WORKER_ARGS_MAX];
    unsigned n;
};
/* `PROGRAM worker JOB --spec …`, for the bytes of specs/ID<suffix>. False when the path is too long. */
bool worker_args_fill(struct worker_args *args, const struct job *job, const char *suffix);
void worker_args_add(struct worker_args *args, const char *word);
char *const *worker_args_end(struct worker_args *args); /* the whole, with its NULL */

/* ---- supervisor_status.c */
/* How long ago, as the table has it: 7s 5m 3h07m 2d03h. */
void supervisor_put_since(int64_t ms, char *out, size_t size);
void job_show(struct job *job); /* brings job->shown up to date */
void supervisor_summary(struct supervisor *supervisor, char *out, size_t size);
void supervisor_answer(void *ctx, const char *request, struct buf *answer); /* control_cb */
