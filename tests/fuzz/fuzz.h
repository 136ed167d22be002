/* Fuzz targets. Each takes any bytes, and must neither crash nor find one of its own claims untrue. Under clang's libFuzzer the
 * target is the one that FUZZ_TARGET names; else the program replays what is in tests/fuzz/corpus. */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/list.h"
#include "column/column.h"
#include "expr/expr.h"
#include "expr/program.h"

struct fuzz_target {
    const char *name;
    void (*run)(const uint8_t *data, size_t size);
};
extern const struct fuzz_target fuzz_targets[]; /* ended by one without a name */

struct fuzz_input { /* bytes that decide; behind their end there are zeros */
    const uint8_t *at, *end;
};
static inline uint32_t fuzz_byte(struct fuzz_input *input)
{
    return input->at < input->end ? *input->at++ : 0;
}
static inline uint32_t fuzz_pick(struct fuzz_input *input, uint32_t n) /* 0 … n-1 */
{
    return fuzz_byte(input) % n;
}
/* The bytes up to the next 0, which is taken too. */
struct slice fuzz_text(struct fuzz_input *input);
bool fuzz_is_utf8(struct slice text);
/* The rest, in memory of its own that ends where it does: whoever steps outside is seen, and may write to it. To be freed. */
uint8_t *fuzz_rest(struct fuzz_input *input, size_t *size);
uint64_t fuzz_u64(struct fuzz_input *input); /* small ones as often as large ones */
bool fuzz_same(struct slice a, struct slice b);

struct fuzz_expr { /* an expression under test; {0} to begin with */
    struct arena arena;
    struct types *types;
    struct diags diags;
    const struct program *program;
};
void fuzz_expr_begin(struct fuzz_expr *expr);
void fuzz_expr_end(struct fuzz_expr *expr);
/* Compiles a text for one parameter, or for two; false: there are findings, at places inside the text. */
bool fuzz_expr_compile(struct fuzz_expr *expr, struct slice text, const struct type *param,
                       uint32_t n_param);
/* The elements of a list literal as rows. */
struct column fuzz_expr_rows(struct fuzz_expr *expr, const char *literal);
/* Runs it on rows at once, one at a time and in sevens: what comes must be the same. */
void fuzz_expr_run(struct fuzz_expr *expr, const struct column *rows);
