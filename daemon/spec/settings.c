#include "spec/settings.h"

#include <string.h>

#include "base/log.h"
#include "spec/job.h"

#define AT(field) offsetof(struct settings, field)

static const struct schema_word watches[] = {
    { .name = "inotify", .value = WATCH_INOTIFY },
    { .name = "poll", .value = WATCH_POLL },
    { .name = "off", .value = WATCH_OFF },
    { 0 },
};
static const struct schema_word formats[] = {
    { .name = "auto", .value = LOG_FORMAT_AUTO },
    { .name = "logfmt", .value = LOG_FORMAT_LOGFMT },
    { .name = "journal", .value = LOG_FORMAT_JOURNAL },
    { .name = "json", .value = LOG_FORMAT_JSON },
    { 0 },
};
static const struct schema_word levels[] = {
    { .name = "error", .value = LOG_ERROR },
    { .name = "warning", .value = LOG_WARNING },
    { .name = "info", .value = LOG_INFO },
    { .name = "debug", .value = LOG_DEBUG },
    { 0 },
};
static const struct schema_word auths[] = {
    { .name = "auto", .value = AUTH_AUTO },
    { .name = "simple", .value = AUTH_SIMPLE },
    { .name = "kerberos", .value = AUTH_KERBEROS, .later = true },
    { .name = "token", .value = AUTH_TOKEN, .later = true },
    { 0 },
};

static const struct schema_key jobs_keys[] = {
    { .name = "directory",
      .type = SCHEMA_TEXT,
      .at = AT(jobs_directory),
      .fallback = "/etc/tidemark/jobs.d",
      .help = "one YAML file here is one job" },
    { .name = "watch",
      .type = SCHEMA_WORD,
      .at = AT(jobs_watch),
      .fallback = "inotify",
      .words = watches,
      .help = "how changes are seen: inotify | poll | off" },
    { .name = "settle",
      .type = SCHEMA_DURATION,
      .at = AT(jobs_settle_ms),
      .fallback = "1s",
      .max = 3600000,
      .help = "a change is acted on after this time of quiet" },
    { .name = "rescan",
      .type = SCHEMA_DURATION,
      .at = AT(jobs_rescan_ms),
      .fallback = "30s",
      .min = 1000,
      .max = 86400000,
      .help = "the whole directory is looked at this often, whatever events say" },
    { 0 },
};
static const struct schema_key state_keys[] = {
    { .name = "directory",
      .type = SCHEMA_TEXT,
      .at = AT(state_directory),
      .fallback = "/var/lib/tidemark",
      .help = "what the daemon keeps on this machine" },
    { .name = "minFree",
      .type = SCHEMA_SIZE,
      .at = AT(state_min_free),
      .fallback = "1GiB",
      .later = true,
      .help = "below this much free space jobs on this disk wait" },
    { 0 },
};
static const struct schema_key http_keys[] = {
    { .name = "listen",
      .type = SCHEMA_TEXT,
      .at = AT(http_listen),
      .fallback = "127.0.0.1:4040",
      .later = true,
      .also = "",
      .help = "address of the status page, /metrics and /api; \"\" turns it off" },
    { .name = "token",
      .type = SCHEMA_TEXT,
      .at = AT(http_token),
      .fallback = "",
      .later = true,
      .secret = true,
      .help = "a credential of 32 bytes or more, needed to listen on other than loopback" },
    { 0 },
};
static const struct schema_key log_keys[] = {
    { .name = "format",
      .type = SCHEMA_WORD,
      .at = AT(log_format),
      .fallback = "auto",
      .words = formats,
      .help = "auto | logfmt | journal | json; auto: journal when it reads us, else logfmt" },
    { .name = "level",
      .type = SCHEMA_WORD,
      .at = AT(log_level),
      .fallback = "info",
      .words = levels,
      .help = "error | warning | info | debug" },
    { .name = "repeatLimit",
      .type = SCHEMA_DURATION,
      .at = AT(log_repeat_ms),
      .fallback = "10s",
      .help = "a message that comes again within this time is counted, not printed" },
    { .name = "directory",
      .type = SCHEMA_TEXT,
      .at = AT(log_directory),
      .fallback = "",
      .help = "what a job prints goes to JOB.out here" },
    { 0 },
};
static const struct schema_key store_keys[] = {
    { .name = "auth",
      .type = SCHEMA_WORD,
      .at = AT(store_auth),
      .fallback = "auto",
      .words = auths,
      .help = "how WebHDFS knows us: auto | simple | kerberos | token; simple needs a user" },
    { .name = "user",
      .type = SCHEMA_TEXT,
      .at = AT(store_user),
      .fallback = "",
      .help = "user of simple; one in a URL wins" },
    { .name = "keytab",
      .type = SCHEMA_TEXT,
      .at = AT(store_keytab),
      .fallback = "",
      .later = true,
      .help = "file of the Kerberos key" },
    { .name = "principal",
      .type = SCHEMA_TEXT,
      .at = AT(store_principal),
      .fallback = "",
      .later = true,
      .help = "Kerberos principal" },
    { .name = "token",
      .type = SCHEMA_TEXT,
      .at = AT(store_token),
      .fallback = "",
      .later = true,
      .secret = true,
      .help = "delegation token" },
    { .name = "ca",
      .type = SCHEMA_TEXT,
      .at = AT(store_ca),
      .fallback = "",
      .later = true,
      .help = "file of certificates trusted by swebhdfs://" },
    { .name = "hosts",
      .type = SCHEMA_ANY_MAP,
      .at = AT(store_hosts),
      .help = "addresses of names that this machine cannot resolve: {name: address}" },
    { .name = "replication",
      .type = SCHEMA_INT32,
      .at = AT(store_replication),
      .fallback = "0",
      .max = 512,
      .help = "copies of a file; 0 is the store's own default" },
    { .name = "blockSize",
      .type = SCHEMA_SIZE,
      .at = AT(store_block_size),
      .fallback = "16MiB",
      .min = 1 << 20,
      .max = 1ull << 40,
      .help = "HDFS block size of our files" },
    { .name = "connectTimeout",
      .type = SCHEMA_DURATION,
      .at = AT(store_connect_timeout_ms),
      .fallback = "10s",
      .min = 100,
      .max = 3600000,
      .help = "to reach a server" },
    { .name = "timeout",
      .type = SCHEMA_DURATION,
      .at = AT(store_timeout_ms),
      .fallback = "60s",
      .min = 1000,
      .max = 3600000,
      .help = "for an answer" },
    { .name = "writeTimeout",
      .type = SCHEMA_DURATION,
      .at = AT(store_write_timeout_ms),
      .fallback = "120s",
      .min = 1000,
      .max = 3600000,
      .help = "for a file written" },
    { 0 },
};
static const struct schema_key limits_keys[] = {
    { .name = "memoryPerJob",
      .type = SCHEMA_SIZE,
      .at = AT(memory_per_job),
      .fallback = "2GiB",
      .min = 64 << 20,
      .max = 1ull << 50,
      .help = "blocks, queues and state of one job; a worker that holds twice as much and "
              "512MiB ends" },
    { .name = "jobs",
      .type = SCHEMA_INT32,
      .at = AT(jobs_max),
      .fallback = "256",
      .min = 1,
      .max = 10000,
      .help = "jobs at once" },
    { 0 },
};

