/* `sources`: each item a kind with its mapping. */
#include <string.h>

#include "spec/job_parts.h"

struct source_keys { /* what a mapping holds; what nothing runs on yet is only checked */
    struct job_source source;
    const char *name, *bind, *host, *directory, *id_header, *certificate, *key, *ca;
    struct yaml_node *addresses, *registry;
    uint32_t port, batch_max;
    int compression, starting;
};
#define AT(field) offsetof(struct source_keys, field)

static const struct schema_word compressions[] = {
    { .name = "none" },
    { .name = "deflate", .value = 1 },
    { 0 },
};
static const struct schema_word starting_files[] = {
    { .name = "new" },
    { .name = "all", .value = 1 },
    { 0 },
};

static const struct schema_key tls_keys[] = {
    { .name = "certificate",
      .type = SCHEMA_TEXT,
      .at = AT(certificate),
      .required = true,
      .help = "path of the PEM file with our certificate and those that vouch for it",
      .example = "/etc/tidemark/tls/cert.pem" },
    { .name = "key",
      .type = SCHEMA_TEXT,
      .at = AT(key),
      .required = true,
      .help = "path of the PEM file with its private key",
      .example = "/etc/tidemark/tls/key.pem" },
    { .name = "ca",
      .type = SCHEMA_TEXT,
      .at = AT(ca),
      .help = "path of a PEM file: only clients whose certificate it vouches for are let in",
      .example = "/etc/tidemark/tls/ca.pem" },
    { 0 },
};

/* clang-format off */
#define NAME_KEY                                                                                   \
    { .name = "name", .type = SCHEMA_TEXT, .at = AT(name), .help = "of the source",                \
      .example = "lines" }
#define FLUME_KEYS                                                                                 \
    NAME_KEY,                                                                                      \
    { .name = "body.format", .type = SCHEMA_WORD, .at = AT(source.format), .fallback = "string",   \
      .words = job_format_words, .help = "what `body` is: string (UTF-8) | bytes | json | avro" }, \
    { .name = "schemaRegistry", .type = SCHEMA_ANY, .at = AT(registry), .later = true,             \
      .help = "URL of the Avro schemas", .example = "\"http://registry:8081\"" },                  \
    { .name = "idHeader", .type = SCHEMA_TEXT, .at = AT(id_header),                                \
      .help = "the header that names an event: one that was sent again is taken once",             \
      .example = "id" }
/* clang-format on */

static const struct schema_key flume_keys[] = {
    { .name = "bind",
      .type = SCHEMA_TEXT,
      .at = AT(bind),
      .fallback = "0.0.0.0",
      .help = "the address that is listened on" },
    { .name = "port",
      .type = SCHEMA_INT32,
      .at = AT(port),
      .min = 1,
      .max = 65535,
      .required = true,
      .example = "4141",
      .help = "the port that Flume's Avro sink sends to" },
    FLUME_KEYS,
    { .name = "compression",
      .type = SCHEMA_WORD,
      .at = AT(compression),
      .fallback = "none",
      .words = compressions,
      .help = "none | deflate, as the sink's compression-type" },
    { .name = "tls",
      .type = SCHEMA_MAP,
      .keys = tls_keys,
      .help = "as the sink's ssl; default: none" },
    { 0 },
};

static const struct schema_key flume_polling_keys[] = {
    { .name = "addresses",
      .type = SCHEMA_LIST,
      .at = AT(addresses),
      .required = true,
      .example = "[\"agent1:4142\"]",
      .help = "host:port of each SparkSink" },
    { .name = "maxBatchSize",
      .type = SCHEMA_INT32,
      .at = AT(batch_max),
      .fallback = "1000",
      .min = 1,
      .max = 1000000,
      .help = "events asked for at once; at most the channel's transactionCapacity" },
    FLUME_KEYS,
    { 0 },
};

static const struct schema_key socket_keys[] = {
    { .name = "host",
      .type = SCHEMA_TEXT,
      .at = AT(host),
      .required = true,
      .example = "localhost",
      .help = "the server whose lines are read" },
    { .name = "port",
      .type = SCHEMA_INT32,
      .at = AT(port),
      .min = 1,
      .max = 65535,
      .required = true,
      .example = "9999",
      .help = "its port" },
    NAME_KEY,
    { 0 },
};

static const struct schema_key files_keys[] = {
    { .name = "directory",
      .type = SCHEMA_URL,
      .at = AT(directory),
      .required = true,
      .example = "webhdfs://nn1:9870/in",
      .help = "the store directory that is watched for new files" },
    { .name = "startingFiles",
      .type = SCHEMA_WORD,
      .at = AT(starting),
      .fallback = "new",
      .words = starting_files,
      .help =
          "of the first run: new, those that come from then on | all, also those already there" },
    NAME_KEY,
    { 0 },
};

