/* Happy path: a fact comes, the state is worked out anew, a change of state or note is reported. A
 * timer says `progress` each second, which is the supervisor's proof that the loop turns. */
#include "worker/voice.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/list.h"
#include "base/mem.h"
#include "durable/record.h"
#include "io/loop.h"
#include "worker/lines.h"

struct voice {
    struct voice_conf conf;
    struct log log;
    struct loop_timer timer;
    enum job_state phase, state; /* as told by the worker; as reported */
    char note[REPORT_TEXT_MAX];  /* of the phase */
    char said[REPORT_TEXT_MAX];  /* as reported */
    struct err trouble[VOICE_TROUBLES];
    uint64_t trouble_until_ms[VOICE_TROUBLES]; /* of the next try; 0 = not known */
    uint64_t trouble_said_ms[VOICE_TROUBLES];  /* when a line was last written of it; 0 = not yet */
    uint32_t trouble_unsaid[VOICE_TROUBLES];   /* times it came since */
    unsigned trouble_code[VOICE_TROUBLES];     /* that the line was of */
    uint64_t batch_at_ms;                      /* of the last commit, or of the phase */
    int64_t delay_ms, delay_before_ms;         /* total delay of the last two batches */
    uint64_t lost_until;                       /* batch number up to which errors degrade */
    uint64_t batch, dead;
    bool delayed, rising;
};

static void voice_report(struct voice *voice, const struct report *report)
{
    if (!voice->conf.report)
        return;
    struct buf line = { 0 };
    report_format(report, &line);
    lines_put(voice->conf.report, (const char *)line.ptr, line.len);
    buf_free(&line);
}

void voice_log(struct voice *voice, struct log_entry *entry)
{
    if (!voice->conf.log.write)
        return;
    entry->job = voice->conf.job;
    log_put(&voice->log, entry);
}

static const struct err *voice_worst(const struct voice *voice, int64_t *next_ms)
{
    for (unsigned i = 0; i < VOICE_TROUBLES; i++)
        if (voice->trouble[i].kind != ERR_NONE) {
            uint64_t now = loop_now_ms(voice->conf.loop), until = voice->trouble_until_ms[i];
            *next_ms = !until ? -1 : until > now ? (int64_t)(until - now) : 0;
            return &voice->trouble[i];
        }
    return NULL;
}

static bool voice_stalled(const struct voice *voice)
{
    uint64_t limit = voice->conf.interval_ms * VOICE_STALL_INTERVALS;
    if (limit < VOICE_STALL_MS)
        limit = VOICE_STALL_MS;
    return loop_now_ms(voice->conf.loop) - voice->batch_at_ms > limit + VOICE_STALL_MS;
}

/* The state that follows from phase, troubles and the last batches; the first that fits. */
static enum job_state voice_decide(struct voice *voice, char *note, int64_t *next_ms)
{
    const struct err *trouble = voice_worst(voice, next_ms);
    snprintf(note, REPORT_TEXT_MAX, "%s", trouble ? trouble->text : voice->note);
    if (trouble)
        return JOB_RETRYING;
    if (voice->phase != JOB_RUNNING)
        return voice->phase;
    if (voice_stalled(voice)) {
        snprintf(note, REPORT_TEXT_MAX, "no batch was committed for %" PRIu64 " s",
                 (loop_now_ms(voice->conf.loop) - voice->batch_at_ms) / 1000);
        return JOB_DEGRADED;
    }
    if (voice->delayed)
        return voice->rising ? JOB_DEGRADED : JOB_CATCHING_UP;
    return voice->batch < voice->lost_until ? JOB_DEGRADED : JOB_RUNNING;
}

static void voice_update(struct voice *voice)
{
    struct report report = { .kind = REPORT_STATE, .next_ms = -1 };
    report.state = voice_decide(voice, report.text, &report.next_ms);
    if (report.state == voice->state && strcmp(report.text, voice->said) == 0)
        return;
    if (report.state != voice->state)
        voice_log(voice,
                  &(struct log_entry){
                      .level = report.state == JOB_RETRYING ? LOG_WARNING : LOG_INFO,
                      .event = "job.state",
                      .fields = { LOG_TEXT("state", job_state_name(report.state)),
                                  LOG_TEXT("was", job_state_name(voice->state)) },
                      .msg = report.text[0] && report.state != JOB_RETRYING ? report.text : NULL });
    voice->state = report.state;
    memcpy(voice->said, report.text, sizeof voice->said);
    voice_report(voice, &report);
}

static void voice_timer_cb(struct loop_timer *timer)
{
    struct voice *voice = CONTAINER_OF(timer, struct voice, timer);
    voice_update(voice);
    if (voice->conf.log.write)
        log_flush(&voice->log);
    voice_report(voice, &(struct report){ .kind = REPORT_PROGRESS });
    loop_timer_start(voice->conf.loop, &voice->timer, REPORT_PROGRESS_MS, voice_timer_cb);
}

struct voice *voice_new(const struct voice_conf *conf)
{
    struct voice *voice = mem_zalloc(sizeof *voice);
    *voice = (struct voice){ .conf = *conf, .phase = JOB_STARTING, .state = JOB_STARTING };
    voice->log = (struct log){ .format = conf->format,
                               .level = conf->level,
                               .repeat_ms = conf->repeat_ms,
                               .door = conf->log };
    voice->batch_at_ms = loop_now_ms(conf->loop);
    loop_timer_start(conf->loop, &voice->timer, REPORT_PROGRESS_MS, voice_timer_cb);
    return voice;
}

void voice_phase(struct voice *voice, enum job_state phase, const char *note)
{
    voice->phase = phase;
    voice->batch_at_ms = loop_now_ms(voice->conf.loop);
    snprintf(voice->note, sizeof voice->note, "%s", note ? note : "");
    voice_update(voice);
}

