/* The word count with no server: a Kafka in a child process, the daemon in another, three kill -9 of
 * its worker on the way, and a judgement from what is on disk. Happy path: start both, wait for the
 * job, kill at random moments, wait until all is counted, stop the daemon, judge. Failure modes: a
 * child that ends too early, or nothing that moves on, ends the demo with what its log says last. The
 * folder is removed unless something went wrong. */
#include <errno.h>
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
#include "cli/settings.h"
#include "io/dir.h"
#include "io/loop.h"
#include "io/proc.h"
#include "io/world.h"

#define SECONDS 24        /* of producing */
#define SECONDS_MAX 120   /* the mock cluster holds so much */
#define RATE "3000"       /* records a second */
#define LOOK_MS 20        /* between two looks at the log and the clock */
#define COUNT_MS 250      /* between two counts of the batch log */
#define PATIENCE_MS 30000 /* with nothing that moves on */
#define KILLS DEMO_KILLS_MAX

struct demo_args {
    const char *seconds, *program, *patience;
};
static const struct cli_option demo_options[] = {
    { "seconds", 0, "N", "how long sentences are produced; default 24",
      offsetof(struct demo_args, seconds) },
    /* runs Kafka and the daemon in place of this program */
    { "program", 0, "PATH", NULL, offsetof(struct demo_args, program) },
    /* for how long nothing may move on */
    { "patience", 0, "MS", NULL, offsetof(struct demo_args, patience) },
    { 0 },
};

enum demo_phase { DEMO_KAFKA, DEMO_STARTING, DEMO_RUNNING, DEMO_STOPPING, DEMO_OVER };

struct demo {
    struct cli *cli;
    uint64_t seconds, patience_ms;
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
    bool is_all;                           /* nothing more is produced */
    uint64_t began_ms, moved_ms, count_ms; /* monotonic */
    uint64_t kill_at_ms[KILLS];
    struct demo_watch watch; /* the daemon's log */
    struct demo_verdict verdict;
    struct demo_counts made;
    bool tty;
    int interrupted; /* the signal; 0 = by none */
    int status;
};

static void demo_moved(struct demo *demo)
{
    demo->moved_ms = loop_now_ms(demo->loop);
}

static void demo_progress(struct demo *demo)
{
    static const char *const phases[] = { "starting Kafka", "starting the job", "running",
                                          "stopping" };
    if (!demo->tty)
        return;
    fprintf(stderr,
            "\r\033[K%5.1f s  %-17s produced %" PRIu64 "  counted %" PRIu64 "  batches %" PRIu64
            "  kill -9: %u of %u",
            (double)(loop_now_ms(demo->loop) - demo->began_ms) / 1000,
            demo->is_all && demo->phase == DEMO_RUNNING ? "counting the rest" : phases[demo->phase],
            demo->produced, demo->counted, demo->verdict.n_batches, demo->watch.n_kills, KILLS);
    fflush(stderr);
}

static void demo_enter(struct demo *demo, enum demo_phase phase)
{
    demo->phase = phase;
    demo_moved(demo);
    demo_progress(demo);
}

static void demo_over(struct demo *demo)
{
    if (demo->tty && demo->phase != DEMO_OVER)
        fputs("\r\033[K", stderr);
    demo->phase = DEMO_OVER;
    loop_timer_stop(demo->loop, &demo->timer);
    loop_stop(demo->loop);
}

static void demo_fail(struct demo *demo, const char *what)
{
    bool over = demo->phase == DEMO_OVER; /* a child that was ended with the demo */
    demo_over(demo);
    if (over)
        return;
    demo_watch_read(&demo->watch, demo->log); /* its last words, too */
    demo->status = cli_fail(demo->cli, CLI_BUG, "%s; the daemon's log is %s", what, demo->log);
    if (demo->watch.last[0])
        fprintf(stderr, "  %s\n", demo->watch.last);
}

/* ---- the daemon */

static bool demo_write(struct demo *demo, const char *name, const char *text, struct err *err)
{
    return dir_write(arena_printf(&demo->arena, "%s/%s", demo->folder, name), slice_of_text(text),
                     err);
}

