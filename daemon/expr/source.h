/* The text of one expression, and findings about parts of it. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/yaml.h"

struct span { /* bytes [from, to) of the text */
    uint32_t from, to;
};

struct source {
    const struct yaml_node *node; /* the scalar that holds the text */
    const char *text;             /* ended by a 0 */
    uint32_t len;
    struct arena *arena;
    struct diags *diags;
};

/* A finding at a part of the text; help can be added to what it returns. */
struct diag *source_error(const struct source *source, struct span span, unsigned code,
                          const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The text of a part, in the arena. */
const char *source_text(const struct source *source, struct span span);
