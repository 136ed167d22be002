#include "spec/job_values.h"

#include <string.h>

#include "base/list.h"
#include "spec/job_parts.h"
#include "spec/kafka_property.h"
#include "spec/schema_parts.h"

#define MASK "***"

/* ---- nodes of the file as text */

/* A text inside a list or mapping: in quotes when it would be read as something else without. */
static void put_scalar(struct arena *arena, const struct yaml_node *node, struct buf *out)
{
    bool plain = node->kind != YAML_STRING ||
                 (!node->quoted && !node->expanded && !strpbrk(node->text, "[]{},:#\n"));
    buf_puts(out, node->masked              ? MASK
                  : node->kind == YAML_NULL ? "~"
                  : plain                   ? node->text
                          : yaml_quoted(arena, (struct slice){ node->text, node->text_len }));
}

static void put_node(struct arena *arena, const struct yaml_node *node, struct buf *out)
{
    bool map = node->kind == YAML_MAP;
    if (!map && node->kind != YAML_LIST) {
        put_scalar(arena, node, out);
        return;
    }
    buf_puts(out, map ? "{" : "[");
    for (size_t i = 0; i < node->n; i++) {
        buf_puts(out, i ? ", " : "");
        if (map)
            put_scalar(arena, node->keys[i], out);
        buf_puts(out, map ? ": " : "");
        put_node(arena, node->items[i], out);
    }
    buf_puts(out, map ? "}" : "]");
}

const char *job_value_text(struct arena *arena, const struct yaml_node *node)
{
    struct buf out = { 0 };
    if (node->text && node->kind != YAML_NULL)
        return node->masked ? MASK : node->text;
    put_node(arena, node, &out);
    const char *text = arena_strdup(arena, buf_text(&out));
    buf_free(&out);
    return text;
}

/* ---- the job's own keys */

struct gather { /* values under way */
    struct arena *arena;
    const struct job_file *file;
    struct job_values values;
    size_t cap;
};

static struct job_value *add(struct gather *gather)
{
    struct job_values *values = &gather->values;
    if (values->n == gather->cap) {
        size_t cap = gather->cap ? 2 * gather->cap : 32;
        struct job_value *items = arena_alloc(gather->arena, cap * sizeof *items);
        if (values->n)
            memcpy(items, values->items, values->n * sizeof *items);
        values->items = items;
        gather->cap = cap;
    }
    values->items[values->n] = (struct job_value){ .from = FROM_DEFAULT };
    return &values->items[values->n++];
}

/* The value of a key that may stand in a mapping of the file, which a scalar can stand for. */
static const struct yaml_node *said(const struct yaml_node *root, const struct schema_key *outer,
                                    const struct schema_key *key)
{
    const struct yaml_node *node = yaml_get(root, outer ? outer->name : key->name);
    if (!outer || !node || node->kind == YAML_MAP)
        return outer ? yaml_get(node, key->name) : node;
    return outer->shorthand && strcmp(outer->shorthand, key->name) == 0 ? node : NULL;
}

static void add_key(struct gather *gather, const struct schema_key *outer, const char *name,
                    const struct schema_key *key)
{
    const struct job_file *file = gather->file;
    const struct yaml_node *own = said(file->root, outer, key);
    const struct yaml_node *usual = said(file->defaults, outer, key);
    struct job_value *value = add(gather);
    struct buf text = { 0 };
    value->key = name;
    value->help = key->help;
    value->property = job_conf_property(file->root, name);
    value->from = own                                                ? FROM_JOB
                  : value->property                                  ? FROM_CONF
                  : usual || job_conf_property(file->defaults, name) ? FROM_SETTINGS
                                                                     : FROM_DEFAULT;
    const struct yaml_node *node = own ? own : usual;
    schema_put(key, (const char *)file + key->at, &text);
    bool unset = !text.len || (value->from == FROM_DEFAULT && !key->fallback);
    value->value = node && node->masked ? MASK
                   : unset              ? NULL
                                        : arena_strdup(gather->arena, buf_text(&text));
    buf_free(&text);
}

static void add_keys(struct gather *gather, const struct schema_key *outer, const char *prefix,
                     const struct schema_key *keys)
{
    for (const struct schema_key *key = keys; key->name; key++) {
        const char *name = arena_printf(gather->arena, "%s%s", prefix, key->name);
        if (key->type == SCHEMA_MAP)
            add_keys(gather, key, arena_printf(gather->arena, "%s.", name), key->keys);
        else if (!schema_is_node(key->type)) /* the graph, the tests */
            add_key(gather, outer, name, key);
    }
}

struct job_values job_values(struct arena *arena, const struct job_spec *spec)
{
    struct gather gather = { .arena = arena, .file = CONTAINER_OF(spec, struct job_file, spec) };
    add_keys(&gather, NULL, "", job_keys);
    return gather.values;
}

/* ---- a mapping's */

static bool needs_nothing(const struct schema_key *keys)
{
    while (keys->name && !keys->required)
        keys++;
    return !keys->name;
}

static void add_said(struct gather *gather, const char *name, const struct schema_key *key,
                     const struct yaml_node *node)
{
    bool map =
        key->type == SCHEMA_MAP && (node ? node->kind == YAML_MAP : needs_nothing(key->keys));
    for (const struct schema_key *inner = key->keys; map && inner->name; inner++)
        add_said(gather, arena_printf(gather->arena, "%s.%s", name, inner->name), inner,
                 yaml_get(node, inner->name));
    if (map)
        return;
    struct job_value *value = add(gather);
    value->key = name;
    value->help = key->help;
    value->from = node ? FROM_JOB : FROM_DEFAULT;
    value->value = !node ? key->fallback : key->secret ? MASK : job_value_text(gather->arena, node);
}

static bool is_secret(const char *name) /* of librdkafka's properties */
{
    static const enum kafka_property_side sides[] = { PROPERTY_OF_CONSUMERS,
                                                      PROPERTY_OF_PRODUCERS };
    bool secret = false;
    for (size_t i = 0; i < ARRAY_SIZE(sides); i++) {
        const struct kafka_property_row *row = kafka_property_find(sides[i], name);
        secret |= row && row->secret;
    }
    return secret;
}

struct job_values job_values_of(struct arena *arena, const struct schema_key *keys,
                                const char *shorthand, const struct yaml_node *map)
{
    struct gather gather = { .arena = arena };
    bool inner = map && map->kind != YAML_MAP && shorthand;
    for (const struct schema_key *key = keys; key && key->name; key++)
        add_said(&gather, key->name, key,
                 inner && strcmp(key->name, shorthand) == 0 ? map : yaml_get(map, key->name));
    for (size_t i = 0; map && map->kind == YAML_MAP && i < map->n; i++) {
        const char *name = map->keys[i]->text;
        if (!keys || !schema_has(keys, name))
            add_said(&gather, name, &(struct schema_key){ .secret = is_secret(name) },
                     map->items[i]);
    }
    return gather.values;
}
