/* Happy path of a first start: touch `job` (none), list (nothing), make the folders, write `job`,
 * rename it into place, touch it, read it, list, rename the directory, list (it is ours), publish
 * the owner file, done. Later starts begin with `job` there; a directory that has an owner is
 * watched until he is dead.
 *
 * Failure modes: requests that say the same done once or twice are repeated by ask.h; of the others
 * an unknown outcome is settled by what comes next: folders and `job` are made under another name,
 * the rename of the directory is followed by a listing whatever was answered. Listings that cannot
 * be (two directories, none) are believed when they are seen several times in a row. */
#include "durable/claim.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/list.h"
#include "base/mem.h"
#include "durable/claim_parts.h"
#include "durable/publish.h"
#include "io/world.h"

#define CLAIM_ODD_MAX 4  /* a listing taken while others rename may show both names, or none */
#define CLAIM_ODD_MS 500 /* and is taken again after that */
#define CLAIM_INIT "init."

static const char *const claim_folders[] = { "wal", "log", "snap", "out", "dead" };

static const struct sm_state claim_states[CLAIM_STATES] = {
#define ENDS SM_TO(CLAIM_ENDED)
    [CLAIM_FINDING] = { "finding", SM_TO(CLAIM_CHECKING) | SM_TO(CLAIM_READING) },
    [CLAIM_CHECKING] = { "checking", SM_TO(CLAIM_FINDING) | SM_TO(CLAIM_MAKING) | ENDS },
    [CLAIM_MAKING] = { "making", SM_TO(CLAIM_MAKING) | SM_TO(CLAIM_WRITING) },
    [CLAIM_WRITING] = { "writing", SM_TO(CLAIM_WRITING) | SM_TO(CLAIM_NAMING) },
    [CLAIM_NAMING] = { "naming", SM_TO(CLAIM_FINDING) },
    [CLAIM_READING] = { "reading", SM_TO(CLAIM_FINDING) | SM_TO(CLAIM_LISTING) | ENDS },
    [CLAIM_LISTING] = { "listing", SM_TO(CLAIM_LISTING) | SM_TO(CLAIM_WATCH_DIRECTORY) |
                                       SM_TO(CLAIM_TAKING) | SM_TO(CLAIM_SIGNING) | ENDS },
    [CLAIM_WATCH_DIRECTORY] = { "watching", SM_TO(CLAIM_LISTING) | SM_TO(CLAIM_WATCH_OWNER) |
                                                SM_TO(CLAIM_WATCH_LOG) },
    [CLAIM_WATCH_OWNER] = { "watching", SM_TO(CLAIM_LISTING) | SM_TO(CLAIM_WATCH_LOG) },
    [CLAIM_WATCH_LOG] = { "watching", SM_TO(CLAIM_LISTING) | SM_TO(CLAIM_TAKING) },
    [CLAIM_TAKING] = { "taking", SM_TO(CLAIM_LISTING) },
    [CLAIM_SIGNING] = { "signing", SM_TO(CLAIM_OWNING) | ENDS },
    [CLAIM_OWNING] = { "owning", 0 },
    [CLAIM_ENDED] = { "ended", 0 },
#undef ENDS
};

static void claim_find(struct claim *claim);
static void claim_make(struct claim *claim);
static void claim_write(struct claim *claim);
static void claim_step(struct claim *claim);

/* ---- the pieces of the flow */

static void claim_timer_cb(struct loop_timer *timer)
{
    struct claim *claim = CONTAINER_OF(timer, struct claim, timer);
    claim->resume(claim);
}

void claim_wait(struct claim *claim, uint64_t ms, void (*resume)(struct claim *claim))
{
    claim->resume = resume;
    loop_timer_start(claim->conf.loop, &claim->timer, ms, claim_timer_cb);
}

static void claim_asked_cb(struct ask *ask)
{
    claim_step(CONTAINER_OF(ask, struct claim, ask));
}

void claim_ask(struct claim *claim, enum claim_state state, unsigned ends,
               void (*op)(struct store *store, struct store_req *req))
{
    struct ask *ask = &claim->ask;
    ask_done(ask);
    sm_move(&claim->sm, state);
    ask->ends = ends;
    ask->req = (struct store_req){ .path = claim->path, .length_max = CLAIM_OWNER_MAX };
    if (op == claim->conf.store->ops->rename)
        ask->req.target = claim->target;
    if (op == claim->conf.store->ops->create) {
        ask->req.pieces = claim->pieces;
        ask->req.n_pieces = ARRAY_SIZE(claim->pieces);
        ask->req.durable = true;
    }
    ask_start(ask, op, claim_asked_cb);
}

/* The answer settles nothing, and the flow goes on with resume after a wait: at once when it was a
 * yes or a no. */
