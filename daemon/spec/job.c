#include <ctype.h>
#include <string.h>

#include "base/check.h"
#include "base/list.h"
#include "spec/job_parts.h"

#define NAME_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

/* ---- what lists have in common */

static bool is_name(const char *text)
{
    size_t n = strspn(text, NAME_LETTERS);
    return n && n <= JOB_ID_MAX && !text[n];
}

bool job_name_check(struct job_file *file, struct yaml_node *node, const char *what)
{
    if (is_name(node->text))
        return true;
    diag_add(file->diags, yaml_place(node), 208,
             "%s is of letters, digits, '_' and '-', at most %d; here is %s", what, JOB_ID_MAX,
             schema_shown(&file->schema, node));
    node->bad = true;
    return false;
}

/* A second key in an item: an outer key too far to the right, an inner one too far to the left, or a
 * forgotten dash. */
static bool refuse_second(struct job_file *file, const struct yaml_node *map, const char *what)
{
    struct yaml_node *first = map->keys[0], *second = map->keys[1];
    struct diags *diags = file->diags;
    struct diag_place place = yaml_place(second);
    second->bad = true;
    if (!yaml_get(file->root, second->text) && schema_has(job_keys, second->text))
        schema_unknown(&file->schema, second, NULL);
    else if (map->items[0]->kind == YAML_NULL && map->style == YAML_BLOCK)
        diag_add(diags, place, 204,
                 "'%s' stands beside '%s'; here it belongs 2 spaces to the right", second->text,
                 first->text);
    else
        diag_help(diags,
                  diag_add(diags, place, 206, "an item is one %s, here begins a second",
                           strchr(what, ' ') + 1),
                  "begin '%s' with '- ' on a line of its own", second->text);
    return false;
}

bool job_item_read(struct job_file *file, struct yaml_node *node, const char *what,
                   struct job_item *item)
{
    *item = (struct job_item){ 0 };
    if (node->bad)
        return false;
    if (node->kind == YAML_MAP && node->n == 1) {
        item->name = node->keys[0];
        item->arg = node->items[0]->kind == YAML_NULL ? NULL : node->items[0];
        return !node->items[0]->bad;
    }
    if (node->kind == YAML_MAP && node->n > 1)
        return refuse_second(file, node, what);
    if (node->text && node->kind != YAML_NULL) {
        item->name = node;
        return true;
    }
    diag_add(file->diags, yaml_place(node), 206, "an item of %s is %s, here is %s",
             schema_name(node), what, yaml_kind_name(node->kind));
    return false;
}

struct yaml_node *job_item_map(struct job_file *file, const struct job_item *item)
{
    if (item->arg && item->arg->kind == YAML_MAP)
        return item->arg;
    if (item->arg) {
        schema_wrong(&file->schema, item->arg, "a mapping");
        return NULL;
    }
    struct yaml_node *empty = arena_zalloc(file->arena, sizeof *empty);
    *empty = *item->name;
    empty->kind = YAML_MAP;
    empty->key = item->name;
    empty->n = 0;
    return empty;
}

bool job_address_fits(const char *text, size_t len)
{
    size_t host = len, port = 0;
    while (host && text[host - 1] != ':')
        host--;
    for (size_t i = host; i < len; i++) {
        if (!isdigit((unsigned char)text[i]) || port > 6553)
            return false;
        port = port * 10 + (size_t)(text[i] - '0');
    }
    if (host < 2 || !port || port > 65535)
        return false;
    bool v6 = text[0] == '[' && text[host - 2] == ']';
    for (size_t i = 0; i + 1 < host; i++)
        if (isspace((unsigned char)text[i]) || strchr("/,@", text[i]) || (text[i] == ':' && !v6))
            return false;
    return true;
}

/* ---- what `run` does not support yet */

void job_later(struct job_file *file, const struct yaml_node *node, const char *what,
               const char *meanwhile)
{
    struct job_later **end = &file->spec.later;
    while (*end)
        end = &(*end)->next;
    *end = arena_alloc(file->arena, sizeof **end);
    **end = (struct job_later){ NULL, node, what, meanwhile };
}

void job_later_refuse(const struct job_spec *spec, struct diags *diags)
{
    for (const struct job_later *later = spec->later; later; later = later->next)
        diag_help(diags,
                  diag_add(diags, yaml_place(later->node), 250,
                           "%s is known, but not supported by `tidemark run` yet", later->what),
                  "%s; `tidemark try` and `tidemark test` run this job now", later->meanwhile);
}

/* ---- sources and outputs */

static bool among(const struct job_kind *kinds, const char *name)
{
    for (; kinds->name; kinds++)
        if (strcmp(kinds->name, name) == 0)
            return true;
    return false;
}

