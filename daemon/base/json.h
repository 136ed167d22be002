/* Reading JSON that others wrote: small answers of servers, never the data path. What is not there
 * and what has another type both read as NULL or false, so that a reader asks for what it needs and
 * nothing else. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define JSON_BYTES_MAX (16u << 20) /* of a text: 45,000 names of HDFS, if it sends them at once */
#define JSON_DEPTH_MAX 32          /* of nesting */

struct json; /* a value */

/* The one value of a text; NULL, and err (ERR_FATAL: the text stays as it is) says where, when it is
 * not JSON, too long or too deep. json_free() it. */
struct json *json_parse(struct slice text, struct err *err);
void json_free(struct json *json); /* with all below it; NULL is fine */

/* All below are borrowed from the value that was parsed; NULL may be asked for anything. */
const struct json *json_get(const struct json *object, const char *name); /* a member */
size_t json_count(const struct json *array);                              /* 0: not an array */
const struct json *json_at(const struct json *array, size_t i);
const char *json_text(const struct json *text); /* UTF-8 without a NUL inside */
bool json_int(const struct json *number, int64_t *value);
bool json_bool(const struct json *truth, bool *value);
