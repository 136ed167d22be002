#include "column/pack.h"

#include <string.h>

#include "column/utf8.h"

static const char letters[] = {
    [K_NOTHING] = 'n', [K_INT] = 'i',   [K_DOUBLE] = 'd', [K_BOOL] = 'b',   [K_STRING] = 's',
    [K_BYTES] = 'y',   [K_TIME] = 't',  [K_JSON] = 'j',   [K_OPTION] = 'o', [K_LIST] = 'l',
    [K_MAP] = 'm',     [K_TUPLE] = 'u', [K_RECORD] = 'r',
};

/* ---- types */

void pack_type(struct buf *out, const struct type *type)
{
    buf_put_u8(out, (uint8_t)letters[type->kind]);
    if (type->kind == K_TUPLE || type->kind == K_RECORD)
        buf_put_u16(out, (uint16_t)type->n);
    for (uint32_t i = type->kind == K_MAP; i < type->n; i++) {
        if (type->name)
            buf_put_str(out, type->name[i]);
        pack_type(out, type->member[i]);
    }
}

struct unpack {
    struct types *types;
    struct arena *arena;
    struct reader *reader;
    uint32_t left; /* types that may still come */
};

static const struct type *unpack_one(struct unpack *unpack);

static const struct type *unpack_members(struct unpack *unpack, bool named)
{
    uint16_t n = reader_u16(unpack->reader);
    if (n > unpack->left)
        return NULL;
    const struct type **member = arena_alloc(unpack->arena, n * sizeof *member);
    const char **name = arena_alloc(unpack->arena, n * sizeof *name);
    for (uint32_t i = 0; i < n; i++) {
        if (named) {
            struct slice text = reader_str(unpack->reader);
            if (text.len && memchr(text.ptr, 0, text.len))
                return NULL;
            name[i] = arena_strndup(unpack->arena, text.len ? text.ptr : "", text.len);
        }
        member[i] = unpack_one(unpack);
        if (!member[i])
            return NULL;
    }
    return named ? type_record(unpack->types, name, member, n)
                 : type_tuple(unpack->types, member, n);
}

static const struct type *unpack_one(struct unpack *unpack)
{
    static const struct type *const plain[] = {
        [K_NOTHING] = &type_nothing, [K_INT] = &type_int,       [K_DOUBLE] = &type_double,
        [K_BOOL] = &type_bool,       [K_STRING] = &type_string, [K_BYTES] = &type_bytes,
        [K_TIME] = &type_time,       [K_JSON] = &type_json,
    };
    const char *at = memchr(letters, (int)reader_u8(unpack->reader), sizeof letters);
    if (!at || unpack->reader->bad || !unpack->left)
        return NULL;
    enum kind kind = (enum kind)(at - letters);
    unpack->left--;
    if (kind < K_OPTION)
        return plain[kind];
    if (kind == K_TUPLE || kind == K_RECORD)
        return unpack_members(unpack, kind == K_RECORD);
    const struct type *of = unpack_one(unpack);
    if (!of)
        return NULL;
    return kind == K_OPTION ? type_option(unpack->types, of)
           : kind == K_LIST ? type_list(unpack->types, of)
                            : type_map(unpack->types, of);
}

const struct type *unpack_type(struct types *types, struct arena *arena, struct reader *reader)
{
    struct unpack unpack = { types, arena, reader, TYPE_SIZE_MAX };
    const struct type *type = unpack_one(&unpack);
    return reader->bad ? NULL : type;
}

/* ---- columns to bytes */

static void pack_words(struct buf *out, const struct column *column, struct sel rows)
{
    uint8_t *at = buf_extend(out, (size_t)rows.n * sizeof(uint64_t));
    SEL_EACH(rows, row)
    {
        be_put_u64(at, (uint64_t)column->i64[column_row(column, row)]);
        at += sizeof(uint64_t);
    }
}

