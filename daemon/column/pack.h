/* Types and columns as bytes that outlive the process: big-endian, and the same on every machine. What is read may be
 * anything; what does not fit is refused before memory is taken for it.
 *
 * A type: one letter, then what it holds.
 *   n Nothing · i Int · d Double · b Bool · s String · y Bytes · t Timestamp · j Json
 *   o Option, l List: a type · m Map: the type of a value · u Tuple: u16 number, types
 *   r Record: u16 number, for each field a text (u16 length and bytes) and a type
 *
 * A column of n rows:
 *   Int, Timestamp, Double  8 bytes a row · Bool 1 · Nothing none
 *   String, Bytes, Json     u32 length a row, then the bytes of all
 *   Option                  1 byte a row, 0 or 1, then the contents as a column of the rows that have one
 *   List, Map               u32 number of elements a row, then all elements as a column (Map: keys, then values)
 *   Tuple, Record           member after member, each a column of n rows */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "column/column.h"

void pack_type(struct buf *out, const struct type *type);
/* NULL: it is none, or one that is larger than TYPE_SIZE_MAX. */
const struct type *unpack_type(struct types *types, struct arena *arena, struct reader *reader);
/* The selected rows, in the order of the selection; the arena is for the way there. */
void pack_column(struct buf *out, const struct column *column, struct sel rows,
                 struct arena *arena);
/* A column of n rows; Strings are views of what is read, the arrays lie in the arena. False: it is none; the reader is bad. */
bool unpack_column(struct reader *reader, const struct type *type, uint32_t n, struct arena *arena,
                   struct column *out);
