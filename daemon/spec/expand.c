#include "spec/expand.h"

#include <ctype.h>
#include <string.h>

#include "base/quote.h"

struct part { /* one ${…}: text[from, to) */
    size_t from, to;
    const char *name;
    const char *fallback, *message; /* behind :- and :?; NULL = not there */
    bool is_credential, is_file;
};

static struct diag *found(struct expand *expand, struct yaml_node *node, const struct part *part,
                          unsigned code, const char *text)
{
    return diag_add(expand->diags, yaml_text_place(node, part->from, part->to), code, "%s", text);
}

static bool is_name(const char *text)
{
    if (!isalpha((unsigned char)*text) && *text != '_')
        return false;
    for (; *text; text++)
        if (!isalnum((unsigned char)*text) && *text != '_')
            return false;
    return true;
}

static bool is_credential_name(const char *text)
{
    size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");
    return n && !text[n] && text[0] != '.';
}

static bool form(struct expand *expand, struct yaml_node *node, const struct part *part,
                 const char *text)
{
    diag_help(expand->diags, found(expand, node, part, 220, text),
              "write ${NAME}, ${NAME:-default}, ${NAME:?message}, ${credential:NAME} or "
              "${file:PATH}; $$ is a plain $");
    return false;
}

/* Reads the ${…} at part->from. */
static bool read_part(struct expand *expand, struct yaml_node *node, struct part *part)
{
    const char *text = node->text, *inner = text + part->from + 2;
    const char *close = strchr(inner, '}');
    const char *nested = strstr(inner, "${");
    part->to = close ? (size_t)(close - text) + 1 : node->text_len;
    if (!close)
        return form(expand, node, part, "this ${ is never closed");
    if (nested && nested < close)
        return form(expand, node, part, "no ${…} inside another");
    char *copy = arena_strndup(expand->arena, inner, (size_t)(close - inner));
    char *colon = strchr(copy, ':');
    part->name = copy;
    if (colon) {
        *colon = 0;
        part->is_credential = strcmp(copy, "credential") == 0;
        part->is_file = strcmp(copy, "file") == 0;
        if (part->is_credential || part->is_file)
            part->name = colon + 1;
        else if (colon[1] == '-')
            part->fallback = colon + 2;
        else if (colon[1] == '?')
            part->message = colon + 2;
        else
            return form(expand, node, part, "behind the name only ':-' and ':?' may stand in ${…}");
    }
    bool good = part->is_file         ? *part->name
                : part->is_credential ? is_credential_name(part->name)
                                      : is_name(part->name);
    if (!good)
        return form(expand, node, part, "this ${…} holds no name that could be one");
    return true;
}

static bool is_text(const char *text)
{
    size_t n = strlen(text);
    for (size_t i = 0, step; i < n; i += step) {
        step = quote_utf8(text + i, n - i);
        if (!step)
            return false;
    }
    return true;
}

static bool take_file(struct expand *expand, struct yaml_node *node, const struct part *part,
                      struct buf *out)
{
    struct expand_file file = {
        .name = part->name,
        .is_credential = part->is_credential,
        .arena = expand->arena,
    };
    const struct expand_env *env = expand->env;
    bool there = env->file(env->ctx, &file);
    if (there && !is_text(file.value)) {
        there = false;
        file.reason = "it is not UTF-8 text";
    }
    if (!there) {
        diag_add(expand->diags, yaml_text_place(node, part->from, part->to), 222,
                 "%s '%s' cannot be read: %s", part->is_credential ? "credential" : "file",
                 part->name, file.reason);
        return false;
    }
    const char *value = file.value;
    size_t n = strlen(value);
    n -= n && value[n - 1] == '\n'; /* as editors and `echo` leave it */
    n -= n && value[n - 1] == '\r';
    buf_put(out, value, n);
    return true;
}

