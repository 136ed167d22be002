/* What users are shown: a job's state with a note, the table, one job whole, and the same as JSON
 * (version 1; keys are only ever added). */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/list.h"
#include "base/log.h"
#include "base/quote.h"
#include "io/control.h"
#include "io/proc.h"
#include "io/world.h"
#include "supervisor/supervisor_parts.h"

#define STALE_BATCHES 10 /* intervals without a batch … */
#define STALE_MS 5000    /* … and this, and a job is not called RUNNING */

/* ---- state and note */

static bool is_stale(const struct job *job, int64_t now_ms)
{
    int64_t last_ms = job->batch_ms > job->state_ms ? job->batch_ms : job->state_ms;
    return (job->state.state == JOB_RUNNING || job->state.state == JOB_CATCHING_UP) &&
           now_ms - last_ms > STALE_BATCHES * job->policy.limits.interval_ms + STALE_MS;
}

static void note_wait(char *note, size_t size, const char *text, int64_t wait_ms)
{
    struct buf wait = { 0 };
    if (wait_ms > 0)
        log_format_wait(wait_ms, &wait);
    snprintf(note, size, "%s%s%s%s", text, *text ? "; " : "",
             wait_ms > 0 ? "next try in " : "trying again", wait.len ? buf_text(&wait) : "");
    buf_free(&wait);
}

static enum job_state state_at_work(struct job *job, char *note, size_t size)
{
    int64_t now_ms = supervisor_now_ms(job->supervisor);
    struct report *state = &job->state;
    if (job->held) {
        snprintf(note, size, "the ledger of attempts cannot be written");
        return JOB_RETRYING;
    }
    snprintf(note, size, "%s", state->text);
    if (state->state == JOB_RETRYING && state->next_ms >= 0)
        note_wait(note, size, state->text, state->next_ms - (now_ms - job->state_ms));
    if (!is_stale(job, now_ms))
        return state->state;
    int64_t last_ms = job->batch_ms > job->state_ms ? job->batch_ms : job->state_ms;
    snprintf(note, size, "no batch for %" PRId64 " s", (now_ms - last_ms) / 1000);
    return JOB_DEGRADED;
}

static enum job_state state_now(struct job *job, char *note, size_t size)
{
    const struct policy *policy = &job->policy;
    *note = '\0';
    switch (policy->phase) {
        case POLICY_WAIT:
            if (policy->fenced) {
                snprintf(note, size, "%s", job->fenced);
                return JOB_STANDBY;
            }
            note_wait(note, size, policy->how, policy->due_ms - supervisor_now_ms(job->supervisor));
            return JOB_RETRYING;
        case POLICY_WORK:
            return state_at_work(job, note, size);
        case POLICY_STOP:
        case POLICY_KILL:
            snprintf(note, size, "%s", policy->silent ? "it showed no sign of progress" : "");
            return policy->silent ? JOB_RETRYING : JOB_STOPPING;
        case POLICY_REST:
            break;
    }
    if (policy->failed) {
        snprintf(note, size, "%s", policy->why);
        return JOB_FAILED;
    }
    if (!job->is_accepted && *job->trouble) {
        snprintf(note, size, "%s", job->trouble);
        return JOB_RETRYING;
    }
    if (!job->is_accepted)
        return job->rejected ? JOB_REJECTED : JOB_STARTING;
    return policy->limits.enabled ? JOB_STOPPED : JOB_PAUSED;
}

void job_show(struct job *job)
{
    struct shown *shown = &job->shown;
    size_t size = sizeof shown->note;
    enum job_state state = state_now(job, shown->note, size);
    if (job->rejected && state != JOB_STOPPING) {
        bool runs = job->policy.phase != POLICY_REST;
        state = JOB_REJECTED;
        snprintf(shown->note, size, "%s%s", job->error, runs ? "; the old version runs on" : "");
    } else if (!*shown->note && *job->trouble) {
        snprintf(shown->note, size, "its file cannot be read: %s", job->trouble);
    } else if (!*shown->note && *job->twin) {
        snprintf(shown->note, size, "%s has the same id and is left out", job->twin);
    } else if (!*shown->note) {
        snprintf(shown->note, size, "%s", job->description);
    }
    if (state != shown->state)
        shown->since_ms = supervisor_now_ms(job->supervisor);
    shown->state = state;
}

