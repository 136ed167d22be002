/* Methods that take a literal, which is made ready here, once. */
#include <stdlib.h>

#include "base/scan.h"
#include "column/time_text.h"
#include "expr/rules.h"

uint32_t rule_literal_byte(const struct source *source, const struct node *literal, uint32_t at)
{
    uint32_t from = literal->span.from + 1, made = 0;
    for (; from + 1 < literal->span.to && made < at; made++) {
        if (source->text[from] != '\\') {
            from++;
            continue;
        }
        bool hex = source->text[from + 1] == 'u';
        struct span digits = { from + 2, hex ? from + 6 : from + 2 };
        unsigned long unit = strtoul(source_text(source, digits), NULL, 16);
        from += hex ? 6 : 2; /* a surrogate pair is 12 for 4 bytes: 6 for 2 */
        made += unit >= 0xd800 && unit < 0xe000 ? 1 : unit >= 0x800 ? 2 : unit >= 0x80;
    }
    return from;
}

/* The call with what its literal was made into. */
static struct term *call(struct checker *checker, const struct site *site, const struct type *type,
                         const void *data)
{
    struct made made = {
        .run = site->function->run, .type = type, .can_fail = site->function->can_fail, .data = data
    };
    return typing_kernel(checker, site->node->span, &made, &site->self, 1);
}

static bool is_separator(const struct node *node)
{
    const uint8_t *at = node->string.ptr;
    uint32_t c = 0;
    return node->kind == NODE_STRING && node->string.len &&
           scan_utf8(at, at + node->string.len, &c) == node->string.len && c != '"' && c != '\n' &&
           c != '\r';
}

struct term *rule_csv(struct checker *checker, const struct site *site)
{
    struct slice *sep = arena_alloc(checker->source->arena, sizeof *sep);
    *sep = (struct slice){ ",", 1 };
    if (site->n_arg && !is_separator(site->arg[0])) {
        struct diag *diag = source_error(checker->source, site->arg[0]->span, 232,
                                         "csv wants one character between the fields");
        diag_help(checker->source->diags, diag, "as in csv(\";\") or csv(\"\\t\")");
        return NULL;
    }
    if (site->n_arg)
        *sep = site->arg[0]->string;
    return call(checker, site, type_list(checker->types, &type_string), sep);
}

struct term *rule_format(struct checker *checker, const struct site *site)
{
    const struct source *source = checker->source;
    const struct node *arg = site->arg[0];
    const char *why = "format wants a text in double quotes";
    struct span span = arg->span;
    uint32_t at = 0;
    const struct time_pattern *pattern = NULL;
    if (arg->kind == NODE_STRING) {
        pattern = time_pattern_new(source->arena, arg->string, &at, &why);
        span.from = rule_literal_byte(source, arg, at);
        span.to = span.from + 1;
    }
    if (pattern)
        return call(checker, site, &type_string, pattern);
    struct diag *diag = source_error(source, span, 232, "bad pattern of a time: %s", why);
    diag_help(source->diags, diag, "as in format(\"yyyy-MM-dd HH:mm:ss.SSS\")");
    return NULL;
}
