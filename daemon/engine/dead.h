/* The error records of a batch: all are counted, the first ones kept. */
#pragma once
#include <stdint.h>

#include "base/arena.h"
#include "engine/engine.h"

#define DEAD_MAX 100000u /* kept of a batch: what a reader of the log can look through … */
#define DEAD_BYTES_MAX \
    (16u << 20) /* … and what a batch record can hold, keys and values included */

#define DEAD_REASON_MAX 1000u /* bytes of a reason: what a program says may have no end */

#define DEAD_SAID_MAX 8u /* programs of a batch whose words are kept */

struct dead {           /* of one batch; {0} is an empty one */
    struct arena arena; /* holds the copies */
    struct engine_dead *items;
    size_t n, cap;
    uint64_t errors; /* all of them */
    struct engine_said said[DEAD_SAID_MAX];
    size_t n_said;
    uint32_t *known; /* open addressing: 1 + the index of each item that dead_once() let through */
    size_t n_known, known_cap; /* the latter is 0 or a power of two */
};

bool dead_full(const struct dead *dead);
bool dead_half_full(const struct dead *dead);
/* A copy of what an operation said of a record, as much of it as is kept. */
const char *dead_reason(struct arena *arena, struct slice said);
void dead_add(struct dead *dead,
              const struct engine_dead *item); /* counts it, and keeps a copy while there is room */
/* Is it the first one of its operation and value since dead_forget()? If so it must be added next. */
bool dead_once(struct dead *dead, const struct engine_dead *item);
void dead_forget(struct dead *dead);
void dead_say(struct dead *dead, const char *place,
              struct slice text);  /* keeps a copy of the text while there is room */
void dead_sort(struct dead *dead); /* by source; the order within a source stays */
void dead_clear(struct dead *dead);
void dead_free(struct dead *dead);
