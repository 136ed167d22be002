/* What failed, why, and what it means for whoever asked. What can fail at once is `bool f(…, struct err *err)`;
 * err_set() and err_wrap() return false, so that failing is one line and the text grows outward:
 * "commit batch 42: rename: 403 SafeModeException …". */
#pragma once
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

enum err_kind {
    ERR_NONE,       /* no failure */
    ERR_RETRY,      /* not done; the same may work later */
    ERR_UNKNOWN,    /* perhaps done: only the protocol of that request may go on from here */
    ERR_BAD_RECORD, /* one record cannot be decoded or mapped */
    ERR_BAD_CONFIG, /* what the user wrote cannot work; a restart does not mend it */
    ERR_FENCED,     /* another worker owns the job now */
    ERR_FATAL,      /* going on could lose or double records: stop */
};

#define ERR_TEXT_MAX 1000 /* longer texts are cut; peers' messages may be long, ours are not */

struct err {
    enum err_kind kind;
    uint16_t code;           /* the number of a stable code, 310 for E310; 0 = none */
    char text[ERR_TEXT_MAX]; /* one line without control characters; always ended by a 0 */
};

/* Fills *err (NULL is allowed: the reason is then dropped); returns false. */
bool err_set(struct err *err, enum err_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same with a code. */
bool err_code(struct err *err, enum err_kind kind, unsigned code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Puts "<format>: " in front of the text; kind and code stay. Returns false. */
bool err_wrap(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Whether a call that failed with this errno may work the next time, with no name or right mended. */
bool err_passes(int number);
/* "RETRY", "FATAL", … */
const char *err_kind_name(enum err_kind kind);
