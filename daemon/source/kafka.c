#include "source/kafka.h"

#include <regex.h>
#include <string.h>

#include "base/check.h"
#include "base/list.h"
#include "base/mem.h"
#include "column/block.h"
#include "source/receiver_task.h"
#include "spec/job.h"

struct kafka_seat { /* one receiver of the source */
    struct receiver_task *task;
    struct err trouble;        /* as it last said */
    struct receiver_lag *lags; /* as it last said */
    uint32_t n_lags;
};

struct kafka_source {
    struct source source;
    const struct job_source *spec;
    struct kafka_seat *seats;
    uint32_t n_seats, n_ended;
    struct err trouble; /* as last told to the worker */
};

static struct kafka_source *of(struct source *source)
{
    return CONTAINER_OF(source, struct kafka_source, source);
}

/* ---- which receiver reads a partition */

static bool topic_matches(const char *pattern, const char *topic)
{
    regex_t regex;
    if (pattern[0] != '^')
        return strcmp(pattern, topic) == 0;
    check(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) == 0); /* else nothing is listed */
    bool matches = regexec(&regex, topic, 0, NULL, 0) == 0;
    regfree(&regex);
    return matches;
}

static uint32_t consumers_of(const struct kafka_source *kafka, const char *topic)
{
    const struct job_source *spec = kafka->spec;
    for (size_t i = 0; kafka->n_seats > 1 && i < spec->n_topics; i++)
        if (topic_matches(spec->topics[i].name, topic))
            return spec->topics[i].consumers;
    return 1;
}

static struct receiver_task *seat_of(struct kafka_source *kafka, const char *topic,
                                     int32_t partition)
{
    return kafka->seats[(uint32_t)partition % consumers_of(kafka, topic)].task;
}

/* ---- what the receivers say */

/* The worst of the receivers' troubles, when it is another than the one last told. */
static void tell_trouble(struct kafka_source *kafka)
{
    static const struct err fine = { .kind = ERR_NONE };
    const struct err *worst = &fine;
    for (uint32_t i = 0; i < kafka->n_seats; i++)
        if (kafka->seats[i].trouble.kind > worst->kind)
            worst = &kafka->seats[i].trouble;
    if (worst->kind == kafka->trouble.kind && strcmp(worst->text, kafka->trouble.text) == 0)
        return;
    kafka->trouble = *worst;
    kafka->source.events->state(kafka->source.ctx, &kafka->source, &kafka->trouble);
}

static void on_block(struct kafka_source *kafka, const struct receiver_note *note)
{
    kafka->source.records += note->block->count;
    kafka->source.bytes += note->block->used;
    kafka->source.again += note->again;
    if (note->silence_ms > kafka->source.silence_ms)
        kafka->source.silence_ms = note->silence_ms;
    kafka->source.events->block(kafka->source.ctx, &kafka->source, note->block);
}

static void on_lag(struct kafka_seat *seat, const struct receiver_note *note)
{
    seat->lags = mem_realloc(seat->lags, sizeof *seat->lags * note->n_lags + 1);
    seat->n_lags = note->n_lags;
    if (note->n_lags)
        memcpy(seat->lags, note->lags, sizeof *seat->lags * note->n_lags);
}

static void on_ended(struct kafka_source *kafka)
{
    if (++kafka->n_ended == kafka->n_seats)
        kafka->source.events->closed(kafka->source.ctx, &kafka->source);
}

static struct kafka_seat *seat_by_task(struct kafka_source *kafka, const struct receiver_task *task)
{
    for (uint32_t i = 0; i < kafka->n_seats; i++)
        if (kafka->seats[i].task == task)
            return &kafka->seats[i];
    check(!"a receiver of this source");
    return NULL;
}

static void on_note(void *ctx, const struct receiver_note *note)
{
    struct kafka_source *kafka = ctx;
    struct source *source = &kafka->source;
    switch (note->kind) {
        case NOTE_FOUND:
            source->events->found(source->ctx, source, note->found, note->n_found);
            break;
        case NOTE_LOOKED:
            source->events->found(source->ctx, source, NULL, 0);
            break;
        case NOTE_GAP:
            source->events->gap(source->ctx, source, note->from, note->to);
            break;
        case NOTE_BLOCK:
            on_block(kafka, note);
            break;
        case NOTE_STATE:
            seat_by_task(kafka, note->task)->trouble = note->err;
            tell_trouble(kafka);
            break;
        case NOTE_LAG:
            on_lag(seat_by_task(kafka, note->task), note);
            break;
        case NOTE_ENDED:
            on_ended(kafka);
            break;
    }
}

/* ---- what the worker says */

static void kafka_source_assign(struct source *source, const struct source_position *positions,
                                size_t n)
{
    for (size_t i = 0; i < n; i++)
        receiver_task_assign(seat_of(of(source), positions[i].topic, positions[i].partition),
                             &positions[i]);
}

