#include "sink/sink.h"

#include <string.h>

#include "base/list.h"
#include "sink/print.h"

static const struct sink *const sinks[] = { &sink_print };

const struct sink *sink_find(const char *kind)
{
    for (size_t i = 0; i < ARRAY_SIZE(sinks); i++) {
        if (strcmp(sinks[i]->kind, kind) == 0)
            return sinks[i];
    }
    return &sink_print;
}
