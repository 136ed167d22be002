/* The daemon's own settings: tidemark.yaml, then conf.d/<name>.yaml by name; every key has a default. Reading
 * files, flags and the environment is the caller's. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "spec/schema.h"

enum settings_watch { WATCH_INOTIFY, WATCH_POLL, WATCH_OFF };
enum settings_log_format {
    LOG_FORMAT_AUTO,
    LOG_FORMAT_LOGFMT,
    LOG_FORMAT_JOURNAL,
    LOG_FORMAT_JSON
};
enum settings_auth { AUTH_AUTO, AUTH_SIMPLE, AUTH_KERBEROS, AUTH_TOKEN };

struct settings {
    const char *jobs_directory;
    int jobs_watch; /* enum settings_watch */
    uint64_t jobs_settle_ms, jobs_rescan_ms;
    const char *state_directory;
    uint64_t state_min_free; /* bytes */
    const char *http_listen; /* "" = off */
    const char *http_token;
    int log_format; /* enum settings_log_format */
    int log_level;  /* enum log_level */
    uint64_t log_repeat_ms;
    const char *log_directory; /* "" = none */
    int store_auth;            /* enum settings_auth */
    const char *store_user, *store_keytab, *store_principal, *store_token,
        *store_ca;                 /* "" = none */
    struct yaml_node *store_hosts; /* a mapping; NULL = none */
    uint32_t store_replication;    /* 0 = the store's own */
    uint64_t store_block_size;     /* bytes */
    uint64_t store_connect_timeout_ms, store_timeout_ms, store_write_timeout_ms;
    uint64_t memory_per_job; /* bytes */
    uint32_t jobs_max;
    const struct yaml_node *defaults; /* job keys, a mapping; NULL = none */
    const char *socket; /* of the control socket; no key of a file: the caller sets it */
};

extern const struct schema_key settings_keys[];

/* Every setting at its default. */
void settings_init(struct settings *settings);
/* Reads one file, diags->source, over what is there; texts and nodes live in the arena. False when
 * diags holds an error, the settings are then half read. */
bool settings_read(struct arena *arena, const struct expand_env *env, struct diags *diags,
                   struct settings *settings);
