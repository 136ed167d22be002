/* One pass over libyaml's events. Children of an open list or map wait on one stack and move into
 * the arena when it ends, so a file costs what its nodes cost. libyaml has no limits of its own:
 * depth and nodes are counted here at each event, before the next is asked for, which keeps what it
 * reads ahead to about a thousand characters. */
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/yaml_parts.h"

struct level {
    struct yaml_node *node; /* the list or map */
    size_t base;            /* its first child on the stack */
};

struct build {
    struct yaml_file *file;
    struct diags *diags;
    yaml_parser_t parser;
    struct yaml_node **stack; /* children of what is open; freed at the end */
    size_t n, cap;
    struct level levels[YAML_DEPTH_MAX];
    unsigned depth;
    unsigned nodes;
    struct yaml_node *root;
};

static struct diag_place here(const struct build *build, const yaml_mark_t *mark)
{
    return yaml_point_place(build->file, (uint32_t)mark->index, 1, "");
}

static struct level *top(struct build *build)
{
    return build->depth ? &build->levels[build->depth - 1] : NULL;
}

static void push(struct build *build, struct yaml_node *node)
{
    if (build->n == build->cap) {
        build->cap = build->cap ? build->cap * 2 : 64;
        build->stack = mem_realloc(build->stack, build->cap * sizeof *build->stack);
    }
    build->stack[build->n++] = node;
}

/* A node at the event's place, hung into what is open; NULL when there are too many. */
static struct yaml_node *add(struct build *build, const yaml_event_t *event, enum yaml_kind kind)
{
    if (++build->nodes > YAML_NODES_MAX) {
        diag_add(build->diags, here(build, &event->start_mark), 104,
                 "more than %u values and keys: a file may not have more", YAML_NODES_MAX);
        return NULL;
    }
    struct yaml_file *file = build->file;
    struct yaml_node *node = arena_zalloc(file->arena, sizeof *node);
    node->kind = kind;
    node->file = file;
    uint32_t start = (uint32_t)event->start_mark.index, end = (uint32_t)event->end_mark.index;
    node->from = scan_map_byte(&file->map, start);
    node->to = scan_map_byte(&file->map, end);
    struct diag_place place = yaml_point_place(file, start, end - start, "");
    node->line = place.line;
    node->column = place.column;
    node->width = place.width;
    struct level *open = top(build);
    if (!open) {
        build->root = node;
        return node;
    }
    size_t position = build->n - open->base;
    node->parent = open->node;
    node->index = open->node->kind == YAML_MAP ? position / 2 : position;
    if (open->node->kind == YAML_MAP)
        node->key = position % 2 ? build->stack[build->n - 1] : node;
    push(build, node);
    return node;
}

static void refuse(struct build *build, struct yaml_node *node, const char *what, const char *name)
{
    struct diag *diag =
        diag_add(build->diags, yaml_place(node), 105, "%s '%s' is not allowed here", what, name);
    if (node->text && node->style == YAML_PLAIN)
        diag_help(build->diags, diag, "if it is an expression or a text, put it in quotes: %s",
                  yaml_quoted(build->file->arena, yaml_source(node)));
    node->bad = true;
}

static bool open_collection(struct build *build, const yaml_event_t *event, enum yaml_kind kind)
{
    if (build->depth == YAML_DEPTH_MAX) {
        diag_add(build->diags, here(build, &event->start_mark), 104,
                 "deeper than %d lists and maps inside each other", YAML_DEPTH_MAX);
        return false;
    }
    struct yaml_node *node = add(build, event, kind);
    if (!node)
        return false;
    bool list = kind == YAML_LIST;
    bool flow = list ? event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE
                     : event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE;
    const yaml_char_t *anchor =
        list ? event->data.sequence_start.anchor : event->data.mapping_start.anchor;
    const yaml_char_t *tag = list ? event->data.sequence_start.tag : event->data.mapping_start.tag;
    node->style = flow ? YAML_FLOW : YAML_BLOCK;
    if (anchor)
        refuse(build, node, "anchor", (const char *)anchor);
    if (tag)
        refuse(build, node, "tag", (const char *)tag);
    build->levels[build->depth++] = (struct level){ node, build->n };
    return true;
}

