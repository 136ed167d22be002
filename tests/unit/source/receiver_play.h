/* A receiver, and what it wants done. */
#pragma once
#include <check.h>
#include <string.h>

#include "base/buf.h"
#include "source/receiver.h"
#include "source/receiver_parts.h"

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