static const struct schema_key rate_keys[] = {
    { .name = "rowsPerSecond",
      .type = SCHEMA_INT64,
      .at = AT(source.rows_per_second),
      .fallback = "1",
      .min = 1,
      .max = JOB_RATE_MAX,
      .help = "records made in a second, evenly spread" },
    NAME_KEY,
    { 0 },
};

#define PUSHED                                                                                    \
    "nothing acknowledged is lost; a batch that is sent again is doubled, unless idHeader names " \
    "a header"

const struct job_kind job_source_kinds[] = {
    { .name = "kafka",
      .record = RECORD_KAFKA,
      .keys = job_kafka_keys,
      .is_kafka = true,
      .help = "Kafka topics, through the write-ahead log: offsets are committed only after their "
              "records are durable. Any property of librdkafka is a key beside these.",
      .guarantee = "nothing lost, nothing counted twice: the log knows each record's offset" },
    { .name = "kafkaDirect",
      .record = RECORD_KAFKA,
      .keys = job_kafka_direct_keys,
      .is_kafka = true,
      .help = "Kafka topics without a write-ahead log: each batch is the offsets fetched by its "
              "tick, recorded beside its result.",
      .guarantee = "exactly once, without a write-ahead log",
      .later = "until then: kafka, with the same keys and a group.id" },
    { .name = "flume",
      .record = RECORD_FLUME,
      .keys = flume_keys,
      .help = "Listens for Flume's Avro sink; answers OK only when the batch is durable.",
      .guarantee = PUSHED,
      .later = "until then: Flume's Kafka sink, and kafka here" },
    { .name = "flumePolling",
      .record = RECORD_FLUME,
      .keys = flume_polling_keys,
      .help = "Takes batches from Spark's SparkSink in Flume, acknowledged once they are durable.",
      .guarantee = PUSHED,
      .later = "until then: Flume's Kafka sink, and kafka here" },
    { .name = "socketTextStream",
      .record = RECORD_TEXT,
      .keys = socket_keys,
      .help = "Lines of UTF-8 from a TCP server; reconnects.",
      .guarantee = "what was received is not lost",
      .later = "until then: send the lines to a topic, and read it with kafka" },
    { .name = "textFileStream",
      .record = RECORD_TEXT,
      .keys = files_keys,
      .help = "New files of a store directory, a line a record; every file once.",
      .guarantee = "exactly once",
      .later = "until then: send the lines to a topic, and read it with kafka" },
    { .name = "rate",
      .record = RECORD_RATE,
      .keys = rate_keys,
      .help = "Records {value: Int, timestamp}, so many a second, for demos and measurements.",
      .guarantee = "exactly once",
      .later = "until then: send numbers to a topic, and read it with kafka" },
    { .name = NULL },
};

/* ---- one source */

static void read_addresses(struct job_file *file, struct yaml_node *list)
{
    if (!job_list_fits(file, list))
        return;
    if (!list->n)
        diag_add(file->diags, yaml_place(list), 208, "addresses must name at least one");
    for (size_t i = 0; i < list->n; i++) {
        struct yaml_node *node = list->items[i];
        if (node->bad || !expand_node(&file->schema.expand, node, "host:4142"))
            continue;
        if (node->kind != YAML_STRING || !job_address_fits(node->text, node->text_len))
            schema_wrong(&file->schema, node, "host:port, as \"agent1:4142\"");
    }
}

static void read_source(struct job_file *file, struct job_source *source, struct yaml_node *map)
{
    const struct schema_key *all = job_kind_row(job_source_kinds, source->kind)->keys;
    struct source_keys keys = { .source = *source };
    schema_defaults(all, &keys);
    schema_read(&file->schema, all, map, &keys);
    if (keys.addresses)
        read_addresses(file, keys.addresses);
    *source = keys.source;
}

static void name_source(struct job_file *file, struct job_source *source,
                        const struct job_item *item, size_t position)
{
    struct yaml_node *name = item->arg ? yaml_get(item->arg, "name") : NULL;
    source->name = arena_printf(file->arena, "%s%zu", source->kind, position);
    source->node = item->name;
    if (!name || name->bad || !job_name_check(file, name, "the name of a source"))
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
        struct yaml_node *map = kind ? job_item_map(file, &item) : NULL;
        source->kind = item.name->text;
        source->record = kind ? kind->record : RECORD_KAFKA;
        if (map && kind->is_kafka)
            job_kafka_read(file, source, map);
        else if (map)
            read_source(file, source, map);
        file->hopeless |= !kind;
        file->unsure |= !kind;
        name_source(file, source, &item, i);
        refuse_doubles(file, spec->n_sources++);
    }
}
