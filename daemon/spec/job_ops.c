/* Lists of transformations: which operations there are, and the form of their arguments. What their
 * expressions mean is the plan's matter. */
#include <ctype.h>
#include <string.h>

#include "base/check.h"
#include "base/list.h"
#include "spec/job_parts.h"

static const struct {
    const char *name, *instead;
} absent[] = {
    /* of Spark, without a counterpart here */
    { "transform",
      "write the steps as operations of this list; joins with other streams are `join`" },
    { "transformWith",
      "join the streams: join, leftOuterJoin, rightOuterJoin, fullOuterJoin, cogroup" },
    { "foreachRDD",
      "write an output: print, saveAsTextFiles, kafka, postgres, http, or pipe for a program of "
      "yours" },
    { "foreach",
      "write an output: print, saveAsTextFiles, kafka, postgres, http, or pipe for a program of "
      "yours" },
    { "mapPartitions", "use map or flatMap; nothing has to be set up for each partition" },
    { "mapPartitionsWithIndex", "use map or flatMap; a Kafka record has its `_.partition`" },
    { "combineByKey", "use reduceByKey on values of the combined type, or groupByKey" },
    { "aggregateByKey", "use reduceByKey on values of the combined type, or groupByKey" },
    { "foldByKey", "use reduceByKey" },
    { "slice", "use window" },
    { "stateSnapshots", "use updateStateByKey, whose stream is the whole state of each batch" },
    { "partitionBy", "leave it out: keys are spread over the threads by themselves" },
    { "cache", "leave it out: a stream that is read twice is computed once" },
    { "persist", "leave it out: a stream that is read twice is computed once" },
    { "keys", "use map: _._1" },
    { "values", "use map: _._2" },
    { "sum", "use reduce: sum" },
    { "min", "use reduce: min" },
    { "max", "use reduce: max" },
    { "sortBy", "use top, or make pairs first, then sortByKey" },
    { "groupBy", "make pairs first, then groupByKey" },
    { "coalesce", "use repartition" },
    { "take", "use top; print has a num of its own" },
    { "saveAsObjectFiles", "use saveAsTextFiles" },
    { "saveAsHadoopFiles", "use saveAsTextFiles" },
    { "saveAsNewAPIHadoopFiles", "use saveAsTextFiles" },
    { "fileStream", "use textFileStream" },
    { "queueStream", "write what it would hold as `tests:` of the job" },
    { "createStream", "use kafka" },
    { "createDirectStream", "use kafkaDirect" },
};

const struct job_op_row *job_op_row(const char *name)
{
    for (const struct job_op_row *op = job_op_rows; op->name; op++)
        if (strcmp(op->name, name) == 0)
            return op;
    return NULL;
}

bool job_op_known(const char *name)
{
    return job_op_row(name) != NULL;
}

bool job_absent_refuse(struct diags *diags, const struct yaml_node *node, const char *what)
{
    for (size_t i = 0; i < ARRAY_SIZE(absent); i++) {
        if (strcmp(absent[i].name, node->text) != 0)
            continue;
        diag_help(
            diags,
            diag_add(diags, yaml_place(node), 216, "there is no %s '%s' here", what, node->text),
            "%s", absent[i].instead);
        return true;
    }
    return false;
}

void job_op_refuse(struct diags *diags, const struct yaml_node *node)
{
    if (job_absent_refuse(diags, node, "operation"))
        return;
    size_t n = 0;
    while (job_op_rows[n].name)
        n++;
    const char **names = arena_alloc(diags->arena, (n + 1) * sizeof(const char *));
    for (size_t i = 0; i <= n; i++) /* with the NULL behind the last */
        names[i] = job_op_rows[i].name;
    struct diag *diag =
        diag_add(diags, yaml_place(node), 201, "unknown operation '%s'", node->text);
    schema_suggest(diags, diag, node->text, names);
}

