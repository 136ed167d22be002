/* YAML as job and settings files use it: one document of the core schema without anchors, aliases, merge keys, tags and directives, with the
 * place of every node. Reads with libyaml's events and stops at the limits while reading. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"

#define YAML_BYTES_MAX (1u << 20)
#define YAML_DEPTH_MAX 64
#define YAML_NODES_MAX 100000

enum yaml_kind { YAML_NULL, YAML_BOOL, YAML_INT, YAML_DOUBLE, YAML_STRING, YAML_LIST, YAML_MAP };

struct yaml_node {
    enum yaml_kind kind;
    uint32_t line, column;   /* where its text begins, from 1, in code points */
    uint32_t width;          /* code points of its text on that line, at least 1 */
    const char *path;        /* as sources[0].kafka.topics */
    const char *text;        /* a scalar's value, unquoted and unfolded, ended by a 0 */
    size_t text_len;
    bool quoted;             /* written with quotes or as a block: a String whatever it looks like */
    int64_t integer;         /* YAML_INT */
    double number;           /* YAML_INT and YAML_DOUBLE */
    bool truth;              /* YAML_BOOL */
    struct yaml_node **items; /* a list's items, a map's values */
    struct yaml_node **keys; /* a map's keys (scalars), in file order */
    size_t n;                /* of items and keys */
    const uint32_t *text_at; /* for each byte of text its offset in the file, once expansion or folding moved it; NULL: text_off + i */
    uint32_t text_off;       /* offset in the file of the first byte of text */
};

/* Findings go to diags (E101 … E107); false when there was an error. The tree lives in the arena. */
bool yaml_parse(struct arena *arena, struct slice bytes, struct diags *diags, struct yaml_node **root);
struct yaml_node *yaml_get(const struct yaml_node *map, const char *key); /* the value, or NULL; map may be of any kind */
struct diag_place yaml_place(const struct yaml_node *node);
/* Where bytes [from, to) of a scalar's text stand in the file, whatever its quotes, escapes or block form. */
struct diag_place yaml_text_place(const struct yaml_node *node, size_t from, size_t to);
