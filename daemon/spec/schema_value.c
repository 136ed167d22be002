#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/store_url.h"
#include "spec/schema_parts.h"
#include "spec/units.h"

static bool is_null(const struct yaml_node *node)
{
    return node->kind == YAML_NULL;
}

static const char *const wanted[] = {
    [SCHEMA_TEXT] = "a text",
    [SCHEMA_URL] = "a store URL",
    [SCHEMA_BOOL] = "true or false",
    [SCHEMA_INT32] = "a whole number",
    [SCHEMA_INT64] = "a whole number",
    [SCHEMA_DOUBLE] = "a number",
    [SCHEMA_DURATION] = "a duration, as 10s",
    [SCHEMA_SIZE] = "a size, as 64MiB",
    [SCHEMA_SHARE] = "a share, as 10%",
    [SCHEMA_WORD] = "one of its words",
};

/* ---- texts */

static bool take_text(struct schema *schema, struct yaml_node *node, union schema_field *value)
{
    if (node->kind == YAML_STRING) {
        value->text = node->text;
        return true;
    }
    bool scalar = node->text && !is_null(node);
    struct diags *diags = schema->expand.diags;
    if (!scalar)
        return schema_wrong(schema, node, "a text");
    diag_help(diags,
              diag_add(diags, yaml_place(node), 206, "%s must be a text, here is %s",
                       schema_name(node), yaml_kind_name(node->kind)),
              "put it in quotes: \"%s\"", node->text);
    node->bad = true;
    return false;
}

static const char *url_help(struct arena *arena, const char *text)
{
    static const char *const schemes[] = { "webhdfs", "file", NULL };
    const char *sign = strstr(text, "://");
    if (text[0] == '/')
        return arena_printf(arena, "write file://%s", text);
    if (strncmp(text, "file:/", 6) == 0 && !sign)
        return arena_printf(arena, "write file://%s", text + 5);
    if (!sign)
        return NULL;
    const char *host = sign + 3, *path = host + strcspn(host, "/");
    int n = (int)strcspn(host, ":,/");
    if (strncmp(text, "hdfs://", 7) == 0)
        return arena_printf(arena, "write webhdfs://%.*s:%u%s", n ? n : 3, n ? host : "nn1",
                            STORE_PORT_HDFS, path);
    const char *scheme = arena_strndup(arena, text, (size_t)(sign - text));
    const char *nearest = diag_nearest(scheme, schemes);
    return nearest && strcmp(nearest, scheme) != 0
               ? arena_printf(arena, "did you mean '%s'?", nearest)
               : NULL;
}

static bool take_url(struct schema *schema, struct yaml_node *node, union schema_field *value)
{
    struct diags *diags = schema->expand.diags;
    struct err err = { 0 };
    struct store_url url;
    if (!take_text(schema, node, value))
        return false;
    if (url_has_password(node->text))
        schema_secret(diags, node, "the password");
    if (store_url_parse(node->text, &url, &err))
        return true;
    const char *help = node->masked ? NULL : url_help(schema->expand.arena, node->text);
    struct diag *diag = diag_add(diags, yaml_place(node), err.code, "%s",
                                 node->masked ? "this is not the URL of a store" : err.text);
    if (help && err.code == 215 && !strstr(err.text, help))
        diag_help(diags, diag, "%s", help);
    node->bad = true;
    return false;
}

static bool take_word(struct schema *schema, const struct schema_key *key, struct yaml_node *node,
                      union schema_field *value)
{
    struct diags *diags = schema->expand.diags;
    struct buf all = { 0 };
    const char *names[16] = { NULL };
    for (size_t i = 0; key->words[i].name; i++) {
        const struct schema_word *word = &key->words[i];
        names[i] = word->name;
        buf_printf(&all, "%s%s", i ? ", " : "", word->name);
        if (!node->text || is_null(node) || strcmp(node->text, word->name) != 0)
            continue;
        value->word = word->value;
        buf_free(&all);
        return !word->later ||
               schema_later(schema, node,
                            arena_printf(schema->expand.arena, "%s: %s",
                                         schema_full_name(schema, node), word->name));
    }
    if (!node->text || is_null(node)) {
        schema_wrong(schema, node, arena_printf(schema->expand.arena, "one of %s", buf_text(&all)));
    } else {
        struct diag *diag = diag_add(diags, yaml_place(node), 206, "%s is one of %s, not %s",
                                     schema_name(node), buf_text(&all), schema_shown(schema, node));
        schema_suggest(diags, diag, node->text, names);
    }
    node->bad = true;
    buf_free(&all);
    return false;
}

