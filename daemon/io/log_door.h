/* Door: what a log needs of the world, without a thread. A line that its reader has no room for is
 * dropped and counted: nothing waits for whoever reads the log. */
#pragma once
#include <stdint.h>

#include "base/log.h"

struct world;
struct log_file {
    struct world *world;
    int fd;
    uint64_t dropped; /* lines */
};

struct log_door log_door_of(struct log_file *file); /* file is borrowed */
