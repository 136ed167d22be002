/* What libyaml stumbled over, said so that a user can mend it: most "syntax errors" of a YAML file
 * are tabs, indentation, or a value that needs quotes. */
#include <string.h>

#include "base/yaml_parts.h"

struct spot { /* a place with the line around it */
    uint32_t point, line, column;
    const char *first, *at, *end; /* bytes: the line's first, the place, the line's end */
};

static struct spot spot_at(const struct yaml_file *file, uint32_t point)
{
    struct spot spot = { .point = point };
    const char *bytes = file->map.bytes.ptr;
    scan_map_place(&file->map, point, &spot.line, &spot.column);
    spot.first = bytes + file->map.line_bytes[spot.line - 1];
    spot.at = bytes + scan_map_byte(&file->map, point);
    spot.end = bytes + scan_map_byte(&file->map, scan_map_line_end(&file->map, spot.line));
    return spot;
}

static const char *skip(const char *at, const char *end, const char *chars)
{
    while (at < end && strchr(chars, *at))
        at++;
    return at;
}

static size_t indent(const struct spot *spot)
{
    return (size_t)(skip(spot->first, spot->end, " ") - spot->first);
}

static bool starts_line(const struct spot *spot)
{
    return skip(spot->first, spot->end, " ") >= spot->at;
}

static bool tabs(const struct yaml_file *file, uint32_t point, struct diags *diags)
{
    struct spot spot = spot_at(file, point);
    const char *tab = skip(spot.first, spot.end, " "), *stop = skip(tab, spot.end, "\t");
    if (tab == stop)
        return false;
    uint32_t at = file->map.lines[spot.line - 1] + (uint32_t)(tab - spot.first);
    diag_add(diags, yaml_point_place(file, at, (uint32_t)(stop - tab), ""), 102,
             "tab used for indentation; YAML allows only spaces");
    return true;
}

/* The nearest line above that is neither empty nor a comment; 0 = none. */
static uint32_t line_above(const struct yaml_file *file, uint32_t line, struct spot *above)
{
    while (--line) {
        *above = spot_at(file, file->map.lines[line - 1]);
        const char *word = skip(above->first, above->end, " \t");
        if (word < above->end && *word != '#')
            return line;
    }
    return 0;
}

/* The length of `word` in front of a ':' at this place; 0 when there is no such key. */
static int key_length(const char *at, const char *end)
{
    const char *from = at;
    while (at < end && *at != ':' && *at != ' ' && *at != '"' && *at != '\'')
        at++;
    return at < end && *at == ':' && (at + 1 == end || at[1] == ' ') ? (int)(at - from) : 0;
}

/* A key where a list's next '-' should be: it belongs to the map around the list. */
static bool key_among_items(const struct yaml_file *file, const struct yaml_problem *problem,
                            struct diags *diags)
{
    struct spot spot = spot_at(file, problem->point);
    const struct yaml_node *list = problem->open;
    int n = key_length(spot.at, spot.end);
    bool known = list && list->kind == YAML_LIST && list->style == YAML_BLOCK && list->key &&
                 list->key->text;
    if (!known || !n || !starts_line(&spot) ||
        strcmp(problem->text, "did not find expected '-' indicator") != 0)
        return false;
    uint32_t left = spot.column - list->parent->column;
    diag_add(diags, yaml_point_place(file, spot.point, (uint32_t)n, ""), 204,
             "'%.*s' stands inside '%s'; here it belongs %u space%s to the left", n, spot.at,
             list->key->text, left, left == 1 ? "" : "s");
    return true;
}

static bool indentation(const struct yaml_file *file, const struct yaml_problem *problem,
                        struct diags *diags)
{
    static const char *const signs[] = { "did not find expected key",
                                         "did not find expected '-' indicator",
                                         "did not find expected <document start>", NULL };
    struct spot spot = spot_at(file, problem->point), above;
    bool sign = false;
    for (size_t i = 0; signs[i]; i++)
        sign |= strcmp(problem->text, signs[i]) == 0;
    if (!sign || !starts_line(&spot) || strchr("]},", *spot.at) ||
        !line_above(file, spot.line, &above))
        return false;
    size_t has = indent(&spot), had = indent(&above);
    if (has == had)
        return false;
    struct diag_place place =
        yaml_point_place(file, spot.point, (uint32_t)(spot.end - spot.at), "");
    struct diag *diag = diag_add(diags, place, 102, "indentation of %zu space%s fits no line above",
                                 has, has == 1 ? "" : "s");
    diag_help(diags, diag, "line %u has %zu; what belongs together begins in the same column",
              above.line, had);
    return true;
}

/* "mapping values are not allowed": a second ': ' in one value, or a line too far to the right
 * below a finished one. */