static int compare_keys(const void *left, const void *right)
{
    const struct yaml_node *a = *(struct yaml_node *const *)left,
                           *b = *(struct yaml_node *const *)right;
    size_t n = a->text_len < b->text_len ? a->text_len : b->text_len;
    int order = memcmp(a->text, b->text, n);
    if (order)
        return order;
    if (a->text_len != b->text_len)
        return a->text_len < b->text_len ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

static void find_doubles(struct build *build, struct yaml_node *map)
{
    struct yaml_node **sorted = mem_alloc(map->n * sizeof(struct yaml_node *) + 1);
    memcpy(sorted, map->keys, map->n * sizeof(struct yaml_node *));
    qsort(sorted, map->n, sizeof *sorted, compare_keys);
    const struct yaml_node *first = NULL;
    for (size_t i = 0; i < map->n; i++) {
        struct yaml_node *key = sorted[i];
        if (!first || first->text_len != key->text_len ||
            memcmp(first->text, key->text, key->text_len) != 0) {
            first = key;
            continue;
        }
        diag_add(build->diags, yaml_place(key), 107,
                 "key '%s' stands here twice; the first is on line %u", key->text, first->line);
        key->bad = true;
    }
    mem_free(sorted);
}

/* Keys that are no words, merge keys, and the second of two leave the map. */
static void close_map(struct build *build, struct yaml_node *map, struct yaml_node **pairs,
                      size_t n)
{
    map->keys = arena_alloc(build->file->arena, (n + 1) * sizeof(struct yaml_node *));
    map->items = arena_alloc(build->file->arena, (n + 1) * sizeof(struct yaml_node *));
    for (size_t i = 0; i < n; i++) {
        struct yaml_node *key = pairs[2 * i];
        if (!key->text) {
            diag_add(build->diags, yaml_place(key), 101, "a key must be a word, here is %s",
                     yaml_kind_name(key->kind));
            continue;
        }
        if (!key->quoted && strcmp(key->text, "<<") == 0) {
            diag_add(build->diags, yaml_place(key), 105,
                     "merge key '<<' is not allowed; write the keys out");
            continue;
        }
        if (key->bad)
            continue;
        map->keys[map->n] = key;
        map->items[map->n++] = pairs[2 * i + 1];
    }
    find_doubles(build, map);
    size_t kept = 0;
    for (size_t i = 0; i < map->n; i++) {
        if (map->keys[i]->bad)
            continue;
        map->keys[kept] = map->keys[i];
        map->items[kept++] = map->items[i];
    }
    map->n = kept;
}

static void close_collection(struct build *build, const yaml_event_t *event)
{
    struct level level = build->levels[--build->depth];
    struct yaml_node *node = level.node;
    size_t n = build->n - level.base;
    struct yaml_node **children = build->stack + level.base;
    if (node->style == YAML_FLOW) {
        uint32_t start = scan_map_point(&build->file->map, node->from);
        node->to = scan_map_byte(&build->file->map, (uint32_t)event->end_mark.index);
        node->width =
            yaml_point_place(build->file, start, (uint32_t)event->end_mark.index - start, "").width;
    }
    if (node->kind == YAML_MAP) {
        if (node->style == YAML_BLOCK && children[0]->text)
            node->width = children[0]->width;
        close_map(build, node, children, n / 2);
    } else {
        node->items = arena_alloc(build->file->arena, (n + 1) * sizeof(struct yaml_node *));
        if (n)
            memcpy(node->items, children, n * sizeof(struct yaml_node *));
        node->n = n;
    }
    build->n = level.base;
}

static bool add_scalar(struct build *build, const yaml_event_t *event)
{
    struct yaml_node *node = add(build, event, YAML_STRING);
    if (!node)
        return false;
    static const enum yaml_style styles[] = {
        [YAML_ANY_SCALAR_STYLE] = YAML_PLAIN,
        [YAML_PLAIN_SCALAR_STYLE] = YAML_PLAIN,
        [YAML_SINGLE_QUOTED_SCALAR_STYLE] = YAML_SINGLE,
        [YAML_DOUBLE_QUOTED_SCALAR_STYLE] = YAML_DOUBLE_QUOTED,
        [YAML_LITERAL_SCALAR_STYLE] = YAML_LITERAL,
        [YAML_FOLDED_SCALAR_STYLE] = YAML_FOLDED,
    };
    node->style = styles[event->data.scalar.style];
    node->quoted = node->style != YAML_PLAIN;
    node->text_len = event->data.scalar.length;
    node->text =
        arena_strndup(build->file->arena, (const char *)event->data.scalar.value, node->text_len);
    yaml_resolve(node);
    if (memchr(node->text, 0, node->text_len)) { /* "\0" in double quotes */
        diag_add(build->diags, yaml_place(node), 103, "NUL byte in a text");
        node->bad = true;
    }
    if (event->data.scalar.anchor)
        refuse(build, node, "anchor", (const char *)event->data.scalar.anchor);
    if (event->data.scalar.tag)
        refuse(build, node, "tag", (const char *)event->data.scalar.tag);
    return true;
}

static bool add_alias(struct build *build, const yaml_event_t *event)
{
    struct yaml_node *node = add(build, event, YAML_NULL);
    if (!node)
        return false;
    node->text = "";
    refuse(build, node, "alias", (const char *)event->data.alias.anchor);
    return true;
}

static bool take(struct build *build, const yaml_event_t *event)
{
    switch (event->type) {
        case YAML_DOCUMENT_START_EVENT:
            if (!build->root)
                return true;
            diag_add(build->diags, here(build, &event->start_mark), 106,
                     "a second document begins here; a file holds one");
            return false;
        case YAML_ALIAS_EVENT:
            return add_alias(build, event);
        case YAML_SCALAR_EVENT:
            return add_scalar(build, event);
        case YAML_SEQUENCE_START_EVENT:
            return open_collection(build, event, YAML_LIST);
        case YAML_MAPPING_START_EVENT:
            return open_collection(build, event, YAML_MAP);
        case YAML_SEQUENCE_END_EVENT:
        case YAML_MAPPING_END_EVENT:
            close_collection(build, event);
            return true;
        default:
            return true;
    }
}

static void stumble(struct build *build)
{
    const yaml_parser_t *parser = &build->parser;
    struct yaml_problem problem = {
        .text = parser->problem,
        .context = parser->context,
        .point = (uint32_t)parser->problem_mark.index,
        .context_point = (uint32_t)parser->context_mark.index,
        .open = build->depth ? top(build)->node : NULL,
    };
    if (parser->error == YAML_READER_ERROR) {
        const struct scan_map *map = &build->file->map;
        problem.point = problem.context_point = scan_map_point(
            map, (uint32_t)parser->problem_offset + map->marks[0]); /* it sees no byte order mark */
    }
    yaml_explain(build->file, &problem, build->diags);
}

static bool read_events(struct build *build)
{
    for (;;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&build->parser, &event)) {
            check(build->parser.error != YAML_MEMORY_ERROR);
            stumble(build);
            return false;
        }
        bool done = event.type == YAML_STREAM_END_EVENT;
        bool good = take(build, &event);
        yaml_event_delete(&event);
        if (done || !good)
            return good;
    }
}

