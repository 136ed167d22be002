/* A job for tests of the engine: its streams from a few lines of YAML, its records from texts. */
#pragma once
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/list.h"
#include "base/yaml.h"
#include "column/block.h"
#include "engine/engine.h"
#include "engine/plan.h"
#include "io/loop.h"
#include "io/pool.h"
#include "io/world.h"

struct job { /* {0} is an empty one */
    struct arena arena;
    struct diags diags;
    struct job_spec spec;
    struct plan *plan;
    struct buf shown; /* the findings */
    struct world *world;
    struct loop *loop;
    struct pool *pool;
    struct engine *engine;
    uint32_t threads, chunk_rows;
    uint64_t seed;
    bool one_partition;
    int64_t offset; /* of the next record */
    unsigned waiting;
    struct engine_cut cut;
    struct err err;
};

static inline struct job_op job_op_of(struct yaml_node *item)
{
    if (item->kind == YAML_MAP)
        return (struct job_op){ .name = item->keys[0]->text,
                                .node = item->keys[0],
                                .arg = item->items[0] };
    return (struct job_op){ .name = item->text, .node = item };
}

static inline void job_add_stream(struct job *job, const char *name, struct yaml_node *from,
                                  struct yaml_node *ops)
{
    struct job_stream *stream = &job->spec.streams[job->spec.n_streams++];
    *stream = (struct job_stream){ .name = name, .node = from ? from : ops };
    stream->n_from = from && from->kind == YAML_LIST ? from->n : 1;
    stream->from = arena_alloc(&job->arena, stream->n_from * sizeof *stream->from);
    for (size_t i = 0; i < stream->n_from; i++)
        stream->from[i] = !from                     ? "kafka0"
                          : from->kind == YAML_LIST ? from->items[i]->text
                                                    : from->text;
    stream->n_ops = ops ? ops->n : 0;
    stream->ops = arena_alloc(&job->arena, (stream->n_ops + 1) * sizeof *stream->ops);
    for (size_t i = 0; i < stream->n_ops; i++)
        stream->ops[i] = job_op_of(ops->items[i]);
}

/* yaml: the list of transformations, or a mapping of streams {NAME: {from, transformations}}; each stream that stands in
 * `outputs` (ended by NULL) is printed. Two sources: kafka0 and kafka1. */
static inline bool job_plan(struct job *job, const char *yaml, const char *const *outputs)
{
    static struct job_source sources[] = { { .name = "kafka0", .kind = "kafka" },
                                           { .name = "kafka1", .kind = "kafka" } };
    static struct job_output printed[8];
    struct yaml_node *root;
    struct slice source = { yaml, strlen(yaml) };
    job->diags = (struct diags){ .arena = &job->arena, .file = "job.yaml", .source = source };
    ck_assert(yaml_parse(&job->arena, source, &job->diags, &root));
    job->spec.id = "job";
    job->spec.sources = sources;
    job->spec.n_sources = 2;
    job->spec.streams = arena_alloc(&job->arena, (root->n + 1) * sizeof *job->spec.streams);
    if (root->kind == YAML_LIST)
        job_add_stream(job, "result", NULL, root);
    for (size_t i = 0; root->kind == YAML_MAP && i < root->n; i++)
        job_add_stream(job, root->keys[i]->text, yaml_get(root->items[i], "from"),
                       yaml_get(root->items[i], "transformations"));
    for (size_t i = 0; outputs[i]; i++)
        printed[job->spec.n_outputs++] =
            (struct job_output){ .kind = "print", .node = root, .from = outputs[i], .num = 20 };
    job->spec.outputs = printed;
    bool ok = plan_build(&job->arena, &job->spec, &job->diags, &job->plan);
    buf_clear(&job->shown);
    diag_print(&job->diags, DIAG_GNU, false, &job->shown);
    return ok;
}

static inline void job_close(struct job *job)
{
    engine_free(job->engine);
    if (job->pool) {
        pool_free(job->pool);
        loop_free(job->loop);
        world_free(job->world);
    }
    buf_free(&job->shown);
    arena_free(&job->arena);
    *job = (struct job){ 0 };
}