static bool take_variable(struct expand *expand, struct yaml_node *node, const struct part *part,
                          const char *sample, struct buf *out)
{
    const struct expand_env *env = expand->env;
    const char *value = env->variable(env->ctx, part->name);
    if (value && !is_text(value)) {
        diag_add(expand->diags, yaml_text_place(node, part->from, part->to), 221,
                 "${%s} is not UTF-8 text", part->name);
        return false;
    }
    if (part->fallback && (!value || !*value))
        value = part->fallback;
    if (value && !(part->message && !*value)) {
        buf_puts(out, value);
        return true;
    }
    struct diag_place place = yaml_text_place(node, part->from, part->to);
    bool says = part->message && *part->message;
    struct diag *diag = diag_add(expand->diags, place, 221, "${%s} is not set%s%s", part->name,
                                 says ? ": " : "", says ? part->message : "");
    if (!part->message)
        diag_help(expand->diags, diag,
                  "set it in /etc/default/tidemark, or write \"${%s:-%s}\", quotes included",
                  part->name, sample ? sample : "default");
    return false;
}

/* One step of the text at *at: a plain run, $$, or a ${…}. */
static bool step(struct expand *expand, struct yaml_node *node, const char *sample, size_t *at,
                 struct buf *out)
{
    const char *text = node->text;
    const char *dollar = memchr(text + *at, '$', node->text_len - *at);
    size_t stop = dollar ? (size_t)(dollar - text) : node->text_len;
    buf_put(out, text + *at, stop - *at);
    *at = stop;
    if (!dollar)
        return true;
    if (dollar[1] != '{') {
        buf_put(out, "$", 1);
        *at += dollar[1] == '$' ? 2 : 1;
        return true;
    }
    struct part part = { .from = stop };
    bool good = read_part(expand, node, &part);
    *at = part.to;
    if (!good)
        return false;
    if (!part.is_credential && !part.is_file)
        return take_variable(expand, node, &part, sample, out);
    node->masked = true;
    return take_file(expand, node, &part, out);
}

bool expand_node(struct expand *expand, struct yaml_node *node, const char *sample)
{
    bool plain = node->kind != YAML_STRING || node->expanded || node->bad;
    if (plain || !memchr(node->text, '$', node->text_len))
        return !node->bad;
    if (expand->bytes > EXPAND_BYTES_MAX) { /* said already */
        node->bad = true;
        return false;
    }
    struct buf out = { 0 };
    bool good = true;
    for (size_t at = 0; at < node->text_len && out.len <= EXPAND_BYTES_MAX;)
        good &= step(expand, node, sample, &at, &out);
    expand->bytes += out.len;
    if (good && expand->bytes > EXPAND_BYTES_MAX) {
        diag_add(expand->diags, yaml_place(node), 104,
                 "the values of ${…} make more than %u bytes: a file may not have more",
                 EXPAND_BYTES_MAX);
        good = false;
    }
    if (good) {
        node->text = arena_strndup(expand->arena, buf_text(&out), out.len);
        node->text_len = out.len;
        node->expanded = true;
    }
    node->bad |= !good;
    buf_free(&out);
    return good;
}

bool expand_tree(struct expand *expand, struct yaml_node *node)
{
    bool good = expand_node(expand, node, NULL);
    for (size_t i = 0; i < node->n; i++)
        good &= expand_tree(expand, node->items[i]);
    return good;
}

bool expand_refuse(struct expand *expand, struct yaml_node *node)
{
    const char *at = strstr(node->text, "${");
    if (!at)
        return true;
    const char *close = strchr(at, '}');
    size_t from = (size_t)(at - node->text);
    size_t to = close ? (size_t)(close - node->text) + 1 : node->text_len;
    diag_help(expand->diags,
              diag_add(expand->diags, yaml_text_place(node, from, to), 220,
                       "${…} cannot stand in an expression"),
              "values of the outside world belong into keys of sources and outputs");
    node->bad = true;
    return false;
}