void supervisor_summary(struct supervisor *supervisor, char *out, size_t size)
{
    unsigned n = 0, well = 0;
    const struct job *ill = NULL;
    for (uint32_t i = 0; i < supervisor->conf.jobs_max; i++) {
        const struct job *job = &supervisor->jobs[i];
        if (!job->used)
            continue;
        enum job_state state = job->shown.state;
        bool good = state == JOB_RUNNING || state == JOB_CATCHING_UP || state == JOB_DEGRADED;
        n++;
        well += good;
        if (!good && (!ill || job_state_name(state)[0] == 'F'))
            ill = job;
    }
    snprintf(out, size, "%s%u of %u jobs running%s%s%s%s", supervisor->stopping ? "stopping; " : "",
             well, n, ill ? "; " : "", ill ? ill->id : "", ill ? " " : "",
             ill ? job_state_name(ill->shown.state) : "");
}

/* ---- the table */

enum column { JOB, STATE, SINCE, BATCH, DELAY, LAG_REC, LAG_S, DLQ, ATTEMPTS, NOTE, COLUMNS };
static const char *const column_names[COLUMNS] = {
    [JOB] = "JOB",           [STATE] = "STATE",      [SINCE] = "SINCE",  [BATCH] = "BATCH",
    [DELAY] = "DELAY",       [LAG_REC] = "LAG(rec)", [LAG_S] = "LAG(s)", [DLQ] = "DLQ",
    [ATTEMPTS] = "ATTEMPTS", [NOTE] = "NOTE",
};
#define CELL_SIZE 72 /* of all but the note */
struct row {
    char cells[NOTE][CELL_SIZE];
};

void supervisor_put_since(int64_t ms, char *out, size_t size)
{
    long long s = ms / 1000, m = s / 60, h = m / 60;
    if (h >= 24)
        snprintf(out, size, "%lldd%02lldh", h / 24, h % 24);
    else if (h > 0)
        snprintf(out, size, "%lldh%02lldm", h, m % 60);
    else if (m > 0)
        snprintf(out, size, "%lldm", m);
    else
        snprintf(out, size, "%llds", s);
}

static void cell_number(char *cell, bool known, int64_t number)
{
    if (known && number >= 0)
        snprintf(cell, CELL_SIZE, "%" PRId64, number);
    else
        snprintf(cell, CELL_SIZE, "-");
}

static void row_fill(struct row *row, struct job *job)
{
    int64_t now_ms = supervisor_now_ms(job->supervisor);
    const struct report_batch *batch = &job->batch;
    bool works = job->batch_ms > 0 && job->policy.phase >= POLICY_WORK;
    struct buf interval = { 0 };
    for (unsigned i = 0; i < NOTE; i++)
        strcpy(row->cells[i], "-");
    strcpy(row->cells[JOB], job->id);
    strcpy(row->cells[STATE], job_state_name(job->shown.state));
    supervisor_put_since(now_ms - job->shown.since_ms, row->cells[SINCE], CELL_SIZE);
    if (job->policy.limits.interval_ms > 0 && job->policy.phase >= POLICY_WORK) {
        log_format_wait(job->policy.limits.interval_ms, &interval);
        snprintf(row->cells[BATCH], CELL_SIZE, "%s", buf_text(&interval));
    }
    if (works && batch->delay_ms >= 0)
        snprintf(row->cells[DELAY], CELL_SIZE, "%.2fs", (double)batch->delay_ms / 1000);
    if (works && batch->lag_ms >= 0)
        snprintf(row->cells[LAG_S], CELL_SIZE, "%.*f", batch->lag_ms >= 10000 ? 0 : 1,
                 (double)batch->lag_ms / 1000);
    cell_number(row->cells[LAG_REC], works, batch->lag_records);
    cell_number(row->cells[DLQ], works, batch->dead);
    if (job->policy.limits.max_attempts)
        snprintf(row->cells[ATTEMPTS], CELL_SIZE, "%u/%" PRId64, policy_count(&job->policy, now_ms),
                 job->policy.limits.max_attempts);
    buf_free(&interval);
}

