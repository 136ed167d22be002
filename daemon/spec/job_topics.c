/* `topics`, `partitions` and `fromOffsets` of a source of Kafka. */
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "spec/job_parts.h"

#define TOPIC_MAX 249         /* Kafka's own limit on a topic's name */
#define CONSUMERS_MAX 1000    /* of one topic */
#define PARTITION_MAX 1000000 /* more than any topic has */

/* A regular expression of POSIX, as librdkafka's are. */
static bool topic_pattern(struct job_file *file, struct yaml_node *node)
{
    char why[200];
    regex_t regex;
    int bad = regcomp(&regex, node->text, REG_EXTENDED | REG_NOSUB);
    if (!bad) {
        regfree(&regex);
        return true;
    }
    regerror(bad, &regex, why, sizeof why);
    diag_add(file->diags, yaml_place(node), 235, "bad regex: %s", why);
    node->bad = true;
    return false;
}

static bool topic_name(struct job_file *file, struct yaml_node *node, struct job_topic *topic)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    if (node->bad || !expand_node(&file->schema.expand, node, NULL))
        return false;
    if (!node->text || node->kind == YAML_NULL)
        return schema_wrong(&file->schema, node, "the name of a topic");
    *topic = (struct job_topic){ .name = node->text, .consumers = 1 };
    size_t n = node->text_len;
    if (node->text[0] == '^' && n > 1)
        return topic_pattern(file, node);
    bool dots = strcmp(node->text, ".") == 0 || strcmp(node->text, "..") == 0;
    if (n && n <= TOPIC_MAX && strspn(node->text, letters) == n && !dots)
        return true;
    diag_help(file->diags,
              diag_add(file->diags, yaml_place(node), 208, "%s cannot be the name of a topic",
                       schema_shown(&file->schema, node)),
              "letters, digits, '.', '_' and '-', at most %d; a regular expression begins with ^",
              TOPIC_MAX);
    node->bad = true;
    return false;
}

/* A number whose key is a name or a number of the user's: `what` it is of that. */
static bool take_number(struct job_file *file, const char *what, const struct schema_key *row,
                        struct yaml_node *node, void *out)
{
    file->schema.of = what;
    bool good = schema_value(&file->schema, row, node, out);
    file->schema.of = NULL;
    return good;
}

static bool is_there(const struct job_source *source, const char *name)
{
    for (size_t i = 0; i < source->n_topics; i++)
        if (strcmp(source->topics[i].name, name) == 0)
            return true;
    return false;
}

static void add_topic(struct job_file *file, struct job_source *source, struct yaml_node *name,
                      struct yaml_node *consumers)
{
    static const struct schema_key row = { .name = "consumers",
                                           .type = SCHEMA_INT32,
                                           .at = offsetof(struct job_topic, consumers),
                                           .min = 1,
                                           .max = CONSUMERS_MAX };
    struct job_topic topic;
    if (!topic_name(file, name, &topic))
        return;
    if (consumers && !take_number(file, "the consumers of", &row, consumers, &topic))
        return;
    if (is_there(source, topic.name))
        diag_add(file->diags, yaml_place(name), 213, "topic '%s' stands here twice", topic.name);
    else
        source->topics[source->n_topics++] = topic;
}

static void take_partition(struct job_file *file, struct yaml_node *node, struct job_topic *topic,
                           int32_t *partitions)
{
    static const struct schema_key row = { .name = "partition",
                                           .type = SCHEMA_INT32,
                                           .max = PARTITION_MAX };
    uint32_t partition = 0;
    if (!take_number(file, "a partition of", &row, node, &partition))
        return;
    for (size_t i = 0; i < topic->n_partitions; i++) {
        if (partitions[i] != (int32_t)partition)
            continue;
        diag_add(file->diags, yaml_place(node), 213, "partition %u stands here twice", partition);
        return;
    }
    partitions[topic->n_partitions++] = (int32_t)partition;
}

/* One of the source's topics by its name; NULL with a finding. */
static struct job_topic *find_topic(struct job_file *file, const struct job_source *source,
                                    struct yaml_node *key)
{
    const char **names = arena_alloc(file->arena, (source->n_topics + 1) * sizeof(const char *));
    for (size_t i = 0; i < source->n_topics; i++) {
        names[i] = source->topics[i].name;
        if (strcmp(names[i], key->text) == 0)
            return &source->topics[i];
    }
    names[source->n_topics] = NULL;
    struct diag *diag = diag_add(file->diags, yaml_place(key), 208,
                                 "'%s' is not among the topics of this source", key->text);
    schema_suggest(file->diags, diag, key->text, names);
    return NULL;
}

