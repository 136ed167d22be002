#include "op/lua.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "column/codec.h"
#include "op/collect.h"
#include "op/literal.h"
#include "op/lua_vm.h"
#include "op/shared.h"

/* ---- building */

static bool is_letter(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* The word where it stands alone, not inside a longer one; NULL: nowhere. */
static const char *find_word(struct slice line, struct slice word)
{
    const char *begin = line.ptr, *end = begin + line.len, *from = begin, *at;
    bool letter = is_letter(*(const char *)word.ptr);
    while ((at = memmem(from, (size_t)(end - from), word.ptr, word.len)) != NULL) {
        const char *behind = at + word.len;
        if (!letter ||
            ((at == begin || !is_letter(at[-1])) && (behind == end || !is_letter(*behind))))
            return at;
        from = at + 1;
    }
    return NULL;
}

/* A line of the text by its number, from 1; behind the last one the last that says something. */
static struct slice find_line(const struct yaml_node *code, unsigned long number)
{
    const char *end = code->text + code->text_len;
    struct slice found = { code->text, 0 };
    for (const char *from = code->text; from < end && number > 0; number--) {
        const char *stop = memchr(from, '\n', (size_t)(end - from));
        stop = stop ? stop : end;
        from += strspn(from, " \t");
        if (from < stop)
            found = (struct slice){ from, (size_t)(stop - from) };
        from = stop + 1;
    }
    return found;
}

#define WORDS_TRIED 64 /* each is a compilation */

/* The word that a message is about: up to there, and not before, the chunk gives the same message. */
static const char *find_wrong(const struct yaml_node *code, struct slice line, struct slice word,
                              const char *message)
{
    const char *end = (const char *)line.ptr + line.len, *first = find_word(line, word);
    struct buf why = { 0 };
    bool same = false;
    const char *at = first;
    for (int i = 0; at && i < WORDS_TRIED && !same; i++) {
        const char *behind = at + word.len;
        struct vm *vm = NULL;
        buf_clear(&why);
        same = vm_new((struct slice){ code->text, (size_t)(behind - code->text) }, &vm, &why) ==
                   VM_SYNTAX &&
               strcmp(buf_text(&why), message) == 0;
        vm_free(vm);
        if (!same)
            at = find_word((struct slice){ behind, (size_t)(end - behind) }, word);
    }
    buf_free(&why);
    return same ? at : first;
}

/* Where a message, "lua:3: … near 'x'", points to: its line of the chunk, or the word that it names there. Sets *text to what
 * stands behind the number. */
static struct diag_place lua_place(const struct yaml_node *code, const char **text)
{
    const char *message = *text;
    char *rest;
    if (strncmp(*text, "lua:", 4) != 0)
        return yaml_place(code);
    struct slice line = find_line(code, strtoul(*text + 4, &rest, 10));
    *text = rest + strspn(rest, ": ");
    const char *near = strstr(*text, "near '");
    struct slice word = { near ? near + 6 : NULL, near ? strcspn(near + 6, "'") : 0 };
    const char *at = word.len ? find_wrong(code, line, word, message) : NULL;
    if (at)
        line = (struct slice){ at, word.len };
    size_t from = (size_t)((const char *)line.ptr - code->text);
    return yaml_text_place(code, from, from + line.len);
}

static void lua_refuse(const struct op_input *input, enum vm_end end, const char *why)
{
    const struct yaml_node *code = input->job->args.code;
    if (end == VM_NO_FUNCTION) {
        diag_help(input->diags,
                  diag_add(input->diags, yaml_place(code), 232,
                           "the chunk must return a function, but it returns %s", why),
                  "as return function(record) … end");
        return;
    }
    struct diag_place place = lua_place(code, &why);
    diag_add(input->diags, place, 231, end == VM_SYNTAX ? "Lua: %s" : "the chunk fails: %s", why);
}

static bool lua_check(const struct op_input *input, struct slice chunk)
{
    struct buf why = { 0 };
    struct vm *vm = NULL;
    enum vm_end end = vm_new(chunk, &vm, &why);
    if (end != VM_DONE)
        lua_refuse(input, end, buf_text(&why));
    vm_free(vm);
    buf_free(&why);
    return end == VM_DONE;
}

static bool lua_build(struct op *op, const struct op_input *input)
{
    const struct job_args *args = &input->job->args;
    struct slice *chunk = arena_alloc(input->arena, sizeof *chunk);
    *chunk = (struct slice){ args->code->text, args->code->text_len };
    op->more = chunk;
    op->out = args->type ? literal_type(input, args->type) : &type_string;
    return lua_check(input, *chunk) && op->out;
}

/* ---- running */

struct results {
    struct collect rows;
    uint32_t *parent; /* of each: the row that it came of */
    struct buf one, why;
};

static void lua_rows(const struct op *op, struct vm *vm, const struct rows *rows,
                     const struct op_run *run, struct results *results)
{
    struct vm_call call = { .column = &rows->column, .type = op->out };
    SEL_EACH(rows->sel, row)
    {
        call.row = row;
        buf_clear(&results->one);
        enum vm_end end = vm_run(vm, &call, &results->one, &results->why);
        if (end == VM_DONE) {
            results->parent[results->rows.n] = row;
            collect_put(&results->rows, buf_slice(&results->one));
        }
        if (end == VM_FAILED)
            run->error(run, &(struct op_error){ .op = op,
                                                .rows = rows,
                                                .row = row,
                                                .code = 408,
                                                .reason = buf_slice(&results->why) });
    }
}

/* Their bytes, kept as long as the arena. */
static struct slice *lua_slices(const struct results *results, struct arena *arena)
{
    const struct collect *rows = &results->rows;
    struct slice *slices = arena_alloc(arena, rows->n * sizeof *slices);
    char *bytes = arena_alloc(arena, rows->bytes.len);
    if (rows->bytes.len)
        memcpy(bytes, rows->bytes.ptr, rows->bytes.len);
    collect_slices(rows, slices);
    for (uint32_t i = 0; i < rows->n; i++)
        slices[i].ptr = bytes + ((const char *)slices[i].ptr - (const char *)rows->bytes.ptr);
    return slices;
}

static void lua_emit(const struct op *op, const struct rows *rows, const struct op_run *run,
                     const struct results *results)
{
    struct lineage *lineage = arena_alloc(run->arena, sizeof *lineage);
    struct rows out = rows_of(results->rows.n);
    *lineage = (struct lineage){ .outer = rows->lineage, .parent = results->parent };
    out.lineage = lineage;
    codec_get(run->arena, op->out, lua_slices(results, run->arena), out.n, &out.column);
    run->emit(run, &out);
}

/* The function is made anew for each chunk of rows, which costs as much as some dozen calls: so it belongs to one thread. */
static void lua_run(const struct op *op, struct rows *rows, const struct op_run *run)
{
    struct results results = { .rows.max = UINT64_MAX };
    struct vm *vm = NULL;
    results.parent = arena_alloc(run->arena, rows->sel.n * sizeof *results.parent);
    enum vm_end end = vm_new(*(const struct slice *)op->more, &vm, &results.why);
    check(end == VM_DONE); /* as when the job was checked */
    lua_rows(op, vm, rows, run, &results);
    vm_free(vm);
    if (results.rows.n)
        lua_emit(op, rows, run, &results);
    collect_free(&results.rows);
    buf_free(&results.one);
    buf_free(&results.why);
}

const struct op_kind op_lua = { .name = "lua",
                                .arg = OP_ARG_NEEDED,
                                .build = lua_build,
                                .run = lua_run };