/* `- map (_, 1)`: the ':' behind the operation was forgotten. */
static bool refuse_call(struct job_file *file, struct yaml_node *node)
{
    size_t n = 0;
    while (isalpha((unsigned char)node->text[n]))
        n++;
    const char *name = arena_strndup(file->arena, node->text, n);
    if (!node->text[n] || !job_op_row(name))
        return false;
    diag_help(file->diags,
              diag_add(file->diags, yaml_text_place(node, 0, n), 201,
                       "operation '%s' and its argument are separated by ': '", name),
              "write %s: %s", name, node->text + n + strspn(node->text + n, " "));
    return true;
}

static const struct job_op_row *known(struct job_file *file, const struct job_item *item)
{
    struct yaml_node *node = item->name;
    const struct job_op_row *op = job_op_row(node->text);
    if (op)
        return op;
    node->bad = true;
    if (!refuse_call(file, node) && !job_kind_misplaced(file, node))
        job_op_refuse(file->diags, node);
    return NULL;
}

static bool refuse_argument(struct job_file *file, const struct job_op_row *op,
                            struct yaml_node *arg)
{
    diag_help(file->diags,
              diag_add(file->diags, yaml_place(arg), 206, "%s takes no argument", op->name),
              "write it as a bare word: - %s", op->name);
    return false;
}

static const struct schema_key no_keys[] = { { 0 } };

static bool refuse_lack(struct job_file *file, const struct job_op_row *op,
                        const struct yaml_node *name)
{
    static const char *const needs[] = {
        [FORM_EXPRESSION] = "an expression",
        [FORM_MAP] = "a mapping",
        [FORM_NUMBER] = "a number",
        [FORM_STREAM] = "the name of a stream",
        [FORM_STREAMS] = "the names of streams",
    };
    struct diag *diag = diag_add(file->diags, yaml_place(name), 205, "%s needs %s", op->name,
                                 op->shorthand ? "an argument" : needs[op->form]);
    diag_help(file->diags, diag, "as %s: %s", op->name, op->sample);
    return false;
}

bool job_expression_fits(struct job_file *file, const char *name, const char *sample,
                         struct yaml_node *arg)
{
    struct diags *diags = file->diags;
    if (arg->text)
        return expand_refuse(&file->schema.expand, arg);
    struct diag *diag =
        diag_add(diags, yaml_place(arg), 206, "%s must be an expression, here YAML made %s of it",
                 name, yaml_kind_name(arg->kind));
    if (arg->style == YAML_FLOW)
        diag_help(diags, diag, "write it in quotes: %s: %s", name,
                  yaml_quoted(file->arena, yaml_source(arg)));
    else
        diag_help(diags, diag, "write it on one line, as %s: %s", name, sample);
    arg->bad = true;
    return false;
}

static const struct {
    const char *key, *sample;
} expressions[] = {
    { "by", "_._2" },
    { "func", "_ + _" },
    { "invFunc", "_ - _" },
    { "filterFunc", "(key, value) => value != 0" },
};

static bool read_keys(struct job_file *file, const struct job_op_row *op, struct yaml_node *arg,
                      struct job_op *out)
{
    const struct schema_key *key = op->keys;
    if (arg->kind == YAML_MAP)
        return schema_read(&file->schema, op->keys, arg, &out->args);
    if (!op->shorthand || (key->type == SCHEMA_LIST && arg->kind != YAML_LIST))
        return schema_wrong(&file->schema, arg,
                            arena_printf(file->arena, "a %s, as %s",
                                         op->shorthand ? "list" : "mapping", op->sample));
    check(strcmp(key->name, op->shorthand) == 0); /* the first of them */
    return schema_value(&file->schema, key, arg, &out->args);
}

bool job_argv_fits(struct job_file *file, struct yaml_node *list)
{
    struct schema *schema = &file->schema;
    if (!job_list_fits(file, list) || !expand_tree(&schema->expand, list))
        return false;
    if (!list->n)
        return schema_wrong(schema, list, "a program and its arguments");
    for (size_t i = 0; i < list->n; i++)
        if (!list->items[i]->text || list->items[i]->kind == YAML_NULL)
            return schema_wrong(schema, list->items[i], "a text");
    return list->items[0]->text_len ||
           schema_wrong(schema, list->items[0], "a program and its arguments");
}