/* ---- numbers */

/* A text that came of ${…} and stands without quotes is the number that it reads as. */
static bool reads_as_number(const struct yaml_node *node, double *number)
{
    if (node->kind == YAML_INT || node->kind == YAML_DOUBLE) {
        *number = node->number;
        return true;
    }
    if (!node->expanded || node->quoted || !node->text_len ||
        strspn(node->text, "0123456789.") != node->text_len)
        return false;
    char *end;
    *number = strtod(node->text, &end);
    return !*end;
}

static bool out_of_range(struct schema *schema, struct yaml_node *node, const char *limit)
{
    diag_add(schema->expand.diags, yaml_place(node), 208, "%s must be %s, here is %s",
             schema_name(node), limit, schema_shown(schema, node));
    node->bad = true;
    return false;
}

static const char *as_written(struct schema *schema, enum schema_type type, uint64_t value)
{
    struct buf text = { 0 };
    if (type == SCHEMA_DURATION)
        units_put_duration(value, &text);
    else if (type == SCHEMA_SIZE)
        units_put_size(value, &text);
    else
        buf_printf(&text, "%llu", (unsigned long long)value);
    const char *copy = arena_strdup(schema->expand.arena, buf_text(&text));
    buf_free(&text);
    return copy;
}

static uint64_t most(const struct schema_key *key)
{
    if (key->max)
        return key->max;
    switch (key->type) {
        case SCHEMA_INT32:
            return UINT32_MAX;
        case SCHEMA_DURATION:
            return UNITS_DURATION_MAX;
        case SCHEMA_SIZE:
            return UNITS_SIZE_MAX;
        default:
            return INT64_MAX;
    }
}

static bool in_range(struct schema *schema, const struct schema_key *key, struct yaml_node *node,
                     uint64_t value)
{
    struct arena *arena = schema->expand.arena;
    if (value < key->min)
        return out_of_range(
            schema, node,
            arena_printf(arena, "at least %s", as_written(schema, key->type, key->min)));
    if (value > most(key))
        return out_of_range(
            schema, node,
            arena_printf(arena, "at most %s", as_written(schema, key->type, most(key))));
    return true;
}

static bool take_int(struct schema *schema, const struct schema_key *key, struct yaml_node *node,
                     union schema_field *value)
{
    double number = 0;
    if (!reads_as_number(node, &number) || !(fabs(number) < 0x1p63) ||
        number != (double)(int64_t)number) {
        bool quoted = node->quoted && node->text_len && !node->expanded &&
                      strspn(node->text, "0123456789") == node->text_len;
        bool huge = node->kind == YAML_DOUBLE && !strpbrk(node->text, ".nN");
        if (huge)
            return in_range(schema, key, node, number < 0 ? 0 : UINT64_MAX) &&
                   out_of_range(schema, node, "a whole number of 64 bits");
        schema_wrong(schema, node, quoted ? "a whole number without quotes" : "a whole number");
        return false;
    }
    int64_t integer = node->kind == YAML_INT ? node->integer : (int64_t)number;
    if (integer < 0)
        return out_of_range(
            schema, node,
            arena_printf(schema->expand.arena, "at least %llu", (unsigned long long)key->min));
    value->number = (uint64_t)integer;
    return in_range(schema, key, node, value->number);
}

static bool take_double(struct schema *schema, struct yaml_node *node, union schema_field *value)
{
    if (!reads_as_number(node, &value->real))
        return schema_wrong(schema, node, "a number");
    bool finite = value->real >= 0 && value->real <= 1e15;
    return finite || out_of_range(schema, node, "from 0 to 1e15");
}

/* ---- numbers with a unit */

