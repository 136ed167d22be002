/* Happy path of a step: mail, Kafka's events, time; do what the receiver decides; drain each
 * queue into its block; seal what is full or old. Failure modes: all of Kafka's are the receiver's
 * to judge; a queue for which there is no block stays as it is, and librdkafka stops fetching.
 * Close: finish seals all, the step ends its task; the consumer lives on for the last commits until
 * receiver_task_free(). */
#include "source/receiver_task.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "column/block.h"
#include "io/task.h"
#include "io/world.h"
#include "source/lane.h"

enum letter_kind {
    LETTER_BEGIN,
    LETTER_ASSIGN,
    LETTER_RELEASE,
    LETTER_COMMIT,
    LETTER_HOLD,
    LETTER_LIMIT,
    LETTER_FINISH
};
struct letter {
    struct mail mail;
    enum letter_kind kind;
    struct kafka_position position; /* assign, commit; its topic stands behind the struct */
    uint32_t crc;                   /* assign */
    struct block *block;            /* release */
    bool hold;
    uint64_t rate; /* limit */
    char topic[];
};

struct receiver_task {
    struct receiver_task_conf conf;
    _Atomic(struct task *) task; /* NULL: its thread runs, but we do not have it yet */
    struct loop_post ended_post;
    bool has_ended; /* the loop's */

    /* the task's alone while it runs */
    struct receiver receiver;
    struct kafka *kafka; /* NULL = none */
    bool is_open;        /* not closing */
    bool finishing;
    struct lanes lanes;
    uint64_t lag_ms;                /* the last note of the lag */
    struct source_found *found;     /* to be told */
    struct kafka_position *commits; /* to be sent */
    uint32_t n_found, n_commits;
};

/* ---- to the loop */

static void note_came(struct loop_post *post)
{
    struct receiver_note *note = CONTAINER_OF(post, struct receiver_note, post);
    note->task->conf.note(note->task->conf.ctx, note);
    mem_free(note->found);
    mem_free(note->lags);
    mem_free(note);
}

static void note_post(struct receiver_task *task, const struct receiver_note *content)
{
    struct receiver_note *note = mem_alloc(sizeof *note);
    *note = *content;
    note->task = task;
    note->post.cb = note_came;
    loop_post(task->conf.loop, &note->post);
}

static void task_sealed(void *ctx, struct block *block, uint64_t again)
{
    struct receiver_task *task = ctx;
    block->source = task->conf.source_index;
    note_post(task, &(struct receiver_note){ .kind = NOTE_BLOCK,
                                             .block = block,
                                             .again = again,
                                             .silence_ms = task->lanes.silence_ms });
}

static int64_t lag_end(const struct receiver_part *part, struct kafka_queue *queue)
{
    int64_t high = queue ? kafka_high(queue) : -1;
    return high > part->end ? high : part->end;
}

/* Where each partition is; also asks librdkafka how far it sees itself, which the watchdog needs. */
static void lag_note(struct receiver_task *task, uint64_t now_ms)
{
    struct receiver *receiver = &task->receiver;
    if (now_ms - task->lag_ms < RECEIVER_LAG_MS || receiver->n_parts == 0)
        return;
    task->lag_ms = now_ms;
    struct receiver_note note = { .kind = NOTE_LAG };
    note.lags = mem_alloc(sizeof *note.lags * receiver->n_parts);
    for (uint32_t i = 0; i < receiver->n_parts; i++) {
        struct receiver_part *part = &receiver->parts[i];
        struct kafka_queue *queue = lanes_queue(&task->lanes, i);
        int64_t end = lag_end(part, queue);
        lanes_set_end(&task->lanes, i, end);
        if (queue && part->next < end)
            receiver_seen(receiver, i, kafka_next(queue));
        if (part->state != PART_READING)
            continue;
        int64_t next = part->seen > part->next ? part->seen : part->next;
        note.lags[note.n_lags++] = (struct receiver_lag){
            .part = i, .topic = part->topic, .partition = part->partition, .next = next, .end = end
        };
    }
    note_post(task, &note);
}

/* ---- doing what the receiver decides */

static void task_wake_up(void *ctx) /* on any thread */
{
    struct receiver_task *task = ctx;
    task_wake(task->task);
}

static void do_open(struct receiver_task *task, uint32_t queues, uint64_t now_ms)
{
    const struct job_source *source = task->conf.source;
    struct kafka_property *properties = mem_alloc(sizeof *properties * (source->n_properties + 1));
    for (size_t i = 0; i < source->n_properties; i++)
        properties[i] =
            (struct kafka_property){ source->properties[i].name, source->properties[i].value };
    struct err err = { .kind = ERR_NONE };
    struct kafka_conf conf = { .loop = task->conf.loop,
                               .group_id = source->group_id,
                               .properties = properties,
                               .n_properties = source->n_properties,
                               .queues = queues,
                               .wake = task_wake_up,
                               .ctx = task };
    task->is_open = kafka_open(&conf, &task->kafka, &err);
    if (!task->is_open)
        task->kafka = NULL;
    mem_free(properties);
    receiver_opened(&task->receiver, &err, now_ms);
}