static void put_note(struct buf *out, const char *note) /* its first line */
{
    buf_put(out, note, strcspn(note, "\n"));
}

static void put_row(struct buf *out, const struct row *row, const size_t *widths, const char *note)
{
    for (unsigned i = 0; i < NOTE; i++)
        buf_printf(out, "%-*s  ", (int)widths[i], row ? row->cells[i] : column_names[i]);
    put_note(out, note);
    while (out->ptr[out->len - 1] == ' ') /* a row begins with a job's id */
        out->len--;
    buf_puts(out, "\n");
}

static void put_table(struct supervisor *supervisor, struct buf *out)
{
    size_t widths[NOTE];
    struct row row = { 0 };
    for (unsigned i = 0; i < NOTE; i++)
        widths[i] = strlen(column_names[i]);
    for (uint32_t at = 0; at < 2 * supervisor->conf.jobs_max; at++) { /* measured, then written */
        struct job *job = &supervisor->jobs[at % supervisor->conf.jobs_max];
        bool write = at >= supervisor->conf.jobs_max;
        if (at == supervisor->conf.jobs_max)
            put_row(out, NULL, widths, column_names[NOTE]);
        if (!job->used)
            continue;
        row_fill(&row, job);
        for (unsigned i = 0; i < NOTE && !write; i++)
            widths[i] = strlen(row.cells[i]) > widths[i] ? strlen(row.cells[i]) : widths[i];
        if (write)
            put_row(out, &row, widths, job->shown.note);
    }
}

/* ---- one job whole, and JSON */

static void put_job(struct job *job, struct buf *out)
{
    struct row row = { 0 };
    row_fill(&row, job);
    buf_printf(out, "job        %s\nstate      %s since %s\n", job->id, row.cells[STATE],
               row.cells[SINCE]);
    buf_printf(out, "file       %s/%s\n", job->supervisor->conf.folders[job->folder], job->name);
    if (*job->description)
        buf_printf(out, "about      %s\n", job->description);
    buf_printf(out, "attempts   %s counted, number %" PRIu64 "\n", row.cells[ATTEMPTS],
               job->attempt);
    if (proc_active(job->worker))
        buf_printf(out, "worker     pid %u\n", proc_pid(job->worker));
    buf_printf(out, "interval   %s\n", row.cells[BATCH]);
    if (job->batch_ms)
        buf_printf(out, "batch      %" PRId64 ", %" PRId64 " records, delay %s\n",
                   job->batch.number, job->batch.records, row.cells[DELAY]);
    buf_printf(out, "lag        %s records, %s s\ndead       %s\n", row.cells[LAG_REC],
               row.cells[LAG_S], row.cells[DLQ]);
    if (*job->policy.how)
        buf_printf(out, "last end   %s\n", job->policy.how);
    if (*job->shown.note)
        buf_printf(out, "note       %s\n", job->shown.note);
}

static void put_json_text(struct buf *out, const char *key, const char *text)
{
    buf_printf(out, ",\"%s\":", key);
    quote_put(out, text, strlen(text));
}

static void put_json_batch(struct buf *out, const struct report_batch *batch)
{
    const struct {
        const char *key;
        int64_t value;
    } numbers[] = {
        { "number", batch->number },           { "time_ms", batch->time_ms },
        { "records", batch->records },         { "delay_ms", batch->delay_ms },
        { "lag_records", batch->lag_records }, { "lag_ms", batch->lag_ms },
        { "dead_letters", batch->dead },
    };
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        buf_printf(out, "%c\"%s\":", i ? ',' : '{', numbers[i].key);
        if (numbers[i].value < 0)
            buf_puts(out, "null");
        else
            buf_printf(out, "%" PRId64, numbers[i].value);
    }
    buf_puts(out, "}");
}

