/* Doors world and loop. A loop has one event under way that wakes it when its first timer is due,
 * and one when posts wait; each such event runs one callback, so that those of other processes and
 * tasks come in between. */
#include "io/loop.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "io/world.h"
#include "parts.h"

/* ---- world */

struct world {
    struct sim_process *process;
};

static struct world *world_current; /* of the process that is being started, for world_new() */

struct world *sim_world_new(struct sim_process *process)
{
    struct world *world = sim_alloc(sizeof *world);
    world->process = process;
    world_current = world;
    return world;
}

struct world *world_new(void)
{
    return world_current;
}

void world_free(struct world *world)
{
    (void)world; /* goes with its process */
}

uint64_t world_mono_us(struct world *world)
{
    return world->process->sim->now_us + world->process->parts->mono_us;
}

uint64_t world_boot_ms(struct world *world)
{
    return world->process->sim->now_us / 1000 + world->process->parts->boot_ms;
}

int64_t world_wall_ms(struct world *world)
{
    return (int64_t)(world->process->sim->now_us / 1000) + world->process->parts->wall_ms;
}

void world_random(struct world *world, void *out, size_t n)
{
    for (uint8_t *at = out; n;) {
        uint64_t bits = sim_random(world->process->sim);
        size_t part = n < sizeof bits ? n : sizeof bits;
        memcpy(at, &bits, part);
        at += part;
        n -= part;
    }
}

const char *world_host(struct world *world)
{
    return world->process->host;
}

const char *world_boot_id(struct world *world)
{
    return world->process->parts->boot_id;
}

const char *world_place(struct world *world)
{
    return world->process->host;
}

uint32_t world_pid(struct world *world)
{
    return world->process->pid;
}

bool world_pid_lives(struct world *world, uint32_t pid, uint64_t boot_ms)
{
    (void)boot_ms; /* no number comes twice */
    LIST_EACH(link, &world->process->sim->parts->processes)
    {
        struct sim_process *process = LIST_ITEM(link, struct sim_process_parts, link)->process;
        if (process->pid == pid && strcmp(process->host, world->process->host) == 0)
            return process->alive;
    }
    return false;
}

void world_exit(struct world *world, int status)
{
    sim_trace(world->process->sim, "%s[%u] exits with %d", world->process->name,
              world->process->pid, status);
    sim_end(world->process, status);
}

/* ---- loop */

struct loop {
    struct sim_process *process;
    struct list timers; /* by due_ms; equal ones in the order of their start */
    uint64_t armed_us;  /* when the next wake-up comes; UINT64_MAX: none is under way */
    struct loop_post *first, **end;
    bool posting; /* an event for the first post is under way */
    loop_signal_cb signal_cb;
    void *signal_ctx;
    uint32_t signals; /* on their way, a bit each */
};

struct loop *sim_loop_new(struct sim_process *process)
{
    struct loop *loop = sim_alloc(sizeof *loop);
    *loop = (struct loop){ .process = process, .armed_us = UINT64_MAX };
    list_init(&loop->timers);
    loop->end = &loop->first;
    return loop;
}

void sim_loop_drop(struct loop *loop)
{
    free(loop);
}

struct sim_process *sim_process_of(struct loop *loop)
{
    return loop->process;
}

struct loop *loop_new(struct world *world)
{
    return world->process->loop;
}

void loop_run(struct loop *loop)
{
    check(loop->process == sim_inside());
    sim_leave(); /* the scheduler goes on with it: what follows the loop is never reached */
}

void loop_stop(struct loop *loop)
{
    world_exit(loop->process->world, 0);
}

void loop_free(struct loop *loop)
{
    (void)loop; /* goes with its process */
}

struct world *loop_world(struct loop *loop)
{
    return loop->process->world;
}

uint64_t loop_now_ms(struct loop *loop)
{
    return world_mono_us(loop->process->world) / 1000;
}

static void loop_wake(void *ctx);

static void loop_arm(struct loop *loop)
{
    struct list *first = list_first(&loop->timers);
    if (!first)
        return;
    struct sim *sim = loop->process->sim;
    uint64_t due_us = LIST_ITEM(first, struct loop_timer, link)->due_ms * 1000;
    uint64_t now_us = world_mono_us(loop->process->world);
    uint64_t delay_us = due_us > now_us ? due_us - now_us : 0;
    if (sim->now_us + delay_us >= loop->armed_us)
        return;
    loop->armed_us = sim->now_us + delay_us;
    sim_post(sim, loop->process, delay_us, loop_wake, loop);
}

static void loop_wake(void *ctx)
{
    struct loop *loop = ctx;
    struct list *first = list_first(&loop->timers);
    loop->armed_us = UINT64_MAX;
    struct loop_timer *timer = first ? LIST_ITEM(first, struct loop_timer, link) : NULL;
    if (timer && timer->due_ms <= loop_now_ms(loop)) {
        loop_timer_cb cb = timer->cb;
        list_remove(&timer->link);
        timer->cb = NULL;
        cb(timer);
    }
    loop_arm(loop);
}

void loop_timer_start(struct loop *loop, struct loop_timer *timer, uint64_t delay_ms,
                      loop_timer_cb cb)
{
    check(cb);
    loop_timer_stop(loop, timer);
    timer->cb = cb;
    timer->due_ms = loop_now_ms(loop) + (delay_ms ? delay_ms : 1);
    struct list *where = loop->timers.prev;
    while (where != &loop->timers &&
           LIST_ITEM(where, struct loop_timer, link)->due_ms > timer->due_ms)
        where = where->prev;
    list_add_head(where, &timer->link);
    loop_arm(loop);
}

void loop_timer_stop(struct loop *loop, struct loop_timer *timer)
{
    (void)loop;
    if (!timer->cb)
        return;
    list_remove(&timer->link);
    timer->cb = NULL;
}

static void loop_post_one(void *ctx)
{
    struct loop *loop = ctx;
    struct loop_post *post = loop->first;
    loop->posting = false;
    if (!post)
        return;
    loop->first = post->next;
    if (!loop->first)
        loop->end = &loop->first;
    if (loop->first) {
        loop->posting = true;
        sim_post(loop->process->sim, loop->process, 1, loop_post_one, loop);
    }
    post->cb(post);
}

void loop_post(struct loop *loop, struct loop_post *post)
{
    check(post->cb);
    post->next = NULL;
    *loop->end = post;
    loop->end = &post->next;
    if (loop->posting)
        return;
    loop->posting = true;
    sim_post(loop->process->sim, loop->process, 1 + sim_below(loop->process->sim, 50),
             loop_post_one, loop);
}

void loop_signals(struct loop *loop, const int *numbers, unsigned n, loop_signal_cb cb, void *ctx)
{
    (void)numbers, (void)n; /* whoever asks for one takes them all */
    loop->signal_cb = cb;
    loop->signal_ctx = ctx;
}

static void signal_comes(void *ctx)
{
    struct loop *loop = ctx;
    for (int number = 1; number < 32; number++) {
        if (!(loop->signals >> number & 1))
            continue;
        loop->signals &= ~(1u << number);
        if (loop->signal_cb)
            loop->signal_cb(loop->signal_ctx, number);
        else
            sim_end(loop->process, SIM_KILLED);
        return;
    }
}

void sim_signal(struct sim_process *process, int number)
{
    if (sim_dying(process))
        return;
    sim_trace(process->sim, "%s[%u] gets signal %d", process->name, process->pid, number);
    if (!(process->loop->signals >> number & 1))
        sim_post(process->sim, process, 0, signal_comes, process->loop);
    process->loop->signals |= 1u << number;
}
