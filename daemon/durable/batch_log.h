/* The batch log: log/1, log/2, … without holes, each naming the hash of the one before. One record
 * is under way at a time. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "durable/directory.h"
#include "durable/record.h"

struct batch_log;
typedef void (*batch_log_cb)(void *ctx, uint64_t index, uint64_t hash);

/* index, hash: of the last record that there is, 0 = none. The directory, owned by now, must outlive it. */
struct batch_log *batch_log_new(struct directory *directory, uint64_t index, uint64_t hash);
bool batch_log_busy(const struct batch_log *log);
/* Publishes the record as log/<last + 1>; it is the log's until cb. Only while not busy. */
void batch_log_append(struct batch_log *log, struct record *record, batch_log_cb cb, void *ctx);
