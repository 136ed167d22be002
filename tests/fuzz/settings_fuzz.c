/* The daemon's settings: refused with findings that can be shown, or read. */
#include "fuzz.h"
#include "spec/settings.h"

void settings_fuzz(const uint8_t *data, size_t size);

void settings_fuzz(const uint8_t *data, size_t size)
{
    struct arena arena = { 0 };
    struct expand_env none = { 0 };
    struct diags diags = { .arena = &arena, .file = "tidemark.yaml", .source = { data, size } };
    struct settings settings;
    struct buf shown = { 0 };
    settings_init(&settings);
    bool good = settings_read(&arena, &none, &diags, &settings);
    check(good == (diag_errors(&diags) == 0));
    diag_print(&diags, DIAG_JSON, false, &shown);
    buf_free(&shown);
    arena_free(&arena);
}
