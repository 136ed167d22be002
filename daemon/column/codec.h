/* Rows as bytes of their own, for what outlives the block they came from: keys, cells, rows kept until the cut. They live
 * in one process only and so are in its byte order:
 *
 *   Int, Time, Double 8 bytes · Bool 1 · String, Bytes, Json u32 length and bytes · Option 1 byte, then the value if it is 1
 *   List u32 number and elements · Map u32 number and key, value, as they came · Tuple, Record member by member */
#pragma once
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "column/column.h"

void codec_put(struct buf *out, const struct column *column, uint32_t row);
/* Canonical: two values of one type are equal if and only if their bytes are (but for Double and Json, which are no keys), so a
 * Map is put ascending by its keys. */
void codec_put_key(struct buf *out, const struct column *column, uint32_t row);
/* A column of n rows, one from each of the slices that these wrote. Strings are views into these bytes; the arrays lie
 * in the arena. */
void codec_get(struct arena *arena, const struct type *type, const struct slice *rows, uint32_t n,
               struct column *out);
