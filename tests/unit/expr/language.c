#include "language.h"

#include <check.h>
#include <string.h>

#include "base/quote.h"
#include "base/yaml.h"
#include "column/number.h"

void language_begin(struct language *language)
{
    *language = (struct language){ 0 };
    language->types = types_new(&language->arena);
}

void language_end(struct language *language)
{
    arena_free(&language->arena);
    arena_free(&language->chunk);
    buf_free(&language->text);
}

static const struct yaml_node *scalar(struct language *language, const char *expression)
{
    const char *file = arena_printf(&language->arena, "map: %s\n", expression);
    struct slice bytes = { file, strlen(file) };
    language->diags = (struct diags){ .arena = &language->arena, .file = "t", .source = bytes };
    struct yaml_node *root;
    if (!yaml_parse(&language->arena, bytes, &language->diags, &root))
        ck_abort_msg("%s", language_findings(language));
    return yaml_get(root, "map");
}

struct program *language_compile(struct language *language, const char *expression,
                                 const struct expr_use *use)
{
    const struct yaml_node *node = scalar(language, expression);
    return expr_compile(&language->arena, language->types, node, use, &language->diags);
}

const char *language_findings(struct language *language)
{
    buf_clear(&language->text);
    diag_print(&language->diags, DIAG_HUMAN, false, &language->text);
    return buf_text(&language->text);
}

static struct column run_rows(struct language *language, const struct program *program,
                              struct column *in, struct error_list *errors)
{
    struct chunk chunk = { .frame = { .n = in->n },
                           .sel = { NULL, in->n },
                           .col = in,
                           .batch_time_ms = 1000,
                           .arena = &language->chunk };
    struct column out;
    program_run(program, &chunk, &out, errors);
    ck_assert_uint_eq(chunk.sel.n + errors->n, in->n);
    return out;
}

struct column language_rows(struct language *language, const char *literal)
{
    const struct type *param = &type_int;
    struct expr_use use = { .op = "input", .param = &param, .n_param = 1, .list = true };
    const char *quoted = yaml_quoted(&language->arena, (struct slice){ literal, strlen(literal) });
    struct program *program = language_compile(language, quoted, &use);
    if (!program)
        ck_abort_msg("%s", language_findings(language));
    struct column one, list;
    column_zero(&language->arena, &type_int, &one);
    one.n = 1;
    list = run_rows(language, program, &one, &(struct error_list){ 0 });
    struct flat flat;
    ck_assert(column_flatten(&language->arena, &list, (struct sel){ NULL, 1 }, 1, &flat));
    return flat.elements;
}

static void print_members(const struct column *column, uint32_t row, struct buf *out)
{
    bool record = column->type->kind == K_RECORD;
    buf_puts(out, record ? "{" : "(");
    for (uint32_t i = 0; i < column->n_child; i++) {
        buf_printf(out, "%s%s%s", i ? ", " : "", record ? column->type->name[i] : "",
                   record ? ": " : "");
        language_print(&column->child[i], row, out);
    }
    buf_puts(out, record ? "}" : ")");
}

static void print_list(const struct column *column, uint32_t row, struct buf *out)
{
    uint32_t at = column_row(column, row);
    buf_puts(out, "[");
    for (uint32_t i = 0; i < column->len[at]; i++) {
        buf_puts(out, i ? ", " : "");
        language_print(&column->child[0], column->offset[at] + i, out);
    }
    buf_puts(out, "]");
}

void language_print(const struct column *column, uint32_t row, struct buf *out)
{
    uint32_t at = column_row(column, row);
    char text[NUMBER_TEXT_MAX];
    switch (column->type->kind) {
        case K_INT:
        case K_TIME:
            buf_put(out, text, number_put_int(column->i64[at], text));
            break;
        case K_DOUBLE:
            buf_put(out, text, number_put_double(column->f64[at], text));
            break;
        case K_BOOL:
            buf_puts(out, column->b8[at] ? "true" : "false");
            break;
        case K_JSON:
            buf_put(out, column->ptr[at], column->len[at]);
            break;
        case K_STRING:
            quote_put(out, column->ptr[at], column->len[at]);
            break;
        case K_OPTION:
            if (column_valid(column, row))
                language_print(&column->child[0], row, out);
            else
                buf_puts(out, "None");
            break;
        case K_LIST:
            print_list(column, row, out);
            break;
        case K_TUPLE:
        case K_RECORD:
            print_members(column, row, out);
            break;
        default:
            ck_abort_msg("a value of this kind");
    }
}

static void print_rows(struct language *language, const struct program *program,
                       struct column *rows)
{
    struct error_list errors = { 0 };
    struct column out = run_rows(language, program, rows, &errors);
    ck_assert_ptr_eq(out.type, program->result);
    for (uint32_t row = 0, error = 0; row < rows->n; row++) {
        buf_puts(&language->text, language->text.ptr[language->text.len - 1] == ':' ? " " : "; ");
        if (error < errors.n && errors.items[error].row == row) {
            buf_printf(&language->text, "E%u ", fault_code(errors.items[error].fault));
            program_error_text(program, &errors.items[error++], &language->text);
        } else {
            language_print(&out, row, &language->text);
        }
    }
}

const char *language_values(struct language *language, const struct program *program,
                            const struct column *rows, uint32_t size)
{
    struct column part;
    buf_clear(&language->text);
    type_print(program->result, &language->text);
    buf_puts(&language->text, ":");
    for (uint32_t from = 0; from < rows->n; from += size) {
        uint32_t n = rows->n - from < size ? rows->n - from : size;
        uint32_t *at = arena_alloc(&language->arena, n * sizeof *at);
        for (uint32_t i = 0; i < n; i++)
            at[i] = from + i;
        column_gather(&language->arena, rows, (struct sel){ at, n }, &part);
        print_rows(language, program, &part);
    }
    return buf_text(&language->text);
}

const char *language_run(struct language *language, const char *expression, const char *rows,
                         uint32_t size)
{
    struct column all = language_rows(language, rows);
    struct expr_use use = { .op = "map", .param = &all.type, .n_param = 1 };
    struct slice slice = { expression, strlen(expression) };
    struct program *program =
        language_compile(language, yaml_quoted(&language->arena, slice), &use);
    if (!program)
        ck_abort_msg("%s", language_findings(language));
    return language_values(language, program, &all, size);
}
