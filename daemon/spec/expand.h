/* `${…}` in a text value, after the YAML was parsed: ${VAR}, ${VAR:-default}, ${VAR:?message},
 * ${credential:NAME}, ${file:PATH}; $$ is $. What comes of it is a value, never YAML, and is not
 * looked at again. `:-` and `:?` also stand for a variable that is empty. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/yaml.h"

#define EXPAND_BYTES_MAX (1u << 20) /* of all expanded values of a file */

struct expand_file { /* a ${credential:…} or ${file:…} */
    const char *name;
    bool is_credential;
    struct arena *arena; /* for what comes of it */
    const char *value;   /* its content, at most EXPAND_BYTES_MAX */
    const char *reason;  /* why there is none */
};

struct expand_env {                                       /* where values come from */
    const char *(*variable)(void *ctx, const char *name); /* NULL = not set */
    bool (*file)(void *ctx, struct expand_file *file);    /* fills in value or, false, reason */
    void *ctx;
};

struct expand { /* the values of one file */
    struct arena *arena;
    struct diags *diags;
    const struct expand_env *env;
    size_t bytes; /* expanded so far */
};

/* Replaces the node's text; it is then `expanded`, and `masked` when a part came from a credential
 * or a file. A second call does nothing. `sample` stands in the help for a variable that is not
 * set; NULL = "default". False (E220, E221, E222; the node is `bad`) when there was an error. */
bool expand_node(struct expand *expand, struct yaml_node *node, const char *sample);
/* A list or map with all below it, keys aside. */
bool expand_tree(struct expand *expand, struct yaml_node *node);
/* In an expression, a scalar, `${` is an error (E220). */
bool expand_refuse(struct expand *expand, struct yaml_node *node);
