/* Text → tokens. */
#pragma once
#include <stdbool.h>

#include "expr/source.h"

enum token_kind {
    TOKEN_END,
    TOKEN_BAD, /* a finding says what is wrong with it */
    TOKEN_INT,
    TOKEN_DOUBLE,
    TOKEN_STRING,
    TOKEN_NAME, /* true, false, None, if, else and _ among them */
    TOKEN_OPEN,
    TOKEN_CLOSE,
    TOKEN_OPEN_LIST,
    TOKEN_CLOSE_LIST,
    TOKEN_OPEN_RECORD,
    TOKEN_CLOSE_RECORD,
    TOKEN_COMMA,
    TOKEN_COLON,
    TOKEN_DOT,
    TOKEN_ARROW, /* => */
    TOKEN_NOT,
    TOKEN_MUL,
    TOKEN_DIV,
    TOKEN_REM,
    TOKEN_ADD,
    TOKEN_SUB,
    TOKEN_LT,
    TOKEN_LE,
    TOKEN_GT,
    TOKEN_GE,
    TOKEN_EQ,
    TOKEN_NE,
    TOKEN_AND,
    TOKEN_OR
};

struct token {
    enum token_kind kind;
    struct span span;
    union {
        uint64_t integer; /* INT: at most 2^63, which only a minus in front makes one */
        double number;
        struct slice string; /* without quotes and escapes, in the arena */
    };
};

struct lexer {
    const struct source *source;
    uint32_t at; /* the next byte */
};

/* The next token; END for ever behind the last. After BAD nothing more should be read. */
struct token lex_next(struct lexer *lexer);
