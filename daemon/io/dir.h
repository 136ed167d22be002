/* Door: directories and the small files in them, as the supervisor needs them: what is there, hints
 * that something changed, and files replaced whole. Everything here is done when the call returns.
 * Files of a job's directory have a door of their own, io/store.h. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct loop;

enum dir_kind { DIR_FILE, DIR_NULL /* a link to /dev/null */, DIR_OTHER };
struct dir_entry {
    const char *name; /* valid during the callback */
    enum dir_kind kind;
    uint64_t inode, size;
    int64_t mtime_ns, ctime_ns;
};
typedef void (*dir_entry_cb)(void *ctx, const struct dir_entry *entry);
#define DIR_ENTRIES_MAX 20000 /* a directory with more is refused: somebody else's */

/* Calls cb for each entry but `.` and `..`, in no order; links are followed, and those that lead
 * nowhere are DIR_OTHER. False when the directory could not be read to its end: RETRY, or BAD_CONFIG
 * when it cannot be opened at all. */
bool dir_scan(const char *path, dir_entry_cb cb, void *ctx, struct err *err);
/* With its parents; there already is fine. Closed to others. False as dir_scan() says it. */
bool dir_make(const char *path, struct err *err);
bool dir_has(const char *path); /* something is there; true also when nobody knows */
/* Appends a file's bytes, at most `most` of them: a longer file is cut without a word. */
bool dir_read(const char *path, size_t most, struct buf *out, struct err *err);
/* The file then holds these bytes, durably: a reader, and a crash, meet all of them or the file as
 * it was. The new file is written under <path>.tmp. */
bool dir_write(const char *path, struct slice bytes, struct err *err);
/* Renames a file within its folder, durably. False with ERR_UNKNOWN: it is renamed, and nobody knows
 * whether durably. */
bool dir_rename(const char *from, const char *to, struct err *err);
void dir_remove(const char *path); /* durably, if that can be; no such file is fine */
/* Opens for writing at the end, made when missing; -1 with a reason. The caller closes it with
 * dir_close(). */
int dir_open_append(const char *path, struct err *err);
void dir_close(int fd); /* -1 is fine */
/* Holds the file's lock until the process ends; text (who we are) becomes its content. False when
 * another process holds it: FENCED, its text is in err; or when it cannot be had: RETRY. */
bool dir_lock(const char *path, const char *text, struct err *err);

/* Hints: cb after something in the directory may have changed, for any reason, perhaps many times
 * for one change, perhaps never: a network file system or an overflow says nothing. */
struct dir_watch;
typedef void (*dir_watch_cb)(void *ctx);
struct dir_watch *dir_watch_new(struct loop *loop, const char *path, dir_watch_cb cb, void *ctx);
/* Watches what is at the path now, again when it was watched before: a directory that was replaced
 * is found so. False when there is nothing to watch. */
bool dir_watch_renew(struct dir_watch *watch);
void dir_watch_free(struct dir_watch *watch); /* NULL is fine; frees itself as the loop turns */
