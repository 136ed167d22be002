/* The ledger of attempts: what became of each worker, so that neither the daemon's restart nor the
 * machine's forgets a failure. A file of lines:
 *
 *   tidemark attempts 1
 *   CRC start job=wordcount attempt=7 spec=HEX16 boot=UUID boot_ms=N wall_ms=N
 *   CRC end job=… attempt=7 spec=… boot=… boot_ms=… wall_ms=… status=1 signal=0 counted=1 reason="…"
 *   CRC failed job=… attempt=7 spec=… boot=… boot_ms=… wall_ms=… reason="job wordcount failed 3 …"
 *   CRC recount job=… attempt=7 spec=… boot=… boot_ms=… wall_ms=…
 *
 * CRC is the CRC-32C of the line behind its blank, \n excluded, in 8 hexadecimal digits; spec is the
 * hash of the job file's bytes; boot_ms is the boot-time clock, wall_ms a label, by which only the
 * entries of an earlier boot age. A start stands in the file before its worker runs. counted=2 is the
 * failure with which the job FAILED: one line, so that no crash parts the two; `failed` has the
 * sentence that says so. `recount` (another job file, or the user's word) begins a new count. A line whose CRC does
 * not fit is skipped and told of; a start without an end is an attempt that ended with the daemon or
 * the machine: aborted, not counted. When the file is opened, and when it has grown by
 * ATTEMPTS_GROWTH_MAX, it is rewritten with what still matters: of each job the counted ends since
 * its last recount, its `failed`, and its newest entry. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "supervisor/policy.h"

#define ATTEMPTS_JOBS_MAX 1024         /* whose past is kept; the longest unheard of give way */
#define ATTEMPTS_GROWTH_MAX (4u << 20) /* bytes */
#define ATTEMPT_REASON_MAX sizeof(((struct policy *)0)->why) /* bytes with the 0 */
#define ATTEMPT_ID_SIZE 64                                   /* of a job's id with its 0 */
#define ATTEMPT_BOOT_SIZE 37                                 /* of a boot's id with its 0 */

enum attempt_counted { ATTEMPT_COUNTED = 1, ATTEMPT_LAST = 2 }; /* 0: not counted */
enum attempt_kind { ATTEMPT_START, ATTEMPT_END, ATTEMPT_FAILED, ATTEMPT_RECOUNT, ATTEMPT_KINDS };

struct attempt_entry {
    enum attempt_kind kind;
    char job[ATTEMPT_ID_SIZE];
    uint64_t attempt; /* its number, growing for ever */
    uint64_t spec;
    char boot[ATTEMPT_BOOT_SIZE];
    int64_t boot_ms, wall_ms;
    int64_t status, signal, counted; /* end */
    char reason[ATTEMPT_REASON_MAX]; /* end and failed */
};
void attempt_format(const struct attempt_entry *entry, struct buf *out); /* the line with its \n */
bool attempt_parse(const char *line, size_t n, struct attempt_entry *entry); /* without its \n */

struct attempts_past { /* of one job */
    uint64_t attempt;  /* number of its newest attempt; 0 = none yet */
    uint64_t spec;     /* of its newest entry */
    bool failed;       /* with `why` */
    char why[ATTEMPT_REASON_MAX];
    struct failures failures; /* counted ends, on this boot's clock */
};
struct attempts_clock { /* what is now */
    const char *boot;
    int64_t boot_ms, wall_ms;
};
/* What a ledger's bytes say of a job. Pure. */
void attempts_recall(struct slice bytes, const char *job, const struct attempts_clock *now,
                     struct attempts_past *past);

struct attempts_found {             /* by attempts_compact() */
    uint32_t damaged, damaged_line; /* lines that were skipped; the first one's number, from 1 */
    uint32_t aborted;               /* starts without an end */
};
/* Writes what still matters of `bytes` to *out. Starts without an end stay, or, with `abort` (the
 * time it is), become ends that do not count. A second end of one attempt is dropped. False when this is no ledger, or a newer one. Pure. */
bool attempts_compact(struct slice bytes, const struct attempts_clock *abort, struct buf *out,
                      struct attempts_found *found, struct err *err);

struct world;
struct attempts;
/* Opens the ledger at path, made when missing; NULL with a reason. */
struct attempts *attempts_open(const char *path, struct world *world, struct attempts_found *found,
                               struct err *err);
/* Fills in the time and appends; the entry is on disk when this comes back true. After false the next
 * one writes the file anew, and before its own entry those that are missing, but for starts: whoever
 * could not note a start has not started. */
bool attempts_note(struct attempts *attempts, struct attempt_entry *entry, struct err *err);
bool attempts_past(struct attempts *attempts, const char *job, struct attempts_past *past,
                   struct err *err);           /* attempts_recall() of what is on disk now */
void attempts_free(struct attempts *attempts); /* NULL is fine */
