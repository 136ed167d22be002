/* The verbs. */
#include "base/list.h"
#include "cli/command.h"

static const struct command *const commands[] = {
    /* hidden ones last */
    &run_command,    &demo_command,       &init_command,       &check_command,   &try_command,
    &test_command,   &explain_command,    &diff_command,       &status_command,  &list_command,
    &schema_command, &error_command,      &completion_command, &version_command, &worker_command,
    &docs_command,   &demo_kafka_command,
};

const struct command *cli_command_at(size_t index)
{
    return index < ARRAY_SIZE(commands) ? commands[index] : NULL;
}
