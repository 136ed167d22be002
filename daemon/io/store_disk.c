#include "io/store_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/list.h"
#include "base/mem.h"
#include "io/store.h"
#include "io/store_disk_parts.h"

#define E_FULL 320 /* the disk is full */
#define E_URL 215  /* this cannot be a store */
#define FILE_MODE 0640
#define DIRECTORY_MODE 0750
#define PIECES_AT_ONCE 64     /* of one writev() */
#define SYNC_BYTES (8u << 20) /* written between two syncs of a file that has more */
#define REMOVE_DIRECTORIES 16 /* open while a tree is removed; ours are three deep */

/* ---- outcomes */

static bool disk_full(int number)
{
    return number == ENOSPC || number == EDQUOT || number == EFBIG;
}

enum store_answer disk_refuse(struct store_req *req, const char *what, int number)
{
    bool full = disk_full(number);
    bool root = !*req->path; /* which the caller names */
    err_code(&req->err, ERR_RETRY, full ? E_FULL : E_STORE, "%s%s%s%s: %s", what, root ? "" : " '",
             req->path, root ? "" : "'", strerror(number));
    return STORE_REFUSED;
}

/* The call `what` failed with `number` when something had been done already. */
static enum store_answer disk_unknown(struct store_req *req, const char *what, int number)
{
    disk_refuse(req, what, number);
    req->err.kind = ERR_UNKNOWN;
    return STORE_UNKNOWN;
}

bool disk_missing(int number)
{
    return number == ENOENT || number == ENOTDIR;
}

/* ---- paths */

bool disk_path(struct store_disk *disk, struct store_req *req, const char *path,
               struct disk_path *full)
{
    int n = snprintf(full->text, sizeof full->text, "%s%s%s", disk->root, *path ? "/" : "", path);
    if ((size_t)n < sizeof full->text)
        return true;
    disk_refuse(req, "path", ENAMETOOLONG);
    return false;
}

/* The lock's file is still the one we hold: else somebody removed or replaced the whole directory,
 * and another process may own what lies there now; or it cannot be told, with *error. */
static bool disk_still_ours(struct store_disk *disk, int *error)
{
    struct disk_path path;
    struct stat held, there;
    int fd = atomic_load(&disk->lock_fd);
    if (fd < 0)
        return true;
    snprintf(path.text, sizeof path.text, "%s/" STORE_DISK_LOCK, disk->root);
    if (fstat(fd, &held) == 0 && lstat(path.text, &there) == 0)
        return held.st_ino == there.st_ino && held.st_dev == there.st_dev;
    *error = errno == ENOENT || errno == ENOTDIR ? 0 : errno;
    return false;
}

/* What every mutation begins with. */
static bool disk_begin(struct store_disk *disk, struct store_req *req, struct disk_path *path)
{
    if (!disk_path(disk, req, req->path, path))
        return false;
    int error = 0;
    if (atomic_load(&disk->broken))
        return err_code(&req->err, ERR_FATAL, E_STORE,
                        "'%s': an earlier sync of a directory failed", disk->root);
    if (disk_still_ours(disk, &error))
        return true;
    if (error)
        return err_code(&req->err, ERR_FATAL, E_STORE, "'%s': %s", disk->root, strerror(error));
    /* an operator's doing: the next attempt would begin with nothing */
    return err_code(&req->err, ERR_BAD_CONFIG, E_STORE,
                    "'%s' was removed or replaced while it was in use", disk->root);
}

static bool disk_sync_directory(struct store_disk *disk, const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return false; /* nothing was tried: it may work later */
    bool synced = fsync(fd) == 0;
    if (!synced)
        atomic_store(&disk->broken, true);
    int number = errno;
    close(fd);
    errno = number;
    return synced;
}

static bool disk_sync_parent(struct store_disk *disk, const struct disk_path *path)
{
    struct disk_path parent = *path;
    char *slash = strrchr(parent.text, '/');
    slash[slash == parent.text] = 0;
    return disk_sync_directory(disk, parent.text);
}

/* The directories above path->text (it is whole again afterwards) from the first missing one on,
 * each on disk before the next is made. */
