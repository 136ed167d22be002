/* A hash of bytes for chains and tables: XXH3, 64 bits (xxhash.com). No secret: where a sender could
 * choose collisions, give a seed that cannot be guessed. */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* The same bytes and seed give the same hash on every machine: it may be stored. */
uint64_t hash64(const void *bytes, size_t n, uint64_t seed);
