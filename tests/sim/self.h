/* Scenarios about the simulator itself. */
#pragma once

struct sim;

void self_answers(struct sim *sim);
void self_reading(struct sim *sim);
void self_unanswered(struct sim *sim);
void self_partial(struct sim *sim);
void self_late(struct sim *sim);
void self_refused(struct sim *sim);
void self_stale(struct sim *sim);
void self_moved(struct sim *sim);
void self_crash(struct sim *sim);
void self_local(struct sim *sim);
void self_power(struct sim *sim);
void self_processes(struct sim *sim);
void self_kafka(struct sim *sim);
void self_kafka_gone(struct sim *sim);
