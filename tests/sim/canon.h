/* The canonical jobs: what users do, small. For each its file, what is produced for it, and a model of what each batch must
 * show: as plain as can be, of numbers in arrays, and sharing nothing with the daemon. What the daemon did is read back as
 * bytes by canon_bytes.c, by the formats' description alone, and held against the models by canon_judge.c. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"

#define CANON_JOBS 8
#define CANON_KEYS 8 /* k0 …: a key is always in the same partition */
#define CANON_TOPICS 2
#define CANON_OUTPUTS 2 /* of each job */
#define CANON_RING 8    /* ticks that a model looks back on, at most */
#define CANON_NUM 3     /* records that an output which cuts shows */

extern const char *const canon_topics[CANON_TOPICS]; /* the names of the sources, too */

struct canon_item { /* a record, as it was produced */
    int topic;      /* in canon_topics[] */
    int32_t partition;
    int64_t offset;
    int key, number;
    bool bad; /* it can only become a dead letter */
    struct slice value;
};

struct canon_batch {
    uint64_t tick; /* since zeroTime; the first is 1 */
    int64_t time_ms, interval_ms;
    const struct canon_item *items; /* each partition's in order */
    size_t n;
};

struct canon_line { /* of what an output must show */
    const char *text;
    int lane; /* lines of one lane are in this order; -1: in none */
    size_t order;
    bool seen;
};

struct canon_show { /* what an output must show of a batch */
    bool shown;     /* else not even its time: its stream does not come at this tick */
    uint32_t num;   /* lines at most, then `...`; 0: all */
    FILE *out;      /* the lines, while the model runs */
    char *text;
    size_t len;
    int *lanes; /* of each line */
    size_t n, cap;
};

struct canon_model { /* what a job remembers */
    bool has[CANON_KEYS], ever;
    int64_t value[CANON_KEYS], touched_ms[CANON_KEYS];
    int64_t sums[CANON_RING][CANON_KEYS],
        counts[CANON_RING][CANON_KEYS]; /* of a tick: [tick % RING] */
};

struct canon_job {
    const char *name;
    const char *file; /* of it: what stands behind the head. $3 is three batch intervals */
    int topics, outputs;
    bool is_json; /* what is produced */
    void (*step)(struct canon_model *model, const struct canon_batch *batch,
                 struct canon_show *shows);
};
extern const struct canon_job canon_jobs[CANON_JOBS];

/* The text of a record for this job: of a key, and random bits. */
void canon_write(const struct canon_job *job, int key, uint64_t random, char *text, size_t size);
/* What that says: key, number and whether it is bad. */
void canon_read(const struct canon_job *job, struct canon_item *item);
void canon_file(const struct canon_job *job, unsigned interval_ms, FILE *out);
/* Ends a line that was written to show->out. */
void canon_line(struct canon_show *show, int lane);

/* ---- what the daemon left, as bytes */
enum canon_kind { /* of entries of the batch log */
                  CANON_START = 1,
                  CANON_POSITION,
                  CANON_GAP,
                  CANON_BATCH,
                  CANON_TAKEN,
                  CANON_RANGE,
                  CANON_OUTPUT,
                  CANON_OUTFILE,
                  CANON_DEAD,
                  CANON_DELTA,
                  CANON_DELIVERED,
                  CANON_CATCHUP
};
struct canon_entry {
    enum canon_kind kind;
    int64_t n[6];         /* its numbers, in the order of the format */
    struct slice text[6]; /* its texts and bytes, the same */
};
struct canon_reader {
    const uint8_t *at, *end;
    uint32_t left; /* entries */
    bool bad;
};
enum canon_file_kind { CANON_FILE_LOG = 4, CANON_FILE_SNAP = 5 };
/* False: the file is not whole: magic, lengths, both checksums. *kind and *index are its head's. */
bool canon_whole(struct slice file, unsigned *kind, uint64_t *index);
/* Over the entries of such a file, a record or a snapshot. */
struct canon_reader canon_reader(struct slice file);
/* False at the end, or with reader->bad when it does not fit. */
bool canon_next(struct canon_reader *reader, struct canon_entry *entry);
bool canon_is(struct slice text, const char *word);
