/* URLs of stores: file:///path, webhdfs://[user@]host:port[,host:port]/path, and those that are known
 * but not supported yet. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

struct store_url_problem {
    unsigned code;    /* 215 or 250 */
    size_t from, to;  /* the bytes that are wrong */
    const char *text; /* what is wrong */
    const char *help; /* what to do; NULL = nothing to add */
};

/* False with the first problem when the URL cannot be one of a store. */
bool store_url_check(struct arena *arena, const char *url, struct store_url_problem *problem);
