/* Stateful: bytes are a schedule of what happens to a whole worker, or two, in the simulator: time, kill -9 now or at a request,
 * pauses, fates of requests, failovers, power losses, brokers that are away, memory that runs out. Then all faults end; and the
 * ledger outside must find each record once, each batch once, and the offsets in the log without a hole. */
#include <stdio.h>

#include "fuzz.h"
#include "parts.h"
#include "worker_sim.h"

void schedule_fuzz(const uint8_t *data, size_t size);

#define ORDERS_MAX 80u
#define LINES_SHOWN 100u

enum order {
    ORDER_RUN, /* for a while; the others happen at once, or at a later request */
    ORDER_RUN_SHORT,
    ORDER_KILL,
    ORDER_CRASH_AT,
    ORDER_PAUSE,
    ORDER_PAUSE_AT,
    ORDER_CONTINUE,
    ORDER_UNANSWERED,
    ORDER_LATE,
    ORDER_LOST,
    ORDER_TWICE,
    ORDER_LOSS, /* failover, or power loss */
    ORDER_BEGIN,
    ORDER_KAFKA_AWAY,
    ORDER_RATE,
    ORDER_MEMORY,
    ORDERS
};

struct schedule {
    struct fuzz_input input;
    struct sim *sim;
    struct tally *tally;
    struct sim_store *store;
    bool is_local;
};

/* One kind of fault is as likely as this, from now on. */
static void set_rate(struct schedule *schedule, uint32_t value)
{
    static const uint32_t rates[] = { 0, 10, 100, 300 };
    struct sim_faults *faults = &schedule->sim->faults;
    uint32_t *const kinds[] = {
        &faults->late,    &faults->lost, &faults->twice, &faults->stale,
        &faults->refused, &faults->slow, &faults->stall, &faults->unanswered
    };
    uint32_t *kind = kinds[value % ARRAY_SIZE(kinds)], rate = rates[value / 8 % ARRAY_SIZE(rates)];
    if (kind == &faults->unanswered && schedule->is_local)
        return; /* a sync that failed ends the attempt: another matter */
    *kind = kind == &faults->refused || kind == &faults->slow || kind == &faults->stall ? rate / 10
                                                                                        : rate;
}

static void lose(struct schedule *schedule, uint32_t value)
{
    if (schedule->is_local)
        sim_store_power_loss(schedule->store);
    else
        sim_store_failover(schedule->store, value % 2);
}

static void obey_at_once(struct schedule *schedule, enum order order, uint32_t value)
{
    struct sim *sim = schedule->sim;
    if (order == ORDER_RUN)
        sim_run(sim, 100 * (uint64_t)value, NULL, NULL);
    else if (order == ORDER_RUN_SHORT)
        sim_run(sim, value, NULL, NULL);
    else if (order >= ORDER_UNANSWERED && order <= ORDER_TWICE)
        sim_fate_in(schedule->store, 1 + value % 64, (enum sim_fate)(order - ORDER_UNANSWERED));
    else if (order == ORDER_LOSS)
        lose(schedule, value);
    else if (order == ORDER_BEGIN)
        tally_start(schedule->tally, value % 2);
    else if (order == ORDER_KAFKA_AWAY)
        sim_kafka_away(schedule->tally->kafka, 100 * (uint64_t)value);
    else if (order == ORDER_RATE)
        set_rate(schedule, value);
}

static void obey(struct schedule *schedule, enum order order, uint32_t value)
{
    struct sim_process *worker = schedule->tally->workers[value % 2];
    uint32_t n = value / 2;
    obey_at_once(schedule, order, value);
    if (!worker)
        return;
    if (order == ORDER_KILL)
        sim_kill(worker);
    else if (order == ORDER_CRASH_AT)
        sim_crash_at(worker, worker->requests + 1 + n / SIM_CRASHES,
                     (enum sim_crash)(n % SIM_CRASHES));
    else if (order == ORDER_PAUSE)
        sim_pause(worker);
    else if (order == ORDER_PAUSE_AT)
        sim_pause_at(worker, worker->requests + 1 + n);
    else if (order == ORDER_CONTINUE)
        sim_continue(worker);
    else if (order == ORDER_MEMORY)
        sim_fail_allocation(worker, 1 + 7 * n);
}

static void show(const struct sim *sim)
{
    sim_print_trace(sim, LINES_SHOWN, stderr);
    fprintf(stderr, "schedule: %s\n", sim->failure);
}

static uint64_t run(const uint8_t *data, size_t size)
{
    struct schedule schedule = { .input = { data, data + size } };
    uint32_t seed = fuzz_byte(&schedule.input);
    schedule.is_local = fuzz_pick(&schedule.input, 4) == 3;
    struct sim *sim = schedule.sim = sim_new(1 + seed);
    const char *url = schedule.is_local ? "file:///job" : "webhdfs://nn/job";
    sim->faults = (struct sim_faults){ .latency_us = 2000,
                                       .give_up_ms = 1000,
                                       .late_ms = 20000,
                                       .refused_ms = 5000,
                                       .stall_ms = 5000 };
    schedule.tally = tally_new(sim, url);
    schedule.store = sim_store(sim, url);
    tally_start(schedule.tally, 0);
    for (uint32_t i = 0; i < ORDERS_MAX && schedule.input.at < schedule.input.end; i++) {
        enum order order = (enum order)fuzz_pick(&schedule.input, ORDERS);
        obey(&schedule, order, fuzz_byte(&schedule.input));
    }
    tally_finish(schedule.tally);
    if (*sim->failure)
        show(sim);
    check(!*sim->failure);
    uint64_t hash = sim_hash(sim);
    sim_free(sim);
    return hash;
}

void schedule_fuzz(const uint8_t *data, size_t size)
{
    uint64_t hash = run(data, size);
    if (size && data[size - 1] % 16 == 0) /* the same bytes, the same trace */
        check(run(data, size) == hash);
}
