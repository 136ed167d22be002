/* tidemark completion SHELL: what a shell offers behind `tidemark`, made from the table of verbs. */
#include <stdio.h>
#include <string.h>

#include "base/list.h"
#include "cli/command.h"

static bool takes_files(const struct command *command)
{
    return strstr(command->arguments, "FILE") != NULL;
}

/* What a value may be, from "human|json"; NULL: it is no list of words. */
static const char *words_of(const struct cli_option *option)
{
    if (!option->value || strpbrk(option->value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
        return NULL;
    return option->value;
}

/* A text inside single quotes of a shell. */
static void put_quoted(const char *text, const char *quote)
{
    for (; *text; text++) {
        if (*text == '\'')
            fputs(quote, stdout);
        else if (strchr("[]:", *text) && *quote == '\'')
            printf("\\%c", *text); /* _arguments gives them a meaning */
        else
            putchar(*text);
    }
}

/* ---- bash */

static void bash_options(const struct cli_option *option)
{
    for (; (option = cli_option_told(option)); option++) {
        printf(" --%s", option->name);
        if (option->letter)
            printf(" -%c", option->letter);
    }
}

static void put_bash(void)
{
    const struct command *command;
    fputs(
        "# bash completion of tidemark: source <(tidemark completion bash)\n"
        "_tidemark() {\n"
        "    local word=${COMP_WORDS[COMP_CWORD]} verb= i options=\n"
        "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
        "        [[ ${COMP_WORDS[i]} == -* ]] || { verb=${COMP_WORDS[i]}; break; }\n"
        "    done\n"
        "    case $verb in\n"
        "    '') mapfile -t COMPREPLY < <(compgen -W '",
        stdout);
    for (size_t i = 0; (command = cli_command_at(i)); i++)
        printf("%s%s", i ? " " : "", command->name);
    fputs("' -- \"$word\"); return ;;\n", stdout);
    for (size_t i = 0; (command = cli_command_at(i)); i++) {
        printf("    %s) options='", command->name);
        bash_options(command->options);
        puts("' ;;");
    }
    fputs(
        "    esac\n"
        "    if [[ $word == -* ]]; then\n"
        "        mapfile -t COMPREPLY < <(compgen -W \"$options",
        stdout);
    bash_options(cli_common_options);
    fputs(
        "\" -- \"$word\")\n"
        "    else\n"
        "        mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
        "    fi\n"
        "}\n"
        "complete -o filenames -F _tidemark tidemark\n",
        stdout);
}

/* ---- zsh */

static void zsh_options(const struct cli_option *option)
{
    for (; (option = cli_option_told(option)); option++) {
        const char *words = words_of(option);
        printf(" \\\n        '--%s%s[", option->name, option->value ? "=" : "");
        put_quoted(option->help, "'\\''");
        fputs("]", stdout);
        if (words) {
            fputs(":value:(", stdout);
            for (; *words; words++)
                putchar(*words == '|' ? ' ' : *words);
            fputs(")", stdout);
        } else if (option->value) {
            fputs(":value:_files", stdout);
        }
        putchar('\'');
    }
}

static void put_zsh(void)
{
    const struct command *command;
    fputs(
        "#compdef tidemark\n"
        "# zsh completion of tidemark: tidemark completion zsh > ~/.zfunc/_tidemark\n"
        "_tidemark() {\n"
        "    local -a verbs=(\n",
        stdout);
    for (size_t i = 0; (command = cli_command_at(i)); i++) {
        printf("        '%s:", command->name);
        put_quoted(command->summary, "'\\''");
        puts("'");
    }
    fputs(
        "    )\n"
        "    if ((CURRENT == 2)); then\n"
        "        _describe verb verbs\n"
        "        return\n"
        "    fi\n"
        "    local verb=$words[2]\n"
        "    shift words\n"
        "    ((CURRENT--))\n"
        "    case $verb in\n",
        stdout);
    for (size_t i = 0; (command = cli_command_at(i)); i++) {
        printf("    %s) _arguments", command->name);
        zsh_options(command->options);
        zsh_options(cli_common_options);
        printf(" \\\n        '*: :%s' ;;\n", takes_files(command) ? "_files" : "_default");
    }
    fputs(
        "    esac\n"
        "}\n"
        "_tidemark \"$@\"\n",
        stdout);
}

/* ---- fish */

static void fish_options(const struct cli_option *option, const char *when)
{
    for (; (option = cli_option_told(option)); option++) {
        const char *words = words_of(option);
        printf("complete -c tidemark%s -l %s", when, option->name);
        if (option->letter)
            printf(" -s %c", option->letter);
        if (words) {
            fputs(" -x -a '", stdout);
            for (; *words; words++)
                putchar(*words == '|' ? ' ' : *words);
            putchar('\'');
        } else if (option->value) {
            fputs(" -r", stdout);
        }
        fputs(" -d '", stdout);
        put_quoted(option->help, "\\'");
        puts("'");
    }
}

static void put_fish(void)
{
    const struct command *command;
    char when[128];
    puts("# fish completion of tidemark: tidemark completion fish | source");
    puts("complete -c tidemark -n __fish_use_subcommand -f");
    for (size_t i = 0; (command = cli_command_at(i)); i++) {
        printf("complete -c tidemark -n __fish_use_subcommand -a %s -d '", command->name);
        put_quoted(command->summary, "\\'");
        puts("'");
    }
    for (size_t i = 0; (command = cli_command_at(i)); i++) {
        snprintf(when, sizeof when, " -n '__fish_seen_subcommand_from %s'", command->name);
        fish_options(command->options, when);
    }
    fish_options(cli_common_options, "");
}

static const struct {
    const char *name;
    void (*put)(void);
} shells[] = { { "bash", put_bash }, { "zsh", put_zsh }, { "fish", put_fish } };

static int completion_run(struct cli *cli, int argc, char **argv)
{
    int status = cli_parse(cli, NULL, NULL, &argc, argv);
    if (status != CLI_GO)
        return status;
    for (size_t i = 0; argc == 2 && i < ARRAY_SIZE(shells); i++) {
        if (strcmp(shells[i].name, argv[1]) != 0)
            continue;
        shells[i].put();
        return CLI_DONE;
    }
    return cli_fail(cli, CLI_USAGE, "name a shell: bash, zsh or fish");
}

const struct command completion_command = {
    .name = "completion",
    .arguments = "bash|zsh|fish",
    .summary = "completions for a shell",
    .example = "source <(tidemark completion bash)",
    .run = completion_run,
};
