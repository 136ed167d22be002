/* Through the store's door, one request after the other; each runs the loop until its answer, which a few seconds bound. */
#include "cli/saved.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "durable/file.h"
#include "durable/record.h"
#include "io/loop.h"
#include "io/store.h"
#include "io/world.h"

#define FILE_MAX \
    (1u << 30) /* of a snapshot that is read for this; a larger one is not worth the memory */
#define CONNECT_MS 2000 /* to a server … */
#define ANSWER_MS 5000  /* … and for an answer of it: somebody waits at a terminal … */
#define TOTAL_MS 20000  /* … for all requests */

struct look { /* into a store */
    struct arena *arena;
    struct loop *loop;
    struct store *store;
    const char *url;
    uint64_t until_ms;
    struct store_req req;
};

/* ---- one request */

static void look_cb(struct store_req *req)
{
    struct look *look = CONTAINER_OF(req, struct look, req);
    loop_stop(look->loop);
}

/* STORE_NO is an answer, too; false: err says why there is none. */
static bool look_ask(struct look *look, void (*ask)(struct store *, struct store_req *),
                     const char *path, struct err *err)
{
    store_req_free(&look->req);
    look->req = (struct store_req){ .path = path, .length_max = FILE_MAX, .cb = look_cb };
    if (loop_now_ms(look->loop) > look->until_ms) /* uncovered: many answers, each just in time */
        return err_set(err, ERR_RETRY, "%s: not read within %u s", look->url, TOTAL_MS / 1000);
    ask(look->store, &look->req);
    loop_run(look->loop);
    if (look->req.answer == STORE_YES || look->req.answer == STORE_NO)
        return true;
    *err = look->req.err;
    return err_wrap(err, "%s", look->url);
}

static bool look_list(struct look *look, const char *path, struct err *err)
{
    return look_ask(look, look->store->ops->list, path, err);
}

/* ---- where things are */

/* The one directory of the job, e<epoch>.<nonce>; NULL: none yet. */
static bool find_directory(struct look *look, const char **path, struct err *err)
{
    *path = NULL;
    if (!look_list(look, "", err))
        return false;
    for (size_t i = 0; i < look->req.n_entries; i++) {
        const char *name = look->req.entries[i].name;
        if (name[0] == 'e' && strchr(name, '.'))
            *path = arena_strdup(look->arena, name);
    }
    return true;
}

/* The largest number among the names of a folder; 0: none. */
static bool newest(struct look *look, const char *path, uint64_t *most, struct err *err)
{
    *most = 0;
    if (!look_list(look, path, err))
        return false;
    for (size_t i = 0; i < look->req.n_entries; i++) {
        char *end;
        uint64_t number = strtoull(look->req.entries[i].name, &end, 10);
        if (!*end && number > *most)
            *most = number;
    }
    return true;
}

/* ---- what is in them */

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

static bool read_file(struct look *look, struct saved *saved, const char *path, struct err *err)
{
    struct slice bytes, content;
    struct file_head head;
    struct record_reader reader;
    struct entry entry;
    if (!look_ask(look, look->store->ops->read, path, err))
        return false;
    if (look->req.answer == STORE_NO)
        return err_set(err, ERR_RETRY, "%s went while it was looked for: ask again", path);
    bytes = (struct slice){ arena_alloc(look->arena, look->req.data.len), look->req.data.len };
    memcpy((void *)(uintptr_t)bytes.ptr, look->req.data.ptr, bytes.len);
    if (file_open(bytes, NULL, &head, &content, err) != FILE_WHOLE ||
        !record_open(content, &reader, err))
        return err_wrap(err, "%s", path);
    *err = (struct err){ .kind = ERR_NONE };
    while (record_next(&reader, &entry, err))
        if (entry.kind == ENTRY_DELTA)
            take(look->arena, saved, &entry);
    return err->kind == ERR_NONE || err_wrap(err, "%s", path);
}

static bool read_all(struct look *look, struct saved *saved, struct err *err)
{
    struct arena *arena = look->arena;
    const char *directory;
    uint64_t snapshot, last;
    if (!find_directory(look, &directory, err) || !directory)
        return err->kind == ERR_NONE;
    if (!newest(look, arena_printf(arena, "%s/snap", directory), &snapshot, err) ||
        !newest(look, arena_printf(arena, "%s/log", directory), &last, err))
        return false;
    if (snapshot &&
        !read_file(look, saved, arena_printf(arena, "%s/snap/%" PRIu64, directory, snapshot), err))
        return false;
    for (uint64_t i = snapshot + 1; i <= last; i++)
        if (!read_file(look, saved, arena_printf(arena, "%s/log/%" PRIu64, directory, i), err))
            return false;
    return true;
}

/* ---- the whole of it */

static void closed_cb(void *ctx)
{
    loop_stop(((struct look *)ctx)->loop);
}

bool saved_read(struct arena *arena, const struct settings *settings, const char *url,
                struct saved *saved, struct err *err)
{
    struct world *world = world_new();
    struct look look = { .arena = arena, .loop = loop_new(world), .url = url };
    struct store_conf conf = { .url = url,
                               .user = settings->store_user,
                               .connect_timeout_ms = CONNECT_MS,
                               .timeout_ms = ANSWER_MS,
                               .write_timeout_ms = ANSWER_MS };
    *saved = (struct saved){ 0 };
    *err = (struct err){ .kind = ERR_NONE };
    bool ok = store_open(look.loop, &conf, &look.store, err);
    if (ok) {
        look.until_ms = loop_now_ms(look.loop) + TOTAL_MS;
        ok = read_all(&look, saved, err);
        store_req_free(&look.req);
        look.store->ops->close(look.store, closed_cb, &look);
        loop_run(look.loop);
    }
    loop_free(look.loop);
    world_free(world);
    return ok;
}
