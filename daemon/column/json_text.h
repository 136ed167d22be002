/* JSON (RFC 8259) read from its text, without a tree: a text is checked once, and what is asked of
 * it later is found by one scan that trusts it. Of members with one name the first counts. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

#define JSON_TEXT_DEPTH_MAX 64 /* of nesting; what is deeper is refused, so recursion is bounded */

/* Is it one value, with blanks around it at most? It must be UTF-8. Halves of surrogate pairs are
 * refused: no String could hold them. */
bool json_text_valid(struct slice text);
/* Of a text that is not valid: because of its depth, as far as brackets tell? */
bool json_text_deep(struct slice text);

/* All below take a value of a text that was found valid, without blanks around it; an empty slice is
 * no value. Slices that they give are views of it. */
struct slice json_text_trim(struct slice text); /* without blanks at both ends */
/* A member of an object, an element of an array; empty when there is none. */
struct slice json_text_member(struct slice object, struct slice name);
struct slice json_text_element(struct slice array, int64_t i);
/* The next element: *at is NULL to begin with. Empty behind the last, and of what is no array. */
struct slice json_text_next(struct slice array, const char **at);

bool json_text_int(struct slice value, int64_t *number);   /* a whole number: 3, 3.0, 3e2 */
bool json_text_double(struct slice value, double *number); /* false also when it is too large */
bool json_text_bool(struct slice value, bool *truth);
bool json_text_is_string(struct slice value);
bool json_text_equals(struct slice value, struct slice string); /* is it this String? */
/* What stands between the quotes of a string. */
struct slice json_text_raw(struct slice string);
bool json_text_has_escapes(struct slice raw);
/* Writes it without escapes, at most raw.len bytes; returns how many. */
size_t json_text_decode(struct slice raw, char *out);
