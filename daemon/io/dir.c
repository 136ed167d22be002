#include "io/dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/mem.h"

#define FILE_MODE 0640 /* what lies here is ours and our group's to read, whatever the umask */
#define DIRECTORY_MODE 0750

static bool dir_err(struct err *err, enum err_kind kind, const char *path)
{
    return err_set(err, kind, "%s: %s", path, strerror(errno));
}

static bool is_null_device(const struct stat *stat)
{
    return S_ISCHR(stat->st_mode) && stat->st_rdev == makedev(1, 3);
}

static struct dir_entry dir_entry_of(int fd, const char *name)
{
    struct stat stat;
    struct dir_entry entry = { .name = name, .kind = DIR_OTHER };
    if (fstatat(fd, name, &stat, 0) != 0)
        return entry;
    if (is_null_device(&stat))
        entry.kind = DIR_NULL;
    else if (S_ISREG(stat.st_mode))
        entry.kind = DIR_FILE;
    entry.inode = stat.st_ino;
    entry.size = (uint64_t)stat.st_size;
    entry.mtime_ns = (int64_t)stat.st_mtim.tv_sec * 1000000000 + stat.st_mtim.tv_nsec;
    entry.ctime_ns = (int64_t)stat.st_ctim.tv_sec * 1000000000 + stat.st_ctim.tv_nsec;
    return entry;
}

bool dir_scan(const char *path, dir_entry_cb cb, void *ctx, struct err *err)
{
    DIR *dir = opendir(path);
    size_t n = 0;
    if (!dir)
        return dir_err(err, err_passes(errno) ? ERR_RETRY : ERR_BAD_CONFIG, path);
    for (;;) {
        errno = 0;
        struct dirent *dirent = readdir(dir);
        if (!dirent)
            break;
        const char *name = dirent->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
            continue;
        if (++n > DIR_ENTRIES_MAX) {
            closedir(dir);
            return err_set(err, ERR_BAD_CONFIG, "%s: more than %d files", path, DIR_ENTRIES_MAX);
        }
        struct dir_entry entry = dir_entry_of(dirfd(dir), name);
        cb(ctx, &entry);
    }
    bool whole = errno == 0 || dir_err(err, ERR_RETRY, path);
    closedir(dir);
    return whole;
}

bool dir_make(const char *path, struct err *err)
{
    char *copy = mem_strdup(path);
    bool made = true;
    for (char *at = copy + 1; made && *at; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        made = mkdir(copy, DIRECTORY_MODE) == 0 || errno == EEXIST;
        *at = '/';
    }
    made = made && (mkdir(copy, DIRECTORY_MODE) == 0 || errno == EEXIST);
    mem_free(copy);
    return made || dir_err(err, err_passes(errno) ? ERR_RETRY : ERR_BAD_CONFIG, path);
}

bool dir_has(const char *path)
{
    return access(path, F_OK) == 0 || errno != ENOENT;
}

bool dir_read(const char *path, size_t most, struct buf *out, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat stat;
    ssize_t n = 1;
    if (fd < 0)
        return dir_err(err, ERR_RETRY, path);
    if (fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode)) {
        close(fd);
        return err_set(err, ERR_BAD_CONFIG, "%s: not a regular file", path);
    }
    size_t left = most;
    while (left && n > 0) {
        size_t piece = left < 65536 ? left : 65536;
        buf_reserve(out, piece);
        n = read(fd, out->ptr + out->len, piece);
        if (n > 0) {
            out->len += (size_t)n;
            left -= (size_t)n;
        } else if (n < 0 && errno == EINTR) {
            n = 1;
        }
    }
    bool read_all = n >= 0 || dir_err(err, ERR_RETRY, path);
    close(fd);
    return read_all;
}

static bool write_all(int fd, struct slice bytes)
{
    const char *at = bytes.ptr;
    while (bytes.len) {
        ssize_t n = write(fd, at, bytes.len);
        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0) {
            at += n;
            bytes.len -= (size_t)n;
        }
    }
    return true;
}

/* Of a name that has changed there. */
static bool sync_folder_of(const char *path, struct err *err)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? mem_strndup(path, (size_t)(slash - path + (slash == path))) : NULL;
    int fd = open(folder ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = (fd >= 0 && fsync(fd) == 0) || dir_err(err, ERR_UNKNOWN, path);
    if (fd >= 0)
        close(fd);
    mem_free(folder);
    return synced;
}

bool dir_write(const char *path, struct slice bytes, struct err *err)
{
    char *beside = mem_printf("%s.tmp", path);
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, FILE_MODE);
    bool written = fd >= 0 && write_all(fd, bytes) && fsync(fd) == 0;
    if (!written)
        dir_err(err, ERR_RETRY, beside);
    if (fd >= 0 && close(fd) != 0 && written)
        written = dir_err(err, ERR_RETRY, beside);
    if (written)
        written = dir_rename(beside, path, err);
    if (!written && fd >= 0)
        unlink(beside);
    mem_free(beside);
    return written;
}

bool dir_rename(const char *from, const char *to, struct err *err)
{
    if (rename(from, to) != 0)
        return dir_err(err, ERR_RETRY, to);
    return sync_folder_of(to, err);
}

void dir_remove(const char *path)
{
    if (unlink(path) == 0)
        sync_folder_of(path, NULL);
}

int dir_open_append(const char *path, struct err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, FILE_MODE);
    if (fd < 0)
        dir_err(err, ERR_RETRY, path);
    return fd;
}

void dir_close(int fd)
{
    if (fd >= 0)
        close(fd);
}

/* The lock is the process's: a child that is just being started has our descriptors, and would hold
 * a flock() for a moment after our end. It is lost when any descriptor of the file is closed: nobody
 * else here opens it. */
bool dir_lock(const char *path, const char *text, struct err *err)
{
    const struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    char holder[128];
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
    if (fd < 0)
        return dir_err(err, ERR_RETRY, path);
    if (fcntl(fd, F_SETLK, &whole) != 0) {
        int why = errno;
        ssize_t n = pread(fd, holder, sizeof holder - 1, 0);
        holder[n > 0 ? n : 0] = '\0';
        holder[strcspn(holder, "\n")] = '\0';
        close(fd);
        errno = why;
        bool held = why == EAGAIN || why == EACCES;
        return held ? err_set(err, ERR_FENCED, "%s", holder) : dir_err(err, ERR_RETRY, path);
    }
    if (ftruncate(fd, 0) != 0 || !write_all(fd, (struct slice){ text, strlen(text) }))
        return dir_err(err, ERR_RETRY, path); /* the descriptor stays open: it is the lock */
    return true;
}
