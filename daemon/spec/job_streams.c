/* `transformations` and `streams`: a graph of names. */
#include <string.h>

#include "spec/job_parts.h"

struct node { /* a stream while the graph is made */
    struct job_stream stream;
    struct yaml_node *at;    /* of its name */
    struct yaml_node **from; /* what it reads: by its `from`, then by its operations */
    struct node **reads;     /* of each its stream; NULL = a source */
    size_t n_reads;
    bool cut;    /* ends before its end: what reads it is left out */
    bool placed; /* among the spec's streams */
    int visit;   /* 0 not seen, 1 on the way, 2 done */
};

struct graph {
    struct job_file *file;
    struct node *nodes;
    size_t n;
};

const struct schema_key job_stream_keys[] = {
    { .name = "from",
      .type = SCHEMA_NAMES,
      .required = true,
      .help = "a source or stream; a list is their union",
      .example = "[clicks, views]" },
    { .name = "transformations",
      .type = SCHEMA_LIST,
      .help = "a list of operations",
      .example = "[map: _.value, countByValue]" },
    { 0 },
};

static struct node *find(const struct graph *graph, const char *name)
{
    for (size_t i = 0; i < graph->n; i++)
        if (strcmp(graph->nodes[i].stream.name, name) == 0)
            return &graph->nodes[i];
    return NULL;
}

static struct job_source *find_source(const struct job_file *file, const char *name)
{
    for (size_t i = 0; i < file->spec.n_sources; i++)
        if (strcmp(file->spec.sources[i].name, name) == 0)
            return &file->spec.sources[i];
    return NULL;
}

static void unknown(struct job_file *file, struct yaml_node *name)
{
    struct diag *diag = diag_add(file->diags, yaml_place(name), 211,
                                 "there is no source or stream '%s'", name->text);
    name->bad = file->unsure = true;
    if (diag == &file->diags->spare)
        return;
    size_t n = 0, most = file->spec.n_sources + file->n_names + 1;
    const char **names = arena_alloc(file->arena, most * sizeof(const char *));
    for (size_t i = 0; i < file->spec.n_sources; i++)
        names[n++] = file->spec.sources[i].name;
    for (size_t i = 0; i < file->n_names; i++)
        names[n++] = file->names[i].name;
    names[n] = NULL;
    schema_suggest(file->diags, diag, name->text, names);
}

bool job_reads(struct job_file *file, struct yaml_node *name)
{
    struct job_source *source = find_source(file, name->text);
    for (size_t i = 0; i < file->n_names; i++) {
        if (strcmp(file->names[i].name, name->text) != 0)
            continue;
        file->names[i].is_read = true;
        return true;
    }
    if (source)
        source->is_read = true;
    else if (!file->nameless)
        unknown(file, name);
    return source != NULL;
}

/* ---- the streams as the file has them */

/* The stream reads this one. False, with a finding: there is none of that name. */
static bool note_read(struct graph *graph, struct node *node, struct yaml_node *name)
{
    struct arena *arena = graph->file->arena;
    struct yaml_node **from = arena_alloc(arena, (node->n_reads + 1) * sizeof(struct yaml_node *));
    struct node **reads = arena_alloc(arena, (node->n_reads + 1) * sizeof(struct node *));
    if (node->n_reads) {
        memcpy(from, node->from, node->n_reads * sizeof(struct yaml_node *));
        memcpy(reads, node->reads, node->n_reads * sizeof(struct node *));
    }
    from[node->n_reads] = name;
    reads[node->n_reads++] = find(graph, name->text);
    node->from = from;
    node->reads = reads;
    return job_reads(graph->file, name);
}

static void read_ops(struct graph *graph, struct node *node, struct yaml_node *list)
{
    struct job_stream *stream = &node->stream;
    if (!job_ops_read(graph->file, list, stream))
        node->cut = graph->file->unsure = true; /* what stands behind may read others */
    for (size_t i = 0; i < stream->n_ops; i++) {
        bool good = true;
        for (size_t k = 0; k < stream->ops[i].n_with; k++)
            good &= note_read(graph, node, stream->ops[i].with[k]);
        if (!good) { /* behind it types are not known */
            stream->n_ops = i;
            node->cut = true;
        }
    }
}

static void check_from(struct graph *graph, struct node *node, struct yaml_node *names)
{
    struct job_file *file = graph->file;
    struct job_stream *stream = &node->stream;
    struct yaml_node **from;
    if (!job_list_fits(file, names) || !job_names_read(file, names, &from, &stream->n_from)) {
        node->cut = file->unsure = true;
        stream->n_from = 0;
        return;
    }
    stream->from = arena_alloc(file->arena, stream->n_from * sizeof(const char *));
    for (size_t i = 0; i < stream->n_from; i++) {
        stream->from[i] = from[i]->text;
        node->cut |= !note_read(graph, node, from[i]);
    }
    if (node->cut) /* nothing is known of its records */
        stream->n_from = 0;
}

static void read_stream(struct graph *graph, struct node *node, struct yaml_node *map)
{
    struct job_file *file = graph->file;
    struct yaml_node *ignored = NULL;
    if (map->kind != YAML_MAP) {
        node->cut = !schema_wrong(&file->schema, map, "a mapping {from, transformations}");
        return;
    }
    if (!schema_read(&file->schema, job_stream_keys, map, &ignored))
        node->cut = file->unsure = true;
    struct yaml_node *from = yaml_get(map, "from"), *list = yaml_get(map, "transformations");
    if (from)
        check_from(graph, node, from);
    if (list && list->kind == YAML_LIST && !list->bad)
        read_ops(graph, node, list);
}

