/* Scenarios in which Kafka has deleted what was not read yet: see retention.c. */
#pragma once

struct sim;

void retention_skip(struct sim *sim);
void retention_stop(struct sim *sim);
void retention_crash(struct sim *sim); /* swept: at each request of a life that has to skip */
