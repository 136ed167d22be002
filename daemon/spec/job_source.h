/* A source of a job file, as tables. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/yaml.h"

#define JOB_RATE_MAX 10000000 /* most rowsPerSecond: more than a core makes */

enum job_offset { OFFSET_EARLIEST, OFFSET_LATEST, OFFSET_FAIL };
enum job_record {               /* what a source gives */
                  RECORD_KAFKA, /* {key, value, topic, partition, offset, timestamp, headers} */
                  RECORD_FLUME, /* {body, headers} */
                  RECORD_TEXT,  /* a line: a String */
                  RECORD_RATE,  /* {value, timestamp} */
                  RECORD_KINDS
};
enum job_format { FORMAT_STRING, FORMAT_BYTES, FORMAT_JSON }; /* of a value or a body */

struct job_property { /* one of librdkafka's, handed on as it is */
    const char *name, *value;
    bool masked; /* a secret: the value is never shown */
};

struct job_topic {             /* of a kafka source */
    const char *name;          /* a literal name, or a regular expression beginning with ^ */
    uint32_t consumers;        /* that share its partitions */
    const int32_t *partitions; /* only these; NULL = all */
    size_t n_partitions;
};

struct job_source {
    const char *name;                  /* its own or <kind><position> */
    const char *kind;                  /* kafka, … */
    enum job_record record;            /* what it gives */
    const struct yaml_node *node;      /* of its key */
    const struct yaml_node *name_node; /* of its own name; NULL = it has none */
    const char *group_id;
    struct job_topic *topics;
    size_t n_topics;
    struct job_property *properties; /* bootstrap.servers among them; group.id not */
    size_t n_properties;
    enum job_offset starting_offsets; /* earliest or latest */
    enum job_offset on_out_of_range;  /* fail, earliest or latest */
    uint64_t max_rate;                /* records a second; 0 = no limit */
    enum job_format format;           /* of value, of body */
    bool value_nullable;
    uint64_t rows_per_second; /* rate */
    bool is_read;             /* by a stream or an output */
};
