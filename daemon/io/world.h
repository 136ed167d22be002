/* Door: clocks, randomness and identity as one process sees them. The daemon has one world; a
 * simulation has one for each simulated process, all driven by one seed. Every function may be
 * called from any thread. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct world;

struct world *world_new(void); /* the real one; a simulation makes its own */
void world_free(struct world *world);
uint64_t world_mono_us(struct world *world); /* monotonic microseconds; stands still in suspend. All
                                                durations run on it */
uint64_t world_boot_ms(
    struct world *world); /* milliseconds since boot, suspend included: ages of attempts */
int64_t world_wall_ms(
    struct world *world); /* milliseconds since the Unix epoch; a label, never a duration */
void world_random(struct world *world, void *out, size_t n); /* n bytes nobody can guess */
const char *world_host(struct world *world);                 /* this machine's name */
const char *world_boot_id(struct world *world);              /* this boot's id, 36 characters */
/* Where this process's number means something: this boot and its pid namespace. No two containers have one place. */
const char *world_place(struct world *world);
uint32_t world_pid(struct world *world);
/* Whether the process that had this number at boot_ms, by world_boot_ms(), runs on this machine; UINT64_MAX: whichever has it
 * now. One that has ended and was not yet waited for does not; one that may not be looked at does. */
bool world_pid_lives(struct world *world, uint32_t pid, uint64_t boot_ms);
/* Ends the process at once, without any clean-up. In a simulation it comes back: the caller must
 * return at once. */
void world_exit(struct world *world, int status);
