#include "expr/function.h"

#include <string.h>

#include "base/list.h"
#include "column/json_path.h"
#include "column/regex.h"
#include "column/time_text.h"
#include "expr/rules.h"

#define S &type_string
#define I &type_int
#define D &type_double
#define B &type_bool
#define RULE(what, of, from, to, which) \
    .self = of, .name = what, .n_min = from, .n_max = to, .rule = which
#define RUN(what, of, to, which) .self = of, .name = what, .result = to, .run = which
#define ARGS(n) .n_min = n, .n_max = n

static const struct function functions[] = {
    /* String */
    { RULE("split", K_STRING, 1, 1, rule_split), .run = kernel_split, .arg = { S },
      .help = "split(sep) or split(regex(\"…\")): a List[String], with the empty strings between "
              "separators" },
    { RULE("words", K_STRING, 0, 0, rule_strings), .run = kernel_words,
      .help = "words: a List[String], split at white space" },
    { RUN("toLowerCase", K_STRING, S, kernel_lower), .can_fail = true,
      .help = "toLowerCase: a String" },
    { RUN("toUpperCase", K_STRING, S, kernel_upper), .can_fail = true,
      .help = "toUpperCase: a String" },
    { RUN("trim", K_STRING, S, kernel_trim), .help = "trim: without white space at both ends" },
    { RUN("length", K_STRING, I, kernel_length), .help = "length: code points" },
    { RUN("startsWith", K_STRING, B, kernel_starts), ARGS(1), .arg = { S },
      .help = "startsWith(s)" },
    { RUN("endsWith", K_STRING, B, kernel_ends), ARGS(1), .arg = { S }, .help = "endsWith(s)" },
    { RUN("contains", K_STRING, B, kernel_has), ARGS(1), .arg = { S }, .help = "contains(s)" },
    { RUN("indexOf", K_STRING, I, kernel_index_of), ARGS(1), .arg = { S },
      .help = "indexOf(s): in code points from 0; -1 where there is none" },
    { RUN("substring", K_STRING, S, kernel_substring), .n_min = 1, .n_max = 2, .arg = { I, I },
      .can_fail = true, .help = "substring(from) or substring(from, to), in code points" },
    { RUN("replace", K_STRING, S, kernel_replace), ARGS(2), .arg = { S, S }, .can_fail = true,
      .help = "replace(a, b): every a by b" },
    { RUN("toInt", K_STRING, I, kernel_to_int), .can_fail = true,
      .help = "toInt: an Int; an error record where it is no whole number" },
    { RUN("toDouble", K_STRING, D, kernel_to_double), .can_fail = true,
      .help = "toDouble: a Double; an error record where it is no number" },
    { RULE("toString", K_STRING, 0, 0, rule_same), .help = "toString" },
    { RULE("matches", K_STRING, 1, 1, rule_matches), .run = kernel_matches,
      .help = "matches(regex(\"…\")): does the whole String match?" },
    { RULE("extract", K_STRING, 1, 1, rule_extract), .run = kernel_extract,
      .help = "extract(regex(\"…(…)…\")): a List[String] of the groups of the first match, [] of "
              "none" },
    { RUN("json", K_STRING, &type_json, kernel_json), .can_fail = true,
      .help = "json: a Json; an error record where it is not JSON" },
    { RULE("csv", K_STRING, 0, 1, rule_csv), .run = kernel_csv, .can_fail = true,
      .help =
          "csv or csv(sep): a List[String] of the fields of one line; an error record where the "
          "quotes are not in order" },
    { RUN("hash", K_STRING, I, kernel_hash),
      .help = "hash: an Int ≥ 0 of the text, the lower 63 bits of XXH3-64; it stays the same" },

    /* Int, Double, Bool */
    { RUN("abs", K_INT, I, kernel_int_abs), .can_fail = true, .help = "abs" },
    { RULE("toDouble", K_INT, 0, 0, rule_to_double), .help = "toDouble" },
    { RULE("toInt", K_INT, 0, 0, rule_same), .help = "toInt" },
    { RULE("round", K_INT, 0, 0, rule_same), .help = "round" },
    { RULE("min", K_INT, 1, 1, rule_min), .help = "min(x): the lesser of two" },
    { RULE("max", K_INT, 1, 1, rule_max), .help = "max(x): the greater of two" },
    { RUN("toString", K_INT, S, kernel_to_string), .help = "toString" },
    { RUN("abs", K_DOUBLE, D, kernel_double_abs), .help = "abs" },
    { RULE("toDouble", K_DOUBLE, 0, 0, rule_same), .help = "toDouble" },
    { RUN("toInt", K_DOUBLE, I, kernel_double_to_int), .can_fail = true,
      .help = "toInt: towards zero" },
    { RUN("round", K_DOUBLE, I, kernel_double_round), .can_fail = true,
      .help = "round: the nearest Int, halves up" },
    { RULE("min", K_DOUBLE, 1, 1, rule_min), .help = "min(x): the lesser of two" },
    { RULE("max", K_DOUBLE, 1, 1, rule_max), .help = "max(x): the greater of two" },
    { RUN("toString", K_DOUBLE, S, kernel_to_string), .help = "toString" },
    { RUN("toString", K_BOOL, S, kernel_to_string), .help = "toString" },

    /* List */
    { RULE("map", K_LIST, 1, 1, rule_map), .help = "map(x => …): what comes of each element" },
    { RULE("filter", K_LIST, 1, 1, rule_filter), .help = "filter(x => …): those for which it is "
                                                         "true" },
    { RULE("flatMap", K_LIST, 1, 1, rule_flat_map),
      .help = "flatMap(x => …): the lists that come of each element, joined" },
    { RUN("size", K_LIST, I, kernel_size), .help = "size: how many elements" },
    { RULE("sum", K_LIST, 0, 0, rule_sum), .help = "sum: of numbers; 0 of none" },
    { RULE("min", K_LIST, 0, 0, rule_ordered), .run = kernel_least, .can_fail = true,
      .help = "min: an error record where there is none" },
    { RULE("max", K_LIST, 0, 0, rule_ordered), .run = kernel_most, .can_fail = true,
      .help = "max: an error record where there is none" },
    { RULE("head", K_LIST, 0, 0, rule_element), .run = kernel_head, .can_fail = true,
      .help = "head: the first element; an error record where there is none" },
    { RULE("last", K_LIST, 0, 0, rule_element), .run = kernel_last, .can_fail = true,
      .help = "last: the last element; an error record where there is none" },
    { RULE("()", K_LIST, 1, 1, rule_element), .arg = { I }, .run = kernel_at, .can_fail = true,
      .help = "xs(i): element i, from 0; an error record where there is none" },
    { RULE("contains", K_LIST, 1, 1, rule_includes), .help = "contains(x)" },
    { RULE("mkString", K_LIST, 0, 1, rule_mk_string), .arg = { S }, .run = kernel_mk_string,
      .can_fail = true, .help = "mkString(sep): a String of the elements, sep between them" },
    { RULE("distinct", K_LIST, 0, 0, rule_same_type), .run = kernel_distinct,
      .help = "distinct: the first of equal elements" },
    { RULE("sorted", K_LIST, 0, 0, rule_sorted), .run = kernel_sorted,
      .help = "sorted: "
              "ascending" },

    /* Option */
    { RULE("getOrElse", K_OPTION, 1, 1, rule_or_else), .help = "getOrElse(x): the content, else "
                                                               "x" },
    { RUN("isDefined", K_OPTION, B, kernel_valid), .help = "isDefined" },
    { RULE("isEmpty", K_OPTION, 0, 0, rule_is_empty), .help = "isEmpty" },
    { RULE("map", K_OPTION, 1, 1, rule_option_map),
      .help = "map(x => …): what comes of the content, None of None" },

    /* Map */
    { RULE("()", K_MAP, 1, 1, rule_lookup), .arg = { S }, .run = kernel_lookup,
      .help = "m(key): an Option of its value" },
    { RULE("keys", K_MAP, 0, 0, rule_strings), .run = kernel_keys, .help = "keys: a List[String]" },
    { RUN("size", K_MAP, I, kernel_size), .help = "size: how many keys" },

    /* Timestamp */
    { RULE("format", K_TIME, 1, 1, rule_format), .run = kernel_time_format,
      .help = "format(\"yyyy-MM-dd HH:mm:ss.SSS\"): a String, in UTC" },
    { RUN("toString", K_TIME, S, kernel_to_string),
      .help = "toString: as in 2026-03-01T09:30:00.250Z" },
    { RUN("millis", K_TIME, I, kernel_millis), .help = "millis: ms since 1970-01-01T00:00:00Z" },

    /* Bytes */
    { RUN("size", K_BYTES, I, kernel_bytes_size), .help = "size: how many bytes" },
    { RUN("hash", K_BYTES, I, kernel_hash),
      .help = "hash: an Int ≥ 0, the lower 63 bits of XXH3-64; it stays the same" },
    { RUN("toString", K_BYTES, S, kernel_bytes_text), .can_fail = true,
      .help = "toString: the text; an error record where it is not UTF-8" },

    /* Json, and Option[Json] where it has no method of that name */
    { RULE("asInt", K_JSON, 0, 0, rule_json_as), .run = kernel_json_int, .result = I,
      .help = "asInt: an Option[Int]: None where it is no whole number of 64 bits" },
    { RULE("asString", K_JSON, 0, 0, rule_json_as), .run = kernel_json_string, .result = S,
      .help = "asString: an Option[String]" },
    { RULE("asDouble", K_JSON, 0, 0, rule_json_as), .run = kernel_json_double, .result = D,
      .help = "asDouble: an Option[Double]: None where it is no number" },
    { RULE("asBool", K_JSON, 0, 0, rule_json_as), .run = kernel_json_bool, .result = B,
      .help = "asBool: an Option[Bool]" },
    { RULE("asList", K_JSON, 0, 0, rule_json_as), .run = kernel_json_list, .result = NULL,
      .can_fail = true, .help = "asList: an Option[List[Json]]" },
    { RULE("()", K_JSON, 1, 1, rule_json_at),
      .help = "j(\"name\"), j(i): an Option[Json] of a member, of an element" },
    { RUN("toString", K_JSON, S, kernel_json_text), .help = "toString: its text" },
};

