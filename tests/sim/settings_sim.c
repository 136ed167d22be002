#include "settings_sim.h"

#include "base/arena.h"
#include "machine.h"
#include "sim.h"

static const char text[] = "jobs: {directory: " MACHINE_JOBS
                           ", watch: inotify, settle: 1s, rescan: 30s}\n"
                           "state: {directory: " MACHINE_STATE
                           "}\n"
                           "log: {format: logfmt, level: info}\n"
                           "store: {user: tidemark, timeout: 30s}\n"
                           "limits: {jobs: 3}\n"
                           "defaults: {batchInterval: 1s, stopGracefully: {timeout: 5s}}\n";

static const char *no_variable(void *ctx, const char *name)
{
    (void)ctx, (void)name;
    return NULL;
}

static bool no_file(void *ctx, struct expand_file *file)
{
    (void)ctx;
    file->reason = "no files here";
    return false;
}

const struct expand_env sim_expand = { no_variable, no_file, NULL };

void sim_settings(struct sim *sim, struct arena *arena, struct settings *settings)
{
    struct diags diags = { .arena = arena,
                           .file = "tidemark.yaml",
                           .source = { text, sizeof text - 1 } };
    settings_init(settings);
    bool ok = settings_read(arena, &sim_expand, &diags, settings);
    struct buf findings = { 0 };
    if (!ok)
        diag_print(&diags, DIAG_GNU, false, &findings);
    sim_expect(sim, ok, "the settings: %s", buf_text(&findings));
    buf_free(&findings);
}
