/* A simulated process that is a worker: what daemon/cli does around it, without files. */
#include "worker_sim.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/diag.h"
#include "engine/plan.h"
#include "io/loop.h"
#include "io/out.h"
#include "io/world.h"
#include "parts.h"
#include "settings_sim.h"
#include "spec/expand.h"
#include "spec/job.h"
#include "worker/voice.h"
#include "worker/worker.h"

struct worker_process { /* in the process' memory */
    struct sim_process *process;
    struct arena arena;
    struct job_spec *spec;
    struct plan *plan;
    struct voice *voice;
    struct worker *worker;
};

static int64_t log_wall_ms(void *ctx)
{
    return world_wall_ms(((struct sim_process *)ctx)->world);
}

static uint64_t log_mono_ms(void *ctx)
{
    return world_mono_us(((struct sim_process *)ctx)->world) / 1000;
}

static long long number_of(const char *bytes, size_t n, const char *key)
{
    const char *at = memmem(bytes, n, key, strlen(key));
    return at ? strtoll(at + strlen(key), NULL, 10) : -1;
}

static void note_gap(struct tally *tally, const char *bytes, size_t n)
{
    const char *topic = memmem(bytes, n, " topic=", 7);
    if (!topic || tally->n_gaps == TALLY_GAPS)
        return;
    struct tally_gap *gap = &tally->gaps[tally->n_gaps++];
    *gap = (struct tally_gap){ .partition = (int)number_of(bytes, n, " partition="),
                               .from = number_of(bytes, n, " from="),
                               .to = number_of(bytes, n, " to=") };
    sscanf(topic, " topic=%15[^ ]", gap->topic);
}

static void log_note(struct tally *tally, const char *bytes, size_t n)
{
    if (memmem(bytes, n, " event=job.recovered ", 21)) {
        tally->recovered = true;
        tally->recoveries += tally->starts > 1;
        census_add(CENSUS_RECOVERIES, tally->starts > 1);
    }
    if (memmem(bytes, n, " event=source.gap ", 18))
        note_gap(tally, bytes, n);
    if (tally->harmed && memmem(bytes, n, " code=E3", 8) &&
        memmem(bytes, n, tally->harmed, strlen(tally->harmed)))
        tally->named = true;
}

static void log_write(void *ctx, const char *bytes, size_t n)
{
    struct sim_process *process = ctx;
    while (n && bytes[n - 1] == '\n')
        n--;
    log_note(process->parts->main_ctx, bytes, n);
    sim_trace(process->sim, "%s[%u] %.*s", process->name, process->pid, (int)n, bytes);
}

static void worker_ended(void *ctx, int status)
{
    struct worker_process *self = ctx;
    world_exit(self->process->world, status);
}

static void worker_parse(struct worker_process *self, const char *text)
{
    struct settings settings;
    sim_settings(self->process->sim, &self->arena, &settings);
    struct job_env env = { .expand = &sim_expand,
                           .defaults = settings.defaults,
                           .memory_max = 8u << 20 };
    struct diags diags = { .arena = &self->arena,
                           .file = "job.yaml",
                           .source = { text, strlen(text) } };
    bool ok = job_parse(&self->arena, "job", &env, &diags, &self->spec) &&
              plan_build(&self->arena, self->spec, &diags, &self->plan);
    struct buf findings = { 0 };
    if (!ok)
        diag_print(&diags, DIAG_GNU, false, &findings);
    sim_expect(self->process->sim, ok, "the job file: %s", buf_text(&findings));
    buf_free(&findings);
}

void worker_main(struct sim_process *process, void *ctx)
{
    struct tally *tally = ctx;
    struct worker_process *self = mem_zalloc(sizeof *self);
    self->process = process;
    process->ctx = self;
    worker_parse(self, tally->job);
    if (*process->sim->failure)
        return;
    struct voice_conf voice = { .loop = process->loop,
                                .job = "job",
                                .interval_ms = self->spec->batch_interval_ms,
                                .log = { process, log_wall_ms, log_mono_ms, log_write },
                                .format = LOG_LOGFMT,
                                .level = LOG_INFO };
    self->voice = voice_new(&voice);
    struct worker_conf conf = { .loop = process->loop,
                                .store = sim_store_open(process, tally->url),
                                .spec = self->spec,
                                .plan = self->plan,
                                .voice = self->voice,
                                .out = out_open(process->loop, 1),
                                .ended = worker_ended,
                                .ctx = self };
    self->worker = worker_new(&conf);
}

static void tell_stop(void *ctx)
{
    struct worker_process *self = ((struct sim_process *)ctx)->ctx;
    if (self && self->worker)
        worker_stop(self->worker);
}

void worker_tell_stop(struct sim_process *process)
{
    sim_post(process->sim, process, 0, tell_stop, process);
}
