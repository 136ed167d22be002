/* What a job has saved, read from the files of its directory while it may run: which states, and how large. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "engine/engine.h"
#include "spec/settings.h"

struct saved { /* all of it in the arena */
    struct engine_state
        *states; /* of each id the last of its bytes: they say how many keys there are */
    size_t n;
};

/* Reads the newest snapshot of the job whose checkpoint this URL names, and the records behind it. False, and err says why: the
 * store is away, or does not answer within seconds, or what is there is damaged. A directory that holds no job yet is no
 * error: there is no state. */
bool saved_read(struct arena *arena, const struct settings *settings, const char *url,
                struct saved *saved, struct err *err);
