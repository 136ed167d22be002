#include "base/backoff.h"

uint64_t backoff_ms(const struct backoff *backoff, uint32_t tries, uint32_t random)
{
    uint64_t max = backoff->max_ms > backoff->initial_ms ? backoff->max_ms : backoff->initial_ms;
    uint64_t wait = backoff->initial_ms;
    for (uint32_t i = 1; i < tries && wait > 0 && wait < max; i++)
        wait = wait > max / 2 ? max : wait * 2;
    uint64_t spread = wait / 2;
    uint64_t jittered = wait - wait / 4 + (spread ? random % (spread + 1) : 0);
    return jittered < max ? jittered : max;
}
