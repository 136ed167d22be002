#include "supervisor/attempts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/crc32c.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/quote.h"

#define HEAD "tidemark attempts "
#define VERSION 1
#define CRC_DIGITS 8

/* ---- one line */

static const char *const kind_names[ATTEMPT_KINDS] = {
    [ATTEMPT_START] = "start",
    [ATTEMPT_END] = "end",
    [ATTEMPT_FAILED] = "failed",
    [ATTEMPT_RECOUNT] = "recount",
};

void attempt_format(const struct attempt_entry *entry, struct buf *out)
{
    size_t begin = out->len;
    buf_printf(out, "%08x %s job=%s attempt=%" PRIu64 " spec=%016" PRIx64, 0u,
               kind_names[entry->kind], entry->job, entry->attempt, entry->spec);
    buf_printf(out, " boot=%s boot_ms=%" PRId64 " wall_ms=%" PRId64, entry->boot, entry->boot_ms,
               entry->wall_ms);
    if (entry->kind == ATTEMPT_END)
        buf_printf(out, " status=%" PRId64 " signal=%" PRId64 " counted=%" PRId64, entry->status,
                   entry->signal, entry->counted);
    if (entry->kind == ATTEMPT_END || entry->kind == ATTEMPT_FAILED) {
        buf_puts(out, " reason=");
        quote_put(out, entry->reason, strlen(entry->reason));
    }
    char crc[CRC_DIGITS + 1];
    size_t body = begin + CRC_DIGITS + 1;
    snprintf(crc, sizeof crc, "%08x", crc32c(0, out->ptr + body, out->len - body));
    memcpy(out->ptr + begin, crc, CRC_DIGITS);
    buf_puts(out, "\n");
}

struct words { /* what is left of a line; bad stays set */
    const char *at, *end;
    bool bad;
};

static bool take(struct words *words, const char *text)
{
    size_t n = strlen(text);
    bool is = (size_t)(words->end - words->at) >= n && memcmp(words->at, text, n) == 0;
    words->at += is ? n : 0;
    return is;
}

static void take_word(struct words *words, const char *key, char *out, size_t size)
{
    words->bad = words->bad || !take(words, key);
    const char *stop = memchr(words->at, ' ', (size_t)(words->end - words->at));
    size_t n = (size_t)((stop ? stop : words->end) - words->at);
    words->bad = words->bad || n == 0 || n >= size;
    if (words->bad)
        return;
    memcpy(out, words->at, n);
    out[n] = '\0';
    words->at += n;
}

static int64_t take_number(struct words *words, const char *key) /* as we write it */
{
    char word[24] = "", same[24];
    take_word(words, key, word, sizeof word);
    int64_t number = strtoll(word, NULL, 10);
    snprintf(same, sizeof same, "%" PRId64, number);
    words->bad = words->bad || strcmp(word, same) != 0;
    return number;
}

static uint64_t take_hash(struct words *words, const char *key)
{
    char word[24] = "", same[24];
    take_word(words, key, word, sizeof word);
    uint64_t hash = strtoull(word, NULL, 16);
    snprintf(same, sizeof same, "%016" PRIx64, hash);
    words->bad = words->bad || strcmp(word, same) != 0;
    return hash;
}

static void take_reason(struct words *words, struct attempt_entry *entry)
{
    words->bad = words->bad || !take(words, " reason=");
    if (words->bad)
        return;
    size_t n =
        quote_get(words->at, (size_t)(words->end - words->at), entry->reason, sizeof entry->reason);
    words->bad = n == 0;
    words->at += n;
}

static bool is_whole(struct words *words) /* takes the CRC */
{
    char hex[CRC_DIGITS + 1] = "", *end;
    if (words->end - words->at <= CRC_DIGITS || words->at[CRC_DIGITS] != ' ')
        return false;
    memcpy(hex, words->at, CRC_DIGITS);
    unsigned long crc = strtoul(hex, &end, 16);
    words->at += CRC_DIGITS + 1;
    return !*end && crc == crc32c(0, words->at, (size_t)(words->end - words->at));
}

bool attempt_parse(const char *line, size_t n, struct attempt_entry *entry)
{
    struct words words = { line, line + n, false };
    *entry = (struct attempt_entry){ .kind = ATTEMPT_START };
    if (memchr(line, 0, n) || !is_whole(&words))
        return false;
    while (entry->kind < ATTEMPT_KINDS && !take(&words, kind_names[entry->kind]))
        entry->kind++;
    if (entry->kind == ATTEMPT_KINDS)
        return false;
    take_word(&words, " job=", entry->job, sizeof entry->job);
    int64_t attempt = take_number(&words, " attempt=");
    words.bad = words.bad || attempt < 0;
    entry->attempt = (uint64_t)attempt;
    entry->spec = take_hash(&words, " spec=");
    take_word(&words, " boot=", entry->boot, sizeof entry->boot);
    entry->boot_ms = take_number(&words, " boot_ms=");
    entry->wall_ms = take_number(&words, " wall_ms=");
    if (entry->kind == ATTEMPT_END) {
        entry->status = take_number(&words, " status=");
        entry->signal = take_number(&words, " signal=");
        entry->counted = take_number(&words, " counted=");
    }
    if (entry->kind == ATTEMPT_END || entry->kind == ATTEMPT_FAILED)
        take_reason(&words, entry);
    return !words.bad && words.at == words.end;
}

