/* Scenarios of daemon/durable: see durable.c. */
#pragma once

struct sim;

void durable_calm(struct sim *sim);
void durable_fight(struct sim *sim);
void durable_local(struct sim *sim);
void durable_http(struct sim *sim);
void durable_http_each(struct sim *sim);
void durable_crash(struct sim *sim);
void durable_crash_twice(struct sim *sim);
void durable_first(struct sim *sim);
void durable_alone(struct sim *sim);
void durable_lost(struct sim *sim);
void durable_gone(
    struct sim *sim); /* swept: a file that was created is gone before it is in place */

/* of durable_named.c */
void durable_undone(struct sim *sim);
void durable_resurrected(struct sim *sim);
void durable_delayed(struct sim *sim);
void durable_odd(struct sim *sim);
void durable_swept(struct sim *sim);
void durable_outage(struct sim *sim);
void durable_unsynced(struct sim *sim);
void durable_hole(struct sim *sim);
void durable_trimmed(struct sim *sim);
void durable_nested(struct sim *sim);
