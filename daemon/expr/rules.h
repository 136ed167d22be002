/* Typing rules of those methods whose types do not fit a row of the table. Each makes the call's
 * term, or says what is wrong and gives NULL. */
#pragma once
#include "expr/function.h"

/* run(self, arguments), the arguments as the table has them, giving `result`. */
struct term *rule_call(struct checker *checker, const struct site *site, const struct type *result);

typedef struct term *rule_fn(struct checker *checker, const struct site *site);
rule_fn rule_same;                           /* self as it is */
rule_fn rule_same_type;                      /* run() gives a value of self's type */
rule_fn rule_strings;                        /* run() gives a List[String] */
rule_fn rule_lookup;                         /* run() gives an Option of a Map's value */
rule_fn rule_matches, rule_extract;          /* a regex */
rule_fn rule_split_regex;                    /* of rule_split() */
bool rule_is_regex(const struct node *node); /* regex(…) */
rule_fn rule_csv, rule_format;               /* a literal: a separator, a pattern of a time */
/* The byte of the source from which byte `at` of a string literal comes. */
uint32_t rule_literal_byte(const struct source *source, const struct node *literal, uint32_t at);
rule_fn rule_json_text;
rule_fn rule_json_as; /* an Option of the row's result; NULL: of a List[Json] */
rule_fn rule_json_at;
bool rule_is_json(const struct type *type); /* Json or Option[Json] */
/* The method that makes a Json a `to`; NULL when there is none. */
const struct function *rule_json_reads(const struct type *to);
/* self.name, where that is no method */
struct term *rule_json_field(struct checker *checker, const struct node *node, struct term *self);
/* A Json on one side, a Bool, String or number on the other; compare is EQ or NE. */
struct term *rule_json_equal(struct checker *checker, struct span span, struct term *side[2],
                             enum compare compare);
rule_fn rule_split, rule_to_double, rule_min, rule_max;
rule_fn rule_map, rule_filter, rule_flat_map; /* of a List */
rule_fn rule_element;                         /* run() gives an element of self */
rule_fn rule_ordered;                         /* the same, if the elements have an order */
rule_fn rule_sorted, rule_sum, rule_includes, rule_mk_string;
rule_fn rule_or_else, rule_is_empty, rule_option_map; /* of an Option */
