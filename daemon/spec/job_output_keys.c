/* The outputs and their keys. What nothing delivers yet is only checked. */
#include <string.h>
#include <strings.h>

#include "base/list.h"
#include "base/store_url.h"
#include "spec/job_parts.h"

struct output_keys {
    struct job_output output;
    const char *label, *prefix, *suffix, *directory, *url, *table, *topic;
    struct yaml_node *from, *servers, *key, *value, *headers, *argv;
    uint64_t size, age_ms, idle_ms;
    int format, compress, mode, method;
    bool create;
};
#define AT(field) offsetof(struct output_keys, field)

static const struct schema_word formats[] = {
    { .name = "text" },
    { .name = "json", .value = 1 },
    { .name = "csv", .value = 2 },
    { 0 },
};
static const struct schema_word compressions[] = {
    { .name = "none" },
    { .name = "gzip", .value = 1 },
    { .name = "lz4", .value = 2 },
    { .name = "zstd", .value = 3 },
    { 0 },
};
enum { MODE_APPEND, MODE_UPSERT };
static const struct schema_word modes[] = {
    { .name = "append", .value = MODE_APPEND },
    { .name = "upsert", .value = MODE_UPSERT },
    { 0 },
};
static const struct schema_word methods[] = {
    { .name = "POST" },
    { .name = "PUT", .value = 1 },
    { .name = "PATCH", .value = 2 },
    { 0 },
};

/* clang-format off */
#define OUTPUT_KEYS                                                                                \
    { .name = "from", .type = SCHEMA_NAMES, .at = AT(from), .max = 1,                              \
      .help = "the source or stream that it shows; default: result", .example = "result" },        \
    { .name = "label", .type = SCHEMA_TEXT, .at = AT(label),                                       \
      .help = "its name; default: its kind and position, as print0", .example = "counts" }
#define FILE_KEYS                                                                                  \
    OUTPUT_KEYS,                                                                                   \
    { .name = "format", .type = SCHEMA_WORD, .at = AT(format), .fallback = "text",                 \
      .words = formats, .help = "of the line of a record; text: as print shows it" },              \
    { .name = "compress", .type = SCHEMA_WORD, .at = AT(compress), .fallback = "none",             \
      .words = compressions, .help = "of the files" }
/* clang-format on */

static const struct schema_key print_keys[] = {
    { .name = "num",
      .type = SCHEMA_INT32,
      .at = AT(output.num),
      .fallback = "10",
      .max = 1000000,
      .help = "records shown of a batch" },
    OUTPUT_KEYS,
    { 0 },
};

static const struct schema_key text_files_keys[] = {
    { .name = "prefix",
      .type = SCHEMA_TEXT,
      .at = AT(prefix),
      .required = true,
      .example = "webhdfs://nn1:9870/out/words",
      .help = "a batch's directory is prefix-<batch ms>[.suffix]: a store URL, or a path of the "
              "checkpoint's store" },
    { .name = "suffix",
      .type = SCHEMA_TEXT,
      .at = AT(suffix),
      .help = "of the directory; default: none",
      .example = "txt" },
    FILE_KEYS,
    { 0 },
};

static const struct schema_key roll_keys[] = {
    { .name = "size",
      .type = SCHEMA_SIZE,
      .at = AT(size),
      .fallback = "128MiB",
      .min = 1024,
      .help = "a file that is larger is closed" },
    { .name = "age",
      .type = SCHEMA_DURATION,
      .at = AT(age_ms),
      .fallback = "1h",
      .min = 1000,
      .help = "one that was begun so long ago is closed" },
    { .name = "idle",
      .type = SCHEMA_DURATION,
      .at = AT(idle_ms),
      .fallback = "5m",
      .min = 1000,
      .help = "one that got nothing for so long is closed" },
    { 0 },
};

