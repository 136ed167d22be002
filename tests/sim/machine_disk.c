/* Doors dir and ledger: one disk of few files. Each has what is there now and what would be there after a loss of power. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "io/dir.h"
#include "io/ledger.h"
#include "machine.h"
#include "parts.h"

struct content {
    bool here;
    char *ptr;
    size_t len;
};

struct disk_file {
    struct list link;
    char path[128];
    struct content now, kept; /* kept: after a loss of power */
    bool moved;               /* renamed or removed, and the folder was not synced since */
    uint64_t inode, changed_ns;
};

/* ---- the disk */

static void content_set(struct content *content, bool here, const void *ptr, size_t len)
{
    char *copy = sim_alloc(len);
    if (len)
        memcpy(copy, ptr, len);
    free(content->ptr);
    *content = (struct content){ here, copy, len };
}

static void content_copy(struct content *to, const struct content *from)
{
    content_set(to, from->here, from->ptr, from->len);
}

static struct disk_file *disk_find(struct machine *machine, const char *path)
{
    LIST_EACH(link, &machine->files)
    {
        struct disk_file *file = LIST_ITEM(link, struct disk_file, link);
        if (strcmp(file->path, path) == 0)
            return file;
    }
    return NULL;
}

static struct disk_file *disk_file(struct machine *machine, const char *path)
{
    struct disk_file *file = disk_find(machine, path);
    if (file)
        return file;
    file = sim_alloc(sizeof *file);
    check(strlen(path) < sizeof file->path);
    strcpy(file->path, path);
    list_add_tail(&machine->files, &file->link);
    return file;
}

static void disk_touch(struct machine *machine, struct disk_file *file)
{
    if (!file->now.here || !file->inode)
        file->inode = ++machine->inodes;
    file->changed_ns = machine->sim->now_us * 1000 + ++machine->inodes % 1000;
}

static bool in_folder(const struct disk_file *file, const char *folder)
{
    size_t n = strlen(folder);
    return strncmp(file->path, folder, n) == 0 && file->path[n] == '/' &&
           !strchr(file->path + n + 1, '/');
}

void machine_put(struct machine *machine, const char *path, struct slice bytes)
{
    struct disk_file *file = disk_file(machine, path);
    disk_touch(machine, file);
    content_set(&file->now, true, bytes.ptr, bytes.len);
    content_copy(&file->kept, &file->now);
    machine_hint(machine);
}

void machine_remove(struct machine *machine, const char *path)
{
    struct disk_file *file = disk_file(machine, path);
    content_set(&file->now, false, NULL, 0);
    content_copy(&file->kept, &file->now);
    machine_hint(machine);
}

bool machine_read(struct machine *machine, const char *path, struct slice *bytes)
{
    struct disk_file *file = disk_find(machine, path);
    if (!file || !file->now.here)
        return false;
    *bytes = (struct slice){ file->now.ptr, file->now.len };
    return true;
}

void machine_disk_loss(struct machine *machine)
{
    struct sim *sim = machine->sim;
    bool is_journal_lost =
        sim_chance(sim, 500); /* what was renamed and removed: all of it, or none */
    LIST_EACH(link, &machine->files)
    {
        struct disk_file *file = LIST_ITEM(link, struct disk_file, link);
        bool same = file->now.here == file->kept.here && file->now.len == file->kept.len &&
                    (!file->now.len || memcmp(file->now.ptr, file->kept.ptr, file->now.len) == 0);
        bool grown = file->now.here && file->kept.len && file->now.len > file->kept.len &&
                     memcmp(file->now.ptr, file->kept.ptr, file->kept.len) == 0;
        if (same)
            continue;
        census_note(CENSUS_TORN);
        if (grown) /* any part of what was appended */
            file->now.len = file->kept.len + sim_below(sim, file->now.len - file->kept.len + 1);
        else if (is_journal_lost)
            content_copy(&file->now, &file->kept);
        content_copy(&file->kept, &file->now);
        machine->kept(machine, file->path);
    }
}

void machine_disk_free(struct machine *machine)
{
    while (!list_empty(&machine->files)) {
        struct disk_file *file = LIST_ITEM(list_first(&machine->files), struct disk_file, link);
        list_remove(&file->link);
        free(file->now.ptr);
        free(file->kept.ptr);
        free(file);
    }
}

/* ---- harms */

static bool harmed(struct machine *machine, uint32_t thousandths, enum census kind)
{
    return sim_fires(machine->sim, thousandths, kind);
}

static bool no_room(struct machine *machine, const char *path, struct err *err)
{
    sim_trace(machine->sim, "disk: no room for %s", path);
    return err_set(err, ERR_RETRY, "%s: No space left on device", path);
}

static bool bad_sync(struct machine *machine, const char *path, struct err *err)
{
    sim_trace(machine->sim, "disk: %s is not synced", path);
    return err_set(err, ERR_UNKNOWN, "%s: Input/output error", path);
}

