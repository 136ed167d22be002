#include "column/type.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/hash.h"

#define BUCKETS 256
#define PRINT_MAX 300 /* bytes of a type in a message */

struct entry {
    struct type type;
    struct entry *next;
};

struct types {
    struct arena *arena;
    struct entry *bucket[BUCKETS];
};

#define SCALAR(name, of) const struct type name = { .kind = of, .size = 1 }
SCALAR(type_nothing, K_NOTHING);
SCALAR(type_int, K_INT);
SCALAR(type_double, K_DOUBLE);
SCALAR(type_bool, K_BOOL);
SCALAR(type_string, K_STRING);
SCALAR(type_bytes, K_BYTES);
SCALAR(type_time, K_TIME);
SCALAR(type_json, K_JSON);

enum {
    IS_KEY = 1,
    IS_ORDERED = 2,
    IS_SCALAR = 4,
    IS_NUMBER = 8
}; /* of a kind itself; parts are asked for theirs */

static const struct {
    const char *name;
    unsigned is;
} kinds[] = {
    [K_NOTHING] = { "Nothing", IS_KEY | IS_ORDERED },
    [K_INT] = { "Int", IS_KEY | IS_ORDERED | IS_SCALAR | IS_NUMBER },
    [K_DOUBLE] = { "Double", IS_ORDERED | IS_SCALAR | IS_NUMBER },
    [K_BOOL] = { "Bool", IS_KEY | IS_ORDERED | IS_SCALAR },
    [K_STRING] = { "String", IS_KEY | IS_ORDERED | IS_SCALAR },
    [K_BYTES] = { "Bytes", IS_KEY | IS_ORDERED },
    [K_TIME] = { "Timestamp", IS_KEY | IS_ORDERED | IS_SCALAR },
    [K_JSON] = { "Json", 0 },
    [K_OPTION] = { "Option", IS_KEY },
    [K_LIST] = { "List", IS_KEY },
    [K_MAP] = { "Map", IS_KEY },
    [K_TUPLE] = { "", IS_KEY | IS_ORDERED },
    [K_RECORD] = { "", IS_KEY },
};

struct types *types_new(struct arena *arena)
{
    struct types *types = arena_zalloc(arena, sizeof *types);
    types->arena = arena;
    return types;
}

static uint32_t hash_of(const struct type *type)
{
    uint64_t hash = hash64(type->member, type->n * sizeof *type->member, type->kind);
    for (uint32_t i = 0; type->name && i < type->n; i++)
        hash = hash64(type->name[i], strlen(type->name[i]), hash);
    return (uint32_t)(hash % BUCKETS);
}

static bool same(const struct type *a, const struct type *b)
{
    if (a->kind != b->kind || a->n != b->n)
        return false;
    for (uint32_t i = 0; i < a->n; i++)
        if (a->member[i] != b->member[i] || (a->name && strcmp(a->name[i], b->name[i]) != 0))
            return false;
    return true;
}

static void keep(struct types *types, struct type *type)
{
    const struct type **member = arena_alloc(types->arena, type->n * sizeof *member);
    if (type->n)
        memcpy(member, type->member, type->n * sizeof *member);
    type->member = member;
    if (!type->name)
        return;
    const char **name = arena_alloc(types->arena, type->n * sizeof *name);
    for (uint32_t i = 0; i < type->n; i++)
        name[i] = arena_strdup(types->arena, type->name[i]);
    type->name = name;
}

static const struct type *intern(struct types *types, struct type type)
{
    uint32_t bucket = hash_of(&type);
    for (struct entry *entry = types->bucket[bucket]; entry; entry = entry->next)
        if (same(&entry->type, &type))
            return &entry->type;
    type.size = 1;
    for (uint32_t i = 0; i < type.n; i++)
        check(!__builtin_add_overflow(type.size, type.member[i]->size, &type.size));
    keep(types, &type);
    struct entry *entry = arena_alloc(types->arena, sizeof *entry);
    *entry = (struct entry){ type, types->bucket[bucket] };
    types->bucket[bucket] = entry;
    return &entry->type;
}

const struct type *type_option(struct types *types, const struct type *of)
{
    return intern(types, (struct type){ .kind = K_OPTION, .n = 1, .member = &of });
}

const struct type *type_list(struct types *types, const struct type *of)
{
    return intern(types, (struct type){ .kind = K_LIST, .n = 1, .member = &of });
}

