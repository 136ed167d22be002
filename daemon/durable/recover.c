/* Happy path: list snap/, log/, wal/ and out/; load the newest snapshot; read the record it stands
 * for and hold the two against each other; read older records as long as outputs of theirs are owed;
 * read the records behind the snapshot, several at once, and apply them in order; check that the
 * group commits behind those taken are all there; cb.
 *
 * Failure modes: a snapshot that is not whole gives way to the one before it. All else that is
 * missing or does not fit is the end, named: nothing that is published can be torn, so it is damage
 * and no trace of a crash. Close: none; what is under way ends with the process. */
#include "durable/recover.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/list.h"
#include "base/mem.h"
#include "durable/recover_parts.h"

static const struct sm_state recover_states[RECOVER_STATES] = {
#define ENDS SM_TO(RECOVER_ENDED)
    [RECOVER_SNAPSHOTS] = { "snapshots", SM_TO(RECOVER_LOG) | ENDS },
    [RECOVER_LOG] = { "log", SM_TO(RECOVER_WAL) | ENDS },
    [RECOVER_WAL] = { "wal", SM_TO(RECOVER_OUT) | ENDS },
    [RECOVER_OUT] = { "out", SM_TO(RECOVER_LOADING) | SM_TO(RECOVER_RECORDS) | ENDS },
    [RECOVER_LOADING] = { "loading", SM_TO(RECOVER_LOADING) | SM_TO(RECOVER_BACK) |
                                         SM_TO(RECOVER_RECORDS) | ENDS },
    [RECOVER_BACK] = { "back", SM_TO(RECOVER_BACK) | SM_TO(RECOVER_RECORDS) | ENDS },
    [RECOVER_RECORDS] = { "records", ENDS },
    [RECOVER_ENDED] = { "ended", 0 },
#undef ENDS
};

static void recover_step(struct recover *recover);
static void recover_records(struct recover *recover);

static void recover_asked_cb(struct ask *ask)
{
    recover_step(CONTAINER_OF(ask, struct recover, ask));
}

static void recover_ask(struct recover *recover, enum recover_state state,
                        void (*op)(struct store *store, struct store_req *req))
{
    sm_move(&recover->sm, state);
    ask_done(&recover->ask);
    recover->ask.req = (struct store_req){ .path = recover->path, .length_max = FILE_LENGTH_MAX };
    ask_start(&recover->ask, op, recover_asked_cb);
}

static void recover_fail(struct recover *recover, const struct err *err)
{
    sm_move(&recover->sm, RECOVER_ENDED);
    recover->cb(recover->ctx, NULL, err);
}

/* ---- listing */

static const struct recover_folder {
    const char *name;
    enum recover_state state;
} recover_folders[] = {
    { "snap", RECOVER_SNAPSHOTS },
    { "log", RECOVER_LOG },
    { "wal", RECOVER_WAL },
    { "out", RECOVER_OUT },
};

static void recover_list(struct recover *recover, enum recover_state state)
{
    directory_path(recover->directory, recover->path, "%s", recover_folders[state].name);
    recover_ask(recover, state, recover->directory->store->ops->list);
}

static void recover_next_snapshot(struct recover *recover, const struct err *why);

static void recover_listed(struct recover *recover)
{
    struct err err;
    enum recover_state state = (enum recover_state)sm_state(&recover->sm);
    if (recover->ask.req.answer != STORE_YES) {
        err = recover->ask.req.err;
        if (recover->ask.req.answer == STORE_NO)
            err_code(&err, ERR_FATAL, 350, "the folder %s is missing", recover->path);
        recover_fail(recover, &err);
        return;
    }
    switch (state) {
        case RECOVER_SNAPSHOTS:
            recover_list_numbers(recover, &recover->snaps);
            break;
        case RECOVER_LOG:
            recover_list_numbers(recover, &recover->log);
            break;
        case RECOVER_WAL:
            recover_list_commits(recover);
            break;
        default:
            recover_list_outs(recover);
            break;
    }
    if (state == RECOVER_OUT) {
        recover->snaps_left = recover->snaps.n;
        recover_next_snapshot(recover, NULL);
    } else {
        recover_list(recover, state + 1);
    }
}

