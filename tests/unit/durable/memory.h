/* A store in memory for unit tests: a flat list of paths, acts at once, answers in a later turn of
 * the loop; a hook decides what goes wrong. And a loop to run until something has happened. */
#pragma once
#include "io/store.h"

enum memory_fault {
    MEMORY_FINE,
    MEMORY_REFUSE, /* not done, refused */
    MEMORY_BREAK,  /* the same, for good: ERR_FATAL */
    MEMORY_LOSE,   /* not done, no answer */
    MEMORY_MUTE,   /* done, no answer */
    MEMORY_HOLD,   /* done, and answered by memory_release() */
};
/* Called before each request; op is "create", "rename", … */
typedef enum memory_fault (*memory_hook)(void *ctx, const char *op, const struct store_req *req);

struct store *memory_new(struct loop *loop); /* lives in the mem domain */
void memory_on(struct store *store, memory_hook hook, void *ctx);
void memory_release(struct store *store); /* answers what is held */
bool memory_has(struct store *store, const char *path);
struct buf *memory_file(struct store *store, const char *path); /* NULL: none */
void memory_drop(struct store *store, const char *path);        /* with all below */
void memory_move(struct store *store, const char *path, const char *target);
void memory_put(struct store *store, const char *path); /* an empty file */
void memory_stir(struct store *store, const char *path);
unsigned memory_count(struct store *store, const char *front);   /* paths that begin so */
const char *memory_find(struct store *store, const char *front); /* the first one; NULL: none */
unsigned memory_asked(struct store *store, const char *op);      /* requests so far */

struct test { /* a loop, a store on it, and when to stop */
    struct loop *loop;
    struct store *store;
    struct mem_domain *domain;
    unsigned failures; /* troubles told; reliefs */
    unsigned reliefs;
    unsigned fences;
    char trouble[200];
};
void test_begin(struct test *test);
void test_end(struct test *test);
/* Runs the loop until *flag; fails the test after fifty seconds. */
void test_until(struct test *test, const bool *flag);
/* Lets the loop turn for so long, and until the store owes no answer. */
void test_turns(struct test *test, unsigned ms);

struct directory;
/* A directory e1.… that is ours, with its folders. */
struct directory *test_directory(struct test *test);
