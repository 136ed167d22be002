/* `conf`: Spark's own properties, with Spark's own syntax. Each stands for one of our keys, or has no
 * meaning here. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "spec/job_parts.h"
#include "spec/units.h"

enum spark_type {
    SPARK_INT,      /* uint32_t */
    SPARK_RATE,     /* uint64_t */
    SPARK_DOUBLE,   /* double */
    SPARK_BOOL,     /* bool */
    SPARK_DURATION, /* uint64_t of milliseconds, a bare number is of them too */
    SPARK_URL,      /* const char * */
    SPARK_PID,      /* none: only the word pid */
    SPARK_DIRECT,   /* uint64_t: a rate of kafkaDirect sources */
};

#define AT(field) offsetof(struct job_file, spec.field)

static const struct spark_row { /* a property that stands for one of our keys */
    const char *name;
    enum spark_type type;
    size_t at;
    const char *key; /* ours, which wins */
    bool later;      /* our key is known, but not supported yet: only this value works */
    const char *only;
} rows[] = {
    { "spark.yarn.maxAppAttempts", SPARK_INT, AT(max_app_attempts), "maxAppAttempts", false, NULL },
    { "spark.yarn.am.attemptFailuresValidityInterval", SPARK_DURATION, AT(attempt_window_ms),
      "attemptFailuresValidityInterval", false, NULL },
    { "spark.streaming.blockInterval", SPARK_DURATION, AT(block_interval_ms), "blockInterval",
      false, NULL },
    { "spark.streaming.checkpoint.directory", SPARK_URL, AT(checkpoint), "checkpoint", false,
      NULL },
    { "spark.streaming.receiver.writeAheadLog.enable", SPARK_BOOL, AT(wal_enable),
      "writeAheadLog.enable", true, "true" },
    { "spark.streaming.backpressure.enabled", SPARK_BOOL, AT(backpressure), "backpressure.enabled",
      false, NULL },
    { "spark.streaming.backpressure.initialRate", SPARK_RATE, AT(initial_rate),
      "backpressure.initialRate", false, NULL },
    { "spark.streaming.backpressure.pid.minRate", SPARK_RATE, AT(min_rate), "backpressure.minRate",
      false, NULL },
    { "spark.streaming.backpressure.pid.proportional", SPARK_DOUBLE, AT(pid_proportional),
      "backpressure.pid.proportional", false, NULL },
    { "spark.streaming.backpressure.pid.integral", SPARK_DOUBLE, AT(pid_integral),
      "backpressure.pid.integral", false, NULL },
    { "spark.streaming.backpressure.pid.derived", SPARK_DOUBLE, AT(pid_derived),
      "backpressure.pid.derived", false, NULL },
    { "spark.streaming.backpressure.rateEstimator", SPARK_PID, 0, "backpressure", false, NULL },
    { "spark.streaming.kafka.maxRatePerPartition", SPARK_DIRECT,
      offsetof(struct job_file, direct_max_rate), "maxRatePerPartition", false, NULL },
    { "spark.streaming.receiver.maxRate", SPARK_RATE, offsetof(struct job_file, receiver_max_rate),
      "maxRate", false, NULL },
    { "spark.streaming.stopGracefullyOnShutdown", SPARK_BOOL, AT(stop_gracefully),
      "stopGracefully.enabled", false, NULL },
    { "spark.streaming.gracefulStopTimeout", SPARK_DURATION, AT(stop_timeout_ms),
      "stopGracefully.timeout", false, NULL },
};
#define N_ROWS (sizeof rows / sizeof rows[0])

