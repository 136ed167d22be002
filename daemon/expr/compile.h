/* The typed tree → a program. */
#pragma once
#include "expr/program.h"
#include "expr/term.h"

struct compile_params { /* what the registers at the front hold */
    struct var *const *var;
    uint32_t n;
    struct var *batch_time;
};

/* In the source's arena; NULL after a finding (E236: more registers than there can be). */
struct program *compile_term(const struct source *source, const struct term *term,
                             const struct compile_params *params);
