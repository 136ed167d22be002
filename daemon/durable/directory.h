/* The job's one directory in its store, as the worker that owns it sees it. It is named
 * e<epoch>.<nonce>; whoever renames it to such a name of his own is the owner, and all that counts
 * lies in it:
 *     owner-<epoch>  wal/<source>-<seq>  log/<index>  snap/<index>  out/<epoch>-<batch>-<output>-<part>
 * tmp/<epoch>.<nonce>/ beside it holds what is being written. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/list.h"
#include "durable/file.h"

#define DIRECTORY_NAME_SIZE 48  /* of a directory's name with its 0 */
#define DIRECTORY_PATH_SIZE 256 /* of any path we make, with its 0 */
#define DIRECTORY_NONCE_SIZE 17 /* 16 hexadecimal digits and a 0 */

struct loop;
struct store;

struct directory {
    struct store *store;
    struct loop *loop;
    char job[FILE_NAME_SIZE]; /* id */
    uint8_t lineage[FILE_LINEAGE_SIZE];
    uint64_t epoch;
    char nonce[DIRECTORY_NONCE_SIZE];
    char name[DIRECTORY_NAME_SIZE]; /* e<epoch>.<nonce> */
    /* The store is away or refuses, and it is tried again in next_ms; ERR_NONE: it is back. */
    void (*trouble)(void *ctx, const struct err *err, uint64_t next_ms);
    /* Another worker owns the job: fires once; nothing is sent any more and nothing calls back. */
    void (*fenced)(void *ctx, const struct err *err);
    void *ctx;
    uint32_t places; /* writes at once, one of them kept for the batch log */
    uint32_t places_used;
    struct list waiting; /* publishes that wait for a place */
    bool is_fenced;
    bool in_trouble;        /* trouble() was told of it */
    uint32_t troubled;      /* operations that wait for the store */
    uint64_t trouble_shown; /* hash of the text that was told last */
    uint64_t
        create_ms; /* how long creates take: running median, for the second try; 0 = not known */
};

/* Writes "<directory>/<format…>" into path (DIRECTORY_PATH_SIZE bytes). */
void directory_path(const struct directory *directory, char *path, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Fills in what a file of this directory must say of its job, to be given to file_open(). */
void directory_want(const struct directory *directory, struct file_head *want);

/* Something failed for the store's sake (err) and is repeated in the milliseconds returned, which
 * grow with *tries, the failures in a row so far; tells trouble() when that is news. */
uint64_t directory_trouble(struct directory *directory, uint32_t *tries, const struct err *err);
/* It went on: *tries is 0 again; when it was the last one in trouble, trouble() is told. */
void directory_relief(struct directory *directory, uint32_t *tries);
/* The directory is another's: tells fenced(), once. */
void directory_fence(struct directory *directory);
