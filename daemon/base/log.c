#include "base/log.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/quote.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
    const char *name;
    int priority; /* syslog's, for the journal */
} levels[] = {
    [LOG_ERROR] = { "error", 3 },
    [LOG_WARNING] = { "warning", 4 },
    [LOG_INFO] = { "info", 6 },
    [LOG_DEBUG] = { "debug", 7 },
};

static const struct {
    int64_t ms;
    const char *name;
    bool tenths; /* shown with a decimal while below ten */
} units[] = { { 86400000, "d", false },
              { 3600000, "h", false },
              { 60000, "m", false },
              { 1000, "s", true },
              { 1, "ms", false } };

bool log_level_parse(const char *word, enum log_level *level)
{
    for (size_t i = 0; i < N(levels); i++) {
        if (strcmp(word, levels[i].name) == 0) {
            *level = (enum log_level)i;
            return true;
        }
    }
    return false;
}

void log_format_wait(int64_t milliseconds, struct buf *out)
{
    size_t i = 0;
    while (i + 1 < N(units) && milliseconds < units[i].ms)
        i++;
    int64_t whole = milliseconds / units[i].ms,
            tenth = milliseconds % units[i].ms * 10 / units[i].ms;
    if (units[i].tenths && whole < 10 && tenth)
        buf_printf(out, "%lld.%lld%s", (long long)whole, (long long)tenth, units[i].name);
    else
        buf_printf(out, "%lld%s", (long long)whole, units[i].name);
}

static bool is_bare(const char *text) /* can stand without quotes */
{
    if (!*text)
        return false;
    for (; *text; text++)
        if (*text <= ' ' || *text >= 0x7f || strchr("\"=\\", *text)) /* below 0: UTF-8 */
            return false;
    return true;
}

/* `key=` or `"key":`, with what separates it from the pair before; *first is cleared. */
static void put_key(struct buf *out, enum log_format format, const char *key, bool *first)
{
    if (!*first)
        buf_puts(out, format == LOG_JSON ? "," : " ");
    buf_printf(out, format == LOG_JSON ? "\"%s\":" : "%s=", key);
    *first = false;
}

static void put_text(struct buf *out, enum log_format format, const char *text)
{
    if (format != LOG_JSON && is_bare(text))
        buf_put(out, text, quote_cut(text, strlen(text), LOG_TEXT_MAX));
    else
        quote_put(out, text, quote_cut(text, strlen(text), LOG_TEXT_MAX));
}

static void put_number(struct buf *out, const struct log_field *field)
{
    long long n = field->number;
    if (field->kind == LOG_KIND_SECONDS)
        buf_printf(out, "%s%lld.%03lld", n < 0 ? "-" : "", (n < 0 ? -n : n) / 1000,
                   (n < 0 ? -n : n) % 1000);
    else
        buf_printf(out, "%lld", n);
}

static void put_field(struct buf *out, enum log_format format, const struct log_field *field,
                      bool *first)
{
    if (field->kind == LOG_KIND_TEXT && !field->text)
        return;
    put_key(out, format, field->key, first);
    if (field->kind == LOG_KIND_TEXT) {
        put_text(out, format, field->text);
    } else if (field->kind == LOG_KIND_WAIT) {
        buf_puts(out, format == LOG_JSON ? "\"" : "");
        log_format_wait(field->number, out);
        buf_puts(out, format == LOG_JSON ? "\"" : "");
    } else {
        put_number(out, field);
    }
}

static void put_fields(struct buf *out, enum log_format format, const struct log_entry *entry,
                       bool *first)
{
    for (size_t i = 0; i < LOG_FIELDS_MAX && entry->fields[i].kind != LOG_END; i++)
        put_field(out, format, &entry->fields[i], first);
}

static void put_time(struct buf *out, enum log_format format, int64_t wall_ms, bool *first)
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm tm;
    char text[32];
    gmtime_r(&seconds, &tm);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    put_key(out, format, "ts", first);
    buf_printf(out, format == LOG_JSON ? "\"%s.%03dZ\"" : "%s.%03dZ", text, (int)(wall_ms % 1000));
}