/* A directive stands before the document, at the beginning of a line. */
static bool find_directive(const struct yaml_file *file, struct diags *diags)
{
    for (uint32_t line = 0; line < file->map.n_lines; line++) {
        const char *at = (const char *)file->map.bytes.ptr + file->map.line_bytes[line];
        const char *end = (const char *)file->map.bytes.ptr + file->map.bytes.len;
        if (at < end && *at == '%') {
            uint32_t point = file->map.lines[line];
            diag_add(
                diags,
                yaml_point_place(file, point, scan_map_line_end(&file->map, line + 1) - point, ""),
                105, "directives are not allowed; leave this line out");
            return true;
        }
        while (at < end && *at == ' ')
            at++;
        if (at < end && *at != '#' && *at != '\n' && *at != '\r')
            return false;
    }
    return false;
}

static bool readable(struct slice bytes, struct yaml_file *file, struct diags *diags)
{
    if (bytes.len > YAML_BYTES_MAX) {
        diag_add(diags, (struct diag_place){ .path = "" }, 104, "%zu bytes: a file may have %u",
                 bytes.len, YAML_BYTES_MAX);
        return false;
    }
    uint32_t bad = 0;
    if (scan_map_new(file->arena, bytes, &file->map, &bad))
        return !find_directive(file, diags);
    struct diag_place place = { .width = 1, .path = "" };
    scan_place(bytes, bad, &place.line, &place.column);
    uint8_t byte = ((const uint8_t *)bytes.ptr)[bad];
    if (byte)
        diag_help(diags, diag_add(diags, place, 103, "not UTF-8: byte 0x%02X", byte),
                  "save the file as UTF-8");
    else
        diag_add(diags, place, 103, "NUL byte");
    return false;
}

bool yaml_parse(struct arena *arena, struct slice bytes, struct diags *diags,
                struct yaml_node **root)
{
    size_t before = diag_errors(diags);
    struct yaml_file *file = arena_zalloc(arena, sizeof *file);
    file->arena = arena;
    *root = NULL;
    if (!readable(bytes, file, diags))
        return false;
    struct build *build = mem_zalloc(sizeof *build);
    build->file = file;
    build->diags = diags;
    check(yaml_parser_initialize(&build->parser));
    size_t bom = file->map.line_bytes[0];
    yaml_parser_set_encoding(&build->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&build->parser, (const unsigned char *)bytes.ptr + bom,
                                 bytes.len - bom);
    if (read_events(build)) {
        if (!build->root) {
            build->root = arena_zalloc(arena, sizeof **root);
            *build->root =
                (struct yaml_node){ .line = 1, .column = 1, .width = 1, .text = "", .file = file };
        }
        *root = build->root;
    }
    yaml_parser_delete(&build->parser);
    mem_free(build->stack);
    mem_free(build);
    return diag_errors(diags) == before;
}