const struct schema_key settings_keys[] = {
    { .name = "jobs", .type = SCHEMA_MAP, .keys = jobs_keys, .help = "the directory of job files" },
    { .name = "state", .type = SCHEMA_MAP, .keys = state_keys, .help = "the state directory" },
    { .name = "http", .type = SCHEMA_MAP, .keys = http_keys, .help = "the status page" },
    { .name = "log", .type = SCHEMA_MAP, .keys = log_keys, .help = "log lines" },
    { .name = "store", .type = SCHEMA_MAP, .keys = store_keys, .help = "how stores are reached" },
    { .name = "limits", .type = SCHEMA_MAP, .keys = limits_keys, .help = "what may grow how far" },
    { .name = "defaults",
      .type = SCHEMA_ANY_MAP,
      .at = AT(defaults),
      .help = "any job key: used where a job does not say" },
    { 0 },
};

void settings_init(struct settings *settings)
{
    *settings = (struct settings){ 0 };
    schema_defaults(settings_keys, settings);
}

/* Two mappings as one: `over` wins, mappings of the same name are merged likewise. */
static const struct yaml_node *merge(struct arena *arena, const struct yaml_node *under,
                                     const struct yaml_node *over)
{
    if (!under || under->kind != YAML_MAP || over->kind != YAML_MAP)
        return over;
    struct yaml_node *both = arena_alloc(arena, sizeof *both);
    *both = *over;
    both->keys = arena_alloc(arena, (under->n + over->n) * sizeof(struct yaml_node *));
    both->items = arena_alloc(arena, (under->n + over->n) * sizeof(struct yaml_node *));
    both->n = 0;
    for (size_t i = 0; i < under->n; i++) {
        struct yaml_node *same = yaml_get(over, under->keys[i]->text);
        both->keys[both->n] = under->keys[i];
        both->items[both->n++] =
            same ? (struct yaml_node *)merge(arena, under->items[i], same) : under->items[i];
    }
    for (size_t i = 0; i < over->n; i++) {
        if (yaml_get(under, over->keys[i]->text))
            continue;
        both->keys[both->n] = over->keys[i];
        both->items[both->n++] = over->items[i];
    }
    return both;
}

bool settings_read(struct arena *arena, const struct expand_env *env, struct diags *diags,
                   struct settings *settings)
{
    size_t before = diag_errors(diags);
    struct yaml_node *root;
    struct schema schema = {
        .expand = { .arena = arena, .diags = diags, .env = env },
        .root = settings_keys,
    };
    yaml_parse(arena, diags->source, diags, &root);
    if (!root || root->kind == YAML_NULL)
        return diag_errors(diags) == before;
    if (root->kind != YAML_MAP) {
        diag_add(diags, yaml_place(root), 206, "a settings file is a mapping, here is %s",
                 yaml_kind_name(root->kind));
        return false;
    }
    const struct yaml_node *defaults = settings->defaults;
    settings->defaults = NULL;
    schema_read(&schema, settings_keys, root, settings);
    if (settings->store_hosts && settings->store_hosts->n)
        schema_later(&schema, settings->store_hosts, "store.hosts");
    if (settings->defaults)
        job_defaults_check(arena, env, diags, (struct yaml_node *)settings->defaults);
    settings->defaults = settings->defaults ? merge(arena, defaults, settings->defaults) : defaults;
    return diag_errors(diags) == before;
}
