/* Regular expressions: PCRE2's, over UTF-8. One is compiled when its job file is checked and then
 * only read, so any number of threads may match with it. Each match has a limit of steps and of
 * memory; a row that passes one of them fails with FAULT_MATCH. */
#pragma once
#include "column/kernel.h"

#define REGEX_STEPS_MAX 1000000u /* of one match, as PCRE2 counts them */
#define REGEX_HEAP_KIB_MAX 8192u /* that one match may take */

struct regex;

struct regex_error { /* why a pattern is none */
    uint32_t at;     /* byte of the pattern */
    char text[160];  /* "missing closing parenthesis" */
};

/* In the arena, but for its machine code, which stays until the process ends, as jobs do. whole: the
 * text must match from its front to its end. NULL, and error says why, when the pattern is bad. */
const struct regex *regex_new(struct arena *arena, struct slice pattern, bool whole,
                              struct regex_error *error);
uint32_t regex_groups(const struct regex *regex); /* (…) in it, without the whole */

/* call->data is the struct regex; in[0] the Strings. */
kernel_fn kernel_split_regex; /* at every match, but empty ones at both ends; fails at a limit */
kernel_fn kernel_matches;     /* fails at a limit */
kernel_fn kernel_extract;     /* groups of the first match, "" where one took no part; [] of none */