/* The bytes as a loss of power leaves them when their length was written and they were not. */
static void spoil(struct machine *machine, char *at, size_t n)
{
    for (size_t i = sim_below(machine->sim, n + 1); i < n; i++)
        at[i] = sim_chance(machine->sim, 300) ? '\n' : (char)sim_below(machine->sim, 256);
    census_note(CENSUS_TORN);
}

/* ---- door dir */

bool dir_scan(const char *path, dir_entry_cb cb, void *ctx, struct err *err)
{
    struct machine *machine = machine_here();
    if (machine->away && strcmp(path, MACHINE_JOBS) == 0)
        return err_set(err, ERR_BAD_CONFIG, "%s: No such file or directory", path);
    bool breaks = harmed(machine, machine->harms.unread, CENSUS_DISK_READS);
    LIST_EACH(link, &machine->files)
    {
        struct disk_file *file = LIST_ITEM(link, struct disk_file, link);
        struct dir_entry entry = { .name = strrchr(file->path, '/') + 1,
                                   .kind = DIR_FILE,
                                   .inode = file->inode,
                                   .size = file->now.len,
                                   .mtime_ns = (int64_t)file->changed_ns,
                                   .ctime_ns = (int64_t)file->changed_ns };
        if (!file->now.here || !in_folder(file, path))
            continue;
        if (breaks && sim_chance(machine->sim, 500))
            break;
        cb(ctx, &entry);
    }
    return !breaks || err_set(err, ERR_RETRY, "%s: Input/output error", path);
}

bool dir_make(const char *path, struct err *err)
{
    (void)path, (void)err; /* folders are names here */
    return true;
}

bool dir_has(const char *path)
{
    struct slice bytes;
    return machine_read(machine_here(), path, &bytes);
}

bool dir_read(const char *path, size_t most, struct buf *out, struct err *err)
{
    struct machine *machine = machine_here();
    struct slice bytes;
    if (!machine_read(machine, path, &bytes))
        return err_set(err, ERR_RETRY, "%s: No such file or directory", path);
    bool breaks = harmed(machine, machine->harms.unread, CENSUS_DISK_READS);
    size_t n = breaks ? sim_below(machine->sim, bytes.len + 1) : bytes.len;
    buf_put(out, bytes.ptr, n < most ? n : most);
    return !breaks || err_set(err, ERR_RETRY, "%s: Input/output error", path);
}

bool dir_write(const char *path, struct slice bytes, struct err *err)
{
    struct machine *machine = machine_here();
    enum machine_death how;
    char beside[160];
    snprintf(beside, sizeof beside, "%s.tmp", path);
    struct disk_file *file = disk_file(machine, beside);
    bool dies = machine_effect(machine, &how);
    if (dies && how == MACHINE_BEFORE)
        machine_die(machine);
    if (!dies && harmed(machine, machine->harms.full, CENSUS_DISK_FULL))
        return no_room(machine, path, err);
    content_set(&file->now, true, bytes.ptr, bytes.len);
    disk_touch(machine, file);
    if (dies && how == MACHINE_PART)
        file->now.len = sim_below(machine->sim, bytes.len + 1);
    if (dies && how == MACHINE_GARBAGE)
        spoil(machine, file->now.ptr, bytes.len);
    if (dies)
        machine_die(machine);
    content_copy(&file->kept, &file->now);
    return dir_rename(beside, path, err);
}

/* What was renamed or removed in the folder before is on disk with it. */
static void disk_sync_folder(struct machine *machine, const char *path)
{
    char folder[128];
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
    LIST_EACH(link, &machine->files)
    {
        struct disk_file *file = LIST_ITEM(link, struct disk_file, link);
        if (!file->moved || !in_folder(file, folder))
            continue;
        content_copy(&file->kept, &file->now);
        file->moved = false;
    }
}

bool dir_rename(const char *from, const char *to, struct err *err)
{
    struct machine *machine = machine_here();
    struct disk_file *source = disk_file(machine, from), *target = disk_file(machine, to);
    enum machine_death how;
    if (!source->now.here)
        return err_set(err, ERR_RETRY, "%s: No such file or directory", to);
    bool dies = machine_effect(machine, &how);
    if (dies && how != MACHINE_DONE)
        machine_die(machine);
    sim_trace(machine->sim, "disk: %s becomes %s", from, to);
    content_copy(&target->now, &source->now);
    target->inode = source->inode;
    content_set(&source->now, false, NULL, 0);
    source->moved = target->moved = true;
    bool synced = !harmed(machine, dies ? 500 : machine->harms.unsynced, CENSUS_DISK_SYNCS);
    if (synced)
        disk_sync_folder(machine, to);
    machine->kept(machine, to);
    if (dies)
        machine_die(machine);
    return synced || bad_sync(machine, to, err);
}

void dir_remove(const char *path)
{
    struct machine *machine = machine_here();
    struct disk_file *file = disk_find(machine, path);
    enum machine_death how;
    if (!file || !file->now.here)
        return;
    bool dies = machine_effect(machine, &how);
    if (dies && how != MACHINE_DONE)
        machine_die(machine);
    sim_trace(machine->sim, "disk: %s is removed", path);
    content_set(&file->now, false, NULL, 0);
    file->moved = true;
    if (!harmed(machine, dies ? 500 : machine->harms.unsynced, CENSUS_DISK_SYNCS))
        disk_sync_folder(machine, path);
    machine->kept(machine, path);
    if (dies)
        machine_die(machine);
}

