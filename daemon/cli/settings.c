#include "cli/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"

#define CONF_DEFAULT "/etc/tidemark/tidemark.yaml"

bool cli_read_file(struct arena *arena, const char *path, size_t most, struct slice *bytes)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    struct buf content = { 0 };
    ssize_t n = 1;
    while ((n > 0 || (n < 0 && errno == EINTR)) && content.len <= most) {
        buf_reserve(&content, 65536);
        size_t left = most + 1 - content.len;
        n = read(fd, content.ptr + content.len, left < 65536 ? left : 65536);
        content.len += n > 0 ? (size_t)n : 0;
    }
    int error = errno;
    close(fd);
    const char *copy =
        arena_strndup(arena, content.len ? (const char *)content.ptr : "", content.len);
    *bytes = (struct slice){ copy, content.len };
    buf_free(&content);
    errno = error;
    return n >= 0;
}

/* ---- what ${…} is taken from */

static const char *variable(void *ctx, const char *name)
{
    (void)ctx;
    return getenv(name);
}

static bool file(void *ctx, struct expand_file *file)
{
    (void)ctx;
    const char *directory = getenv("CREDENTIALS_DIRECTORY");
    struct slice bytes;
    if (file->is_credential && (!directory || !*directory)) {
        file->reason = "CREDENTIALS_DIRECTORY is not set; systemd sets it for LoadCredential=";
        return false;
    }
    const char *path = file->is_credential
                           ? arena_printf(file->arena, "%s/%s", directory, file->name)
                           : file->name;
    if (!cli_read_file(file->arena, path, EXPAND_BYTES_MAX, &bytes)) {
        file->reason = arena_strdup(file->arena, strerror(errno));
        return false;
    }
    file->value = bytes.ptr;
    file->reason = bytes.len > EXPAND_BYTES_MAX ? "it is larger than 1 MiB" : "it holds a NUL byte";
    return bytes.len <= EXPAND_BYTES_MAX && !memchr(bytes.ptr, 0, bytes.len);
}

const struct expand_env cli_expand_env = { .variable = variable, .file = file };

/* ---- files, then the environment and flags */

struct load {
    const struct cli *cli;
    struct arena *arena;
    struct settings *settings;
    int status;
};

/* Says that a file cannot be read: for good, or just now. */
static bool unreadable(struct load *load, const char *path, int error)
{
    load->status = cli_fail(load->cli, err_passes(error) ? CLI_IO : CLI_CONFIG, "%s: %s", path,
                            strerror(error));
    return false;
}

static bool read_one(struct load *load, const char *path, bool optional)
{
    struct slice bytes;
    if (!cli_read_file(load->arena, path, YAML_BYTES_MAX, &bytes)) {
        if (optional && errno == ENOENT)
            return true;
        return unreadable(load, path, errno);
    }
    struct diags diags = { .arena = load->arena, .file = path, .source = bytes };
    bool good = settings_read(load->arena, &cli_expand_env, &diags, load->settings);
    if (diags.n_errors + diags.n_warnings) {
        struct buf text = { 0 };
        diag_print(&diags, DIAG_HUMAN, cli_use_color(load->cli, STDERR_FILENO), &text);
        fwrite(text.ptr, 1, text.len, stderr);
        buf_free(&text);
    }
    if (!good)
        load->status = CLI_CONFIG;
    return good;
}

static int parts_unreadable(const char *path, int error) /* not there: there are none */
{
    (void)path;
    return error != ENOENT && error != ENOTDIR; /* uncovered: glibc does not ask about the latter */
}

/* conf.d/<name>.yaml beside the file, by name. */
static bool read_parts(struct load *load, const char *conf)
{
    const char *slash = strrchr(conf, '/');
    int n = slash ? (int)(slash - conf) + 1 : 0;
    glob_t found = { 0 };
    bool good = true;
    const char *pattern = arena_printf(load->arena, "%.*sconf.d/*.yaml", n, conf);
    int status = glob(pattern, 0, parts_unreadable, &found);
    if (status != 0 && status != GLOB_NOMATCH)
        good = unreadable(load, pattern, errno);
    else if (status == 0)
        for (size_t i = 0; i < found.gl_pathc && good; i++)
            good = read_one(load, arena_strdup(load->arena, found.gl_pathv[i]), false);
    globfree(&found);
    return good;
}

static const char *chosen(const char *flag, const char *name)
{
    const char *value = flag ? flag : getenv(name);
    return value && *value ? value : NULL;
}

static bool override(struct load *load, const struct settings_flags *flags)
{
    struct settings *settings = load->settings;
    const char *jobs = chosen(flags->jobs, "TIDEMARK_JOBS");
    const char *state = chosen(flags->state, "TIDEMARK_STATE");
    const char *level = chosen(flags->log_level, "TIDEMARK_LOG_LEVEL");
    const char *socket = chosen(flags->socket, "TIDEMARK_SOCKET");
    enum log_level parsed = LOG_INFO;
    if (jobs)
        settings->jobs_directory = jobs;
    if (state)
        settings->state_directory = state;
    if (level && !log_level_parse(level, &parsed)) {
        load->status = cli_fail(load->cli, CLI_USAGE,
                                "the log level is error, warning, info or debug, not '%s'", level);
        return false;
    }
    if (level)
        settings->log_level = (int)parsed;
    const char *run = getenv("RUNTIME_DIRECTORY");
    if (!run || !*run)
        run = arena_printf(load->arena, "%s/run", settings->state_directory);
    settings->socket = socket ? socket : arena_printf(load->arena, "%s/control.sock", run);
    return true;
}

bool cli_settings(const struct cli *cli, const struct settings_flags *flags, struct arena *arena,
                  struct settings **settings, int *status)
{
    struct load load = { .cli = cli, .arena = arena };
    load.settings = arena_alloc(arena, sizeof *load.settings);
    settings_init(load.settings);
    const char *asked = chosen(flags->conf, "TIDEMARK_CONF");
    const char *conf = asked ? asked : CONF_DEFAULT;
    bool good = read_one(&load, conf, !asked) && read_parts(&load, conf) && override(&load, flags);
    if (good)
        *settings = load.settings;
    else
        *status = load.status;
    return good;
}

const char *cli_whole_path(struct arena *arena, const char *path)
{
    char folder[4096];
    if (!path || *path == '/' || !getcwd(folder, sizeof folder))
        return path;
    return arena_printf(arena, "%s/%s", folder, path);
}

const char *cli_own_program(struct arena *arena)
{
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path);
    if (n <= 0) /* uncovered: where there is no /proc */
        return "tidemark";
    return arena_strndup(arena, path, (size_t)n);
}
