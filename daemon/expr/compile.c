#include "expr/compile.h"

#include <string.h>

#include "base/check.h"

#define REGISTERS_MAX 60000 /* they are numbered by 16 bits */

struct capture { /* a path of an outer frame, gathered for the elements of this one */
    const struct term *path;
    uint16_t reg;
};

struct level { /* one list's function */
    struct level *outer;
    uint32_t depth;
    struct capture *capture;
    uint32_t n, cap;
};

struct compiler {
    struct arena *arena;
    struct instr *code;
    uint32_t n, cap;
    struct konst *konst;
    uint32_t n_konst, cap_konst;
    uint32_t n_reg;
    struct level *level;
};

static uint16_t emit(struct compiler *compiler, const struct term *term);

/* Room for one more item of an array that lies in the arena. */
static void *room(struct arena *arena, void *items, uint32_t n, uint32_t *cap, size_t size)
{
    if (n < *cap)
        return items;
    *cap = *cap ? *cap * 2 : 8;
    void *more = arena_alloc(arena, *cap * size);
    if (n)
        memcpy(more, items, n * size);
    return more;
}

static uint16_t new_reg(struct compiler *compiler)
{
    if (compiler->n_reg < REGISTERS_MAX)
        compiler->n_reg++;
    return (uint16_t)(compiler->n_reg - 1);
}

static struct instr *add(struct compiler *compiler, enum flow flow, const struct term *term,
                         const uint16_t *in, uint32_t n_in)
{
    compiler->code =
        room(compiler->arena, compiler->code, compiler->n, &compiler->cap, sizeof *compiler->code);
    uint16_t *copy = arena_alloc(compiler->arena, n_in * sizeof *copy);
    if (n_in)
        memcpy(copy, in, n_in * sizeof *copy);
    struct instr *instr = &compiler->code[compiler->n++];
    *instr = (struct instr){ .flow = flow,
                             .in = copy,
                             .n_in = (uint16_t)n_in,
                             .from = term->span.from,
                             .to = term->span.to,
                             .type = term->type };
    return instr;
}

static uint16_t add_kernel(struct compiler *compiler, const struct term *term, kernel run,
                           const uint16_t *in, uint32_t n_in)
{
    struct instr *instr = add(compiler, FLOW_KERNEL, term, in, n_in);
    instr->run = run;
    return instr->out = new_reg(compiler);
}

static uint16_t emit_const(struct compiler *compiler, const struct term *term)
{
    compiler->konst = room(compiler->arena, compiler->konst, compiler->n_konst,
                           &compiler->cap_konst, sizeof *compiler->konst);
    uint16_t reg = new_reg(compiler);
    compiler->konst[compiler->n_konst++] = (struct konst){ reg, term->konst };
    return reg;
}

static uint16_t emit_kernel(struct compiler *compiler, const struct term *term)
{
    uint16_t *in = arena_alloc(compiler->arena, term->n * sizeof *in);
    for (uint32_t i = 0; i < term->n; i++)
        in[i] = emit(compiler, term->child[i]);
    struct instr *instr = add(compiler, FLOW_KERNEL, term, in, term->n);
    instr->run = term->run;
    instr->can_fail = term->can_fail;
    instr->k = term->k;
    instr->data = term->data;
    return instr->out = new_reg(compiler);
}

static const struct capture *captured(const struct level *level, const struct term *path)
{
    for (uint32_t i = 0; i < level->n; i++)
        if (term_same_path(level->capture[i].path, path))
            return &level->capture[i];
    return NULL;
}

/* A path whose parameter belongs to an outer frame was gathered when this one was entered. */
static uint16_t emit_path(struct compiler *compiler, const struct term *term)
{
    if (term_path_var(term)->level < compiler->level->depth) {
        const struct capture *capture = captured(compiler->level, term);
        check(capture);
        return capture->reg;
    }
    return term->kind == TERM_VAR ? term->var->reg : emit_kernel(compiler, term);
}

/* Run under the selection of those rows where Bool `which` is `want`. */
static uint16_t emit_where(struct compiler *compiler, const struct term *term, uint16_t which,
                           uint32_t want)
{
    if (term->kind == TERM_CONST || term_is_path(term))
        return emit(compiler, term); /* costs nothing and never fails */
    add(compiler, FLOW_WHERE, term, &which, 1)->k = want;
    uint16_t reg = emit(compiler, term);
    add(compiler, FLOW_END, term, NULL, 0);
    return reg;
}

static uint16_t emit_if(struct compiler *compiler, const struct term *term)
{
    uint16_t in[3];
    in[0] = emit(compiler, term->child[0]);
    in[1] = emit_where(compiler, term->child[1], in[0], 1);
    in[2] = emit_where(compiler, term->child[2], in[0], 0);
    return add_kernel(compiler, term, kernel_choose, in, 3);
}

static uint16_t add_valid(struct compiler *compiler, const struct term *term, uint16_t option)
{
    uint16_t reg = add_kernel(compiler, term, kernel_valid, &option, 1);
    compiler->code[compiler->n - 1].type = &type_bool;
    return reg;
}

static uint16_t add_content(struct compiler *compiler, const struct term *term, uint16_t option)
{
    uint16_t reg = add_kernel(compiler, term, kernel_field, &option, 1);
    compiler->code[compiler->n - 1].type = term->type->member[0];
    return reg;
}

static uint16_t emit_or_else(struct compiler *compiler, const struct term *term)
{
    uint16_t option = emit(compiler, term->child[0]), in[3];
    in[0] = add_valid(compiler, term, option);
    in[1] = add_content(compiler, term->child[0], option);
    in[2] = emit_where(compiler, term->child[1], in[0], 0);
    return add_kernel(compiler, term, kernel_choose, in, 3);
}

