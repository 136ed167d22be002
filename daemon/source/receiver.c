#include "source/receiver.h"

#include <string.h>

#include "base/backoff.h"
#include "base/check.h"
#include "base/mem.h"
#include "source/receiver_parts.h"

#define NO_JITTER 0 /* one consumer waits: nobody it could collide with */

static const struct sm_state receiver_states[] = {
    [RECEIVER_CLOSED] = { "CLOSED", SM_TO(RECEIVER_OPEN) | SM_TO(RECEIVER_DEAD) },
    [RECEIVER_OPEN] = { "OPEN", SM_TO(RECEIVER_CLOSING) | SM_TO(RECEIVER_DEAD) },
    [RECEIVER_CLOSING] = { "CLOSING", SM_TO(RECEIVER_CLOSED) | SM_TO(RECEIVER_DEAD) },
    [RECEIVER_DEAD] = { "DEAD", SM_TO(RECEIVER_DEAD) },
};

void receiver_init(struct receiver *receiver, const struct job_source *source, bool is_finder)
{
    *receiver = (struct receiver){ .source = source, .is_finder = is_finder };
    sm_init(&receiver->sm, receiver_states, RECEIVER_CLOSED);
}

void receiver_free(struct receiver *receiver)
{
    mem_free(receiver->parts);
    mem_free(receiver->actions);
    arena_free(&receiver->arena);
}

/* ---- actions */

void receiver_do(struct receiver *receiver, struct receiver_action action)
{
    if (receiver->n_actions == receiver->actions_cap) {
        receiver->actions_cap = receiver->actions_cap ? receiver->actions_cap * 2 : 16;
        receiver->actions =
            mem_realloc(receiver->actions, sizeof *receiver->actions * receiver->actions_cap);
    }
    receiver->actions[receiver->n_actions++] = action;
}

void receiver_do_part(struct receiver *receiver, enum receiver_act_kind kind, uint32_t part)
{
    receiver_do(receiver, (struct receiver_action){ .kind = kind, .part = part });
}

bool receiver_act(struct receiver *receiver, struct receiver_action *action)
{
    if (receiver->next_action == receiver->n_actions) {
        receiver->next_action = receiver->n_actions = 0;
        return false;
    }
    *action = receiver->actions[receiver->next_action++];
    return true;
}

/* ---- trouble */

static bool is_dead(const struct receiver *receiver)
{
    return sm_state(&receiver->sm) == RECEIVER_DEAD;
}

bool receiver_is_open(const struct receiver *receiver)
{
    return sm_state(&receiver->sm) == RECEIVER_OPEN;
}

void receiver_tell(struct receiver *receiver, const struct err *err)
{
    if (is_dead(receiver))
        return;
    bool same = err->kind == receiver->trouble.kind && err->code == receiver->trouble.code;
    if (same &&
        (err->code || err->kind == ERR_NONE || strcmp(err->text, receiver->trouble.text) == 0))
        return;
    receiver->trouble = *err;
    receiver_do(receiver, (struct receiver_action){ .kind = ACT_STATE });
}

void receiver_die(struct receiver *receiver, const struct err *err)
{
    receiver_tell(receiver, err);
    sm_move(&receiver->sm, RECEIVER_DEAD);
}

void receiver_suffer(struct receiver *receiver, const struct err *err, uint64_t now_ms)
{
    if (err->kind != ERR_RETRY && err->kind != ERR_UNKNOWN) {
        receiver_die(receiver, err);
        return;
    }
    receiver_tell(receiver, err);
    static const struct backoff backoff = { RECEIVER_RETRY_MS, RECEIVER_RETRY_MS_MAX };
    uint64_t at_ms =
        now_ms + backoff_ms(&backoff, receiver->tries ? receiver->tries : 1, NO_JITTER);
    if (receiver->list_ms > at_ms)
        receiver->list_ms = at_ms;
}

/* ---- partitions */

struct receiver_part *receiver_part_find(struct receiver *receiver, const char *topic,
                                         int32_t partition)
{
    for (uint32_t i = 0; topic && i < receiver->n_parts; i++)
        if (receiver->parts[i].partition == partition &&
            strcmp(receiver->parts[i].topic, topic) == 0)
            return &receiver->parts[i];
    return NULL;
}

uint32_t receiver_part_index(const struct receiver *receiver, const struct receiver_part *part)
{
    return (uint32_t)(part - receiver->parts);
}

/* A list has all partitions of a topic or none: one that it did not have was added later. */
static bool is_later(const struct receiver *receiver, const char *topic)
{
    for (uint32_t i = 0; i < receiver->n_parts; i++)
        if (receiver->parts[i].is_listed && strcmp(receiver->parts[i].topic, topic) == 0)
            return true;
    return receiver->looked;
}

