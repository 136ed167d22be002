/* Durations, sizes and shares as job files write them: one whole number and one unit; and as Spark's
 * properties do, whose syntax holds inside `conf` only. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

#define UNITS_DURATION_MAX (36500ull * 86400000ull) /* ms: a hundred years */
#define UNITS_SIZE_MAX (1ull << 60)                 /* bytes */

enum units_answer {
    UNITS_OK,
    UNITS_MISSING, /* a number without a unit */
    UNITS_UNKNOWN, /* a whole number and a word that is no unit */
    UNITS_FORM,    /* anything else */
    UNITS_RANGE,   /* negative, or above the limit */
};

enum units_answer units_duration(const char *text, uint64_t *ms); /* ms s m h d */
enum units_answer units_size(const char *text, uint64_t *bytes);  /* B KiB MiB GiB TiB */
enum units_answer units_share(const char *text, double *share);   /* 10% is 0.1; 0% to 100% */
/* The unit that people mean by a word that is none, as "s" by "sec"; NULL = nobody knows. */
const char *units_meant(const char *word, bool is_size);
/* As it is written in a file, in the largest unit that leaves a whole number. */
void units_put_duration(uint64_t ms, struct buf *out);
/* In no larger unit than the other one is written in: 600s beside 599s. */
void units_put_duration_like(uint64_t ms, uint64_t like_ms, struct buf *out);
void units_put_size(uint64_t bytes, struct buf *out);

/* Spark's durations: (-?[0-9]+)([a-z]+)? of us ms s m min h d in any case, blanks around it allowed;
 * a bare number is of bare_ms milliseconds. Less than a millisecond is cut off. */
bool units_spark_duration(const char *text, uint64_t bare_ms, int64_t *ms);
