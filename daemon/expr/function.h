/* The methods of the language: one table. */
#pragma once
#include "expr/typing.h"

struct function;
struct site { /* one call */
    const struct node *node;
    const struct function *function;
    struct term *self;
    struct node *const *arg;
    uint32_t n_arg;
};

struct function {
    const char *name;
    const char *help; /* how it is called, a colon, what it gives */
    /* An expression over a Kafka record {value: "ab", timestamp: 1 s, headers: {id: 7}}, and its value as `tests` say it. */
    const char *example, *gives;
    const struct type *arg[2]; /* of each argument; NULL: the rule says */
    uint8_t n_min, n_max;      /* arguments */
    enum kind self;            /* the kind whose method it is */
    bool can_fail;
    uint32_t k;
    kernel run;
    const struct type *result;
    /* NULL: run(self, arguments), with the types above; else makes the term, NULL after a finding */
    struct term *(*rule)(struct checker *checker, const struct site *site);
};

extern const struct function function_rows[]; /* by kind; one without a name ends them */

/* The method `name` of a kind; NULL when it has none of that name. */
const struct function *function_find(enum kind self, const char *name);
/* The names of a kind's methods, ended by NULL, in the arena. */
const char *const *function_names(struct arena *arena, enum kind self);
/* Does a method of this name take a function, whatever it is called on? */
bool function_is_place(const char *name);
/* Types one call; the number of its arguments is looked at here. */
struct term *function_type(struct checker *checker, const struct site *site);