static void pack_bytes(struct buf *out, const struct column *column, struct sel rows)
{
    size_t total = 0;
    uint8_t *at = buf_extend(out, (size_t)rows.n * sizeof(uint32_t));
    SEL_EACH(rows, row)
    {
        uint32_t len = column->len[column_row(column, row)];
        be_put_u32(at, len);
        at += sizeof len;
        total += len;
    }
    at = buf_extend(out, total);
    SEL_EACH(rows, row)
    {
        struct slice bytes = column_slice(column, row);
        if (bytes.len)
            memcpy(at, bytes.ptr, bytes.len);
        at += bytes.len;
    }
}

static void pack_option(struct buf *out, const struct column *option, struct sel rows,
                        struct arena *arena)
{
    uint32_t *there = arena_alloc(arena, rows.n * sizeof *there), n = 0;
    SEL_EACH(rows, row)
    {
        bool valid = column_valid(option, row);
        buf_put_u8(out, valid);
        if (valid)
            there[n++] = row;
    }
    pack_column(out, &option->child[0], (struct sel){ there, n }, arena);
}

static void pack_list(struct buf *out, const struct column *list, struct sel rows,
                      struct arena *arena)
{
    size_t n = 0;
    SEL_EACH(rows, row)
    {
        uint32_t len = list->len[column_row(list, row)];
        buf_put_u32(out, len);
        n += len;
    }
    uint32_t *element = arena_alloc(arena, n * sizeof *element), done = 0;
    SEL_EACH(rows, row)
    {
        uint32_t at = column_row(list, row);
        for (uint32_t i = 0; i < list->len[at]; i++)
            element[done++] = list->offset[at] + i;
    }
    for (uint32_t i = 0; i < list->n_child; i++)
        pack_column(out, &list->child[i], (struct sel){ element, done }, arena);
}

void pack_column(struct buf *out, const struct column *column, struct sel rows, struct arena *arena)
{
    switch (column->type->kind) {
        case K_NOTHING:
            return;
        case K_INT:
        case K_TIME:
        case K_DOUBLE:
            pack_words(out, column, rows);
            return;
        case K_BOOL:
            SEL_EACH(rows, row)
            buf_put_u8(out, column->b8[column_row(column, row)]);
            return;
        case K_STRING:
        case K_BYTES:
        case K_JSON:
            pack_bytes(out, column, rows);
            return;
        case K_OPTION:
            pack_option(out, column, rows, arena);
            return;
        case K_LIST:
        case K_MAP:
            pack_list(out, column, rows, arena);
            return;
        case K_TUPLE:
        case K_RECORD:
            for (uint32_t i = 0; i < column->n_child; i++)
                pack_column(out, &column->child[i], rows, arena);
            return;
    }
}

/* ---- bytes to columns */

static bool unpack_bad(struct reader *reader)
{
    reader->bad = true;
    return false;
}

/* n sizes, whose sum is *total. */
static bool unpack_sizes(struct reader *reader, uint32_t n, uint32_t *size, uint64_t *total)
{
    *total = 0;
    for (uint32_t i = 0; i < n; i++) {
        size[i] = reader_u32(reader);
        *total += size[i];
    }
    return !reader->bad && *total <= UINT32_MAX;
}

static bool unpack_bytes(struct reader *reader, struct arena *arena, struct column *out)
{
    uint64_t total;
    if (reader_left(reader) / sizeof(uint32_t) < out->n)
        return unpack_bad(reader);
    out->ptr = arena_alloc(arena, out->n * sizeof *out->ptr);
    out->len = arena_alloc(arena, out->n * sizeof *out->len);
    if (!unpack_sizes(reader, out->n, out->len, &total))
        return unpack_bad(reader);
    for (uint32_t i = 0; i < out->n; i++) {
        struct slice bytes = reader_bytes(reader, out->len[i]);
        if (reader->bad ||
            (out->type->kind != K_BYTES && !utf8_is_valid(bytes.len ? bytes.ptr : "", bytes.len)))
            return unpack_bad(reader);
        out->ptr[i] = bytes.len ? bytes.ptr : "";
    }
    return true;
}

