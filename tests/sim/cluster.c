/* What becomes of edits: seen by readers, synced, thrown away by a failover or a loss of power. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "store_parts.h"

int64_t cluster_time_ms(const struct sim_store *store)
{
    return 1795537600000 + (int64_t)(store->sim->now_us / 1000);
}

void sim_store_on_rename(struct sim_store *store, sim_store_put_cb each, void *ctx)
{
    store->on_rename = each;
    store->on_rename_ctx = ctx;
}

static void tell_rename(struct sim_store *store, const struct sim_edit *edit)
{
    const struct sim_node *node = sim_tree_find(&store->vis, edit->target_base, edit->target);
    char path[200];
    if (!node || !node->content)
        return;
    snprintf(path, sizeof path, "%s/%s", node->parent->name ? node->parent->name : "", node->name);
    store->on_rename(store->on_rename_ctx, path, node->content);
}

bool cluster_apply(struct sim_store *store, const struct sim_edit *edit, uint64_t number)
{
    if (!sim_tree_apply(&store->vis, edit))
        return false;
    if (edit->kind == EDIT_RENAME && store->on_rename)
        tell_rename(store, edit);
    if (store->n_pending == store->cap_pending) {
        store->cap_pending = store->cap_pending ? store->cap_pending * 2 : 16;
        store->pending = realloc(store->pending, store->cap_pending * sizeof *store->pending);
        check(store->pending);
    }
    store->pending[store->n_pending++] = (struct store_pending){ sim_edit_copy(edit), number };
    return true;
}

static void sync_first(struct sim_store *store, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        sim_tree_apply(&store->dur, &store->pending[i].edit);
        sim_edit_free(&store->pending[i].edit);
    }
    store->n_pending -= n;
    if (store->n_pending)
        memmove(store->pending, store->pending + n, store->n_pending * sizeof *store->pending);
}

/* ---- a local file system: fsync of the file and of the directories that were changed */

struct dirs { /* ids of directories */
    uint64_t ids[8];
    size_t n;
};

static bool dirs_have(const struct dirs *dirs, uint64_t id)
{
    for (size_t i = 0; i < dirs->n; i++)
        if (dirs->ids[i] == id)
            return true;
    return false;
}

static void dirs_add(struct dirs *dirs, const struct sim_edit *edit)
{
    if (edit->kind == EDIT_CLOSE)
        return;
    check(dirs->n + 2 <= ARRAY_SIZE(dirs->ids));
    dirs->ids[dirs->n++] = edit->base;
    if (edit->kind == EDIT_RENAME)
        dirs->ids[dirs->n++] = edit->target_base;
}

/* The edits of this request, and all of the directories it changed, whoever made them. False: one
 * of them stands on another that is not synced. */
static bool sync_own(struct sim_store *store, uint64_t number)
{
    struct dirs dirs = { .n = 0 };
    size_t kept = 0;
    bool whole = true;
    for (size_t i = 0; i < store->n_pending; i++) {
        if (store->pending[i].number != number)
            continue;
        if (store->pending[i].edit.kind == EDIT_REMOVE)
            return false; /* what was moved out of it before must not go with it */
        dirs_add(&dirs, &store->pending[i].edit);
    }
    for (size_t i = 0; i < store->n_pending; i++) {
        const struct sim_edit *edit = &store->pending[i].edit;
        bool synced = store->pending[i].number == number ||
                      (edit->kind != EDIT_CLOSE && dirs_have(&dirs, edit->base)) ||
                      (edit->kind == EDIT_RENAME && dirs_have(&dirs, edit->target_base));
        if (synced && whole && sim_tree_apply(&store->dur, edit)) {
            sim_edit_free(&store->pending[i].edit);
        } else {
            whole = whole && !synced;
            store->pending[kept++] = store->pending[i];
        }
    }
    store->n_pending = kept;
    return whole;
}