/* ---- the snapshot */

static void recover_next_snapshot(struct recover *recover, const struct err *why)
{
    if (recover->snaps_left > 0) {
        uint64_t index = recover->snaps.numbers[--recover->snaps_left];
        directory_path(recover->directory, recover->path, "snap/%" PRIu64, index);
        recover_ask(recover, RECOVER_LOADING, recover->directory->store->ops->read);
    } else if (why && !recover_has(&recover->log, 1)) {
        recover_fail(recover, why); /* none is whole, and the log does not begin at its beginning */
    } else {
        recover_records(recover);
    }
}

static bool recover_load(struct recover *recover, uint64_t index, struct err *err)
{
    const struct store_req *req = &recover->ask.req;
    struct file_head want = { .kind = FILE_SNAP, .index = index }, head;
    struct slice content;
    struct progress progress = { 0 };
    directory_want(recover->directory, &want);
    if (req->answer == STORE_NO)
        return err_code(err, ERR_FATAL, 351, "it is missing");
    if (req->answer != STORE_YES) {
        *err = req->err;
        return false;
    }
    if (file_open(buf_slice(&req->data), &want, &head, &content, err) != FILE_WHOLE)
        return false;
    if (!progress_load(&progress, content, index, err)) {
        progress_free(&progress);
        return false;
    }
    recover->found->n_states = 0;
    recover_gather_states(recover, content);
    recover->found->progress = progress;
    return true;
}

static void recover_read_back(struct recover *recover, uint64_t index)
{
    recover->back = index;
    directory_path(recover->directory, recover->path, "log/%" PRIu64, index);
    recover_ask(recover, RECOVER_BACK, recover->directory->store->ops->read);
}

static void recover_loaded(struct recover *recover)
{
    struct err err;
    uint64_t index = recover->snaps.numbers[recover->snaps_left];
    if (!recover_load(recover, index, &err)) {
        err_wrap(&err, "%s", recover->path);
        recover_next_snapshot(recover, &err);
        return;
    }
    recover->found->snapshot = index;
    recover->back_hash = recover->found->progress.hash;
    recover_read_back(recover, index);
}

/* ---- back from the snapshot: outputs that are owed */

static uint64_t recover_all_delivered(const struct progress *progress)
{
    uint64_t all = progress->batch;
    for (size_t i = 0; i < progress->n_outputs; i++)
        if (progress->outputs[i].delivered < all)
            all = progress->outputs[i].delivered;
    return all;
}

static void recover_backed(struct recover *recover)
{
    struct err err = { .kind = ERR_NONE };
    struct slice content;
    uint64_t first = UINT64_MAX, all = recover_all_delivered(&recover->found->progress);
    bool ok = recover_open(recover, &recover->ask, recover->back, &content, &err);
    if (ok && record_hash(buf_slice(&recover->ask.req.data)) != recover->back_hash)
        ok = err_code(&err, ERR_FATAL, 350,
                      "%s is not the record that stood before the next one or under the snapshot",
                      recover->path);
    if (!ok || !recover_gather(recover, content, &first, &err)) {
        recover_fail(recover, &err);
    } else if (first <= all + 1 || all == recover->found->progress.batch ||
               !recover_has(&recover->log,
                            recover->back - 1)) { /* trimmed: nothing is owed there */
        recover_records(recover);
    } else {
        recover->back_hash = be_u64(content.ptr);
        recover_read_back(recover, recover->back - 1);
    }
}

/* ---- forward from the snapshot */

static void recover_end(struct recover *recover)
{
    struct recovered *found = recover->found;
    struct err err = { .kind = ERR_NONE };
    recover_settle_outputs(recover);
    if (!recover_check_wal(recover, &err)) {
        recover_fail(recover, &err);
        return;
    }
    found->snapshots = recover->snaps.numbers;
    found->n_snapshots = recover->snaps.n;
    found->log_first = recover->log.n ? recover->log.numbers[0] : 0;
    recover_clean(recover);
    sm_move(&recover->sm, RECOVER_ENDED);
    recover->cb(recover->ctx, found, &err);
    mem_free(recover);
}

