/* One look at an owner whom we leave in peace: his directory, his owner file, his newest record.
 * Nothing that is read here counts for anything but patience. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/list.h"
#include "durable/claim_parts.h"
#include "io/world.h"

#define CLAIM_LOOK_MIN_MS 200 /* between two looks: a tenth of the patience, within these */
#define CLAIM_LOOK_MAX_MS 3000
#define CLAIM_PID_DIGITS 8     /* of a directory's name: the last ones */
#define CLAIM_PID_MAX 0x400000 /* Linux has no more */

static uint64_t claim_look_ms(const struct claim *claim)
{
    uint64_t ms = claim->conf.patience_ms / 10;
    if (ms < CLAIM_LOOK_MIN_MS)
        return CLAIM_LOOK_MIN_MS;
    return ms < CLAIM_LOOK_MAX_MS ? ms : CLAIM_LOOK_MAX_MS;
}

/* The entry whose name is the greatest number. */
static const struct store_entry *claim_newest(const struct store_req *req)
{
    const struct store_entry *newest = NULL;
    uint64_t most = 0;
    for (size_t i = 0; i < req->n_entries; i++) {
        const char *name = req->entries[i].name;
        if (name[0] < '0' || name[0] > '9')
            continue;
        uint64_t number = strtoull(name, NULL, 10);
        if (newest && number < most)
            continue;
        newest = &req->entries[i];
        most = number;
    }
    return newest;
}

/* The file that the owner of this directory signs; those of the owners before him are there as well. */
static const struct store_entry *claim_signed(const struct claim *claim)
{
    const struct store_req *req = &claim->ask.req;
    char name[32];
    snprintf(name, sizeof name, "owner-%" PRIu64, claim->from_epoch);
    for (size_t i = 0; i < req->n_entries; i++) {
        if (strcmp(req->entries[i].name, name) == 0)
            return &req->entries[i];
    }
    return NULL;
}

bool claim_owner_gone(const struct claim_owner *owner, struct world *world, bool spare)
{
    if (strcmp(owner->host, world_host(world)) != 0)
        return false;
    /* A host of our name at another place: the machine, or the container, was started again. A spare would be wrong to think
     * so: two containers of one name would take the job from each other for ever. */
    if (strcmp(owner->place, world_place(world)) != 0)
        return !spare;
    return owner->pid == world_pid(world) || !world_pid_lives(world, owner->pid, owner->boot_ms);
}

void claim_owner_show(const struct claim_owner *owner, char *text, size_t size)
{
    if (*owner->host)
        snprintf(text, size, "%s owns the job (process %u, epoch %" PRIu64 ")", owner->host,
                 owner->pid, owner->epoch);
    else
        snprintf(text, size,
                 "a worker took the job (epoch %" PRIu64
                 ") and has not said who it is: the job is "
                 "taken from it when it stays silent",
                 owner->epoch);
}

static void claim_watch_sign(struct claim *claim, const struct store_entry *entry)
{
    struct claim_watch *watch = &claim->watch;
    if (!entry)
        return;
    watch->signs = hash64(entry->name, strlen(entry->name), watch->signs);
    watch->signs = hash64(&entry->modified_ms, sizeof entry->modified_ms, watch->signs);
}

bool claim_owner_read(struct slice bytes, struct claim_owner *owner)
{
    struct file_head head;
    struct slice content;
    if (file_open(bytes, NULL, &head, &content, NULL) != FILE_WHOLE || head.kind != FILE_OWNER)
        return false;
    struct reader reader = reader_of(content);
    struct slice host = reader_str(&reader), place = reader_str(&reader);
    *owner = (struct claim_owner){ .pid = reader_u32(&reader), .epoch = head.epoch };
    reader_str(&reader);
    owner->since_ms = (int64_t)reader_u64(&reader);
    owner->boot_ms = reader_left(&reader) > 0 ? reader_u64(&reader) : UINT64_MAX;
    if (reader.bad || host.len >= sizeof owner->host || place.len >= sizeof owner->place)
        return false;
    memcpy(owner->host, host.ptr, host.len);
    memcpy(owner->place, place.ptr, place.len);
    return true;
}

/* All of one look is known: has he been silent for long enough? What lies between two looks counts
 * as two at most: who was stopped himself, or waited for the store, has not seen him silent. */
static void claim_watch_judge(struct claim *claim)
{
    struct claim_watch *watch = &claim->watch;
    uint64_t now = loop_now_ms(claim->conf.loop), look = claim_look_ms(claim);
    uint64_t since = now - watch->looked_ms;
    if (watch->signs != watch->last_signs)
        watch->silent_ms = 0;
    else
        watch->silent_ms += since < 2 * look ? since : 2 * look;
    watch->last_signs = watch->signs;
    watch->looked_ms = now;
    bool dead = watch->known && claim->conf.is_dead(claim->conf.ctx, &watch->owner);
    if (dead || watch->silent_ms >= claim->conf.patience_ms)
        claim_take(claim);
    else
        claim_wait(claim, look, claim_list);
}

