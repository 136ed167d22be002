/* The verbs. */
#include <string.h>

#include "base/list.h"
#include "cli/command.h"

static const struct command *const commands[] = {
    &run_command,
    &demo_command,
    &init_command,
    &check_command,
    &try_command,
    &test_command,
    &explain_command,
    &diff_command,
    &status_command,
    &list_command,
    &schema_command,
    &error_command,
    &completion_command,
    &version_command,
    /* hidden ones last */
    &worker_command,
    &docs_command,
    &demo_kafka_command,
};

const struct command *cli_command_at(size_t index)
{
    return commands[index]->hidden ? NULL : commands[index];
}

const struct command *cli_command_named(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}
