/* One of a job's tests: its batches run in memory, each under a time that is told. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct job_spec;
struct job_test;
struct plan;

struct test_run {
    const struct job_spec *spec;
    const struct plan *plan;
    const struct job_test *test;
    bool
        crash; /* kill the job once before the first batch, and behind the commit of each: before delivery on every second */
    uint32_t threads, chunk_rows; /* of the engine; 0: one thread, chunks that fit the cache */
};

/* False: *out says what was expected and what came, in lines of two blanks and text. */
bool test_run(const struct test_run *run, struct buf *out);