/* Applies the record that is next; its bytes were read. */
static bool recover_apply(struct recover *recover, struct recover_slot *slot, struct err *err)
{
    struct recovered *found = recover->found;
    struct slice content, file = buf_slice(&slot->ask.req.data);
    if (!recover_open(recover, &slot->ask, recover->next_read, &content, err))
        return false;
    if (!progress_apply(&found->progress, content, recover->next_read, record_hash(file), err))
        return err_wrap(err, "%s", slot->path);
    recover_gather_applied(recover, content);
    found->records++;
    found->log_files++;
    found->log_bytes += file.len;
    return true;
}

static void recover_fill(struct recover *recover);

static void recover_read_cb(struct ask *ask)
{
    struct recover_slot *slot = CONTAINER_OF(ask, struct recover_slot, ask);
    slot->done = true;
    recover_fill(slot->recover);
}

static void recover_send(struct recover *recover, struct recover_slot *slot)
{
    directory_path(recover->directory, slot->path, "log/%" PRIu64, recover->next_sent++);
    slot->busy = true;
    slot->done = false;
    slot->ask.req = (struct store_req){ .path = slot->path, .length_max = FILE_LENGTH_MAX };
    ask_start(&slot->ask, recover->directory->store->ops->read, recover_read_cb);
}

/* Applies what is read, in order, and keeps the window full. */
static void recover_fill(struct recover *recover)
{
    struct err err = { .kind = ERR_NONE };
    if (sm_state(&recover->sm) != RECOVER_RECORDS)
        return;
    for (;; recover->next_read++) {
        struct recover_slot *slot = &recover->slots[recover->next_read % RECOVER_AT_ONCE];
        if (!slot->busy || !slot->done)
            break;
        if (!recover_apply(recover, slot, &err)) {
            recover_fail(recover, &err);
            return;
        }
        ask_done(&slot->ask);
        slot->busy = false;
    }
    while (recover->next_sent <= recover->last &&
           recover->next_sent < recover->next_read + RECOVER_AT_ONCE)
        recover_send(recover, &recover->slots[recover->next_sent % RECOVER_AT_ONCE]);
    if (recover->next_read > recover->last)
        recover_end(recover);
}

static void recover_records(struct recover *recover)
{
    struct err err;
    uint64_t begin = recover->found->snapshot;
    ask_done(&recover->ask);
    if (!recover_check_log(recover, &err)) {
        recover_fail(recover, &err);
        return;
    }
    sm_move(&recover->sm, RECOVER_RECORDS);
    recover->next_sent = recover->next_read = begin + 1;
    recover->last = recover->log.n ? recover->log.numbers[recover->log.n - 1] : 0;
    recover_fill(recover);
}

/* ---- the whole flow */

static void recover_step(struct recover *recover)
{
    switch ((enum recover_state)sm_state(&recover->sm)) {
        case RECOVER_SNAPSHOTS:
        case RECOVER_LOG:
        case RECOVER_WAL:
        case RECOVER_OUT:
            recover_listed(recover);
            break;
        case RECOVER_LOADING:
            recover_loaded(recover);
            break;
        case RECOVER_BACK:
            recover_backed(recover);
            break;
        default:
            check(false);
    }
}

void recover_start(struct directory *directory, recover_cb cb, void *ctx)
{
    struct recover *recover = mem_zalloc(sizeof *recover);
    recover->directory = directory;
    recover->cb = cb;
    recover->ctx = ctx;
    recover->found = mem_zalloc(sizeof *recover->found);
    recover->ask.directory = directory;
    recover->ask.ends = ASK_OWN | ASK_FATAL_ENDS;
    for (unsigned i = 0; i < RECOVER_AT_ONCE; i++)
        recover->slots[i] = (struct recover_slot){
            .recover = recover,
            .ask = { .directory = directory, .ends = ASK_OWN | ASK_FATAL_ENDS },
        };
    sm_init(&recover->sm, recover_states, RECOVER_SNAPSHOTS);
    directory_path(directory, recover->path, "%s", recover_folders[0].name);
    recover->ask.req = (struct store_req){ .path = recover->path };
    ask_start(&recover->ask, directory->store->ops->list, recover_asked_cb);
}
