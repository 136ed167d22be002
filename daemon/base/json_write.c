#include "base/json_write.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/quote.h"

static void line(struct json_write *write)
{
    buf_puts(write->out, "\n");
    for (unsigned i = 0; i < write->depth; i++)
        buf_puts(write->out, "  ");
}

static void begin(struct json_write *write, const char *name)
{
    if (write->filled)
        buf_puts(write->out, ",");
    if (write->depth)
        line(write);
    if (name) {
        quote_put(write->out, name, strlen(name));
        buf_puts(write->out, ": ");
    }
    write->filled = true;
}

static void enter(struct json_write *write, const char *name, const char *sign, char close)
{
    begin(write, name);
    check(write->depth < JSON_WRITE_DEPTH_MAX);
    buf_puts(write->out, sign);
    write->close[write->depth++] = close;
    write->filled = false;
}

void json_write_object(struct json_write *write, const char *name)
{
    enter(write, name, "{", '}');
}

void json_write_array(struct json_write *write, const char *name)
{
    enter(write, name, "[", ']');
}

void json_write_end(struct json_write *write)
{
    check(write->depth > 0);
    write->depth--;
    if (write->filled)
        line(write);
    buf_put(write->out, &write->close[write->depth], 1);
    write->filled = true;
    if (!write->depth)
        buf_puts(write->out, "\n");
}

void json_write_raw(struct json_write *write, const char *name, const char *json)
{
    begin(write, name);
    buf_puts(write->out, json);
}

void json_write_text(struct json_write *write, const char *name, const char *text)
{
    begin(write, name);
    if (text)
        quote_put(write->out, text, strlen(text));
    else
        buf_puts(write->out, "null");
}

void json_write_int(struct json_write *write, const char *name, int64_t number)
{
    begin(write, name);
    buf_printf(write->out, "%" PRId64, number);
}

void json_write_uint(struct json_write *write, const char *name, uint64_t number)
{
    begin(write, name);
    buf_printf(write->out, "%" PRIu64, number);
}

void json_write_bool(struct json_write *write, const char *name, bool truth)
{
    json_write_raw(write, name, truth ? "true" : "false");
}
