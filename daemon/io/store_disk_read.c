#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/store_disk.h"
#include "io/store_disk_parts.h"

/* ---- list */

static int disk_compare(const void *left, const void *right)
{
    const struct store_entry *a = left, *b = right;
    return strcmp(a->name, b->name);
}

/* One more entry; one that is gone meanwhile is left out. */
static bool disk_entry(struct store_req *req, DIR *dir, const char *name)
{
    struct stat there;
    size_t n = req->n_entries;
    if (fstatat(dirfd(dir), name, &there, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT;
    if (n == STORE_DISK_ENTRIES_MAX) { /* uncovered: a million files */
        errno = EOVERFLOW;
        return false;
    }
    if (n == 0 || (n >= 16 && (n & (n - 1)) == 0)) /* it is full: 0, 16, 32, 64, … */
        req->entries = mem_realloc(req->entries, (n ? n * 2 : 16) * sizeof *req->entries);
    req->entries[req->n_entries++] = (struct store_entry){
        .name = mem_strdup(name),
        .is_directory = S_ISDIR(there.st_mode),
        .length = S_ISREG(there.st_mode) ? (uint64_t)there.st_size : 0,
        .modified_ms = (int64_t)there.st_mtim.tv_sec * 1000 + there.st_mtim.tv_nsec / 1000000,
    };
    return true;
}

static bool disk_entries(struct store_req *req, DIR *dir)
{
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(dir);
        if (!entry)
            return errno == 0;
        const char *name = entry->d_name;
        bool ours = !*req->path && strcmp(name, STORE_DISK_LOCK) == 0;
        if (ours || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
            continue;
        if (!disk_entry(req, dir, name))
            return false;
    }
}

enum store_answer store_disk_list(struct store_disk *disk, struct store_req *req)
{
    struct disk_path path;
    if (!disk_path(disk, req, req->path, &path))
        return STORE_REFUSED;
    DIR *dir = opendir(path.text);
    if (!dir)
        return disk_missing(errno) ? STORE_NO : disk_refuse(req, "list", errno);
    bool whole = disk_entries(req, dir);
    int number = errno;
    closedir(dir);
    if (!whole) {
        store_req_free(req);
        return disk_refuse(req, "list", number);
    }
    if (req->n_entries)
        qsort(req->entries, req->n_entries, sizeof *req->entries, disk_compare);
    return STORE_YES;
}

/* ---- read */

/* All of the file, whose length is known; false with errno: EIO also when it ends before. */
static bool disk_read(int fd, struct buf *data, size_t length)
{
    buf_reserve(data, length + 1); /* never NULL, not even for an empty file */
    while (data->len < length) {
        ssize_t got = read(fd, data->ptr + data->len, length - data->len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got == 0)
            errno = EIO; /* it became shorter meanwhile */
        if (got <= 0)
            return false;
        data->len += (size_t)got;
    }
    return true;
}

static enum store_answer disk_read_open(struct store_req *req, int fd)
{
    struct stat there;
    if (fstat(fd, &there) != 0)
        return disk_refuse(req, "read", errno);
    if (!S_ISREG(there.st_mode))
        return STORE_NO;
    if ((uint64_t)there.st_size > req->length_max) {
        err_code(&req->err, ERR_FATAL, E_STORE, "read '%s': %llu bytes, at most %llu are expected",
                 req->path, (unsigned long long)there.st_size, (unsigned long long)req->length_max);
        return STORE_REFUSED;
    }
    if (disk_read(fd, &req->data, (size_t)there.st_size))
        return STORE_YES;
    int number = errno;
    buf_free(&req->data);
    return disk_refuse(req, "read", number);
}

enum store_answer store_disk_read(struct store_disk *disk, struct store_req *req)
{
    struct disk_path path;
    if (!disk_path(disk, req, req->path, &path))
        return STORE_REFUSED;
    int fd = open(path.text, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return disk_missing(errno) ? STORE_NO : disk_refuse(req, "open", errno);
    enum store_answer answer = disk_read_open(req, fd);
    close(fd);
    return answer;
}