static bool unit_missing(struct schema *schema, const struct schema_key *key,
                         struct yaml_node *node)
{
    struct arena *arena = schema->expand.arena;
    const char *text = node->masked ? "…" : node->text, *first, *second;
    bool share = key->type == SCHEMA_SHARE, size = key->type == SCHEMA_SIZE;
    first = arena_printf(arena, "%s%s", text, share ? "%" : size ? "MiB" : "ms");
    second = arena_printf(arena, "%s%s", text, size ? "GiB" : "s");
    struct diag_place place = yaml_place(node);
    double number = share ? strtod(text, NULL) : 0;
    if (share && number < 1)
        second = arena_printf(arena, "%g%%", number * 100);
    if (share && number >= 1)
        diag_add(schema->expand.diags, place, 207, "%s needs a unit: write %s", schema_name(node),
                 first);
    else
        diag_add(schema->expand.diags, place, 207, "%s needs a unit: %s could be %s or %s",
                 schema_name(node), schema_shown(schema, node), first, second);
    node->bad = true;
    return false;
}

static bool unit_unknown(struct schema *schema, const struct schema_key *key,
                         struct yaml_node *node)
{
    struct diags *diags = schema->expand.diags;
    size_t digits = strspn(node->text, "0123456789");
    const char *word = node->text + digits;
    bool size = key->type == SCHEMA_SIZE;
    const char *meant = units_meant(word, size);
    struct diag_place place = yaml_text_place(node, digits, node->text_len);
    if (node->masked)
        return schema_wrong(schema, node, wanted[key->type]);
    struct diag *diag =
        diag_add(diags, place, 207, "%s has the unknown unit '%s'", schema_name(node), word);
    if (meant)
        diag_help(diags, diag, "did you mean '%.*s%s'?", (int)digits, node->text, meant);
    else
        diag_help(diags, diag, "units are %s", size ? "B KiB MiB GiB TiB" : "ms s m h d");
    node->bad = true;
    return false;
}

static bool unit_form(struct schema *schema, const struct schema_key *key, struct yaml_node *node)
{
    struct diags *diags = schema->expand.diags;
    bool share = key->type == SCHEMA_SHARE, size = key->type == SCHEMA_SIZE;
    struct diag *diag =
        diag_add(diags, yaml_place(node), 207, "%s must be one %s and one unit, here is %s",
                 schema_name(node), share ? "number" : "whole number", schema_shown(schema, node));
    diag_help(diags, diag, "write it as %s",
              share  ? "10%"
              : size ? "64MiB; units are B KiB MiB GiB TiB"
                     : "10s; units are ms s m h d");
    node->bad = true;
    return false;
}

static enum units_answer measure(enum schema_type type, const char *text, union schema_field *value)
{
    if (type == SCHEMA_DURATION)
        return units_duration(text, &value->number);
    if (type == SCHEMA_SIZE)
        return units_size(text, &value->number);
    return units_share(text, &value->real);
}

static bool take_measure(struct schema *schema, const struct schema_key *key,
                         struct yaml_node *node, union schema_field *value)
{
    bool scalar = node->kind == YAML_STRING || node->kind == YAML_INT || node->kind == YAML_DOUBLE;
    if (!scalar)
        return schema_wrong(schema, node, wanted[key->type]);
    switch (measure(key->type, node->text, value)) {
        case UNITS_OK:
            return key->type == SCHEMA_SHARE || in_range(schema, key, node, value->number);
        case UNITS_MISSING:
            return unit_missing(schema, key, node);
        case UNITS_UNKNOWN:
            return unit_unknown(schema, key, node);
        case UNITS_RANGE:
            if (key->type == SCHEMA_SHARE)
                return out_of_range(schema, node, "from 0% to 100%");
            if (node->text[0] == '-' && key->min == 0)
                return out_of_range(schema, node, "at least 0");
            return in_range(schema, key, node, node->text[0] == '-' ? 0 : UINT64_MAX);
        case UNITS_FORM:
            break;
    }
    return unit_form(schema, key, node);
}