static void take_partitions(struct job_file *file, struct job_source *source, struct yaml_node *key,
                            struct yaml_node *list)
{
    struct job_topic *topic = find_topic(file, source, key);
    if (!topic || list->bad)
        return;
    if (list->kind != YAML_LIST || !list->n) {
        schema_wrong(&file->schema, list, "a list of partitions, as [0, 1]");
        return;
    }
    if (!job_list_fits(file, list))
        return;
    int32_t *partitions = arena_alloc(file->arena, list->n * sizeof *partitions);
    for (size_t i = 0; i < list->n; i++)
        take_partition(file, list->items[i], topic, partitions);
    topic->partitions = partitions;
}

static void no_topics(struct job_file *file, struct yaml_node *topics)
{
    struct diags *diags = file->diags;
    struct diag *diag =
        diag_add(diags, yaml_place(topics), 206,
                 "topics must be a list, a mapping topic: consumers, or ^regex, here is %s",
                 topics->kind == YAML_STRING ? schema_shown(&file->schema, topics)
                                             : yaml_kind_name(topics->kind));
    if (topics->kind == YAML_STRING && !topics->masked && !strchr(topics->text, ','))
        diag_help(diags, diag, "write [%s]", topics->text);
}

void job_topics_read(struct job_file *file, struct job_source *source, struct yaml_node *topics,
                     struct yaml_node *partitions)
{
    if (!topics || !expand_node(&file->schema.expand, topics, NULL))
        return;
    bool is_map = topics->kind == YAML_MAP, is_list = topics->kind == YAML_LIST;
    bool is_regex = topics->kind == YAML_STRING && topics->text[0] == '^';
    size_t n = is_regex ? 1 : topics->n;
    if (!is_map && !is_list && !is_regex) {
        no_topics(file, topics);
        return;
    }
    if (!n) {
        diag_add(file->diags, yaml_place(topics), 208, "topics must name at least one");
        return;
    }
    if (!job_list_fits(file, topics) || (partitions && !job_list_fits(file, partitions)))
        return;
    source->topics = arena_zalloc(file->arena, n * sizeof *source->topics);
    for (size_t i = 0; i < n; i++)
        add_topic(file, source,
                  is_regex ? topics
                  : is_map ? topics->keys[i]
                           : topics->items[i],
                  is_map ? topics->items[i] : NULL);
    for (size_t i = 0; partitions && i < partitions->n && source->n_topics; i++)
        take_partitions(file, source, partitions->keys[i], partitions->items[i]);
}

/* ---- fromOffsets: {topic: {partition: offset}} */

static bool is_partition(const char *text)
{
    char *end;
    return text[0] >= '0' && text[0] <= '9' && strtoull(text, &end, 10) <= PARTITION_MAX && !*end;
}

static void read_offsets(struct job_file *file, struct yaml_node *map)
{
    static const struct schema_key row = { .name = "offset", .type = SCHEMA_INT64 };
    uint64_t offset;
    if (map->bad)
        return;
    if (map->kind != YAML_MAP || !map->n) {
        schema_wrong(&file->schema, map, "a mapping partition: offset, as {0: 123}");
        return;
    }
    for (size_t i = 0; i < map->n; i++) {
        if (is_partition(map->keys[i]->text))
            take_number(file, "the offset of partition", &row, map->items[i], &offset);
        else
            diag_add(file->diags, yaml_place(map->keys[i]), 208,
                     "'%s' is not the number of a partition", map->keys[i]->text);
    }
}

static bool has_pattern(const struct job_source *source) /* whose topics are known to Kafka only */
{
    for (size_t i = 0; i < source->n_topics; i++)
        if (source->topics[i].name[0] == '^')
            return true;
    return false;
}

void job_offsets_read(struct job_file *file, const struct job_source *source,
                      struct yaml_node *offsets)
{
    for (size_t i = 0; offsets && i < offsets->n; i++)
        if (!source->n_topics || has_pattern(source) || find_topic(file, source, offsets->keys[i]))
            read_offsets(file, offsets->items[i]);
}
