/* Reading text that users wrote: code points, and the line and column of an offset. Lines end at
 * \n, \r\n or a lone \r; columns count code points from 1. A byte order mark at the front belongs
 * to no line. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"

/* Bytes of the code point at `at`: 1 to 4, or 0 when these bytes are not UTF-8 (RFC 3629: no
 * surrogates, no longer form than needed, nothing above U+10FFFF). */
size_t scan_utf8(const uint8_t *at, const uint8_t *end, uint32_t *code_point);
/* May it be shown as it is? No control character, and none that breaks or turns around its line. */
bool scan_fits_line(uint32_t code_point);
/* A printable copy on one line, for messages: control characters become \n, \t or \xNN, bad UTF-8
 * becomes U+FFFD, and what passes `max` code points is cut with an ellipsis. */
void scan_show(struct slice text, size_t max, struct buf *out);

#define SCAN_STEP 64 /* code points between two marks of a scan_map */

struct scan_map { /* valid UTF-8 with its lines: place and offset of any code point in O(log n) */
    struct slice bytes;
    uint32_t *lines;      /* for each line the index of its first code point */
    uint32_t *line_bytes; /* for each line its first byte */
    uint32_t *marks;      /* byte offset of each SCAN_STEP-th code point */
    uint32_t n_lines, n_points;
};

/* False when the bytes are not UTF-8 or hold a NUL; *bad is then the offset. At most 4 GiB. The map
 * lives in the arena. */
bool scan_map_new(struct arena *arena, struct slice bytes, struct scan_map *map, uint32_t *bad);
uint32_t scan_map_byte(const struct scan_map *map,
                       uint32_t point); /* offset of a code point; behind the last: the length */
uint32_t scan_map_point(const struct scan_map *map,
                        uint32_t byte); /* index of the code point that holds this byte, no mark's
                                           at the front; behind the last: their number */
void scan_map_place(const struct scan_map *map, uint32_t point, uint32_t *line, uint32_t *column);
uint32_t scan_map_line_end(const struct scan_map *map,
                           uint32_t line); /* index of the code point that ends the line */
/* Line and column of an offset, before which all is UTF-8. */
void scan_place(struct slice bytes, size_t to, uint32_t *line, uint32_t *column);
/* The bytes of a line without its break; empty when there is no such line. */
struct slice scan_line(struct slice bytes, uint32_t line);
