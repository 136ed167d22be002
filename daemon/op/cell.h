/* Values in a table's cells, one for each key: Int, Time, Double and Bool in the cell itself, any other as bytes that the
 * table keeps until it is reset. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "column/column.h"
#include "column/table.h"

bool cell_is_word(const struct type *type); /* the value stands in the cell itself */
/* Puts row `row` of a column into an entry's cell, which is 0 before its first value when it is no word; scratch is for the
 * way there. The column may hold views of what this cell held, of no other. False: the cell held the same before. */
bool cell_put(struct table *table, uint32_t entry, const struct column *column, uint32_t row,
              struct buf *scratch);
/* Appends row `row` of a column to the String or List in an entry's cell, which holds a value. False: that would be too much,
 * and nothing has happened. */
bool cell_append(struct table *table, uint32_t entry, const struct column *column, uint32_t row,
                 struct buf *scratch);
/* Cells as a column, a row each. */
void cell_column(const struct type *type, const uint64_t *cell, uint32_t n, struct arena *arena,
                 struct column *out);
/* Those of some entries. */
void cell_get(const struct table *table, const struct type *type, struct sel entries,
              struct arena *arena, struct column *out);
/* Keys, as bytes, as a column. */
void cell_key_column(const struct type *type, const struct slice *keys, uint32_t n,
                     struct arena *arena, struct column *out);
/* Their keys. */
void cell_keys(const struct table *table, const struct type *type, struct sel entries,
               struct arena *arena, struct column *out);
/* One of them, as codec_put() writes it; lives until the cell changes. */
struct slice cell_slice(const struct table *table, const struct type *type, uint32_t entry);
