/* The word count with no server: a Kafka in a child process, the daemon in another, three kill -9 of
 * its worker on the way, and a judgement from what is on disk. Happy path: start both, wait for the
 * job, kill at random moments, wait until all is counted, stop the daemon, judge. Failure modes: a
 * child that ends too early, or too little progress, ends the demo with what its log says last. The
 * folder is removed unless something went wrong. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/list.h"
#include "cli/command.h"
#include "cli/demo.h"
#include "cli/demo_watch.h"
#include "io/dir.h"
#include "io/loop.h"
#include "io/proc.h"
#include "io/world.h"

#define SECONDS "24"      /* of producing */
#define RATE "3000"       /* records a second: the mock cluster holds all of it */
#define LOOK_MS 20        /* between two looks at the log and the clock */
#define COUNT_MS 250      /* between two counts of the batch log */
#define PATIENCE_MS 20000 /* for the job to start, and to catch up at the end */
#define KILLS DEMO_KILLS_MAX

enum demo_phase {
    DEMO_KAFKA,
    DEMO_STARTING,
    DEMO_RUNNING,
    DEMO_COUNTING,
    DEMO_STOPPING,
    DEMO_OVER
};

struct demo {
    struct cli *cli;
    struct arena arena;
    struct world *world;
    struct loop *loop;
    struct loop_timer timer;
    struct proc *kafka, *daemon;
    enum demo_phase phase;
    const char *folder, *checkpoint, *log, *output, *ledger, *program;
    char servers[128];
    char line[128]; /* of the Kafka process, under way */
    size_t line_len;
    uint64_t produced, counted;
    uint64_t began_ms, phase_ms, count_ms; /* monotonic */
    uint64_t kill_at_ms[KILLS];
    struct demo_watch watch; /* the daemon's log */
    struct demo_verdict verdict;
    struct demo_counts made;
    bool tty;
    int status;
};

static void demo_enter(struct demo *demo, enum demo_phase phase)
{
    demo->phase = phase;
    demo->phase_ms = loop_now_ms(demo->loop);
}

static void demo_fail(struct demo *demo, const char *what)
{
    if (demo->phase == DEMO_OVER)
        return;
    demo_enter(demo, DEMO_OVER);
    demo->status = cli_fail(demo->cli, CLI_BUG, "%s; the daemon's log is %s", what, demo->log);
    if (demo->watch.last[0])
        fprintf(stderr, "  %s\n", demo->watch.last);
    loop_stop(demo->loop);
}

/* ---- the daemon */

static bool demo_write(struct demo *demo, const char *name, const char *text)
{
    const char *path = arena_printf(&demo->arena, "%s/%s", demo->folder, name);
    FILE *file = fopen(path, "w");
    bool ok = file && fputs(text, file) >= 0;
    return file && fclose(file) == 0 && ok;
}

static bool demo_write_job(struct demo *demo)
{
    const char *text = arena_printf(
        &demo->arena,
        "batchInterval: 2s\n"
        "checkpoint: file://%s\n"
        "maxAppAttempts: 1000          # the third kill within an hour would end the job else\n"
        "attemptBackoff: {initial: 0s}\n"
        "sources:\n"
        "  - kafka: {bootstrap.servers: \"%s\", group.id: demo, topics: {%s: 1}, "
        "startingOffsets: earliest, fetch.wait.max.ms: 10}\n"
        "transformations:\n"
        "  - flatMap: _.value.split(\" \")\n"
        "  - map: (_, 1)\n"
        "  - reduceByKey: _ + _\n"
        "outputs:\n"
        "  - print: {num: 1000}\n",
        demo->checkpoint, demo->servers, DEMO_TOPIC);
    return demo_write(demo, "jobs/" DEMO_JOB ".yaml", text) &&
           demo_write(demo, "tidemark.yaml", "http: {listen: \"\"}\n");
}

static void demo_daemon_read(void *ctx, struct slice bytes)
{
    (void)ctx; /* the daemon has nothing to say to its parent */
    (void)bytes;
}

static void demo_daemon_end(void *ctx, const struct proc_end *end)
{
    struct demo *demo = ctx;
    if (demo->phase != DEMO_STOPPING || end->status || end->signal) {
        demo_fail(demo, end->born ? "the daemon ended too early" : end->err.text);
        return;
    }
    demo_enter(demo, DEMO_OVER);
    loop_stop(demo->loop);
}