/* ---- the lines of a file */

struct lines {
    const char *at, *end;
    uint32_t number; /* of the line that was given last */
};

/* The next line without its \n; the last one may lack it: *torn. */
static bool next_line(struct lines *lines, struct slice *line, bool *torn)
{
    if (lines->at == lines->end)
        return false;
    const char *stop = memchr(lines->at, '\n', (size_t)(lines->end - lines->at));
    *torn = !stop;
    *line = (struct slice){ lines->at, (size_t)((stop ? stop : lines->end) - lines->at) };
    lines->at = stop ? stop + 1 : lines->end;
    lines->number++;
    return true;
}

static struct lines lines_of(struct slice bytes)
{
    const char *at = bytes.ptr;
    return (struct lines){ at, bytes.len ? at + bytes.len : at, 0 };
}

/* The next entry; damaged lines are counted when found is not NULL. */
static bool next_entry(struct lines *lines, struct attempt_entry *entry,
                       struct attempts_found *found)
{
    struct slice line;
    bool torn;
    while (next_line(lines, &line, &torn)) {
        if (lines->number == 1)
            continue; /* the head */
        if (!torn && attempt_parse(line.ptr, line.len, entry))
            return true;
        if (found && found->damaged++ == 0)
            found->damaged_line = lines->number;
    }
    return false;
}

static bool check_head(struct slice bytes, struct err *err)
{
    struct lines lines = lines_of(bytes);
    struct slice line;
    bool torn;
    char text[40] = "", *end;
    if (!next_line(&lines, &line, &torn))
        return true; /* empty: a new one */
    size_t n = strlen(HEAD);
    if (torn || line.len <= n || line.len >= sizeof text || memcmp(line.ptr, HEAD, n) != 0)
        return err_set(err, ERR_FATAL, "its first line is not '%s%d'", HEAD, VERSION);
    memcpy(text, (const char *)line.ptr + n, line.len - n);
    long version = strtol(text, &end, 10);
    if (*end || version < 1)
        return err_set(err, ERR_FATAL, "its first line is not '%s%d'", HEAD, VERSION);
    return version == VERSION ||
           err_set(err, ERR_FATAL, "written by a newer version of tidemark (format %ld)", version);
}

/* ---- one job's past */

static int64_t end_on_this_boot(const struct attempt_entry *entry, const struct attempts_clock *now)
{
    if (strcmp(entry->boot, now->boot) == 0)
        return entry->boot_ms;
    int64_t age = now->wall_ms - entry->wall_ms;
    return now->boot_ms - (age > 0 ? age : 0);
}

/* The sentence is in the entry behind it, if that was still written. */
static void recall_last(const struct attempt_entry *end, struct attempts_past *past)
{
    past->failed = true;
    snprintf(past->why, sizeof past->why,
             "job %s failed too often due to %.1000s. Failing the job.", end->job, end->reason);
}

void attempts_recall(struct slice bytes, const char *job, const struct attempts_clock *now,
                     struct attempts_past *past)
{
    struct lines lines = lines_of(bytes);
    struct attempt_entry entry;
    uint64_t ended = 0;
    *past = (struct attempts_past){ 0 };
    while (next_entry(&lines, &entry, NULL)) {
        if (strcmp(entry.job, job) != 0)
            continue;
        past->spec = entry.spec;
        if (entry.attempt > past->attempt)
            past->attempt = entry.attempt;
        if (entry.kind == ATTEMPT_RECOUNT) {
            past->failures = (struct failures){ 0 };
            past->failed = false;
        } else if (entry.kind == ATTEMPT_FAILED) {
            past->failed = true;
            memcpy(past->why, entry.reason, sizeof past->why);
        } else if (entry.kind == ATTEMPT_END && entry.attempt > ended) {
            ended = entry.attempt;
            if (!entry.counted)
                continue;
            failures_add(&past->failures, end_on_this_boot(&entry, now));
            if (entry.counted == ATTEMPT_LAST)
                recall_last(&entry, past);
        }
    }
}

/* ---- what still matters */

