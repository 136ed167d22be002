#include "tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"

/* ---- bytes */

struct sim_bytes *sim_bytes_new(size_t len)
{
    struct sim_bytes *bytes = malloc(sizeof *bytes + len);
    check(bytes);
    bytes->refs = 1;
    bytes->len = len;
    return bytes;
}

struct sim_bytes *sim_bytes_ref(struct sim_bytes *bytes)
{
    if (bytes)
        bytes->refs++;
    return bytes;
}

void sim_bytes_drop(struct sim_bytes *bytes)
{
    if (bytes && --bytes->refs == 0)
        free(bytes);
}

/* ---- nodes */

static char *copy_text(const char *text, size_t n)
{
    char *copy = strndup(text, n);
    check(copy);
    return copy;
}

static struct sim_node *node_new(uint64_t id, const char *name, size_t name_len, bool is_directory)
{
    struct sim_node *node = calloc(1, sizeof *node);
    check(node);
    node->id = id;
    node->name = copy_text(name, name_len);
    node->is_directory = is_directory;
    return node;
}

static void node_free(struct sim_node *node)
{
    for (size_t i = 0; i < node->n; i++)
        node_free(node->children[i]);
    free(node->children);
    sim_bytes_drop(node->content);
    free(node->name);
    free(node);
}

/* Where a child of this name is, or would have to be; *found says which. */
static size_t node_place(const struct sim_node *node, const char *name, size_t len, bool *found)
{
    size_t low = 0, high = node->n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const char *other = node->children[middle]->name;
        int order = strncmp(other, name, len);
        if (order == 0 && other[len])
            order = 1;
        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *found = false;
    return low;
}

static struct sim_node *node_child(const struct sim_node *node, const char *name, size_t len)
{
    bool found;
    size_t at = node_place(node, name, len, &found);
    return found ? node->children[at] : NULL;
}

static void node_attach(struct sim_node *parent, struct sim_node *child)
{
    bool found;
    size_t at = node_place(parent, child->name, strlen(child->name), &found);
    check(!found && parent->is_directory);
    if (parent->n == parent->cap) {
        parent->cap = parent->cap ? parent->cap * 2 : 4;
        parent->children = realloc(parent->children, parent->cap * sizeof *parent->children);
        check(parent->children);
    }
    memmove(parent->children + at + 1, parent->children + at,
            (parent->n - at) * sizeof *parent->children);
    parent->children[at] = child;
    parent->n++;
    child->parent = parent;
}

static void node_detach(struct sim_node *node)
{
    struct sim_node *parent = node->parent;
    bool found;
    size_t at = node_place(parent, node->name, strlen(node->name), &found);
    check(found);
    parent->n--;
    memmove(parent->children + at, parent->children + at + 1,
            (parent->n - at) * sizeof *parent->children);
    node->parent = NULL;
}

static struct sim_node *node_copy(const struct sim_node *from)
{
    struct sim_node *node = node_new(from->id, from->name, strlen(from->name), from->is_directory);
    node->is_open = from->is_open;
    node->modified_ms = from->modified_ms;
    node->content = sim_bytes_ref(from->content);
    for (size_t i = 0; i < from->n; i++)
        node_attach(node, node_copy(from->children[i]));
    return node;
}

static struct sim_node *node_by_id(struct sim_node *node, uint64_t id)
{
    if (node->id == id)
        return node;
    for (size_t i = 0; i < node->n; i++) {
        struct sim_node *found = node_by_id(node->children[i], id);
        if (found)
            return found;
    }
    return NULL;
}

/* ---- trees */

void sim_tree_init(struct sim_tree *tree)
{
    tree->root = node_new(1, "", 0, true);
}

void sim_tree_free(struct sim_tree *tree)
{
    if (tree->root)
        node_free(tree->root);
    tree->root = NULL;
}

void sim_tree_copy(struct sim_tree *to, const struct sim_tree *from)
{
    sim_tree_free(to);
    to->root = node_copy(from->root);
}

/* The directory that the last part of path lies in, and that part; with new_id, directories that
 * are missing on the way are made, with the ids after it. NULL: there is none, or a file is in the way. */
static struct sim_node *parent_of(const struct sim_tree *tree, uint64_t base, const char *path,
                                  const char **last, uint64_t new_id)
{
    struct sim_node *at = node_by_id(tree->root, base);
    for (const char *end; at && (end = strchr(path, '/')); path = end + 1) {
        size_t len = (size_t)(end - path);
        struct sim_node *child = at->is_directory ? node_child(at, path, len) : NULL;
        if (!child && new_id && at->is_directory) {
            child = node_new(++new_id, path, len, true);
            node_attach(at, child);
        }
        at = child;
    }
    *last = path;
    return at && at->is_directory ? at : NULL;
}

