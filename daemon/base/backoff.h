/* How long to wait before the next try: exponential, with jitter, so that many jobs that failed
 * together do not return together. Pure: the caller brings the random number. */
#pragma once
#include <stdint.h>

struct backoff {
    uint64_t initial_ms; /* before the first repetition; 0 = never wait */
    uint64_t max_ms;     /* no wait is longer; less than initial_ms counts as initial_ms */
};

/* The wait before try number `tries` + 1, that is after `tries` (from 1) failures in a row: initial
 * × 2^(tries − 1), at most max, then a quarter more or less as `random` (any 32 bits) has it; never
 * above max. */
uint64_t backoff_ms(const struct backoff *backoff, uint32_t tries, uint32_t random);