static const char *const meaningless[] = {
    "spark.streaming.receiver.writeAheadLog.rollingIntervalSecs",
    "spark.streaming.receiver.writeAheadLog.closeFileAfterWrite",
    "spark.streaming.receiver.writeAheadLog.class",
    "spark.streaming.receiver.writeAheadLog.maxFailures",
    "spark.streaming.kafka.minRatePerPartition",
    "spark.streaming.kafka.maxRetries",
    "spark.streaming.kafka.allowNonConsecutiveOffsets",
    "spark.streaming.blockQueueSize",
    "spark.streaming.receiverRestartDelay",
    "spark.streaming.receiver.blockStoreTimeout",
    "spark.streaming.concurrentJobs",
    "spark.streaming.unpersist",
    "spark.streaming.ui.retainedBatches",
    "spark.streaming.stopSparkContextByDefault",
    "spark.streaming.fileStream.minRememberDuration",
    "spark.streaming.sessionByKey.deltaChainThreshold",
    "spark.streaming.manualClock.jump",
    "spark.yarn.max.executor.failures",
    "spark.yarn.executor.failuresValidityInterval",
};
#define N_MEANINGLESS (sizeof meaningless / sizeof meaningless[0])

struct spark_value {
    struct job_file *file;
    const struct spark_row *row;
    struct yaml_node *node;
    void *field;
};

static bool wrong(const struct spark_value *value, unsigned code, const char *what)
{
    diag_add(value->file->diags, yaml_place(value->node), code, "%s must be %s, here is %s",
             value->row->name, what, schema_shown(&value->file->schema, value->node));
    value->node->bad = true;
    return false;
}

static bool take_number(const struct spark_value *value, uint64_t most, uint64_t *number)
{
    char *end;
    const char *text = value->node->text;
    long long parsed = strtoll(text, &end, 10);
    if (end == text || *end || isspace((unsigned char)*text))
        return wrong(value, 206, "a whole number");
    if (parsed < 1 || (uint64_t)parsed > most)
        return wrong(value, 208,
                     arena_printf(value->file->arena, "from 1 to %llu", (unsigned long long)most));
    *number = (uint64_t)parsed;
    return true;
}

static bool take_duration(const struct spark_value *value)
{
    int64_t ms;
    bool window = value->row->at == AT(attempt_window_ms);
    if (!units_spark_duration(value->node->text, 1, &ms)) {
        wrong(value, 207, "one of Spark's durations");
        return false;
    }
    if (ms > (int64_t)UNITS_DURATION_MAX || (!window && ms < 1))
        return wrong(value, 208, "from 1ms to 36500d");
    *(uint64_t *)value->field = ms > 0 ? (uint64_t)ms : 0; /* -1: all failures count */
    return true;
}

static bool take_bool(const struct spark_value *value)
{
    bool is_true = strcasecmp(value->node->text, "true") == 0;
    if (!is_true && strcasecmp(value->node->text, "false") != 0)
        return wrong(value, 206, "true or false");
    *(bool *)value->field = is_true;
    return true;
}

static bool take_double(const struct spark_value *value)
{
    char *end;
    double number = strtod(value->node->text, &end);
    if (end == value->node->text || *end || !(number >= 0) || number > 1e15)
        return wrong(value, 206, "a number from 0 to 1e15");
    *(double *)value->field = number;
    return true;
}

static void no_meaning(struct job_file *file, const struct yaml_node *key, const char *why)
{
    diag_warn(file->diags, yaml_place(key), 103, "%s has no meaning here%s%s", key->text,
              why ? ": " : "", why ? why : "");
}

static bool has_direct(const struct job_file *file)
{
    const struct yaml_node *list = yaml_get(file->root, "sources");
    for (size_t i = 0; list && list->kind == YAML_LIST && i < list->n; i++)
        if (yaml_get(list->items[i], "kafkaDirect"))
            return true;
    return false;
}

