/* tidemark schema: the job file as JSON Schema (draft 2020-12), for editors that check while one types. What it takes may
 * still be refused by `check`, which knows types and names; what `check` takes, it takes. */
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/json_write.h"
#include "base/list.h"
#include "cli/command.h"
#include "spec/job.h"
#include "spec/job_table.h"
#include "spec/kafka_property.h"

#define NAME_PATTERN "^[A-Za-z0-9_-]{1,63}$"
#define VARIABLE "{\"$ref\": \"#/$defs/variable\"}"
#define SCALAR "{\"type\": [\"string\", \"number\", \"boolean\"]}"
#define REF(name) "#/$defs/" name
#define TEXTS "{\"type\": \"array\", \"items\": {\"type\": \"string\"}, \"minItems\": 1}"
#define INTEGERS "{\"type\": \"array\", \"items\": {\"type\": \"integer\", \"minimum\": 0}}"
#define MAP_OF(items) "{\"type\": \"object\", \"additionalProperties\": " items "}"

static const struct
{ /* values that their owners read themselves: the alternatives, one line each */
    const char *name, *forms[3];
} shapes[] = {
    { "topics",
      { TEXTS, MAP_OF("{\"type\": \"integer\", \"minimum\": 1}"),
        "{\"type\": \"string\", \"pattern\": \"^\\\\^|\\\\$\\\\{\"}" } },
    { "partitions", { MAP_OF(INTEGERS) } },
    { "fromOffsets", { MAP_OF(MAP_OF("{\"type\": \"integer\", \"minimum\": 0}")) } },
    { "addresses", { TEXTS } },
    { "argv",
      { "{\"type\": \"array\", \"minItems\": 1, \"items\": "
        "{\"type\": [\"string\", \"number\", \"boolean\"]}}" } },
    { "headers", { MAP_OF("{\"type\": [\"string\", \"number\", \"boolean\", \"null\"]}") } },
    { "initial", { "{\"type\": \"array\", \"items\": {\"type\": \"array\"}}" } },
    { "input", { "{\"type\": \"array\", \"items\": {\"type\": \"array\"}}", MAP_OF("{}") } },
    { "expect", { "{\"type\": \"array\"}", MAP_OF("{}") } },
    { "errors", { INTEGERS } },
    { "key", { "{\"type\": \"string\"}", TEXTS } },
    { "from", { "{\"type\": \"string\"}", TEXTS } },
};

static const struct { /* parts of the file that are defined once */
    const char *name, *ref;
} parts[] = {
    { "sources", REF("sources") }, { "transformations", REF("transformations") },
    { "streams", REF("streams") }, { "outputs", REF("outputs") },
    { "tests", REF("tests") },     { "conf", REF("conf") },
};

static void put_forms(struct json_write *write, const char *const *forms, size_t n)
{
    json_write_array(write, "anyOf");
    for (size_t i = 0; i < n && forms[i]; i++)
        json_write_raw(write, NULL, forms[i]);
    json_write_end(write);
}

/* ---- one key */

static void put_limits(struct json_write *write, const struct schema_key *key)
{
    json_write_text(write, "type", "integer");
    json_write_uint(write, "minimum", key->min);
    if (key->max)
        json_write_uint(write, "maximum", key->max);
}

static void put_words(struct json_write *write, const struct schema_key *key)
{
    json_write_array(write, "enum");
    for (const struct schema_word *word = key->words; word->name; word++)
        json_write_text(write, NULL, word->name);
    json_write_end(write);
}

