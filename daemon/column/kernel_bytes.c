/* csv and hash of Strings; Bytes. */
#include <string.h>

#include "base/hash.h"
#include "column/kernel.h"
#include "column/pieces.h"
#include "column/utf8.h"

static struct slice in_slice(const struct call *call, uint32_t row)
{
    return column_slice(call->in[0], row);
}

static void hash(struct call *call, uint32_t row)
{
    struct slice in = in_slice(call, row);
    call->out->i64[row] = (int64_t)(hash64(in.ptr, in.len, 0) & INT64_MAX);
}

void kernel_hash(struct call *call)
{
    kernel_alloc(call);
    ROWS(call, hash(call, row););
}

void kernel_bytes_size(struct call *call)
{
    kernel_alloc(call);
    ROWS(call, call->out->i64[row] = (int64_t)in_slice(call, row).len;);
}

static void text(struct call *call, uint32_t row)
{
    struct slice in = in_slice(call, row);
    bool good = utf8_is_valid(in.ptr, in.len);
    if (!good)
        kernel_fail(call, row, FAULT_NO_UTF8);
    call->out->ptr[row] = good ? in.ptr : "";
    call->out->len[row] = good ? (uint32_t)in.len : 0;
}

void kernel_bytes_text(struct call *call)
{
    kernel_alloc(call);
    ROWS(call, text(call, row););
}

/* ---- csv */

struct record { /* one, read field by field */
    struct arena *arena;
    struct slice sep;
    const char *at, *end;
    struct slice field;
};

static bool at_separator(const struct record *record)
{
    size_t left = (size_t)(record->end - record->at);
    return left >= record->sep.len && memcmp(record->at, record->sep.ptr, record->sep.len) == 0;
}

/* Between the quotes [from, to), where each "" stands for one. */
static struct slice unquoted(struct arena *arena, const char *from, const char *to)
{
    char *copy = arena_alloc(arena, (size_t)(to - from)), *out = copy;
    for (; from < to; from++) {
        *out++ = *from;
        from += *from == '"';
    }
    return (struct slice){ copy, (size_t)(out - copy) };
}

static bool read_quoted(struct record *record)
{
    const char *from = record->at + 1, *quote = from;
    bool doubled = false;
    while ((quote = memchr(quote, '"', (size_t)(record->end - quote))) != NULL &&
           quote + 1 < record->end && quote[1] == '"') {
        doubled = true;
        quote += 2;
    }
    if (!quote)
        return false;
    record->field = doubled ? unquoted(record->arena, from, quote)
                            : (struct slice){ from, (size_t)(quote - from) };
    record->at = quote + 1;
    return record->at == record->end || at_separator(record);
}

static bool read_plain(struct record *record)
{
    size_t left = (size_t)(record->end - record->at);
    const char *to = memmem(record->at, left, record->sep.ptr, record->sep.len);
    size_t n = to ? (size_t)(to - record->at) : left;
    record->field = (struct slice){ record->at, n };
    record->at += n;
    return !memchr(record->field.ptr, '\n', n) && !memchr(record->field.ptr, '\r', n);
}

static bool read_field(struct record *record)
{
    return record->at < record->end && *record->at == '"' ? read_quoted(record)
                                                          : read_plain(record);
}

static enum fault csv(struct pieces *pieces, struct record *record)
{
    for (;;) {
        if (!read_field(record))
            return FAULT_NO_CSV;
        if (!pieces_reserve(pieces, 0))
            return FAULT_LARGE;
        const char *field = record->field.ptr;
        pieces_put(pieces, field, field + record->field.len);
        if (record->at == record->end)
            return FAULT_NONE;
        record->at += record->sep.len;
    }
}

static void csv_row(struct pieces *pieces, uint32_t row)
{
    struct call *call = pieces->call;
    struct slice in = in_slice(call, row);
    const char *from = in.len ? in.ptr : "", *end = from + in.len;
    if (end > from && end[-1] == '\n') /* a line's own end */
        end--;
    if (end > from && end[-1] == '\r')
        end--;
    struct record record = {
        .arena = call->arena, .sep = *(const struct slice *)call->data, .at = from, .end = end
    };
    call->out->offset[row] = pieces->n;
    enum fault fault = csv(pieces, &record);
    if (fault)
        kernel_fail(call, row, fault);
    call->out->len[row] = pieces->n - call->out->offset[row];
}

void kernel_csv(struct call *call)
{
    struct pieces pieces = pieces_begin(call);
    ROWS(call, csv_row(&pieces, row););
    pieces_end(&pieces, call->out);
}
