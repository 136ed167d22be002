#include "io/version.h"

#include <stdio.h>

#include "cli/command.h"

static int version_run(struct cli *cli, int argc, char **argv)
{
    int status = cli_parse(cli, NULL, NULL, &argc, argv);
    if (status != CLI_GO)
        return status;
    if (argc > 1)
        return cli_fail(cli, CLI_USAGE, "takes no arguments, here is '%s'", argv[1]);
    if (!cli->json)
        printf("tidemark %s\n", TIDEMARK_VERSION);
    else
        printf("{\"version\":1,\"tidemark\":\"%s\",\"libraries\":{", TIDEMARK_VERSION);
    struct version library;
    for (unsigned i = 0; (library = version_of(i)).name; i++) {
        if (!cli->json)
            printf("  %-10s %s\n", library.name, library.number);
        else
            printf("%s\"%s\":\"%s\"", i ? "," : "", library.name, library.number);
    }
    if (cli->json)
        puts("}}");
    return CLI_DONE;
}

const struct command version_command = {
    .name = "version",
    .arguments = "",
    .summary = "versions of tidemark and its libraries",
    .example = "tidemark version -o json",
    .run = version_run,
};
