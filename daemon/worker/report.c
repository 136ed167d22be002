#include "worker/report.h"

#include <string.h>

#include "base/check.h"
#include "base/list.h"
#include "base/quote.h"

static const char *const state_names[JOB_STATES] = {
    [JOB_STARTING] = "STARTING", [JOB_RECOVERING] = "RECOVERING",   [JOB_RUNNING] = "RUNNING",
    [JOB_STANDBY] = "STANDBY",   [JOB_CATCHING_UP] = "CATCHING_UP", [JOB_DEGRADED] = "DEGRADED",
    [JOB_PAUSED] = "PAUSED",     [JOB_RETRYING] = "RETRYING",       [JOB_STOPPING] = "STOPPING",
    [JOB_STOPPED] = "STOPPED",   [JOB_REJECTED] = "REJECTED",       [JOB_FAILED] = "FAILED",
};

static const char *const kind_names[REPORT_KINDS] = {
    [REPORT_READY] = "ready", [REPORT_REJECTED] = "rejected", [REPORT_STATE] = "state",
    [REPORT_BATCH] = "batch", [REPORT_FENCED] = "fenced",     [REPORT_PROGRESS] = "progress",
};

#define TIME_MAX (1LL << 53) /* of any number: exact in JSON, and sums of two do not overflow */

static const struct report_field {
    enum report_kind kind;
    const char *key;
    size_t offset;    /* of an int64_t in struct report */
    int64_t min, max; /* both allowed */
} fields[] = {
    /* the numbers of each kind, in the order in which they are written */
    { REPORT_READY, "enabled", offsetof(struct report, policy.enabled), 0, 1 },
    { REPORT_READY, "max_attempts", offsetof(struct report, policy.max_attempts), 1,
      REPORT_ATTEMPTS_MAX },
    { REPORT_READY, "window", offsetof(struct report, policy.window_ms), 0, TIME_MAX },
    { REPORT_READY, "backoff", offsetof(struct report, policy.backoff_initial_ms), 0, TIME_MAX },
    { REPORT_READY, "backoff_max", offsetof(struct report, policy.backoff_max_ms), 0, TIME_MAX },
    { REPORT_READY, "stop_timeout", offsetof(struct report, policy.stop_timeout_ms), 0, TIME_MAX },
    { REPORT_READY, "interval", offsetof(struct report, policy.interval_ms), 1, TIME_MAX },
    { REPORT_REJECTED, "count", offsetof(struct report, count), 1, TIME_MAX },
    { REPORT_STATE, "next", offsetof(struct report, next_ms), -1, TIME_MAX },
    { REPORT_BATCH, "number", offsetof(struct report, batch.number), 0, TIME_MAX },
    { REPORT_BATCH, "time", offsetof(struct report, batch.time_ms), 0, TIME_MAX },
    { REPORT_BATCH, "records", offsetof(struct report, batch.records), 0, TIME_MAX },
    { REPORT_BATCH, "delay", offsetof(struct report, batch.delay_ms), -1, TIME_MAX },
    { REPORT_BATCH, "lag_records", offsetof(struct report, batch.lag_records), -1, TIME_MAX },
    { REPORT_BATCH, "lag", offsetof(struct report, batch.lag_ms), -1, TIME_MAX },
    { REPORT_BATCH, "dead", offsetof(struct report, batch.dead), -1, TIME_MAX },
};
#define KEY_STATE 30 /* bits of the keys that are no numbers, beside those of fields[] */
#define KEY_TEXT 31
_Static_assert(ARRAY_SIZE(fields) <= KEY_STATE, "one bit a key");

const char *job_state_name(enum job_state state)
{
    check(state < JOB_STATES);
    return state_names[state];
}

void report_set_text(struct report *report, const char *text)
{
    size_t n = quote_cut(text, strlen(text), sizeof report->text - 1);
    memcpy(report->text, text, n);
    report->text[n] = '\0';
}

static int64_t get_number(const struct report *report, const struct report_field *field)
{
    int64_t value;
    memcpy(&value, (const char *)report + field->offset, sizeof value);
    return value;
}

static bool has_text(enum report_kind kind)
{
    return kind != REPORT_BATCH && kind != REPORT_PROGRESS;
}

void report_format(const struct report *report, struct buf *out)
{
    check(report->kind < REPORT_KINDS);
    buf_puts(out, kind_names[report->kind]);
    if (report->kind == REPORT_STATE)
        buf_printf(out, " state=%s", job_state_name(report->state));
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        if (fields[i].kind != report->kind)
            continue;
        int64_t value = get_number(report, &fields[i]);
        check(value >= fields[i].min && value <= fields[i].max);
        buf_printf(out, " %s=%lld", fields[i].key, (long long)value);
    }
    if (has_text(report->kind)) {
        buf_puts(out, " text=");
        quote_put(out, report->text, strnlen(report->text, sizeof report->text));
    }
    buf_put_u8(out, '\n');
}