/* What a scalar may be besides ${…}, which stands for any of them. */
static void put_scalar(struct json_write *write, const struct schema_key *key)
{
    static const char *const patterns[] = {
        [SCHEMA_DURATION] = "^[0-9]+(ms|s|m|h|d)$",
        [SCHEMA_SIZE] = "^[0-9]+(B|KiB|MiB|GiB|TiB)$",
        [SCHEMA_SHARE] = "^[0-9]+(\\.[0-9]+)?%$",
        [SCHEMA_NAMES] = NULL,
    };
    json_write_array(write, "anyOf");
    json_write_object(write, NULL);
    if (key->type == SCHEMA_BOOL)
        json_write_text(write, "type", "boolean");
    else if (key->type == SCHEMA_INT32 || key->type == SCHEMA_INT64)
        put_limits(write, key);
    else if (key->type == SCHEMA_DOUBLE)
        json_write_text(write, "type", "number");
    else if (key->type == SCHEMA_WORD)
        put_words(write, key);
    else
        json_write_text(write, "type", "string");
    if (patterns[key->type])
        json_write_text(write, "pattern", patterns[key->type]);
    json_write_end(write);
    json_write_raw(write, NULL, VARIABLE);
    json_write_end(write);
}

static void put_node(struct json_write *write, const struct schema_key *key)
{
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
        if (strcmp(parts[i].name, key->name) == 0) {
            json_write_text(write, "$ref", parts[i].ref);
            return;
        }
    bool one = key->type == SCHEMA_NAMES && key->max == 1;
    for (size_t i = 0; i < ARRAY_SIZE(shapes) && key->type != SCHEMA_EXPRESSION && !one; i++)
        if (strcmp(shapes[i].name, key->name) == 0) {
            put_forms(write, shapes[i].forms, ARRAY_SIZE(shapes[i].forms));
            return;
        }
    json_write_raw(write, "type", "[\"string\", \"number\", \"boolean\"]");
}

static void put_default(struct json_write *write, const struct schema_key *key)
{
    bool text = key->type != SCHEMA_BOOL && key->type != SCHEMA_INT32 &&
                key->type != SCHEMA_INT64 && key->type != SCHEMA_DOUBLE;
    if (key->fallback && text)
        json_write_text(write, "default", key->fallback);
    else if (key->fallback)
        json_write_raw(write, "default", key->fallback);
    if (!key->example)
        return;
    json_write_array(write, "examples");
    json_write_text(write, NULL, key->example);
    json_write_end(write);
}

static void put_mapping(struct json_write *write, const struct schema_key *keys,
                        const struct job_kind *kind);

static void put_shorthand(struct json_write *write, const struct schema_key *keys, const char *name)
{
    check(strcmp(keys->name, name) == 0); /* the first of them */
    json_write_array(write, "anyOf");
    json_write_object(write, NULL);
    if (schema_is_node(keys->type))
        put_node(write, keys);
    else
        put_scalar(write, keys);
    json_write_end(write);
    json_write_object(write, NULL);
    put_mapping(write, keys, NULL);
    json_write_end(write);
    json_write_end(write);
}

static void put_key(struct json_write *write, const struct schema_key *key)
{
    json_write_object(write, key->name);
    json_write_text(write, "description", key->help);
    if (key->type == SCHEMA_MAP && key->shorthand)
        put_shorthand(write, key->keys, key->shorthand);
    else if (key->type == SCHEMA_MAP)
        put_mapping(write, key->keys, NULL);
    else if (schema_is_node(key->type))
        put_node(write, key);
    else
        put_scalar(write, key);
    put_default(write, key);
    json_write_end(write);
}

/* ---- mappings */

static void put_property(struct json_write *write, const struct kafka_property_row *row)
{
    json_write_object(write, row->name);
    if (row->kind == PROPERTY_INT) {
        json_write_raw(write, "type", "[\"integer\", \"string\"]");
        json_write_int(write, "minimum", row->min);
        json_write_int(write, "maximum", row->max);
    } else if (row->kind == PROPERTY_BOOL) {
        json_write_raw(write, "type", "[\"boolean\", \"string\"]");
    } else {
        json_write_raw(write, "type", "[\"string\", \"number\", \"boolean\"]");
    }
    if (row->words)
        json_write_text(write, "description", row->words);
    json_write_end(write);
}

static bool is_output(const struct job_kind *kind)
{
    const struct job_kind *at = job_output_kinds;
    while (at->name && at != kind)
        at++;
    return at == kind;
}

