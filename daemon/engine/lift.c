#include "engine/lift.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "column/fault.h"
#include "column/json_text.h"
#include "column/utf8.h"

/* What of a record's parts a source's records show, and as what. */
static const struct lift_form {
    bool bare; /* its one field alone, no Record */
    enum lift_field field[LIFT_FIELDS];
    const char *const *name; /* of each field; NULL ends them */
    const char *not_utf8, *not_json;
} forms[RECORD_KINDS] = {
    [RECORD_KAFKA] = { .field = { LIFT_KEY, LIFT_VALUE, LIFT_TOPIC, LIFT_PARTITION, LIFT_OFFSET,
                                  LIFT_TIMESTAMP, LIFT_HEADERS },
                       .name = (const char *const[]){ "key", "value", "topic", "partition",
                                                      "offset", "timestamp", "headers", NULL },
                       .not_utf8 = "the value is not UTF-8",
                       .not_json = "the value is not JSON" },
    [RECORD_FLUME] = { .field = { LIFT_VALUE, LIFT_HEADERS },
                       .name = (const char *const[]){ "body", "headers", NULL },
                       .not_utf8 = "the body is not UTF-8",
                       .not_json = "the body is not JSON" },
    [RECORD_TEXT] = { .bare = true,
                      .field = { LIFT_VALUE },
                      .name = (const char *const[]){ "line", NULL },
                      .not_utf8 = "the line is not UTF-8" },
    [RECORD_RATE] = { .field = { LIFT_OFFSET, LIFT_TIMESTAMP },
                      .name = (const char *const[]){ "value", "timestamp", NULL } },
};

static const char not_utf8_key[] = "the key is not UTF-8",
                  not_utf8_header[] = "a header is not UTF-8";
static const char tombstone[] = "the record has no value",
                  headers_many[] = "the record has too many headers";
static const char headers_bad[] = "the headers cannot be read";

const struct type *lift_type(struct types *types, const struct job_source *source)
{
    static const struct type *const value[] = {
        [FORMAT_STRING] = &type_string,
        [FORMAT_BYTES] = &type_bytes,
        [FORMAT_JSON] = &type_json,
    };
    const struct lift_form *form = &forms[source->record];
    const struct type *const all[LIFT_FIELDS] = {
        [LIFT_KEY] = type_option(types, &type_string),
        [LIFT_VALUE] = source->value_nullable ? type_option(types, value[source->format])
                                              : value[source->format],
        [LIFT_TOPIC] = &type_string,
        [LIFT_PARTITION] = &type_int,
        [LIFT_OFFSET] = &type_int,
        [LIFT_TIMESTAMP] = &type_time,
        [LIFT_HEADERS] = type_map(types, &type_string),
    };
    const struct type *member[LIFT_FIELDS];
    uint32_t n = 0;
    if (form->bare)
        return all[form->field[0]];
    for (; form->name[n]; n++)
        member[n] = all[form->field[n]];
    return type_record(types, form->name, member, n);
}

/* ---- one chunk under way */

struct making {
    struct arena *arena;
    const struct lift_form *form;
    const struct block *block;
    bool ascii; /* all bytes of its records */
    struct lift_chunk *chunk;
    const char **part[LIFT_FIELDS]; /* key, value, headers of each record; NULL = absent */
    uint32_t *len[LIFT_FIELDS];
    uint8_t *bad; /* records that failed; NULL = none so far */
};

static void making_fail(struct making *making, uint32_t row, unsigned code, const char *reason)
{
    struct lift_chunk *chunk = making->chunk;
    if (!making->bad) {
        making->bad = arena_zalloc(making->arena, chunk->n);
        chunk->bad = arena_alloc(making->arena, chunk->n * sizeof *chunk->bad);
    }
    if (making->bad[row])
        return;
    making->bad[row] = 1;
    chunk->bad[chunk->n_bad++] = (struct lift_error){ row, code, reason };
}

/* The views of those of key, value and headers that are looked at, a bit for each enum lift_field: one walk over the rows of
 * the block. */
