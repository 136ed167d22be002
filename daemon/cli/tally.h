/* One line on a terminal that says how far a piece of work is: rate, share and time left. It comes when the work has taken two
 * seconds, and goes before anything else is written. Nothing on a pipe. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct world;

struct tally {
    struct world *world; /* borrowed; NULL = nothing is shown */
    const char *what;    /* is counted: "lines" */
    uint64_t total;      /* bytes there are; 0 = nobody knows */
    uint64_t began_us, shown_us;
    bool is_shown;
};

/* Shows on standard error, unless that is no terminal or all shall be quiet. */
void tally_open(struct tally *tally, struct world *world, const char *what, bool quiet);
/* So much is done: things counted, and bytes of the total. */
void tally_show(struct tally *tally, uint64_t done, uint64_t bytes);
void tally_clear(struct tally *tally); /* the line is gone; something may be written */
