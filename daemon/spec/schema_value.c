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
    if (!sign)
        return strncmp(text, "file:/", 6) == 0 ? arena_printf(arena, "write file://%s", text + 5)
                                               : NULL;
    const char *scheme = arena_strndup(arena, text, (size_t)(sign - text));
    const char *nearest = diag_nearest(scheme, schemes);
    return nearest ? arena_printf(arena, "did you mean '%s'?", nearest) : NULL;
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
    bool mendable = err.code == 215 && !node->masked;
    const char *help = mendable ? url_help(schema->expand.arena, node->text) : NULL;
    struct diag *diag = diag_add(diags, yaml_place(node), err.code, "%s",
                                 node->masked ? "this is not the URL of a store" : err.text);
    if (help)
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

/* What came of ${…} is the number, or the truth, that it reads as: with quotes, which it needs inside {…}, too. */
static struct yaml_node read_as(const struct yaml_node *node)
{
    struct yaml_node read = *node;
    if (node->expanded) {
        read.quoted = false;
        yaml_resolve(&read);
    }
    return read;
}

static bool out_of_range(struct schema *schema, struct yaml_node *node, const char *limit)
{
    diag_add(schema->expand.diags, yaml_place(node), 208, "%s must be %s, here is %s",
             schema_subject(schema, node), limit, schema_shown(schema, node));
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

static bool too_little(struct schema *schema, const struct schema_key *key, struct yaml_node *node)
{
    return out_of_range(
        schema, node,
        arena_printf(schema->expand.arena, "at least %s", as_written(schema, key->type, key->min)));
}

static bool too_much(struct schema *schema, const struct schema_key *key, struct yaml_node *node)
{
    return out_of_range(
        schema, node,
        arena_printf(schema->expand.arena, "at most %s", as_written(schema, key->type, most(key))));
}

static bool in_range(struct schema *schema, const struct schema_key *key, struct yaml_node *node,
                     uint64_t value)
{
    if (value < key->min)
        return too_little(schema, key, node);
    if (value > most(key))
        return too_much(schema, key, node);
    return true;
}

static bool is_digits(const struct yaml_node *node)
{
    return node->text_len && strspn(node->text, "0123456789") == node->text_len;
}

static bool take_int(struct schema *schema, const struct schema_key *key, struct yaml_node *node,
                     union schema_field *value)
{
    struct yaml_node read = read_as(node);
    bool whole = read.kind == YAML_DOUBLE && isfinite(read.number) &&
                 read.number == trunc(read.number); /* 3.0 and 1e3 */
    if (read.kind != YAML_INT && !whole)
        return schema_wrong(schema, node,
                            node->quoted && !node->expanded && is_digits(node)
                                ? "a whole number without quotes"
                                : "a whole number");
    if (whole && !(fabs(read.number) < 0x1p63))
        return read.number < 0 ? too_little(schema, key, node) : too_much(schema, key, node);
    int64_t integer = whole ? (int64_t)read.number : read.integer;
    if (integer < 0)
        return too_little(schema, key, node);
    value->number = (uint64_t)integer;
    return in_range(schema, key, node, value->number);
}

static bool take_double(struct schema *schema, struct yaml_node *node, union schema_field *value)
{
    struct yaml_node read = read_as(node);
    if (read.kind != YAML_INT && read.kind != YAML_DOUBLE)
        return schema_wrong(schema, node, "a number");
    value->real = read.number;
    bool fits = value->real >= 0 && value->real <= 1e15; /* NaN does not */
    if (!fits)
        return out_of_range(schema, node, "from 0 to 1e15");
    return true;
}

/* ---- numbers with a unit */

static bool unit_missing(struct schema *schema, const struct schema_key *key,
                         struct yaml_node *node)
{
    struct arena *arena = schema->expand.arena;
    const char *text = node->text, *first, *second;
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
    enum units_answer answer = measure(key->type, node->text, value);
    if (answer == UNITS_OK)
        return key->type == SCHEMA_SHARE || in_range(schema, key, node, value->number);
    if (answer == UNITS_RANGE && key->type == SCHEMA_SHARE)
        return out_of_range(schema, node, "from 0% to 100%");
    if (answer == UNITS_RANGE)
        return node->text[0] == '-' ? too_little(schema, key, node) : too_much(schema, key, node);
    if (node->masked) /* not a word of it is repeated */
        return schema_wrong(schema, node, wanted[key->type]);
    return answer == UNITS_MISSING   ? unit_missing(schema, key, node)
           : answer == UNITS_UNKNOWN ? unit_unknown(schema, key, node)
                                     : unit_form(schema, key, node);
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
    struct yaml_node read = read_as(node);
    value->truth = read.truth;
    if (read.kind != YAML_BOOL)
        return take_no_bool(schema, node);
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
            while (strcmp(word->name, text) != 0)
                word++;
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
