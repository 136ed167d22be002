/* Between the files of job.h: one job file while it is read. */
#pragma once
#include "spec/job.h"
#include "spec/job_table.h"
#include "spec/schema.h"

#define JOB_LIST_MAX 1000 /* sources, streams, outputs, operations of a stream, topics, tests */

#define JOB_KINDS_MAX 16 /* kinds of sources, or of outputs, with the end of their table */

struct job_name { /* a stream, as the graph knows it */
    const char *name;
    const struct yaml_node *node;
    bool is_read, is_cut; /* cut: what reads it is left out of the spec */
};

struct job_file {
    struct job_spec spec;
    struct yaml_node *sources, *transformations, *streams, *outputs, *tests,
        *conf;                  /* NULL: absent */
    int compress;               /* writeAheadLog.compress: one of its words */
    uint64_t receiver_max_rate; /* of `conf`: for sources that do not say; 0 = none */
    struct schema schema;
    struct arena *arena;
    struct diags *diags;
    struct yaml_node *root;
    struct job_name *names; /* the streams */
    size_t n_names;
    bool unsure;   /* what is read is not all known: nothing is said to be unread */
    bool nameless; /* a source or stream has no name: none is said to be missing */
    bool hopeless; /* a source has no type: no plan can be made */
};

struct job_item {           /* one item of sources, transformations or outputs */
    struct yaml_node *name; /* the word, as a key or bare */
    struct yaml_node *arg;  /* its mapping or argument; NULL = none */
};

/* Takes an item of a list apart; false with a finding. `what` is "a source", "an operation", … */
bool job_item_read(struct job_file *file, struct yaml_node *node, const char *what,
                   struct job_item *item);
/* The row of a source or an output by its name; NULL with E201, E204 or E250. */
const struct job_kind *job_kind_find(struct job_file *file, const struct job_item *item,
                                     const struct job_kind *kinds, const char *what);
/* E204 for a word that stands in the wrong one of the three lists; false when it stands in none. */
bool job_kind_misplaced(struct job_file *file, struct yaml_node *node);
/* [A-Za-z0-9_-]{1,63}, else E208. */
bool job_name_check(struct job_file *file, struct yaml_node *node, const char *what);
/* At most JOB_LIST_MAX entries, else E208. */
bool job_list_fits(struct job_file *file, struct yaml_node *list);
/* One or several names: a text or a list of texts, expanded. False with a finding. */
bool job_names_read(struct job_file *file, struct yaml_node *node, struct yaml_node ***names,
                    size_t *n);

void job_sources_read(struct job_file *file);
void job_topics_read(struct job_file *file, struct job_source *source, struct yaml_node *topics,
                     struct yaml_node *partitions);
void job_streams_read(struct job_file *file); /* after the sources */
/* Notes that a source or stream is read; false, E211 when there is none of that name. */
bool job_reads(struct job_file *file, struct yaml_node *name);
void job_outputs_read(struct job_file *file); /* after the streams */
void job_tests_read(struct job_file *file);
void job_conf_read(struct job_file *file, const struct yaml_node *root); /* Spark's properties */
/* Reads a list of transformations; what stands behind a bad one is left out, and false. */
bool job_ops_read(struct job_file *file, struct yaml_node *list, struct job_stream *stream);

/* Of operations that remember; their fields lie in struct job_args. */
extern const struct schema_key job_update_keys[], job_map_state_keys[], job_window_keys[],
    job_reduce_window_keys[];
bool job_op_known(const char *name);