bool job_kind_misplaced(struct job_file *file, struct yaml_node *node)
{
    const struct {
        bool is;
        const char *what, *home;
    } lists[] = {
        { among(job_source_kinds, node->text), "a source", "'sources'" },
        { job_op_known(node->text), "an operation", "'transformations'" },
        { among(job_output_kinds, node->text), "an output", "'outputs'" },
    };
    const char *what = NULL, *home = NULL; /* a word may be of two lists */
    for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
        if (!lists[i].is)
            continue;
        what = what ? arena_printf(file->arena, "%s, or %s", what, lists[i].what) : lists[i].what;
        home = home ? arena_printf(file->arena, "%s or %s", home, lists[i].home) : lists[i].home;
    }
    bool top = !what && schema_has(job_keys, node->text);
    if (what)
        diag_add(file->diags, yaml_place(node), 204, "'%s' is %s; it belongs inside %s", node->text,
                 what, home);
    else if (top)
        diag_add(file->diags, yaml_place(node), 204,
                 "'%s' stands inside '%s'; it belongs at the top of the file", node->text,
                 schema_name(node->key ? node->parent : node));
    return what || top;
}

const struct job_kind *job_kind_row(const struct job_kind *kinds, const char *name)
{
    for (;; kinds++) {
        check(kinds->name);
        if (strcmp(kinds->name, name) == 0)
            return kinds;
    }
}

const struct job_kind *job_kind_find(struct job_file *file, const struct job_item *item,
                                     const struct job_kind *kinds, const char *what)
{
    struct yaml_node *node = item->name;
    const char *name = node->text, *names[JOB_KINDS_MAX];
    size_t n = 0;
    for (const struct job_kind *kind = kinds; kind->name; kind++) {
        names[n++] = kind->name;
        if (strcmp(kind->name, name) != 0)
            continue;
        if (kind->later)
            job_later(file, node, arena_printf(file->arena, "%s '%s'", what, name), kind->later);
        return kind;
    }
    names[n] = NULL;
    node->bad = true;
    if (job_kind_misplaced(file, node) || job_absent_refuse(file->diags, node, what))
        return NULL;
    struct diag *diag = diag_add(file->diags, yaml_place(node), 201, "unknown %s '%s'", what, name);
    schema_suggest(file->diags, diag, name, names);
    return NULL;
}

bool job_filled(struct job_file *file, struct yaml_node *node)
{
    if (!node || node->bad || node->text_len)
        return true;
    diag_add(file->diags, yaml_place(node), 208, "%s must not be empty", schema_name(node));
    node->bad = true;
    return false;
}

bool job_list_fits(struct job_file *file, struct yaml_node *list)
{
    if (list->n <= JOB_LIST_MAX)
        return true;
    diag_add(file->diags, yaml_place(list), 208, "%s has %zu entries: at most %d are allowed",
             schema_name(list), list->n, JOB_LIST_MAX);
    list->bad = file->unsure = file->nameless = file->hopeless = true;
    return false;
}

bool job_names_read(struct job_file *file, struct yaml_node *node, struct yaml_node ***names,
                    size_t *n)
{
    *n = node->kind == YAML_LIST ? node->n : 1;
    *names = arena_alloc(file->arena, (*n + 1) * sizeof(struct yaml_node *));
    bool good = *n > 0 || schema_wrong(&file->schema, node, "one name or several");
    for (size_t i = 0; i < *n; i++) {
        struct yaml_node *item = node->kind == YAML_LIST ? node->items[i] : node;
        (*names)[i] = item;
        good &= !item->bad && expand_node(&file->schema.expand, item, NULL) &&
                (item->kind == YAML_STRING || schema_wrong(&file->schema, item, "a name"));
    }
    return good;
}

/* ---- the file */

static bool is_empty(const struct yaml_node *node)
{
    return !node || node->kind == YAML_NULL || (node->kind == YAML_LIST && !node->n);
}

/* Is it there, but where a finding says already that it does not belong? */
static bool is_misplaced(const struct yaml_node *node, const char *name)
{
    for (size_t i = 0; i < node->n; i++) {
        const struct yaml_node *word = node->kind == YAML_MAP ? node->keys[i] : node->items[i];
        if (word->bad && word->text && strcmp(word->text, name) == 0)
            return true;
        if (is_misplaced(node->items[i], name))
            return true;
    }
    return false;
}

/* Is it not there, and is this not what follows from another mistake? */
static bool is_missing(const struct job_file *file, const char *name)
{
    const struct yaml_node *node = yaml_get(file->root, name);
    if (node)
        return is_empty(node) && !node->bad;
    return !schema_misspelt(job_keys, name, file->root) && !is_misplaced(file->root, name);
}

static void refuse_empty(struct job_file *file)
{
    const struct yaml_node *sources = yaml_get(file->root, "sources");
    const struct yaml_node *outputs = yaml_get(file->root, "outputs");
    bool no_sources = is_missing(file, "sources"), no_outputs = is_missing(file, "outputs");
    if (!no_sources && !no_outputs)
        return;
    const struct yaml_node *at = no_sources ? sources : outputs;
    struct diag_place place = { 0 };
    if (at)
        place = yaml_place(at->key);
    diag_help(file->diags,
              diag_add(file->diags, place, 214, "the job has no %s",
                       !no_outputs   ? "sources"
                       : !no_sources ? "outputs"
                                     : "sources and no outputs"),
              no_sources ? "say where records come from: sources: [{kafka: {…}}]"
                         : "say where results go: outputs: [print]");
}