struct receiver_part *receiver_part_add(struct receiver *receiver, const char *topic,
                                        int32_t partition)
{
    check(topic);
    if (receiver->n_parts == RECEIVER_PARTITIONS_MAX) {
        struct err err;
        err_code(&err, ERR_BAD_CONFIG, 208, "more than %d partitions", RECEIVER_PARTITIONS_MAX);
        receiver_die(receiver, &err);
        return NULL;
    }
    if (receiver->n_parts == receiver->parts_cap) {
        receiver->parts_cap = receiver->parts_cap ? receiver->parts_cap * 2 : 8;
        receiver->parts =
            mem_realloc(receiver->parts, sizeof *receiver->parts * receiver->parts_cap);
    }
    bool later = is_later(receiver, topic);
    struct receiver_part *part = &receiver->parts[receiver->n_parts++];
    *part = (struct receiver_part){ .topic = arena_strdup(&receiver->arena, topic),
                                    .partition = partition,
                                    .is_later = later,
                                    .next = -1,
                                    .last = -1,
                                    .seen = -1,
                                    .end = -1,
                                    .commit = -1 };
    return part;
}

static uint32_t count_reading(const struct receiver *receiver)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < receiver->n_parts; i++)
        n += receiver->parts[i].state == PART_READING;
    return n;
}

void receiver_part_put(struct receiver *receiver, struct receiver_part *part, uint64_t now_ms)
{
    part->is_assigned = true;
    part->moved_ms = now_ms;
    part->is_doubted &= part->last >= 0; /* else there is nothing to compare */
    int64_t from = part->is_doubted ? part->last : part->next;
    receiver_do(receiver, (struct receiver_action){ .kind = ACT_ASSIGN,
                                                    .part = receiver_part_index(receiver, part),
                                                    .offset = from });
}

void receiver_part_take(struct receiver *receiver, struct receiver_part *part)
{
    if (part->is_assigned)
        receiver_do_part(receiver, ACT_UNASSIGN, receiver_part_index(receiver, part));
    part->is_assigned = false;
}

/* ---- the consumer */

void receiver_start(struct receiver *receiver)
{
    uint32_t queues = count_reading(receiver);
    receiver->queues = queues ? queues : 1;
    receiver_do(receiver, (struct receiver_action){ .kind = ACT_OPEN, .queues = receiver->queues });
}

void receiver_opened(struct receiver *receiver, const struct err *err, uint64_t now_ms)
{
    if (err->kind != ERR_NONE) {
        receiver_die(receiver, err);
        return;
    }
    sm_move(&receiver->sm, RECEIVER_OPEN);
    bool lists = receiver->is_finder || receiver->trouble.kind != ERR_NONE;
    receiver->list_ms = lists ? now_ms : UINT64_MAX;
    receiver->listing = false;
    for (uint32_t i = 0; i < receiver->n_parts; i++) {
        struct receiver_part *part = &receiver->parts[i];
        part->asked = false;
        if (part->commit >= 0)
            receiver_do(receiver, (struct receiver_action){
                                      .kind = ACT_COMMIT, .part = i, .offset = part->commit });
        if (part->state == PART_READING)
            receiver_part_put(receiver, part, now_ms);
        else if (part->state == PART_ASKING || part->state == PART_LOST)
            part->due_ms = now_ms;
    }
}

void receiver_rebuild(struct receiver *receiver, uint64_t now_ms)
{
    sm_move(&receiver->sm, RECEIVER_CLOSING);
    receiver->closing_ms = now_ms;
    for (uint32_t i = 0; i < receiver->n_parts; i++) {
        receiver->parts[i].is_assigned = false;
        receiver->parts[i].is_doubted = true;
    }
    receiver_do(receiver, (struct receiver_action){ .kind = ACT_CLOSE });
}

void receiver_closed(struct receiver *receiver, uint64_t now_ms)
{
    (void)now_ms;
    if (sm_state(&receiver->sm) != RECEIVER_CLOSING)
        return;
    sm_move(&receiver->sm, RECEIVER_CLOSED);
    receiver_do(receiver, (struct receiver_action){ .kind = ACT_FREE });
    receiver_start(receiver);
}

/* ---- what the worker said, and the reading */

void receiver_assign(struct receiver *receiver, const struct kafka_position *position, uint32_t crc,
                     uint64_t now_ms)
{
    struct receiver_part *part = receiver_part_find(receiver, position->topic, position->partition);
    if (!part)
        part = receiver_part_add(receiver, position->topic, position->partition);
    if (!part || is_dead(receiver))
        return;
    receiver_part_take(receiver, part);
    receiver_do_part(receiver, ACT_SEAL, receiver_part_index(receiver, part));
    part->state = PART_READING;
    part->next = position->offset;
    part->seen = -1;
    part->last = crc ? part->next - 1 : -1;
    part->last_crc = crc;
    part->is_doubted = crc != 0;
    part->is_stuck = false;
    part->due_ms = 0;
    part->moved_ms = now_ms;
    if (receiver_is_open(receiver))
        receiver_part_put(receiver, part, now_ms);
}

