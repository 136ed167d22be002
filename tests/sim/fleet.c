/* The daemon around its supervisor, users, and what must hold at every moment: at most one worker a job lives under one daemon;
 * none is started once the budget is spent; none is given up while it is not; none is told to stop, or aborted, without a
 * reason. */
#include "fleet.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "io/world.h"
#include "parts.h"
#include "settings_sim.h"
#include "supervisor/supervisor.h"
#include "worker/report.h"

#define SILENCE_US (29u * 1000000) /* less than what the supervisor takes for a worker that hangs */

/* ---- job files */

unsigned fleet_version(struct fleet *fleet, struct version version)
{
    if (fleet->n_versions + 1 == FLEET_VERSIONS)
        return fleet->n_versions;
    fleet->versions[++fleet->n_versions] = version;
    return fleet->n_versions;
}

static size_t fleet_text(unsigned version, char *text, size_t size)
{
    return (size_t)snprintf(text, size, "version: %u\nfor: %060u\nend\n", version, version);
}

unsigned fleet_read(struct fleet *fleet, struct slice bytes)
{
    char text[200], want[200];
    unsigned version = 0;
    if (bytes.len >= sizeof text)
        return 0;
    memcpy(text, bytes.ptr, bytes.len);
    text[bytes.len] = '\0';
    if (sscanf(text, "version: %u\n", &version) != 1 || version > fleet->n_versions)
        return 0;
    fleet_text(version, want, sizeof want);
    return strcmp(text, want) == 0 ? version : 0;
}

struct fleet_job *fleet_job_of(struct fleet *fleet, const char *id)
{
    for (size_t i = 0; i < FLEET_JOBS; i++)
        if (strcmp(fleet->jobs[i].id, id) == 0)
            return &fleet->jobs[i];
    return NULL;
}

static void fleet_put_part(struct fleet *fleet, struct fleet_job *job, unsigned version, size_t n)
{
    char text[200];
    size_t len = fleet_text(version, text, sizeof text);
    job->user = version;
    job->is_half = n < len;
    job->meddled_us = fleet->sim->now_us;
    sim_trace(fleet->sim, "%s: version %u%s", job->path, version, job->is_half ? ", a part" : "");
    machine_put(fleet->machine, job->path, (struct slice){ text, n < len ? n : len });
}

void fleet_put(struct fleet *fleet, struct fleet_job *job, unsigned version)
{
    fleet_put_part(fleet, job, version, SIZE_MAX);
}

static void job_whole(void *ctx)
{
    struct fleet_job *job = ctx;
    if (job->is_half)
        fleet_put(job->fleet, job, job->user);
}

void fleet_put_half(struct fleet *fleet, struct fleet_job *job, unsigned version)
{
    fleet_put_part(fleet, job, version, sim_below(fleet->sim, 80));
    sim_after(fleet->sim, 10000 + sim_below(fleet->sim, 8000000), job_whole, job);
}

void fleet_remove(struct fleet *fleet, struct fleet_job *job)
{
    sim_trace(fleet->sim, "%s: removed", job->path);
    job->user = job->good = 0;
    job->is_half = false;
    job->meddled_us = fleet->sim->now_us;
    machine_remove(fleet->machine, job->path);
}

/* ---- the daemon */

static int64_t log_wall_ms(void *ctx)
{
    return world_wall_ms(((struct sim_process *)ctx)->world);
}

static uint64_t log_mono_ms(void *ctx)
{
    return world_mono_us(((struct sim_process *)ctx)->world) / 1000;
}

static void log_write(void *ctx, const char *bytes, size_t n)
{
    struct sim_process *process = ctx;
    struct fleet *fleet = process->parts->main_ctx;
    char id[8] = "";
    const char *at = memmem(bytes, n, " job=", 5);
    while (n && bytes[n - 1] == '\n')
        n--;
    sim_trace(process->sim, "%.*s", (int)n, bytes);
    if (!at || !memmem(bytes, n, " event=job.failed ", 18))
        return;
    at += 5; /* the line ends without a 0 */
    for (size_t i = 0; i < sizeof id - 1 && at + i < bytes + n && at[i] >= 'a' && at[i] <= 'z'; i++)
        id[i] = at[i];
    struct fleet_job *job = fleet_job_of(fleet, id);
    job->given_up = true;
    sim_expect(fleet->sim, job->doubted || budget_may_fail(&job->budget),
               "%s is given up too early", id);
}

