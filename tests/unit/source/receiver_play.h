/* What a receiver decides, played as a table: what happens, and what it then wants done. */
#pragma once
#include <check.h>
#include <string.h>

#include "base/buf.h"
#include "source/receiver.h"
#include "source/receiver_parts.h"

enum happening { /* of a row */
                 START,
                 OPENED,
                 CLOSED,
                 PARTITION,
                 LISTED,
                 LIST_FAILED,
                 OFFSETS,
                 OFFSETS_FAILED,
                 OUT_OF_RANGE,
                 AWAY,
                 FAILED,
                 ASSIGN,
                 COMMIT,
                 HOLD,
                 GO_ON,
                 MOVED,
                 SEEN,
                 TICK,
};

struct row {
    enum happening what;
    int32_t partition;
    int64_t a, b, c;   /* offsets: see happen() */
    uint64_t later_ms; /* than the row before */
    const char *want;  /* what is to be done then */
};

static struct receiver receiver;
static struct job_source source;
static struct job_topic topics[2];
static uint64_t now_ms;

static inline void open_receiver(void)
{
    topics[0] = (struct job_topic){ .name = "t", .consumers = 1 };
    source = (struct job_source){ .topics = topics, .n_topics = 1, .on_out_of_range = OFFSET_FAIL };
    receiver_init(&receiver, &source, true);
    now_ms = 1000000;
}

static inline void close_receiver(void)
{
    receiver_free(&receiver);
}

static inline const char *wanted(void) /* all that it wants done now: "list ask0 assign0@5" */
{
    static const char *const names[] = {
        [ACT_OPEN] = "open",    [ACT_CLOSE] = "close",       [ACT_FREE] = "free",
        [ACT_LIST] = "list",    [ACT_ASK] = "ask",           [ACT_ASSIGN] = "assign",
        [ACT_SEAL] = "seal",    [ACT_UNASSIGN] = "unassign", [ACT_FOUND] = "found",
        [ACT_STATE] = "state",  [ACT_GAP] = "gap",           [ACT_COMMIT] = "commit",
        [ACT_LOOKED] = "looked"
    };
    static struct buf out;
    struct receiver_action action;
    buf_clear(&out);
    while (receiver_act(&receiver, &action)) {
        const char *name = names[action.kind];
        if (action.kind == ACT_STATE && receiver.trouble.kind == ERR_FATAL)
            name = "fatal";
        buf_printf(&out, "%s%s", out.len ? " " : "", name);
        if (action.kind == ACT_STATE)
            buf_printf(&out, "%u", receiver.trouble.code);
        else if (action.kind == ACT_OPEN)
            buf_printf(&out, "%u", action.queues);
        else if (action.kind != ACT_CLOSE && action.kind != ACT_FREE && action.kind != ACT_LIST &&
                 action.kind != ACT_LOOKED)
            buf_printf(&out, "%u", action.part);
        if (action.kind == ACT_ASSIGN || action.kind == ACT_GAP || action.kind == ACT_COMMIT)
            buf_printf(&out, "@%lld", (long long)action.offset);
    }
    return buf_text(&out);
}

static inline void tell(enum kafka_event_kind kind, const struct row *row, enum err_kind err,
                        unsigned code)
{
    struct kafka_event event = { .kind = kind, .topic = "t", .partition = row->partition };
    event.committed = row->c;
    event.low = row->a;
    event.high = row->b;
    event.err.kind = err;
    event.err.code = (uint16_t)code;
    receiver_event(&receiver, &event, now_ms);
}

static inline void happen(const struct row *row)
{
    struct err fine = { .kind = ERR_NONE };
    struct kafka_position position = { "t", row->partition, row->a };
    switch (row->what) {
        case START:
            receiver_start(&receiver);
            break;
        case OPENED:
            receiver_opened(&receiver, &fine, now_ms);
            break;
        case CLOSED:
            receiver_closed(&receiver, now_ms);
            break;
        case PARTITION:
            tell(KAFKA_PARTITION, row, ERR_NONE, 0);
            break;
        case LISTED:
            tell(KAFKA_LISTED, row, ERR_NONE, 0);
            break;
        case LIST_FAILED: /* code a */
            tell(KAFKA_LISTED, row, ERR_RETRY, (unsigned)row->a);
            break;
        case OFFSETS: /* low a, high b, committed c */
            tell(KAFKA_OFFSETS, row, ERR_NONE, 0);
            break;
        case OFFSETS_FAILED:
            tell(KAFKA_OFFSETS, row, ERR_RETRY, 303);
            break;
        case OUT_OF_RANGE:
            tell(KAFKA_OUT_OF_RANGE, row, ERR_NONE, 0);
            break;
        case AWAY:
            tell(KAFKA_AWAY, row, ERR_RETRY, 303);
            break;
        case FAILED:
            tell(KAFKA_FAILED, row, ERR_FATAL, 0);
            break;
        case ASSIGN: /* at a, c: crc of the record before it */
            receiver_assign(&receiver, &position, (uint32_t)row->c, now_ms);
            break;
        case COMMIT: /* a */
            receiver_commit(&receiver, &position);
            break;
        case HOLD:
            receiver_hold(&receiver, true, now_ms);
            break;
        case GO_ON:
            receiver_hold(&receiver, false, now_ms);
            break;
        case MOVED: /* to a */
            receiver_moved(&receiver, (uint32_t)row->partition, row->a, now_ms);
            break;
        case SEEN: /* a */
            receiver_seen(&receiver, (uint32_t)row->partition, row->a);
            break;
        case TICK:
            break;
    }
}

static inline void play(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        now_ms += rows[i].later_ms;
        happen(&rows[i]);
        receiver_tick(&receiver, now_ms);
        const char *got = wanted();
        ck_assert_msg(strcmp(got, rows[i].want) == 0, "row %zu: '%s' instead of '%s'", i, got,
                      rows[i].want);
    }
}
#define PLAY(...)                                  \
    do {                                           \
        const struct row rows[] = { __VA_ARGS__ }; \
        play(rows, sizeof rows / sizeof rows[0]);  \
    } while (0)
#define BEGIN                   \
    { START, .want = "open1" }, \
    {                           \
        OPENED, .want = "list"  \
    }

#define READS_FROM_5                                                              \
    BEGIN, { PARTITION, .partition = 0, .want = "ask0" }, { LISTED, .want = "" }, \
        { OFFSETS, .a = 5, .b = 9, .c = -1, .want = "found0 looked" },            \
    {                                                                             \
        ASSIGN, .a = 5, .want = "seal0 assign0@5"                                 \
    }
