/* Door: a file of lines that only grows, for what must not be forgotten. A line is on disk when its
 * append comes back. After a failed append the file is never written again: the owner rewrites the
 * ledger from memory, under a new file. */
#pragma once
#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

#define LEDGER_BYTES_MAX (64u << 20) /* of a file that is loaded; a longer one is refused */

struct ledger;

struct ledger *ledger_new(const char *path); /* opens nothing yet */
/* Appends the whole file to *out; a file that is missing is empty. */
bool ledger_load(struct ledger *ledger, struct buf *out, struct err *err);
/* The file then holds these bytes, durably, and is open for appending; until a crash in between the
 * old one stays. */
bool ledger_replace(struct ledger *ledger, struct slice bytes, struct err *err);
/* One or more whole lines, \n included. False: perhaps written, perhaps not, and only
 * ledger_replace() opens the ledger again. Needs ledger_replace() before the first. */
bool ledger_append(struct ledger *ledger, struct slice lines, struct err *err);
bool ledger_is_open(const struct ledger *ledger);
void ledger_free(struct ledger *ledger); /* NULL is fine */