static void claim_settle(struct claim *claim, void (*resume)(struct claim *claim))
{
    const struct store_req *req = &claim->ask.req;
    if (req->answer == STORE_UNKNOWN || req->answer == STORE_REFUSED)
        claim_wait(claim, directory_trouble(&claim->directory, &claim->failures, &req->err),
                   resume);
    else
        resume(claim);
}

static void claim_end(struct claim *claim, const struct err *err)
{
    sm_move(&claim->sm, CLAIM_ENDED);
    ask_done(&claim->ask);
    claim->conf.done(claim->conf.ctx, NULL, err);
}

static void claim_random(struct claim *claim, void *out, size_t n)
{
    world_random(loop_world(claim->conf.loop), out, n);
}

static void claim_hex(const uint8_t *bytes, size_t n, char *text)
{
    for (size_t i = 0; i < n; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
}

static void claim_new_nonce(struct claim *claim)
{
    uint8_t bytes[(DIRECTORY_NONCE_SIZE - 1) / 2];
    claim_random(claim, bytes, sizeof bytes);
    claim_hex(bytes, sizeof bytes, claim->directory.nonce);
}

/* ---- step 1: the file `job` */

static void claim_find(struct claim *claim)
{
    strcpy(claim->path, "job");
    claim_ask(claim, CLAIM_FINDING, ASK_ANSWERED, claim->conf.store->ops->touch);
}

static void claim_found(struct claim *claim)
{
    bool there = claim->ask.req.answer == STORE_YES;
    strcpy(claim->path, there ? "job" : "");
    if (there)
        claim_ask(claim, CLAIM_READING, ASK_FATAL_ENDS, claim->conf.store->ops->read);
    else
        claim_ask(claim, CLAIM_CHECKING, ASK_ANSWERED, claim->conf.store->ops->list);
}

/* e<epoch>.<nonce>? */
static bool claim_parse_name(const char *name, uint64_t *epoch)
{
    char *nonce;
    if (name[0] != 'e' || name[1] < '0' || name[1] > '9' || strlen(name) >= DIRECTORY_NAME_SIZE)
        return false;
    *epoch = strtoull(name + 1, &nonce, 10);
    return *nonce == '.' && strspn(nonce + 1, "0123456789abcdef") == DIRECTORY_NONCE_SIZE - 1 &&
           nonce[DIRECTORY_NONCE_SIZE] == 0;
}

/* What is in the checkpoint directory as it was just listed. */
struct claim_seen {
    const char *name;  /* of a directory e<epoch>.<nonce>; NULL = none */
    const char *other; /* of a second one */
    uint64_t epoch;
    bool init; /* init.<lineage> as `job` names it */
    bool job;
};
static struct claim_seen claim_look(const struct claim *claim)
{
    struct claim_seen seen = { 0 };
    const struct store_req *req = &claim->ask.req;
    char init[sizeof CLAIM_INIT + 2 * FILE_LINEAGE_SIZE] = CLAIM_INIT;
    claim_hex(claim->directory.lineage, FILE_LINEAGE_SIZE, init + strlen(init));
    for (size_t i = 0; i < req->n_entries; i++) {
        uint64_t epoch;
        const char *name = req->entries[i].name;
        seen.init |= strcmp(name, init) == 0;
        seen.job |= strcmp(name, "job") == 0;
        if (!req->entries[i].is_directory || !claim_parse_name(name, &epoch))
            continue;
        if (seen.name)
            seen.other = seen.name;
        seen.name = name;
        seen.epoch = epoch;
    }
    return seen;
}

/* A listing that cannot be is taken again some times; then it is the end. */
static void claim_odd(struct claim *claim, const struct err *err,
                      void (*again)(struct claim *claim))
{
    if (++claim->odd >= CLAIM_ODD_MAX)
        claim_end(claim, err);
    else
        claim_wait(claim, CLAIM_ODD_MS, again);
}

static void claim_checked(struct claim *claim)
{
    struct err err;
    struct claim_seen seen = claim_look(claim);
    if (seen.job) {
        claim_find(claim);
    } else if (seen.name) {
        err_code(&err, ERR_FATAL, 350, "%s is there, the file `job` that belongs to it is missing",
                 seen.name);
        claim_odd(claim, &err, claim_find);
    } else {
        claim_make(claim);
    }
}

static void claim_make_next(struct claim *claim)
{
    int n = snprintf(claim->path, sizeof claim->path, CLAIM_INIT);
    claim_hex(claim->directory.lineage, FILE_LINEAGE_SIZE, claim->path + n);
    n = (int)strlen(claim->path);
    snprintf(claim->path + n, sizeof claim->path - (size_t)n, "/%s", claim_folders[claim->made]);
    claim_ask(claim, CLAIM_MAKING, ASK_UNKNOWN_ENDS, claim->conf.store->ops->mkdirs);
}

/* Under a fresh lineage each time: what was made before is litter. */
static void claim_make(struct claim *claim)
{
    claim_random(claim, claim->directory.lineage, FILE_LINEAGE_SIZE);
    claim->made = 0;
    claim_make_next(claim);
}

static void claim_made(struct claim *claim)
{
    if (claim->ask.req.answer != STORE_YES)
        claim_settle(claim, claim_make);
    else if (++claim->made < ARRAY_SIZE(claim_folders))
        claim_make_next(claim);
    else
        claim_write(claim);
}

static void claim_write(struct claim *claim)
{
    struct file_head head = { .kind = FILE_JOB };
    directory_want(&claim->directory, &head);
    file_seal(&head, NULL, 0, claim->head, claim->tail);
    claim->pieces[0] = (struct slice){ claim->head, sizeof claim->head };
    claim->pieces[1] = (struct slice){ claim->tail, sizeof claim->tail };
    snprintf(claim->path, sizeof claim->path, "tmp/0.%s/job.%" PRIu32, claim->directory.nonce,
             ++claim->job_tries);
    claim_ask(claim, CLAIM_WRITING, ASK_UNKNOWN_ENDS, claim->conf.store->ops->create);
}

static void claim_written(struct claim *claim)
{
    if (claim->ask.req.answer != STORE_YES) {
        claim_settle(claim, claim_write);
        return;
    }
    strcpy(claim->target, "job");
    claim_ask(claim, CLAIM_NAMING, ASK_ANSWERED, claim->conf.store->ops->rename);
}

static bool claim_read_job(struct claim *claim, struct err *err)
{
    const struct store_req *req = &claim->ask.req;
    struct file_head head;
    struct slice content;
    if (req->answer != STORE_YES) {
        *err = req->err;
        return err_wrap(err, "job");
    }
    if (file_open(buf_slice(&req->data), NULL, &head, &content, err) != FILE_WHOLE)
        return err_wrap(err, "job");
    if (head.kind != FILE_JOB)
        return err_code(err, ERR_FATAL, 350, "job: the file is of another kind");
    if (strcmp(head.job, claim->directory.job) != 0)
        return err_code(err, ERR_FATAL, 301, "the checkpoint belongs to job '%s', this is job '%s'",
                        head.job, claim->directory.job);
    memcpy(claim->directory.lineage, head.lineage, FILE_LINEAGE_SIZE);
    return true;
}

static void claim_job_read(struct claim *claim)
{
    struct err err;
    if (claim->ask.req.answer == STORE_NO) /* a server that is behind */
        claim_wait(claim, CLAIM_ODD_MS, claim_find);
    else if (claim_read_job(claim, &err))
        claim_list(claim);
    else
        claim_end(claim, &err);
}

/* ---- steps 2 and 3: the directory */

void claim_list(struct claim *claim)
{
    claim->path[0] = 0;
    claim_ask(claim, CLAIM_LISTING, ASK_ANSWERED, claim->conf.store->ops->list);
}

void claim_take(struct claim *claim)
{
    if (!claim->sent) {
        claim_new_nonce(claim);
        claim->directory.epoch = claim->from_epoch + 1;
        snprintf(claim->directory.name, sizeof claim->directory.name, "e%" PRIu64 ".%s",
                 claim->directory.epoch, claim->directory.nonce);
    }
    claim->sent = true;
    strcpy(claim->path, claim->from);
    strcpy(claim->target, claim->directory.name);
    claim_ask(claim, CLAIM_TAKING, ASK_UNKNOWN_ENDS, claim->conf.store->ops->rename);
}

static void claim_sign(struct claim *claim);

/* We sent a rename, and this is what the directory is called now. */
static bool claim_taken(struct claim *claim, const struct claim_seen *seen)
{
    struct err err;
    if (seen->name && strcmp(seen->name, claim->directory.name) == 0) {
        claim_sign(claim);
        return true;
    }
    if (seen->name && seen->epoch > claim->from_epoch) {
        err_code(&err, ERR_FENCED, 360, "another worker took the job over: %s", seen->name);
        claim_end(claim, &err);
        return true;
    }
    if (strcmp(claim->from, seen->name ? seen->name : claim->from) == 0) {
        err_set(&err, ERR_RETRY, "%s is not renamed yet", claim->from);
        claim_wait(claim, directory_trouble(&claim->directory, &claim->failures, &err), claim_take);
        return true;
    }
    claim->sent = false; /* a failover has undone somebody's take-over: begin anew */
    return false;
}

static void claim_listed(struct claim *claim)
{
    struct err err;
    struct claim_seen seen = claim_look(claim);
    if (seen.other) {
        err_code(&err, ERR_FATAL, 350, "two directories, %s and %s: one must go", seen.other,
                 seen.name);
        claim_odd(claim, &err, claim_list);
        return;
    }
    if (!seen.name && !seen.init) {
        err_code(&err, ERR_FATAL, 350, "the file `job` is there, its directory is missing");
        claim_odd(claim, &err, claim_list);
        return;
    }
    claim->odd = 0;
    if (claim->sent && claim_taken(claim, &seen))
        return;
    if (seen.name) {
        strcpy(claim->from, seen.name);
        claim->from_epoch = seen.epoch;
        claim_watch_start(claim);
        return;
    }
    strcpy(claim->from, CLAIM_INIT);
    claim_hex(claim->directory.lineage, FILE_LINEAGE_SIZE, claim->from + strlen(CLAIM_INIT));
    claim->from_epoch = 0;
    claim_take(claim);
}

/* ---- step 4: the owner file */

static void claim_signed_cb(struct publish *publish)
{
    struct claim *claim = publish_ctx(publish);
    buf_free(&claim->signature);
    sm_move(&claim->sm, CLAIM_OWNING);
    claim_keep_start(claim);
    claim->conf.done(claim->conf.ctx, &claim->directory, &(struct err){ .kind = ERR_NONE });
}

static void claim_sign(struct claim *claim)
{
    char path[DIRECTORY_PATH_SIZE];
    struct world *world = loop_world(claim->conf.loop);
    struct buf *text = &claim->signature;
    ask_done(&claim->ask);
    sm_move(&claim->sm, CLAIM_SIGNING);
    directory_relief(&claim->directory, &claim->failures);
    buf_put_str(text, world_host(world));
    buf_put_u32(text, world_pid(world));
    buf_put_str(text, claim->version);
    buf_put_u64(text, (uint64_t)world_wall_ms(world));
    claim->signature_piece = buf_slice(text);
    snprintf(path, sizeof path, "owner-%" PRIu64, claim->directory.epoch);
    publish_start(&(struct publish_conf){
        .directory = &claim->directory,
        .class = PUBLISH_RECORD,
        .head = { .kind = FILE_OWNER, .index = claim->directory.epoch },
        .path = path,
        .pieces = &claim->signature_piece,
        .n_pieces = 1,
        .cb = claim_signed_cb,
        .ctx = claim,
    });
}

/* ---- the whole flow */

static void claim_step(struct claim *claim)
{
    switch ((enum claim_state)sm_state(&claim->sm)) {
        case CLAIM_FINDING:
            claim_found(claim);
            break;
        case CLAIM_CHECKING:
            claim_checked(claim);
            break;
        case CLAIM_MAKING:
            claim_made(claim);
            break;
        case CLAIM_WRITING:
            claim_written(claim);
            break;
        case CLAIM_NAMING:
            claim_find(claim);
            break; /* ours or another's: `job` is there */
        case CLAIM_READING:
            claim_job_read(claim);
            break;
        case CLAIM_LISTING:
            claim_listed(claim);
            break;
        case CLAIM_WATCH_DIRECTORY:
        case CLAIM_WATCH_OWNER:
        case CLAIM_WATCH_LOG:
            claim_watch_step(claim);
            break;
        case CLAIM_TAKING:
            claim_settle(claim, claim_list);
            break; /* whatever was answered */
        case CLAIM_SIGNING:
        case CLAIM_OWNING:
        case CLAIM_ENDED:
        case CLAIM_STATES:
            break;
    }
}

static void claim_trouble_cb(void *ctx, const struct err *err, uint64_t next_ms)
{
    struct claim *claim = ctx;
    claim->conf.trouble(claim->conf.ctx, err, next_ms);
}

static void claim_fenced_cb(void *ctx, const struct err *err)
{
    struct claim *claim = ctx;
    if (sm_state(&claim->sm) == CLAIM_OWNING)
        claim->conf.fenced(claim->conf.ctx, err);
    else
        claim_end(claim, err);
}

struct claim *claim_start(const struct claim_conf *conf)
{
    struct claim *claim = mem_zalloc(sizeof *claim);
    struct directory *directory = &claim->directory;
    check(conf->places >= 2 && strlen(conf->job) < sizeof directory->job);
    claim->conf = *conf;
    claim->version = mem_strdup(conf->version);
    strcpy(directory->job, conf->job);
    claim->conf.job = directory->job;
    claim->conf.version = claim->version;
    directory->store = conf->store;
    directory->loop = conf->loop;
    directory->places = conf->places;
    directory->trouble = claim_trouble_cb;
    directory->fenced = claim_fenced_cb;
    directory->ctx = claim;
    list_init(&directory->waiting);
    claim->ask.directory = directory;
    sm_init(&claim->sm, claim_states, CLAIM_FINDING);
    claim_new_nonce(claim);
    strcpy(claim->path, "job");
    claim->ask.req = (struct store_req){ .path = claim->path };
    ask_start(&claim->ask, conf->store->ops->touch, claim_asked_cb);
    return claim;
}
