/* Kafka as a source, of both kinds, and librdkafka's properties beside our keys: of sources and of outputs. */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "spec/job_parts.h"
#include "spec/kafka_property.h"

#define PROPERTIES_MAX 256 /* names in the list that a stray key is compared with */
#define RATE_MAX 1000000000

struct kafka_keys { /* what the mapping of a source holds */
    struct job_source source;
    const char *name;
    struct yaml_node *servers, *group, *topics, *partitions, *zookeeper, *registry, *from_offsets;
    uint64_t max_rate_per_partition;
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
const struct schema_word job_format_words[] = {
    { .name = "string", .value = FORMAT_STRING },
    { .name = "bytes", .value = FORMAT_BYTES },
    { .name = "json", .value = FORMAT_JSON },
    { .name = "avro", .later = true },
    { 0 },
};

/* clang-format off */
#define KAFKA_KEYS(needs_group)                                                                    \
    { .name = "bootstrap.servers", .type = SCHEMA_ANY, .at = AT(servers), .required = true,        \
      .example = "broker1:9092",                                                                   \
      .help = "host:port, several with commas" },                                                  \
    { .name = "group.id", .type = SCHEMA_ANY, .at = AT(group), .required = needs_group,            \
      .example = "wordcount",                                                                      \
      .help = "the consumer group whose offsets are committed, for lag tools and the first start" },\
    { .name = "topics", .type = SCHEMA_ANY, .at = AT(topics), .required = true,                    \
      .example = "[lines]",                                                                        \
      .help = "a list, a mapping topic: number of consumers, or ^regex" },                         \
    { .name = "name", .type = SCHEMA_TEXT, .at = AT(name), .help = "of the source",                \
      .example = "lines" },                                                                        \
    { .name = "partitions", .type = SCHEMA_ANY_MAP, .at = AT(partitions),                          \
      .help = "only these: {topic: [0, 1]}; default: all", .example = "{lines: [0, 1]}" },         \
    { .name = "startingOffsets", .type = SCHEMA_WORD, .at = AT(source.starting_offsets),           \
      .fallback = "latest", .words = starts,                                                       \
      .help = "of a partition's first run: earliest | latest" },                                   \
    { .name = "onOffsetOutOfRange", .type = SCHEMA_WORD, .at = AT(source.on_out_of_range),         \
      .fallback = "fail", .words = policies,                                                       \
      .help = "when Kafka has deleted what was not read yet: fail | earliest | latest" },          \
    { .name = "maxRate", .type = SCHEMA_INT64, .at = AT(source.max_rate), .min = 1,                \
      .max = RATE_MAX, .help = "records a second at most; default: no limit",                      \
      .example = "10000" },                                                                        \
    { .name = "zkQuorum", .type = SCHEMA_ANY, .at = AT(zookeeper),                                 \
      .help = "ZooKeeper in place of bootstrap.servers: host:port, several with commas, then its " \
              "chroot", .example = "\"zk1:2181,zk2:2181/kafka\"" },                                \
    { .name = "value.format", .type = SCHEMA_WORD, .at = AT(source.format), .fallback = "string",  \
      .words = job_format_words,                                                                   \
      .help = "what `value` is: string (UTF-8) | bytes | json | avro" },                           \
    { .name = "value.nullable", .type = SCHEMA_BOOL, .at = AT(source.value_nullable),              \
      .fallback = "false",                                                                         \
      .help = "true: `value` is an Option, None for a record without one; else that is an error "  \
              "record" },                                                                          \
    { .name = "schemaRegistry", .type = SCHEMA_ANY, .at = AT(registry), .later = true,             \
      .help = "URL of the Avro schemas", .example = "\"http://registry:8081\"" }
/* clang-format on */

const struct schema_key job_kafka_keys[] = { KAFKA_KEYS(true), { 0 } };

const struct schema_key job_kafka_direct_keys[] = {
    KAFKA_KEYS(false),
    { .name = "maxRatePerPartition",
      .type = SCHEMA_INT64,
      .at = AT(max_rate_per_partition),
      .min = 1,
      .max = RATE_MAX,
      .help = "records a second of each partition at most; default: no limit",
      .example = "1000" },
    { .name = "fromOffsets",
      .type = SCHEMA_ANY_MAP,
      .at = AT(from_offsets),
      .help = "where partitions begin on their first run: {topic: {0: 123}}" },
    { 0 },
};

/* ---- librdkafka's own properties */

/* Is it one of the words "a, b, c", in small or capital letters? */
static bool among(const char *words, const char *word)
{
    size_t n = strlen(word), step;
    for (; *words; words += step + strspn(words + step, ", ")) {
        step = strcspn(words, ",");
        if (step == n && strncasecmp(words, word, n) == 0)
            return true;
    }
    return false;
}

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
    if (among(row->words, node->text))
        return true;
    return schema_wrong(schema, node, arena_printf(file->arena, "one of %s", row->words));
}

/* A property's value as text; NULL with a finding. */
static const char *property_value(struct job_file *file, const struct kafka_property_row *row,
                                  struct yaml_node *node)
{
    const char *sample = strcmp(row->name, "bootstrap.servers") == 0 ? "host:9092" : NULL;
    if (node->bad || !expand_node(&file->schema.expand, node, sample))
        return NULL;
    if (!node->text || node->kind == YAML_NULL) {
        schema_wrong(&file->schema, node, "a text or a number");
        return NULL;
    }
    if (row->secret)
        schema_secret(file->diags, node, row->name);
    if (!property_kind(file, row, node))
        return NULL;
    if (node->kind == YAML_BOOL)
        return node->truth ? "true" : "false";
    return node->text;
}

