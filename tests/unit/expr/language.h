/* Expressions on rows as texts, for tests: both the program and its input are expressions. */
#pragma once
#include <stdint.h>

#include "base/diag.h"
#include "column/column.h"
#include "expr/expr.h"
#include "expr/program.h"

struct language { /* {0} to begin with */
    struct arena arena, chunk;
    struct types *types;
    struct diags diags;
    struct buf text;
};

void language_begin(struct language *language);
void language_end(struct language *language);
/* The program of `expression` for rows of a type; NULL after findings, which are then in diags. */
struct program *language_compile(struct language *language, const char *expression,
                                 const struct expr_use *use);
/* The findings as they are printed, for a job file that is `map: expression`. */
const char *language_findings(struct language *language);
/* The elements of a list literal as the rows of a column. */
struct column language_rows(struct language *language, const char *literal);
/* "Type: value; value; E404 …": what the expression makes of the rows, chunks of `size` rows. */
const char *language_run(struct language *language, const char *expression, const char *rows,
                         uint32_t size);
/* The same for a program. */
const char *language_values(struct language *language, const struct program *program,
                            const struct column *rows, uint32_t size);
/* One value, as it would be written. */
void language_print(const struct column *column, uint32_t row, struct buf *out);