static void daemon_main(struct sim_process *process, void *ctx)
{
    struct log *log = mem_zalloc(sizeof *log);
    struct arena *arena = mem_zalloc(sizeof *arena);
    struct settings settings;
    struct err err;
    sim_settings(process->sim, arena, &settings);
    *log =
        (struct log){ .level = LOG_INFO, .door = { process, log_wall_ms, log_mono_ms, log_write } };
    struct supervisor_conf conf = { .program = "tidemark",
                                    .state = settings.state_directory,
                                    .socket = MACHINE_STATE "/run/control.sock",
                                    .folders = { settings.jobs_directory },
                                    .n_folders = 1,
                                    .jobs_max = settings.jobs_max,
                                    .settle_ms = settings.jobs_settle_ms,
                                    .rescan_ms = settings.jobs_rescan_ms,
                                    .hang_ms = SUPERVISOR_HANG_MS,
                                    .watch = settings.jobs_watch == WATCH_INOTIFY,
                                    .log = log };
    (void)ctx;
    struct supervisor *supervisor = supervisor_new(&conf, process->loop, &err);
    if (supervisor) {
        supervisor_run(supervisor);
        return;
    }
    sim_trace(process->sim, "daemon[%u] does not start: %s", process->pid, err.text);
    world_exit(process->world, 75);
}

static void daemon_again(void *ctx)
{
    fleet_daemon(ctx);
}

static void daemon_ended(struct sim_process *process)
{
    struct fleet *fleet = process->parts->main_ctx;
    struct machine *machine = fleet->machine;
    bool was_it = machine->daemon == process;
    bool left = false;
    LIST_EACH(link, &machine->children)
    {
        const struct machine_child *child = LIST_ITEM(link, struct machine_child, link);
        left |= child->parent == process && child->alive && !child->is_check;
    }
    sim_expect(fleet->sim, process->status != 0 || !left,
               "the daemon has ended before its workers");
    machine_bury(machine, process);
    if (was_it || !machine->daemon) {
        for (size_t i = 0; i < FLEET_JOBS; i++) {
            budget_died(&fleet->jobs[i].budget);
            fleet->jobs[i].given_up = fleet->jobs[i].is_noted = false;
        }
    }
    if (was_it && process->status == SIM_KILLED && machine->effects && machine->spoiled)
        fleet_power_loss(fleet);
    machine->spoiled = false;
    if (!fleet->resting && !machine->daemon)
        sim_after(fleet->sim, 1000 + sim_below(fleet->sim, 3000000), daemon_again, fleet);
}

void fleet_daemon(struct fleet *fleet)
{
    struct machine *machine = fleet->machine;
    if (machine->daemon)
        return;
    if (++fleet->daemons == fleet->die_in)
        machine->die_at = fleet->sim->point;
    struct sim_process *process = machine_start(machine, daemon_main, fleet);
    process->ended = daemon_ended;
    if (!fleet->healed && (fleet->fails_ever || fleet->daemons == 1))
        sim_fail_allocation(process, fleet->fail_at);
    census_note(CENSUS_DAEMONS);
}

void fleet_rival(struct fleet *fleet)
{
    machine_start(fleet->machine, daemon_main, fleet)->ended = daemon_ended;
}

void fleet_power_loss(struct fleet *fleet)
{
    machine_power_loss(fleet->machine);
    for (size_t i = 0; i < FLEET_JOBS; i++)
        budget_booted(&fleet->jobs[i].budget, fleet->machine->wall_ms);
}

/* ---- what must hold */

/* A new count begins, for this version; it has begun for good once a worker is started. */
static void job_renewed(struct fleet_job *job, unsigned version)
{
    job->last = version;
    job->budget.max = job->fleet->versions[version].max;
    job->budget.window_ms = job->fleet->versions[version].window_ms;
    job->is_fresh = true;
    budget_renew(&job->budget);
}

static void job_runs(struct fleet_job *job)
{
    if (job->accepted != job->last)
        job_renewed(job, job->accepted);
    if (job->is_fresh && !job->doubted)
        budget_renewed(&job->budget);
    job->is_fresh = job->doubted = false;
}

static void born(struct machine_child *child)
{
    struct machine *machine = child->machine;
    struct fleet *fleet = machine->ctx;
    struct fleet_job *job = fleet_job_of(fleet, child->job);
    struct sim *sim = fleet->sim;
    if (child->born)
        fleet_child_begin(child);
    if (child->is_check)
        return;
    child->attempt = job->attempts++;
    job->given_up = false;
    census_note(CENSUS_ATTEMPTS);
    job_runs(job);
    sim_expect(sim, job->is_noted, "%s is started, and that is not in the ledger", job->id);
    job->is_noted = false;
    sim_expect(sim, child->parent == machine->daemon, "%s is started without the lock", job->id);
    sim_expect(sim, job->accepted, "%s: a worker is started, and no file is accepted", job->id);
    sim_expect(sim, fleet->versions[job->accepted].enabled, "%s is started, and not enabled",
               job->id);
    sim_expect(sim, !budget_must_fail(&job->budget), "%s is started, and its budget is spent",
               job->id);
    LIST_EACH(link, &machine->children)
    {
        const struct machine_child *other = LIST_ITEM(link, struct machine_child, link);
        bool beside = other != child && other->alive && !other->is_check &&
                      strcmp(other->job, child->job) == 0;
        sim_expect(sim, !beside || other->parent != child->parent, "%s has two workers", job->id);
        census_add(CENSUS_OUTLIVED, beside);
    }
}

