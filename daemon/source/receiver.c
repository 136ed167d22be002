#include "source/receiver.h"

#include <string.h>

#include "base/backoff.h"
#include "base/mem.h"

#define NO_JITTER 0x80000000u /* one consumer waits: nobody it could collide with */

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

static void act(struct receiver *receiver, struct receiver_action action)
{
    if (receiver->n_actions == receiver->actions_cap) {
        receiver->actions_cap = receiver->actions_cap ? receiver->actions_cap * 2 : 16;
        receiver->actions =
            mem_realloc(receiver->actions, sizeof *receiver->actions * receiver->actions_cap);
    }
    receiver->actions[receiver->n_actions++] = action;
}

static void act_part(struct receiver *receiver, enum receiver_act_kind kind, uint32_t part)
{
    act(receiver, (struct receiver_action){ .kind = kind, .part = part });
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

static bool is_open(const struct receiver *receiver)
{
    return sm_state(&receiver->sm) == RECEIVER_OPEN;
}

/* Tells what is wrong, once while it lasts, whatever words it comes in; and once that it is over. */
static void tell(struct receiver *receiver, const struct err *err)
{
    if (is_dead(receiver))
        return;
    bool same = err->kind == receiver->trouble.kind && err->code == receiver->trouble.code;
    if (same &&
        (err->code || err->kind == ERR_NONE || strcmp(err->text, receiver->trouble.text) == 0))
        return;
    receiver->trouble = *err;
    act(receiver, (struct receiver_action){ .kind = ACT_STATE });
}

static void die(struct receiver *receiver, const struct err *err)
{
    tell(receiver, err);
    sm_move(&receiver->sm, RECEIVER_DEAD);
}

/* Something is wrong that may pass: list soon, which shows when it is over. */
static void suffer(struct receiver *receiver, const struct err *err, uint64_t now_ms)
{
    if (err->kind != ERR_RETRY && err->kind != ERR_UNKNOWN) {
        die(receiver, err);
        return;
    }
    tell(receiver, err);
    static const struct backoff backoff = { RECEIVER_RETRY_MS, RECEIVER_RETRY_MS_MAX };
    uint64_t at_ms =
        now_ms + backoff_ms(&backoff, receiver->tries ? receiver->tries : 1, NO_JITTER);
    if (receiver->list_ms > at_ms)
        receiver->list_ms = at_ms;
}

/* ---- partitions */

static struct receiver_part *part_find(struct receiver *receiver, const char *topic,
                                       int32_t partition)
{
    for (uint32_t i = 0; topic && i < receiver->n_parts; i++)
        if (receiver->parts[i].partition == partition &&
            strcmp(receiver->parts[i].topic, topic) == 0)
            return &receiver->parts[i];
    return NULL;
}

static uint32_t part_index(const struct receiver *receiver, const struct receiver_part *part)
{
    return (uint32_t)(part - receiver->parts);
}

static struct receiver_part *part_add(struct receiver *receiver, const char *topic,
                                      int32_t partition)
{
    if (receiver->n_parts == RECEIVER_PARTITIONS_MAX) {
        struct err err;
        err_code(&err, ERR_BAD_CONFIG, 208, "more than %d partitions", RECEIVER_PARTITIONS_MAX);
        die(receiver, &err);
        return NULL;
    }
    if (receiver->n_parts == receiver->parts_cap) {
        receiver->parts_cap = receiver->parts_cap ? receiver->parts_cap * 2 : 8;
        receiver->parts =
            mem_realloc(receiver->parts, sizeof *receiver->parts * receiver->parts_cap);
    }
    struct receiver_part *part = &receiver->parts[receiver->n_parts++];
    *part = (struct receiver_part){ .topic = arena_strdup(&receiver->arena, topic),
                                    .partition = partition,
                                    .is_later = receiver->looked,
                                    .next = -1,
                                    .seen = -1,
                                    .end = -1 };
    return part;
}

static uint32_t count_reading(const struct receiver *receiver)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < receiver->n_parts; i++)
        n += receiver->parts[i].state == PART_READING;
    return n;
}

static void part_put(struct receiver *receiver, struct receiver_part *part, uint64_t now_ms)
{
    part->is_assigned = true;
    part->moved_ms = now_ms;
    act(receiver, (struct receiver_action){ .kind = ACT_ASSIGN,
                                            .part = part_index(receiver, part),
                                            .offset = part->next });
}

static void part_take(struct receiver *receiver, struct receiver_part *part)
{
    if (part->is_assigned)
        act_part(receiver, ACT_UNASSIGN, part_index(receiver, part));
    part->is_assigned = false;
}

/* ---- the consumer */

void receiver_start(struct receiver *receiver)
{
    uint32_t queues = count_reading(receiver);
    receiver->queues = queues ? queues : 1;
    act(receiver, (struct receiver_action){ .kind = ACT_OPEN, .queues = receiver->queues });
}