static bool second_colon(const struct yaml_file *file, const struct yaml_problem *problem,
                         struct diags *diags)
{
    if (strcmp(problem->text, "mapping values are not allowed in this context") != 0)
        return false;
    struct spot spot = spot_at(file, problem->point), above;
    const char *colon = skip(spot.first, spot.end, " ");
    while (colon < spot.at && !(*colon == ':' && colon[1] == ' '))
        colon++;
    if (colon < spot.at) {
        const char *value = skip(colon + 1, spot.end, " ");
        struct diag *diag = diag_add(diags, yaml_point_place(file, spot.point, 1, ""), 101,
                                     "a second ': ' in one value");
        diag_help(diags, diag, "put the value in quotes: %s",
                  yaml_quoted(file->arena, (struct slice){ value, (size_t)(spot.end - value) }));
        return true;
    }
    if (!line_above(file, spot.line, &above) || indent(&spot) <= indent(&above))
        return false;
    uint32_t at = file->map.lines[spot.line - 1] + (uint32_t)indent(&spot);
    struct diag *diag = diag_add(
        diags,
        yaml_point_place(file, at, (uint32_t)(spot.at - spot.first) - (uint32_t)indent(&spot), ""),
        102, "indented deeper than line %u, which has its value already", above.line);
    diag_help(diags, diag, "begin it below the key of line %u, with %zu spaces", above.line,
              indent(&above));
    return true;
}

/* An anchor, alias or tag that libyaml could not even read: mostly an expression that begins with !
 * & or *. */
static bool indicator(const struct yaml_file *file, const struct yaml_problem *problem,
                      struct diags *diags)
{
    const char *context = problem->context ? problem->context : "";
    const char *what = strstr(context, "tag")                                     ? "tag"
                       : strstr(context, "anchor")                                ? "anchor"
                       : strstr(context, "alias")                                 ? "alias"
                       : strcmp(problem->text, "found undefined tag handle") == 0 ? "tag"
                                                                                  : NULL;
    if (!what)
        return false;
    struct spot spot = spot_at(file, problem->context_point);
    uint32_t width = (uint32_t)(spot.end - spot.at);
    struct diag *diag = diag_add(diags, yaml_point_place(file, spot.point, width, ""), 105,
                                 "'%c' begins %s %s, which is not allowed here", *spot.at,
                                 *what == 'a' ? "an" : "a", what);
    diag_help(diags, diag, "if it is an expression or a text, put it in quotes: %s",
              yaml_quoted(file->arena, (struct slice){ spot.at, width }));
    return true;
}

struct phrase {
    const char *theirs; /* the beginning of libyaml's problem */
    const char *ours;
    const char *help;
    bool at_context; /* where the context began tells more than where reading ended */
};

static const struct phrase phrases[] = {
    { "found unexpected end of stream", "this quote is never closed", NULL, true },
    { "found unexpected document indicator", "this quote is never closed", NULL, true },
    { "did not find expected ',' or ']'",
      "this '[' is not closed, or an item is not ended by a comma",
      "a text that holds , [ ] { } : or # is put in quotes", true },
    { "did not find expected ',' or '}'",
      "this '{' is not closed, or a pair is not ended by a comma",
      "a text that holds , [ ] { } : or # is put in quotes", true },
    { "could not find expected ':'", "a key without a ':' behind it", "write KEY: VALUE", true },
    { "found character that cannot start any token", "no value begins with this character",
      "if it begins a text or an expression, put that in quotes", false },
    { "found unknown escape character", "no such escape in double quotes",
      "write \\\\ for a backslash, or use single quotes", false },
    { "did not find expected hexdecimal number", "an escape needs hexadecimal digits", NULL,
      false },
    { "found invalid Unicode character escape code", "no such character in Unicode", NULL, false },
    { "control characters are not allowed", "control character",
      "inside double quotes write it as \\xNN", false },
    { "block sequence entries are not allowed", "a list cannot begin here",
      "begin it on a line of its own", false },
    { "mapping values are not allowed", "a ': ' that belongs to no key", "put the value in quotes",
      false },
    { "did not find expected node content", "a value is missing here", NULL, false },
    { "did not find expected key", "a key was expected here",
      "perhaps a quote above is not closed, or one stands inside a text in quotes", false },
    { "did not find expected '-' indicator", "an item that begins with '- ' was expected here",
      NULL, false },
    { "did not find expected <document start>", "the document ended before this", NULL, false },
    { "did not find expected comment or line break", "only a line break may follow here", NULL,
      false },
};

static void phrase(const struct yaml_file *file, const struct yaml_problem *problem,
                   struct diags *diags)
{
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++) {
        const struct phrase *phrase = &phrases[i];
        if (strncmp(problem->text, phrase->theirs, strlen(phrase->theirs)) != 0)
            continue;
        uint32_t point = phrase->at_context ? problem->context_point : problem->point;
        struct diag *diag =
            diag_add(diags, yaml_point_place(file, point, 1, ""), 101, "%s", phrase->ours);
        if (phrase->help)
            diag_help(diags, diag, "%s", phrase->help);
        return;
    }
    diag_add(diags, yaml_point_place(file, problem->point, 1, ""), 101, "%s%s%s",
             problem->context ? problem->context : "", problem->context ? ": " : "", problem->text);
}

void yaml_explain(const struct yaml_file *file, const struct yaml_problem *problem,
                  struct diags *diags)
{
    bool said = tabs(file, problem->point, diags) || key_among_items(file, problem, diags) ||
                indentation(file, problem, diags) || second_colon(file, problem, diags) ||
                indicator(file, problem, diags);
    if (!said)
        phrase(file, problem, diags);
}
