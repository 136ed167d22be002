/* The records of the source `rate`: record v comes v / rowsPerSecond seconds after zeroTime, so what a batch has hangs on
 * nothing but its time. Pure; times are in milliseconds since zeroTime. */
#pragma once
#include <stdint.h>

/* The first record that comes at this time or later. */
uint64_t rate_first(uint64_t rows_per_second, uint64_t since_ms);
uint64_t rate_time_ms(uint64_t rows_per_second, uint64_t record); /* when it comes, floored */