struct digest { /* of one job's lines, by their numbers */
    char job[ATTEMPT_ID_SIZE];
    uint32_t recount, newest;  /* line of its last recount; of its newest entry */
    uint32_t counted;          /* ends that count since then */
    uint64_t started, ended;   /* its last attempts that started, that ended */
    struct attempt_entry open; /* the start of `started` */
    bool known;                /* it is one of those that are kept */
    uint32_t passed;           /* second walk: counted ends met */
    uint64_t passed_end;       /* second walk: the attempt of the last end met */
};

struct digests {
    struct digest *items;
    size_t n, cap;
};

static struct digest *digest_of(struct digests *digests, const char *job)
{
    for (size_t i = digests->n; i > 0; i--)
        if (strcmp(digests->items[i - 1].job, job) == 0)
            return &digests->items[i - 1];
    if (digests->n == digests->cap) {
        digests->cap = digests->cap ? digests->cap * 2 : 16;
        digests->items = mem_realloc(digests->items, digests->cap * sizeof *digests->items);
    }
    struct digest *digest = &digests->items[digests->n++];
    *digest = (struct digest){ .known = true };
    snprintf(digest->job, sizeof digest->job, "%s", job);
    return digest;
}

static void digest_add(struct digest *digest, const struct attempt_entry *entry, uint32_t line)
{
    digest->newest = line;
    if (entry->kind == ATTEMPT_RECOUNT) {
        digest->recount = line;
        digest->counted = 0;
    } else if (entry->kind == ATTEMPT_START) {
        digest->started = entry->attempt;
        digest->open = *entry;
    } else if (entry->kind == ATTEMPT_END && entry->attempt > digest->ended) {
        digest->ended = entry->attempt;
        digest->counted += entry->counted != 0;
    }
}

static int later_first(const void *left, const void *right)
{
    const struct digest *a = left, *b = right;
    return a->newest < b->newest ? 1 : -1; /* a line tells of one job */
}

static void digest_forget(struct digests *digests) /* all but those last heard of */
{
    if (digests->n <= ATTEMPTS_JOBS_MAX)
        return;
    qsort(digests->items, digests->n, sizeof *digests->items, later_first);
    for (size_t i = ATTEMPTS_JOBS_MAX; i < digests->n; i++)
        digests->items[i].known = false;
}

static bool is_open(const struct digest *digest)
{
    return digest->started > digest->ended;
}

static bool still_matters(struct digest *digest, const struct attempt_entry *entry, uint32_t line)
{
    if (!digest->known)
        return false;
    if (entry->kind == ATTEMPT_START)
        return is_open(digest) && entry->attempt == digest->started;
    bool again = entry->kind == ATTEMPT_END && entry->attempt <= digest->passed_end;
    if (entry->kind == ATTEMPT_END && !again)
        digest->passed_end = entry->attempt;
    bool current = line > digest->recount;
    if (entry->kind == ATTEMPT_END && entry->counted && current && !again)
        return ++digest->passed + REPORT_ATTEMPTS_MAX > digest->counted;
    return line == digest->newest || (entry->kind == ATTEMPT_FAILED && current);
}

static void put_aborted(const struct digest *digest, const struct attempts_clock *now,
                        struct buf *out)
{
    struct attempt_entry end = digest->open;
    end.kind = ATTEMPT_END;
    end.boot_ms = now->boot_ms;
    end.wall_ms = now->wall_ms;
    end.status = -1;
    snprintf(end.boot, sizeof end.boot, "%s", now->boot);
    snprintf(end.reason, sizeof end.reason, "aborted: the daemon or the machine ended");
    attempt_format(&end, out);
}

bool attempts_compact(struct slice bytes, const struct attempts_clock *abort, struct buf *out,
                      struct attempts_found *found, struct err *err)
{
    struct digests digests = { 0 };
    struct attempt_entry entry;
    *found = (struct attempts_found){ 0 };
    if (!check_head(bytes, err))
        return false;
    struct lines lines = lines_of(bytes);
    while (next_entry(&lines, &entry, found))
        digest_add(digest_of(&digests, entry.job), &entry, lines.number);
    digest_forget(&digests);
    buf_printf(out, "%s%d\n", HEAD, VERSION);
    lines = lines_of(bytes);
    while (next_entry(&lines, &entry, NULL)) {
        struct digest *digest = digest_of(&digests, entry.job);
        bool start = entry.kind == ATTEMPT_START;
        if (still_matters(digest, &entry, lines.number) && !(start && abort))
            attempt_format(&entry, out);
    }
    for (size_t i = 0; abort && i < digests.n; i++) {
        if (!digests.items[i].known || !is_open(&digests.items[i]))
            continue;
        put_aborted(&digests.items[i], abort, out);
        found->aborted++;
    }
    mem_free(digests.items);
    return true;
}