void log_format_line(const struct log_entry *entry, enum log_format format, int64_t wall_ms,
                     struct buf *out)
{
    char code[16];
    snprintf(code, sizeof code, "E%u", entry->code);
    const struct log_field head[] = {
        LOG_TEXT("level", levels[entry->level].name),
        LOG_TEXT("job", entry->job),
        LOG_TEXT("event", entry->event),
        LOG_TEXT("code", entry->code ? code : NULL),
    };
    const struct log_field tail = LOG_TEXT("msg", entry->msg);
    bool first = true;
    if (format == LOG_JSON)
        buf_puts(out, "{");
    if (format == LOG_JOURNAL)
        buf_printf(out, "<%d>", levels[entry->level].priority);
    else
        put_time(out, format, wall_ms, &first);
    for (size_t i = 0; i < N(head); i++)
        put_field(out, format, &head[i], &first);
    put_fields(out, format, entry, &first);
    put_field(out, format, &tail, &first);
    buf_puts(out, format == LOG_JSON ? "}\n" : "\n");
}

static uint64_t hash_text(uint64_t hash, const char *text, size_t n) /* FNV-1a */
{
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3u;
    return (hash ^ 0xff) * 0x100000001b3u;
}

/* Two entries are the same message when all but time and fields agree; without a msg the fields are
 * the message. */
static uint64_t hash_entry(struct log *log, const struct log_entry *entry)
{
    struct log_entry same = *entry;
    if (same.msg)
        same.fields[0].kind = LOG_END;
    buf_clear(&log->line);
    log_format_line(&same, LOG_JOURNAL, 0, &log->line);
    return hash_text(0xcbf29ce484222325u, (const char *)log->line.ptr, log->line.len) |
           1; /* 0 is none */
}

static void write_entry(struct log *log, const struct log_entry *entry)
{
    buf_clear(&log->line);
    log_format_line(entry, log->format, log->door.wall_ms(log->door.ctx), &log->line);
    if (log->line.len > LOG_LINE_MAX) { /* only many long texts at once come here */
        log->line.len = quote_cut((const char *)log->line.ptr, log->line.len, LOG_LINE_MAX - 1);
        buf_puts(&log->line, "\n");
    }
    log->door.write(log->door.ctx, (const char *)log->line.ptr, log->line.len);
}

static void end_repeat(struct log *log, struct log_repeat *repeat, uint64_t now)
{
    if (repeat->hash && repeat->count)
        write_entry(log,
                    &(struct log_entry){
                        .level = repeat->level,
                        .job = *repeat->job ? repeat->job : NULL,
                        .event = "log.suppressed",
                        .fields = { LOG_TEXT("of", repeat->event), LOG_INT("count", repeat->count),
                                    LOG_WAIT("within", (int64_t)(now - repeat->printed_ms)) } });
    repeat->hash = 0;
}

void log_flush(struct log *log)
{
    uint64_t now = log->door.mono_ms(log->door.ctx);
    for (size_t i = 0; i < LOG_REPEATS; i++)
        if (now - log->repeats[i].printed_ms >= log->repeat_ms)
            end_repeat(log, &log->repeats[i], now);
}

static bool is_repeated(struct log *log, const struct log_entry *entry)
{
    uint64_t hash = hash_entry(log, entry), now = log->door.mono_ms(log->door.ctx);
    struct log_repeat *oldest = &log->repeats[0];
    for (size_t i = 0; i < LOG_REPEATS; i++) {
        struct log_repeat *repeat = &log->repeats[i];
        if (repeat->hash == hash) {
            repeat->count++;
            return true;
        }
        if (oldest->hash && (!repeat->hash || repeat->printed_ms < oldest->printed_ms))
            oldest = repeat;
    }
    end_repeat(log, oldest, now);
    *oldest = (struct log_repeat){ .hash = hash, .printed_ms = now, .level = entry->level };
    snprintf(oldest->job, sizeof oldest->job, "%s", entry->job ? entry->job : "");
    snprintf(oldest->event, sizeof oldest->event, "%s", entry->event);
    return false;
}

void log_put(struct log *log, const struct log_entry *entry)
{
    if (entry->level > log->level)
        return;
    if (log->repeat_ms) {
        log_flush(log);
        if (is_repeated(log, entry))
            return;
    }
    write_entry(log, entry);
}

void log_free(struct log *log)
{
    uint64_t now = log->door.mono_ms(log->door.ctx);
    for (size_t i = 0; i < LOG_REPEATS; i++)
        end_repeat(log, &log->repeats[i], now);
    buf_free(&log->line);
}