const struct function *function_find(enum kind self, const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
        if (functions[i].self == self && strcmp(functions[i].name, name) == 0)
            return &functions[i];
    return NULL;
}

const char *const *function_names(struct arena *arena, enum kind self)
{
    const char **names = arena_alloc(arena, (ARRAY_SIZE(functions) + 1) * sizeof *names);
    size_t n = 0;
    for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
        if (functions[i].self == self && functions[i].name[0] != '(')
            names[n++] = functions[i].name;
    names[n] = NULL;
    return names;
}

bool function_is_place(const char *name)
{
    return strcmp(name, "map") == 0 || strcmp(name, "filter") == 0 || strcmp(name, "flatMap") == 0;
}

static const char *shown_name(const struct site *site)
{
    return site->node->kind == NODE_APPLY ? "(…) behind a value" : site->node->name;
}

static bool count_fits(struct checker *checker, const struct site *site)
{
    const struct function *function = site->function;
    if (site->n_arg >= function->n_min && site->n_arg <= function->n_max)
        return true;
    const struct node *node = site->node;
    struct span span = node->kind == NODE_APPLY ? node->span : node->at;
    const char *most = function->n_max == 0   ? "no argument"
                       : function->n_max == 1 ? "one argument"
                                              : "two arguments";
    struct diag *diag = source_error(
        checker->source, span, 234, "%s takes %s%s, but here %s %u", shown_name(site),
        function->n_min < function->n_max ? function->n_max == 1 ? "at most " : "one or " : "",
        most, site->n_arg == 1 ? "is" : "are", site->n_arg);
    diag_help(checker->source->diags, diag, "%s", function->help);
    return false;
}

/* self and the arguments, each of the type that the table says. */
static struct term **arguments(struct checker *checker, const struct site *site)
{
    uint32_t n = site->n_arg + 1;
    struct term **child = arena_alloc(checker->source->arena, n * sizeof(struct term *));
    bool good = true;
    child[0] = site->self;
    for (uint32_t i = 1; i < n; i++) {
        struct term *arg = typing_node(checker, site->arg[i - 1]);
        child[i] = typing_want(checker, arg, site->function->arg[i - 1], shown_name(site));
        good &= child[i] != NULL;
    }
    return good ? child : NULL;
}

struct term *rule_call(struct checker *checker, const struct site *site, const struct type *result)
{
    struct term **child = arguments(checker, site);
    struct made made = { .run = site->function->run,
                         .type = result,
                         .can_fail = site->function->can_fail,
                         .k = site->function->k };
    return child ? typing_kernel(checker, site->node->span, &made, child, site->n_arg + 1) : NULL;
}

struct term *function_type(struct checker *checker, const struct site *site)
{
    if (!count_fits(checker, site))
        return NULL;
    if (site->function->rule)
        return site->function->rule(checker, site);
    return rule_call(checker, site, site->function->result);
}
