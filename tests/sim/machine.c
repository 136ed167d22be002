/* The machine itself, and its children: doors proc, control and notify. A child is no process of the simulation, only what its
 * parent sees of one: bytes in a pipe, signals that reach it, an end. It dies with its parent, a moment later, or, as one that
 * hangs in a write to a dead disk does, some seconds later. */
#include "machine.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "io/control.h"
#include "io/loop.h"
#include "io/notify.h"
#include "io/proc.h"
#include "machine_parts.h"
#include "parts.h"

#define WATCHDOG_MS 10000
#define SLOW_US 3000000 /* a late end */

struct machine *machine_here(void)
{
    struct sim_process *self = sim_inside();
    check(self && self->sim->parts->machine);
    return self->sim->parts->machine;
}

struct machine *machine_new(struct sim *sim, void *ctx)
{
    struct machine *machine = sim_alloc(sizeof *machine);
    *machine = (struct machine){ .sim = sim, .ctx = ctx, .pids = 20000 };
    list_init(&machine->files);
    list_init(&machine->children);
    sim->parts->machine = machine;
    return machine;
}

void machine_free(struct machine *machine)
{
    struct sim *sim = machine->sim;
    if (machine->daemon)
        machine->daemon->ended = NULL;
    machine_disk_free(machine);
    while (!list_empty(&machine->children)) {
        struct list *link = list_first(&machine->children);
        list_remove(link);
        free(LIST_ITEM(link, struct machine_child, link));
    }
    sim->parts->machine = NULL;
    free(machine);
}

struct sim_process *machine_start(struct machine *machine, sim_main main, void *ctx)
{
    struct sim_process *process = sim_start(machine->sim, "daemon", main, ctx);
    snprintf(process->parts->boot_id, sizeof process->parts->boot_id,
             "6d6f6e64-6179-4d6f-b264-%012u", machine->boots);
    process->parts->boot_ms = 20000 - machine->booted_us / 1000; /* below 0 it wraps round */
    process->parts->wall_ms = 1795537622000 + machine->wall_ms;
    return process;
}

void machine_set_wall(struct machine *machine, int64_t by_ms)
{
    sim_trace(machine->sim, "the clock is set by %lld ms", (long long)by_ms);
    census_note(CENSUS_CLOCKS_SET);
    machine->wall_ms += by_ms;
    LIST_EACH(link, &machine->sim->parts->processes)
    LIST_ITEM(link, struct sim_process_parts, link)->wall_ms += by_ms;
}

bool machine_effect(struct machine *machine, enum machine_death *how)
{
    *how = machine->death;
    if (++machine->effects != machine->die_at)
        return false;
    machine->die_at = 0;
    machine->sim->hit = true;
    census_note(CENSUS_EFFECTS);
    return true;
}

void machine_die(struct machine *machine)
{
    sim_trace(machine->sim, "the daemon dies at effect %llu, way %d",
              (unsigned long long)machine->effects, (int)machine->death);
    machine->spoiled = machine->death == MACHINE_GARBAGE;
    sim_die();
}

static void child_orphaned(void *ctx)
{
    machine_end(ctx, 0, SIGKILL);
}

void machine_bury(struct machine *machine, struct sim_process *daemon)
{
    struct sim *sim = machine->sim;
    if (machine->daemon == daemon) {
        machine->daemon = NULL;
        machine->watch = NULL;
    }
    LIST_EACH(link, &machine->children)
    {
        struct machine_child *child = LIST_ITEM(link, struct machine_child, link);
        child->known |= child->parent == daemon;
        if (child->parent == daemon && child->alive)
            sim_after(sim,
                      sim_fires(sim, machine->harms.late, CENSUS_ORPHANS) ? sim_below(sim, SLOW_US)
                                                                          : sim_below(sim, 2000),
                      child_orphaned, child);
    }
}

void machine_power_loss(struct machine *machine)
{
    sim_trace(machine->sim, "power is lost");
    census_note(CENSUS_POWER_LOSSES);
    LIST_EACH(link, &machine->sim->parts->processes) /* also one that only begins */
    sim_kill(LIST_ITEM(link, struct sim_process_parts, link)->process);
    LIST_EACH(link, &machine->children)
    machine_end(LIST_ITEM(link, struct machine_child, link), 0, SIGKILL);
    machine->losing = true;
    machine_disk_loss(machine);
    machine->losing = false;
    machine->boots++;
    machine->booted_us = machine->sim->now_us;
}

/* ---- children */

struct proc {
    struct sim_process *process;
    struct machine_child *child; /* NULL: at rest */
    proc_read_cb read_cb;
    proc_end_cb end_cb;
    void *ctx;
    uint32_t pid; /* of the last one */
};

static bool is_heard(const struct machine_child *child)
{
    return !child->known && child->parent->alive && !sim_dying(child->parent);
}

static void child_read(void *ctx)
{
    struct machine_child *child = ctx;
    char bytes[sizeof child->said];
    size_t n = child->n_said;
    if (!n || child->known)
        return;
    memcpy(bytes, child->said, n);
    child->n_said = 0;
    child->proc->read_cb(child->proc->ctx, (struct slice){ bytes, n });
}

static void child_gone(void *ctx)
{
    struct machine_child *child = ctx;
    struct proc *proc = child->proc;
    struct proc_end end = { .born = child->born, .status = child->status, .signal = child->signal };
    if (child->known)
        return;
    child_read(child);
    if (!child->born)
        err_set(&end.err, ERR_RETRY, "tidemark: resource temporarily unavailable");
    child->machine->known(child);
    child->known = true;
    proc->child = NULL;
    proc->end_cb(proc->ctx, &end);
}