void cluster_sync_all(struct sim_store *store)
{
    sync_first(store, store->n_pending);
}

void cluster_sync(struct sim_store *store, uint64_t number)
{
    if (!store->is_local || !sync_own(store, number))
        cluster_sync_all(store);
}

/* Some of the edits on their way to the other NameNode got there, the later ones did not. */
void sim_store_failover(struct sim_store *store, bool all_lost)
{
    size_t kept = all_lost ? 0 : sim_below(store->sim, store->n_pending + 1);
    check(!store->is_local);
    store->failovers++;
    census_note(CENSUS_FAILOVERS);
    sim_tree_copy(&store->old, &store->vis);
    sync_first(store, kept);
    sim_trace(store->sim, "failover: %zu edits survive, %zu are gone", kept, store->n_pending);
    for (size_t i = 0; i < store->n_pending; i++)
        sim_edit_free(&store->pending[i].edit);
    store->n_pending = 0;
    sim_tree_copy(&store->vis, &store->dur);
}

/* The first bytes are as they were written. Behind them the file ends, or pages never came to the disk, or came with bits
 * turned over. */
static void tear(struct sim *sim, struct sim_edit *edit)
{
    struct sim_bytes *whole = edit->content;
    size_t kept = sim_below(sim, whole->len + 1);
    uint64_t how = sim_below(sim, 3);
    struct sim_bytes *torn = sim_bytes_new(how ? whole->len : kept);
    memset(torn->bytes, 0, torn->len);
    memcpy(torn->bytes, whole->bytes, how == 2 ? whole->len : kept);
    for (size_t i = kept; i < whole->len && how == 2; i += 1 + sim_below(sim, 64))
        torn->bytes[i] ^= (uint8_t)(1 << sim_below(sim, 8));
    edit->content = torn;
    census_note(how == 2 && kept < whole->len ? CENSUS_FLIPPED : CENSUS_TORN);
    sim_bytes_drop(whole);
}

/* The bytes of one file went where another one's belong. Both were being written: nothing that is durable is hit. */
static void misdirect(struct sim_store *store)
{
    struct sim_edit *from = NULL;
    for (size_t i = 0; i < store->n_pending; i++) {
        struct sim_edit *edit = &store->pending[i].edit;
        if (edit->kind != EDIT_CLOSE)
            continue;
        if (from && from->id != edit->id) {
            sim_bytes_drop(edit->content);
            edit->content = from->content;
            from->content = sim_bytes_new(0);
            census_note(CENSUS_MISDIRECTED);
            return;
        }
        from = edit;
    }
}

void sim_store_power_loss(struct sim_store *store)
{
    struct sim *sim = store->sim;
    check(store->is_local);
    LIST_EACH(link, &sim->parts->processes)
    sim_kill(LIST_ITEM(link, struct sim_process_parts, link)->process);
    size_t kept = 0;
    census_note(CENSUS_POWER_LOSSES);
    if (sim_chance(sim, 500))
        misdirect(store);
    for (size_t i = 0; i < store->n_pending; i++) {
        struct sim_edit *edit = &store->pending[i].edit;
        if (sim_chance(sim, 500)) {
            if (edit->kind == EDIT_CLOSE && sim_chance(sim, 500))
                tear(sim, edit);
            kept += sim_tree_apply(&store->dur, edit);
        }
        sim_edit_free(edit);
    }
    sim_trace(sim, "power loss: %zu of %zu edits survive", kept, store->n_pending);
    store->n_pending = 0;
    sim_tree_copy(&store->vis, &store->dur);
}

/* ---- refusing */

static const struct {
    const char *name;
    unsigned code;
    const char *text;
} spells[] = {
    [SPELL_NONE] = { "none", 0, "" },
    [SPELL_SAFE_MODE] = { "safe mode", 310, "403 SafeModeException Name node is in safe mode" },
    [SPELL_FULL] = { "disk full", 320, "no space left on device" },
    [SPELL_AWAY] = { "away", 302, "connection refused" },
};

