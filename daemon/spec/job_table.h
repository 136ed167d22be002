/* The words of a job file as tables: sources, operations, outputs. For the checker, and for whoever explains or documents
 * them. */
#pragma once
#include <stdbool.h>

#include "spec/job_source.h"
#include "spec/schema.h"

struct job_kind {                  /* one source or output */
    const char *name;              /* NULL ends a table */
    enum job_record record;        /* of a source: what it gives */
    const struct schema_key *keys; /* what its mapping holds */
    bool is_kafka;                 /* librdkafka's properties are keys of it, too */
    const char *help;              /* one sentence */
    const char *guarantee;         /* what is lost or doubled when something dies */
    const char *later; /* `run` does not support it yet: what to do until it does; NULL = it does */
};
extern const struct job_kind job_source_kinds[], job_output_kinds[];
extern const struct schema_key job_stream_keys[],
    job_test_keys[]; /* of one of `streams`, of `tests` */

/* The row of a name that is in a table. */
const struct job_kind *job_kind_row(const struct job_kind *kinds, const char *name);

enum job_op_form { /* of an operation's argument */
                   FORM_NONE,
                   FORM_EXPRESSION,
                   FORM_MAP,
                   FORM_NUMBER,
                   FORM_STREAM,
                   FORM_STREAMS
};

struct job_op_row {   /* one operation */
    const char *name; /* NULL ends the table */
    enum job_op_form form;
    bool may_lack;                 /* its argument may be left out */
    const char *sample;            /* of its argument */
    const struct schema_key *keys; /* MAP: what it says; NUMBER: its one row */
    const char *shorthand; /* MAP: what is no mapping is the value of this key; NULL = none */
    const char *types;     /* of a record before and behind it */
    const char *help;      /* what it does */
    /* An example: operations, one a line, ending with this one; records of each batch and what comes of them, as `tests` say
     * them. Of a join the stream here is of pairs, `clicks`, and the other one `users`. */
    const char *ops, *input, *gives;
};
extern const struct job_op_row job_op_rows[];
const struct job_op_row *job_op_row(const char *name); /* NULL = none of that name */