const struct type *type_map(struct types *types, const struct type *value)
{
    const struct type *member[] = { &type_string, value };
    return intern(types, (struct type){ .kind = K_MAP, .n = 2, .member = member });
}

const struct type *type_tuple(struct types *types, const struct type *const *member, uint32_t n)
{
    return intern(types, (struct type){ .kind = K_TUPLE, .n = n, .member = member });
}

const struct type *type_pair(struct types *types, const struct type *a, const struct type *b)
{
    return type_tuple(types, (const struct type *[]){ a, b }, 2);
}

const struct type *type_record(struct types *types, const char *const *name,
                               const struct type *const *member, uint32_t n)
{
    return intern(types, (struct type){ .kind = K_RECORD, .n = n, .member = member, .name = name });
}

static const struct type *unify_members(struct types *types, const struct type *a,
                                        const struct type *b)
{
    if (a->n != b->n)
        return NULL;
    const struct type **member = arena_alloc(types->arena, a->n * sizeof *member);
    for (uint32_t i = 0; i < a->n; i++) {
        if (a->name && strcmp(a->name[i], b->name[i]) != 0)
            return NULL;
        member[i] = type_unify(types, a->member[i], b->member[i]);
        if (!member[i])
            return NULL;
    }
    return intern(types,
                  (struct type){ .kind = a->kind, .n = a->n, .member = member, .name = a->name });
}

const struct type *type_unify(struct types *types, const struct type *a, const struct type *b)
{
    if (a == b || b->kind == K_NOTHING)
        return a;
    if (a->kind == K_NOTHING)
        return b;
    if (a->kind == b->kind)
        return unify_members(types, a, b);
    if (type_is_number(a) && type_is_number(b))
        return &type_double;
    if (a->kind != K_OPTION && b->kind != K_OPTION)
        return NULL;
    const struct type *option = a->kind == K_OPTION ? a : b, *other = option == a ? b : a;
    const struct type *of = type_unify(types, option->member[0], other);
    return of ? type_option(types, of) : NULL;
}

static void print(const struct type *type, size_t limit, struct buf *out)
{
    const char *open = type->kind == K_TUPLE ? "(" : type->kind == K_RECORD ? "{" : "[";
    const char *close = type->kind == K_TUPLE ? ")" : type->kind == K_RECORD ? "}" : "]";
    buf_puts(out, kinds[type->kind].name);
    if (type->kind < K_OPTION)
        return;
    buf_puts(out, open);
    for (uint32_t i = 0; i < type->n; i++) {
        if (i)
            buf_puts(out, ", ");
        if (out->len >= limit) {
            buf_puts(out, "…");
            break;
        }
        if (type->name)
            buf_printf(out, "%s: ", type->name[i]);
        print(type->member[i], limit, out);
    }
    buf_puts(out, close);
}

void type_print(const struct type *type, struct buf *out)
{
    print(type, out->len + PRINT_MAX, out);
}

const char *type_text(struct arena *arena, const struct type *type)
{
    struct buf buf = { 0 };
    type_print(type, &buf);
    const char *text = arena_strndup(arena, (const char *)buf.ptr, buf.len);
    buf_free(&buf);
    return text;
}

int type_field(const struct type *type, const char *name)
{
    if (type->kind == K_TUPLE && name[0] == '_' && name[1] >= '1' && name[1] <= '9') {
        char *end = NULL;
        unsigned long i = strtoul(name + 1, &end, 10);
        return *end == 0 && i <= type->n ? (int)i - 1 : -1;
    }
    for (uint32_t i = 0; type->kind == K_RECORD && i < type->n; i++)
        if (strcmp(type->name[i], name) == 0)
            return (int)i;
    return -1;
}

static bool is(const struct type *type, unsigned what)
{
    if (!(kinds[type->kind].is & what))
        return false;
    for (uint32_t i = 0; i < type->n; i++)
        if (!is(type->member[i], what))
            return false;
    return true;
}

bool type_is_number(const struct type *type)
{
    return is(type, IS_NUMBER);
}

bool type_is_scalar(const struct type *type)
{
    return is(type, IS_SCALAR);
}

bool type_is_key(const struct type *type)
{
    return is(type, IS_KEY);
}

bool type_is_ordered(const struct type *type)
{
    return is(type, IS_ORDERED);
}
