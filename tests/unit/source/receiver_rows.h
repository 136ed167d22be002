/* What a receiver decides, played as a table: what happens, and what it then wants done. */
#pragma once
#include "receiver_play.h"

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
