/* The entries of a directory as LISTSTATUS and LISTSTATUS_BATCH of WebHDFS say them. Pure. */
#pragma once
#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "io/store.h"

#define WEBHDFS_ENTRIES_MAX 1048576 /* of a directory; HDFS' own default limit */

struct webhdfs_page {
    bool more;    /* ask for those behind the last name */
    bool is_file; /* the path is a file, which lists as itself */
};

/* Adds a page to req->entries. False, with err, when it is not whole or not what it should be:
 * entries then holds what came before. */
bool webhdfs_list_page(struct slice body, struct store_req *req, struct webhdfs_page *page,
                       struct err *err);
/* Sorts what all pages brought. A name that came twice, as the directory changed between two pages,
 * is kept once. */
void webhdfs_list_sort(struct store_req *req);
