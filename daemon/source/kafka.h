/* The source `kafka`: receivers that share the partitions of its topics, as many as the topic with
 * the most consumers has. The first one looks for partitions; each reads those that fall to it. */
#pragma once
#include "source/source.h"

struct job_spec;

#define KAFKA_POOL_BYTES_MIN (8u << 20)   /* of a source's blocks, whatever the job's memory is */
#define KAFKA_POOL_BYTES_MAX (256u << 20) /* more would only lie in the queue before the log */
#define KAFKA_POOL_SHARE 64               /* of the job's memory, for the blocks of a source */

/* Starts to receive: spec->sources[index], whose kind is kafka; spec and events are borrowed for
 * the source's life. Nothing is fetched before source_assign(). */
struct source *kafka_source_new(struct loop *loop, const struct job_spec *spec, uint32_t index,
                                const struct source_events *events, void *ctx);