static void spell_begin(struct sim_store *store)
{
    uint64_t ms = 1 + sim_below(store->sim, store->sim->faults.refused_ms);
    store->spell = 1 + (enum store_spell)sim_below(store->sim, SPELL_AWAY);
    if (store->is_local)
        store->spell = SPELL_FULL;
    census_note(CENSUS_REFUSALS);
    store->spell_end_us = store->sim->now_us + ms * 1000;
    sim_trace(store->sim, "the store refuses for %llu ms: %s", (unsigned long long)ms,
              spells[store->spell].name);
}

bool cluster_refuses(struct sim_store *store, bool is_read, bool is_create, struct err *err)
{
    if (store->spell && store->sim->now_us >= store->spell_end_us)
        store->spell = SPELL_NONE;
    if (!store->spell && sim_chance(store->sim, store->sim->faults.refused))
        spell_begin(store);
    bool refuses = store->spell == SPELL_AWAY || (store->spell == SPELL_SAFE_MODE && !is_read) ||
                   (store->spell == SPELL_FULL && is_create);
    if (refuses)
        err_code(err, ERR_RETRY, spells[store->spell].code, "%s", spells[store->spell].text);
    return refuses;
}

/* ---- for checkers and for whoever damages files */

static struct slice slice_of(const struct sim_node *node)
{
    return node->content ? (struct slice){ node->content->bytes, node->content->len }
                         : (struct slice){ "", 0 };
}

bool sim_store_read(struct sim_store *store, const char *path, struct slice *bytes)
{
    struct sim_node *node = sim_tree_find(&store->vis, 1, path);
    if (!node || node->is_directory)
        return false;
    *bytes = slice_of(node);
    return true;
}

static void walk(const struct sim_node *node, const char *path, sim_store_each each, void *ctx)
{
    char below[1024];
    if (!node->is_directory)
        each(ctx, path, slice_of(node));
    for (size_t i = 0; i < node->n; i++) {
        size_t len = strlen(path), more = strlen(node->children[i]->name);
        check(len + more + 2 < sizeof below);
        memcpy(below, path, len);
        if (len)
            below[len++] = '/';
        memcpy(below + len, node->children[i]->name, more + 1);
        walk(node->children[i], below, each, ctx);
    }
}

void sim_store_walk(struct sim_store *store, const char *path, sim_store_each each, void *ctx)
{
    struct sim_node *node = sim_tree_find(&store->vis, 1, path);
    if (node)
        walk(node, path, each, ctx);
}

static void put_edit(struct sim_store *store, const struct sim_edit *edit)
{
    if (sim_tree_apply(&store->vis, edit))
        sim_tree_apply(&store->dur, edit);
}

void sim_store_put(struct sim_store *store, const char *path, struct slice bytes)
{
    struct sim_edit edit = { EDIT_REMOVE, .base = 1, .time_ms = cluster_time_ms(store) };
    edit.path = (char *)(uintptr_t)path;
    sync_first(store, store->n_pending);
    put_edit(store, &edit);
    if (!bytes.ptr)
        return;
    edit.id = store->next_id += STORE_IDS;
    edit.makes_parents = true;
    edit.kind = EDIT_OPEN;
    put_edit(store, &edit);
    edit.kind = EDIT_CLOSE;
    edit.content = sim_bytes_new(bytes.len);
    memcpy(edit.content->bytes, bytes.ptr, bytes.len);
    put_edit(store, &edit);
    sim_bytes_drop(edit.content);
}

void cluster_free(struct sim_store *store)
{
    for (size_t i = 0; i < store->n_pending; i++)
        sim_edit_free(&store->pending[i].edit);
    free(store->pending);
    sim_tree_free(&store->vis);
    sim_tree_free(&store->dur);
    sim_tree_free(&store->old);
    free(store->url);
    free(store);
}
