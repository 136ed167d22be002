/* A namespace of directories and files, and the edits that change it: one tree is what a store
 * shows, another what it would still know after a failover or a loss of power. Not simulated in
 * itself: no time, no chance. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_bytes { /* content, shared by trees and requests */
    unsigned refs;
    size_t len;
    uint8_t bytes[];
};
struct sim_bytes *sim_bytes_new(size_t len); /* not cleared */
struct sim_bytes *sim_bytes_ref(struct sim_bytes *bytes);
void sim_bytes_drop(struct sim_bytes *bytes); /* NULL is fine */

struct sim_node { /* a file or a directory */
    uint64_t id;  /* survives renames */
    char *name;
    struct sim_node *parent; /* NULL: the root */
    bool is_directory;
    bool is_open; /* being written: content comes later */
    int64_t modified_ms;
    struct sim_bytes *content;  /* a file's; NULL while open */
    struct sim_node **children; /* a directory's, by name */
    size_t n, cap;
};

struct sim_tree {
    struct sim_node *root; /* id 1 */
};
void sim_tree_init(struct sim_tree *tree);
void sim_tree_free(struct sim_tree *tree);
void sim_tree_copy(struct sim_tree *to, const struct sim_tree *from); /* to is replaced */
/* From the directory with the id `base` (1: the root); NULL when there is none. */
struct sim_node *sim_tree_find(const struct sim_tree *tree, uint64_t base, const char *path);

enum sim_edit_kind { EDIT_MKDIRS, EDIT_OPEN, EDIT_CLOSE, EDIT_RENAME, EDIT_TOUCH, EDIT_REMOVE };
struct sim_edit { /* one change; the same edits in the same order make the same tree */
    enum sim_edit_kind kind;
    uint64_t base, target_base; /* ids of the directories that path and target start from */
    char *path, *target;
    uint64_t id; /* OPEN, MKDIRS: of what is new (parents: those after it); CLOSE: which file */
    struct sim_bytes *content; /* CLOSE */
    bool makes_parents;        /* OPEN */
    bool into_directory; /* RENAME: onto a directory means into it (HDFS); else it is refused */
    int64_t time_ms;
};
/* True: done. False: nothing was changed, the store's answer is no. */
bool sim_tree_apply(struct sim_tree *tree, const struct sim_edit *edit);
struct sim_edit sim_edit_copy(const struct sim_edit *edit);
void sim_edit_free(struct sim_edit *edit); /* what it points to */
