/* tidemark init NAME: a job file to begin with. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "supervisor/jobs_dir.h"

/* %s: the job's id. */
static const char skeleton[] =
    "# %s.yaml: one job. Its id is the name of this file.\n"
    "#\n"
    "#   what is wrong with it:           tidemark check %s.yaml\n"
    "#   what it makes of some lines:     echo \"to be or not to be\" | tidemark try %s.yaml\n"
    "#   the tests below:                 tidemark test %s.yaml\n"
    "#   every key with its default:      tidemark explain %s.yaml\n"
    "#\n"
    "# When it is as you want it, put it into the daemon's directory, /etc/tidemark/jobs.d.\n"
    "\n"
    "description: counts the words of each batch\n"
    "batchInterval: 10s              # from one batch to the next\n"
    "\n"
    "# Where all that must survive is kept. Without it: below the daemon's state directory.\n"
    "# checkpoint: webhdfs://tidemark@nn1:9870/user/tidemark/%s\n"
    "\n"
    "sources:\n"
    "  - kafka:\n"
    "      bootstrap.servers: \"broker1:9092\"   # or \"${KAFKA:-broker1:9092}\", from the "
    "environment\n"
    "      group.id: %s\n"
    "      topics: [lines]\n"
    "      startingOffsets: latest     # of the first run: earliest | latest\n"
    "      # security.protocol: SASL_SSL  # any property of librdkafka stands here\n"
    "      # sasl.password: ${credential:kafka}\n"
    "\n"
    "transformations:                  # _ is the record: {key, value, topic, partition, offset, "
    "…}\n"
    "  - flatMap: _.value.words        # a text to its words\n"
    "  - map: (_, 1)                   # to pairs (word, 1)\n"
    "  - reduceByKey: _ + _            # the pairs of one word added\n"
    "  # the last hour, every batch, in place of reduceByKey:\n"
    "  # - reduceByKeyAndWindow: {func: _ + _, windowDuration: 1h}\n"
    "  # since the job began, in place of reduceByKey:\n"
    "  # - updateStateByKey: {id: counts, func: \"(values, state) => state.getOrElse(0) + "
    "values.sum\"}\n"
    "\n"
    "outputs:\n"
    "  - print                         # or {print: {num: 100}}\n"
    "\n"
    "# maxAppAttempts: 3               # failures within the window, then the job is FAILED\n"
    "# attemptFailuresValidityInterval: 1h\n"
    "# onError: {action: deadLetter, failAbove: 10%%}   # records that cannot be computed\n"
    "\n"
    "tests:\n"
    "  - name: counts the words of a batch\n"
    "    input: [[to be or not, to be]]                    # one list a batch\n"
    "    expect: [[[to, 2], [be, 2], [or, 1], [not, 1]]]   # the same of what comes out\n";

static void put(const char *id, struct buf *out)
{
    for (const char *at = skeleton; *at;) {
        size_t n = strcspn(at, "%");
        buf_put(out, at, n);
        at += n;
        if (*at)
            buf_puts(out, at[1] == 's' ? id : "%");
        at += *at ? 2 : 0;
    }
}

static int save(const struct cli *cli, const char *path, const struct buf *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0 && errno == EEXIST)
        return cli_fail(cli, CLI_NO, "%s is there already; it is left as it is", path);
    if (fd < 0)
        return cli_fail(cli, errno == EACCES ? CLI_PERMISSION : CLI_IO, "%s: %s", path,
                        strerror(errno));
    ssize_t n = write(fd, text->ptr, text->len);
    bool good = n == (ssize_t)text->len;
    if (close(fd) == 0 && good)
        return CLI_DONE;
    unlink(path); /* half a job file would be worse than none */
    return cli_fail(cli, CLI_IO, "%s: %s", path,
                    n < 0 ? strerror(errno) : "it could not be written");
}

static int init_run(struct cli *cli, int argc, char **argv)
{
    char file[JOB_FILE_NAME_SIZE], id[JOB_FILE_ID_SIZE];
    int status = cli_parse(cli, NULL, NULL, &argc, argv);
    if (status != CLI_GO)
        return status;
    if (argc != 2)
        return cli_fail(cli, CLI_USAGE, "name the job, or - to print it; see --help");
    bool prints = strcmp(argv[1], "-") == 0;
    const char *dot = strrchr(argv[1], '.');
    bool has_suffix = dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
    snprintf(file, sizeof file, "%s%s", prints ? "wordcount" : argv[1],
             has_suffix ? "" : ".yaml"); /* what is cut off was too long for an id */
    if (job_name_read(file, id) != JOB_NAME_GOOD)
        return cli_fail(cli, CLI_USAGE,
                        "'%s' cannot be the id of a job: letters, digits, '_' and '-', at most %d",
                        argv[1], JOB_FILE_ID_SIZE - 1);
    struct buf text = { 0 };
    put(id, &text);
    status = CLI_DONE;
    if (prints)
        fwrite(text.ptr, 1, text.len, stdout);
    else
        status = save(cli, file, &text);
    buf_free(&text);
    if (!prints && status == CLI_DONE && !cli->quiet)
        printf("%s is written; next: tidemark check %s\n", file, file);
    return status;
}

const struct command init_command = {
    .name = "init",
    .arguments = "NAME|-",
    .summary = "a commented job file to begin with: NAME.yaml, or - to print it",
    .example = "tidemark init wordcount",
    .run = init_run,
};
