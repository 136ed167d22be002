/* A field as a file would say it: the way back from schema_value.c. */
#include <string.h>

#include "base/check.h"
#include "spec/schema_parts.h"
#include "spec/units.h"

static const char *word_of(const struct schema_key *key, int value)
{
    const struct schema_word *word = key->words;
    for (;; word++) {
        check(word->name);
        if (word->value == value)
            return word->name;
    }
}

/* 1 as 1.0, so that it reads as it must be written. */
static void put_double(double value, struct buf *out)
{
    size_t from = out->len;
    buf_printf(out, "%.15g", value);
    if (!strpbrk(buf_text(out) + from, ".en"))
        buf_puts(out, ".0");
}

void schema_put(const struct schema_key *key, const void *field, struct buf *out)
{
    const char *text;
    switch (key->type) {
        case SCHEMA_TEXT:
        case SCHEMA_URL:
            text = *(const char *const *)field;
            buf_puts(out, text ? text : "");
            return;
        case SCHEMA_BOOL:
            buf_puts(out, *(const bool *)field ? "true" : "false");
            return;
        case SCHEMA_INT32:
            buf_printf(out, "%u", *(const uint32_t *)field);
            return;
        case SCHEMA_INT64:
            buf_printf(out, "%llu", (unsigned long long)*(const uint64_t *)field);
            return;
        case SCHEMA_DOUBLE:
            put_double(*(const double *)field, out);
            return;
        case SCHEMA_DURATION:
            units_put_duration(*(const uint64_t *)field, out);
            return;
        case SCHEMA_SIZE:
            units_put_size(*(const uint64_t *)field, out);
            return;
        case SCHEMA_SHARE:
            buf_printf(out, "%.15g%%", *(const double *)field * 100);
            return;
        case SCHEMA_WORD:
            buf_puts(out, word_of(key, *(const int *)field));
            return;
        default:
            check(false); /* it is no scalar's */
    }
}