static bool disk_make_parents(struct store_disk *disk, struct disk_path *path)
{
    for (char *slash = strchr(path->text + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        bool made = mkdir(path->text, DIRECTORY_MODE) == 0;
        bool there = made || errno == EEXIST;
        if (made)
            there = disk_sync_parent(disk, path);
        *slash = '/';
        if (!there)
            return false;
    }
    return true;
}

/* ---- create */

/* A large file is synced piece by piece: whoever syncs a small one beside it would wait for all that is written by then. */
static bool disk_write(int fd, const struct slice *pieces, uint32_t n)
{
    struct iovec parts[PIECES_AT_ONCE] = { 0 };
    size_t skip = 0;  /* bytes of the first piece that are written */
    size_t loose = 0; /* bytes that were written since the last sync */
    while (n) {
        int count = 0;
        size_t most = 0;
        for (uint32_t i = 0; i < n && count < PIECES_AT_ONCE && most < SYNC_BYTES; i++) {
            parts[count++] = (struct iovec){ (void *)(uintptr_t)pieces[i].ptr, pieces[i].len };
            most += pieces[i].len;
        }
        parts[0].iov_base = (char *)parts[0].iov_base + skip;
        parts[0].iov_len -= skip;
        ssize_t wrote = writev(fd, parts, count);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            return false;
        skip += (size_t)wrote;
        loose += (size_t)wrote;
        if (loose > SYNC_BYTES && fdatasync(fd) != 0)
            return false;
        loose = loose > SYNC_BYTES ? 0 : loose;
        while (n && skip >= pieces->len) {
            skip -= pieces->len;
            pieces++;
            n--;
        }
    }
    return true;
}

/* Takes what could not be finished away again, so that its space is free; the name counts nowhere,
 * as nobody was told of it. */
static enum store_answer disk_give_up(struct store_req *req, const struct disk_path *path,
                                      const char *what, int number)
{
    bool gone = unlink(path->text) == 0;
    return gone && disk_full(number) ? disk_refuse(req, what, number)
                                     : disk_unknown(req, what, number);
}

static int disk_open_new(struct store_disk *disk, struct disk_path *path)
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
    int fd = open(path->text, flags, FILE_MODE);
    if (fd < 0 && errno == ENOENT && disk_make_parents(disk, path))
        fd = open(path->text, flags, FILE_MODE);
    return fd;
}

enum store_answer store_disk_create(struct store_disk *disk, struct store_req *req)
{
    struct disk_path path;
    if (!disk_begin(disk, req, &path))
        return STORE_REFUSED;
    int fd = disk_open_new(disk, &path);
    if (fd < 0 && errno == EEXIST)
        return STORE_NO;
    if (fd < 0)
        return disk_refuse(req, "create", errno);
    const char *failed = NULL;
    if (!disk_write(fd, req->pieces, req->n_pieces))
        failed = "write";
    else if (req->durable && fsync(fd) != 0)
        failed = "sync";
    int number = errno;
    if (close(fd) != 0 && !failed) {
        failed = "close";
        number = errno;
    }
    if (!failed && !disk_sync_parent(disk, &path)) {
        failed = "sync the directory of";
        number = errno;
    }
    if (failed)
        return disk_give_up(req, &path, failed, number);
    return STORE_YES;
}

/* ---- rename */

/* An entry that left one directory and came into another: both on disk. */
static bool disk_sync_move(struct store_disk *disk, const struct disk_path *from,
                           const struct disk_path *to)
{
    size_t parent = (size_t)(strrchr(from->text, '/') - from->text);
    bool same = parent == (size_t)(strrchr(to->text, '/') - to->text) &&
                memcmp(from->text, to->text, parent) == 0;
    return disk_sync_parent(disk, to) && (same || disk_sync_parent(disk, from));
}

enum store_answer store_disk_rename(struct store_disk *disk, struct store_req *req)
{
    struct disk_path from, to;
    if (!disk_begin(disk, req, &from) || !disk_path(disk, req, req->target, &to))
        return STORE_REFUSED;
    if (renameat2(AT_FDCWD, from.text, AT_FDCWD, to.text, RENAME_NOREPLACE) == 0)
        return disk_sync_move(disk, &from, &to)
                   ? STORE_YES
                   : disk_unknown(req, "sync the directory after the rename of", errno);
    int number = errno;
    if (disk_missing(number) || number == EEXIST)
        return STORE_NO;
    if (number != EINVAL) /* else it is a directory moved into itself, which nobody asks for, or: */
        return disk_refuse(req, "rename", number);
    err_code(&req->err, ERR_BAD_CONFIG, E_URL,
             "the file system of '%s' cannot rename without replacing", disk->root);
    return STORE_REFUSED;
}

/* ---- touch, mkdirs */

