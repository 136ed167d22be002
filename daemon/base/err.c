#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/list.h"

/* One line, and nothing that a terminal obeys: peers' words may stand in it. */
static void err_plain(char *text)
{
    for (unsigned char *at = (unsigned char *)text; *at; at++) {
        bool two = at[0] == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0; /* U+0080 … U+009F */
        if (two)
            *at++ = ' ';
        if (two || *at < ' ' || *at == 0x7f)
            *at = ' ';
    }
}

__attribute__((format(printf, 4, 0))) static void err_fill(struct err *err, enum err_kind kind,
                                                           unsigned code, const char *format,
                                                           va_list args)
{
    char text[ERR_TEXT_MAX]; /* the arguments may point into err->text */
    vsnprintf(text, sizeof text, format, args);
    err_plain(text);
    err->kind = kind;
    err->code = (uint16_t)code;
    memcpy(err->text, text, sizeof text);
}

bool err_set(struct err *err, enum err_kind kind, const char *format, ...)
{
    if (!err)
        return false;
    va_list args;
    va_start(args, format);
    err_fill(err, kind, 0, format, args);
    va_end(args);
    return false;
}

bool err_code(struct err *err, enum err_kind kind, unsigned code, const char *format, ...)
{
    if (!err)
        return false;
    va_list args;
    va_start(args, format);
    err_fill(err, kind, code, format, args);
    va_end(args);
    return false;
}

bool err_wrap(struct err *err, const char *format, ...)
{
    if (!err)
        return false;
    char front[ERR_TEXT_MAX / 2], text[ERR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(front, sizeof front, format, args);
    err_plain(front);
    va_end(args);
    memcpy(text, err->text, sizeof text);
    snprintf(err->text, sizeof err->text, "%s: %.*s", front, (int)(sizeof text - sizeof front - 3),
             text);
    return false;
}

const char *err_kind_name(enum err_kind kind)
{
    static const char *const names[] = {
        [ERR_NONE] = "NONE",
        [ERR_RETRY] = "RETRY",
        [ERR_UNKNOWN] = "UNKNOWN",
        [ERR_BAD_RECORD] = "BAD_RECORD",
        [ERR_BAD_CONFIG] = "BAD_CONFIG",
        [ERR_FENCED] = "FENCED",
        [ERR_FATAL] = "FATAL",
    };
    return names[kind];
}

bool err_passes(int number)
{
    static const int passing[] = { EINTR, EIO, EMFILE, ENFILE, ENOMEM, ENOSPC, EDQUOT };
    for (size_t i = 0; i < ARRAY_SIZE(passing); i++)
        if (number == passing[i])
            return true;
    return false;
}
