#include "cli/command.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/mem.h"

#define OPTIONS_MAX 32 /* of one verb, those of every verb included */

#define NAME_COLUMNS 30 /* of an option with its value, in --help */

struct common { /* where the options of every verb are read into */
    bool help, quiet, verbose;
    const char *output, *color;
};

const struct cli_option cli_common_options[] = {
    { "output", 'o', "human|json", "form of the results", offsetof(struct common, output) },
    { "color", 0, "auto|always|never", "NO_COLOR is obeyed", offsetof(struct common, color) },
    { "quiet", 'q', NULL, "only results and errors", offsetof(struct common, quiet) },
    { "verbose", 'v', NULL, "more messages", offsetof(struct common, verbose) },
    { "help", 'h', NULL, "this text", offsetof(struct common, help) },
    { 0 },
};

struct parse {
    struct cli *cli;
    const struct cli_option *options; /* NULL = none */
    void *args;
    struct common common;
};

int cli_fail(const struct cli *cli, int status, const char *format, ...)
{
    const char *verb = cli->command ? cli->command->name : "";
    va_list args;
    fprintf(stderr, "tidemark%s%s: ", *verb ? " " : "", verb);
    va_start(args, format);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return status;
}

bool cli_use_color(const struct cli *cli, int fd)
{
    if (cli->color != CLI_COLOR_AUTO)
        return cli->color == CLI_COLOR_ALWAYS;
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    bool wanted = !(no_color && *no_color) && !(term && strcmp(term, "dumb") == 0);
    return wanted && isatty(fd);
}

const struct cli_option *cli_option_told(const struct cli_option *option)
{
    while (option && option->name && !option->help)
        option++;
    return option && option->name ? option : NULL;
}

static void put_options(const struct cli_option *option, struct buf *out)
{
    for (; (option = cli_option_told(option)); option++) {
        char name[64];
        snprintf(name, sizeof name, "%c%c%s--%s%s%s", option->letter ? '-' : ' ',
                 option->letter ? option->letter : ' ', option->letter ? ", " : "  ", option->name,
                 option->value ? " " : "", option->value ? option->value : "");
        int more = 0; /* bytes than letters */
        for (const char *at = name; *at; at++)
            more += (*at & 0xc0) == 0x80;
        buf_printf(out, "  %-*s %s\n", NAME_COLUMNS + more, name, option->help);
    }
}

void cli_help(const struct command *command, struct buf *out)
{
    buf_printf(out, "usage: tidemark %s [options]%s%s\n%s\n\n", command->name,
               *command->arguments ? " " : "", command->arguments, command->summary);
    if (command->more)
        buf_printf(out, "%s\n\n", command->more);
    put_options(command->options, out);
    put_options(cli_common_options, out);
    buf_printf(out, "\nexample: %s\n", command->example);
}

static bool is_long(const char *name, size_t n)
{
    return n > 2 && name[1] == '-';
}

static const struct cli_option *find(const struct cli_option *option, const char *name, size_t n)
{
    for (; option && option->name; option++) {
        bool is_letter = n == 2 && name[1] == option->letter;
        bool is_name = is_long(name, n) && strlen(option->name) == n - 2 &&
                       strncmp(option->name, name + 2, n - 2) == 0;
        if (is_letter || is_name)
            return option;
    }
    return NULL;
}

static int unknown(const struct parse *parse, const char *name, size_t n)
{
    const struct cli_option *const tables[] = { parse->options, cli_common_options };
    const char *names[OPTIONS_MAX + 1], *nearest = NULL;
    size_t n_names = 0;
    for (size_t i = 0; i < 2; i++)
        for (const struct cli_option *o = tables[i]; (o = cli_option_told(o)); o++) {
            check(n_names < OPTIONS_MAX);
            names[n_names++] = o->name;
        }
    names[n_names] = NULL;
    if (is_long(name, n)) {
        char *word = mem_strndup(name + 2, n - 2);
        nearest = diag_nearest(word, names);
        mem_free(word);
    }
    return cli_fail(parse->cli, CLI_USAGE, "unknown option '%.*s'%s%s%s", (int)n, name,
                    nearest ? "; did you mean '--" : "", nearest ? nearest : "",
                    nearest ? "'?" : "; see --help");
}

/* One option at argv[*i]; steps over its value when that is a word of its own. */
static int take(struct parse *parse, int argc, char **argv, int *i)
{
    const char *word = argv[*i], *value = strchr(word, '=');
    size_t n = value ? (size_t)(value - word) : strlen(word);
    const struct cli_option *option = find(parse->options, word, n);
    char *args = parse->args;
    if (!option) {
        option = find(cli_common_options, word, n);
        args = (char *)&parse->common;
    }
    if (!option)
        return unknown(parse, word, n);
    if (!option->value) {
        if (value)
            return cli_fail(parse->cli, CLI_USAGE, "option '%.*s' takes no value", (int)n, word);
        *(bool *)(void *)(args + option->at) = true;
        return CLI_GO;
    }
    if (!value && *i + 1 == argc)
        return cli_fail(parse->cli, CLI_USAGE, "option '%s' needs a value: %s", word,
                        option->value);
    *(const char **)(void *)(args + option->at) = value ? value + 1 : argv[++*i];
    return CLI_GO;
}

static int settle(struct parse *parse)
{
    struct cli *cli = parse->cli;
    const char *output = parse->common.output, *color = parse->common.color;
    if (output && strcmp(output, "human") != 0 && strcmp(output, "json") != 0)
        return cli_fail(cli, CLI_USAGE, "-o is human or json, not '%s'", output);
    if (color && strcmp(color, "auto") != 0 && strcmp(color, "always") != 0 &&
        strcmp(color, "never") != 0)
        return cli_fail(cli, CLI_USAGE, "--color is auto, always or never, not '%s'", color);
    if (output)
        cli->json = strcmp(output, "json") == 0;
    if (color)
        cli->color = strcmp(color, "auto") == 0     ? CLI_COLOR_AUTO
                     : strcmp(color, "always") == 0 ? CLI_COLOR_ALWAYS
                                                    : CLI_COLOR_NEVER;
    cli->quiet |= parse->common.quiet;
    cli->verbose |= parse->common.verbose;
    cli->help |= parse->common.help;
    if (!cli->help || !cli->command)
        return CLI_GO;
    struct buf text = { 0 };
    cli_help(cli->command, &text);
    fwrite(text.ptr, 1, text.len, stdout);
    buf_free(&text);
    return CLI_DONE;
}

int cli_parse(struct cli *cli, const struct cli_option *options, void *args, int *argc, char **argv)
{
    struct parse parse = { .cli = cli, .options = options, .args = args };
    int kept = 1;
    bool options_over = false;
    for (int i = 1; i < *argc; i++) {
        bool option = !options_over && argv[i][0] == '-' && argv[i][1];
        if (option && strcmp(argv[i], "--") == 0) {
            options_over = true;
        } else if (!option) {
            argv[kept++] = argv[i];
        } else {
            int status = take(&parse, *argc, argv, &i);
            if (status != CLI_GO)
                return status;
        }
    }
    *argc = kept;
    argv[kept] = NULL;
    return settle(&parse);
}

void cli_null(int fd, int mode)
{
    int null = open("/dev/null", mode);
    if (null < 0 || null == fd)
        return;
    dup2(null, fd);
    close(null);
}
