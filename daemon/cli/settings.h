/* The daemon's settings as a verb sees them: a flag wins over the environment, that over the files, they over the
 * defaults. */
#pragma once
#include <stdbool.h>

#include "cli/command.h"
#include "spec/expand.h"
#include "spec/settings.h"

struct settings_flags { /* of the command line; NULL = not given */
    const char *conf;   /* --conf FILE; its conf.d stands beside it */
    const char *jobs, *state, *socket, *log_level;
};

/* Reads the settings into the arena. False when they are not valid or cannot be read: what is wrong
 * was said on standard error, and *status is the exit status. A file that was not asked for need not
 * be there. */
bool cli_settings(const struct cli *cli, const struct settings_flags *flags, struct arena *arena,
                  struct settings **settings, int *status);
/* Reads a whole file of at most `most` bytes (a longer one up to most + 1) into the arena; false with
 * errno. */
bool cli_read_file(struct arena *arena, const char *path, size_t most, struct slice *bytes);

/* From the root on: a store's URL is made of such a path, and workers are given them. NULL stays NULL. */
const char *cli_whole_path(struct arena *arena, const char *path);

/* The path of this very program; after an upgrade the new one stands there. */
const char *cli_own_program(struct arena *arena);

extern const struct expand_env cli_expand_env; /* the process' environment, credentials and files */