static bool is_word(struct slice token, const char *word)
{
    return token.len == strlen(word) && memcmp(token.ptr, word, token.len) == 0;
}

static size_t find_word(const char *const *words, size_t n,
                        struct slice token) /* n: not among them */
{
    size_t i = 0;
    while (i < n && !is_word(token, words[i]))
        i++;
    return i;
}

/* Decimal digits, a '-' before them or not; no other form, nothing behind them. */
static bool parse_number(struct slice token, int64_t *value)
{
    const char *at = token.ptr, *end = at + token.len;
    bool negative = *at == '-'; /* a value has a byte at least */
    int64_t sum = 0;
    if (negative)
        at++;
    if (at == end || end - at > 18) /* 18 digits cannot overflow */
        return false;
    for (; at < end; at++) {
        if (*at < '0' || *at > '9')
            return false;
        sum = sum * 10 + (*at - '0');
    }
    *value = negative ? -sum : sum;
    return true;
}

struct pair { /* one key=value of a line */
    struct slice key, value;
    char text[REPORT_TEXT_MAX]; /* a quoted value, unquoted */
    bool quoted;
};

/* Takes ` key=value` from *at; false when there is no such thing. */
static bool take_pair(const char **at, const char *end, struct pair *pair)
{
    const char *key = *at + 1, *value = key;
    if (**at != ' ')
        return false;
    while (value < end && *value != '=' && *value != ' ' && *value != '"')
        value++;
    if (value == end || *value != '=' || value == key)
        return false;
    pair->key = (struct slice){ key, (size_t)(value - key) };
    value++;
    size_t left = (size_t)(end - value), took = 0;
    pair->quoted = left > 0 && *value == '"';
    if (pair->quoted)
        took = quote_get(value, left, pair->text, sizeof pair->text);
    else
        while (took < left && value[took] != ' ')
            took++;
    if (took == 0)
        return false;
    pair->value = (struct slice){ value, took };
    *at = value + took;
    return true;
}

/* Stores the pair if its key belongs to the report's kind; its bit goes to *key, 0 when the key is
 * not known. */
static bool store_pair(struct report *report, const struct pair *pair, uint32_t *key)
{
    int64_t value;
    *key = 0;
    if (is_word(pair->key, "text") && has_text(report->kind)) {
        *key = 1u << KEY_TEXT;
        memcpy(report->text, pair->text, sizeof report->text);
        return pair->quoted;
    }
    if (is_word(pair->key, "state") && report->kind == REPORT_STATE) {
        *key = 1u << KEY_STATE;
        report->state = (enum job_state)find_word(state_names, JOB_STOPPED, pair->value);
        return report->state < JOB_STOPPED;
    }
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        if (fields[i].kind != report->kind || !is_word(pair->key, fields[i].key))
            continue;
        *key = 1u << i;
        if (!parse_number(pair->value, &value) || value < fields[i].min || value > fields[i].max)
            return false;
        memcpy((char *)report + fields[i].offset, &value, sizeof value);
        return true;
    }
    return true;
}

static uint32_t keys_of(enum report_kind kind)
{
    uint32_t keys =
        (has_text(kind) ? 1u << KEY_TEXT : 0) | (kind == REPORT_STATE ? 1u << KEY_STATE : 0);
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
        keys |= fields[i].kind == kind ? 1u << i : 0;
    return keys;
}

bool report_parse(const char *line, size_t n, struct report *report)
{
    const char *at = line, *end = line + n;
    uint32_t seen = 0, key;
    if (n >= REPORT_LINE_MAX)
        return false;
    while (at < end && *at != ' ')
        at++;
    *report = (struct report){ .kind = (enum report_kind)find_word(
                                   kind_names, REPORT_KINDS,
                                   (struct slice){ line, (size_t)(at - line) }) };
    if (report->kind == REPORT_KINDS)
        return false;
    while (at < end) {
        struct pair pair = { 0 };
        if (!take_pair(&at, end, &pair) || !store_pair(report, &pair, &key) || (seen & key))
            return false;
        seen |= key;
    }
    return seen == keys_of(report->kind);
}

void report_feed(struct report_reader *reader, struct slice bytes, report_cb cb, void *ctx)
{
    const char *at = bytes.ptr, *end = at + bytes.len;
    struct report report;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t take = (size_t)((stop ? stop : end) - at);
        reader->skipping = reader->skipping || take >= sizeof reader->line - reader->n;
        if (!reader->skipping) {
            memcpy(reader->line + reader->n, at, take);
            reader->n += take;
        }
        at += take + (stop ? 1 : 0);
        if (!stop)
            return;
        if (!reader->skipping && report_parse(reader->line, reader->n, &report))
            cb(ctx, &report);
        else
            reader->garbage++;
        reader->n = 0;
        reader->skipping = false;
    }
}
