/* Deleting what is no longer needed, through the owner's own name, in any order, a few requests at a
 * time. Nothing waits for it; what a crash leaves behind is deleted by the next owner. */
#pragma once
#include <stdint.h>

#include "durable/directory.h"

struct trim;
/* The directory must outlive it. */
struct trim *trim_new(struct directory *directory);
void trim_wal(struct trim *trim, const char *source, uint64_t first, uint64_t last);
/* The record that a kept snapshot stands for is kept as well: recovery begins by holding the one
 * against the other. */
void trim_log(struct trim *trim, uint64_t first, uint64_t last);
void trim_snap(struct trim *trim, uint64_t index);
void trim_out(struct trim *trim, const char *name);
uint64_t trim_waiting(const struct trim *trim); /* files still to be deleted */
void trim_free(struct trim *trim);              /* frees it when all of them are */