static const struct schema_key append_files_keys[] = {
    { .name = "directory",
      .type = SCHEMA_URL,
      .at = AT(directory),
      .required = true,
      .example = "webhdfs://nn1:9870/out",
      .help = "the store directory that files are put into" },
    { .name = "roll", .type = SCHEMA_MAP, .keys = roll_keys, .help = "when a file is closed" },
    FILE_KEYS,
    { 0 },
};

static const struct schema_key kafka_keys[] = {
    { .name = "bootstrap.servers",
      .type = SCHEMA_ANY,
      .at = AT(servers),
      .required = true,
      .example = "broker1:9092",
      .help = "host:port, several with commas" },
    { .name = "topic",
      .type = SCHEMA_TEXT,
      .at = AT(topic),
      .required = true,
      .example = "counts",
      .help = "that records are written to" },
    { .name = "key",
      .type = SCHEMA_EXPRESSION,
      .at = AT(key),
      .help = "an expression of the row; default: no key",
      .example = "_._1" },
    { .name = "value",
      .type = SCHEMA_EXPRESSION,
      .at = AT(value),
      .help = "an expression of the row; default: the row, a String as it is, else as JSON",
      .example = "_._1" },
    OUTPUT_KEYS,
    { 0 },
};

static const struct schema_key postgres_keys[] = {
    { .name = "url",
      .type = SCHEMA_TEXT,
      .at = AT(url),
      .required = true,
      .example = "postgresql://user@db1:5432/counts",
      .help = "postgresql://user@host:port/database" },
    { .name = "table",
      .type = SCHEMA_TEXT,
      .at = AT(table),
      .required = true,
      .example = "words",
      .help = "that rows are written to" },
    { .name = "mode",
      .type = SCHEMA_WORD,
      .at = AT(mode),
      .fallback = "append",
      .words = modes,
      .help = "upsert: a row whose key is there replaces it" },
    { .name = "key",
      .type = SCHEMA_ANY,
      .at = AT(key),
      .help = "of upsert: a column, or a list of them",
      .example = "word" },
    { .name = "createTable",
      .type = SCHEMA_BOOL,
      .at = AT(create),
      .fallback = "true",
      .help = "true: the table is made when there is none" },
    OUTPUT_KEYS,
    { 0 },
};

static const struct schema_key http_keys[] = {
    { .name = "url",
      .type = SCHEMA_TEXT,
      .at = AT(url),
      .required = true,
      .example = "https://example.org/counts",
      .help = "http:// or https://: where a batch is sent, one row a line as JSON" },
    { .name = "method",
      .type = SCHEMA_WORD,
      .at = AT(method),
      .fallback = "POST",
      .words = methods,
      .help = "of each request" },
    { .name = "headers",
      .type = SCHEMA_ANY_MAP,
      .at = AT(headers),
      .help = "name: text, of each request beside ours",
      .example = "{X-Source: tidemark}" },
    OUTPUT_KEYS,
    { 0 },
};

static const struct schema_key pipe_keys[] = {
    { .name = "argv",
      .type = SCHEMA_LIST,
      .at = AT(argv),
      .required = true,
      .example = "[sort, -n]",
      .help = "the program and its arguments; a list in place of the mapping is this" },
    OUTPUT_KEYS,
    { 0 },
};

#define REPEATED "at least once, with identical content"
#define FILES                                                                                \
    "exactly once on the checkpoint's own store; on another, unless a reader removes files " \
    "within a take-over"
#define UNTIL_THEN "until then: print, and a program that reads standard output"