static void reached(struct machine_child *child, int signal)
{
    struct fleet *fleet = child->machine->ctx;
    struct fleet_job *job = fleet_job_of(fleet, child->job);
    bool asked = fleet->machine->stopping || !job->user || !job->accepted || !child->version ||
                 job->accepted != child->version;
    if (signal == SIGTERM && !child->is_check)
        sim_expect(fleet->sim, asked, "%s is told to stop, and nobody asked for that", job->id);
    if (signal == SIGABRT)
        sim_expect(fleet->sim, fleet->sim->now_us - child->said_us >= SILENCE_US,
                   "%s is aborted, and it said something lately", job->id);
    fleet_child_told(child, signal);
}

/* Whether an attempt counts: 0 no, 1 yes, 2 either is right. */
static int weight_of(const struct machine_child *child, const struct fleet_job *job)
{
    const struct machine *machine = child->machine;
    bool clean = child->signal == 0;
    if (!child->born)
        return child->told ? 2 : 1;
    if (child->told) /* perhaps it had ended by itself before the signal came */
        return child->signal || child->status ? 2 : 0;
    if (child->aborted) /* its file may have been taken away or changed meanwhile */
        return machine->stopping || job->accepted != child->version ||
                       machine->sim->now_us - job->meddled_us < 120000000
                   ? 2
                   : 1;
    if (child->fenced || (clean && child->status == WORKER_AGAIN))
        return 0;
    return !(clean && child->status == WORKER_REJECTED);
}

static void known(struct machine_child *child)
{
    struct fleet *fleet = child->machine->ctx;
    struct fleet_job *job = fleet_job_of(fleet, child->job);
    if (child->is_check)
        return;
    int weight = weight_of(child, job);
    job->ends += weight == 1;
    if (weight)
        budget_add(&job->budget,
                   (struct budget_end){ .weight = weight == 1 ? BUDGET_KNOWN : BUDGET_EITHER,
                                        .at_ms = (int64_t)(fleet->sim->now_us / 1000),
                                        .wall_ms = child->machine->wall_ms,
                                        .boot = child->machine->boots });
}

static void noted(struct machine *machine, struct slice lines, bool done)
{
    struct fleet *fleet = machine->ctx;
    for (size_t i = 0; done && i < FLEET_JOBS; i++) {
        char word[32];
        snprintf(word, sizeof word, " start job=%s ", fleet->jobs[i].id);
        fleet->jobs[i].is_noted |= memmem(lines.ptr, lines.len, word, strlen(word)) != NULL;
        budget_synced(&fleet->jobs[i].budget);
    }
}

static void job_kept(struct fleet_job *job, unsigned version)
{
    const struct version *now = &job->fleet->versions[version];
    job->accepted = version;
    if (job->fleet->machine
            ->losing) { /* a rename that was not synced; its count is in the ledger, and stays */
        job->doubted |= version != job->last;
        job->good = version == job->good ? job->good : 0;
        return;
    }
    if (!version || (version != job->good && (!now->refuses || !now->enabled)))
        job->good = 0;
    if (!version)
        return;
    if (version < job->highest) { /* one that ran before: its count begins with its next worker */
        budget_renew(&job->budget);
        return;
    }
    job->highest = version;
    if (version != job->last)
        job_renewed(job, version);
}

static void kept(struct machine *machine, const char *path)
{
    struct fleet *fleet = machine->ctx;
    struct slice bytes;
    for (size_t i = 0; i < FLEET_JOBS; i++) {
        struct fleet_job *job = &fleet->jobs[i];
        if (strcmp(path, job->kept) != 0)
            continue;
        bool here = machine_read(machine, path, &bytes);
        unsigned version = here ? fleet_read(fleet, bytes) : 0;
        sim_expect(fleet->sim, version || !here, "%s holds what nobody wrote", path);
        job_kept(job, version);
    }
}

void fleet_ran(struct machine_child *child)
{
    struct fleet *fleet = child->machine->ctx;
    struct fleet_job *job = fleet_job_of(fleet, child->job);
    if (child->parent->alive && job->accepted == child->version)
        job->good = child->version;
}

/* ---- making one */

struct fleet *fleet_new(struct sim *sim)
{
    static const char *const ids[FLEET_JOBS] = { "a", "b", "c" };
    struct fleet *fleet = sim_alloc(sizeof *fleet);
    fleet->sim = sim;
    fleet->machine = machine_new(sim, fleet);
    fleet->machine->born = born;
    fleet->machine->reached = reached;
    fleet->machine->known = known;
    fleet->machine->noted = noted;
    fleet->machine->kept = kept;
    for (size_t i = 0; i < FLEET_JOBS; i++) {
        struct fleet_job *job = &fleet->jobs[i];
        job->fleet = fleet;
        strcpy(job->id, ids[i]);
        snprintf(job->path, sizeof job->path, MACHINE_JOBS "/%s.yaml", ids[i]);
        snprintf(job->kept, sizeof job->kept, MACHINE_STATE "/specs/%s", ids[i]);
    }
    return fleet;
}

void fleet_free(struct fleet *fleet)
{
    fleet->resting = true;
    machine_free(fleet->machine);
    free(fleet);
}
