/* `sources`: each item a kind with its mapping. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "spec/job_parts.h"
#include "spec/kafka_property.h"

#define PROPERTIES_MAX 256 /* names in the list that a stray key is compared with */

struct kafka_keys { /* what a kafka source's mapping holds beside properties */
    const char *name;
    struct yaml_node *servers, *group, *topics, *partitions, *zookeeper, *registry;
    int starting, out_of_range, format;
    uint64_t max_rate;
    bool nullable;
};
#define AT(field) offsetof(struct kafka_keys, field)

static const struct schema_word starts[] = {
    { .name = "earliest", .value = OFFSET_EARLIEST },
    { .name = "latest", .value = OFFSET_LATEST },
    { 0 },
};
static const struct schema_word policies[] = {
    { .name = "fail", .value = OFFSET_FAIL },
    { .name = "earliest", .value = OFFSET_EARLIEST },
    { .name = "latest", .value = OFFSET_LATEST },
    { 0 },
};
static const struct schema_word value_formats[] = {
    { .name = "string" },
    { .name = "bytes", .later = true },
    { .name = "json", .later = true },
    { .name = "avro", .later = true },
    { 0 },
};
static const struct schema_key kafka_keys[] = {
    { .name = "bootstrap.servers",
      .type = SCHEMA_ANY,
      .at = AT(servers),
      .required = true,
      .help = "host:port, several with commas" },
    { .name = "group.id",
      .type = SCHEMA_ANY,
      .at = AT(group),
      .required = true,
      .help = "the consumer group whose offsets are committed" },
    { .name = "topics",
      .type = SCHEMA_ANY,
      .at = AT(topics),
      .required = true,
      .help = "a list, a mapping topic: number of consumers, or ^regex" },
    { .name = "name", .type = SCHEMA_TEXT, .at = AT(name), .help = "of the source" },
    { .name = "partitions",
      .type = SCHEMA_ANY_MAP,
      .at = AT(partitions),
      .help = "only these: {topic: [0, 1]}" },
    { .name = "startingOffsets",
      .type = SCHEMA_WORD,
      .at = AT(starting),
      .fallback = "latest",
      .words = starts,
      .help = "of a partition's first run: earliest | latest" },
    { .name = "onOffsetOutOfRange",
      .type = SCHEMA_WORD,
      .at = AT(out_of_range),
      .fallback = "fail",
      .words = policies,
      .help = "when Kafka has deleted what was not read yet: fail | earliest | latest" },
    { .name = "maxRate",
      .type = SCHEMA_INT64,
      .at = AT(max_rate),
      .min = 1,
      .max = 1000000000,
      .help = "records a second" },
    { .name = "zkQuorum",
      .type = SCHEMA_ANY,
      .at = AT(zookeeper),
      .later = true,
      .help = "ZooKeeper in place of bootstrap.servers" },
    { .name = "value.format",
      .type = SCHEMA_WORD,
      .at = AT(format),
      .fallback = "string",
      .words = value_formats,
      .help = "string | bytes | json | avro" },
    { .name = "value.nullable",
      .type = SCHEMA_BOOL,
      .at = AT(nullable),
      .fallback = "false",
      .help = "true: a record without a value is None, not an error record" },
    { .name = "schemaRegistry",
      .type = SCHEMA_ANY,
      .at = AT(registry),
      .later = true,
      .help = "URL of the Avro schemas" },
    { 0 },
};

#define ONCE "exactly once"
#define PUSHED                                                                                    \
    "nothing acknowledged is lost; a batch that is sent again is doubled, unless idHeader names " \
    "a header"

const struct job_kind job_source_kinds[] = {
    { .name = "kafka",
      .keys = kafka_keys,
      .help = "Kafka topics, through the write-ahead log: offsets are committed only after their "
              "records are durable. Any property of librdkafka is a key beside these.",
      .guarantee = "nothing lost, nothing counted twice: the log knows each record's offset" },
    { .name = "kafkaDirect",
      .later = true,
      .help = "Kafka topics without a write-ahead log: each batch is the offsets fetched by its "
              "tick, recorded beside its result.",
      .guarantee = ONCE ", without a write-ahead log" },
    { .name = "flume",
      .later = true,
      .help = "Listens for Flume's Avro sink; answers OK only when the batch is durable.",
      .guarantee = PUSHED },
    { .name = "flumePolling",
      .later = true,
      .help = "Takes batches from Spark's SparkSink in Flume, acknowledged once they are durable.",
      .guarantee = PUSHED },
    { .name = "socketTextStream",
      .later = true,
      .help = "Lines of UTF-8 from a TCP server; reconnects.",
      .guarantee = "what was received is not lost" },
    { .name = "textFileStream",
      .later = true,
      .help = "New files of a store directory, a line a record; every file once.",
      .guarantee = ONCE },
    { .name = "rate",
      .later = true,
      .help = "Records {value: Int, timestamp}, so many a second, for demos and measurements.",
      .guarantee = ONCE },
    { .name = NULL },
};