static bool unpack_option(struct reader *reader, struct arena *arena, struct column *out)
{
    struct column content;
    uint32_t n = 0;
    if (reader_left(reader) < out->n)
        return unpack_bad(reader);
    uint32_t *at = arena_alloc(arena, out->n * sizeof *at);
    out->valid = arena_alloc(arena, out->n);
    out->child = arena_alloc(arena, sizeof *out->child);
    for (uint32_t i = 0; i < out->n; i++) {
        out->valid[i] = reader_u8(reader);
        if (out->valid[i] > 1)
            return unpack_bad(reader);
        at[i] = out->valid[i] ? n++ : 0;
    }
    if (!unpack_column(reader, out->type->member[0], n, arena, &content))
        return false;
    if (n)
        column_gather(arena, &content, (struct sel){ at, out->n }, &out->child[0]);
    else
        column_zero(arena, out->type->member[0], &out->child[0]);
    return true;
}

static bool unpack_list(struct reader *reader, struct arena *arena, struct column *out)
{
    uint64_t total;
    if (reader_left(reader) / sizeof(uint32_t) < out->n)
        return unpack_bad(reader);
    out->offset = arena_alloc(arena, out->n * sizeof *out->offset);
    out->len = arena_alloc(arena, out->n * sizeof *out->len);
    /* an element takes a byte at least; of Nothing, which takes none, there is none */
    if (!unpack_sizes(reader, out->n, out->len, &total) || total > reader_left(reader))
        return unpack_bad(reader);
    for (uint32_t i = 0, from = 0; i < out->n; from += out->len[i++])
        out->offset[i] = from;
    out->child = arena_alloc(arena, out->n_child * sizeof *out->child);
    for (uint32_t i = 0; i < out->n_child; i++)
        if (!unpack_column(reader, out->type->member[i], (uint32_t)total, arena, &out->child[i]))
            return false;
    return true;
}

static bool unpack_words(struct reader *reader, struct arena *arena, struct column *out)
{
    if (reader_left(reader) / sizeof *out->i64 < out->n)
        return unpack_bad(reader);
    out->i64 = arena_alloc(arena, out->n * sizeof *out->i64);
    for (uint32_t i = 0; i < out->n; i++)
        out->i64[i] = (int64_t)reader_u64(reader);
    return true;
}

static bool unpack_bools(struct reader *reader, struct arena *arena, struct column *out)
{
    uint8_t all = 0;
    if (reader_left(reader) < out->n)
        return unpack_bad(reader);
    out->b8 = arena_alloc(arena, out->n);
    for (uint32_t i = 0; i < out->n; i++)
        all |= out->b8[i] = reader_u8(reader);
    return all <= 1 || unpack_bad(reader);
}

static bool unpack_member_columns(struct reader *reader, struct arena *arena, struct column *out)
{
    out->child = arena_alloc(arena, out->n_child * sizeof *out->child);
    for (uint32_t i = 0; i < out->n_child; i++)
        if (!unpack_column(reader, out->type->member[i], out->n, arena, &out->child[i]))
            return false;
    return true;
}

bool unpack_column(struct reader *reader, const struct type *type, uint32_t n, struct arena *arena,
                   struct column *out)
{
    *out = (struct column){ .type = type, .n = n, .n_child = type->n };
    switch (type->kind) {
        case K_NOTHING:
            return true;
        case K_INT:
        case K_TIME:
        case K_DOUBLE:
            return unpack_words(reader, arena, out);
        case K_BOOL:
            return unpack_bools(reader, arena, out);
        case K_STRING:
        case K_BYTES:
        case K_JSON:
            return unpack_bytes(reader, arena, out);
        case K_OPTION:
            return unpack_option(reader, arena, out);
        case K_LIST:
        case K_MAP:
            return unpack_list(reader, arena, out);
        case K_TUPLE:
        case K_RECORD:
            return unpack_member_columns(reader, arena, out);
    }
    return unpack_bad(reader);
}
