#include "op/literal.h"

#include <stdlib.h>
#include <string.h>

#include "column/type.h"

#define PARTS_MAX 200  /* types that a text may be made of */
#define MEMBERS_MAX 64 /* of one tuple or record */

/* ---- types */

struct type_text { /* what is left to read */
    const struct op_input *input;
    const char *at;
    uint32_t left; /* types that may still come */
};

static const struct type *read_type(struct type_text *text);

static bool skip(struct type_text *text, char c)
{
    while (*text->at == ' ')
        text->at++;
    if (*text->at != c)
        return false;
    text->at++;
    return true;
}

static const char *read_word(struct type_text *text)
{
    while (*text->at == ' ')
        text->at++;
    size_t n = strspn(text->at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    const char *word = arena_strndup(text->input->arena, text->at, n);
    text->at += n;
    return word;
}

/* (A, B) and {name: A}, behind the opening. */
static const struct type *read_members(struct type_text *text, char close)
{
    const struct type *member[MEMBERS_MAX];
    const char *name[MEMBERS_MAX];
    uint32_t n = 0;
    while (!skip(text, close)) {
        if (n && !skip(text, ','))
            return NULL;
        if (n == MEMBERS_MAX) {
            text->left = 0;
            return NULL;
        }
        if (close == '}') {
            name[n] = read_word(text);
            if (!*name[n] || !skip(text, ':'))
                return NULL;
        }
        member[n] = read_type(text);
        if (!member[n++])
            return NULL;
    }
    struct types *types = text->input->types;
    return close == '}' ? type_record(types, name, member, n) : type_tuple(types, member, n);
}

/* Option[A], List[A], Map[String, A], behind the opening. */
static const struct type *read_holder(struct type_text *text, const char *word)
{
    struct types *types = text->input->types;
    bool map = strcmp(word, "Map") == 0;
    if (map && (strcmp(read_word(text), "String") != 0 || !skip(text, ',')))
        return NULL;
    const struct type *of = read_type(text);
    if (!of || !skip(text, ']'))
        return NULL;
    return map                           ? type_map(types, of)
           : strcmp(word, "List") == 0   ? type_list(types, of)
           : strcmp(word, "Option") == 0 ? type_option(types, of)
                                         : NULL;
}

static const struct type *read_type(struct type_text *text)
{
    static const struct {
        const char *name;
        const struct type *type;
    } plain[] = {
        { "Int", &type_int },       { "Double", &type_double }, { "Bool", &type_bool },
        { "String", &type_string }, { "Bytes", &type_bytes },   { "Timestamp", &type_time },
        { "Json", &type_json },
    };
    if (!text->left)
        return NULL;
    text->left--;
    if (skip(text, '('))
        return read_members(text, ')');
    if (skip(text, '{'))
        return read_members(text, '}');
    const char *word = read_word(text);
    if (skip(text, '['))
        return read_holder(text, word);
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (strcmp(plain[i].name, word) == 0)
            return plain[i].type;
    return NULL;
}

const struct type *literal_type(const struct op_input *input, const struct yaml_node *node)
{
    struct type_text text = { input, node->text ? node->text : "", PARTS_MAX };
    const struct type *type = read_type(&text);
    if (type && skip(&text, 0))
        return type;
    if (!text.left)
        diag_add(input->diags, yaml_place(node), 236,
                 "%s is too large: at most %d types may stand in it, %d in one tuple or record",
                 node->key->text, PARTS_MAX, MEMBERS_MAX);
    else
        diag_help(
            input->diags,
            diag_add(input->diags, yaml_place(node), 206, "%s must be a type", node->key->text),
            "as \"Int\", \"Option[String]\", \"List[(String, Int)]\" or \"{name: String}\"");
    return NULL;
}

/* ---- values */

const struct type *literal_scalar(const struct yaml_node *node)
{
    switch (node->kind) {
        case YAML_INT:
            return &type_int;
        case YAML_DOUBLE:
            return &type_double;
        case YAML_BOOL:
            return &type_bool;
        case YAML_STRING:
            return &type_string;
        case YAML_NULL:
        case YAML_LIST:
        case YAML_MAP:
            break;
    }
    return NULL;
}

static bool wrong(const struct op_input *input, const struct type *type,
                  const struct yaml_node *node)
{
    diag_add(input->diags, yaml_place(node), 206, "this must be a value of type %s",
             type_text(input->arena, type));
    return false;
}

static void put_u32(struct buf *out, size_t value)
{
    uint32_t n = (uint32_t)value;
    buf_put(out, &n, sizeof n);
}

static bool put_scalar(const struct op_input *input, const struct type *type,
                       const struct yaml_node *node, struct buf *out)
{
    bool number = node->kind == YAML_INT || node->kind == YAML_DOUBLE;
    if (type->kind == K_BOOL && node->kind == YAML_BOOL)
        buf_put_u8(out, node->truth);
    else if ((type->kind == K_INT || type->kind == K_TIME) && node->kind == YAML_INT)
        buf_put(out, &node->integer, sizeof node->integer);
    else if (type->kind == K_DOUBLE && number)
        buf_put(out, &node->number, sizeof node->number);
    else if (type->kind == K_STRING && node->text && node->kind != YAML_NULL) {
        put_u32(out, node->text_len);
        buf_put(out, node->text, node->text_len);
    } else
        return wrong(input, type, node);
    return true;
}

static bool put_items(const struct op_input *input, const struct type *type,
                      const struct yaml_node *node, struct buf *out)
{
    bool list = type->kind == K_LIST;
    if (node->kind != YAML_LIST || (!list && node->n != type->n))
        return wrong(input, type, node);
    if (list)
        put_u32(out, node->n);
    for (size_t i = 0; i < node->n; i++)
        if (!literal_put(input, type->member[list ? 0 : i], node->items[i], out))
            return false;
    return true;
}

static bool put_record(const struct op_input *input, const struct type *type,
                       const struct yaml_node *node, struct buf *out)
{
    static const struct yaml_node nothing = { .kind = YAML_NULL };
    size_t found = 0;
    if (node->kind != YAML_MAP)
        return wrong(input, type, node);
    for (uint32_t i = 0; i < type->n; i++) {
        const struct yaml_node *field = yaml_get(node, type->name[i]);
        found += field != NULL;
        if (!field && type->member[i]->kind != K_OPTION)
            return wrong(input, type, node);
        if (!literal_put(input, type->member[i], field ? field : &nothing, out))
            return false;
    }
    return found == node->n ? true : wrong(input, type, node);
}

static int by_key(const void *a, const void *b, void *map)
{
    const struct yaml_node *const *keys = (const void *)((struct yaml_node *)map)->keys;
    return strcmp(keys[*(const size_t *)a]->text, keys[*(const size_t *)b]->text);
}

static bool put_map(const struct op_input *input, const struct type *type,
                    const struct yaml_node *node, struct buf *out)
{
    if (node->kind != YAML_MAP)
        return wrong(input, type, node);
    size_t *order = arena_alloc(input->arena, node->n * sizeof *order);
    for (size_t i = 0; i < node->n; i++)
        order[i] = i;
    qsort_r(order, node->n, sizeof *order, by_key, (void *)(uintptr_t)node);
    put_u32(out, node->n);
    for (size_t i = 0; i < node->n; i++) {
        const struct yaml_node *key = node->keys[order[i]];
        put_u32(out, key->text_len);
        buf_put(out, key->text, key->text_len);
        if (!literal_put(input, type->member[1], node->items[order[i]], out))
            return false;
    }
    return true;
}

bool literal_put(const struct op_input *input, const struct type *type,
                 const struct yaml_node *node, struct buf *out)
{
    switch (type->kind) {
        case K_OPTION:
            buf_put_u8(out, node->kind != YAML_NULL);
            return node->kind == YAML_NULL || literal_put(input, type->member[0], node, out);
        case K_LIST:
        case K_TUPLE:
            return put_items(input, type, node, out);
        case K_RECORD:
            return put_record(input, type, node, out);
        case K_MAP:
            return put_map(input, type, node, out);
        default:
            return put_scalar(input, type, node, out);
    }
}