static void put_json_job(struct job *job, struct buf *out)
{
    int64_t now_ms = supervisor_now_ms(job->supervisor);
    const struct policy *policy = &job->policy;
    buf_puts(out, "{\"id\":");
    quote_put(out, job->id, strlen(job->id));
    put_json_text(out, "state", job_state_name(job->shown.state));
    buf_printf(out, ",\"since_seconds\":%" PRId64, (now_ms - job->shown.since_ms) / 1000);
    put_json_text(out, "note", job->shown.note);
    put_json_text(out, "description", job->description);
    put_json_text(out, "file", job->name);
    buf_printf(out, ",\"pid\":%u", proc_active(job->worker) ? proc_pid(job->worker) : 0);
    buf_printf(out, ",\"batch_interval_ms\":%" PRId64, policy->limits.interval_ms);
    buf_printf(out,
               ",\"attempts\":{\"number\":%" PRIu64 ",\"counted\":%u,\"max\":%" PRId64
               ",\"window_ms\":%" PRId64,
               job->attempt, policy_count(policy, now_ms), policy->limits.max_attempts,
               policy->limits.window_ms);
    put_json_text(out, "last_end", policy->how);
    buf_puts(out, "},\"last_batch\":");
    if (job->batch_ms)
        put_json_batch(out, &job->batch);
    else
        buf_puts(out, "null");
    if (job->rejected)
        put_json_text(out, "error", job->error);
    if (policy->failed)
        put_json_text(out, "failure", policy->why);
    buf_puts(out, "}");
}

static void put_json(struct supervisor *supervisor, const char *id, struct buf *out)
{
    bool first = true;
    buf_printf(out,
               "{\"version\":1,\"daemon\":{\"version\":\"%s\",\"pid\":%u},\"generation\":%" PRIu64
               ",\"jobs\":[",
               TIDEMARK_VERSION, world_pid(supervisor->world), supervisor->generation);
    for (uint32_t i = 0; i < supervisor->conf.jobs_max; i++) {
        struct job *job = &supervisor->jobs[i];
        if (!job->used || (*id && strcmp(id, job->id) != 0))
            continue;
        buf_puts(out, first ? "" : ",");
        put_json_job(job, out);
        first = false;
    }
    buf_puts(out, "]}\n");
}

/* ---- the control socket: `status [json] [job=ID]`; the answer's first line is `EXIT reason` */

static struct job *find_job(struct supervisor *supervisor, const char *id)
{
    for (uint32_t i = 0; i < supervisor->conf.jobs_max; i++)
        if (supervisor->jobs[i].used && strcmp(supervisor->jobs[i].id, id) == 0)
            return &supervisor->jobs[i];
    return NULL;
}

static bool is_unhealthy(enum job_state state)
{
    return state == JOB_FAILED || state == JOB_REJECTED || state == JOB_RETRYING;
}

void supervisor_answer(void *ctx, const char *request, struct buf *answer)
{
    struct supervisor *supervisor = ctx;
    static const char plain[] = "status", json[] = "status json", of[] = " job=";
    bool as_json = strncmp(request, json, sizeof json - 1) == 0;
    const char *rest = request + (as_json ? sizeof json : sizeof plain) - 1, *id = "";
    if (strncmp(request, plain, sizeof plain - 1) != 0 ||
        (*rest && strncmp(rest, of, sizeof of - 1) != 0)) {
        buf_puts(answer, "64 the daemon does not know this request\n");
        return;
    }
    if (*rest)
        id = rest + sizeof of - 1;
    for (uint32_t i = 0; i < supervisor->conf.jobs_max; i++)
        if (supervisor->jobs[i].used)
            job_show(&supervisor->jobs[i]);
    struct job *job = *id ? find_job(supervisor, id) : NULL;
    if (*id && !job) {
        buf_printf(answer, "66 no such job: %s\n", id);
        return;
    }
    buf_puts(answer, job && is_unhealthy(job->shown.state) ? "1 unhealthy\n" : "0 done\n");
    if (as_json)
        put_json(supervisor, id, answer);
    else if (job)
        put_job(job, answer);
    else
        put_table(supervisor, answer);
}