static uint16_t emit_option_map(struct compiler *compiler, const struct term *term)
{
    uint16_t in[2] = { emit(compiler, term->child[0]) };
    uint16_t valid = add_valid(compiler, term, in[0]);
    term->var->reg = add_content(compiler, term->child[0], in[0]);
    in[1] = emit_where(compiler, term->child[1], valid, 1);
    return add_kernel(compiler, term, kernel_some, in, 2);
}

/* What a function's body takes from outside, each path once. */
static void collect(struct compiler *compiler, struct level *level, const struct term *term)
{
    if (!term_is_path(term)) {
        for (uint32_t i = 0; i < term->n; i++)
            collect(compiler, level, term->child[i]);
    } else if (term_path_var(term)->level < level->depth && !captured(level, term)) {
        level->capture =
            room(compiler->arena, level->capture, level->n, &level->cap, sizeof *level->capture);
        level->capture[level->n++] = (struct capture){ term, 0 };
    }
}

static uint16_t emit_each(struct compiler *compiler, const struct term *term)
{
    uint16_t list = emit(compiler, term->child[0]);
    struct level level = { .outer = compiler->level, .depth = compiler->level->depth + 1 };
    collect(compiler, &level, term->child[1]);
    for (uint32_t i = 0; i < level.n; i++)
        level.capture[i].reg = emit_path(compiler, level.capture[i].path);
    struct instr *enter = add(compiler, FLOW_ENTER, term->child[0], &list, 1);
    enter->type = term->var->type;
    enter->can_fail = true;
    term->var->reg = enter->out = new_reg(compiler);
    compiler->level = &level;
    for (uint32_t i = 0; i < level.n; i++) {
        struct instr *gather =
            add(compiler, FLOW_GATHER, level.capture[i].path, &level.capture[i].reg, 1);
        level.capture[i].reg = gather->out = new_reg(compiler);
    }
    uint16_t body = emit(compiler, term->child[1]);
    compiler->level = level.outer;
    struct instr *leave = add(compiler, FLOW_LEAVE, term, &body, 1);
    leave->k = term->leave;
    return leave->out = new_reg(compiler);
}

static uint16_t emit(struct compiler *compiler, const struct term *term)
{
    if (term_is_path(term))
        return emit_path(compiler, term);
    switch (term->kind) {
        case TERM_CONST:
            return emit_const(compiler, term);
        case TERM_VAR:
        case TERM_KERNEL:
            return emit_kernel(compiler, term);
        case TERM_IF:
            return emit_if(compiler, term);
        case TERM_OR_ELSE:
            return emit_or_else(compiler, term);
        case TERM_OPTION_MAP:
            return emit_option_map(compiler, term);
        case TERM_EACH:
            return emit_each(compiler, term);
    }
    check(!"kind of term");
    return 0;
}

static bool uses(const struct term *term, const struct var *var)
{
    if (term->kind == TERM_VAR)
        return term->var == var;
    for (uint32_t i = 0; i < term->n; i++)
        if (uses(term->child[i], var))
            return true;
    return false;
}

/* `a + …`, and a nowhere else */
static bool is_append(const struct term *term, const struct var *a)
{
    while (term->kind == TERM_KERNEL && (term->run == kernel_join || term->run == kernel_append) &&
           !uses(term->child[1], a))
        term = term->child[0];
    return term->kind == TERM_VAR && term->var == a;
}

static enum fold fold_of(const struct term *term, const struct compile_params *params)
{
    if (params->n == 2 && term->kind == TERM_KERNEL && is_append(term, params->var[0]))
        return FOLD_APPEND;
    if (params->n != 2 || term->kind != TERM_KERNEL || term->n != 2 ||
        term->child[0]->kind != TERM_VAR || term->child[1]->kind != TERM_VAR ||
        term->child[0]->var == term->child[1]->var)
        return FOLD_NONE;
    if (term->run == kernel_int_add ||
        (term->run == kernel_double_add && term->child[0]->var == params->var[0]))
        return FOLD_SUM;
    if (term->run == kernel_int_min)
        return FOLD_MIN;
    return term->run == kernel_int_max ? FOLD_MAX : FOLD_NONE;
}

struct program *compile_term(const struct source *source, const struct term *term,
                             const struct compile_params *params)
{
    struct level ground = { 0 };
    struct compiler compiler = { .arena = source->arena, .level = &ground };
    for (uint32_t i = 0; i < params->n; i++)
        params->var[i]->reg = new_reg(&compiler);
    params->batch_time->reg = new_reg(&compiler);
    uint16_t result = emit(&compiler, term);
    if (compiler.n_reg == REGISTERS_MAX) {
        source_error(source, term->span, 236, "this expression is too long");
        return NULL;
    }
    struct program *program = arena_alloc(source->arena, sizeof *program);
    *program = (struct program){ .code = compiler.code,
                                 .n = compiler.n,
                                 .n_reg = compiler.n_reg,
                                 .n_param = params->n,
                                 .konst = compiler.konst,
                                 .n_konst = compiler.n_konst,
                                 .result_reg = result,
                                 .result = term->type,
                                 .uses_batch_time = uses(term, params->batch_time),
                                 .is_const = true,
                                 .fold = fold_of(term, params),
                                 .text = source->text };
    for (uint32_t i = 0; i < compiler.n; i++)
        program->can_fail |= compiler.code[i].can_fail;
    for (uint32_t i = 0; i < params->n; i++)
        program->is_const &= !uses(term, params->var[i]);
    return program;
}
