#define PCRE2_CODE_UNIT_WIDTH 8
#include "column/regex.h"

#include <pcre2.h>

#include "base/check.h"
#include "column/pieces.h"

struct regex {
    pcre2_code *code;
    uint32_t groups;
};

/* ---- PCRE2's memory is the arena's; nothing of it is given back */

static void *take(size_t n, void *arena)
{
    return arena_alloc(arena, n);
}

static void leave(void *at, void *arena)
{
    (void)at;
    (void)arena;
}

static pcre2_general_context *memory(struct arena *arena)
{
    return pcre2_general_context_create(take, leave, arena);
}

const struct regex *regex_new(struct arena *arena, struct slice pattern, bool whole,
                              struct regex_error *error)
{
    uint32_t options = PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_NO_UTF_CHECK;
    if (whole)
        options |= PCRE2_ANCHORED | PCRE2_ENDANCHORED;
    pcre2_compile_context *context = pcre2_compile_context_create(memory(arena));
    int code = 0;
    PCRE2_SIZE at = 0;
    struct regex *regex = arena_zalloc(arena, sizeof *regex);
    regex->code = pcre2_compile(pattern.ptr, pattern.len, options, &code, &at, context);
    if (!regex->code) {
        pcre2_get_error_message(code, (PCRE2_UCHAR *)error->text, sizeof error->text);
        error->at = (uint32_t)(at < pattern.len ? at : pattern.len);
        return NULL;
    }
    pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE); /* where it cannot, it is only slower */
    pcre2_pattern_info(regex->code, PCRE2_INFO_CAPTURECOUNT, &regex->groups);
    return regex;
}

uint32_t regex_groups(const struct regex *regex)
{
    return regex->groups;
}

/* ---- matching */

struct matcher { /* of one call of a kernel */
    struct call *call;
    const struct regex *regex;
    pcre2_match_data *data;
    pcre2_match_context *context;
    const PCRE2_SIZE *span; /* of the last match: from and to, then those of the groups */
};

static struct matcher matcher_new(struct call *call)
{
    pcre2_general_context *general = memory(call->arena);
    struct matcher matcher = { .call = call, .regex = call->data };
    matcher.data = pcre2_match_data_create_from_pattern(matcher.regex->code, general);
    matcher.context = pcre2_match_context_create(general);
    matcher.span = pcre2_get_ovector_pointer(matcher.data);
    pcre2_set_match_limit(matcher.context, REGEX_STEPS_MAX);
    pcre2_set_heap_limit(matcher.context, REGEX_HEAP_KIB_MAX);
    return matcher;
}

/* Groups that were set, at least 1; 0: no match; < 0: the row has failed. */
static int match(const struct matcher *matcher, uint32_t row, size_t from, uint32_t options)
{
    struct slice text = column_slice(matcher->call->in[0], row);
    const pcre2_code *code = matcher->regex->code;
    PCRE2_SPTR ptr = text.len ? text.ptr : (PCRE2_SPTR) "";
    options |= PCRE2_NO_UTF_CHECK;
    int n = pcre2_match(code, ptr, text.len, from, options, matcher->data, matcher->context);
    if (n == PCRE2_ERROR_JIT_STACKLIMIT) /* the interpreter has the heap for it */
        n = pcre2_match(code, ptr, text.len, from, options | PCRE2_NO_JIT, matcher->data,
                        matcher->context);
    if (n == PCRE2_ERROR_NOMATCH)
        return 0;
    check(n != 0 && n != PCRE2_ERROR_BADOPTION && n != PCRE2_ERROR_NULL);
    if (n < 0)
        kernel_fail(matcher->call, row, FAULT_MATCH);
    return n;
}

void kernel_matches(struct call *call)
{
    kernel_alloc(call);
    struct matcher matcher = matcher_new(call);
    ROWS(call, call->out->b8[row] = match(&matcher, row, 0, 0) > 0;);
}

/* The groups of the last match; NULL of a group that took no part. */
static bool put_groups(struct pieces *pieces, const struct matcher *matcher, const char *text,
                       uint32_t n)
{
    if (!pieces_reserve(pieces, matcher->regex->groups))
        return false;
    for (uint32_t i = 1; i <= matcher->regex->groups; i++) {
        bool set = i < n && matcher->span[2 * i] != PCRE2_UNSET;
        const char *from = set ? text + matcher->span[2 * i] : "";
        pieces_put(pieces, from, set ? text + matcher->span[2 * i + 1] : from);
    }
    return true;
}

static void extract(struct pieces *pieces, const struct matcher *matcher, uint32_t row)
{
    struct call *call = pieces->call;
    const char *text = column_slice(call->in[0], row).ptr;
    call->out->offset[row] = pieces->n;
    int n = match(matcher, row, 0, 0);
    if (n > 0 && !put_groups(pieces, matcher, text, (uint32_t)n))
        kernel_fail(call, row, FAULT_LARGE);
    call->out->len[row] = pieces->n - call->out->offset[row];
}

void kernel_extract(struct call *call)
{
    struct pieces pieces = pieces_begin(call);
    struct matcher matcher = matcher_new(call);
    ROWS(call, extract(&pieces, &matcher, row););
    pieces_end(&pieces, call->out);
}

static bool put_piece(struct pieces *pieces, const char *from, const char *to)
{
    if (!pieces_reserve(pieces, 0))
        return false;
    pieces_put(pieces, from, to);
    return true;
}

/* As Python's re.split(), but for empty matches at both ends. After an empty match the next one
 * must be of another place or not empty, so each step goes on. */
static bool split(struct pieces *pieces, const struct matcher *matcher, uint32_t row)
{
    struct slice text = column_slice(pieces->call->in[0], row);
    const char *ptr = text.ptr;
    size_t piece = 0, from = 0;
    uint32_t options = 0;
    while (match(matcher, row, from, options) > 0) {
        size_t start = matcher->span[0], end = matcher->span[1];
        bool empty = start == end;
        if (start < piece || end < start) /* \K in a lookahead */
            break;
        if (!empty || (start > 0 && start < text.len)) {
            if (!put_piece(pieces, ptr + piece, ptr + start))
                return false;
            piece = end;
        }
        from = end;
        options = empty ? PCRE2_NOTEMPTY_ATSTART : 0;
    }
    return put_piece(pieces, ptr + piece, ptr + text.len);
}

static void split_row(struct pieces *pieces, const struct matcher *matcher, uint32_t row)
{
    struct call *call = pieces->call;
    call->out->offset[row] = pieces->n;
    if (!split(pieces, matcher, row))
        kernel_fail(call, row, FAULT_LARGE);
    call->out->len[row] = pieces->n - call->out->offset[row];
}

void kernel_split_regex(struct call *call)
{
    struct pieces pieces = pieces_begin(call);
    struct matcher matcher = matcher_new(call);
    ROWS(call, split_row(&pieces, &matcher, row););
    pieces_end(&pieces, call->out);
}
