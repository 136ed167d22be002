/* The only list of concrete sources. */
#pragma once
#include <stdint.h>

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
/* Makes a source, of a kind that the job's file may name. */
struct source *registry_open(const struct registry_conf *conf);