static void do_list(struct receiver_task *task)
{
    const struct job_source *source = task->conf.source;
    const char **topics = mem_alloc(sizeof *topics * source->n_topics);
    for (size_t i = 0; i < source->n_topics; i++)
        topics[i] = source->topics[i].name;
    kafka_list(task->kafka, topics, source->n_topics);
    mem_free(topics);
}

static void do_close(struct receiver_task *task)
{
    lanes_drop_queues(&task->lanes);
    kafka_close(task->kafka);
    task->is_open = false;
}

static void found_note(struct receiver_task *task) /* what was found since the last one */
{
    if (task->n_found)
        note_post(task, &(struct receiver_note){
                            .kind = NOTE_FOUND, .found = task->found, .n_found = task->n_found });
    task->found = NULL;
    task->n_found = 0;
}

static void do_found(struct receiver_task *task, const struct receiver_part *part)
{
    task->found = mem_realloc(task->found, sizeof *task->found * (task->n_found + 1));
    task->found[task->n_found++] = (struct source_found){ .topic = part->topic,
                                                          .partition = part->partition,
                                                          .is_later = part->is_later,
                                                          .committed = part->committed,
                                                          .low = part->low,
                                                          .high = part->end };
}

static void do_tell(struct receiver_task *task, const struct receiver_action *action)
{
    const struct receiver_part *part = &task->receiver.parts[action->part];
    if (action->kind == ACT_FOUND)
        do_found(task, part);
    else if (action->kind == ACT_STATE)
        note_post(task,
                  &(struct receiver_note){ .kind = NOTE_STATE, .err = task->receiver.trouble });
    else
        note_post(task,
                  &(struct receiver_note){ .kind = NOTE_GAP,
                                           .from = { part->topic, part->partition, part->next },
                                           .to = action->offset });
}

static void do_commit(struct receiver_task *task, const struct kafka_position *position)
{
    task->commits = mem_realloc(task->commits, sizeof *task->commits * (task->n_commits + 1));
    task->commits[task->n_commits++] = *position;
}

static void commits_send(struct receiver_task *task) /* those since the last time, together */
{
    if (task->n_commits && task->is_open)
        kafka_commit(task->kafka, task->commits, task->n_commits);
    mem_free(task->commits);
    task->commits = NULL;
    task->n_commits = 0;
}

static void do_part(struct receiver_task *task, const struct receiver_action *action)
{
    const struct receiver_part *part = &task->receiver.parts[action->part];
    struct kafka_position position = { part->topic, part->partition, action->offset };
    if (action->kind == ACT_SEAL)
        lanes_seal(&task->lanes, action->part);
    else if (action->kind == ACT_ASK)
        kafka_ask(task->kafka, part->topic, part->partition);
    else if (action->kind == ACT_COMMIT)
        do_commit(task, &position);
    else if (action->kind == ACT_ASSIGN)
        lanes_set_queue(&task->lanes, action->part, kafka_assign(task->kafka, &position));
    else
        lanes_set_queue(&task->lanes, action->part, NULL);
}

static void task_act(struct receiver_task *task, uint64_t now_ms)
{
    struct receiver_action action;
    while (receiver_act(&task->receiver, &action)) {
        switch (action.kind) {
            case ACT_OPEN:
                do_open(task, action.queues, now_ms);
                break;
            case ACT_CLOSE:
                do_close(task);
                break;
            case ACT_FREE:
                kafka_free(task->kafka);
                task->kafka = NULL;
                break;
            case ACT_LIST:
                do_list(task);
                break;
            case ACT_ASK:
            case ACT_ASSIGN:
            case ACT_UNASSIGN:
            case ACT_SEAL:
            case ACT_COMMIT:
                do_part(task, &action);
                break;
            case ACT_LOOKED:
                found_note(task);
                note_post(task, &(struct receiver_note){ .kind = NOTE_LOOKED });
                break;
            case ACT_FOUND:
            case ACT_GAP:
            case ACT_STATE:
                do_tell(task, &action);
                break;
        }
    }
    found_note(task);
    commits_send(task);
}

/* ---- a step */

static void letter_read(struct receiver_task *task, struct letter *letter, uint64_t now_ms)
{
    switch (letter->kind) {
        case LETTER_BEGIN:
            break;
        case LETTER_ASSIGN:
            receiver_assign(&task->receiver, &letter->position, letter->crc, now_ms);
            break;
        case LETTER_RELEASE:
            lanes_release(&task->lanes, letter->block);
            break;
        case LETTER_COMMIT:
            receiver_commit(&task->receiver, &letter->position);
            break;
        case LETTER_HOLD:
            receiver_hold(&task->receiver, letter->hold, now_ms);
            break;
        case LETTER_LIMIT:
            task->lanes.rate = letter->rate;
            break;
        case LETTER_FINISH:
            task->finishing = true;
            break;
    }
}

static void letters_read(struct receiver_task *task, uint64_t now_ms)
{
    for (struct mail *mail = task_take(task->task), *next; mail; mail = next) {
        next = mail->next;
        struct letter *letter = CONTAINER_OF(mail, struct letter, mail);
        letter_read(task, letter, now_ms);
        mem_free(letter);
    }
}