static void claim_watch_log(struct claim *claim)
{
    snprintf(claim->path, sizeof claim->path, "%s/log", claim->watch.name);
    claim_ask(claim, CLAIM_WATCH_LOG, ASK_ANSWERED, claim->conf.store->ops->list);
}

uint32_t claim_disguise(struct world *world)
{
    const char *host = world_host(world), *place = world_place(world);
    return (uint32_t)hash64(place, strlen(place), hash64(host, strlen(host), 0));
}

/* The name of a directory that nobody has signed says which process took it, if that was at our
 * place; elsewhere the number is very likely none that a process can have. */
static bool claim_watch_died(struct claim *claim)
{
    struct world *world = loop_world(claim->conf.loop);
    struct claim_owner owner = { .epoch = claim->from_epoch, .boot_ms = UINT64_MAX };
    const char *half = claim->watch.name + strlen(claim->watch.name) - CLAIM_PID_DIGITS;
    owner.pid = (uint32_t)strtoul(half, NULL, 16) ^ claim_disguise(world);
    if (owner.pid - 1 >= CLAIM_PID_MAX) /* 0 is none either */
        return false;
    snprintf(owner.host, sizeof owner.host, "%s", world_host(world));
    snprintf(owner.place, sizeof owner.place, "%s", world_place(world));
    return claim->conf.is_dead(claim->conf.ctx, &owner);
}

/* Once for an owner; for one who has not said who he is as well. */
static void claim_watch_tell(struct claim *claim)
{
    struct claim_watch *watch = &claim->watch;
    struct claim_owner nobody = { .epoch = claim->from_epoch };
    if (watch->told && !watch->known)
        return;
    watch->told = true;
    claim->conf.waiting(claim->conf.ctx, watch->known ? &watch->owner : &nobody);
}

static void claim_watched_directory(struct claim *claim)
{
    struct claim_watch *watch = &claim->watch;
    const struct store_entry *owner = claim_signed(claim);
    watch->signs = 0;
    claim_watch_sign(claim, owner);
    if (!owner && claim_watch_died(claim)) {
        claim_take(claim);
        return;
    }
    if (!owner)
        claim_watch_tell(claim);
    if (!owner || watch->known) {
        claim_watch_log(claim);
        return;
    }
    snprintf(watch->owner_path, sizeof watch->owner_path, "%s/%.60s", watch->name, owner->name);
    memcpy(claim->path, watch->owner_path, sizeof claim->path);
    claim_ask(claim, CLAIM_WATCH_OWNER, ASK_FATAL_ENDS, claim->conf.store->ops->read);
}

static void claim_watched_owner(struct claim *claim)
{
    struct claim_watch *watch = &claim->watch;
    const struct store_req *req = &claim->ask.req;
    watch->known =
        req->answer == STORE_YES && claim_owner_read(buf_slice(&req->data), &watch->owner);
    if (!watch->known || !claim->conf.is_dead(claim->conf.ctx, &watch->owner))
        claim_watch_tell(claim);
    claim_watch_log(claim);
}

static void claim_watched_log(struct claim *claim)
{
    claim_watch_sign(claim, claim_newest(&claim->ask.req));
    claim_watch_judge(claim);
}

void claim_watch_step(struct claim *claim)
{
    if (claim->ask.req.answer == STORE_NO) { /* renamed meanwhile */
        claim_list(claim);
        return;
    }
    switch ((enum claim_state)sm_state(&claim->sm)) {
        case CLAIM_WATCH_DIRECTORY:
            claim_watched_directory(claim);
            break;
        case CLAIM_WATCH_OWNER:
            claim_watched_owner(claim);
            break;
        default:
            claim_watched_log(claim);
            break;
    }
}

/* An owner, too, tries again the later the longer the store was away: his silence begins anew. */
void claim_watch_trouble(struct claim *claim, bool away)
{
    struct claim_watch *watch = &claim->watch;
    uint64_t now = loop_now_ms(claim->conf.loop);
    if (away && !watch->away_ms)
        watch->away_ms = now;
    if (away)
        return;
    if (now - watch->away_ms >= claim_look_ms(claim))
        watch->silent_ms = 0;
    watch->away_ms = 0;
}

void claim_watch_forget(struct claim *claim)
{
    claim->watch = (struct claim_watch){ .name = "" };
}

void claim_watch_start(struct claim *claim)
{
    struct claim_watch *watch = &claim->watch;
    if (claim->conf.store->excludes) { /* we hold its lock, so he is dead */
        claim_take(claim);
        return;
    }
    if (strcmp(watch->name, claim->from) != 0) {
        claim_watch_forget(claim);
        memcpy(watch->name, claim->from, sizeof watch->name);
        watch->looked_ms = loop_now_ms(claim->conf.loop);
        watch->last_signs = 1; /* as no signs are: the first look begins the silence */
    }
    memcpy(claim->path, watch->name, sizeof watch->name);
    claim_ask(claim, CLAIM_WATCH_DIRECTORY, ASK_ANSWERED, claim->conf.store->ops->list);
}