/* One line for a trouble, and one more for each repeatLimit that it lasts: the requests that run
 * into it differ, it is the same. */
static void voice_log_trouble(struct voice *voice, enum voice_trouble what, const struct err *err,
                              uint64_t next_ms)
{
    static const char *const events[VOICE_TROUBLES] = { "store.retry", "source.retry",
                                                        "output.retry" };
    uint64_t now = loop_now_ms(voice->conf.loop), said = voice->trouble_said_ms[what];
    if (said && err->code == voice->trouble_code[what] && now - said < voice->conf.repeat_ms) {
        voice->trouble_unsaid[what]++;
        return;
    }
    struct log_entry entry = { .level = LOG_WARNING,
                               .event = events[what],
                               .code = err->code,
                               .fields = { LOG_INT("again", (int64_t)voice->trouble_unsaid[what]) },
                               .msg = err->text };
    if (next_ms) /* else nobody knows */
        entry.fields[1] = (struct log_field)LOG_WAIT("next", (int64_t)next_ms);
    voice_log(voice, &entry);
    voice->trouble_said_ms[what] = now;
    voice->trouble_code[what] = err->code;
    voice->trouble_unsaid[what] = 0;
}

void voice_trouble(struct voice *voice, enum voice_trouble what, const struct err *err,
                   uint64_t next_ms)
{
    uint64_t now = loop_now_ms(voice->conf.loop);
    voice->trouble[what] = *err;
    voice->trouble_until_ms[what] = next_ms ? now + next_ms : 0;
    if (err->kind != ERR_NONE)
        voice_log_trouble(voice, what, err, next_ms);
    else
        voice->batch_at_ms = now;
    voice_update(voice);
}

void voice_failed(struct voice *voice, const struct err *err)
{
    voice->trouble[VOICE_STORE] = *err;
    voice->trouble_until_ms[VOICE_STORE] = 0;
    voice_update(voice);
}

void voice_empty(struct voice *voice)
{
    voice_log(voice, &(struct log_entry){
                         .level = LOG_WARNING,
                         .event = "checkpoint.empty",
                         .msg = "the job was started before, and its checkpoint is empty: "
                                "was it removed? State begins anew; reading goes on at "
                                "the group's offsets, else at startingOffsets" });
}

void voice_gap(struct voice *voice, const struct entry *gap)
{
    char topic[256]; /* Kafka's are shorter */
    snprintf(topic, sizeof topic, "%.*s", (int)gap->gap.topic.len,
             (const char *)gap->gap.topic.ptr);
    voice_log(voice,
              &(struct log_entry){
                  .level = LOG_ERROR,
                  .event = "source.gap",
                  .code = 330,
                  .fields = { LOG_TEXT("topic", topic), LOG_INT("partition", gap->gap.partition),
                              LOG_INT("from", gap->gap.from), LOG_INT("to", gap->gap.to),
                              LOG_INT("lost", gap->gap.to - gap->gap.from) } });
    voice->lost_until = voice->batch + 1 + VOICE_RECENT;
}

void voice_damaged(struct voice *voice, const struct err *err)
{
    voice_log(voice, &(struct log_entry){ .level = LOG_WARNING,
                                          .event = "wal.damaged",
                                          .code = err->code,
                                          .msg = err->text });
}

static void voice_delay(struct voice *voice, int64_t total_ms)
{
    voice->delay_before_ms = voice->delay_ms;
    voice->delay_ms = total_ms;
    voice->delayed = total_ms > (int64_t)voice->conf.interval_ms;
    voice->rising = voice->delayed && voice->delay_ms > voice->delay_before_ms;
}

void voice_batch(struct voice *voice, const struct voice_batch *batch)
{
    voice->batch = batch->number;
    voice->batch_at_ms = loop_now_ms(voice->conf.loop);
    voice->dead += batch->errors;
    if (batch->errors)
        voice->lost_until = batch->number + VOICE_RECENT;
    voice_delay(voice, batch->total_ms);
    voice_log(voice, &(struct log_entry){
                         .level = LOG_INFO,
                         .event = "batch.completed",
                         .fields = { LOG_INT("batch", (int64_t)batch->number),
                                     LOG_INT("records", (int64_t)batch->records),
                                     LOG_SECONDS("scheduling_delay", batch->scheduling_ms),
                                     LOG_SECONDS("processing_time", batch->processing_ms),
                                     LOG_SECONDS("total_delay", batch->total_ms) } });
    struct report report = { .kind = REPORT_BATCH,
                             .batch = { .number = (int64_t)batch->number,
                                        .time_ms = batch->time_ms,
                                        .records = (int64_t)batch->records,
                                        .delay_ms = batch->total_ms,
                                        .lag_records = batch->lag_records,
                                        .lag_ms = -1,
                                        .dead = (int64_t)voice->dead } };
    voice_report(voice, &report);
    voice_update(voice);
}

void voice_ready(struct voice *voice, const struct job_policy *policy, const char *description)
{
    struct report report = { .kind = REPORT_READY, .policy = *policy };
    voice->conf.interval_ms = (uint64_t)policy->interval_ms;
    report_set_text(&report, description ? description : "");
    voice_report(voice, &report);
}

void voice_rejected(struct voice *voice, int64_t errors, const char *text)
{
    struct report report = { .kind = REPORT_REJECTED, .count = errors };
    report_set_text(&report, text);
    voice_report(voice, &report);
}

void voice_fenced(struct voice *voice, const char *by)
{
    struct report report = { .kind = REPORT_FENCED };
    report_set_text(&report, by);
    voice_report(voice, &report);
    voice_log(voice, &(struct log_entry){
                         .level = LOG_WARNING, .event = "job.fenced", .code = 360, .msg = by });
}
