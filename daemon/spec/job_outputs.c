/* `outputs`, and what nothing reads. */
#include <string.h>

#include "spec/job_parts.h"

static struct job_name *find(const struct job_file *file, const char *name)
{
    for (size_t i = 0; i < file->n_names; i++)
        if (strcmp(file->names[i].name, name) == 0)
            return &file->names[i];
    return NULL;
}

/* The stream that an output reads; NULL = it has none, or none that the plan knows. */
static const char *read_from(struct job_file *file, const struct job_item *item,
                             struct yaml_node *from)
{
    struct yaml_node **names;
    size_t n;
    struct job_name *result = find(file, "result");
    if (!from && result) {
        result->is_read = true;
        return result->is_cut ? NULL : result->name;
    }
    if (!from && !file->nameless)
        diag_help(
            file->diags,
            diag_add(file->diags, yaml_place(item->name), 205, "%s needs 'from'", item->name->text),
            "name the stream: %s: {from: NAME}", item->name->text);
    if (!from) {
        file->unsure = true;
        return NULL;
    }
    if (from->kind == YAML_LIST) {
        schema_wrong(&file->schema, from, "one name");
        return NULL;
    }
    if (!job_names_read(file, from, &names, &n) || !job_reads(file, from))
        return NULL;
    const struct job_name *stream = find(file, from->text);
    return stream && stream->is_cut ? NULL : from->text;
}

static bool read_output(struct job_file *file, const struct job_kind *kind,
                        const struct job_item *item, struct job_output *output)
{
    bool fits;
    struct yaml_node *map = job_output_map(file, kind, item, &fits);
    bool good = fits && job_output_read(file, kind, map, output);
    output->from = read_from(file, item, yaml_get(map, "from"));
    struct yaml_node *label = yaml_get(map, "label");
    if (label && !label->bad && job_name_check(file, label, "a label")) {
        output->label = label->text;
        output->node = label;
    }
    return good && output->from;
}

static bool is_double(struct job_file *file, const struct job_output *labels, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (strcmp(labels[i].label, labels[at].label) != 0)
            continue;
        diag_add(file->diags, yaml_place(labels[at].node), 213,
                 "label '%s' is used twice; the first is on line %u", labels[at].label,
                 labels[i].node->line);
        return true;
    }
    return false;
}
static void find_unread(struct job_file *file)
{
    const struct job_spec *spec = &file->spec;
    for (size_t i = 0; i < spec->n_sources; i++) {
        const struct job_source *source = &spec->sources[i];
        if (!source->is_read)
            diag_warn(file->diags, yaml_place(source->name_node ? source->name_node : source->node),
                      102, "nothing reads the source '%s'", source->name);
    }
    for (size_t i = 0; i < file->n_names; i++)
        if (!file->names[i].is_read)
            diag_warn(file->diags, yaml_place(file->names[i].node), 102,
                      "nothing reads the stream '%s'", file->names[i].name);
}

void job_outputs_read(struct job_file *file)
{
    struct job_spec *spec = &file->spec;
    struct yaml_node *list = file->outputs;
    size_t n = list && list->kind == YAML_LIST && job_list_fits(file, list) ? list->n : 0;
    struct job_output *all = arena_zalloc(file->arena, (n + 1) * sizeof *all);
    spec->outputs = arena_zalloc(file->arena, (n + 1) * sizeof *spec->outputs);
    file->unsure |= n == 0;
    for (size_t i = 0; i < n; i++) {
        struct job_item item;
        struct job_output *output = &all[i];
        output->label = "";
        if (!job_item_read(file, list->items[i], "an output", &item)) {
            file->unsure = true;
            continue;
        }
        const struct job_kind *kind = job_kind_find(file, &item, job_output_kinds, "output");
        output->kind = item.name->text;
        output->node = item.name;
        output->label = arena_printf(file->arena, "%s%zu", output->kind, i);
        file->unsure |= !kind;
        bool good = kind && read_output(file, kind, &item, output);
        if (!is_double(file, all, i) && good)
            spec->outputs[spec->n_outputs++] = *output;
    }
    if (!file->unsure)
        find_unread(file);
}