/* A part of the graph that is not there, or is of another kind. */
static void check_kind(struct job_file *file, struct yaml_node **node, enum yaml_kind kind)
{
    if (!*node || (*node)->kind == kind)
        return;
    schema_wrong(&file->schema, *node, kind == YAML_LIST ? "a list" : "a mapping");
    *node = NULL;
    file->unsure = file->nameless = true;
}

static void check_together(struct job_file *file)
{
    struct job_spec *spec = &file->spec;
    struct yaml_node *backoff = yaml_get(file->root, "attemptBackoff");
    if (spec->backoff_max_ms >= spec->backoff_initial_ms)
        return;
    struct yaml_node *max = yaml_get(backoff, "max");
    if (max)
        diag_add(file->diags, yaml_place(max), 208, "max must be at least initial, here is %s",
                 schema_shown(&file->schema, max));
    else /* an initial longer than our max says both */
        spec->backoff_max_ms = spec->backoff_initial_ms;
}

/* What the settings say; checked when they were read, so what is found here was said there. */
static void read_defaults(struct job_file *file, const struct yaml_node *defaults)
{
    struct diags ignored = { .arena = file->arena, .file = "" };
    struct diags *diags = file->diags;
    file->diags = file->schema.expand.diags = &ignored;
    job_conf_read(file, defaults);
    schema_read(&file->schema, job_keys, (struct yaml_node *)defaults, file);
    file->diags = file->schema.expand.diags = diags;
    file->sources = file->transformations = file->streams = NULL;
    file->outputs = file->tests = file->conf = NULL;
}

/* Weakest first: our defaults, the settings', `conf`, the job's own keys. */
static void read_keys(struct job_file *file, const struct yaml_node *defaults)
{
    schema_defaults(job_keys, file);
    file->defaults = defaults;
    if (defaults)
        read_defaults(file, defaults);
    job_conf_read(file, file->root);
    schema_read(&file->schema, job_keys, file->root, file);
    check_together(file);
}

static bool begin(struct job_file *file, const char *id)
{
    struct diags *diags = file->diags;
    if (!is_name(id))
        diag_help(
            diags,
            diag_add(diags, (struct diag_place){ 0 }, 208, "'%s' cannot be the id of a job", id),
            "the file's name without its suffix is the id: letters, digits, '_' and '-', at "
            "most %d",
            JOB_ID_MAX);
    yaml_parse(file->arena, diags->source, diags, &file->root);
    if (!file->root)
        return false;
    if (file->root->kind == YAML_MAP)
        return true;
    if (file->root->kind == YAML_NULL)
        refuse_empty(file);
    else
        diag_add(diags, yaml_place(file->root), 206, "a job file is a mapping, here is %s",
                 yaml_kind_name(file->root->kind));
    return false;
}

bool job_parse(struct arena *arena, const char *id, const struct job_env *env, struct diags *diags,
               struct job_spec **spec)
{
    size_t before = diag_errors(diags);
    struct job_file *file = arena_zalloc(arena, sizeof *file);
    *spec = NULL;
    file->arena = arena;
    file->diags = diags;
    file->schema = (struct schema){
        .expand = { .arena = arena, .diags = diags, .env = env->expand },
        .root = job_keys,
    };
    if (!begin(file, id))
        return false;
    read_keys(file, env->defaults);
    file->spec.id = id;
    file->spec.file = diags->file;
    file->spec.memory_max = env->memory_max;
    file->spec.wal_compress = file->compress;
    if (!is_empty(file->sources))
        check_kind(file, &file->sources, YAML_LIST);
    if (!is_empty(file->outputs))
        check_kind(file, &file->outputs, YAML_LIST);
    check_kind(file, &file->transformations, YAML_LIST);
    check_kind(file, &file->streams, YAML_MAP);
    check_kind(file, &file->tests, YAML_LIST);
    job_sources_read(file);
    job_streams_read(file);
    job_outputs_read(file);
    job_tests_read(file);
    refuse_empty(file);
    if (file->spec.n_sources && !file->hopeless)
        *spec = &file->spec;
    return diag_errors(diags) == before;
}

bool job_defaults_check(struct arena *arena, const struct expand_env *env, struct diags *diags,
                        struct yaml_node *defaults)
{
    static const char *const parts[] = { "sources", "transformations", "streams",
                                         "outputs", "tests",           NULL };
    size_t before = diag_errors(diags);
    struct job_file *file = arena_zalloc(arena, sizeof *file);
    file->arena = arena;
    file->diags = diags;
    file->root = defaults;
    file->schema = (struct schema){ .expand = { .arena = arena, .diags = diags, .env = env },
                                    .root = job_keys };
    schema_defaults(job_keys, file);
    schema_read(&file->schema, job_keys, defaults, file);
    check_together(file);
    for (size_t i = 0; parts[i]; i++) {
        const struct yaml_node *part = yaml_get(defaults, parts[i]);
        if (part)
            diag_add(diags, yaml_place(part->key), 204,
                     "'%s' has no default; it belongs in a job's own file", parts[i]);
    }
    job_conf_read(file, defaults);
    return diag_errors(diags) == before;
}
