#include "worker/positions.h"

#include <string.h>

#include "base/mem.h"

static bool position_is(const struct position *position, uint32_t source, const char *topic,
                        int32_t partition)
{
    return position->partition == partition && position->source == source &&
           (position->topic == topic || strcmp(position->topic, topic) == 0);
}

struct position *positions_find(struct positions *positions, uint32_t source, const char *topic,
                                int32_t partition)
{
    for (size_t i = 0, at = positions->last; i < positions->n; i++, at++) {
        if (at >= positions->n)
            at = 0;
        if (position_is(&positions->items[at], source, topic, partition)) {
            positions->last = at;
            return &positions->items[at];
        }
    }
    return NULL;
}

struct position *positions_add(struct positions *positions, uint32_t source, const char *topic,
                               int32_t partition, int64_t next)
{
    if (positions->n == positions->cap) {
        positions->cap = positions->cap ? 2 * positions->cap : 16;
        positions->items = mem_realloc(positions->items, positions->cap * sizeof *positions->items);
    }
    struct position *position = &positions->items[positions->n++];
    *position = (struct position){ .source = source,
                                   .topic = mem_strdup(topic),
                                   .partition = partition,
                                   .next = next,
                                   .from = -1,
                                   .until = -1,
                                   .gap_to = -1 };
    return position;
}

void positions_free(struct positions *positions)
{
    for (size_t i = 0; i < positions->n; i++)
        mem_free((char *)positions->items[i].topic);
    mem_free(positions->items);
    *positions = (struct positions){ 0 };
}
