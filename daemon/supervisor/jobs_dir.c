#include "supervisor/jobs_dir.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/mem.h"
#include "io/dir.h"

static bool ends_with(const char *name, size_t n, const char *suffix)
{
    size_t length = strlen(suffix);
    return n > length && memcmp(name + n - length, suffix, length) == 0;
}

bool job_id_good(const char *name, size_t n)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    return n >= 1 && n < JOB_FILE_ID_SIZE && strspn(name, allowed) == n;
}

enum job_name job_name_read(const char *name, char id[JOB_FILE_ID_SIZE])
{
    static const char *const suffixes[] = { ".yaml", ".yml" };
    size_t n = strlen(name);
    if (name[0] == '.' || name[0] == '#')
        return JOB_NAME_IGNORED;
    for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
        if (!ends_with(name, n, suffixes[i]))
            continue;
        size_t length = n - strlen(suffixes[i]);
        if (!job_id_good(name, length))
            return JOB_NAME_BAD;
        memcpy(id, name, length);
        id[length] = '\0';
        return JOB_NAME_GOOD;
    }
    return JOB_NAME_IGNORED; /* *~, *.sw?, *.tmp and #x# among them: they end in no job's suffix */
}

bool job_look_same(const struct job_look *left, const struct job_look *right)
{
    return left->inode == right->inode && left->size == right->size &&
           left->mtime_ns == right->mtime_ns && left->ctime_ns == right->ctime_ns;
}

static bool is_masked(const struct job_files *files, const char *name)
{
    for (size_t i = 0; i < files->n; i++)
        if (files->items[i].folder < files->folder && strcmp(files->items[i].name, name) == 0)
            return true;
    return false;
}

static void job_files_add(void *ctx, const struct dir_entry *entry)
{
    struct job_files *files = ctx;
    struct job_file file = { .folder = files->folder, .null = entry->kind == DIR_NULL };
    enum job_name name = job_name_read(entry->name, file.id);
    if (entry->kind == DIR_OTHER || name == JOB_NAME_IGNORED || is_masked(files, entry->name))
        return;
    if (name == JOB_NAME_BAD) {
        if (!file.null)
            files->bad_name(files->ctx, entry->name);
        return;
    }
    strcpy(file.name, entry->name); /* an id and a suffix: it fits */
    file.look = (struct job_look){ entry->inode, entry->size, entry->mtime_ns, entry->ctime_ns };
    if (files->n == files->cap) {
        files->cap = files->cap ? files->cap * 2 : 64;
        files->items = mem_realloc(files->items, files->cap * sizeof *files->items);
    }
    files->items[files->n++] = file;
}

static int by_id(const void *left, const void *right)
{
    const struct job_file *a = left, *b = right;
    int order = strcmp(a->id, b->id);
    if (order == 0)
        order = (int)a->folder - (int)b->folder;
    return order ? order : strcmp(a->name, b->name);
}

bool job_files_scan(struct job_files *files, const char *const *folders, size_t n, struct err *err)
{
    size_t kept = 0;
    for (files->folder = 0; files->folder < n; files->folder++)
        if (!dir_scan(folders[files->folder], job_files_add, files, files->folder ? NULL : err) &&
            files->folder == 0)
            return false;
    for (size_t i = 0; i < files->n; i++)
        if (!files->items[i].null)
            files->items[kept++] = files->items[i];
    files->n = kept;
    if (kept)
        qsort(files->items, kept, sizeof *files->items, by_id);
    return true;
}

void job_files_free(struct job_files *files)
{
    mem_free(files->items);
    files->items = NULL;
    files->n = files->cap = 0;
}
