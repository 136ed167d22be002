/* The daemon's settings, whose ${…} are taken from bytes as well: refused with findings that can be shown, or read. */
#include "fuzz.h"
#include "spec/settings.h"

void settings_fuzz(const uint8_t *data, size_t size);

/* What stands in front of the first 0 is the value of every variable and file; an empty one is not set. */
static const char *variable(void *ctx, const char *name)
{
    const char *value = ctx;
    return *value && *name != 'X' ? value : NULL;
}

static bool file(void *ctx, struct expand_file *file)
{
    file->value = variable(ctx, file->name);
    file->reason = "not there";
    return file->value;
}

void settings_fuzz(const uint8_t *data, size_t size)
{
    struct fuzz_input input = { data, data + size };
    struct arena arena = { 0 };
    struct slice value = fuzz_text(&input);
    bool has_value = input.at < input.end;
    if (!has_value)
        input.at = data;
    char *text = arena_strndup(&arena, value.ptr, has_value ? value.len : 0);
    struct expand_env env = { variable, file, text };
    struct slice source = { input.at, (size_t)(input.end - input.at) };
    struct diags diags = { .arena = &arena, .file = "tidemark.yaml", .source = source };
    struct settings settings;
    struct buf shown = { 0 };
    settings_init(&settings);
    bool good = settings_read(&arena, &env, &diags, &settings);
    check(good == (diag_errors(&diags) == 0));
    diag_print(&diags, DIAG_JSON, false, &shown);
    buf_free(&shown);
    arena_free(&arena);
}
