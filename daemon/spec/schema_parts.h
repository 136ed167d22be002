/* Between schema.c and schema_value.c: one scalar of a file and its field. */
#pragma once
#include "spec/schema.h"

union schema_field { /* what a scalar key's field holds */
    const char *text;
    bool truth;
    uint64_t number; /* INT32, INT64, DURATION, SIZE */
    double real;     /* DOUBLE, SHARE */
    int word;
};

/* What a message says that a value is: its key, or `schema->of` and the user's own. */
const char *schema_subject(struct schema *schema, const struct yaml_node *node);
/* writeAheadLog.enable; of what stands in an item of a list only the key. */
const char *schema_full_name(struct schema *schema, const struct yaml_node *node);
/* The value of a scalar, expanded before; false with a finding (E206, E207, E208, E215, E250). */
bool schema_convert(struct schema *schema, const struct schema_key *key, struct yaml_node *node,
                    union schema_field *value);
void schema_fallback(const struct schema_key *key, union schema_field *value); /* its default */
bool schema_equal(const struct schema_key *key, const union schema_field *a,
                  const union schema_field *b);
/* Into the field of the row's C type. */
void schema_store(const struct schema_key *key, const union schema_field *value, void *field);