/* YAML 1.1's other words for true and false are Strings since 1.2. */
static bool take_no_bool(struct schema *schema, struct yaml_node *node)
{
    static const char *const words[] = { "yes", "on", "y", "1", "no", "off", "n", "0" };
    size_t i = 0, n = sizeof words / sizeof words[0];
    while (i < n && !(node->text && !node->masked && strcasecmp(node->text, words[i]) == 0))
        i++;
    if (i == n)
        return schema_wrong(schema, node, wanted[SCHEMA_BOOL]);
    struct diags *diags = schema->expand.diags;
    diag_help(diags,
              diag_add(diags, yaml_place(node), 206, "%s must be true or false, here is %s",
                       schema_name(node), schema_shown(schema, node)),
              "write %s", i < n / 2 ? "true" : "false");
    node->bad = true;
    return false;
}

/* ---- */

bool schema_convert(struct schema *schema, const struct schema_key *key, struct yaml_node *node,
                    union schema_field *value)
{
    switch (key->type) {
        case SCHEMA_TEXT:
            return take_text(schema, node, value);
        case SCHEMA_URL:
            return take_url(schema, node, value);
        case SCHEMA_WORD:
            return take_word(schema, key, node, value);
        case SCHEMA_INT32:
        case SCHEMA_INT64:
            return take_int(schema, key, node, value);
        case SCHEMA_DOUBLE:
            return take_double(schema, node, value);
        case SCHEMA_DURATION:
        case SCHEMA_SIZE:
        case SCHEMA_SHARE:
            return take_measure(schema, key, node, value);
        default:
            break;
    }
    check(key->type == SCHEMA_BOOL);
    bool expanded = node->expanded && !node->quoted;
    bool is_true = expanded && strcmp(node->text, "true") == 0;
    bool is_false = expanded && strcmp(node->text, "false") == 0;
    if (node->kind != YAML_BOOL && !is_true && !is_false)
        return take_no_bool(schema, node);
    value->truth = node->kind == YAML_BOOL ? node->truth : is_true;
    return true;
}

void schema_fallback(const struct schema_key *key, union schema_field *value)
{
    const char *text = key->fallback;
    const struct schema_word *word = key->words;
    switch (key->type) {
        case SCHEMA_TEXT:
        case SCHEMA_URL:
            value->text = text;
            return;
        case SCHEMA_BOOL:
            value->truth = strcmp(text, "true") == 0;
            return;
        case SCHEMA_INT32:
        case SCHEMA_INT64:
            value->number = strtoull(text, NULL, 10);
            return;
        case SCHEMA_DOUBLE:
            value->real = strtod(text, NULL);
            return;
        case SCHEMA_WORD:
            while (word->name && strcmp(word->name, text) != 0)
                word++;
            check(word->name);
            value->word = word->value;
            return;
        default:
            check(measure(key->type, text, value) == UNITS_OK);
    }
}

bool schema_equal(const struct schema_key *key, const union schema_field *a,
                  const union schema_field *b)
{
    switch (key->type) {
        case SCHEMA_TEXT:
        case SCHEMA_URL:
            return strcmp(a->text ? a->text : "", b->text ? b->text : "") == 0;
        case SCHEMA_BOOL:
            return a->truth == b->truth;
        case SCHEMA_WORD:
            return a->word == b->word;
        case SCHEMA_DOUBLE:
        case SCHEMA_SHARE:
            return !(a->real < b->real) && !(a->real > b->real);
        default:
            return a->number == b->number;
    }
}

void schema_store(const struct schema_key *key, const union schema_field *value, void *field)
{
    switch (key->type) {
        case SCHEMA_TEXT:
        case SCHEMA_URL:
            *(const char **)field = value->text;
            return;
        case SCHEMA_BOOL:
            *(bool *)field = value->truth;
            return;
        case SCHEMA_INT32:
            *(uint32_t *)field = (uint32_t)value->number;
            return;
        case SCHEMA_DOUBLE:
        case SCHEMA_SHARE:
            *(double *)field = value->real;
            return;
        case SCHEMA_WORD:
            *(int *)field = value->word;
            return;
        default:
            *(uint64_t *)field = value->number;
    }
}
