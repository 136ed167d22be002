/* Lists of transformations: which operations there are, and the form of their arguments. What their
 * expressions mean is the plan's matter. */
#include <ctype.h>
#include <string.h>

#include "base/list.h"
#include "spec/job_parts.h"

enum op_form { FORM_NONE, FORM_EXPRESSION, FORM_OTHER };

static const struct op_row { /* an operation */
    const char *name;
    enum op_form form; /* of its argument */
    bool later;
    const char *sample; /* of its argument */
} ops[] = {
    { "map", FORM_EXPRESSION, false, "(_, 1)" },
    { "flatMap", FORM_EXPRESSION, false, "_.value.split(\" \")" },
    { "filter", FORM_EXPRESSION, false, "_.length > 3" },
    { "mapValues", FORM_EXPRESSION, false, "_ + 1" },
    { "reduceByKey", FORM_EXPRESSION, false, "_ + _" },
    { "count", FORM_NONE, false, NULL },
    { "flatMapValues", FORM_EXPRESSION, false, "_.words" },
    { "countByValue", FORM_NONE, false, NULL },
    { "distinct", FORM_NONE, false, NULL },
    { "glom", FORM_NONE, true, NULL },
    { "reduce", FORM_EXPRESSION, false, "_ + _" },
    { "groupByKey", FORM_NONE, true, NULL },
    { "sortByKey", FORM_OTHER, true, NULL },
    { "top", FORM_OTHER, true, NULL },
    { "window", FORM_OTHER, true, NULL },
    { "countByWindow", FORM_OTHER, true, NULL },
    { "countByValueAndWindow", FORM_OTHER, true, NULL },
    { "groupByKeyAndWindow", FORM_OTHER, true, NULL },
    { "reduceByWindow", FORM_OTHER, true, NULL },
    { "reduceByKeyAndWindow", FORM_OTHER, true, NULL },
    { "updateStateByKey", FORM_OTHER, true, NULL },
    { "mapWithState", FORM_OTHER, true, NULL },
    { "join", FORM_OTHER, true, NULL },
    { "leftOuterJoin", FORM_OTHER, true, NULL },
    { "rightOuterJoin", FORM_OTHER, true, NULL },
    { "fullOuterJoin", FORM_OTHER, true, NULL },
    { "cogroup", FORM_OTHER, true, NULL },
    { "union", FORM_OTHER, true, NULL },
    { "repartition", FORM_OTHER, true, NULL },
    { "pipe", FORM_OTHER, true, NULL },
    { "lua", FORM_OTHER, true, NULL },
    { NULL, FORM_NONE, false, NULL },
};

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
};

static const struct op_row *find(const char *name)
{
    for (const struct op_row *op = ops; op->name; op++)
        if (strcmp(op->name, name) == 0)
            return op;
    return NULL;
}

bool job_op_known(const char *name)
{
    return find(name) != NULL;
}

static bool refuse_absent(struct diags *diags, const struct yaml_node *node)
{
    for (size_t i = 0; i < ARRAY_SIZE(absent); i++) {
        if (strcmp(absent[i].name, node->text) != 0)
            continue;
        diag_help(
            diags,
            diag_add(diags, yaml_place(node), 216, "there is no operation '%s' here", node->text),
            "%s", absent[i].instead);
        return true;
    }
    return false;
}

void job_op_refuse(struct diags *diags, const struct yaml_node *node)
{
    const char *names[ARRAY_SIZE(ops)];
    if (refuse_absent(diags, node))
        return;
    if (find(node->text)) {
        diag_add(diags, yaml_place(node), 250, "operation '%s' is known, but not supported yet",
                 node->text);
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(ops); i++) /* with the NULL behind the last */
        names[i] = ops[i].name;
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
    if (!node->text[n] || !find(name))
        return false;
    diag_help(file->diags,
              diag_add(file->diags, yaml_text_place(node, 0, n), 201,
                       "operation '%s' and its argument are separated by ': '", name),
              "write %s: %s", name, node->text + n + strspn(node->text + n, " "));
    return true;
}

static const struct op_row *known(struct job_file *file, const struct job_item *item)
{
    struct yaml_node *node = item->name;
    const struct op_row *op = find(node->text);
    if (op && !op->later)
        return op;
    node->bad = true;
    if (!op && (refuse_call(file, node) || job_kind_misplaced(file, node)))
        return NULL;
    job_op_refuse(file->diags, node);
    return NULL;
}

static bool no_argument(struct job_file *file, const struct op_row *op, struct yaml_node *arg)
{
    diag_add(file->diags, yaml_place(arg), 206, "%s takes no argument", op->name);
    return false;
}

static bool check_expression(struct job_file *file, const struct op_row *op,
                             const struct job_item *item)
{
    struct yaml_node *arg = item->arg;
    struct diags *diags = file->diags;
    if (!arg) {
        diag_help(diags,
                  diag_add(diags, yaml_place(item->name), 205, "%s needs an expression", op->name),
                  "as %s: %s", op->name, op->sample);
        return false;
    }
    if (arg->bad)
        return false;
    if (arg->text)
        return expand_refuse(&file->schema.expand, arg);
    struct diag *diag =
        diag_add(diags, yaml_place(arg), 206, "%s must be an expression, here YAML made %s of it",
                 op->name, yaml_kind_name(arg->kind));
    if (arg->style == YAML_FLOW)
        diag_help(diags, diag, "write it in quotes: %s: %s", op->name,
                  yaml_quoted(file->arena, yaml_source(arg)));
    else
        diag_help(diags, diag, "write it on one line, as %s: %s", op->name, op->sample);
    arg->bad = true;
    return false;
}

static bool read_op(struct job_file *file, struct yaml_node *node, struct job_op *out)
{
    struct job_item item;
    if (!job_item_read(file, node, "an operation", &item))
        return false;
    const struct op_row *op = known(file, &item);
    if (!op)
        return false;
    *out = (struct job_op){ .name = op->name, .node = item.name, .arg = item.arg };
    if (op->form == FORM_NONE)
        return !item.arg || no_argument(file, op, item.arg);
    return op->form == FORM_OTHER || check_expression(file, op, &item);
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
