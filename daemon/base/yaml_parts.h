/* What the files of yaml.c share; no one else's. */
#pragma once
#include "base/scan.h"
#include "base/yaml.h"

struct yaml_file { /* what was read; lives as long as the tree */
    struct arena *arena;
    struct scan_map map;
};

struct yaml_problem {              /* what libyaml stumbled over, in its words */
    const char *text, *context;    /* context may be NULL */
    uint32_t point, context_point; /* where, as code points of the file */
    const struct yaml_node *open;  /* the innermost list or map that was open; NULL = none */
};
/* Says it in ours: E101, E102, E105 or E204. */
void yaml_explain(const struct yaml_file *file, const struct yaml_problem *problem,
                  struct diags *diags);

/* A place of `width` code points from `point` on, cut at the line's end. */
struct diag_place yaml_point_place(const struct yaml_file *file, uint32_t point, uint32_t width,
                                   const char *path);
