#include <stddef.h>

#include "durable.h"
#include "fleet.h"
#include "life.h"
#include "scenario.h"
#include "self.h"
#include "worker_sim.h"

const struct sim_scenario sim_scenarios[] = {
    { "self.answers", self_answers, 16, 0, false },
    { "self.reading", self_reading, 16, 0, false },
    { "self.unanswered", self_unanswered, 16, 0, false },
    { "self.partial", self_partial, 16, 0, false },
    { "self.late", self_late, 16, 0, false },
    { "self.refused", self_refused, 16, 0, false },
    { "self.stale", self_stale, 16, 0, false },
    { "self.moved", self_moved, 16, 0, false },
    { "self.crash", self_crash, 16, 0, false },
    { "self.local", self_local, 16, 0, false },
    { "self.power", self_power, 16, 0, false },
    { "self.processes", self_processes, 16, 0, false },
    { "self.kafka", self_kafka, 32, 0, false },
    { "self.kafka_gone", self_kafka_gone, 16, 0, false },
    { "life.two_workers", life_two_workers, 300, 0, false },
    { "life.local", life_local, 100, 0, false },
    { "life.crash", life_crash, 4, 400, false },
    { "life.crash_recovery", life_crash_recovery, 4, 200, false },
    { "life.crash_local", life_crash_local, 4, 400, false },
    { "life.power", life_power, 100, 0, false },
    { "durable.calm", durable_calm, 16, 0, false },
    { "durable.first", durable_first, 200, 0, false },
    { "durable.fight", durable_fight, 400, 0, false },
    { "durable.local", durable_local, 100, 0, false },
    { "durable.alone", durable_alone, 100, 0, false },
    { "durable.lost", durable_lost, 64, 0, false },
    { "durable.undone", durable_undone, 64, 0, false },
    { "durable.again", durable_again, 32, 0, false },
    { "durable.delayed", durable_delayed, 32, 0, false },
    { "durable.crash", durable_crash, 1, 400, false },
    { "durable.crash_twice", durable_crash_twice, 1, 400, false },
    { "worker.alone", worker_alone, 100, 0, false },
    { "worker.two", worker_two, 200, 0, false },
    { "worker.local", worker_local, 100, 0, false },
    { "worker.crash", worker_crash, 4, 100, false },
    { "worker.crash_again", worker_crash_again, 4, 60, false },
    { "worker.crash_local", worker_crash_local, 4, 60, false },
    { "worker.pause", worker_pause, 1, 100, false },
    { "worker.memory_once", worker_memory_once, 1, 100000, true },
    { "worker.memory_ever", worker_memory_ever, 1, 100000, true },
    { "worker.storm", worker_storm, 100, 0, false },
    { "worker.anew", worker_anew, 32, 0, false },
    { "worker.harm", worker_harm, 1, 0, false },
    { "supervisor.lives", supervisor_lives, 400, 0, false },
    { "supervisor.crash", supervisor_crash, 4, 400, false },
    { "supervisor.crash_again", supervisor_crash_again, 4, 400, false },
    { "supervisor.outcomes", supervisor_outcomes, 1, 65536, true },
    { NULL, NULL, 0, 0, false },
};
