#include <stddef.h>

#include "durable.h"
#include "life.h"
#include "scenario.h"
#include "self.h"
#include "worker_sim.h"

const struct sim_scenario sim_scenarios[] = {
    { "self.answers", self_answers, 16, 0 },
    { "self.reading", self_reading, 16, 0 },
    { "self.unanswered", self_unanswered, 16, 0 },
    { "self.partial", self_partial, 16, 0 },
    { "self.late", self_late, 16, 0 },
    { "self.refused", self_refused, 16, 0 },
    { "self.stale", self_stale, 16, 0 },
    { "self.moved", self_moved, 16, 0 },
    { "self.crash", self_crash, 16, 0 },
    { "self.local", self_local, 16, 0 },
    { "self.power", self_power, 16, 0 },
    { "self.processes", self_processes, 16, 0 },
    { "self.kafka", self_kafka, 32, 0 },
    { "self.kafka_gone", self_kafka_gone, 16, 0 },
    { "life.two_workers", life_two_workers, 300, 0 },
    { "life.local", life_local, 100, 0 },
    { "life.crash", life_crash, 4, 400 },
    { "life.crash_recovery", life_crash_recovery, 4, 200 },
    { "life.crash_local", life_crash_local, 4, 400 },
    { "life.power", life_power, 100, 0 },
    { "durable.calm", durable_calm, 16, 0 },
    { "durable.first", durable_first, 200, 0 },
    { "durable.fight", durable_fight, 400, 0 },
    { "durable.local", durable_local, 100, 0 },
    { "durable.alone", durable_alone, 100, 0 },
    { "durable.lost", durable_lost, 64, 0 },
    { "durable.undone", durable_undone, 64, 0 },
    { "durable.again", durable_again, 32, 0 },
    { "durable.delayed", durable_delayed, 32, 0 },
    { "durable.crash", durable_crash, 1, 400 },
    { "durable.crash_twice", durable_crash_twice, 1, 400 },
    { "worker.alone", worker_alone, 100, 0 },
    { "worker.two", worker_two, 200, 0 },
    { "worker.local", worker_local, 100, 0 },
    { "worker.crash", worker_crash, 4, 100 },
    { "worker.crash_again", worker_crash_again, 4, 60 },
    { "worker.crash_local", worker_crash_local, 4, 60 },
    { "worker.harm", worker_harm, 1, 0 },
    { NULL, NULL, 0, 0 },
};
