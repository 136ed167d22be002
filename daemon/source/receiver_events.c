/* What Kafka says, and what a receiver makes of it. */
#include <string.h>

#include "source/receiver_parts.h"

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
        receiver_part_find(receiver, event->topic, event->partition))
        return;
    struct receiver_part *part = receiver_part_add(receiver, event->topic, event->partition);
    if (!part)
        return;
    part->due_ms = now_ms;
    receiver->look_told &= part->is_later;
}

/* Once all partitions of topics that were looked at for the first time were told. */
static void tell_look(struct receiver *receiver)
{
    bool has_looked = receiver->looked;
    if (!receiver->is_finder || receiver->look_told)
        return;
    for (uint32_t i = 0; i < receiver->n_parts; i++) {
        const struct receiver_part *part = &receiver->parts[i];
        bool is_told = part->state != PART_ASKING && part->state != PART_FOUND;
        if (!part->is_later && !(part->is_listed && is_told))
            return;
        has_looked = true;
    }
    if (!has_looked)
        return;
    receiver->look_told = true;
    receiver_do(receiver, (struct receiver_action){ .kind = ACT_LOOKED });
}

static void on_listed(struct receiver *receiver, const struct kafka_event *event, uint64_t now_ms)
{
    receiver->listing = false;
    receiver->looked |= event->err.kind == ERR_NONE || event->err.code == 304;
    for (uint32_t i = 0; i < receiver->n_parts; i++)
        receiver->parts[i].is_listed = true;
    tell_look(receiver);
    if (event->err.kind != ERR_NONE) {
        receiver->tries++;
        receiver->list_ms = UINT64_MAX;
        receiver_suffer(receiver, &event->err, now_ms);
        return;
    }
    receiver->tries = 0;
    receiver->list_ms = receiver->is_finder ? now_ms + RECEIVER_LIST_MS : UINT64_MAX;
    for (uint32_t i = 0; i < receiver->n_parts; i++)
        if (receiver->parts[i].is_stuck)
            return; /* the brokers answer, but not about this one */
    receiver_tell(receiver, &event->err);
}

void receiver_unstick(struct receiver *receiver, struct receiver_part *part, uint64_t now_ms)
{
    if (part->is_stuck && !receiver->listing)
        receiver->list_ms = now_ms;
    part->is_stuck = false;
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
        receiver_die(receiver, &err);
        return;
    }
    part->state = PART_WAITING;
    receiver_do(receiver, (struct receiver_action){ .kind = ACT_GAP,
                                                    .part = receiver_part_index(receiver, part),
                                                    .offset = to });
}

/* A new leader may not know all yet; or the log was cut. */
static void part_behind(struct receiver *receiver, struct receiver_part *part,
                        const struct kafka_event *event, uint64_t now_ms)
{
    struct err err;
    part->due_ms = now_ms + RECEIVER_RETRY_MS;
    part->is_doubted = part->is_stuck = true;
    err_code(&err, ERR_RETRY, 330, "%s/%d: offset %lld is behind the end, %lld", part->topic,
             part->partition, (long long)part->next, (long long)event->high);
    receiver_tell(receiver, &err);
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
        part->is_doubted &= part->last >= event->low;
        receiver_unstick(receiver, part, now_ms);
        receiver_part_put(receiver, part, now_ms);
    } else if (now_ms - part->lost_ms < RECEIVER_STALL_MS) {
        part_behind(receiver, part, event, now_ms);
    } else {
        part_gone(receiver, part, event, -1);
    }
}

static void part_watch(struct receiver *receiver, struct receiver_part *part, uint64_t now_ms)
{
    struct err err;
    if (part->end <= part->next || part->end <= part->seen || receiver->held) {
        part->moved_ms = now_ms;
        receiver_unstick(receiver, part, now_ms);
    } else if (now_ms - part->moved_ms >= RECEIVER_STALL_MS) {
        err_code(&err, ERR_RETRY, 303,
                 "%s/%d gives nothing since %d s though offsets %lld to %lld wait: a new consumer",
                 part->topic, part->partition, RECEIVER_STALL_MS / 1000, (long long)part->next,
                 (long long)part->end);
        part->is_stuck = true;
        receiver_suffer(receiver, &err, now_ms);
        receiver_rebuild(receiver, now_ms);
    }
}

/* Those whose offsets came are told together, as soon as no answer is under way. */
static void tell_found(struct receiver *receiver)
{
    for (uint32_t i = 0; i < receiver->n_parts; i++)
        if (receiver->parts[i].state == PART_ASKING && receiver->parts[i].asked)
            return;
    for (uint32_t i = 0; i < receiver->n_parts; i++) {
        if (receiver->parts[i].state != PART_FOUND)
            continue;
        receiver->parts[i].state = PART_WAITING;
        receiver_do_part(receiver, ACT_FOUND, i);
    }
}

static void on_lost(struct receiver *receiver, struct receiver_part *part, uint64_t now_ms)
{
    if (part->state != PART_READING)
        return;
    receiver_part_take(receiver, part);
    receiver_do_part(receiver, ACT_SEAL, receiver_part_index(receiver, part));
    part->state = PART_LOST;
    part->is_doubted = true;
    part->lost_ms = part->due_ms = now_ms;
}

static void on_offsets(struct receiver *receiver, struct receiver_part *part,
                       const struct kafka_event *event, uint64_t now_ms)
{
    part->asked = false;
    if (event->err.kind != ERR_NONE) {
        if (event->err.code == 304)
            on_lost(receiver, part, now_ms); /* who knows what comes back */
        part->due_ms = now_ms + RECEIVER_RETRY_MS;
        receiver_suffer(receiver, &event->err, now_ms);
        tell_found(receiver);
        return;
    }
    if (event->high < part->next || event->low < part->low)
        on_lost(receiver, part, now_ms);
    part->low = event->low;
    part->end = event->high;
    if (part->state == PART_ASKING) {
        part->committed = event->committed;
        part->state = PART_FOUND;
        tell_found(receiver);
        tell_look(receiver);
    } else if (part->state == PART_LOST) {
        part_judge(receiver, part, event, now_ms);
    } else if (part->state == PART_READING) {
        part_watch(receiver, part, now_ms);
    }
}

void receiver_event(struct receiver *receiver, const struct kafka_event *event, uint64_t now_ms)
{
    if (!receiver_is_open(receiver))
        return;
    struct receiver_part *part = receiver_part_find(receiver, event->topic, event->partition);
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
            receiver_suffer(receiver, &event->err, now_ms);
            break;
        case KAFKA_FAILED:
            receiver_die(receiver, &event->err);
            break;
    }
}