/* ---- librdkafka's own properties */

static bool property_kind(struct job_file *file, const struct kafka_property_row *row,
                          struct yaml_node *node)
{
    struct schema *schema = &file->schema;
    if (row->kind == PROPERTY_INT) {
        char *end;
        long long value = strtoll(node->text, &end, 10);
        if (*end || end == node->text)
            return schema_wrong(schema, node, "a whole number");
        if (value >= row->min && value <= row->max)
            return true;
        diag_add(file->diags, yaml_place(node), 208, "%s must be from %lld to %lld, here is %s",
                 row->name, (long long)row->min, (long long)row->max, schema_shown(schema, node));
        return false;
    }
    if (row->kind == PROPERTY_BOOL && node->kind != YAML_BOOL && strcmp(node->text, "true") != 0 &&
        strcmp(node->text, "false") != 0)
        return schema_wrong(schema, node, "true or false");
    if (row->kind != PROPERTY_WORD)
        return true;
    size_t n = strlen(node->text);
    for (const char *at = row->words; (at = strstr(at, node->text)); at += n)
        if (n && (at == row->words || at[-1] == ' ') && (!at[n] || at[n] == ','))
            return true;
    return schema_wrong(schema, node, arena_printf(file->arena, "one of %s", row->words));
}

/* A property's value as text; NULL with a finding. */
static const char *property_value(struct job_file *file, const char *name, struct yaml_node *node)
{
    const struct kafka_property_row *row = kafka_property_find(name);
    const char *sample = strcmp(name, "bootstrap.servers") == 0 ? "host:9092" : NULL;
    if (node->bad || !expand_node(&file->schema.expand, node, sample))
        return NULL;
    if (!node->text || node->kind == YAML_NULL) {
        schema_wrong(&file->schema, node, "a text or a number");
        return NULL;
    }
    if (row && !property_kind(file, row, node))
        return NULL;
    if (row && row->secret && !node->expanded && node->text_len)
        diag_help(
            file->diags,
            diag_warn(file->diags, yaml_place(node), 104, "%s stands here as plain text", name),
            "write ${credential:NAME} or ${file:PATH}");
    if (node->kind == YAML_BOOL)
        return node->truth ? "true" : "false";
    return node->text;
}

static void refuse_property(struct job_file *file, struct yaml_node *key)
{
    const char *names[PROPERTIES_MAX], *name = key->text;
    static const char *const direct[] = { "maxRatePerPartition", "fromOffsets", NULL };
    size_t n = 0;
    struct diags *diags = file->diags;
    struct diag_place place = yaml_place(key);
    for (size_t i = 0; direct[i]; i++) {
        if (strcmp(direct[i], name) != 0)
            continue;
        diag_add(diags, place, 204, "'%s' belongs to kafkaDirect; this source is kafka", name);
        return;
    }
    if (kafka_property_of_producers(name)) {
        diag_add(diags, place, 203, "Kafka property '%s' is for producers, a source only reads",
                 name);
        return;
    }
    for (const struct schema_key *row = kafka_keys; row->name; row++)
        names[n++] = row->name;
    if (schema_has(job_keys, name)) {
        names[n] = NULL;
        schema_unknown(&file->schema, key, names);
        return;
    }
    for (unsigned i = 0; kafka_property_at(i) && n + 1 < PROPERTIES_MAX; i++)
        names[n++] = kafka_property_at(i)->name;
    names[n] = NULL;
    struct diag *diag = diag_add(diags, place, 203, "unknown Kafka property '%s'", name);
    schema_suggest(diags, diag, name, names);
}

static void read_property(struct job_file *file, struct job_source *source, struct yaml_node *key,
                          struct yaml_node *value)
{
    const char *ours = kafka_property_ours(key->text);
    if (ours) {
        diag_help(file->diags,
                  diag_add(file->diags, yaml_place(key), 209, "'%s' is ours to set", key->text),
                  "%s", ours);
        return;
    }
    if (!kafka_property_find(key->text)) {
        refuse_property(file, key);
        return;
    }
    const char *text = property_value(file, key->text, value);
    if (text && strcmp(key->text, "group.id") == 0)
        source->group_id = text;
    else if (text)
        source->properties[source->n_properties++] =
            (struct job_property){ key->text, text, value->masked };
}

/* ---- one source */