enum store_answer store_disk_touch(struct store_disk *disk, struct store_req *req)
{
    struct disk_path path;
    if (!disk_begin(disk, req, &path))
        return STORE_REFUSED;
    int fd = open(path.text, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return disk_missing(errno) ? STORE_NO : disk_refuse(req, "open", errno);
    bool done = futimens(fd, NULL) == 0 && fsync(fd) == 0 && disk_sync_parent(disk, &path);
    int number = errno;
    close(fd);
    return done ? STORE_YES : disk_unknown(req, "touch", number);
}

enum store_answer store_disk_mkdirs(struct store_disk *disk, struct store_req *req)
{
    struct disk_path path;
    struct stat there;
    if (!disk_begin(disk, req, &path))
        return STORE_REFUSED;
    bool made = disk_make_parents(disk, &path) && mkdir(path.text, DIRECTORY_MODE) == 0;
    if (!made && (errno != EEXIST || lstat(path.text, &there) != 0))
        return errno == ENOTDIR ? STORE_NO : disk_refuse(req, "mkdir", errno);
    if (!made && !S_ISDIR(there.st_mode))
        return STORE_NO;
    return disk_sync_parent(disk, &path) ? STORE_YES
                                         : disk_unknown(req, "sync the directory of", errno);
}

/* ---- remove */

static int disk_remove_one(const char *path, const struct stat *there, int kind, struct FTW *ftw)
{
    (void)there;
    (void)kind;
    (void)ftw;
    return remove(path) == 0 || errno == ENOENT ? 0 : -1;
}

enum store_answer store_disk_remove(struct store_disk *disk, struct store_req *req)
{
    struct disk_path path;
    struct stat there;
    if (!disk_begin(disk, req, &path))
        return STORE_REFUSED;
    if (lstat(path.text, &there) != 0)
        return disk_missing(errno) ? STORE_NO : disk_refuse(req, "remove", errno);
    if (S_ISDIR(there.st_mode)
            ? nftw(path.text, disk_remove_one, REMOVE_DIRECTORIES, FTW_DEPTH | FTW_PHYS) != 0
            : unlink(path.text) != 0 && errno != ENOENT)
        return disk_unknown(req, "remove", errno);
    return disk_sync_parent(disk, &path) ? STORE_YES
                                         : disk_unknown(req, "sync the directory of", errno);
}

/* ---- lock */

/* File systems of other machines: flock() and fsync() mean something else there, or nothing. */
static const char *disk_network(const char *path)
{
    static const struct {
        unsigned magic; /* statfs(2) */
        const char *name;
    } kinds[] = {
        { 0x6969, "NFS" },          { 0x517b, "SMB" },
        { 0xff534d42, "CIFS" },     { 0xfe534d42, "SMB2" },
        { 0x00c36400, "Ceph" },     { 0x5346414f, "AFS" },
        { 0x73757245, "Coda" },     { 0x01021997, "9P" },
        { 0x65735546, "FUSE" },     { 0x0bd00bd0, "Lustre" },
        { 0x47504653, "GPFS" },     { 0x01161970, "GFS2" },
        { 0x7461636f, "OCFS2" },    { 0x19830326, "BeeGFS" },
        { 0x20030528, "OrangeFS" }, { 0x786f4256, "VirtualBox" },
        { 0xbacbacbc, "VMware" },
    };
    struct statfs there;
    if (statfs(path, &there) != 0)
        return NULL;
    for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++)
        if (kinds[i].magic == (unsigned)there.f_type)
            return kinds[i].name;
    return NULL;
}

/* Takes the lock of path; false with errno, EWOULDBLOCK when another process holds it. */
static bool disk_hold(struct store_disk *disk, const struct disk_path *path)
{
    int fd = open(path->text, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    if (fd < 0)
        return false;
    int number = flock(fd, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
    if (!number) {
        atomic_store(&disk->lock_fd, fd);
        if (disk_still_ours(disk, &number))
            return true;
        atomic_store(&disk->lock_fd, -1);
        if (!number) /* the file was replaced meanwhile: by another process */
            number = EWOULDBLOCK;
    }
    close(fd);
    errno = number;
    return false;
}

static int disk_sync_one(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
    (void)stat, (void)ftw;
    if (type != FTW_D)
        return 0;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int failed = fd < 0 ? errno != ENOENT : fsync(fd) != 0;
    if (fd >= 0)
        close(fd);
    return failed;
}

/* Puts on disk what the holder before us did and could not sync before it died: what we read from
 * now on must not go away with the power. A file's bytes were synced before it was renamed. */
static bool disk_inherit(const struct store_disk *disk)
{
    return nftw(disk->root, disk_sync_one, REMOVE_DIRECTORIES, FTW_PHYS) == 0;
}

enum store_answer store_disk_lock(struct store_disk *disk, struct store_req *req)
{
    struct disk_path path;
    if (atomic_load(&disk->lock_fd) >= 0)
        return STORE_YES;
    struct store_req root = { .path = "" };
    enum store_answer made = store_disk_mkdirs(disk, &root);
    if (made == STORE_NO) {
        err_code(&req->err, ERR_RETRY, E_STORE, "'%s': a file is in the way", disk->root);
        return STORE_REFUSED;
    }
    if (made != STORE_YES) {
        req->err = root.err;
        err_wrap(&req->err, "'%s'", disk->root);
        return made;
    }
    const char *network = disk_network(disk->root);
    if (network) {
        err_code(&req->err, ERR_BAD_CONFIG, E_URL,
                 "'%s' is on a network file system (%s): write webhdfs://, or a directory of this "
                 "machine",
                 disk->root, network);
        return STORE_REFUSED;
    }
    if (!disk_path(disk, req, STORE_DISK_LOCK, &path))
        return STORE_REFUSED;
    if (disk_hold(disk, &path)) {
        if (disk_inherit(disk))
            return STORE_YES;
        int number = errno;
        close(atomic_exchange(&disk->lock_fd, -1));
        return disk_refuse(req, "sync", number);
    }
    if (errno == EWOULDBLOCK)
        return STORE_NO;
    disk_refuse(req, "lock", errno);
    err_wrap(&req->err, "'%s'", disk->root);
    return STORE_REFUSED;
}
