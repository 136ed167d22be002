/* YAML as job and settings files use it: one document of YAML 1.2's core schema, save that a number
 * with a leading 0 is a String, without anchors, aliases, merge keys, tags and directives; with the
 * place of every node. Reads with libyaml's events and stops at the limits while reading. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"

#define YAML_BYTES_MAX (1u << 20)
#define YAML_DEPTH_MAX 64     /* lists and maps inside each other */
#define YAML_NODES_MAX 100000 /* scalars, keys among them, lists and maps */

enum yaml_kind { YAML_NULL, YAML_BOOL, YAML_INT, YAML_DOUBLE, YAML_STRING, YAML_LIST, YAML_MAP };
enum yaml_style {
    YAML_PLAIN,
    YAML_SINGLE,
    YAML_DOUBLE_QUOTED,
    YAML_LITERAL,
    YAML_FOLDED,
    YAML_FLOW,
    YAML_BLOCK
};

struct yaml_file;
struct yaml_node {
    enum yaml_kind kind;
    uint32_t line, column; /* where its text begins, from 1, in code points */
    uint32_t width;        /* code points of its text on that line, at least 1 */
    const char
        *text; /* a scalar's value, unquoted and unfolded, ended by a 0; NULL for lists and maps */
    size_t text_len;
    bool quoted;   /* written with quotes or as a block: a String whatever it looks like */
    bool bad;      /* a finding names this node already: what follows from it is not reported */
    bool expanded; /* text is no longer what the file says: its parts have no place of their own */
    bool masked;   /* text came from a credential or a file: never shown */
    int64_t integer;                /* YAML_INT */
    double number;                  /* YAML_INT and YAML_DOUBLE */
    bool truth;                     /* YAML_BOOL */
    struct yaml_node **items;       /* a list's items, a map's values */
    struct yaml_node **keys;        /* a map's keys (scalars), in file order */
    size_t n;                       /* of items and keys */
    const struct yaml_node *parent; /* the list or map that it stands in; NULL for the root */
    const struct yaml_node *key;    /* its key when the parent is a map; a key names itself */
    size_t index;                   /* its position in the parent */
    enum yaml_style style;
    uint32_t from, to; /* bytes of the file that it was read from; a block's end is not kept */
    const struct yaml_file *file; /* for places */
};

/* Findings go to diags (E101 … E107, E204 for a key that stands among the items of a list); false
 * when there was an error. The tree lives in the arena. *root is NULL when the file could not be
 * read to its end, else the whole tree, in which what was found is marked `bad` or left out, so
 * that a caller can go on to look for further mistakes. An empty file is a null. */
bool yaml_parse(struct arena *arena, struct slice bytes, struct diags *diags,
                struct yaml_node **root);
struct yaml_node *yaml_get(const struct yaml_node *map,
                           const char *key); /* the value, or NULL; map may be of any kind */
/* Sets kind, integer, number and truth of a scalar from its text: YAML 1.2's core schema. */
void yaml_resolve(struct yaml_node *node);
const char *yaml_kind_name(enum yaml_kind kind);     /* "a list", "a whole number", … */
const char *yaml_path(const struct yaml_node *node); /* as sources[0].kafka.topics; made on demand,
                                                        in the tree's arena */
struct diag_place yaml_place(const struct yaml_node *node);
/* Where bytes [from, to) of a scalar's text stand in the file, whatever its quotes, escapes or
 * block form. What spans several lines is underlined to the end of its first. */
struct diag_place yaml_text_place(const struct yaml_node *node, size_t from, size_t to);
/* What the file says at a flow list, a flow map or a scalar, as it stands there. */
struct slice yaml_source(const struct yaml_node *node);
/* text as a YAML scalar in quotes: in double ones where it can stand as it is, else in single ones.
 */
const char *yaml_quoted(struct arena *arena, struct slice text);
