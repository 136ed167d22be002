/* A store in a directory of this machine, as calls that wait: each runs on a writer thread of
 * store_file.c, several at once, fills in what the request asked for and returns its outcome.
 *
 * A yes is on disk: the file's bytes, and the entry in its directory. After a failed fsync or close
 * the kernel may call the lost pages clean, so that file is left alone and its outcome is unknown;
 * after a directory's failed fsync nobody can tell any more what is on disk, and every later
 * mutation is refused (ERR_FATAL): the process has to start anew from what the disk says. */
#pragma once
#include <stdatomic.h>
#include <stdbool.h>

#include "io/store.h"

#define STORE_DISK_ENTRIES_MAX 1048576 /* of a directory; HDFS allows as many */
#define STORE_DISK_LOCK "lock"         /* the file in the root that store_disk_lock() holds */

struct store_disk {
    char *root;         /* absolute path; owned */
    atomic_int lock_fd; /* -1 = not held */
    atomic_bool broken; /* a directory could not be synced */
};

/* The operations of struct store_ops. */
enum store_answer store_disk_create(struct store_disk *disk, struct store_req *req);
enum store_answer store_disk_rename(struct store_disk *disk, struct store_req *req);
enum store_answer store_disk_touch(struct store_disk *disk, struct store_req *req);
enum store_answer store_disk_mkdirs(struct store_disk *disk,
                                    struct store_req *req); /* each new one synced in its parent */
enum store_answer store_disk_list(struct store_disk *disk,
                                  struct store_req *req); /* hides the lock */
enum store_answer store_disk_read(struct store_disk *disk, struct store_req *req);
enum store_answer store_disk_remove(struct store_disk *disk, struct store_req *req);
enum store_answer store_disk_lock(struct store_disk *disk, struct store_req *req);