static void making_walk(struct making *making, struct lift_cursor *cursor, uint64_t fields)
{
    static const enum lift_field parts[] = { LIFT_KEY, LIFT_VALUE, LIFT_HEADERS };
    const struct block *block = cursor->block;
    uint32_t n = making->chunk->n, at = cursor->at;
    const char **ptr[3] = { NULL };
    uint32_t *len[3] = { NULL };
    for (int k = 0; k < 3; k++) {
        if (!(fields >> parts[k] & 1))
            continue;
        making->part[parts[k]] = ptr[k] = arena_alloc(making->arena, n * sizeof(char *));
        making->len[parts[k]] = len[k] = arena_alloc(making->arena, n * sizeof(uint32_t));
    }
    for (uint32_t i = 0; i < n; i++) {
        const struct block_row *row = &block->rows[cursor->row + i];
        const uint32_t size[] = { row->key_len, row->value_len, row->headers_len };
        for (int k = 0; k < 3; k++) {
            bool absent = size[k] == BLOCK_ABSENT;
            if (ptr[k]) {
                ptr[k][i] = absent ? NULL : (const char *)block->bytes + at;
                len[k][i] = absent ? 0 : size[k];
            }
            at += absent ? 0 : size[k];
        }
    }
    cursor->row += n;
    cursor->at = at;
}

static void making_check_text(struct making *making, enum lift_field field, const char *reason)
{
    if (making->ascii)
        return;
    for (uint32_t i = 0; i < making->chunk->n; i++) {
        const char *part = making->part[field][i];
        if (part && !utf8_is_valid(part, making->len[field][i]))
            making_fail(making, i, 401, reason);
    }
}

static void making_check_json(struct making *making)
{
    const char **part = making->part[LIFT_VALUE];
    const uint32_t *len = making->len[LIFT_VALUE];
    for (uint32_t i = 0; i < making->chunk->n; i++) {
        struct slice text = { part[i], len[i] };
        bool failed = !part[i] || (making->bad && making->bad[i]);
        if (!failed && !json_text_valid(text))
            making_fail(
                making, i, 402,
                json_text_deep(text) ? fault_text(FAULT_DEEP_JSON) : making->form->not_json);
    }
}

/* A Json is its text without blanks around it. */
static void making_trim(struct column *json)
{
    for (uint32_t i = 0; i < json->n; i++) {
        struct slice text = { json->ptr[i], json->len[i] };
        text = text.len ? json_text_trim(text) : text;
        json->ptr[i] = text.ptr;
        json->len[i] = (uint32_t)text.len;
    }
}

static void making_check_value(struct making *making, const struct type *type)
{
    if (type->kind == K_OPTION)
        type = type->member[0];
    if (type->kind != K_BYTES)
        making_check_text(making, LIFT_VALUE, making->form->not_utf8);
    if (type->kind == K_JSON)
        making_check_json(making);
}

static void making_text(struct making *making, enum lift_field field, struct column *out)
{
    uint32_t n = making->chunk->n;
    bool option = out->type->kind == K_OPTION;
    struct column text = { .type = option ? out->type->member[0] : out->type, .n = n };
    text.ptr = making->part[field];
    text.len = making->len[field];
    if (!option) {
        if (text.type->kind == K_JSON)
            making_trim(&text);
        *out = text;
        return;
    }
    out->is_const = false; /* an Option */
    out->n = n;
    out->n_child = 1;
    out->valid = arena_alloc(making->arena, n);
    out->child = arena_alloc(making->arena, sizeof *out->child);
    for (uint32_t i = 0; i < n; i++) {
        out->valid[i] = text.ptr[i] != NULL;
        if (!text.ptr[i])
            text.ptr[i] = "";
    }
    if (text.type->kind == K_JSON)
        making_trim(&text);
    *out->child = text;
}

static void making_numbers(struct making *making, enum lift_field field, struct column *out)
{
    const struct block *block = making->block;
    const struct block_row *row = &block->rows[making->chunk->first_row];
    column_alloc(making->arena, out->type, making->chunk->n, out);
    for (uint32_t i = 0; i < making->chunk->n; i++)
        out->i64[i] =
            field == LIFT_OFFSET ? block->first_offset + row[i].offset_delta : row[i].time_ms;
}