static void refuse_pairs(struct job_file *file, const struct yaml_node *map)
{
    static const char *const servers[] = { "bootstrap.servers", "metadata.broker.list",
                                           "zkQuorum" };
    const struct yaml_node *first = NULL;
    for (size_t i = 0; i < sizeof servers / sizeof servers[0]; i++) {
        const struct yaml_node *node = yaml_get(map, servers[i]);
        if (node && first)
            diag_add(file->diags, yaml_place(node->key), 210,
                     "'%s' and '%s' exclude each other: both say where the brokers are",
                     node->key->text, first->key->text);
        first = first ? first : node;
    }
}

static void require_text(struct job_file *file, struct yaml_node *node)
{
    if (!node || node->bad || !node->text || node->text_len)
        return;
    diag_add(file->diags, yaml_place(node), 208, "%s must not be empty", schema_name(node));
}

static void read_kafka(struct job_file *file, struct job_source *source, struct yaml_node *map)
{
    struct schema *schema = &file->schema;
    struct kafka_keys keys = { .max_rate = file->receiver_max_rate };
    schema_defaults(kafka_keys, &keys);
    source->properties = arena_alloc(file->arena, (map->n + 1) * sizeof *source->properties);
    for (size_t i = 0; i < map->n; i++) {
        const char *name = map->keys[i]->text;
        const struct schema_key *row = kafka_keys;
        while (row->name && strcmp(row->name, name) != 0)
            row++;
        if (row->name)
            schema_value(schema, row, map->items[i], &keys);
        if (!row->name || kafka_property_find(name))
            read_property(file, source, map->keys[i], map->items[i]);
    }
    bool elsewhere = yaml_get(map, "zkQuorum") || yaml_get(map, "metadata.broker.list");
    schema_missing(schema, kafka_keys, map, elsewhere ? "bootstrap.servers" : NULL);
    refuse_pairs(file, map);
    require_text(file, keys.servers);
    require_text(file, keys.group);
    source->starting_offsets = (enum job_offset)keys.starting;
    source->on_out_of_range = (enum job_offset)keys.out_of_range;
    source->max_rate = keys.max_rate;
    source->value_nullable = keys.nullable;
    job_topics_read(file, source, keys.topics, keys.partitions);
}

static void name_source(struct job_file *file, struct job_source *source,
                        const struct job_item *item, size_t position)
{
    struct yaml_node *name = item->arg ? yaml_get(item->arg, "name") : NULL;
    source->name = arena_printf(file->arena, "%s%zu", source->kind, position);
    source->node = item->name;
    if (!name || name->bad || name->kind != YAML_STRING ||
        !job_name_check(file, name, "the name of a source"))
        return;
    source->name = name->text;
    source->name_node = name;
}

static void refuse_doubles(struct job_file *file, size_t at)
{
    struct job_source *sources = file->spec.sources;
    for (size_t i = 0; i < at; i++) {
        if (strcmp(sources[i].name, sources[at].name) != 0)
            continue;
        const struct yaml_node *node =
            sources[at].name_node ? sources[at].name_node : sources[at].node;
        diag_add(file->diags, yaml_place(node), 213,
                 "name '%s' is used twice; the first is on line %u", sources[at].name,
                 sources[i].node->line);
        file->unsure = true; /* which of them is read? */
        return;
    }
}

void job_sources_read(struct job_file *file)
{
    struct job_spec *spec = &file->spec;
    struct yaml_node *list = file->sources;
    if (!list || list->kind != YAML_LIST || !list->n || !job_list_fits(file, list)) {
        file->nameless = true;
        return;
    }
    spec->sources = arena_zalloc(file->arena, (list->n + 1) * sizeof *spec->sources);
    for (size_t i = 0; i < list->n; i++) {
        struct job_item item;
        struct job_source *source = &spec->sources[spec->n_sources];
        if (!job_item_read(file, list->items[i], "a source", &item)) {
            file->unsure = file->nameless = file->hopeless = true;
            continue;
        }
        const struct job_kind *kind = job_kind_find(file, &item, job_source_kinds, "source");
        source->kind = item.name->text;
        if (kind && (!item.arg || item.arg->kind != YAML_MAP)) {
            if (item.arg)
                schema_wrong(&file->schema, item.arg, "a mapping");
            else
                diag_add(file->diags, yaml_place(item.name), 205,
                         "kafka needs 'bootstrap.servers', 'group.id' and 'topics'");
        } else if (kind) {
            read_kafka(file, source, item.arg);
        }
        file->hopeless |= !kind;
        file->unsure |= !kind;
        name_source(file, source, &item, i);
        refuse_doubles(file, spec->n_sources++);
    }
}
