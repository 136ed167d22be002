/* A request on the control socket, and what a supervisor says of jobs whose workers told it anything: an answer has its first line,
 * and JSON is JSON. */
#include "base/json.h"
#include "fuzz.h"
#include "io/control.h"
#include "io/proc.h"
#include "io/world.h"
#include "supervisor/supervisor_parts.h"

void control_fuzz(const uint8_t *data, size_t size);

#define JOBS 2u

static struct supervisor *supervisor_of(void)
{
    static struct supervisor made;
    static struct job jobs[JOBS];
    if (!made.jobs) {
        made = (struct supervisor){ .jobs = jobs, .world = world_new() };
        made.conf.jobs_max = JOBS;
        made.conf.folders[0] = "/etc/tidemark/jobs.d";
        made.loop = loop_new(made.world);
        for (uint32_t i = 0; i < JOBS; i++)
            jobs[i].worker = proc_new(made.loop);
    }
    return &made;
}

static void heard(void *ctx, const struct report *report)
{
    struct job *job = ctx;
    int64_t now_ms = supervisor_now_ms(job->supervisor);
    if (report->kind == REPORT_STATE) {
        job->state = *report;
        job->state_ms = now_ms;
    } else if (report->kind == REPORT_BATCH) {
        job->batch = report->batch;
        job->batch_ms = now_ms;
    } else if (report->kind == REPORT_READY) {
        job->policy.limits = report->policy;
        strcpy(job->description, report->text);
    } else if (report->kind == REPORT_REJECTED) {
        job->rejected = true;
        strcpy(job->error, report->text);
    } else if (report->kind == REPORT_FENCED) {
        strcpy(job->fenced, report->text);
    }
}

/* A job as bytes make it: where its attempts stand, then what its worker said, up to a 0. */
static void fuzz_job(struct fuzz_input *input, struct supervisor *supervisor, uint32_t i)
{
    static const char *const ids[] = { "wordcount", "a" };
    static struct report_reader reader;
    struct job *job = &supervisor->jobs[i];
    struct proc *worker = job->worker;
    *job = (struct job){ .supervisor = supervisor, .worker = worker, .used = true };
    strcpy(job->id, ids[i]);
    strcpy(job->name, "a.yaml");
    policy_init(&job->policy, job->id, false);
    job->policy.phase = (enum policy_phase)fuzz_pick(input, POLICY_KILL + 1);
    uint32_t flags = fuzz_byte(input);
    job->policy.failed = flags & 1;
    job->policy.fenced = flags & 2;
    job->policy.silent = flags & 4;
    job->is_accepted = flags & 8;
    job->held = flags & 16;
    job->used = !(flags & 32);
    strcpy(job->policy.how, flags & 64 ? "exit status 1" : "");
    report_reset(&reader);
    report_feed(&reader, fuzz_text(input), heard, job);
}

static void check_answer(struct buf *answer, bool as_json)
{
    const char *text = buf_text(answer), *line = strchr(text, '\n');
    struct err err;
    check(line && text[0] >= '0' && text[0] <= '9' && answer->len <= CONTROL_ANSWER_MAX);
    if (!as_json || text[0] == '6')
        return;
    struct json *json = json_parse(slice_of_text(line + 1), &err);
    check(json && json_get(json, "jobs"));
    json_free(json);
}

void control_fuzz(const uint8_t *data, size_t size)
{
    struct fuzz_input input = { data, data + size };
    struct supervisor *supervisor = supervisor_of();
    struct slice request = fuzz_text(&input);
    struct buf answer = { 0 };
    char line[CONTROL_REQUEST_MAX] = "", summary[200];
    memcpy(line, request.ptr, request.len < sizeof line ? request.len : sizeof line - 1);
    for (uint32_t i = 0; i < JOBS; i++)
        fuzz_job(&input, supervisor, i);
    supervisor_answer(supervisor, line, &answer);
    check_answer(&answer, strncmp(line, "status json", 11) == 0);
    buf_clear(&answer);
    supervisor_answer(supervisor, "status json", &answer);
    check_answer(&answer, true);
    supervisor_summary(supervisor, summary, sizeof summary);
    buf_free(&answer);
}
