#include "expr/term.h"

bool term_is_path(const struct term *term)
{
    while (term->kind == TERM_KERNEL && term->run == kernel_field)
        term = term->child[0];
    return term->kind == TERM_VAR;
}

bool term_same_path(const struct term *a, const struct term *b)
{
    for (; a->kind == TERM_KERNEL && b->kind == TERM_KERNEL; a = a->child[0], b = b->child[0])
        if (a->k != b->k)
            return false;
    return a->kind == b->kind && a->var == b->var;
}

const struct var *term_path_var(const struct term *path)
{
    while (path->kind == TERM_KERNEL)
        path = path->child[0];
    return path->var;
}
