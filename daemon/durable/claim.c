/* Happy path of a first start: touch `job` (none), list (nothing), make the folders under tmp/,
 * rename them to init.<lineage>, write `job`, rename it into place, touch it, read it, list, rename
 * the directory, list (it is ours), publish the owner file, done. Later starts begin with `job` there; a directory that has an owner is
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

#define CLAIM_ODD_MAX \
    6 /* a listing taken while others rename may show both names, or none; one of
                            a server that is behind anything: it is taken again so often */

static const struct sm_state claim_states[CLAIM_STATES] = {
#define ENDS SM_TO(CLAIM_ENDED)
    [CLAIM_FINDING] = { "finding", SM_TO(CLAIM_CHECKING) | SM_TO(CLAIM_READING) },
    [CLAIM_CHECKING] = { "checking", SM_TO(CLAIM_FINDING) | SM_TO(CLAIM_MAKING) | ENDS },
    [CLAIM_MAKING] = { "making", SM_TO(CLAIM_MAKING) | SM_TO(CLAIM_PLACING) },
    [CLAIM_PLACING] = { "placing", SM_TO(CLAIM_MAKING) | SM_TO(CLAIM_WRITING) },
    [CLAIM_WRITING] = { "writing", SM_TO(CLAIM_WRITING) | SM_TO(CLAIM_NAMING) },
    [CLAIM_NAMING] = { "naming", SM_TO(CLAIM_FINDING) },
    [CLAIM_READING] = { "reading", SM_TO(CLAIM_FINDING) | SM_TO(CLAIM_LISTING) | ENDS },
    [CLAIM_LISTING] = { "listing", SM_TO(CLAIM_LISTING) | SM_TO(CLAIM_WATCH_DIRECTORY) |
                                       SM_TO(CLAIM_TAKING) | SM_TO(CLAIM_SIGNING) | ENDS },
    [CLAIM_WATCH_DIRECTORY] = { "watching", SM_TO(CLAIM_LISTING) | SM_TO(CLAIM_WATCH_OWNER) |
                                                SM_TO(CLAIM_WATCH_LOG) | SM_TO(CLAIM_TAKING) },
    [CLAIM_WATCH_OWNER] = { "watching", SM_TO(CLAIM_LISTING) | SM_TO(CLAIM_WATCH_LOG) },
    [CLAIM_WATCH_LOG] = { "watching", SM_TO(CLAIM_LISTING) | SM_TO(CLAIM_TAKING) },
    [CLAIM_TAKING] = { "taking", SM_TO(CLAIM_LISTING) },
    [CLAIM_SIGNING] = { "signing", SM_TO(CLAIM_OWNING) | ENDS },
    [CLAIM_OWNING] = { "owning", 0 },
    [CLAIM_ENDED] = { "ended", 0 },
#undef ENDS
};

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

void claim_again(struct claim *claim, const char *no, void (*resume)(struct claim *claim))
{
    const struct store_req *req = &claim->ask.req;
    struct err err = req->err;
    if (req->answer == STORE_NO)
        err_set(&err, ERR_RETRY, "%s: %s", claim->path, no);
    claim_wait(claim, directory_trouble(&claim->directory, &claim->failures, &err), resume);
}

void claim_end(struct claim *claim, const struct err *err)
{
    sm_move(&claim->sm, CLAIM_ENDED);
    ask_done(&claim->ask);
    claim->conf.done(claim->conf.ctx, NULL, err);
}

void claim_random(struct claim *claim, void *out, size_t n)
{
    world_random(loop_world(claim->conf.loop), out, n);
}

void claim_hex(const uint8_t *bytes, size_t n, char *text)
{
    for (size_t i = 0; i < n; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
}

/* Half of it is random, the other half our process's number, disguised by our place: whoever comes
 * next at this place sees whether we died before we could sign. */
static void claim_new_nonce(struct claim *claim)
{
    struct world *world = loop_world(claim->conf.loop);
    uint32_t random;
    claim_random(claim, &random, sizeof random);
    snprintf(claim->directory.nonce, sizeof claim->directory.nonce, "%08" PRIx32 "%08" PRIx32,
             random, world_pid(world) ^ claim_disguise(world));
}

/* ---- what a listing shows */

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

struct claim_seen claim_look(const struct claim *claim)
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
void claim_odd(struct claim *claim, const struct err *err, void (*again)(struct claim *claim))
{
    if (++claim->odd >= CLAIM_ODD_MAX)
        claim_end(claim, err);
    else
        claim_wait(claim, (uint64_t)CLAIM_ODD_MS << (claim->odd - 1), again);
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

static const struct err *claim_missing(struct err *err)
{
    err_code(err, ERR_FATAL, 350, "the file `job` is there, its directory is missing");
    return err;
}

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
    if (!seen->name && claim->refused) { /* and init.<lineage>/new is not there either */
        claim_odd(claim, claim_missing(&err), claim_take);
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
        claim_odd(claim, claim_missing(&err), claim_list);
        return;
    }
    if (claim->sent && claim_taken(claim, &seen))
        return;
    if (seen.name) {
        claim->odd = 0;
        directory_relief(&claim->directory, &claim->failures);
        strcpy(claim->from, seen.name);
        claim->from_epoch = seen.epoch;
        claim_watch_start(claim);
        return;
    }
    strcpy(claim->from, CLAIM_INIT);
    claim_hex(claim->directory.lineage, FILE_LINEAGE_SIZE, claim->from + strlen(CLAIM_INIT));
    strcat(claim->from, CLAIM_NEW);
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
    buf_put_str(text, world_place(world));
    buf_put_u32(text, world_pid(world));
    buf_put_str(text, claim->version);
    buf_put_u64(text, (uint64_t)world_wall_ms(world));
    buf_put_u64(text, world_boot_ms(world));
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
    switch (sm_state(&claim->sm)) {
        case CLAIM_FINDING:
        case CLAIM_CHECKING:
        case CLAIM_MAKING:
        case CLAIM_PLACING:
        case CLAIM_WRITING:
        case CLAIM_NAMING:
        case CLAIM_READING:
            claim_first_step(claim);
            break;
        case CLAIM_LISTING:
            claim_listed(claim);
            break;
        case CLAIM_WATCH_DIRECTORY:
        case CLAIM_WATCH_OWNER:
        case CLAIM_WATCH_LOG:
            claim_watch_step(claim);
            break;
        case CLAIM_TAKING: /* whatever was answered */
            claim->refused = claim->ask.req.answer == STORE_NO;
            claim->odd = claim->refused ? claim->odd : 0;
            if (claim->ask.req.answer == STORE_UNKNOWN)
                claim_again(claim, NULL, claim_list);
            else
                claim_list(claim);
            break;
        default:
            check(false);
    }
}

static void claim_trouble_cb(void *ctx, const struct err *err, uint64_t next_ms)
{
    struct claim *claim = ctx;
    claim_watch_trouble(claim, err->kind != ERR_NONE);
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
