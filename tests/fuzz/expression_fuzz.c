/* Any text as an expression, for rows of one of some types: it is refused with findings, or computes the same in any chunks. */
#include "fuzz.h"

void expression_fuzz(const uint8_t *data, size_t size);

static const char *const inputs[] = {
    "[(\"k\", 1), (\"\", -7), (\"é,b c\", 9223372036854775807), (\"12\", 0)]",
    "[[\"a\", \"b c\"], [], [\"1\"], [\"x\", \"1\", \"x\"], [\"\"]]",
    "[{n: 1, s: \"a\", o: 1.5, l: [1]}, {n: -2, s: \"{}\", o: if (true) None else 0.5, l: []}]",
    "[0.5, -1.5, 1e300, 0.0, 2.0]",
    "[\"{\\\"a\\\": [1, {\\\"b\\\": null}]}\", \"[1.0]\", \"\\\"x\\\"\", \"\"].map(x => (x, 2))",
    "[1, 2, -3, 4611686018427387904].map(x => if (x > 1) x else None)",
    "[\"{\\\"a\\\": 1}\".json, \"[[]]\".json, \"null\".json]",
};

void expression_fuzz(const uint8_t *data, size_t size)
{
    struct fuzz_input input = { data, data + size };
    struct fuzz_expr expr;
    fuzz_expr_begin(&expr);
    struct column rows = fuzz_expr_rows(&expr, inputs[fuzz_pick(&input, ARRAY_SIZE(inputs))]);
    uint32_t params = 1 + fuzz_pick(&input, 2);
    struct slice text = { input.at, (size_t)(input.end - input.at) };
    if (fuzz_expr_compile(&expr, text, rows.type, params))
        fuzz_expr_run(&expr, &rows);
    fuzz_expr_end(&expr);
}