void machine_say(struct machine_child *child, const char *text)
{
    size_t n = strlen(text);
    if (!child->alive || !is_heard(child) || n > sizeof child->said - child->n_said)
        return;
    memcpy(child->said + child->n_said, text, n);
    child->n_said += n;
    child->said_us = child->machine->sim->now_us;
    struct sim *sim = child->machine->sim;
    sim_post(sim, child->parent, sim_below(sim, 1000), child_read, child);
}

void machine_end(struct machine_child *child, int status, int signal)
{
    struct machine *machine = child->machine;
    struct sim *sim = machine->sim;
    if (!child->alive)
        return;
    sim_trace(sim, "%s %s[%u] ends: %d, signal %d", child->is_check ? "check" : "worker",
              child->job, child->pid, status, signal);
    child->alive = false;
    child->status = status;
    child->signal = signal;
    if (is_heard(child))
        sim_post(sim, child->parent,
                 sim_fires(sim, machine->harms.late, CENSUS_LATE_ENDS) ? sim_below(sim, SLOW_US)
                                                                       : sim_below(sim, 2000),
                 child_gone, child);
}

struct proc *proc_new(struct loop *loop)
{
    struct proc *proc = mem_zalloc(sizeof *proc);
    proc->process = sim_process_of(loop);
    return proc;
}

static const char *word_after(char *const *argv, const char *option)
{
    for (size_t i = 0; argv[i]; i++)
        if (strcmp(argv[i], option) == 0)
            return option[0] == '-' && argv[i + 1] ? argv[i + 1] : argv[i];
    return "";
}

void proc_start(struct proc *proc, const struct proc_spec *spec)
{
    struct machine *machine = machine_here();
    struct sim *sim = machine->sim;
    enum machine_death how;
    bool dies = machine_effect(machine, &how);
    check(!proc->child);
    if (dies && how != MACHINE_DONE)
        machine_die(machine);
    struct machine_child *child = sim_alloc(sizeof *child);
    *child = (struct machine_child){ .machine = machine,
                                     .pid = ++machine->pids,
                                     .is_check = *word_after(spec->argv, "--check"),
                                     .standby = *word_after(spec->argv, "--standby"),
                                     .parent = proc->process,
                                     .proc = proc,
                                     .said_us = sim->now_us };
    snprintf(child->job, sizeof child->job, "%s", spec->argv[2]);
    snprintf(child->spec, sizeof child->spec, "%s", word_after(spec->argv, "--spec"));
    list_add_tail(&machine->children, &child->link);
    child->born = child->alive = !sim_fires(sim, machine->harms.unborn, CENSUS_UNBORN);
    proc->child = child;
    proc->read_cb = spec->read_cb;
    proc->end_cb = spec->end_cb;
    proc->ctx = spec->ctx;
    proc->pid = child->born ? child->pid : 0;
    sim_trace(sim, "%s %s[%u]%s", child->is_check ? "check" : "worker", child->job, child->pid,
              child->born ? "" : " cannot be started");
    machine->born(child);
    if (dies)
        machine_die(machine);
    if (!child->born)
        sim_post(sim, proc->process, 1, child_gone, child);
}

bool proc_active(const struct proc *proc)
{
    return proc->child;
}

uint32_t proc_pid(const struct proc *proc)
{
    return proc->pid;
}

static void child_killed(void *ctx)
{
    machine_end(ctx, 0, SIGKILL);
}

void proc_signal(struct proc *proc, int number)
{
    struct machine *machine = machine_here();
    struct sim *sim = machine->sim;
    struct machine_child *child = proc->child;
    enum machine_death how;
    if (!child)
        return;
    bool dies = machine_effect(machine, &how);
    if (dies && how != MACHINE_DONE)
        machine_die(machine);
    child->told |= number != SIGABRT && !child->aborted;
    child->aborted |= number == SIGABRT;
    sim_trace(sim, "signal %d for %s[%u]", number, child->job, child->pid);
    if (child->alive && number == SIGKILL)
        sim_after(sim,
                  sim_fires(sim, machine->harms.late, CENSUS_LATE_ENDS) ? sim_below(sim, SLOW_US)
                                                                        : sim_below(sim, 1000),
                  child_killed, child);
    else if (child->alive)
        machine->reached(child, number);
    if (dies)
        machine_die(machine);
}

void proc_free(struct proc *proc)
{
    mem_free(proc);
}

/* ---- doors control and notify */

struct control {
    char nothing;
};

struct control *control_new(struct loop *loop, const char *path, control_cb cb, void *ctx,
                            struct err *err)
{
    (void)loop, (void)path, (void)cb, (void)ctx, (void)err;
    return mem_zalloc(sizeof(struct control));
}

void control_free(struct control *control)
{
    mem_free(control);
}

struct notify {
    struct machine *machine;
};

struct notify *notify_new(void)
{
    struct notify *notify = mem_zalloc(sizeof *notify);
    notify->machine = machine_here();
    return notify;
}

void notify_send(struct notify *notify, const char *state)
{
    struct machine *machine = notify->machine;
    machine->ready |= strcmp(state, "READY=1") == 0;
    machine->stopping |= strcmp(state, "STOPPING=1") == 0;
    if (strcmp(state, "WATCHDOG=1") == 0)
        machine->barked_us = machine->sim->now_us;
}

uint64_t notify_watchdog_ms(const struct notify *notify)
{
    (void)notify;
    return WATCHDOG_MS;
}

void notify_free(struct notify *notify)
{
    mem_free(notify);
}
