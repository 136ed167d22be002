#include "expr/lex.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scan.h"
#include "column/number.h"

static struct token token_of(enum token_kind kind, uint32_t from, uint32_t to)
{
    return (struct token){ .kind = kind, .span = { from, to } };
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static const char *skip_digits(const char *at)
{
    while (is_digit(*at))
        at++;
    return at;
}

static const char *skip_word(const char *at)
{
    while (is_letter(*at) || is_digit(*at))
        at++;
    return at;
}

static struct token lex_number(struct lexer *lexer)
{
    const struct source *source = lexer->source;
    const char *from = source->text + lexer->at, *to = skip_digits(from);
    bool whole = true;
    if (to[0] == '.' && is_digit(to[1])) {
        to = skip_digits(to + 1);
        whole = false;
    }
    const char *e = to[0] == 'e' || to[0] == 'E' ? to + 1 : NULL;
    if (e && is_digit(e[*e == '+' || *e == '-'])) {
        to = skip_digits(e + 1);
        whole = false;
    }
    struct token token =
        token_of(whole ? TOKEN_INT : TOKEN_DOUBLE, lexer->at, (uint32_t)(to - source->text));
    lexer->at = token.span.to;
    struct slice text = { from, (size_t)(to - from) };
    if (skip_word(to) > to) {
        token.span.to = (uint32_t)(skip_word(to) - source->text);
        source_error(source, token.span, 231, "'%s' is not a number",
                     source_text(source, token.span));
        token.kind = TOKEN_BAD;
    } else if (!whole) {
        number_get_double(text, &token.number);
        if (isinf(token.number)) {
            source_error(source, token.span, 231, "'%s' does not fit a Double",
                         source_text(source, token.span));
            token.kind = TOKEN_BAD;
        }
    } else {
        for (const char *at = from; at < to && token.kind == TOKEN_INT; at++)
            if (__builtin_mul_overflow(token.integer, 10u, &token.integer) ||
                __builtin_add_overflow(token.integer, (unsigned)(*at - '0'), &token.integer) ||
                token.integer > 1ull << 63)
                token.kind = TOKEN_BAD;
        if (token.kind == TOKEN_BAD)
            source_error(source, token.span, 231,
                         "'%s' does not fit an Int, which ends at 9223372036854775807",
                         source_text(source, token.span));
    }
    return token;
}

/* ---- strings */

struct string { /* being read */
    struct lexer *lexer;
    char *out;   /* room for all of the rest */
    uint32_t at; /* the next byte of the text */
};

static bool string_error(struct string *string, uint32_t from, uint32_t to, const char *text)
{
    source_error(string->lexer->source, (struct span){ from, to }, 231, "%s", text);
    return false;
}

static bool hex4(const char *at, uint32_t *value)
{
    *value = 0;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        uint32_t digit = is_digit(c)            ? (uint32_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10)
                                                : 16;
        if (digit == 16)
            return false;
        *value = *value << 4 | digit;
    }
    return true;
}

static void put_utf8(struct string *string, uint32_t c)
{
    if (c < 0x80) {
        *string->out++ = (char)c;
        return;
    }
    int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const uint8_t lead[] = { 0, 0xc0, 0xe0, 0xf0 };
    *string->out++ = (char)(lead[more] | c >> 6 * more);
    while (more--)
        *string->out++ = (char)(0x80 | (c >> 6 * more & 0x3f));
}

static bool unicode_escape(struct string *string)
{
    const char *at = string->lexer->source->text + string->at;
    uint32_t c, low, n = 6;
    if (!hex4(at + 2, &c))
        return string_error(string, string->at, string->at + 2,
                            "\\u wants four hexadecimal digits");
    if (c >= 0xd800 && c < 0xdc00 && at[6] == '\\' && at[7] == 'u' && hex4(at + 8, &low) &&
        low >= 0xdc00 && low < 0xe000) {
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
        n = 12;
    }
    if (c >= 0xd800 && c < 0xe000)
        return string_error(string, string->at, string->at + 6, "half of a surrogate pair");
    put_utf8(string, c);
    string->at += n;
    return true;
}

static bool escape(struct string *string)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char c = string->lexer->source->text[string->at + 1];
    if (c == 'u')
        return unicode_escape(string);
    const char *found = c ? strchr(from, c) : NULL;
    if (!found)
        return string_error(string, string->at, string->at + 1 + (c != 0),
                            "unknown escape: there are \\\" \\\\ \\/ \\b \\f \\n \\r \\t and "
                            "\\uXXXX; a backslash itself is \\\\");
    *string->out++ = to[found - from];
    string->at += 2;
    return true;
}

static bool variable(const struct source *source, uint32_t from)
{
    const char *close = memchr(source->text + from, '}', source->len - from);
    struct span span = { from, close ? (uint32_t)(close - source->text) + 1 : from + 2 };
    struct diag *diag = source_error(source, span, 220, "%s cannot stand in an expression",
                                     source_text(source, span));
    diag_help(source->diags, diag,
              "an expression is the same wherever it runs; a string with these characters is "
              "written \"\\u0024{\"");
    return false;
}

