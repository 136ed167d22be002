/* What is wrong with a text file: every finding with its place, in file order, all at once.
 *   wordcount.yaml:6:5: error[E201]: unknown operation 'flatmap'
 *     6 |   - flatmap: _.value.split(" ")
 *       |     ^^^^^^^
 *     help: did you mean 'flatMap'? */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"

#define DIAG_SHOWN_MAX 20 /* findings shown of a file; the true total stands at the end */
#define DIAG_KEPT_MAX \
    1000 /* findings kept; further ones are only counted, so that no file can fill the memory */
#define DIAG_TEXT_MAX 400 /* code points of a text; a longer one is cut */

struct diag {
    unsigned code; /* 201 for E201; warnings are 1xx and printed as W1xx */
    bool warning;
    uint32_t line, column; /* from 1, the column in code points; line 0: the whole file */
    uint32_t width;        /* code points to underline, at least 1 */
    const char *path;      /* as transformations[2].reduceByKey; "" for the whole file */
    const char *text;      /* what is wrong, one line */
    const char *help;      /* what to do, one line; NULL = nothing to add */
};

struct diags {
    struct arena *arena; /* holds the findings and their texts */
    const char *file;    /* as the user wrote it */
    struct slice source; /* the file's bytes, for quoting */
    struct diag *items;
    size_t n, cap;               /* of items */
    size_t n_errors, n_warnings; /* found, kept or not */
    struct diag spare;           /* takes those that are not kept */
};

struct diag_place { /* where; see yaml_place() and yaml_text_place() */
    uint32_t line, column, width;
    const char *path;
};

/* Adds a finding and returns it, so that help can be set; it moves with the next one. A second one
 * at the same place with the same code is dropped, save those of the whole file. Control characters in a text are shown escaped.
 */
struct diag *diag_add(struct diags *diags, struct diag_place place, unsigned code,
                      const char *format, ...) __attribute__((format(printf, 4, 5)));
struct diag *diag_warn(struct diags *diags, struct diag_place place, unsigned code,
                       const char *format, ...) __attribute__((format(printf, 4, 5)));
/* What to do about the finding just added; at most one. */
void diag_help(struct diags *diags, struct diag *diag, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
size_t diag_errors(const struct diags *diags); /* findings that are not warnings */

/* HUMAN: head, quoted line, caret, help. GNU: head and help. JSON: one object {file, errors,
 * warnings, findings: [{file, line, column, width, severity, code, path, message, help}]} without a
 * line break behind it. */
enum diag_format { DIAG_HUMAN, DIAG_GNU, DIAG_JSON };
void diag_print(struct diags *diags, enum diag_format format, bool color,
                struct buf *out); /* sorts, then writes all */

/* The word of a list nearest to `word` (letters swapped, missing, wrong case), for "did you mean";
 * NULL when none is near. `words` ends with NULL. */
const char *diag_nearest(const char *word, const char *const *words);
