#include "spec/schema.h"

#include <string.h>

#include "base/check.h"
#include "spec/schema_parts.h"

const char *schema_name(const struct yaml_node *node)
{
    while (!node->key) {
        node = node->parent;
        check(node); /* the file itself has no name */
    }
    return node->key->text;
}

const char *schema_subject(struct schema *schema, const struct yaml_node *node)
{
    const char *name = schema_name(node);
    return schema->of ? arena_printf(schema->expand.arena, "%s %s", schema->of, name) : name;
}

const char *schema_shown(struct schema *schema, const struct yaml_node *node)
{
    return node->masked ? "'***'" : arena_printf(schema->expand.arena, "'%s'", node->text);
}

const char *const *schema_names(struct arena *arena, const struct schema_key *keys)
{
    size_t n = 0;
    while (keys[n].name)
        n++;
    const char **names = arena_alloc(arena, (n + 1) * sizeof(const char *));
    for (size_t i = 0; i <= n; i++)
        names[i] = keys[i].name;
    return names;
}

void schema_suggest(struct diags *diags, struct diag *diag, const char *word,
                    const char *const *names)
{
    const char *nearest = diag == &diags->spare ? NULL : diag_nearest(word, names);
    if (nearest)
        diag_help(diags, diag, "did you mean '%s'?", nearest);
}

bool schema_wrong(struct schema *schema, struct yaml_node *node, const char *what)
{
    if (node->bad)
        return false;
    struct diags *diags = schema->expand.diags;
    bool scalar = node->text && node->kind != YAML_NULL;
    struct diag *diag =
        diag_add(diags, yaml_place(node), 206, "%s must be %s, here is %s",
                 schema_subject(schema, node), what,
                 scalar                                    ? schema_shown(schema, node)
                 : node->kind == YAML_LIST && node->n == 0 ? "an empty list"
                 : node->kind == YAML_MAP && node->n == 0  ? "an empty mapping"
                                                           : yaml_kind_name(node->kind));
    if (node->kind == YAML_NULL)
        diag_help(diags, diag, "write the value behind the ':', or leave the key out");
    else if (node->kind == YAML_MAP && strcmp(what, "a list") == 0)
        diag_help(diags, diag, "begin each item with '- '");
    node->bad = true;
    return false;
}

bool schema_later(struct schema *schema, struct yaml_node *node, const char *what)
{
    diag_add(schema->expand.diags, yaml_place(node), 250, "%s is known, but not supported yet",
             what);
    node->bad = true;
    return false;
}

static const struct schema_key *find(const struct schema_key *keys, const char *name)
{
    for (; keys->name; keys++)
        if (strcmp(keys->name, name) == 0)
            return keys;
    return NULL;
}

/* Where a key would belong: the row of the mapping that has it. *top: it is one of the file's own. */
static const struct schema_key *home(const struct schema_key *keys, const char *name, bool *top)
{
    *top = find(keys, name) != NULL;
    for (const struct schema_key *key = keys; key->name && !*top; key++)
        if (key->type == SCHEMA_MAP && find(key->keys, name))
            return key;
    return NULL;
}

static void misplaced(struct schema *schema, struct yaml_node *key, const struct schema_key *owner)
{
    struct diags *diags = schema->expand.diags;
    const struct yaml_node *map = key->parent;
    struct diag_place place = yaml_place(key);
    const char *inside = map->parent ? schema_name(map) : NULL;
    key->bad = true;
    if (owner && !inside)
        diag_add(diags, place, 204, "'%s' stands at the top of the file; it belongs inside '%s'",
                 key->text, owner->name);
    else if (owner)
        diag_add(diags, place, 204, "'%s' stands inside '%s'; it belongs inside '%s'", key->text,
                 inside, owner->name);
    else if (map->style == YAML_BLOCK)
        diag_add(diags, place, 204,
                 "'%s' stands inside '%s'; here it belongs %u space%s to the left", key->text,
                 inside, key->column - 1, key->column == 2 ? "" : "s");
    else
        diag_add(diags, place, 204, "'%s' stands inside '%s'; it belongs at the top of the file",
                 key->text, inside);
}

/* `{a: b,c}`: c is a piece of the value before it. */
static bool is_torn(const struct yaml_node *map, const struct yaml_node *key)
{
    const struct yaml_node *value = map->style == YAML_FLOW ? yaml_get(map, key->text) : NULL;
    return value && value->kind == YAML_NULL && !value->text_len;
}

void schema_unknown(struct schema *schema, struct yaml_node *key, const char *const *names)
{
    struct diags *diags = schema->expand.diags;
    bool top = false;
    const struct schema_key *owner = home(schema->root, key->text, &top);
    if (top || owner) {
        misplaced(schema, key, owner);
        return;
    }
    struct diag *diag = diag_add(diags, yaml_place(key), 202, "unknown key '%s'", key->text);
    schema_suggest(diags, diag, key->text, names);
    if (diag != &diags->spare && !diag->help && is_torn(key->parent, key))
        diag_help(diags, diag, "a value with a ',' in it stands in quotes");
}

bool schema_has(const struct schema_key *keys, const char *name)
{
    return find(keys, name) != NULL;
}