const struct job_kind job_output_kinds[] = {
    { .name = "print",
      .keys = print_keys,
      .help = "The first records of each batch on standard output, as Spark's pprint() shows them.",
      .guarantee = REPEATED },
    { .name = "saveAsTextFiles",
      .keys = text_files_keys,
      .help = "A directory of text files for each batch, complete once it holds _SUCCESS.",
      .guarantee = FILES,
      .later = UNTIL_THEN },
    { .name = "appendFiles",
      .keys = append_files_keys,
      .help = "Few large files, named by the times of their first and last batch.",
      .guarantee = FILES,
      .later = UNTIL_THEN },
    { .name = "kafka",
      .keys = kafka_keys,
      .is_kafka = true,
      .help = "A Kafka topic, written in transactions. Any property of librdkafka is a key beside "
              "these.",
      .guarantee = "exactly once for readers that are read_committed",
      .later = UNTIL_THEN },
    { .name = "postgres",
      .keys = postgres_keys,
      .help = "A table; the batch's number is stored in the same transaction.",
      .guarantee = "exactly once",
      .later = UNTIL_THEN },
    { .name = "http",
      .keys = http_keys,
      .help = "The batch as JSON lines to a URL, with an Idempotency-Key that names it.",
      .guarantee = REPEATED,
      .later = UNTIL_THEN },
    { .name = "pipe",
      .keys = pipe_keys,
      .help = "The batch on the standard input of a program of yours, as foreachRDD would have it.",
      .guarantee = REPEATED,
      .later = UNTIL_THEN },
    { .name = NULL },
};

/* ---- what a table cannot say of a value */

static bool refuse(struct job_file *file, struct yaml_node *node, unsigned code, const char *text)
{
    diag_add(file->diags, yaml_place(node), code, "%s", text);
    node->bad = true;
    return false;
}

static bool has_scheme(const char *text, const char *scheme)
{
    size_t n = strlen(scheme);
    return strncmp(text, scheme, n) == 0 && strncmp(text + n, "://", 3) == 0 && text[n + 3];
}

/* schemes: two of them */
static bool is_url(struct job_file *file, struct yaml_node *node, const char *const *schemes)
{
    const char *sign = strstr(node->text, "://");
    if (has_scheme(node->text, schemes[0]) || has_scheme(node->text, schemes[1]))
        return true;
    struct diag *diag =
        diag_add(file->diags, yaml_place(node), 215, "%s must be a URL, %s://host/…, here is %s",
                 schema_name(node), schemes[0], schema_shown(&file->schema, node));
    if (sign && !node->masked)
        schema_suggest(file->diags, diag,
                       arena_strndup(file->arena, node->text, (size_t)(sign - node->text)),
                       schemes);
    return false;
}

static bool url_fits(struct job_file *file, const struct job_kind *kind, struct yaml_node *node)
{
    static const char *const sql[] = { "postgresql", "postgres", NULL };
    static const char *const web[] = { "https", "http", NULL };
    bool is_sql = kind->keys == postgres_keys;
    if (!node)
        return true;
    if (url_has_password(node->text))
        schema_secret(file->diags, node,
                      arena_printf(file->arena, "the password in %s", schema_name(node)));
    return is_url(file, node, is_sql ? sql : web);
}

static bool prefix_fits(struct job_file *file, struct yaml_node *node)
{
    static const struct schema_key url = { .name = "prefix", .type = SCHEMA_URL };
    const char *ignored;
    if (!node || !strstr(node->text, ":/"))
        return true;
    return schema_value(&file->schema, &url, node, &ignored);
}

/* A header whose value lets in whoever has it. */
static bool is_secret_header(const char *name)
{
    static const char *const parts[] = { "auth", "cookie", "key", "password", "secret", "token" };
    bool secret = false;
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
        secret |= strcasestr(name, parts[i]) != NULL;
    return secret;
}

static bool headers_fit(struct job_file *file, struct yaml_node *map)
{
    bool good = true;
    for (size_t i = 0; map && i < map->n; i++) {
        static const char letters[] =
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
            "0123456789!#$%&'*+-.^_`|~"; /* a token of RFC 9110 */
        struct yaml_node *key = map->keys[i], *value = map->items[i];
        struct schema_key row = { .name = key->text, .type = SCHEMA_TEXT };
        const char *text = NULL;
        row.secret = is_secret_header(key->text);
        if (!key->text_len || strspn(key->text, letters) != key->text_len)
            good = refuse(file, key, 208, "this cannot be the name of a header");
        else if (!schema_value(&file->schema, &row, value, &text))
            good = false;
        else if (strpbrk(text, "\r\n"))
            good = refuse(file, value, 208, "a header is one line");
    }
    return good;
}