static void events_read(struct receiver_task *task, uint64_t now_ms)
{
    struct kafka_event event;
    if (task->is_open) {
        while (kafka_event(task->kafka, &event))
            receiver_event(&task->receiver, &event, now_ms);
    } else if (task->kafka && kafka_closed(task->kafka)) {
        receiver_closed(&task->receiver, now_ms);
    }
}

static uint64_t receiver_task_step(void *ctx)
{
    struct receiver_task *task = ctx;
    uint64_t now_ms = world_mono_us(loop_world(task->conf.loop)) / 1000;
    if (!task->task) /* the first letter comes after it, and wakes us */
        return RECEIVER_LIST_MS;
    bool was_open = task->is_open;
    letters_read(task, now_ms);
    events_read(task, now_ms);
    uint64_t wait_ms = receiver_tick(&task->receiver, now_ms);
    task_act(task, now_ms);
    if (task->finishing) {
        lanes_seal_all(&task->lanes);
        return TASK_END;
    }
    uint64_t lanes_ms = lanes_step(&task->lanes, now_ms);
    lag_note(task, now_ms);
    if (task->receiver.n_actions || task->is_open != was_open)
        return 0; /* a record was refused; the tick did not know what an open consumer is asked */
    if (wait_ms > RECEIVER_LAG_MS)
        wait_ms = RECEIVER_LAG_MS;
    return lanes_ms < wait_ms ? lanes_ms : wait_ms;
}

static void task_ended(struct loop_post *post)
{
    struct receiver_task *task = CONTAINER_OF(post, struct receiver_task, ended_post);
    task->has_ended = true;
    struct receiver_note note = { .task = task, .kind = NOTE_ENDED };
    task->conf.note(task->conf.ctx, &note);
}

/* ---- from the loop */

static struct letter *letter_new(enum letter_kind kind, const char *topic)
{
    size_t n = strlen(topic) + 1;
    struct letter *letter = mem_zalloc(sizeof *letter + n);
    letter->kind = kind;
    letter->position.topic = memcpy(letter->topic, topic, n);
    return letter;
}

static void letter_send(struct receiver_task *task, struct letter *letter)
{
    if (!task->has_ended) {
        task_post(task->task, &letter->mail);
        return;
    }
    if (letter->kind != LETTER_ASSIGN)
        letter_read(task, letter, 0); /* the task is over: what was its is ours */
    task_act(task, 0);
    mem_free(letter);
}

struct receiver_task *receiver_task_new(const struct receiver_task_conf *conf)
{
    struct receiver_task *task = mem_zalloc(sizeof *task);
    task->conf = *conf;
    receiver_init(&task->receiver, conf->source, conf->is_finder);
    task->lanes = (struct lanes){ .receiver = &task->receiver,
                                  .interval_ms = conf->block_interval_ms,
                                  .pool_bytes = conf->pool_bytes,
                                  .rate = conf->rate,
                                  .sealed = task_sealed,
                                  .ctx = task };
    lanes_init(&task->lanes);
    receiver_start(&task->receiver);
    task->ended_post.cb = task_ended;
    task->task = task_start(conf->loop, "receiver", receiver_task_step, task, &task->ended_post);
    letter_send(task, letter_new(LETTER_BEGIN, ""));
    return task;
}

void receiver_task_assign(struct receiver_task *task, const struct source_position *position)
{
    struct letter *letter = letter_new(LETTER_ASSIGN, position->topic);
    letter->position.partition = position->partition;
    letter->position.offset = position->offset;
    letter->crc = position->crc;
    letter_send(task, letter);
}

void receiver_task_release(struct receiver_task *task, struct block *block)
{
    struct letter *letter = letter_new(LETTER_RELEASE, "");
    letter->block = block;
    letter_send(task, letter);
}

void receiver_task_commit(struct receiver_task *task, const char *topic, int32_t partition,
                          int64_t offset)
{
    struct letter *letter = letter_new(LETTER_COMMIT, topic);
    letter->position.partition = partition;
    letter->position.offset = offset;
    letter_send(task, letter);
}

void receiver_task_hold(struct receiver_task *task, bool hold)
{
    struct letter *letter = letter_new(LETTER_HOLD, "");
    letter->hold = hold;
    letter_send(task, letter);
}

void receiver_task_limit(struct receiver_task *task, uint64_t rate)
{
    struct letter *letter = letter_new(LETTER_LIMIT, "");
    letter->rate = rate;
    letter_send(task, letter);
}

void receiver_task_finish(struct receiver_task *task)
{
    letter_send(task, letter_new(LETTER_FINISH, ""));
}

void receiver_task_free(struct receiver_task *task)
{
    check(task->has_ended);
    letters_read(task, 0); /* those that came too late */
    task_act(task, 0);
    if (task->is_open)
        do_close(task);
    kafka_free(task->kafka);
    task_free(task->task);
    lanes_free(&task->lanes);
    receiver_free(&task->receiver);
    mem_free(task);
}