/* A chunk of Lua and the type of its results, which are no values of ours to replace anything in. */
static bool read_code(struct job_file *file, struct job_args *args)
{
    const struct yaml_node *nodes[] = { args->code, args->type };
    bool good = true;
    for (size_t i = 0; i < ARRAY_SIZE(nodes); i++) {
        struct yaml_node *node = (struct yaml_node *)(uintptr_t)nodes[i];
        if (node && (!node->text || node->kind == YAML_NULL))
            good = schema_wrong(&file->schema, node, i ? "a type in quotes" : "a chunk of Lua");
        else if (node)
            good &= expand_refuse(&file->schema.expand, node);
    }
    return good;
}

static bool read_map(struct job_file *file, const struct job_op_row *op, struct yaml_node *arg,
                     struct job_op *out)
{
    if (!read_keys(file, op, arg, out))
        return false;
    bool good = true;
    for (size_t i = 0; i < ARRAY_SIZE(expressions); i++) {
        struct yaml_node *node = yaml_get(arg, expressions[i].key);
        good &= !node || job_expression_fits(file, expressions[i].key, expressions[i].sample, node);
    }
    struct yaml_node *id = yaml_get(arg, "id"), *initial = yaml_get(arg, "initial");
    good &= !id || job_name_check(file, id, "an id");
    good &= read_code(file, &out->args);
    good &= !out->args.argv || job_argv_fits(file, out->args.argv);
    return (!initial || expand_tree(&file->schema.expand, initial)) && good;
}

/* Other streams; that they exist is known when all are. */
static bool read_names(struct job_file *file, const struct job_op_row *op, struct yaml_node *arg,
                       struct job_op *out)
{
    if (op->form == FORM_STREAM && arg->kind == YAML_LIST)
        return schema_wrong(&file->schema, arg, "the name of one stream");
    return job_list_fits(file, arg) && job_names_read(file, arg, &out->with, &out->n_with);
}

static bool read_arg(struct job_file *file, const struct job_op_row *op, struct yaml_node *arg,
                     struct job_op *out)
{
    switch (op->form) {
        case FORM_EXPRESSION:
            return job_expression_fits(file, op->name, op->sample, arg);
        case FORM_MAP:
            return read_map(file, op, arg, out);
        case FORM_NUMBER:
            return schema_value(&file->schema, op->keys, arg, &out->args);
        case FORM_NONE:
            return refuse_argument(file, op, arg);
        case FORM_STREAM:
        case FORM_STREAMS:
            break;
    }
    return read_names(file, op, arg, out);
}

static bool read_op(struct job_file *file, struct yaml_node *node, struct job_op *out)
{
    struct job_item item;
    if (!job_item_read(file, node, "an operation", &item))
        return false;
    const struct job_op_row *op = known(file, &item);
    if (!op)
        return false;
    *out = (struct job_op){ .name = op->name, .node = item.name, .arg = item.arg };
    schema_defaults(op->keys ? op->keys : no_keys, &out->args);
    if (item.arg)
        return read_arg(file, op, item.arg, out);
    if (op->form == FORM_NONE || op->may_lack)
        return true;
    return refuse_lack(file, op, item.name);
}

bool job_ops_read(struct job_file *file, struct yaml_node *list, struct job_stream *stream)
{
    if (!job_list_fits(file, list))
        return false;
    stream->ops = arena_zalloc(file->arena, (list->n + 1) * sizeof *stream->ops);
    bool good = true;
    for (size_t i = 0; i < list->n; i++) {
        struct job_op op;
        good &= read_op(file, list->items[i], &op);
        if (good) /* behind a bad one types are not known */
            stream->ops[stream->n_ops++] = op;
    }
    return good;
}
