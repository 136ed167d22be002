/* Log lines: one event each, as logfmt in a fixed order, as the journal wants it, or as JSON with
 * the same keys. ts=2026-11-22T15:27:02.113Z level=info job=wordcount event=batch.completed
 * batch=26880 total_delay=0.215 <3>level=error job=orders event=output.retry code=E310 attempt=7
 * next=16s msg="NameNode nn1 is in safe mode" An event that comes again within the limit of
 * repetition is counted instead, and the count follows as event=log.suppressed. Formatting is pure;
 * clocks and the file are the door's. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define LOG_FIELDS_MAX 12 /* fields of an entry */
#define LOG_LINE_MAX 8192 /* bytes of a line; texts are cut so that it fits */
#define LOG_TEXT_MAX 1000 /* bytes of a text before it is quoted; a longer one is cut */
#define LOG_REPEATS \
    64 /* different events watched for repetition at a time; the oldest gives way \
        */

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };
enum log_format { LOG_LOGFMT, LOG_JOURNAL, LOG_JSON };

enum log_kind { LOG_END, LOG_KIND_TEXT, LOG_KIND_INT, LOG_KIND_SECONDS, LOG_KIND_WAIT };
struct log_field {      /* made by the four macros below */
    const char *key;    /* [a-z_]+ */
    enum log_kind kind; /* LOG_END ends an entry's fields */
    const char *text;
    int64_t number; /* of milliseconds for the last two kinds */
};
#define LOG_TEXT(k, value)                                 \
    {                                                      \
        .key = (k), .kind = LOG_KIND_TEXT, .text = (value) \
    } /* NULL: left out */
#define LOG_INT(k, value)                                   \
    {                                                       \
        .key = (k), .kind = LOG_KIND_INT, .number = (value) \
    }
#define LOG_SECONDS(k, milliseconds)                                   \
    {                                                                  \
        .key = (k), .kind = LOG_KIND_SECONDS, .number = (milliseconds) \
    } /* 0.215 */
#define LOG_WAIT(k, milliseconds)                                   \
    {                                                               \
        .key = (k), .kind = LOG_KIND_WAIT, .number = (milliseconds) \
    } /* 350ms 2.1s 16s 1h */

struct log_entry {
    enum log_level level;
    const char *job;   /* id; NULL = the daemon itself */
    const char *event; /* a stable name, noun.verb */
    unsigned code;     /* 310 for E310; 0 = none */
    struct log_field fields[LOG_FIELDS_MAX];
    const char *msg; /* for people; NULL = the fields say all */
};

struct log_door { /* what a log needs of the world */
    void *ctx;
    int64_t (*wall_ms)(void *ctx); /* since the Unix epoch */
    uint64_t (*mono_ms)(void *ctx);
    void (*write)(void *ctx, const char *bytes,
                  size_t n); /* a line; must not wait: what cannot be written is dropped */
};

struct log_repeat { /* one event as last printed */
    uint64_t hash;  /* of level, job, event, code and msg, or of its fields when it has no msg; 0 =
                       free */
    uint64_t printed_ms; /* monotonic */
    uint32_t count;      /* times it came since and was not printed */
    enum log_level level;
    char job[64], event[64];
};
struct log { /* {0} but for format, level, repeat_ms and door is a new one */
    enum log_format format;
    enum log_level level; /* less important ones are not written */
    uint64_t repeat_ms;   /* 0 = every line is printed */
    struct log_door door;
    struct log_repeat repeats[LOG_REPEATS];
    struct buf line; /* for the line under way; log_free() frees it */
};

void log_put(struct log *log, const struct log_entry *entry);
void log_flush(
    struct log *log); /* the counts of repetitions whose time is over; also done by log_put() */
void log_free(struct log *log); /* with the counts that are left */

/* Appends the line with its \n; wall_ms is its time. */
void log_format_line(const struct log_entry *entry, enum log_format format, int64_t wall_ms,
                     struct buf *out);
/* Appends a wait as people read it, rounded down: 350ms 2.1s 16s 5m 1h 3d. */
void log_format_wait(int64_t milliseconds, struct buf *out);
bool log_level_parse(const char *word, enum log_level *level); /* error warning info debug */