int dir_open_append(const char *path, struct err *err)
{
    err_set(err, ERR_RETRY, "%s: nobody prints here", path);
    return -1;
}

void dir_close(int fd)
{
    (void)fd;
}

bool dir_lock(const char *path, const char *text, struct err *err)
{
    struct machine *machine = machine_here();
    struct sim_process *self = sim_inside();
    (void)path, (void)text;
    if (machine->lock && machine->lock->alive)
        return err_set(err, ERR_FENCED, "pid %u", machine->lock->pid);
    machine->lock = machine->daemon = self;
    machine->ready = machine->stopping = false;
    machine->effects = 0;
    machine->barked_us = machine->sim->now_us;
    return true;
}

/* ---- hints */

struct dir_watch {
    struct sim_process *process;
    dir_watch_cb cb;
    void *ctx;
};

static void watch_hint(void *ctx)
{
    struct dir_watch *watch = ctx;
    watch->cb(watch->ctx);
}

void machine_hint(struct machine *machine)
{
    struct sim *sim = machine->sim;
    struct sim_process *daemon = machine->daemon;
    if (!daemon || sim_dying(daemon) || !machine->watch ||
        harmed(machine, machine->harms.unhinted, CENSUS_HINTS))
        return;
    for (uint64_t n = 1 + sim_below(sim, 3); n > 0; n--)
        sim_post(sim, daemon, sim_below(sim, 300000), watch_hint, machine->watch);
}

struct dir_watch *dir_watch_new(struct loop *loop, const char *path, dir_watch_cb cb, void *ctx)
{
    struct machine *machine = machine_here();
    struct dir_watch *watch = mem_alloc(sizeof *watch);
    *watch = (struct dir_watch){ sim_process_of(loop), cb, ctx };
    if (strcmp(path, MACHINE_JOBS) == 0)
        machine->watch = watch;
    return watch;
}

bool dir_watch_renew(struct dir_watch *watch)
{
    (void)watch;
    return !machine_here()->away;
}

void dir_watch_free(struct dir_watch *watch)
{
    if (watch && machine_here()->watch == watch)
        machine_here()->watch = NULL; /* its memory goes with the process */
}

/* ---- door ledger */

struct ledger {
    char path[128];
    bool is_open;
};

struct ledger *ledger_new(const char *path)
{
    struct ledger *ledger = mem_zalloc(sizeof *ledger);
    check(strlen(path) < sizeof ledger->path);
    strcpy(ledger->path, path);
    return ledger;
}

bool ledger_load(struct ledger *ledger, struct buf *out, struct err *err)
{
    struct slice bytes;
    return !machine_read(machine_here(), ledger->path, &bytes) ||
           dir_read(ledger->path, LEDGER_BYTES_MAX, out, err);
}

bool ledger_replace(struct ledger *ledger, struct slice bytes, struct err *err)
{
    ledger->is_open = false;
    ledger->is_open = dir_write(ledger->path, bytes, err);
    return ledger->is_open;
}

static bool ledger_put(struct machine *machine, struct disk_file *file, struct slice lines,
                       struct err *err)
{
    enum machine_death how;
    size_t before = file->now.len, n = lines.len;
    bool dies = machine_effect(machine, &how);
    if (dies && how == MACHINE_BEFORE)
        machine_die(machine);
    bool full = !dies && harmed(machine, machine->harms.full, CENSUS_DISK_FULL);
    bool unsynced = !dies && !full && harmed(machine, machine->harms.unsynced, CENSUS_DISK_SYNCS);
    if (full || (dies && how == MACHINE_PART))
        n = sim_below(machine->sim, n);
    file->now.ptr = realloc(file->now.ptr, before + n + 1);
    check(file->now.ptr);
    memcpy(file->now.ptr + before, lines.ptr, n);
    file->now.len = before + n;
    if (dies && how == MACHINE_GARBAGE)
        spoil(machine, file->now.ptr + before, n);
    if ((!full && !unsynced && !dies) || (dies && how != MACHINE_PART))
        content_copy(&file->kept, &file->now);
    if (dies)
        machine_die(machine);
    return full ? no_room(machine, file->path, err)
                : !unsynced || bad_sync(machine, file->path, err);
}

bool ledger_append(struct ledger *ledger, struct slice lines, struct err *err)
{
    struct machine *machine = machine_here();
    check(ledger->is_open);
    ledger->is_open = ledger_put(machine, disk_file(machine, ledger->path), lines, err);
    machine->noted(machine, lines, ledger->is_open);
    return ledger->is_open;
}

bool ledger_is_open(const struct ledger *ledger)
{
    return ledger->is_open;
}

void ledger_free(struct ledger *ledger)
{
    mem_free(ledger);
}