static bool of_the_other_side(struct job_file *file, enum kafka_property_side side,
                              const struct yaml_node *key)
{
    bool reads = side == PROPERTY_OF_CONSUMERS;
    if (!kafka_property_find(reads ? PROPERTY_OF_PRODUCERS : PROPERTY_OF_CONSUMERS, key->text))
        return false;
    diag_add(file->diags, yaml_place(key), 203, "Kafka property '%s' is for %s", key->text,
             reads ? "producers, a source only reads" : "consumers, an output only writes");
    return true;
}

static void refuse_property(struct job_file *file, enum kafka_property_side side,
                            const struct schema_key *keys, struct yaml_node *key)
{
    const char *names[PROPERTIES_MAX], *name = key->text;
    const struct kafka_property_row *row = NULL;
    size_t n = 0;
    struct diags *diags = file->diags;
    if (of_the_other_side(file, side, key))
        return;
    if (side == PROPERTY_OF_CONSUMERS && schema_has(job_kafka_direct_keys, name)) {
        diag_add(diags, yaml_place(key), 204, "'%s' belongs to kafkaDirect; this source is kafka",
                 name);
        return;
    }
    for (; keys->name; keys++)
        names[n++] = keys->name;
    names[n] = NULL;
    if (schema_has(job_keys, name)) {
        schema_unknown(&file->schema, key, names);
        return;
    }
    while ((row = kafka_property_next(side, row))) {
        check(n + 1 < PROPERTIES_MAX);
        names[n++] = row->name;
    }
    names[n] = NULL;
    struct diag *diag = diag_add(diags, yaml_place(key), 203, "unknown Kafka property '%s'", name);
    schema_suggest(diags, diag, name, names);
}

const char *job_property_read(struct job_file *file, bool reads, const struct schema_key *keys,
                              struct yaml_node *key, struct yaml_node *node)
{
    enum kafka_property_side side = reads ? PROPERTY_OF_CONSUMERS : PROPERTY_OF_PRODUCERS;
    const char *ours = kafka_property_ours(side, key->text);
    const struct kafka_property_row *row = kafka_property_find(side, key->text);
    if (ours)
        diag_help(file->diags,
                  diag_add(file->diags, yaml_place(key), 209, "'%s' is ours to set", key->text),
                  "%s", ours);
    else if (!row)
        refuse_property(file, side, keys, key);
    else
        return property_value(file, row, node);
    return NULL;
}

bool job_property_known(bool reads, const char *name)
{
    return kafka_property_find(reads ? PROPERTY_OF_CONSUMERS : PROPERTY_OF_PRODUCERS, name) != NULL;
}

/* ---- a source */

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

/* zk1:2181,zk2:2181/chroot */
static void read_quorum(struct job_file *file, struct yaml_node *node)
{
    if (!node || !expand_node(&file->schema.expand, node, "zk1:2181"))
        return;
    if (!node->text || node->kind == YAML_NULL) {
        schema_wrong(&file->schema, node, "a text, as \"zk1:2181,zk2:2181/chroot\"");
        return;
    }
    size_t n = strcspn(node->text, "/"), at = 0;
    while (at < n) {
        size_t one = strcspn(node->text + at, ",/");
        if (!job_address_fits(node->text + at, one))
            break;
        at += one + 1;
    }
    if (at != n + 1) {
        schema_wrong(&file->schema, node, "host:port, several with commas, then a chroot");
        return;
    }
    job_later(file, node->key, "zkQuorum", "name the brokers: bootstrap.servers");
}

static void read_value(struct job_file *file, struct kafka_keys *keys, struct yaml_node *key,
                       struct yaml_node *node)
{
    struct job_source *source = &keys->source;
    const char *name = key->text;
    const struct schema_key *all = job_kind_row(job_source_kinds, source->kind)->keys, *row = all;
    while (row->name && strcmp(row->name, name) != 0)
        row++;
    if (row->name)
        schema_value(&file->schema, row, node, keys);
    if (row->name && !job_property_known(true, name))
        return;
    const char *text = job_property_read(file, true, all, key, node);
    if (text && strcmp(name, "group.id") == 0)
        source->group_id = text;
    else if (text)
        source->properties[source->n_properties++] =
            (struct job_property){ name, text, node->masked };
}

void job_kafka_read(struct job_file *file, struct job_source *source, struct yaml_node *map)
{
    struct kafka_keys keys = { .source = *source };
    const struct schema_key *all = job_kind_row(job_source_kinds, source->kind)->keys;
    schema_defaults(all, &keys);
    keys.source.max_rate = file->receiver_max_rate;
    keys.max_rate_per_partition = file->direct_max_rate;
    keys.source.properties = arena_alloc(file->arena, (map->n + 1) * sizeof *source->properties);
    for (size_t i = 0; i < map->n; i++)
        read_value(file, &keys, map->keys[i], map->items[i]);
    bool elsewhere = yaml_get(map, "zkQuorum") || yaml_get(map, "metadata.broker.list");
    schema_missing(&file->schema, all, map, elsewhere ? "bootstrap.servers" : NULL);
    refuse_pairs(file, map);
    job_filled(file, keys.servers);
    job_filled(file, keys.group);
    read_quorum(file, keys.zookeeper);
    *source = keys.source;
    job_topics_read(file, source, keys.topics, keys.partitions);
    job_offsets_read(file, source, keys.from_offsets);
}