static void kafka_source_release(struct source *source, struct block *block)
{
    receiver_task_release(seat_of(of(source), block->topic, block->partition), block);
}

static void kafka_source_commit(struct source *source, const struct source_position *positions,
                                size_t n)
{
    for (size_t i = 0; i < n; i++)
        receiver_task_commit(seat_of(of(source), positions[i].topic, positions[i].partition),
                             positions[i].topic, positions[i].partition, positions[i].offset);
}

static void kafka_source_hold(struct source *source, bool hold)
{
    for (uint32_t i = 0; i < of(source)->n_seats; i++)
        receiver_task_hold(of(source)->seats[i].task, hold);
}

static uint64_t share_of(uint64_t whole, uint32_t seats)
{
    return whole ? whole / seats + (whole < seats) : 0;
}

/* Of one receiver, when the source may take so many; 0 = no limit but the job's own. */
static uint64_t rate_of(const struct kafka_source *kafka, uint64_t limit)
{
    uint64_t max = kafka->spec->max_rate;
    return share_of(max && (!limit || limit > max) ? max : limit, kafka->n_seats);
}

static void kafka_source_limit(struct source *source, uint64_t rate)
{
    for (uint32_t i = 0; i < of(source)->n_seats; i++)
        receiver_task_limit(of(source)->seats[i].task, rate_of(of(source), rate));
}

static void kafka_source_finish(struct source *source)
{
    for (uint32_t i = 0; i < of(source)->n_seats; i++)
        receiver_task_finish(of(source)->seats[i].task);
}

static size_t kafka_source_lag(struct source *source, struct source_lag *out, size_t max)
{
    size_t n = 0;
    for (uint32_t i = 0; i < of(source)->n_seats; i++) {
        const struct kafka_seat *seat = &of(source)->seats[i];
        for (uint32_t j = 0; j < seat->n_lags; j++, n++)
            if (n < max)
                out[n] = (struct source_lag){ .topic = seat->lags[j].topic,
                                              .partition = seat->lags[j].partition,
                                              .next = seat->lags[j].next,
                                              .end = seat->lags[j].end };
    }
    return n;
}

static void kafka_source_free(struct source *source)
{
    struct kafka_source *kafka = of(source);
    for (uint32_t i = 0; i < kafka->n_seats; i++) {
        receiver_task_free(kafka->seats[i].task);
        mem_free(kafka->seats[i].lags);
    }
    mem_free(kafka->seats);
    mem_free(kafka);
}

static const struct source_ops kafka_source_ops = {
    .assign = kafka_source_assign,
    .release = kafka_source_release,
    .commit = kafka_source_commit,
    .hold = kafka_source_hold,
    .limit = kafka_source_limit,
    .finish = kafka_source_finish,
    .lag = kafka_source_lag,
    .free = kafka_source_free,
};

static uint64_t pool_bytes(const struct job_spec *spec)
{
    uint64_t bytes = spec->memory_max / KAFKA_POOL_SHARE;
    if (bytes > KAFKA_POOL_BYTES_MAX)
        return KAFKA_POOL_BYTES_MAX;
    return bytes < KAFKA_POOL_BYTES_MIN ? KAFKA_POOL_BYTES_MIN : bytes;
}

struct source *kafka_source_new(struct loop *loop, const struct job_spec *spec, uint32_t index,
                                const struct source_events *events, void *ctx)
{
    struct kafka_source *kafka = mem_zalloc(sizeof *kafka);
    kafka->spec = &spec->sources[index];
    kafka->source = (struct source){ .ops = &kafka_source_ops,
                                     .events = events,
                                     .ctx = ctx,
                                     .index = index,
                                     .name = kafka->spec->name };
    kafka->n_seats = 1;
    for (size_t i = 0; i < kafka->spec->n_topics; i++)
        if (kafka->spec->topics[i].consumers > kafka->n_seats)
            kafka->n_seats = kafka->spec->topics[i].consumers;
    kafka->seats = mem_zalloc(sizeof *kafka->seats * kafka->n_seats);
    for (uint32_t i = 0; i < kafka->n_seats; i++) {
        struct receiver_task_conf conf = {
            .loop = loop,
            .source = kafka->spec,
            .source_index = index,
            .is_finder = i == 0,
            .block_interval_ms = spec->block_interval_ms,
            .pool_bytes = share_of(pool_bytes(spec), kafka->n_seats),
            .rate = rate_of(kafka, spec->backpressure ? spec->initial_rate : 0),
            .note = on_note,
            .ctx = kafka,
        };
        kafka->seats[i].task = receiver_task_new(&conf);
    }
    return &kafka->source;
}