static void making_source(struct making *making, enum lift_field field, struct column *out)
{
    const struct block *block = making->block;
    column_alloc(making->arena, out->type, 1, out);
    out->is_const = true;
    out->n = making->chunk->n;
    if (field == LIFT_PARTITION) {
        out->i64[0] = block->partition;
        return;
    }
    out->ptr[0] = block->topic;
    out->len[0] = (uint32_t)strlen(block->topic);
}

/* ---- headers: for each u16 length and name, u32 length and value; without those that have no value; of one name the last */

struct headers { /* of one chunk, as they are found */
    const char **ptr[2];
    uint32_t *len[2];
    uint32_t n;
};

/* Where the name stands among those from `from` on, or one behind the last. */
static uint32_t headers_find(const struct headers *headers, uint32_t from, struct slice name)
{
    uint32_t i = from;
    for (; i < headers->n; i++) {
        if (headers->len[0][i] == name.len && memcmp(headers->ptr[0][i], name.ptr, name.len) == 0)
            break;
    }
    return i;
}

/* Reads those of one record; NULL when all is well, else why not. */
static const char *headers_read(struct headers *headers, struct slice bytes, unsigned *code)
{
    struct reader reader = reader_of(bytes);
    uint32_t from = headers->n;
    for (unsigned n = 0; reader_left(&reader); n++) {
        struct slice name = reader_str(&reader);
        uint32_t len = reader_u32(&reader);
        struct slice value = { "", 0 };
        if (len != BLOCK_ABSENT)
            value = reader_bytes(&reader, len);
        *code = n == LIFT_HEADERS_MAX ? 407 : 401;
        if (n == LIFT_HEADERS_MAX)
            return headers_many;
        if (reader.bad)
            return headers_bad;
        if (!utf8_is_valid(name.ptr, name.len) || !utf8_is_valid(value.ptr, value.len))
            return not_utf8_header;
        if (len == BLOCK_ABSENT)
            continue;
        uint32_t at = headers_find(headers, from, name);
        headers->ptr[0][at] = name.ptr;
        headers->len[0][at] = (uint32_t)name.len;
        headers->ptr[1][at] = value.len ? value.ptr : "";
        headers->len[1][at] = (uint32_t)value.len;
        headers->n += at == headers->n;
    }
    return NULL;
}

static void making_headers(struct making *making, struct column *out)
{
    uint32_t n = making->chunk->n, *len = making->len[LIFT_HEADERS];
    const char **ptr = making->part[LIFT_HEADERS];
    size_t max = 0;
    for (uint32_t i = 0; i < n; i++) /* a header takes 6 bytes at least */
        max += len[i] / 6 < LIFT_HEADERS_MAX ? len[i] / 6 : LIFT_HEADERS_MAX;
    struct headers headers = { .n = 0 };
    column_alloc(making->arena, out->type, n, out);
    for (int k = 0; k < 2; k++) {
        headers.ptr[k] = arena_alloc(making->arena, max * sizeof(char *));
        headers.len[k] = arena_alloc(making->arena, max * sizeof(uint32_t));
    }
    for (uint32_t i = 0; i < n; i++) {
        unsigned code = 0;
        out->offset[i] = headers.n;
        const char *reason = headers_read(&headers, (struct slice){ ptr[i], len[i] }, &code);
        if (reason) {
            making_fail(making, i, code, reason);
            headers.n = out->offset[i];
        }
        out->len[i] = headers.n - out->offset[i];
    }
    for (int k = 0; k < 2; k++) {
        out->child[k].ptr = headers.ptr[k];
        out->child[k].len = headers.len[k];
        out->child[k].n = headers.n;
    }
}

/* ---- the chunk */

static void making_field(struct making *making, enum lift_field field, struct column *out)
{
    switch (field) {
        case LIFT_KEY:
            making_check_text(making, field, not_utf8_key);
            making_text(making, field, out);
            return;
        case LIFT_VALUE:
            making_check_value(making, out->type);
            making_text(making, field, out);
            return;
        case LIFT_TOPIC:
        case LIFT_PARTITION:
            making_source(making, field, out);
            return;
        case LIFT_OFFSET:
        case LIFT_TIMESTAMP:
            making_numbers(making, field, out);
            return;
        case LIFT_HEADERS:
            making_headers(making, out);
            return;
        default:
            check(false);
    }
}