void receiver_opened(struct receiver *receiver, const struct err *err, uint64_t now_ms)
{
    if (err->kind != ERR_NONE) {
        die(receiver, err);
        return;
    }
    sm_move(&receiver->sm, RECEIVER_OPEN);
    bool lists = receiver->is_finder || receiver->trouble.kind != ERR_NONE;
    receiver->list_ms = lists ? now_ms : UINT64_MAX;
    receiver->listing = false;
    for (uint32_t i = 0; i < receiver->n_parts; i++) {
        struct receiver_part *part = &receiver->parts[i];
        part->asked = false;
        if (part->state == PART_READING)
            part_put(receiver, part, now_ms);
        else if (part->state != PART_WAITING)
            part->due_ms = now_ms;
    }
}

static void rebuild(struct receiver *receiver, uint64_t now_ms)
{
    sm_move(&receiver->sm, RECEIVER_CLOSING);
    receiver->closing_ms = now_ms;
    for (uint32_t i = 0; i < receiver->n_parts; i++)
        receiver->parts[i].is_assigned = false;
    act(receiver, (struct receiver_action){ .kind = ACT_CLOSE });
}

void receiver_closed(struct receiver *receiver, uint64_t now_ms)
{
    (void)now_ms;
    if (sm_state(&receiver->sm) != RECEIVER_CLOSING)
        return;
    sm_move(&receiver->sm, RECEIVER_CLOSED);
    act(receiver, (struct receiver_action){ .kind = ACT_FREE });
    receiver_start(receiver);
}

/* ---- what Kafka said */

static bool topic_has(const struct job_topic *topic, int32_t partition)
{
    for (size_t i = 0; i < topic->n_partitions; i++)
        if (topic->partitions[i] == partition)
            return true;
    return !topic->partitions;
}

/* Is a partition that was listed one that the job reads? Its topic's own name decides; else it was
 * a pattern that it was listed for. */
static bool is_wanted(const struct job_source *source, const struct kafka_event *event)
{
    for (size_t i = 0; i < source->n_topics; i++)
        if (strcmp(source->topics[i].name, event->topic) == 0)
            return topic_has(&source->topics[i], event->partition);
    return true;
}

static void on_partition(struct receiver *receiver, const struct kafka_event *event,
                         uint64_t now_ms)
{
    if (!receiver->is_finder || !is_wanted(receiver->source, event) ||
        part_find(receiver, event->topic, event->partition))
        return;
    struct receiver_part *part = part_add(receiver, event->topic, event->partition);
    if (part)
        part->due_ms = now_ms;
}

static void on_listed(struct receiver *receiver, const struct kafka_event *event, uint64_t now_ms)
{
    receiver->listing = false;
    receiver->looked |= event->err.kind == ERR_NONE || event->err.code == 304;
    if (event->err.kind != ERR_NONE) {
        receiver->tries++;
        receiver->list_ms = UINT64_MAX;
        suffer(receiver, &event->err, now_ms);
        return;
    }
    receiver->tries = 0;
    receiver->list_ms = receiver->is_finder ? now_ms + RECEIVER_LIST_MS : UINT64_MAX;
    tell(receiver, &event->err);
}

static void part_gone(struct receiver *receiver, struct receiver_part *part,
                      const struct kafka_event *event, int64_t to)
{
    struct err err;
    if (receiver->source->on_out_of_range == OFFSET_FAIL || to < part->next) {
        err_code(&err, ERR_FATAL, 330,
                 "%s/%d: offset %lld is gone: Kafka has %lld to %lld (onOffsetOutOfRange decides)",
                 part->topic, part->partition, (long long)part->next, (long long)event->low,
                 (long long)event->high);
        if (part->next > event->high)
            err_code(&err, ERR_FATAL, 330,
                     "%s/%d: offset %lld is behind the end, %lld: the topic was made anew or cut",
                     part->topic, part->partition, (long long)part->next, (long long)event->high);
        die(receiver, &err);
        return;
    }
    part->state = PART_WAITING;
    act(receiver, (struct receiver_action){
                      .kind = ACT_GAP, .part = part_index(receiver, part), .offset = to });
}

/* The offsets that a LOST partition has now: there after all, perhaps soon, or gone for good. */
static void part_judge(struct receiver *receiver, struct receiver_part *part,
                       const struct kafka_event *event, uint64_t now_ms)
{
    if (part->next < event->low) {
        bool to_end = receiver->source->on_out_of_range == OFFSET_LATEST;
        part_gone(receiver, part, event, to_end ? event->high : event->low);
    } else if (part->next <= event->high) {
        part->state = PART_READING;
        part_put(receiver, part, now_ms);
    } else if (now_ms - part->lost_ms < RECEIVER_STALL_MS) {
        part->due_ms = now_ms + RECEIVER_RETRY_MS; /* a new leader may not know all yet */
    } else {
        part_gone(receiver, part, event, -1);
    }
}

