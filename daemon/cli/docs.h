/* The pages of docs/ that are made from the tables. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"

struct docs {
    struct arena *arena;
    struct buf *out;
};

#define DOCS_MADE "<!-- made by `make docs`: change the tables, not this page -->\n"

/* A page each, whole. */
void docs_operations(struct docs *docs);
void docs_functions(struct docs *docs);
void docs_job_file(struct docs *docs);
void docs_settings(struct docs *docs); /* of the daemon: conf/tidemark.yaml */
void docs_errors(struct docs *docs);

struct schema_key;
/* A table of keys, `prefix` before each name; keys of nested mappings follow theirs. */
void docs_put_keys(struct docs *docs, const char *prefix, const struct schema_key *keys);
