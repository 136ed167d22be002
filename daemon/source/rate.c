#include "source/rate.h"

uint64_t rate_first(uint64_t rows_per_second, uint64_t since_ms)
{
    uint64_t seconds = since_ms / 1000, rest = since_ms % 1000;
    return rows_per_second * seconds + (rows_per_second * rest + 999) / 1000;
}

uint64_t rate_time_ms(uint64_t rows_per_second, uint64_t record)
{
    return record / rows_per_second * 1000 + record % rows_per_second * 1000 / rows_per_second;
}