static void put_properties(struct json_write *write, const struct job_kind *kind)
{
    enum kafka_property_side side = is_output(kind) ? PROPERTY_OF_PRODUCERS : PROPERTY_OF_CONSUMERS;
    const struct kafka_property_row *row = NULL;
    while ((row = kafka_property_next(side, row)))
        if (!schema_has(kind->keys, row->name) && !kafka_property_ours(side, row->name))
            put_property(write, row);
}

/* The brokers of a source may be said in other ways. */
static bool is_excused(const struct job_kind *kind, const struct schema_key *key)
{
    return kind && kind->is_kafka && !is_output(kind) &&
           strcmp(key->name, "bootstrap.servers") == 0;
}

static void put_required(struct json_write *write, const struct schema_key *keys,
                         const struct job_kind *kind)
{
    bool any = false;
    for (const struct schema_key *key = keys; key->name; key++)
        any |= key->required && !is_excused(kind, key);
    if (any)
        json_write_array(write, "required");
    for (const struct schema_key *key = keys; key->name; key++)
        if (key->required && !is_excused(kind, key))
            json_write_text(write, NULL, key->name);
    if (any)
        json_write_end(write);
    if (kind && kind->is_kafka && !is_output(kind))
        json_write_raw(write, "anyOf",
                       "[{\"required\": [\"bootstrap.servers\"]}, {\"required\": [\"zkQuorum\"]}, "
                       "{\"required\": [\"metadata.broker.list\"]}]");
}

static void put_mapping(struct json_write *write, const struct schema_key *keys,
                        const struct job_kind *kind)
{
    json_write_text(write, "type", "object");
    json_write_object(write, "properties");
    for (const struct schema_key *key = keys; key->name; key++)
        put_key(write, key);
    if (kind && kind->is_kafka)
        put_properties(write, kind);
    json_write_end(write);
    put_required(write, keys, kind);
    json_write_bool(write, "additionalProperties", false);
}

/* ---- items: a mapping with one key, or a bare word */

static void begin_items(struct json_write *write, const char *name)
{
    json_write_object(write, name);
    json_write_text(write, "type", "array");
    json_write_object(write, "items");
    json_write_array(write, "oneOf");
}

static void begin_object(struct json_write *write)
{
    json_write_object(write, NULL);
    json_write_text(write, "type", "object");
    json_write_int(write, "minProperties", 1);
    json_write_int(write, "maxProperties", 1);
    json_write_bool(write, "additionalProperties", false);
    json_write_object(write, "properties");
}

static void end_items(struct json_write *write)
{
    for (unsigned i = 0; i < 5; i++) /* properties, object, oneOf, items, the part */
        json_write_end(write);
}

static bool needs_nothing(const struct schema_key *keys)
{
    for (; keys->name; keys++)
        if (keys->required)
            return false;
    return true;
}

static void put_kinds(struct json_write *write, const char *name, const struct job_kind *kinds)
{
    begin_items(write, name);
    json_write_object(write, NULL);
    json_write_array(write, "enum");
    for (const struct job_kind *kind = kinds; kind->name; kind++)
        if (needs_nothing(kind->keys))
            json_write_text(write, NULL, kind->name);
    json_write_end(write);
    json_write_end(write);
    begin_object(write);
    for (const struct job_kind *kind = kinds; kind->name; kind++) {
        json_write_object(write, kind->name);
        json_write_text(write, "description", kind->help);
        if (strcmp(kind->name, "pipe") == 0) {
            put_shorthand(write, kind->keys, "argv");
        } else if (needs_nothing(kind->keys)) {
            json_write_array(write, "anyOf");
            json_write_raw(write, NULL, "{\"type\": \"null\"}");
            json_write_object(write, NULL);
            put_mapping(write, kind->keys, kind);
            json_write_end(write);
            json_write_end(write);
        } else {
            put_mapping(write, kind->keys, kind);
        }
        json_write_end(write);
    }
    end_items(write);
}

