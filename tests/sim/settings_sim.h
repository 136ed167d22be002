/* The daemon's settings as a simulated process reads them: from a text, as the real one reads its file. */
#pragma once
#include "spec/expand.h"
#include "spec/settings.h"

struct arena;
struct sim;

extern const struct expand_env sim_expand; /* no variables, no files */
void sim_settings(struct sim *sim, struct arena *arena, struct settings *settings);
