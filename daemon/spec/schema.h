/* Tables of keys: one row a key, with its name, type, default, limits and help. The same table reads
 * a mapping of a file into a struct, fills in what the file does not say, and is there for whoever
 * explains or documents the keys. Nested mappings are tables of their own, whose fields lie in the
 * same struct. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spec/expand.h"

enum schema_type {                    /* what a row's field is in C */
                   SCHEMA_TEXT,       /* const char * */
                   SCHEMA_URL,        /* const char *: a store URL */
                   SCHEMA_BOOL,       /* bool */
                   SCHEMA_INT32,      /* uint32_t; limits min and max */
                   SCHEMA_INT64,      /* uint64_t; limits min and max */
                   SCHEMA_DOUBLE,     /* double, not negative */
                   SCHEMA_DURATION,   /* uint64_t of milliseconds; limits min and max */
                   SCHEMA_SIZE,       /* uint64_t of bytes; limits min and max */
                   SCHEMA_SHARE,      /* double: 10% is 0.1 */
                   SCHEMA_WORD,       /* int: the value of one of `words` */
                   SCHEMA_MAP,        /* none: a mapping, by the rows of `keys` */
                   SCHEMA_LIST,       /* struct yaml_node *: a list, read by its owner */
                   SCHEMA_ANY_MAP,    /* struct yaml_node *: a mapping, read by its owner */
                   SCHEMA_ANY,        /* struct yaml_node *: anything, read by its owner */
                   SCHEMA_EXPRESSION, /* the same: a text of the expression language */
                   SCHEMA_NAMES, /* the same: a name of a source or stream, or a list; max 1: one only */
};
static inline bool schema_is_node(enum schema_type type) /* is its field a struct yaml_node *? */
{
    return type >= SCHEMA_LIST;
}

struct schema_word { /* one of the words that a key takes; a NULL ends them */
    const char *name;
    int value;
    const char *also; /* with later: a text that works beside the default; NULL = none */
    bool later;       /* known, not supported yet */
};

struct schema_key {
    const char *name; /* NULL ends a table */
    enum schema_type type;
    size_t at;            /* offset of its field */
    const char *fallback; /* the default as a file would say it; NULL: the field is left as it is */
    uint64_t min, max;    /* max 0 = no limit but the type's */
    const struct schema_word *words; /* SCHEMA_WORD */
    const struct schema_key *keys;   /* SCHEMA_MAP: the rows inside */
    const char
        *shorthand; /* SCHEMA_MAP: a scalar in place of the mapping is the value of this row */
    bool required;
    const char *also;    /* with later: a text that works beside the default; NULL = none */
    bool later;          /* known, but only its default works yet */
    bool secret;         /* must not stand in the file as plain text (W104) */
    const char *help;    /* one line */
    const char *example; /* a value as a file would say it; NULL: the default is one */
};

struct schema {                    /* reading one file */
    struct expand expand;          /* with arena and diags */
    const struct schema_key *root; /* the file's top table, to find the place of a stray key */
    const char *
        of; /* while keys are the user's own, what their values are: "the consumers of"; else NULL */
};

/* Fills every field with its default. */
void schema_defaults(const struct schema_key *keys, void *out);
/* Reads a mapping; what it does not name stays as it is. Findings go to the diags: E202, E204 …
 * E208, E215, E250. */
bool schema_read(struct schema *schema, const struct schema_key *keys, struct yaml_node *map,
                 void *out);
/* One value by its row. */
bool schema_value(struct schema *schema, const struct schema_key *key, struct yaml_node *node,
                  void *out);
/* An unknown key: E204 when it has a place elsewhere in the file, else E202 with the nearest of
 * `names` (ends with a NULL). */
void schema_unknown(struct schema *schema, struct yaml_node *key, const char *const *names);
/* Help that offers the nearest of `names` (ends with a NULL), when one is near. */
void schema_suggest(struct diags *diags, struct diag *diag, const char *word,
                    const char *const *names);
/* E206: "KEY must be WHAT, here is …"; the node is `bad` then. Returns false. */
bool schema_wrong(struct schema *schema, struct yaml_node *node, const char *what);
/* E250: "WHAT is known, but not supported yet". Returns false. */
bool schema_later(struct schema *schema, struct yaml_node *node, const char *what);
/* The name of the key that a node, or the list around it, is the value of, as messages say it. */
const char *schema_name(const struct yaml_node *node);
/* A scalar that is a secret, expanded before: `masked` from here on, and as plain text a finding
 * (W104) that calls it `what`. */
void schema_secret(struct diags *diags, struct yaml_node *node, const char *what);
/* A scalar as messages may show it: in quotes, *** when it is masked. In the arena. */
const char *schema_shown(struct schema *schema, const struct yaml_node *node);
/* The field of a scalar's row, as a file would say it: appended. */
void schema_put(const struct schema_key *key, const void *field, struct buf *out);
bool schema_has(const struct schema_key *keys, const char *name);
/* Has the mapping a key that is in no table and near to this one? The finding about that says enough. */
bool schema_misspelt(const struct schema_key *keys, const char *name, const struct yaml_node *map);
/* E205, one finding for all that a mapping lacks; `except` is not missed (NULL = all are). */
bool schema_missing(struct schema *schema, const struct schema_key *keys, struct yaml_node *map,
                    const char *except);
/* The names of a table, ended by a NULL; in the arena. */
const char *const *schema_names(struct arena *arena, const struct schema_key *keys);