static void part_watch(struct receiver *receiver, struct receiver_part *part, uint64_t now_ms)
{
    struct err err;
    if (part->end <= part->next || part->end <= part->seen || receiver->held) {
        part->moved_ms = now_ms;
    } else if (now_ms - part->moved_ms >= RECEIVER_STALL_MS) {
        err_code(&err, ERR_RETRY, 303,
                 "%s/%d gives nothing since %d s though offsets %lld to %lld wait: a new consumer",
                 part->topic, part->partition, RECEIVER_STALL_MS / 1000, (long long)part->next,
                 (long long)part->end);
        suffer(receiver, &err, now_ms);
        rebuild(receiver, now_ms);
    }
}

static void on_offsets(struct receiver *receiver, struct receiver_part *part,
                       const struct kafka_event *event, uint64_t now_ms)
{
    part->asked = false;
    if (event->err.kind != ERR_NONE) {
        part->due_ms = now_ms + RECEIVER_RETRY_MS_MAX / 4;
        suffer(receiver, &event->err, now_ms);
        return;
    }
    part->end = event->high;
    if (part->state == PART_ASKING) {
        part->state = PART_WAITING;
        act(receiver, (struct receiver_action){ .kind = ACT_FOUND,
                                                .part = part_index(receiver, part),
                                                .is_later = part->is_later,
                                                .committed = event->committed,
                                                .low = event->low,
                                                .high = event->high });
    } else if (part->state == PART_LOST) {
        part_judge(receiver, part, event, now_ms);
    } else if (part->state == PART_READING) {
        part_watch(receiver, part, now_ms);
    }
}

static void on_lost(struct receiver *receiver, struct receiver_part *part, uint64_t now_ms)
{
    if (part->state != PART_READING)
        return;
    part_take(receiver, part);
    act_part(receiver, ACT_SEAL, part_index(receiver, part));
    part->state = PART_LOST;
    part->lost_ms = part->due_ms = now_ms;
}

void receiver_event(struct receiver *receiver, const struct kafka_event *event, uint64_t now_ms)
{
    if (!is_open(receiver))
        return;
    struct receiver_part *part = part_find(receiver, event->topic, event->partition);
    switch (event->kind) {
        case KAFKA_PARTITION:
            on_partition(receiver, event, now_ms);
            break;
        case KAFKA_LISTED:
            on_listed(receiver, event, now_ms);
            break;
        case KAFKA_OFFSETS:
            if (part)
                on_offsets(receiver, part, event, now_ms);
            break;
        case KAFKA_OUT_OF_RANGE:
            if (part)
                on_lost(receiver, part, now_ms);
            break;
        case KAFKA_QUEUE_FAILED:
        case KAFKA_AWAY:
            suffer(receiver, &event->err, now_ms);
            break;
        case KAFKA_FAILED:
            die(receiver, &event->err);
            break;
    }
}

/* ---- what the worker said, and the reading */

void receiver_assign(struct receiver *receiver, const struct kafka_position *position,
                     uint64_t now_ms)
{
    struct receiver_part *part = part_find(receiver, position->topic, position->partition);
    if (!part)
        part = part_add(receiver, position->topic, position->partition);
    if (!part || is_dead(receiver))
        return;
    part_take(receiver, part);
    act_part(receiver, ACT_SEAL, part_index(receiver, part));
    part->state = PART_READING;
    part->next = position->offset;
    part->seen = -1;
    part->due_ms = 0;
    part->moved_ms = now_ms;
    if (is_open(receiver))
        part_put(receiver, part, now_ms);
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
    die(receiver, &err);
}

/* ---- time */

/* When a partition's offsets are to be asked for; asks when it is time. */
static uint64_t part_tick(struct receiver *receiver, struct receiver_part *part, uint64_t now_ms)
{
    if (part->asked || part->state == PART_WAITING)
        return UINT64_MAX;
    uint64_t due_ms = part->due_ms;
    if (part->state == PART_READING && due_ms < part->moved_ms + RECEIVER_LOOK_MS)
        due_ms = part->moved_ms + RECEIVER_LOOK_MS;
    if (due_ms > now_ms)
        return due_ms;
    part->asked = true;
    part->due_ms = now_ms + RECEIVER_LOOK_MS;
    act_part(receiver, ACT_ASK, part_index(receiver, part));
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
    if (!is_open(receiver))
        return RECEIVER_LIST_MS;
    if (is_crowded(receiver)) {
        rebuild(receiver, now_ms);
        return RECEIVER_CLOSE_MS;
    }
    if (receiver->list_ms <= now_ms && !receiver->listing) {
        receiver->listing = true;
        receiver->list_ms = UINT64_MAX;
        act(receiver, (struct receiver_action){ .kind = ACT_LIST });
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
