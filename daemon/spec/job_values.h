/* What the keys of a job came to, and who said so: for whoever shows or compares jobs. Values are texts as a file would have
 * them, masked where they are secrets; all of it lives in the arena. */
#pragma once
#include "spec/job.h"

enum job_origin { FROM_JOB, FROM_CONF, FROM_SETTINGS, FROM_DEFAULT };

struct job_value {
    const char *key;   /* writeAheadLog.maxSize */
    const char *value; /* NULL: it is not set, and has no default of its own */
    const char *help;  /* what the key is; NULL for a property of librdkafka's */
    enum job_origin from;
    const char *property; /* FROM_CONF: Spark's name */
};
struct job_values {
    struct job_value *items;
    size_t n;
};

/* The keys of the job itself: all but its graph, its tests and `conf`. */
struct job_values job_values(struct arena *arena, const struct job_spec *spec);
/* What a mapping of the file says by its table, then what it says besides; map NULL: nothing. What is no mapping is the value
 * of the key `shorthand`. */
struct job_values job_values_of(struct arena *arena, const struct schema_key *keys,
                                const char *shorthand, const struct yaml_node *map);
/* A value of the file on one line, as [a, {b: c}]; a text as it is. */
const char *job_value_text(struct arena *arena, const struct yaml_node *node);
