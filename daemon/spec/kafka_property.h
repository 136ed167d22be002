/* librdkafka's configuration properties (CONFIGURATION.md of librdkafka 2.0.2): which a source may set, which an output, and
 * what each takes. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum kafka_property_kind { PROPERTY_TEXT, PROPERTY_INT, PROPERTY_BOOL, PROPERTY_WORD };
enum kafka_property_side { PROPERTY_OF_BOTH, PROPERTY_OF_CONSUMERS, PROPERTY_OF_PRODUCERS };

struct kafka_property_row {
    const char *name;
    enum kafka_property_side side; /* who has it */
    enum kafka_property_kind kind;
    int64_t min, max;  /* PROPERTY_INT */
    const char *words; /* PROPERTY_WORD: "none, https" */
    bool secret;       /* must not stand in a file as plain text */
};

/* NULL = that side has no property of this name. */
const struct kafka_property_row *kafka_property_find(enum kafka_property_side side,
                                                     const char *name);
/* The property of a side behind another one, by name; NULL: the first. NULL behind the last. */
const struct kafka_property_row *kafka_property_next(enum kafka_property_side side,
                                                     const struct kafka_property_row *row);
/* What to write in place of a property that is ours to set; NULL = it is not. */
const char *kafka_property_ours(enum kafka_property_side side, const char *name);