static bool demo_write_job(struct demo *demo, struct err *err)
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
    return demo_write(demo, "tidemark.yaml", "http: {listen: \"\"}\n", err) &&
           demo_write(demo, "jobs/" DEMO_JOB ".yaml", text, err);
}

static void demo_daemon_read(void *ctx, struct slice bytes)
{
    (void)ctx; /* the daemon has nothing to say to its parent */
    (void)bytes;
}

static void demo_daemon_end(void *ctx, const struct proc_end *end)
{
    struct demo *demo = ctx;
    bool good = demo->phase == DEMO_STOPPING && !end->status && !end->signal;
    if (!good && !demo->interrupted) {
        demo_fail(demo, end->born ? "the daemon ended too early" : end->err.text);
        return;
    }
    demo_over(demo);
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
                           "--parent",
                           arena_printf(arena, "%" PRIu32, world_pid(demo->world)),
                           NULL };
    struct err err;
    int out = dir_open_append(demo->output, &err);
    int log = out < 0 ? -1 : dir_open_append(demo->log, &err);
    if (log < 0 || !demo_write_job(demo, &err)) {
        demo_fail(demo, err.text);
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
    struct err err;
    demo_moved(demo);
    if (strncmp(line, "servers ", 8) == 0) {
        snprintf(demo->servers, sizeof demo->servers, "%.100s", line + 8);
        demo_start_daemon(demo);
    } else if (sscanf(line, "produced %" SCNu64, &demo->produced) != 1) {
        demo->is_all = sscanf(line, "done %" SCNu64, &demo->produced) == 1;
        if (!demo_ledger_read(demo->ledger, &demo->made, &err))
            demo_fail(demo, err.text);
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
                           arena_printf(arena, "%" PRIu64, demo->seconds),
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

/* At random moments, each in a part of the time of its own: seconds 4 to 8, 10 to 14 and 16 to 20 of 24. */
static void demo_plan_kills(struct demo *demo)
{
    uint64_t sixth_ms = demo->seconds * 1000 / 6, from_ms = loop_now_ms(demo->loop) + sixth_ms;
    for (unsigned i = 0; i < KILLS; i++) {
        uint32_t random;
        world_random(demo->world, &random, sizeof random);
        demo->kill_at_ms[i] = from_ms + i * sixth_ms * 3 / 2 + random % sixth_ms;
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
    demo_moved(demo);
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
        if (verdict.n_batches != demo->verdict.n_batches)
            demo_moved(demo);
        demo->verdict = verdict;
        demo->counted = demo_sum(verdict.batches.records, DEMO_PARTITIONS);
    }
    demo_progress(demo);
}

/* All is counted, and the worker has come back from every kill. */
static bool demo_is_through(const struct demo *demo)
{
    return demo->phase == DEMO_RUNNING && demo->is_all && demo->counted >= demo->produced &&
           demo->watch.n_kills == KILLS && !demo_watch_recovering(&demo->watch);
}

static void demo_stop(struct demo *demo)
{
    demo_enter(demo, DEMO_STOPPING);
    proc_signal(demo->daemon, SIGTERM);
}

static void demo_look_cb(struct loop_timer *timer)
{
    struct demo *demo = CONTAINER_OF(timer, struct demo, timer);
    demo_watch_read(&demo->watch, demo->log);
    demo_count(demo);
    if (demo->phase == DEMO_STARTING && demo->watch.n_batches) {
        demo_enter(demo, DEMO_RUNNING);
        demo_plan_kills(demo);
    }
    if (demo->phase == DEMO_RUNNING)
        demo_kill(demo);
    if (demo_is_through(demo))
        demo_stop(demo);
    if (loop_now_ms(demo->loop) - demo->moved_ms > demo->patience_ms)
        demo_fail(demo, "no progress");
    if (demo->phase != DEMO_OVER)
        loop_timer_start(demo->loop, &demo->timer, LOOK_MS, demo_look_cb);
}

/* The first ^C stops what runs, so that nothing is left behind; a second one does not wait for it. */
static void demo_signal_cb(void *ctx, int number)
{
    struct demo *demo = ctx;
    bool again = demo->interrupted != 0;
    demo->interrupted = number;
    if (again || demo->phase < DEMO_STARTING)
        demo_over(demo);
    else
        demo_stop(demo);
}

/* ---- the end */

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
    bool exact = demo_judge_exact(&demo->made, verdict);
    if (demo->cli->json)
        demo_show_json(&demo->made, verdict, &demo->watch);
    else
        demo_show_table(&demo->made, verdict, &demo->watch);
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

static void demo_begin(struct demo *demo)
{
    static const int signals[] = { SIGINT, SIGTERM };
    demo->world = world_new();
    demo->loop = loop_new(demo->world);
    demo->began_ms = loop_now_ms(demo->loop);
    demo->tty = isatty(STDERR_FILENO) && !demo->cli->quiet;
    loop_signals(demo->loop, signals, 2, demo_signal_cb, demo);
    demo_enter(demo, DEMO_KAFKA);
    if (!demo->cli->json && !demo->cli->quiet)
        printf("A word count of %s records a second for %" PRIu64
               " s, in batches of 2 s. Its worker is\n"
               "killed with kill -9 three times; everything is in %s.\n",
               RATE, demo->seconds, demo->folder);
    fflush(stdout);
    demo_start_kafka(demo);
    loop_timer_start(demo->loop, &demo->timer, LOOK_MS, demo_look_cb);
}

static void demo_reap(struct demo *demo, struct proc *child)
{
    if (child)
        proc_signal(child, SIGKILL);
    while (child && proc_active(child))
        loop_run(demo->loop); /* until one has ended */
    proc_free(child);
}

static int demo_end(struct demo *demo)
{
    if (demo->status == CLI_DONE && demo->interrupted)
        demo->status = 128 + demo->interrupted; /* as a shell says it */
    else if (demo->status == CLI_DONE)
        demo_judge(demo);
    demo_reap(demo, demo->daemon);
    demo_reap(demo, demo->kafka);
    if (demo->status == CLI_DONE || demo->interrupted)
        demo_watch_remove(demo->folder);
    loop_free(demo->loop);
    world_free(demo->world);
    arena_free(&demo->arena);
    return demo->status;
}

static bool demo_read_number(const char *text, uint64_t least, uint64_t most, uint64_t *number)
{
    char *end;
    if (!text)
        return true;
    *number = strtoull(text, &end, 10);
    return !*end && *number >= least && *number <= most;
}

static int demo_run(struct cli *cli, int argc, char **argv)
{
    struct demo_args args = { 0 };
    struct demo demo = { .cli = cli, .seconds = SECONDS, .patience_ms = PATIENCE_MS };
    int status = cli_parse(cli, demo_options, &args, &argc, argv);
    if (status != CLI_GO)
        return status;
    if (argc > 1)
        return cli_fail(cli, CLI_USAGE, "takes no arguments, here is '%s'", argv[1]);
    if (!demo_read_number(args.seconds, 1, SECONDS_MAX, &demo.seconds))
        return cli_fail(cli, CLI_USAGE, "--seconds is a number from 1 to %d, not '%s'", SECONDS_MAX,
                        args.seconds);
    if (!demo_read_number(args.patience, 1, UINT32_MAX, &demo.patience_ms))
        return cli_fail(cli, CLI_USAGE, "--patience is a number of ms, not '%s'", args.patience);
    if (!demo_make_folder(&demo)) {
        status = cli_fail(cli, CLI_IO, "no folder for temporary files: %s", strerror(errno));
        arena_free(&demo.arena);
        return status;
    }
    demo.program = args.program ? args.program : cli_own_program(&demo.arena);
    demo_begin(&demo);
    loop_run(demo.loop);
    return demo_end(&demo);
}

const struct command demo_command = {
    .name = "demo",
    .arguments = "",
    .summary = "the word count with no server: 3 kill -9, nothing lost, nothing doubled",
    .example = "tidemark demo",
    .options = demo_options,
    .run = demo_run,
};
