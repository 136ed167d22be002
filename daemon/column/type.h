/* Types of what flows. Every type is one object: equal types are the same pointer, so they are
 * compared with ==. Those without parts are the constants below; the others are made by a struct
 * types, which belongs to one plan and lives in its arena. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"

enum kind {
    K_NOTHING, /* of no value: the element of [], the content of None; every type takes it */
    K_INT,
    K_DOUBLE,
    K_BOOL,
    K_STRING,
    K_BYTES,
    K_TIME, /* ms since the Unix epoch */
    K_JSON,
    K_OPTION, /* member 0: what it holds */
    K_LIST,   /* member 0: an element */
    K_MAP,    /* member 0: a key (String); member 1: a value */
    K_TUPLE,
    K_RECORD
};

struct type {
    enum kind kind;
    uint32_t n;                       /* of members */
    uint32_t size;                    /* types it is written with, itself among them */
    const struct type *const *member; /* NULL when n is 0 */
    const char *const *name;          /* RECORD: of each field, in order; else NULL */
};

extern const struct type type_nothing, type_int, type_double, type_bool, type_string, type_bytes,
    type_time, type_json;

/* Larger types are refused by the checker, so that walking one is quick and never deep. */
#define TYPE_SIZE_MAX 1000

struct types;
struct types *types_new(struct arena *arena); /* an empty set, in the arena and as long as it */
const struct type *type_option(struct types *types, const struct type *of);
const struct type *type_list(struct types *types, const struct type *of);
const struct type *type_map(struct types *types, const struct type *value); /* Map[String, value] */
const struct type *type_tuple(struct types *types, const struct type *const *member, uint32_t n);
const struct type *type_pair(struct types *types, const struct type *a, const struct type *b);
/* A record's fields in this order; the names are copied. */
const struct type *type_record(struct types *types, const char *const *name,
                               const struct type *const *member, uint32_t n);

/* The type that both a and b will do for: T with Option[T] is Option[T], Int with Double is Double,
 * nothing with T is T, the rest member by member; NULL when there is none. */
const struct type *type_unify(struct types *types, const struct type *a, const struct type *b);

/* As the documents write it: List[(String, Int)]; a very long one ends with an ellipsis. */
void type_print(const struct type *type, struct buf *out);
const char *type_text(struct arena *arena, const struct type *type); /* the same, in the arena */

/* The index of a record's field, or of a tuple's member `_1`; -1 when it has none of that name. */
int type_field(const struct type *type, const char *name);
bool type_is_number(const struct type *type);  /* Int, Double */
bool type_is_scalar(const struct type *type);  /* one value without parts that has a toString */
bool type_is_key(const struct type *type);     /* every type but Double, Json and what holds them */
bool type_is_ordered(const struct type *type); /* scalars but Json, and tuples of those */
