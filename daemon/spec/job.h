/* A job file as tables: every key of the job with its value or default. Strings, nodes and tables
 * live in the arena that the file was parsed into. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/yaml.h"
#include "spec/job_source.h"
#include "spec/schema.h"

#define JOB_ID_MAX 63
#define JOB_TOP_MAX 1000000      /* most rows of `top`: they are kept until the batch is closed */
#define JOB_PARTITIONS_MAX 10000 /* most of `repartition`: each may be a file */
#define JOB_ATTEMPTS_MAX 1000    /* most maxAppAttempts: so many failures are kept */

enum job_error_action { ON_ERROR_DEAD_LETTER, ON_ERROR_SKIP, ON_ERROR_FAIL };

struct job_args {               /* of a transformation whose argument is no expression */
    bool ascending;             /* sortByKey */
    uint32_t num;               /* top: rows; repartition: partitions */
    const struct yaml_node *by; /* top: an expression */
    const char *id;             /* of saved state; NULL = it has no name of its own */
    const struct yaml_node *func, *inv_func, *filter_func; /* expressions */
    const struct yaml_node *initial;                       /* a list of [key, state]; NULL = none */
    const struct yaml_node *state_type;                    /* a type; NULL = it is inferred */
    uint64_t window_ms, slide_ms;                          /* slide 0: the stream's own */
    uint64_t timeout_ms;                                   /* mapWithState; 0 = none; pipe */
    struct yaml_node *argv;                                /* pipe: a list of texts */
    const struct yaml_node *code, *type;                   /* lua; type NULL: String */
};

struct job_op {                   /* one transformation, not yet typed */
    const char *name;             /* flatMap */
    const struct yaml_node *node; /* of its name, for errors about the operation */
    const struct yaml_node *arg;  /* its argument; NULL = none */
    struct job_args args;         /* what it says, where it is a mapping or a number */
    struct yaml_node **with;      /* the sources and streams that it names */
    size_t n_with;
};

struct job_stream {
    const char *name; /* "result" for the job's own `transformations` */
    const struct yaml_node *node;
    const char **from; /* names of sources or streams */
    size_t n_from;
    struct job_op *ops;
    size_t n_ops;
};

struct job_output {
    const char *kind;  /* print, … */
    const char *label; /* its own or <kind><position> */
    const struct yaml_node *node;
    const char *from; /* name of a stream or source */
    uint32_t num;     /* records shown, by print and wherever an output is shown as it would */
    const struct yaml_node *key, *value; /* kafka: expressions of a row; NULL: the default */
};

struct job_test { /* an item of `tests` */
    const char *name;
    const struct yaml_node *node;
    const struct yaml_node **input;  /* of each source: a list of records a batch; NULL = none */
    const struct yaml_node **expect; /* of each output: the same, of rows; NULL = not looked at */
    const struct yaml_node *errors;  /* the number of error records a batch; NULL = none */
    bool ordered;                    /* the order of a batch's rows counts */
    uint64_t batches;                /* that are run */
};

struct job_later { /* what is known, and works wherever nothing is run for good */
    struct job_later *next;
    const struct yaml_node *node;
    const char *what, *meanwhile; /* "source 'flume'"; what to do until it is supported */
};

struct job_spec {
    const char *id, *description, *file;
    bool enabled;
    uint64_t batch_interval_ms, block_interval_ms;
    const char *checkpoint; /* store URL; NULL = below the state directory */
    uint64_t checkpoint_interval_ms;
    uint32_t checkpoint_retain;
    bool wal_enable, wal_compress;
    uint64_t wal_max_size;  /* bytes */
    uint32_t wal_in_flight; /* writes at once, one of them kept for the batch log */
    uint32_t max_app_attempts;
    uint64_t attempt_window_ms; /* 0 = failures count for ever */
    uint64_t backoff_initial_ms, backoff_max_ms;
    bool backpressure;
    uint64_t initial_rate, min_rate; /* records a second; 0 = none */
    double pid_proportional, pid_integral, pid_derived;
    bool stop_gracefully;
    uint64_t stop_timeout_ms;
    enum job_error_action on_error;
    double fail_above; /* share of records, 0.1 for 10% */
    struct job_source *sources;
    size_t n_sources;
    struct job_stream *streams; /* each behind those it reads */
    size_t n_streams;
    struct job_output *outputs;
    size_t n_outputs;
    struct job_test *tests;
    size_t n_tests;
    struct job_later *later; /* what `run` refuses; NULL = nothing */
    uint64_t memory_max;     /* limits.memoryPerJob of the settings */
};

struct job_env { /* what a file's ${…} and missing keys are taken from */
    const struct expand_env *expand;
    const struct yaml_node *defaults; /* `defaults:` of the settings; NULL = none */
    uint64_t memory_max;              /* limits.memoryPerJob */
};

extern const struct schema_key job_keys[];

/* Parses a job file, diags->source; id is its name without suffix. False when diags holds an error;
 * expressions are not looked at yet (plan_build() does that). *spec is NULL when so little of the
 * file could be read that no plan can be made of it. After lesser errors it is there, so that
 * plan_build() can look for further ones: a stream then ends before its first operation that is
 * named in a finding, and what reads such a stream is left out. */
bool job_parse(struct arena *arena, const char *id, const struct job_env *env, struct diags *diags,
               struct job_spec **spec);
/* Checks `defaults:` of the settings, a mapping, as the keys of a job. */
bool job_defaults_check(struct arena *arena, const struct expand_env *env, struct diags *diags,
                        struct yaml_node *defaults);
/* E250 for each of spec->later: what runs a job for good calls it once the file is checked. */
void job_later_refuse(const struct job_spec *spec, struct diags *diags);
/* Says why no code runs an operation of this name: E201 unknown, E216 no counterpart here. */
void job_op_refuse(struct diags *diags, const struct yaml_node *node);
