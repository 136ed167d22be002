/* librdkafka's configuration properties that a source may set (CONFIGURATION.md of librdkafka 2.0.2),
 * with what each takes. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum kafka_property_kind { PROPERTY_TEXT, PROPERTY_INT, PROPERTY_BOOL, PROPERTY_WORD };

struct kafka_property_row {
    const char *name;
    enum kafka_property_kind kind;
    int64_t min, max;  /* PROPERTY_INT */
    const char *words; /* PROPERTY_WORD: "none, https" */
    bool secret;       /* must not stand in a file as plain text */
};

/* NULL = no consumer has a property of that name. */
const struct kafka_property_row *kafka_property_find(const char *name);
/* The property at an index; NULL behind the last. */
const struct kafka_property_row *kafka_property_at(unsigned index);
bool kafka_property_of_producers(const char *name); /* that a source has no use for */
/* What to write in place of a property that is ours to set; NULL = it is not. */
const char *kafka_property_ours(const char *name);
