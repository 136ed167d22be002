/* Every code of an error or warning, with its long text. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct error_row {
    unsigned code; /* 201 for E201; 0 ends a table */
    bool warning;  /* W104, not E104 */
    const char *title;
    const char *means;   /* a paragraph */
    const char *example; /* as it is printed; of E1xx, E2xx and W1xx the text of a test */
    const char *mend;    /* a paragraph */
};

extern const struct error_row error_rows_file[], error_rows_meaning[], error_rows_world[];
/* The rows in their order; NULL behind the last. */
const struct error_row *error_row_at(size_t index);