static void making_tombstones(struct making *making)
{
    const struct block_row *row = &making->block->rows[making->chunk->first_row];
    for (uint32_t i = 0; i < making->chunk->n; i++) {
        if (row[i].value_len == BLOCK_ABSENT)
            making_fail(making, i, 409, tombstone);
    }
}

static int by_row(const void *a, const void *b)
{
    const struct lift_error *x = a, *y = b;
    return (x->row > y->row) - (x->row < y->row);
}

static void making_select(struct making *making)
{
    struct lift_chunk *chunk = making->chunk;
    chunk->sel = (struct sel){ .n = chunk->n };
    if (!making->bad)
        return;
    uint32_t *row = arena_alloc(making->arena, chunk->n * sizeof *row), n = 0;
    for (uint32_t i = 0; i < chunk->n; i++) {
        if (!making->bad[i])
            row[n++] = i;
    }
    chunk->sel = (struct sel){ row, n };
    qsort(chunk->bad, chunk->n_bad, sizeof *chunk->bad, by_row);
}

/* Those of a record's parts that anybody looks at, a bit for each enum lift_field; and documents: whether a record is one must
 * not hang on who else reads it. */
static uint64_t lift_parts(const struct lift_shape *shape, const struct lift_form *form)
{
    uint64_t parts = 0;
    for (uint32_t i = 0; form->name[i]; i++) {
        const struct type *type = form->bare ? shape->type : shape->type->member[i];
        const struct type *value = type->kind == K_OPTION ? type->member[0] : type;
        bool looked_at = form->bare ? shape->fields != 0 : shape->fields >> i & 1;
        if (looked_at || value->kind == K_JSON)
            parts |= UINT64_C(1) << form->field[i];
    }
    return parts;
}

static void making_column(struct making *making, enum lift_field field, uint64_t parts,
                          struct column *out)
{
    if (parts >> field & 1)
        making_field(making, field, out);
    else
        column_zero(making->arena, out->type, out);
}

/* Must each record have a value? */
static bool lift_needs_value(const struct type *type, const struct lift_form *form)
{
    for (uint32_t i = 0; form->name[i]; i++) {
        const struct type *member = form->bare ? type : type->member[i];
        if (form->field[i] == LIFT_VALUE)
            return member->kind != K_OPTION;
    }
    return false;
}

bool lift_next(struct lift_cursor *cursor, const struct lift_shape *shape, uint32_t max,
               struct arena *arena, struct lift_chunk *chunk)
{
    const struct lift_form *form = &forms[shape->record];
    const struct type *type = shape->type;
    uint32_t left = cursor->block->count - cursor->row;
    uint64_t parts = lift_parts(shape, form);
    if (!left)
        return false;
    *chunk = (struct lift_chunk){ .n = left < max ? left : max,
                                  .first_row = cursor->row,
                                  .first_at = cursor->at };
    struct making making = { .arena = arena, .form = form, .block = cursor->block, .chunk = chunk };
    making_walk(&making, cursor, parts);
    if (parts) /* else no byte is looked at */
        making.ascii =
            utf8_is_ascii(making.block->bytes + chunk->first_at, cursor->at - chunk->first_at);
    if (lift_needs_value(type, form))
        making_tombstones(&making);
    chunk->column = (struct column){ .type = type, .n = chunk->n };
    if (form->bare) {
        making_column(&making, form->field[0], parts, &chunk->column);
    } else {
        chunk->column.n_child = type->n;
        chunk->column.child = arena_alloc(arena, type->n * sizeof *chunk->column.child);
        for (uint32_t i = 0; i < type->n; i++) {
            chunk->column.child[i] = (struct column){ .type = type->member[i] };
            making_column(&making, form->field[i], parts, &chunk->column.child[i]);
        }
    }
    making_select(&making);
    return true;
}