bool schema_misspelt(const struct schema_key *keys, const char *name, const struct yaml_node *map)
{
    const char *const names[] = { name, NULL };
    for (size_t i = 0; i < map->n; i++)
        if (!find(keys, map->keys[i]->text) && diag_nearest(map->keys[i]->text, names))
            return true;
    return false;
}

static bool lacks(const struct schema_key *keys, const struct schema_key *key,
                  const struct yaml_node *map, const char *except)
{
    bool excused = except && strcmp(key->name, except) == 0;
    return key->required && !excused && !yaml_get(map, key->name) &&
           !schema_misspelt(keys, key->name, map);
}

bool schema_missing(struct schema *schema, const struct schema_key *keys, struct yaml_node *map,
                    const char *except)
{
    struct buf names = { 0 };
    size_t n = 0, left = 0;
    const struct schema_key *last = NULL;
    for (const struct schema_key *key = keys; key->name; key++)
        left += lacks(keys, key, map, except);
    for (const struct schema_key *key = keys; key->name; key++) {
        if (!lacks(keys, key, map, except))
            continue;
        n++;
        last = key;
        buf_printf(&names, "%s'%s'", n == 1 ? "" : n == left ? " and " : ", ", key->name);
    }
    if (n) {
        const struct yaml_node *at = map->key ? map->key : map;
        struct diags *diags = schema->expand.diags;
        struct diag *diag =
            diag_add(diags, yaml_place(at), 205, "%s needs %s", schema_name(map), buf_text(&names));
        if (n == 1 && last->example)
            diag_help(diags, diag, "as %s: %s", last->name, last->example);
    }
    buf_free(&names);
    return n == 0;
}

bool schema_read(struct schema *schema, const struct schema_key *keys, struct yaml_node *map,
                 void *out)
{
    bool good = true;
    for (size_t i = 0; i < map->n; i++) {
        const struct schema_key *key = find(keys, map->keys[i]->text);
        if (key) {
            good &= schema_value(schema, key, map->items[i], out);
        } else {
            schema_unknown(schema, map->keys[i], schema_names(schema->expand.arena, keys));
            good = false;
        }
    }
    return schema_missing(schema, keys, map, NULL) && good;
}

static bool read_map(struct schema *schema, const struct schema_key *key, struct yaml_node *node,
                     void *out)
{
    if (node->kind == YAML_MAP)
        return schema_read(schema, key->keys, node, out);
    const struct schema_key *inner = key->shorthand ? find(key->keys, key->shorthand) : NULL;
    if (inner && node->text && node->kind != YAML_NULL)
        return schema_value(schema, inner, node, out);
    return schema_wrong(schema, node, "a mapping");
}

static bool read_node(struct schema *schema, const struct schema_key *key, struct yaml_node *node,
                      void *field)
{
    if (key->type == SCHEMA_LIST && node->kind != YAML_LIST)
        return schema_wrong(schema, node, "a list");
    if (key->type == SCHEMA_ANY_MAP && node->kind != YAML_MAP)
        return schema_wrong(schema, node, "a mapping");
    *(struct yaml_node **)field = node;
    return true;
}

void schema_secret(struct diags *diags, struct yaml_node *node, const char *what)
{
    if (!node->text_len)
        return;
    if (!node->expanded)
        diag_help(diags,
                  diag_warn(diags, yaml_place(node), 104, "%s stands here as plain text", what),
                  "write ${credential:NAME} or ${file:PATH}");
    node->masked = true;
}

/* writeAheadLog.enable; of an item of a list only the key. */
const char *schema_full_name(struct schema *schema, const struct yaml_node *node)
{
    const struct yaml_node *map = node->parent;
    if (!map->parent || map->parent->parent)
        return schema_name(node);
    return arena_printf(schema->expand.arena, "%s.%s", map->key->text, schema_name(node));
}

bool schema_value(struct schema *schema, const struct schema_key *key, struct yaml_node *node,
                  void *out)
{
    void *field = (char *)out + key->at;
    if (node->bad)
        return false;
    if (key->type == SCHEMA_MAP)
        return read_map(schema, key, node, out);
    if (schema_is_node(key->type))
        return key->later ? schema_later(schema, node, schema_full_name(schema, node))
                          : read_node(schema, key, node, field);
    if (!expand_node(&schema->expand, node, NULL))
        return false;
    if (key->secret)
        schema_secret(schema->expand.diags, node, key->name);
    union schema_field value = { 0 };
    if (!schema_convert(schema, key, node, &value))
        return false;
    union schema_field usual = { 0 };
    if (key->later && key->fallback)
        schema_fallback(key, &usual);
    bool works = key->also && value.text && strcmp(key->also, value.text) == 0;
    if (key->later && !works && !schema_equal(key, &value, &usual))
        return schema_later(
            schema, node,
            arena_printf(schema->expand.arena, "%s: %s", schema_full_name(schema, node),
                         node->masked ? "***" : node->text));
    schema_store(key, &value, field);
    return true;
}

void schema_defaults(const struct schema_key *keys, void *out)
{
    for (; keys->name; keys++) {
        union schema_field value = { 0 };
        if (keys->type == SCHEMA_MAP) {
            schema_defaults(keys->keys, out);
        } else if (keys->fallback && !schema_is_node(keys->type)) {
            schema_fallback(keys, &value);
            schema_store(keys, &value, (char *)out + keys->at);
        }
    }
}
