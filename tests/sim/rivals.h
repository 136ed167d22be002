/* Scenarios of two, three and five workers of daemon/durable that want one job: see rivals.c. */
#pragma once

struct sim;

void durable_rivals(struct sim *sim);     /* a grid */
void durable_first_five(struct sim *sim); /* a grid */
void worker_rivals(struct sim *sim);      /* swept */
void worker_first_five(struct sim *sim);  /* a grid */