void receiver_commit(struct receiver *receiver, const struct kafka_position *position)
{
    struct receiver_part *part = receiver_part_find(receiver, position->topic, position->partition);
    if (!part)
        return;
    part->commit = position->offset;
    if (receiver_is_open(receiver))
        receiver_do(receiver, (struct receiver_action){ .kind = ACT_COMMIT,
                                                        .part = receiver_part_index(receiver, part),
                                                        .offset = part->commit });
}

void receiver_hold(struct receiver *receiver, bool hold, uint64_t now_ms)
{
    receiver->held = hold;
    for (uint32_t i = 0; i < receiver->n_parts; i++)
        receiver->parts[i].moved_ms = now_ms;
}

void receiver_moved(struct receiver *receiver, uint32_t part, int64_t next, uint64_t now_ms)
{
    if (next <= receiver->parts[part].next)
        return;
    receiver->parts[part].next = next;
    receiver->parts[part].moved_ms = now_ms;
    receiver_unstick(receiver, &receiver->parts[part], now_ms);
}

void receiver_last(struct receiver *receiver, uint32_t part, int64_t offset, uint32_t crc)
{
    receiver->parts[part].last = offset;
    receiver->parts[part].last_crc = crc;
}

bool receiver_compare(struct receiver *receiver, uint32_t part, int64_t offset, uint32_t crc)
{
    struct receiver_part *at = &receiver->parts[part];
    struct err err;
    if (!at->is_doubted || offset < at->last)
        return true;
    at->is_doubted = false; /* it is the same, or compaction took it */
    if (offset > at->last || crc == at->last_crc)
        return true;
    err_code(&err, ERR_FATAL, 330,
             "%s/%d: offset %lld holds another record than was read there: the topic was made anew "
             "or cut",
             at->topic, at->partition, (long long)offset);
    receiver_die(receiver, &err);
    return false;
}

void receiver_seen(struct receiver *receiver, uint32_t part, int64_t seen)
{
    receiver->parts[part].seen = seen;
}

void receiver_excuse(struct receiver *receiver, uint32_t part, uint64_t now_ms)
{
    receiver->parts[part].moved_ms = now_ms;
}

void receiver_refuse(struct receiver *receiver, uint32_t part, int64_t offset, uint64_t bytes)
{
    struct err err;
    err_code(&err, ERR_FATAL, 407, "%s/%d: the record at offset %lld has %llu bytes",
             receiver->parts[part].topic, receiver->parts[part].partition, (long long)offset,
             (unsigned long long)bytes);
    receiver_die(receiver, &err);
}

/* ---- time */

/* When a partition's offsets are to be asked for; asks when it is time. */
static uint64_t part_tick(struct receiver *receiver, struct receiver_part *part, uint64_t now_ms)
{
    if (part->asked || part->state == PART_FOUND || part->state == PART_WAITING)
        return UINT64_MAX;
    uint64_t due_ms = part->due_ms;
    if (part->state == PART_READING && due_ms < part->moved_ms + RECEIVER_LOOK_MS)
        due_ms = part->moved_ms + RECEIVER_LOOK_MS;
    if (due_ms > now_ms)
        return due_ms;
    part->asked = true;
    part->due_ms = now_ms + RECEIVER_LOOK_MS;
    receiver_do_part(receiver, ACT_ASK, receiver_part_index(receiver, part));
    return UINT64_MAX;
}

/* The consumer was opened for far fewer partitions: each queue takes too much memory. */
static bool is_crowded(const struct receiver *receiver)
{
    uint32_t reading = count_reading(receiver);
    return reading > 2 && reading > 2 * receiver->queues;
}

uint64_t receiver_tick(struct receiver *receiver, uint64_t now_ms)
{
    if (sm_state(&receiver->sm) == RECEIVER_CLOSING) {
        if (now_ms - receiver->closing_ms >= RECEIVER_CLOSE_MS)
            receiver_closed(receiver, now_ms);
        return RECEIVER_CLOSE_MS;
    }
    if (!receiver_is_open(receiver))
        return RECEIVER_LIST_MS;
    if (is_crowded(receiver)) {
        receiver_rebuild(receiver, now_ms);
        return RECEIVER_CLOSE_MS;
    }
    if (receiver->list_ms <= now_ms && !receiver->listing) {
        receiver->listing = true;
        receiver->list_ms = UINT64_MAX;
        receiver_do(receiver, (struct receiver_action){ .kind = ACT_LIST });
    }
    uint64_t due_ms = receiver->list_ms;
    for (uint32_t i = 0; i < receiver->n_parts; i++) {
        uint64_t part_ms = part_tick(receiver, &receiver->parts[i], now_ms);
        due_ms = part_ms < due_ms ? part_ms : due_ms;
    }
    if (due_ms > now_ms + RECEIVER_LIST_MS)
        return RECEIVER_LIST_MS;
    return due_ms > now_ms ? due_ms - now_ms : 1;
}
