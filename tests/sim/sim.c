/* Events, virtual time, randomness, trace. */
#include "sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/hash.h"
#include "parts.h"

bool sim_verbose;
uint64_t sim_step = 61;

void *sim_alloc(size_t n)
{
    void *p = calloc(1, n ? n : 1);
    check(p);
    return p;
}

/* ---- randomness */

static uint64_t splitmix(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint64_t rotate(uint64_t x, int by)
{
    return (x << by) | (x >> (64 - by));
}

uint64_t sim_random(struct sim *sim)
{
    uint64_t *s = sim->parts->random, result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

uint64_t sim_below(struct sim *sim, uint64_t n)
{
    return n ? sim_random(sim) % n : 0; /* n is small: the bias does not matter */
}

bool sim_chance(struct sim *sim, uint32_t thousandths)
{
    return thousandths && sim_below(sim, 1000) < thousandths;
}

bool sim_fires(struct sim *sim, uint32_t thousandths, enum census kind)
{
    bool fires = sim_chance(sim, thousandths);
    census_add(kind, fires);
    return fires;
}

/* ---- swarm: which faults are on in this seed, and how likely */

static uint32_t one_of(struct sim *sim, const uint32_t *values, size_t n)
{
    return values[sim_below(sim, n)];
}

static uint32_t likelihood(struct sim *sim)
{
    static const uint32_t values[] = { 0, 0, 0, 2, 10, 30, 100, 250 };
    return one_of(sim, values, ARRAY_SIZE(values));
}

static void faults_draw(struct sim *sim)
{
    static const uint32_t latency_us[] = { 500, 5000, 50000, 400000 };
    static const uint32_t give_up_ms[] = { 1000, 5000, 60000 };
    static const uint32_t spell_ms[] = { 1000, 10000, 90000 };
    sim->faults = (struct sim_faults){
        .unanswered = likelihood(sim),
        .late = likelihood(sim),
        .lost = likelihood(sim),
        .twice = likelihood(sim),
        .refused = likelihood(sim) / 10,
        .failover = likelihood(sim) / 5,
        .stale = likelihood(sim),
        .slow = likelihood(sim) / 5,
        .stall = likelihood(sim) / 50,
        .kafka_away = likelihood(sim) / 10,
        .latency_us = one_of(sim, latency_us, ARRAY_SIZE(latency_us)),
        .give_up_ms = one_of(sim, give_up_ms, ARRAY_SIZE(give_up_ms)),
        .late_ms = one_of(sim, spell_ms, ARRAY_SIZE(spell_ms)),
        .refused_ms = one_of(sim, spell_ms, ARRAY_SIZE(spell_ms)),
        .stall_ms = one_of(sim, spell_ms, ARRAY_SIZE(spell_ms)),
    };
}

/* ---- a simulation */

struct sim *sim_new(uint64_t seed)
{
    struct sim *sim = sim_alloc(sizeof *sim);
    struct sim_parts *parts = sim->parts = sim_alloc(sizeof *parts);
    sim->seed = seed;
    for (int i = 0; i < 4; i++)
        parts->random[i] = splitmix(&seed);
    list_init(&parts->processes);
    list_init(&parts->stores);
    list_init(&parts->kafkas);
    faults_draw(sim);
    return sim;
}

void sim_free(struct sim *sim)
{
    if (!sim)
        return;
    while (!list_empty(&sim->parts->processes)) {
        struct list *link = list_first(&sim->parts->processes);
        sim_process_free(LIST_ITEM(link, struct sim_process_parts, link)->process);
    }
    sim_stores_free(sim);
    sim_kafkas_free(sim);
    buf_free(&sim->parts->output);
    free(sim->parts->events.at);
    free(sim->parts);
    free(sim);
}

void sim_heal(struct sim *sim)
{
    sim_trace(sim, "all faults end");
    sim->faults = (struct sim_faults){ .latency_us = sim->faults.latency_us,
                                       .give_up_ms = sim->faults.give_up_ms,
                                       .late_ms = sim->faults.late_ms };
    sim_stores_heal(sim);
    sim_kafkas_heal(sim);
    sim_unstall(sim);
}

void sim_fail(struct sim *sim, const char *format, ...)
{
    if (*sim->failure)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(sim->failure, sizeof sim->failure, format, args);
    va_end(args);
    sim_trace(sim, "FAILED: %s", sim->failure);
}

static void print_line(const struct sim_line *line, FILE *file)
{
    fprintf(file, "%8llu.%06llu %s\n", (unsigned long long)line->at_us / 1000000,
            (unsigned long long)line->at_us % 1000000, line->text);
}

void sim_trace(struct sim *sim, const char *format, ...)
{
    struct sim_parts *parts = sim->parts;
    struct sim_line *line = &parts->lines[parts->n_lines++ % SIM_LINES];
    va_list args;
    va_start(args, format);
    vsnprintf(line->text, sizeof line->text, format, args);
    va_end(args);
    line->at_us = sim->now_us;
    parts->hash = hash64(line->text, strlen(line->text), parts->hash + line->at_us);
    if (sim_verbose)
        print_line(line, stdout);
}

void sim_print_trace(const struct sim *sim, uint64_t n, FILE *file)
{
    const struct sim_parts *parts = sim->parts;
    uint64_t first = parts->n_lines > n ? parts->n_lines - n : 0;
    check(n <= SIM_LINES);
    for (uint64_t i = first; i < parts->n_lines; i++)
        print_line(&parts->lines[i % SIM_LINES], file);
}

uint64_t sim_hash(const struct sim *sim)
{
    return sim->parts->hash;
}

/* ---- events */

static bool before(const struct sim_event *a, const struct sim_event *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

void sim_events_push(struct sim_events *events, struct sim_event event)
{
    if (events->n == events->cap) {
        events->cap = events->cap ? events->cap * 2 : 64;
        events->at = realloc(events->at, events->cap * sizeof *events->at);
        check(events->at);
    }
    events->at[events->n++] = event;
}

static void heap_up(struct sim_events *heap)
{
    size_t i = heap->n - 1;
    struct sim_event event = heap->at[i];
    while (i > 0 && before(&event, &heap->at[(i - 1) / 2])) {
        heap->at[i] = heap->at[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    heap->at[i] = event;
}

static struct sim_event heap_take(struct sim_events *heap)
{
    struct sim_event first = heap->at[0], last = heap->at[--heap->n];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < heap->n; i = child) {
        if (child + 1 < heap->n && before(&heap->at[child + 1], &heap->at[child]))
            child++;
        if (!before(&heap->at[child], &last))
            break;
        heap->at[i] = heap->at[child];
    }
    heap->at[i] = last;
    return first;
}

void sim_post(struct sim *sim, struct sim_process *process, uint64_t delay_us, sim_fn fn, void *ctx)
{
    sim_events_push(&sim->parts->events, (struct sim_event){ sim->now_us + delay_us,
                                                             sim_random(sim), process, fn, ctx });
    heap_up(&sim->parts->events);
}

void sim_after(struct sim *sim, uint64_t us, void (*fn)(void *ctx), void *ctx)
{
    sim_post(sim, NULL, us, fn, ctx);
}

static void event_run(struct sim *sim, const struct sim_event *event)
{
    uint64_t mark[] = { sim->parts->hash, event->at_us, event->process ? event->process->pid : 0 };
    sim->now_us = event->at_us;
    sim->parts->hash = hash64(mark, sizeof mark, 0);
    if (event->process)
        sim_process_event(event->process, event);
    else
        event->fn(event->ctx);
}

bool sim_run(struct sim *sim, uint64_t ms, bool (*done)(void *ctx), void *ctx)
{
    uint64_t until_us = sim->now_us + ms * 1000;
    struct sim_events *events = &sim->parts->events;
    while (!*sim->failure) {
        if (done && done(ctx))
            return true;
        if (!events->n || events->at[0].at_us > until_us)
            break;
        struct sim_event event = heap_take(events);
        sim_expect(sim, sim->parts->n_events++ < SIM_EVENTS_MAX, "it turns in circles");
        event_run(sim, &event);
    }
    if (!*sim->failure && sim->now_us < until_us)
        sim->now_us = until_us;
    return false;
}

struct slice sim_output(struct sim *sim, size_t *from)
{
    struct buf *output = &sim->parts->output;
    struct slice news = { output->ptr + *from, output->len - *from };
    *from = output->len;
    return output->len ? news : (struct slice){ "", 0 };
}