struct sim_node *sim_tree_find(const struct sim_tree *tree, uint64_t base, const char *path)
{
    const char *last;
    if (!*path)
        return node_by_id(tree->root, base);
    struct sim_node *parent = parent_of(tree, base, path, &last, 0);
    return parent ? node_child(parent, last, strlen(last)) : NULL;
}

/* Whether parents could be made: no file on the way. */
static bool way_is_free(const struct sim_tree *tree, const struct sim_edit *edit)
{
    struct sim_node *at = node_by_id(tree->root, edit->base);
    const char *path = edit->path;
    for (const char *end; at && at->is_directory && (end = strchr(path, '/')); path = end + 1) {
        at = node_child(at, path, (size_t)(end - path));
        if (!at)
            return true;
    }
    return at && at->is_directory;
}

static bool apply_open(struct sim_tree *tree, const struct sim_edit *edit)
{
    const char *last;
    if (sim_tree_find(tree, edit->base, edit->path) || !way_is_free(tree, edit))
        return false;
    struct sim_node *parent =
        parent_of(tree, edit->base, edit->path, &last, edit->makes_parents ? edit->id : 0);
    if (!parent)
        return false;
    struct sim_node *node = node_new(edit->id, last, strlen(last), false);
    node->is_open = true;
    node->modified_ms = edit->time_ms;
    node_attach(parent, node);
    return true;
}

static bool apply_close(struct sim_tree *tree, const struct sim_edit *edit)
{
    struct sim_node *node = node_by_id(tree->root, edit->id);
    if (!node || !node->is_open)
        return false;
    node->is_open = false;
    node->content = sim_bytes_ref(edit->content);
    node->modified_ms = edit->time_ms;
    return true;
}

static bool is_below(const struct sim_node *node, const struct sim_node *above)
{
    while (node && node != above)
        node = node->parent;
    return node != NULL;
}

static bool apply_rename(struct sim_tree *tree, const struct sim_edit *edit)
{
    const char *last;
    struct sim_node *node = sim_tree_find(tree, edit->base, edit->path);
    struct sim_node *parent = parent_of(tree, edit->target_base, edit->target, &last, 0);
    if (!node || !parent || !node->parent)
        return false;
    struct sim_node *there = node_child(parent, last, strlen(last));
    if (there == node)
        return true;
    if (there && !(there->is_directory && edit->into_directory))
        return false;
    if (there) {
        parent = there;
        last = node->name;
        if (node_child(parent, last, strlen(last)))
            return false;
    }
    if (is_below(parent, node))
        return false;
    char *name = copy_text(last, strlen(last));
    node_detach(node);
    free(node->name);
    node->name = name;
    node_attach(parent, node);
    return true;
}

static bool apply_mkdirs(struct sim_tree *tree, const struct sim_edit *edit)
{
    const char *last;
    struct sim_node *there = sim_tree_find(tree, edit->base, edit->path);
    if (there)
        return there->is_directory;
    if (!way_is_free(tree, edit))
        return false;
    struct sim_node *parent = parent_of(tree, edit->base, edit->path, &last, edit->id);
    struct sim_node *node = node_new(edit->id, last, strlen(last), true);
    node->modified_ms = edit->time_ms;
    node_attach(parent, node);
    return true;
}

static bool apply_touch(struct sim_tree *tree, const struct sim_edit *edit)
{
    struct sim_node *node = sim_tree_find(tree, edit->base, edit->path);
    if (node)
        node->modified_ms = edit->time_ms;
    return node != NULL;
}

static bool apply_remove(struct sim_tree *tree, const struct sim_edit *edit)
{
    struct sim_node *node = sim_tree_find(tree, edit->base, edit->path);
    if (!node || !node->parent)
        return false;
    node_detach(node);
    node_free(node);
    return true;
}

bool sim_tree_apply(struct sim_tree *tree, const struct sim_edit *edit)
{
    static bool (*const apply[])(struct sim_tree * tree, const struct sim_edit *edit) = {
        [EDIT_MKDIRS] = apply_mkdirs, [EDIT_OPEN] = apply_open,   [EDIT_CLOSE] = apply_close,
        [EDIT_RENAME] = apply_rename, [EDIT_TOUCH] = apply_touch, [EDIT_REMOVE] = apply_remove,
    };
    return apply[edit->kind](tree, edit);
}

struct sim_edit sim_edit_copy(const struct sim_edit *edit)
{
    struct sim_edit copy = *edit;
    copy.path = edit->path ? copy_text(edit->path, strlen(edit->path)) : NULL;
    copy.target = edit->target ? copy_text(edit->target, strlen(edit->target)) : NULL;
    sim_bytes_ref(copy.content);
    return copy;
}

void sim_edit_free(struct sim_edit *edit)
{
    free(edit->path);
    free(edit->target);
    sim_bytes_drop(edit->content);
    *edit = (struct sim_edit){ 0 };
}
