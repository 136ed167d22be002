/* The only list of concrete sources. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct job_spec;
struct loop;
struct source;
struct source_events;

struct registry_conf {
    struct loop *loop;
    const struct job_spec *spec;        /* outlives the source */
    uint32_t index;                     /* which of the job's sources */
    const struct source_events *events; /* called from now on */
    void *ctx;
};
/* Makes a source. ERR_BAD_CONFIG (203, 206, 209, 250): its keys cannot work. */
bool registry_open(const struct registry_conf *conf, struct source **source, struct err *err);