/* A text, or a list of them. */
static bool columns_fit(struct job_file *file, struct yaml_node *node)
{
    struct yaml_node **names;
    size_t n;
    return !node || job_names_read(file, node, &names, &n);
}

/* ---- one output */

struct yaml_node *job_output_map(struct job_file *file, const struct job_kind *kind,
                                 const struct job_item *item, bool *good)
{
    struct yaml_node *map = job_item_map(file, &(struct job_item){ .name = item->name });
    *good = !item->arg || item->arg->kind == YAML_MAP;
    if (*good)
        return item->arg ? item->arg : map;
    *good = kind->keys == pipe_keys && item->arg->kind == YAML_LIST;
    if (!*good) {
        schema_wrong(&file->schema, item->arg,
                     kind->keys == print_keys  ? "a mapping, as {num: 10}"
                     : kind->keys == pipe_keys ? "a list, as [program, argument]"
                                               : "a mapping");
        return map;
    }
    struct yaml_node *argv = arena_alloc(file->arena, sizeof *argv); /* as if it were written out */
    *argv = *item->name;
    argv->text = "argv";
    map->keys = arena_alloc(file->arena, sizeof *map->keys);
    map->items = arena_alloc(file->arena, sizeof *map->items);
    map->keys[0] = argv;
    map->items[0] = item->arg;
    map->n = 1;
    return map;
}

static bool read_kafka(struct job_file *file, struct yaml_node *map, struct output_keys *keys)
{
    bool good = true;
    for (size_t i = 0; i < map->n; i++) {
        struct yaml_node *node = map->items[i];
        const struct schema_key *row = kafka_keys;
        while (row->name && strcmp(row->name, node->key->text) != 0)
            row++;
        if (row->name)
            good &= schema_value(&file->schema, row, node, keys);
        if (!row->name || job_property_known(false, row->name))
            good &= job_property_read(file, false, kafka_keys, map->keys[i], node) != NULL;
    }
    good &= schema_missing(&file->schema, kafka_keys, map, NULL);
    keys->output.key = keys->key;
    keys->output.value = keys->value;
    good &= job_filled(file, keys->servers);
    good &= !keys->key || job_expression_fits(file, "key", "_._1", keys->key);
    return (!keys->value || job_expression_fits(file, "value", "_._2", keys->value)) && good;
}

static bool read_postgres(struct job_file *file, struct yaml_node *map, struct output_keys *keys)
{
    bool good = columns_fit(file, keys->key);
    good = job_filled(file, yaml_get(map, "table")) && good;
    if (keys->mode != MODE_UPSERT || yaml_get(map, "key"))
        return good;
    diag_add(file->diags, yaml_place(yaml_get(map, "mode")), 205,
             "upsert needs 'key', the column by which a row is found");
    return false;
}

bool job_output_read(struct job_file *file, const struct job_kind *kind, struct yaml_node *map,
                     struct job_output *output)
{
    struct output_keys keys = { .output = *output };
    bool good;
    schema_defaults(print_keys, &keys); /* any output can be shown as print would */
    schema_defaults(kind->keys, &keys);
    if (kind->is_kafka)
        good = read_kafka(file, map, &keys);
    else
        good = schema_read(&file->schema, kind->keys, map, &keys);
    good &= url_fits(file, kind, keys.url ? yaml_get(map, "url") : NULL);
    good &= prefix_fits(file, keys.prefix ? yaml_get(map, "prefix") : NULL);
    good &= headers_fit(file, keys.headers);
    good &= !keys.argv || job_argv_fits(file, keys.argv);
    if (kind->keys == postgres_keys)
        good &= read_postgres(file, map, &keys);
    *output = keys.output;
    return good;
}
