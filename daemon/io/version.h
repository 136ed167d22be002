/* The versions of the libraries that this process runs with, asked of them at run time. */
#pragma once

struct version {
    const char *name;   /* librdkafka, … */
    const char *number; /* 2.0.2 */
};

/* One row a library, ended by a row whose name is NULL; row < 16. */
struct version version_of(unsigned row);