static void put_argument(struct json_write *write, const struct job_op_row *row)
{
    switch (row->form) {
        case FORM_NONE:
            json_write_text(write, "type", "null");
            break;
        case FORM_EXPRESSION:
            json_write_raw(write, "type", "[\"string\", \"number\", \"boolean\"]");
            break;
        case FORM_NUMBER:
            put_scalar(write, row->keys);
            break;
        case FORM_STREAM:
            json_write_text(write, "type", "string");
            break;
        case FORM_STREAMS:
            put_forms(write, (const char *const[]){ "{\"type\": \"string\"}", TEXTS }, 2);
            break;
        case FORM_MAP:
            if (row->shorthand)
                put_shorthand(write, row->keys, row->shorthand);
            else
                put_mapping(write, row->keys, NULL);
            break;
    }
}

static void put_ops(struct json_write *write)
{
    begin_items(write, "transformations");
    json_write_object(write, NULL);
    json_write_array(write, "enum");
    for (const struct job_op_row *row = job_op_rows; row->name; row++)
        if (row->form == FORM_NONE || row->may_lack)
            json_write_text(write, NULL, row->name);
    json_write_end(write);
    json_write_end(write);
    begin_object(write);
    for (const struct job_op_row *row = job_op_rows; row->name; row++) {
        json_write_object(write, row->name);
        json_write_text(write, "description", row->help);
        put_argument(write, row);
        json_write_end(write);
    }
    end_items(write);
}

/* ---- the file */

static void put_named(struct json_write *write, const char *name, const struct schema_key *keys,
                      bool is_list)
{
    json_write_object(write, name);
    json_write_text(write, "type", is_list ? "array" : "object");
    if (!is_list)
        json_write_raw(write, "propertyNames", "{\"pattern\": \"" NAME_PATTERN "\"}");
    json_write_object(write, is_list ? "items" : "additionalProperties");
    put_mapping(write, keys, NULL);
    json_write_end(write);
    json_write_end(write);
}

static void put_defs(struct json_write *write)
{
    json_write_object(write, "$defs");
    json_write_raw(write, "variable",
                   "{\"description\": \"${NAME}, ${NAME:-default}, ${NAME:?message}, "
                   "${credential:NAME} or ${file:PATH}\", \"type\": \"string\", \"pattern\": "
                   "\"\\\\$\\\\{\"}");
    put_kinds(write, "sources", job_source_kinds);
    put_ops(write);
    put_named(write, "streams", job_stream_keys, false);
    put_kinds(write, "outputs", job_output_kinds);
    put_named(write, "tests", job_test_keys, true);
    json_write_raw(write, "conf",
                   "{\"type\": \"object\", \"propertyNames\": {\"pattern\": \"^spark\\\\.\"}, "
                   "\"additionalProperties\": " SCALAR "}");
    json_write_end(write);
}

static void put_schema(struct buf *out)
{
    struct json_write write = { .out = out };
    json_write_object(&write, NULL);
    json_write_text(&write, "$schema", "https://json-schema.org/draft/2020-12/schema");
    json_write_text(&write, "title", "a job of Tidemark " TIDEMARK_VERSION);
    json_write_text(&write, "type", "object");
    json_write_object(&write, "properties");
    for (const struct schema_key *key = job_keys; key->name; key++)
        put_key(&write, key);
    json_write_end(&write);
    json_write_raw(&write, "required", "[\"sources\", \"outputs\"]");
    json_write_bool(&write, "additionalProperties", false);
    put_defs(&write);
    json_write_end(&write);
}

static int schema_run(struct cli *cli, int argc, char **argv)
{
    int status = cli_parse(cli, NULL, NULL, &argc, argv);
    if (status != CLI_GO)
        return status;
    if (argc > 1)
        return cli_fail(cli, CLI_USAGE, "takes no arguments, here is '%s'", argv[1]);
    struct buf out = { 0 };
    put_schema(&out);
    fwrite(out.ptr, 1, out.len, stdout);
    buf_free(&out);
    return CLI_DONE;
}

const struct command schema_command = {
    .name = "schema",
    .arguments = "",
    .summary = "JSON Schema of the job file, for editors",
    .example = "tidemark schema > tidemark-job.schema.json",
    .run = schema_run,
};