static void demo_start_daemon(struct demo *demo)
{
    struct arena *arena = &demo->arena;
    char *const argv[] = { arena_strdup(arena, demo->program),
                           "run",
                           "--conf",
                           arena_printf(arena, "%s/tidemark.yaml", demo->folder),
                           "--jobs",
                           arena_printf(arena, "%s/jobs", demo->folder),
                           "--state",
                           arena_printf(arena, "%s/state", demo->folder),
                           NULL };
    int out = open(demo->output, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    int log = open(demo->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (!demo_write_job(demo) || out < 0 || log < 0) {
        demo_fail(demo, "its folder cannot be written");
    } else {
        struct proc_spec spec = { .program = demo->program,
                                  .argv = argv,
                                  .out_fd = out,
                                  .err_fd = log,
                                  .read_cb = demo_daemon_read,
                                  .end_cb = demo_daemon_end,
                                  .ctx = demo };
        demo->daemon = proc_new(demo->loop);
        proc_start(demo->daemon, &spec);
        demo_enter(demo, DEMO_STARTING);
    }
    dir_close(out);
    dir_close(log);
}

/* ---- Kafka */

static void demo_kafka_line(struct demo *demo, const char *line)
{
    if (strncmp(line, "servers ", 8) == 0) {
        snprintf(demo->servers, sizeof demo->servers, "%.100s", line + 8);
        demo_start_daemon(demo);
    } else if (sscanf(line, "produced %" SCNu64, &demo->produced) != 1 &&
               sscanf(line, "done %" SCNu64, &demo->produced) == 1) {
        struct err err;
        if (!demo_ledger_read(demo->ledger, &demo->made, &err))
            demo_fail(demo, err.text);
        else if (demo->phase == DEMO_RUNNING)
            demo_enter(demo, DEMO_COUNTING);
    }
}

static void demo_kafka_read(void *ctx, struct slice bytes)
{
    struct demo *demo = ctx;
    const char *at = bytes.ptr;
    for (size_t i = 0; i < bytes.len; i++) {
        if (at[i] == '\n') {
            demo->line[demo->line_len] = 0;
            demo->line_len = 0;
            demo_kafka_line(demo, demo->line);
        } else if (demo->line_len + 1 < sizeof demo->line) {
            demo->line[demo->line_len++] = at[i];
        }
    }
}

static void demo_kafka_end(void *ctx, const struct proc_end *end)
{
    struct demo *demo = ctx;
    demo_fail(demo, end->born ? "its Kafka ended too early" : end->err.text);
}

static void demo_start_kafka(struct demo *demo)
{
    struct arena *arena = &demo->arena;
    char *const argv[] = { arena_strdup(arena, demo->program),
                           "demo-kafka",
                           "--parent",
                           arena_printf(arena, "%" PRIu32, world_pid(demo->world)),
                           "--ledger",
                           arena_strdup(arena, demo->ledger),
                           "--seconds",
                           SECONDS,
                           "--rate",
                           RATE,
                           NULL };
    struct proc_spec spec = { .program = demo->program,
                              .argv = argv,
                              .out_fd = STDOUT_FILENO,
                              .err_fd = STDERR_FILENO,
                              .read_cb = demo_kafka_read,
                              .end_cb = demo_kafka_end,
                              .ctx = demo };
    demo->kafka = proc_new(demo->loop);
    proc_start(demo->kafka, &spec);
}

/* ---- on the way */

static void demo_plan_kills(struct demo *demo)
{
    static const uint64_t from_ms[KILLS] = { 4000, 10000, 16000 };
    for (unsigned i = 0; i < KILLS; i++) {
        uint32_t random;
        world_random(demo->world, &random, sizeof random);
        demo->kill_at_ms[i] = loop_now_ms(demo->loop) + from_ms[i] + random % 4000;
    }
}

static void demo_kill(struct demo *demo)
{
    struct demo_watch *watch = &demo->watch;
    uint64_t now = loop_now_ms(demo->loop);
    if (watch->n_kills == KILLS || now < demo->kill_at_ms[watch->n_kills])
        return;
    uint32_t pid = demo_watch_worker(proc_pid(demo->daemon));
    if (!pid || demo_watch_recovering(watch))
        return; /* the one before is not yet back: a little later */
    watch->kills[watch->n_kills++] =
        (struct demo_kill){ .at_ms = now, .wall_ms = world_wall_ms(demo->world) };
    kill((pid_t)pid, SIGKILL);
}

static void demo_progress(struct demo *demo)
{
    static const char *const phases[] = { "starting Kafka",    "starting the job", "running",
                                          "counting the rest", "stopping",         "" };
    if (!demo->tty || demo->cli->quiet)
        return;
    fprintf(stderr,
            "\r\033[K%5.1f s  %-17s produced %" PRIu64 "  counted %" PRIu64 "  batches %" PRIu64
            "  kill -9: %u of %u",
            (double)(loop_now_ms(demo->loop) - demo->began_ms) / 1000, phases[demo->phase],
            demo->produced, demo->counted, demo->verdict.n_batches, demo->watch.n_kills, KILLS);
    fflush(stderr);
}

static void demo_count(struct demo *demo)
{
    struct err err;
    struct demo_verdict verdict;
    uint64_t now = loop_now_ms(demo->loop);
    if (now - demo->count_ms < COUNT_MS)
        return;
    demo->count_ms = now;
    if (demo_judge_log(demo->checkpoint, &verdict, &err)) {
        demo->verdict = verdict;
        demo->counted = demo_sum(verdict.batches.records, DEMO_PARTITIONS);
    }
    demo_progress(demo);
}

static void demo_look_cb(struct loop_timer *timer)
{
    struct demo *demo = CONTAINER_OF(timer, struct demo, timer);
    uint64_t waited = loop_now_ms(demo->loop) - demo->phase_ms;
    demo_watch_read(&demo->watch, demo->log);
    demo_count(demo);
    if (demo->phase == DEMO_STARTING && demo->watch.n_batches) {
        demo_enter(demo, DEMO_RUNNING);
        demo_plan_kills(demo);
    }
    if (demo->phase == DEMO_RUNNING)
        demo_kill(demo);
    if (demo->phase == DEMO_COUNTING && demo->counted >= demo->produced) {
        demo_enter(demo, DEMO_STOPPING);
        proc_signal(demo->daemon, SIGTERM);
    } else if (demo->phase != DEMO_RUNNING && demo->phase != DEMO_OVER && waited > PATIENCE_MS) {
        demo_fail(demo, "no progress");
    }
    if (demo->phase != DEMO_OVER)
        loop_timer_start(demo->loop, &demo->timer, LOOK_MS, demo_look_cb);
}

/* ---- the end */

static void demo_table(struct demo *demo)
{
    const struct demo_verdict *verdict = &demo->verdict;
    printf("\n%-12s %12s %12s\n", "", "RECORDS", "WORDS");
    printf("%-12s %12" PRIu64 " %12" PRIu64 "\n", "produced",
           demo_sum(demo->made.records, DEMO_PARTITIONS), demo_sum(demo->made.words, DEMO_WORDS));
    printf("%-12s %12" PRIu64 " %12" PRIu64 "\n", "counted", demo->counted,
           demo_sum(verdict->batches.words, DEMO_WORDS));
    printf("%-12s %12" PRIu64 " %12" PRIu64 "\n", "lost", verdict->lost, verdict->words_lost);
    printf("%-12s %12" PRIu64 " %12" PRIu64 "\n\n", "doubled", verdict->doubled,
           verdict->words_doubled);
    for (unsigned i = 0; i < demo->watch.n_kills; i++) {
        const struct demo_kill *kill = &demo->watch.kills[i];
        printf("kill -9 no. %u: recovered after %.2f s, first new batch committed after %.2f s\n",
               i + 1, (double)kill->recovered_ms / 1000, (double)kill->batch_ms / 1000);
    }
    printf("%" PRIu64
           " batches of 2 s in the batch log; each offset was looked up in it, and the "
           "words in what was printed.\n",
           verdict->n_batches);
}

static void demo_json(struct demo *demo)
{
    const struct demo_verdict *verdict = &demo->verdict;
    printf("{\"version\":1,\"produced\":%" PRIu64 ",\"counted\":%" PRIu64 ",\"lost\":%" PRIu64
           ",\"doubled\":%" PRIu64 ",\"words_lost\":%" PRIu64 ",\"words_doubled\":%" PRIu64
           ",\"batches\":%" PRIu64 ",\"recovery_seconds\":[",
           demo->produced, demo->counted, verdict->lost, verdict->doubled, verdict->words_lost,
           verdict->words_doubled, verdict->n_batches);
    for (unsigned i = 0; i < demo->watch.n_kills; i++)
        printf("%s%.3f", i ? "," : "", (double)demo->watch.kills[i].recovered_ms / 1000);
    puts("]}");
}

static void demo_judge(struct demo *demo)
{
    struct err err;
    struct demo_verdict *verdict = &demo->verdict;
    demo_watch_read(&demo->watch, demo->log);
    if (!demo_judge_log(demo->checkpoint, verdict, &err) ||
        !demo_judge_output(demo->output, &demo->made, verdict, &err)) {
        demo->status = cli_fail(demo->cli, CLI_BUG, "%s", err.text);
        return;
    }
    demo->counted = demo_sum(verdict->batches.records, DEMO_PARTITIONS);
    for (unsigned i = 0; i < DEMO_PARTITIONS; i++)
        if ((uint64_t)verdict->next[i] < demo->made.records[i])
            verdict->lost += demo->made.records[i] - (uint64_t)verdict->next[i];
    if (demo->cli->json)
        demo_json(demo);
    else
        demo_table(demo);
    bool exact = !verdict->lost && !verdict->doubled && !verdict->words_lost &&
                 !verdict->words_doubled && demo->counted == demo->produced &&
                 demo->watch.n_kills == KILLS;
    if (!exact)
        demo->status =
            cli_fail(demo->cli, CLI_NO, "it does not add up; all is kept in %s", demo->folder);
}

static bool demo_make_folder(struct demo *demo)
{
    const char *base = getenv("TMPDIR");
    char *folder = arena_printf(&demo->arena, "%s/tidemark-demo-XXXXXX", base ? base : "/tmp");
    if (!mkdtemp(folder))
        return false;
    demo->folder = folder;
    demo->checkpoint = arena_printf(&demo->arena, "%s/checkpoint", folder);
    demo->log = arena_printf(&demo->arena, "%s/log.txt", folder);
    demo->output = arena_printf(&demo->arena, "%s/out.txt", folder);
    demo->ledger = arena_printf(&demo->arena, "%s/ledger.txt", folder);
    return mkdir(arena_printf(&demo->arena, "%s/jobs", folder), 0700) == 0;
}

static int demo_run(struct cli *cli, int argc, char **argv)
{
    struct demo demo = { .cli = cli };
    int status = cli_parse(cli, NULL, NULL, &argc, argv);
    if (status != CLI_GO)
        return status;
    if (argc > 1)
        return cli_fail(cli, CLI_USAGE, "takes no arguments, here is '%s'", argv[1]);
    if (!demo_make_folder(&demo))
        return cli_fail(cli, CLI_IO, "no folder for temporary files: %s", strerror(errno));
    demo.world = world_new();
    demo.loop = loop_new(demo.world);
    demo.program = demo_watch_self(&demo.arena);
    demo.began_ms = loop_now_ms(demo.loop);
    demo.tty = isatty(STDERR_FILENO);
    demo_enter(&demo, DEMO_KAFKA);
    if (!cli->json && !cli->quiet)
        printf(
            "A word count of %s records a second for %s s, in batches of 2 s. Its worker is\n"
            "killed with kill -9 three times; everything is in %s.\n",
            RATE, SECONDS, demo.folder);
    fflush(stdout);
    demo_start_kafka(&demo);
    loop_timer_start(demo.loop, &demo.timer, LOOK_MS, demo_look_cb);
    loop_run(demo.loop);
    if (demo.tty)
        fputs("\r\033[K", stderr);
    if (demo.status == CLI_DONE)
        demo_judge(&demo);
    if (demo.daemon && proc_active(demo.daemon))
        proc_signal(demo.daemon, SIGKILL);
    if (demo.status == CLI_DONE)
        demo_watch_remove(demo.folder);
    return demo.status;
}

const struct command demo_command = {
    .name = "demo",
    .arguments = "",
    .summary = "the word count with no server: 3 kill -9, nothing lost, nothing doubled",
    .example = "tidemark demo",
    .run = demo_run,
};