static bool take(const struct spark_value *value)
{
    static const struct schema_key url = { .name = "checkpoint", .type = SCHEMA_URL };
    struct job_file *file = value->file;
    uint64_t number;
    switch (value->row->type) {
        case SPARK_INT:
            if (!take_number(value, JOB_ATTEMPTS_MAX, &number))
                return false;
            *(uint32_t *)value->field = (uint32_t)number;
            return true;
        case SPARK_RATE:
            return take_number(value, 1000000000, value->field);
        case SPARK_DOUBLE:
            return take_double(value);
        case SPARK_BOOL:
            return take_bool(value);
        case SPARK_DURATION:
            return take_duration(value);
        case SPARK_URL:
            return schema_value(&file->schema, &url, value->node, value->field);
        case SPARK_PID:
            if (strcmp(value->node->text, "pid") != 0)
                no_meaning(file, value->node->key, "the rate follows 'pid'");
            return true;
        case SPARK_DIRECT:
            break;
    }
    if (has_direct(file))
        return take_number(value, 1000000000, value->field);
    no_meaning(file, value->node->key, "it is for kafkaDirect sources, and there is none");
    return true;
}

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static void unknown(struct job_file *file, struct yaml_node *key)
{
    const char *names[N_ROWS + N_MEANINGLESS + 1], *name = key->text;
    size_t n = 0;
    for (size_t i = 0; i < N_MEANINGLESS; i++) {
        names[n++] = meaningless[i];
        if (strcmp(name, meaningless[i]) == 0) {
            no_meaning(file, key, NULL);
            return;
        }
    }
    bool driver = starts_with(name, "spark.streaming.driver.writeAheadLog.") ||
                  starts_with(name, "spark.streaming.dynamicAllocation.") ||
                  starts_with(name, "spark.streaming.kafka.consumer.");
    if (!starts_with(name, "spark.")) {
        diag_help(file->diags,
                  diag_add(file->diags, yaml_place(key), 202, "unknown key '%s'", name),
                  "'conf' holds Spark's properties, whose names begin with 'spark.'");
        return;
    }
    for (size_t i = 0; i < N_ROWS; i++)
        names[n++] = rows[i].name;
    names[n] = NULL;
    struct diag *diag =
        diag_warn(file->diags, yaml_place(key), 103, "%s has no meaning here", name);
    if (!driver)
        schema_suggest(file->diags, diag, name, names);
}

static void read_property(struct job_file *file, struct yaml_node *key, struct yaml_node *node)
{
    const struct spark_row *row = rows;
    while (row < rows + N_ROWS && strcmp(row->name, key->text) != 0)
        row++;
    if (row == rows + N_ROWS) {
        unknown(file, key);
        return;
    }
    if (node->bad || !expand_node(&file->schema.expand, node, NULL))
        return;
    struct spark_value value = { file, row, node, (char *)file + row->at };
    if (!node->text || node->kind == YAML_NULL) {
        schema_wrong(&file->schema, node, "a text or a number");
        return;
    }
    if (row->later && strcasecmp(node->text, row->only) != 0)
        schema_later(&file->schema, node, arena_printf(file->arena, "%s", row->key));
    else
        take(&value);
}

/* Spark without its window counts for ever, we count an hour: who moves should know. */
static void warn_window(struct job_file *file, const struct yaml_node *conf,
                        const struct yaml_node *root)
{
    const struct yaml_node *attempts = yaml_get(conf, "spark.yarn.maxAppAttempts");
    if (!attempts || yaml_get(conf, "spark.yarn.am.attemptFailuresValidityInterval") ||
        yaml_get(root, "attemptFailuresValidityInterval"))
        return;
    diag_help(file->diags,
              diag_warn(file->diags, yaml_place(attempts->key), 103,
                        "without a validity interval Spark counts failures for ever; here the "
                        "window is 1h"),
              "say which you want: attemptFailuresValidityInterval: 0s (for ever) or 1h");
}

void job_conf_read(struct job_file *file, const struct yaml_node *root)
{
    struct yaml_node *conf = yaml_get(root, "conf");
    if (!conf || conf->bad)
        return;
    if (conf->kind != YAML_MAP) {
        schema_wrong(&file->schema, conf, "a mapping");
        return;
    }
    for (size_t i = 0; i < conf->n; i++)
        read_property(file, conf->keys[i], conf->items[i]);
    warn_window(file, conf, root);
}

const char *job_conf_property(const struct yaml_node *root, const char *key)
{
    const struct yaml_node *conf = yaml_get(root, "conf");
    const char *ours = strcmp(key, "checkpoint.directory") == 0 ? "checkpoint" : key;
    for (size_t i = 0; i < N_ROWS; i++)
        if (strcmp(rows[i].key, ours) == 0 && yaml_get(conf, rows[i].name))
            return rows[i].name;
    return NULL;
}
