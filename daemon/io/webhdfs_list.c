#include "io/webhdfs_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

/* A FileStatus; false: it lacks what we need. */
static bool list_entry(const struct json *status, struct store_entry *entry, const char **name)
{
    const char *type = json_text(json_get(status, "type"));
    int64_t length, modified_ms;
    *name = json_text(json_get(status, "pathSuffix"));
    if (!*name || !type || strchr(*name, '/') || !json_int(json_get(status, "length"), &length) ||
        !json_int(json_get(status, "modificationTime"), &modified_ms) || length < 0)
        return false;
    *entry = (struct store_entry){
        .is_directory = strcmp(type, "DIRECTORY") == 0,
        .length = (uint64_t)length,
        .modified_ms = modified_ms,
    };
    return true;
}

static bool list_statuses(const struct json *statuses, struct store_req *req,
                          struct webhdfs_page *page, struct err *err)
{
    size_t n = json_count(statuses);
    if (req->n_entries + n > WEBHDFS_ENTRIES_MAX)
        return err_code(err, ERR_FATAL, 301, "more than %d entries", WEBHDFS_ENTRIES_MAX);
    if (n)
        req->entries = mem_realloc(req->entries, (req->n_entries + n) * sizeof *req->entries);
    for (size_t i = 0; i < n; i++) {
        struct store_entry entry;
        const char *name;
        if (!list_entry(json_at(statuses, i), &entry, &name))
            return err_code(err, ERR_RETRY, 302, "a list with an entry that cannot be read");
        if (!*name) {
            page->is_file = true;
            return true;
        }
        entry.name = mem_strdup(name);
        req->entries[req->n_entries++] = entry;
    }
    return true;
}

bool webhdfs_list_page(struct slice body, struct store_req *req, struct webhdfs_page *page,
                       struct err *err)
{
    struct json *json = json_parse(body, NULL);
    const struct json *listing = json_get(json, "DirectoryListing");
    const struct json *part = listing ? json_get(listing, "partialListing") : json;
    const struct json *statuses = json_get(json_get(part, "FileStatuses"), "FileStatus");
    int64_t left = 0;
    *page = (struct webhdfs_page){ .more = false };
    bool whole = statuses && (!listing || json_int(json_get(listing, "remainingEntries"), &left));
    if (!whole || (left > 0 && !json_count(statuses))) /* else it would be asked for ever */
        whole = err_code(err, ERR_RETRY, 302, "a list that is not whole");
    else
        whole = list_statuses(statuses, req, page, err);
    page->more = left > 0;
    json_free(json);
    return whole;
}

static int list_compare(const void *left, const void *right)
{
    const struct store_entry *a = left, *b = right;
    return strcmp(a->name, b->name);
}

void webhdfs_list_sort(struct store_req *req)
{
    size_t kept = 0;
    if (req->n_entries)
        qsort(req->entries, req->n_entries, sizeof *req->entries, list_compare);
    for (size_t i = 0; i < req->n_entries; i++) {
        if (kept && strcmp(req->entries[kept - 1].name, req->entries[i].name) == 0)
            mem_free(req->entries[i].name);
        else
            req->entries[kept++] = req->entries[i];
    }
    req->n_entries = kept;
}
