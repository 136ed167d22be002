/* Scenarios in which the store fails at each request of a job's life in turn: see errors_at.c. */
#pragma once

struct sim;

void failover_alone(
    struct sim *sim); /* grids: one failover at each request, another at each one after it */
void failover_rivals(struct sim *sim);
void failover_worker(
    struct sim *sim);              /* swept: of whole workers, in a first life and in a recovery */
void errors_once(struct sim *sim); /* swept: each way to fail, at each request */
void errors_ever(struct sim *sim); /* swept: the same, from there on until all faults end */
void errors_worker(struct sim *sim); /* swept: a whole worker, on either store */
