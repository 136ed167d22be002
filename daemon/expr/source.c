#include "expr/source.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"

struct diag *source_error(const struct source *source, struct span span, unsigned code,
                          const char *format, ...)
{
    struct buf text = { 0 };
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *at = (char *)buf_extend(&text, (size_t)n + 1);
    va_start(args, format);
    vsnprintf(at, (size_t)n + 1, format, args);
    va_end(args);
    struct diag_place place = yaml_text_place(source->node, span.from, span.to);
    struct diag *diag = diag_add(source->diags, place, code, "%s", at);
    buf_free(&text);
    return diag;
}

const char *source_text(const struct source *source, struct span span)
{
    return arena_strndup(source->arena, source->text + span.from, span.to - span.from);
}
