/* Calls of the system, and of libraries, that fail on purpose: the unit tests' program is linked with all those that fault.c
 * names wrapped (ld --wrap), so that a test can make the nth of them fail as a disk, a kernel at its limits, or a signal
 * would. A call that fails does nothing, except close() and uv_accept(), which do it
 * and say that they failed, and loop_timer_start(), whose time is over at once. A test that ends while something is to fail may not
 * tell what it found: fault_end() first. */
#pragma once
#include <stdbool.h>

/* instead of an errno: */
#define FAULT_SHORT (-1) /* a read or write moves one byte and says so */
#define FAULT_HELD (-2)  /* the call waits until fault_end(), and then goes well */

/* The nth call of `call` from now on (1: the next one; any wrapped one when `call` is NULL) fails with this errno, or
 * code of librdkafka; 0: it
 * returns 0, statfs() then says NFS, and lstat() another device. */
void fault(const char *call, unsigned nth, int number);
/* All calls of `call` from the nth on. */
void fault_from(const char *call, unsigned nth, int number);
/* The name of the call that failed last, or is held; NULL: none yet. */
const char *fault_met(void);
/* From now on nothing fails. The name of the call that failed last since the plan was made; NULL: none was reached. */
const char *fault_end(void);
