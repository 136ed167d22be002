/* tidemark error CODE: what an error means, how it looks, how to mend it. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/list.h"
#include "base/quote.h"
#include "cli/command.h"
#include "cli/error_table.h"

#define LINE_MAX 78 /* code points of a line of a paragraph */

const struct error_row *error_row_at(size_t index)
{
    static const struct error_row *const tables[] = { error_rows_file, error_rows_meaning,
                                                      error_rows_world };
    for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
        for (const struct error_row *row = tables[i]; row->code; row++)
            if (index-- == 0)
                return row;
    return NULL;
}

static char letter(const struct error_row *row)
{
    return row->warning ? 'W' : 'E';
}

/* E203, e203; 203 is the error. */
static const struct error_row *find(const char *code)
{
    char first = (char)toupper((unsigned char)*code);
    const char *digits = first == 'E' || first == 'W' ? code + 1 : code;
    char *end;
    unsigned long number = strtoul(digits, &end, 10);
    const struct error_row *row;
    for (size_t i = 0; (row = error_row_at(i)); i++)
        if (!*end && isdigit((unsigned char)*digits) && row->code == number &&
            row->warning == (first == 'W'))
            return row;
    return NULL;
}

static size_t points(const char *text, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += (text[i] & 0xc0) != 0x80;
    return count;
}

static void put_paragraph(const char *text)
{
    size_t column = 0;
    while (*text) {
        size_t n = strcspn(text, " "), wide = points(text, n);
        bool fits = column && column + 1 + wide <= LINE_MAX;
        printf("%s%.*s", fits ? " " : column ? "\n" : "", (int)n, text);
        column = fits ? column + 1 + wide : wide;
        text += n + (text[n] == ' ');
    }
    puts("\n");
}

static void put_example(const char *text)
{
    while (*text) {
        size_t n = strcspn(text, "\n");
        printf("    %.*s\n", (int)n, text);
        text += n + (text[n] == '\n');
    }
    puts("");
}

static void explain(const struct error_row *row, bool color)
{
    printf("%s%c%u: %s%s\n\n", color ? "\033[1m" : "", letter(row), row->code, row->title,
           color ? "\033[0m" : "");
    put_paragraph(row->means);
    put_example(row->example);
    put_paragraph(row->mend);
}

static void put_json(const struct error_row *row, bool first)
{
    const char *const parts[][2] = { { "title", row->title },
                                     { "means", row->means },
                                     { "example", row->example },
                                     { "mend", row->mend } };
    struct buf out = { 0 };
    buf_printf(&out, "%s{\"code\":\"%c%u\"", first ? "" : ",", letter(row), row->code);
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        buf_printf(&out, ",\"%s\":", parts[i][0]);
        quote_put(&out, parts[i][1], strlen(parts[i][1]));
    }
    buf_puts(&out, "}");
    fputs(buf_text(&out), stdout);
    buf_free(&out);
}

static void list(bool json)
{
    const struct error_row *row;
    for (size_t i = 0; (row = error_row_at(i)); i++) {
        if (json)
            put_json(row, i == 0);
        else
            printf("%c%u  %s\n", letter(row), row->code, row->title);
    }
}

static int error_run(struct cli *cli, int argc, char **argv)
{
    int status = cli_parse(cli, NULL, NULL, &argc, argv);
    const struct error_row *row = argc == 2 ? find(argv[1]) : NULL;
    if (status != CLI_GO)
        return status;
    if (argc > 2)
        return cli_fail(cli, CLI_USAGE, "one argument too many: '%s'", argv[2]);
    if (argc == 2 && !row)
        status = cli_fail(cli, CLI_USAGE, "there is no error '%s'; these are all", argv[1]);
    if (cli->json)
        fputs("{\"version\":1,\"errors\":[", stdout);
    if (!row)
        list(cli->json);
    else if (cli->json)
        put_json(row, true);
    else
        explain(row, cli_use_color(cli, STDOUT_FILENO));
    if (cli->json)
        puts("]}");
    return status == CLI_GO ? CLI_DONE : status;
}

const struct command error_command = {
    .name = "error",
    .arguments = "[CODE]",
    .summary = "what an error means and how to mend it; without a code, the list of all",
    .example = "tidemark error E203",
    .run = error_run,
};
