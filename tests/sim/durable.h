/* Scenarios of daemon/durable: see durable.c. */
#pragma once

struct sim;

void durable_calm(struct sim *sim);
void durable_fight(struct sim *sim);
void durable_local(struct sim *sim);
void durable_crash(struct sim *sim);
void durable_crash_twice(struct sim *sim);
void durable_first(struct sim *sim);
