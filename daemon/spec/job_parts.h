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
    uint64_t direct_max_rate;   /* the same, of a partition of a kafkaDirect source */
    struct schema schema;
    struct arena *arena;
    struct diags *diags;
    struct yaml_node *root;
    const struct yaml_node *defaults; /* of the settings; NULL = none */
    struct job_name *names;           /* the streams */
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
/* The mapping of an item, an empty one when it has none; NULL, E206: its argument is something else. */
struct yaml_node *job_item_map(struct job_file *file, const struct job_item *item);
/* Notes what works in `try` and `test`, but not in `run` yet. */
void job_later(struct job_file *file, const struct yaml_node *node, const char *what,
               const char *meanwhile);
/* host:port, [IPv6]:port */
bool job_address_fits(const char *text, size_t len);
/* The row of a source or an output by its name; NULL with E201 or E204. What `run` does not support yet is noted. */
const struct job_kind *job_kind_find(struct job_file *file, const struct job_item *item,
                                     const struct job_kind *kinds, const char *what);
/* E204 for a word of another of the three lists, or for a key of the job; false: it is neither. */
bool job_kind_misplaced(struct job_file *file, struct yaml_node *node);
/* E216 for a word of Spark's that has no counterpart here, and what to use; false: it is none. `what` it would be: "output". */
bool job_absent_refuse(struct diags *diags, const struct yaml_node *node, const char *what);
/* [A-Za-z0-9_-]{1,63}, else E208. */
bool job_name_check(struct job_file *file, struct yaml_node *node, const char *what);
/* Is the value of a key, NULL = absent, no empty text? Else E208. */
bool job_filled(struct job_file *file, struct yaml_node *node);
/* At most JOB_LIST_MAX entries, else E208. */
bool job_list_fits(struct job_file *file, struct yaml_node *list);
/* One or several names: a text or a list of texts, expanded. False with a finding. */
bool job_names_read(struct job_file *file, struct yaml_node *node, struct yaml_node ***names,
                    size_t *n);

/* The keys of a source, as far as they are right; what is wrong is a finding. */
void job_sources_read(struct job_file *file);
void job_kafka_read(struct job_file *file, struct job_source *source, struct yaml_node *map);
void job_topics_read(struct job_file *file, struct job_source *source, struct yaml_node *topics,
                     struct yaml_node *partitions);
void job_offsets_read(struct job_file *file, const struct job_source *source,
                      struct yaml_node *offsets); /* NULL = none */
/* A property of librdkafka, of a source (reads) or of an output, as text; NULL with a finding. keys: those beside it. */
const char *job_property_read(struct job_file *file, bool reads, const struct schema_key *keys,
                              struct yaml_node *key, struct yaml_node *node);
bool job_property_known(bool reads, const char *name);
void job_streams_read(struct job_file *file); /* after the sources */
/* Notes that a source or stream is read; false, E211 when there is none of that name. */
bool job_reads(struct job_file *file, struct yaml_node *name);
void job_outputs_read(struct job_file *file); /* after the streams */
/* The mapping of an output, an empty one when it has none; *good: its argument is one that it takes. */
struct yaml_node *job_output_map(struct job_file *file, const struct job_kind *kind,
                                 const struct job_item *item, bool *good);
/* Its keys, all but what from and label say. */
bool job_output_read(struct job_file *file, const struct job_kind *kind, struct yaml_node *map,
                     struct job_output *output);
/* Is an argument of an operation, or the value of a key, the text of an expression? Else E206, E220. */
bool job_expression_fits(struct job_file *file, const char *name, const char *sample,
                         struct yaml_node *arg);
/* Are they a program and its arguments: texts, of which only the first must say something? Else E206, E208. */
bool job_argv_fits(struct job_file *file, struct yaml_node *list);
void job_tests_read(struct job_file *file);
void job_conf_read(struct job_file *file, const struct yaml_node *root); /* Spark's properties */
/* The property in the file's `conf` that stands for a key of ours; NULL = none. */
const char *job_conf_property(const struct yaml_node *root, const char *key);
/* Reads a list of transformations; what stands behind a bad one is left out, and false. */
bool job_ops_read(struct job_file *file, struct yaml_node *list, struct job_stream *stream);

extern const struct schema_key job_kafka_keys[], job_kafka_direct_keys[];
extern const struct schema_word job_format_words[]; /* of enum job_format */
/* Of operations that remember; their fields lie in struct job_args. */
extern const struct schema_key job_update_keys[], job_map_state_keys[], job_window_keys[],
    job_reduce_window_keys[], job_reduce_by_key_window_keys[];
bool job_op_known(const char *name);