static void name_streams(struct graph *graph, const struct yaml_node *streams)
{
    struct job_file *file = graph->file;
    for (size_t i = 0; streams && i < streams->n; i++) {
        struct yaml_node *key = streams->keys[i];
        struct node *node = &graph->nodes[graph->n];
        const struct job_source *source = find_source(file, key->text);
        if (!job_name_check(file, key, "the name of a stream"))
            continue;
        if (source || find(graph, key->text)) {
            diag_add(file->diags, yaml_place(key), 213, "name '%s' is used twice; %s", key->text,
                     source ? "a source has it" : "'result' is the stream of 'transformations'");
            continue;
        }
        node->stream = (struct job_stream){ .name = key->text, .node = key };
        node->at = streams->items[i];
        file->names[file->n_names++] = (struct job_name){ .name = key->text, .node = key };
        graph->n++;
    }
}

/* The job's own `transformations`, or a lone source when there are no streams. */
static void add_result(struct graph *graph)
{
    struct job_file *file = graph->file;
    struct job_spec *spec = &file->spec;
    struct yaml_node *list = file->transformations;
    if (!list && (file->streams || spec->n_sources != 1 || file->nameless))
        return;
    struct node *node = &graph->nodes[graph->n];
    node->stream = (struct job_stream){
        .name = "result",
        .node = list ? list->key : spec->sources[0].node,
    };
    file->names[file->n_names++] =
        (struct job_name){ .name = "result", .node = node->stream.node, .is_read = !list };
    graph->n++;
    if (spec->n_sources == 1) {
        node->stream.from = arena_alloc(file->arena, sizeof(const char *));
        node->stream.from[node->stream.n_from++] = spec->sources[0].name;
        spec->sources[0].is_read = true;
    } else {
        node->cut = file->unsure = true;
    }
    if (list && spec->n_sources > 1)
        diag_help(
            file->diags,
            diag_add(file->diags, yaml_place(list->key), 210,
                     "'transformations' needs exactly one source, here are %zu", spec->n_sources),
            "name the streams: streams: {NAME: {from: %s, transformations: […]}}",
            spec->sources[0].name);
}

/* ---- order */

static void refuse_cycle(struct graph *graph, struct node *node, const char *through)
{
    struct job_file *file = graph->file;
    const struct yaml_node *at = node->from[0];
    for (size_t i = 0; i < node->n_reads; i++)
        if (strcmp(node->from[i]->text, through) == 0)
            at = node->from[i];
    if (strcmp(node->stream.name, through) == 0)
        diag_add(file->diags, yaml_place(at), 211, "stream '%s' reads itself", through);
    else
        diag_add(file->diags, yaml_place(at), 211, "stream '%s' reads '%s', which reads it in turn",
                 node->stream.name, through);
    node->cut = file->unsure = true;
}

static bool ready(const struct node *node)
{
    for (size_t i = 0; i < node->n_reads; i++) {
        const struct node *from = node->reads[i];
        if (from && !from->placed)
            return false;
    }
    return true;
}

/* The first cycle through a stream that could not be placed: follow what it waits for. */
static void find_cycle(struct graph *graph, struct node *node)
{
    while (!node->visit) {
        node->visit = 1;
        size_t i = 0;
        while (!node->reads[i] || node->reads[i]->placed) /* one is not, or it were ready */
            i++;
        struct node *next = node->reads[i];
        if (next->visit == 1)
            refuse_cycle(graph, node, next->stream.name);
        node = next;
    }
}

static void forget_visits(struct graph *graph)
{
    for (size_t i = 0; i < graph->n; i++)
        if (graph->nodes[i].visit == 1)
            graph->nodes[i].visit = 2;
}

static bool reads_cut(const struct node *node)
{
    for (size_t i = 0; i < node->n_reads; i++) {
        const struct node *from = node->reads[i];
        if (from && from->cut)
            return true;
    }
    return false;
}

/* A stream that reads a cut one is left out; one that is cut itself is kept up to there. */
static void place(struct graph *graph, struct node *node)
{
    struct job_spec *spec = &graph->file->spec;
    node->placed = true;
    bool orphan = reads_cut(node) || !node->stream.n_from;
    node->cut |= orphan;
    if (!orphan)
        spec->streams[spec->n_streams++] = node->stream;
}

static void order(struct graph *graph)
{
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < graph->n; i++) {
            struct node *node = &graph->nodes[i];
            if (node->placed || !ready(node))
                continue;
            place(graph, node);
            more = true;
        }
    }
    for (size_t i = 0; i < graph->n; i++) {
        if (graph->nodes[i].placed)
            continue;
        find_cycle(graph, &graph->nodes[i]);
        forget_visits(graph);
        graph->nodes[i].cut = true;
    }
}

void job_streams_read(struct job_file *file)
{
    struct yaml_node *streams = file->streams;
    if (streams && !job_list_fits(file, streams))
        streams = NULL;
    size_t most = (streams ? streams->n : 0) + 1;
    struct graph graph = { .file = file };
    graph.nodes = arena_zalloc(file->arena, most * sizeof *graph.nodes);
    file->names = arena_zalloc(file->arena, most * sizeof *file->names);
    file->spec.streams = arena_zalloc(file->arena, most * sizeof *file->spec.streams);
    add_result(&graph);
    name_streams(&graph, streams);
    for (size_t i = 0; i < graph.n; i++)
        if (graph.nodes[i].at)
            read_stream(&graph, &graph.nodes[i], graph.nodes[i].at);
    if (file->transformations)
        read_ops(&graph, &graph.nodes[0], file->transformations);
    order(&graph);
    for (size_t i = 0; i < graph.n; i++)
        file->names[i].is_cut = graph.nodes[i].cut;
}
