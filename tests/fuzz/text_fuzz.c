/* Methods that read a text: a pattern, a separator, a form of its own, and any text. */
#include "fuzz.h"

void text_fuzz(const uint8_t *data, size_t size);

static const char *const methods[] = {
    /* %s is a literal of the first text, _ the others */
    "_.split(regex(%s))",
    "_.extract(regex(%s))",
    "_.matches(%s)",
    "_.csv(%s)",
    "_.csv",
    "_.split(%s)",
    "_.words",
    "_.toInt",
    "_.toDouble",
    "(_.toLowerCase, _.toUpperCase, _.trim)",
    "(_.length, _.indexOf(%s), _.startsWith(%s), _.endsWith(%s), _.contains(%s))",
    "_.substring(1, _.length - 1)",
    "_.replace(%s, \"<>\")",
    "_.replace(\"a\", %s)",
    "_.json.map",
    "_.json(%s)",
    "(_.json.asInt, _.json.asDouble, _.json.asString, _.json.asBool)",
    "_.json.asList.map(xs => xs.map(x => (x.toString, x(0), x(%s))))",
    "_.json == %s",
    "_.json.a == 1",
    "_.hash",
    "(_ + %s == %s + _, _ < %s)",
};

/* A text as the language writes it. */
static void put_literal(struct buf *out, struct slice text)
{
    const uint8_t *bytes = text.ptr;
    buf_puts(out, "\"");
    for (size_t i = 0; i < text.len; i++) {
        if (bytes[i] == '"' || bytes[i] == '\\')
            buf_puts(out, "\\");
        if (bytes[i] < 0x20)
            buf_printf(out, "\\u%04x", bytes[i]);
        else
            buf_put_u8(out, bytes[i]);
    }
    buf_puts(out, "\"");
}

static void put_expression(struct buf *out, const char *method, struct slice literal)
{
    for (; *method; method++) {
        if (method[0] == '%' && method[1] == 's') {
            put_literal(out, literal);
            method++;
        } else {
            buf_put_u8(out, (uint8_t)*method);
        }
    }
}

#define ROWS_MAX 16u

void text_fuzz(const uint8_t *data, size_t size)
{
    struct fuzz_input input = { data, data + size };
    const char *method = methods[fuzz_pick(&input, ARRAY_SIZE(methods))];
    struct slice literal = fuzz_text(&input);
    struct fuzz_expr expr;
    struct buf text = { 0 };
    struct column rows;
    bool good = fuzz_is_utf8(literal);
    fuzz_expr_begin(&expr);
    column_alloc(&expr.arena, &type_string, ROWS_MAX, &rows);
    for (rows.n = 0; rows.n < ROWS_MAX && input.at < input.end && good; rows.n++) {
        struct slice row = fuzz_text(&input);
        rows.ptr[rows.n] = row.ptr;
        rows.len[rows.n] = (uint32_t)row.len;
        good = fuzz_is_utf8(row);
    }
    put_expression(&text, method, literal);
    if (good && rows.n && fuzz_expr_compile(&expr, buf_slice(&text), &type_string, 1))
        fuzz_expr_run(&expr, &rows);
    buf_free(&text);
    fuzz_expr_end(&expr);
}
