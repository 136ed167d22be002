/* What the parts of store_disk share. */
#pragma once
#include <limits.h>
#include <stdbool.h>

#include "io/store.h"
#include "io/store_disk.h"

#define E_STORE 301 /* the store refuses */

struct disk_path { /* absolute */
    char text[PATH_MAX];
};

/* The whole path of one below the root; false: it is too long, and req->err says so. */
bool disk_path(struct store_disk *disk, struct store_req *req, const char *path,
               struct disk_path *full);
/* Not done, because the call `what` failed with `number`: STORE_REFUSED, with req->err filled in. */
enum store_answer disk_refuse(struct store_req *req, const char *what, int number);
/* The name, or a directory above it, is not there. */
bool disk_missing(int number);
