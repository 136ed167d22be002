#include "cli/saved.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/settings.h"
#include "durable/file.h"
#include "durable/record.h"

#define FILE_MAX \
    (1u << 30) /* of a snapshot that is read for this; a larger one is not worth the memory */

/* The one directory of the job, e<epoch>.<nonce>; NULL: none yet. */
static const char *find_directory(struct arena *arena, const char *checkpoint, struct err *err)
{
    DIR *dir = opendir(checkpoint);
    const char *path = NULL;
    if (!dir && errno != ENOENT)
        err_set(err, ERR_FATAL, "%s: %s", checkpoint, strerror(errno));
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        if (entry->d_name[0] == 'e' && strchr(entry->d_name, '.'))
            path = arena_printf(arena, "%s/%s", checkpoint, entry->d_name);
    if (dir)
        closedir(dir);
    return path;
}

/* The largest number among the names of a folder; 0: none. */
static uint64_t newest(const char *path)
{
    DIR *dir = opendir(path);
    uint64_t most = 0;
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        char *end;
        uint64_t number = strtoull(entry->d_name, &end, 10);
        if (!*end && number > most)
            most = number;
    }
    if (dir)
        closedir(dir);
    return most;
}

static struct engine_state *find(struct saved *saved, struct slice id)
{
    for (size_t i = 0; i < saved->n; i++)
        if (strlen(saved->states[i].id) == id.len &&
            memcmp(saved->states[i].id, id.ptr, id.len) == 0)
            return &saved->states[i];
    return NULL;
}

static void take(struct arena *arena, struct saved *saved, const struct entry *entry)
{
    struct engine_state *state = find(saved, entry->delta.id);
    if (!entry->delta.bytes.len) { /* it was dropped */
        if (state)
            *state = saved->states[--saved->n];
        return;
    }
    if (!state) {
        struct engine_state *states = arena_alloc(arena, (saved->n + 1) * sizeof *states);
        if (saved->n)
            memcpy(states, saved->states, saved->n * sizeof *states);
        saved->states = states;
        state = &saved->states[saved->n++];
        state->id = arena_strndup(arena, entry->delta.id.ptr, entry->delta.id.len);
    }
    state->bytes = entry->delta.bytes;
}

static bool read_file(struct arena *arena, struct saved *saved, const char *path, struct err *err)
{
    struct slice bytes, content;
    struct file_head head;
    struct record_reader reader;
    struct entry entry;
    if (!cli_read_file(arena, path, FILE_MAX, &bytes))
        return err_set(err, errno == ENOENT ? ERR_RETRY : ERR_FATAL, "%s: %s", path,
                       strerror(errno));
    if (bytes.len > FILE_MAX)
        return err_set(err, ERR_FATAL, "%s is larger than 1 GiB", path);
    if (file_open(bytes, NULL, &head, &content, err) != FILE_WHOLE ||
        !record_open(content, &reader, err))
        return err_wrap(err, "%s", path);
    *err = (struct err){ .kind = ERR_NONE };
    while (record_next(&reader, &entry, err))
        if (entry.kind == ENTRY_DELTA)
            take(arena, saved, &entry);
    return err->kind == ERR_NONE || err_wrap(err, "%s", path);
}

bool saved_read(struct arena *arena, const char *checkpoint, struct saved *saved, struct err *err)
{
    const char *path = checkpoint;
    *saved = (struct saved){ 0 };
    *err = (struct err){ .kind = ERR_NONE };
    if (strncmp(path, "file://", 7) == 0)
        path += 7;
    else if (strstr(path, "://"))
        return err_set(err, ERR_FATAL, "%s is not read here", checkpoint);
    const char *directory = find_directory(arena, path, err);
    if (!directory)
        return err->kind == ERR_NONE;
    uint64_t snapshot = newest(arena_printf(arena, "%s/snap", directory));
    uint64_t last = newest(arena_printf(arena, "%s/log", directory));
    if (snapshot &&
        !read_file(arena, saved, arena_printf(arena, "%s/snap/%" PRIu64, directory, snapshot), err))
        return false;
    for (uint64_t i = snapshot + 1; i <= last; i++)
        if (!read_file(arena, saved, arena_printf(arena, "%s/log/%" PRIu64, directory, i), err))
            return false;
    return true;
}