static bool read_string(struct string *string)
{
    const struct source *source = string->lexer->source;
    uint32_t open = string->at++;
    while (string->at < source->len && source->text[string->at] != '"') {
        const char *at = source->text + string->at;
        if (*at == '\\') {
            if (!escape(string))
                return false;
        } else if (at[0] == '$' && at[1] == '{') {
            return variable(source, string->at);
        } else {
            *string->out++ = *at;
            string->at++;
        }
    }
    if (string->at == source->len)
        return string_error(string, open, source->len, "this string has no closing \"");
    string->at++;
    return true;
}

static struct token lex_string(struct lexer *lexer)
{
    const struct source *source = lexer->source;
    const char *close = source->text + lexer->at + 1;
    while (*close && *close != '"')
        close += close[0] == '\\' && close[1] ? 2 : 1;
    char *bytes = arena_alloc(source->arena, (size_t)(close - source->text - lexer->at) + 1);
    struct string string = { lexer, bytes, lexer->at };
    bool good = read_string(&string);
    struct token token = token_of(good ? TOKEN_STRING : TOKEN_BAD, lexer->at, string.at);
    token.string = (struct slice){ bytes, (size_t)(string.out - bytes) };
    lexer->at = string.at;
    return token;
}

/* ---- the rest */

static const struct mark {
    const char *text; /* the longer of two stands first */
    enum token_kind kind;
    const char *mend; /* of what does not exist here: what to write */
} marks[] = {
    { "===", TOKEN_BAD, "==" },        { "!==", TOKEN_BAD, "!=" },
    { "=>", TOKEN_ARROW, NULL },       { "->", TOKEN_BAD, "=>" },
    { "==", TOKEN_EQ, NULL },          { "!=", TOKEN_NE, NULL },
    { "<>", TOKEN_BAD, "!=" },         { "<=", TOKEN_LE, NULL },
    { ">=", TOKEN_GE, NULL },          { "=", TOKEN_BAD, "==" },
    { "<", TOKEN_LT, NULL },           { ">", TOKEN_GT, NULL },
    { "&&", TOKEN_AND, NULL },         { "&", TOKEN_BAD, "&&" },
    { "||", TOKEN_OR, NULL },          { "|", TOKEN_BAD, "||" },
    { "!", TOKEN_NOT, NULL },          { "**", TOKEN_BAD, "*" },
    { "+", TOKEN_ADD, NULL },          { "-", TOKEN_SUB, NULL },
    { "*", TOKEN_MUL, NULL },          { "/", TOKEN_DIV, NULL },
    { "%", TOKEN_REM, NULL },          { "(", TOKEN_OPEN, NULL },
    { ")", TOKEN_CLOSE, NULL },        { "[", TOKEN_OPEN_LIST, NULL },
    { "]", TOKEN_CLOSE_LIST, NULL },   { "{", TOKEN_OPEN_RECORD, NULL },
    { "}", TOKEN_CLOSE_RECORD, NULL }, { ",", TOKEN_COMMA, NULL },
    { ":", TOKEN_COLON, NULL },        { ".", TOKEN_DOT, NULL },
};

static struct token lex_mark(struct lexer *lexer)
{
    const struct source *source = lexer->source;
    const char *at = source->text + lexer->at;
    for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
        size_t n = strlen(marks[i].text);
        if (strncmp(at, marks[i].text, n) != 0)
            continue;
        struct token token = token_of(marks[i].kind, lexer->at, lexer->at + (uint32_t)n);
        lexer->at = token.span.to;
        if (marks[i].mend) {
            struct diag *diag =
                source_error(source, token.span, 231, "unknown operator '%s'", marks[i].text);
            diag_help(source->diags, diag, "did you mean '%s'?", marks[i].mend);
        }
        return token;
    }
    size_t n = scan_utf8((const uint8_t *)at, (const uint8_t *)source->text + source->len,
                         &(uint32_t){ 0 });
    struct token token = token_of(TOKEN_BAD, lexer->at, lexer->at + (uint32_t)(n ? n : 1));
    struct diag *diag = source_error(source, token.span, 231, "'%s' has no meaning here",
                                     source_text(source, token.span));
    if (*at == '\'')
        diag_help(source->diags, diag, "strings stand in double quotes: \"text\"");
    if (*at == ';')
        diag_help(source->diags, diag, "one expression is all there is: no statements");
    lexer->at = token.span.to;
    return token;
}

struct token lex_next(struct lexer *lexer)
{
    const struct source *source = lexer->source;
    const char *text = source->text;
    while (text[lexer->at] == ' ' || text[lexer->at] == '\t' || text[lexer->at] == '\n' ||
           text[lexer->at] == '\r')
        lexer->at++;
    char c = text[lexer->at];
    if (lexer->at >= source->len)
        return token_of(TOKEN_END, source->len, source->len);
    if (is_digit(c))
        return lex_number(lexer);
    if (c == '"')
        return lex_string(lexer);
    if (c == '$' && text[lexer->at + 1] == '{') {
        variable(source, lexer->at);
        return token_of(TOKEN_BAD, lexer->at, lexer->at + 2);
    }
    if (!is_letter(c))
        return lex_mark(lexer);
    struct token token =
        token_of(TOKEN_NAME, lexer->at, (uint32_t)(skip_word(text + lexer->at) - text));
    lexer->at = token.span.to;
    return token;
}
