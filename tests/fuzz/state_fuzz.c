/* State as it stands in the log: refused, or read; and what is read, goes on as what was written of it and read again does. */
#include "engine/engine.h"
#include "engine/plan.h"
#include "fuzz.h"
#include "io/loop.h"
#include "io/pool.h"
#include "io/world.h"
#include "spec/job.h"

void state_fuzz(const uint8_t *data, size_t size);

#define FILE_HEAD                                                                                \
    "sources: [kafka: {bootstrap.servers: 'b:1', group.id: g, topics: [t]}]\noutputs: [print]\n" \
    "transformations:\n"
#define PAIRS "- flatMap: _.value.words\n- map: (_.substring(0, 1), _.substring(1).toInt)\n"
#define SLIDES "id: t, windowDuration: 3s, slideDuration: 1s}\n"

static const char *const jobs[] = {
    FILE_HEAD PAIRS "- updateStateByKey: {id: t, func: '(v, s) => v.sum + s.getOrElse(0)'}\n",
    FILE_HEAD PAIRS
    "- updateStateByKey: {id: t, stateType: '{n: Int, last: Option[Int], mean: Double, all: "
    "List[String], "
    "pair: (Bool, String)}', func: '(v, s) => s'}\n",
    FILE_HEAD PAIRS "- updateStateByKey: {id: t, stateType: Timestamp, func: '(v, s) => s'}\n",
    FILE_HEAD PAIRS
    "- map: ((_._2, _._1), 1)\n- updateStateByKey: {id: t, func: '(v, s) => v.size.toString + "
    "s.getOrElse(\"\")'}\n",
    FILE_HEAD PAIRS
    "- mapWithState: {id: t, timeout: 2s, func: '(k, v, s) => ((k, v, s), v.getOrElse(0) + "
    "s.getOrElse(0))', initial: [[z, 5]]}\n",
    FILE_HEAD PAIRS "- window: {" SLIDES,
    FILE_HEAD PAIRS "- groupByKeyAndWindow: {" SLIDES,
    FILE_HEAD PAIRS "- reduceByKeyAndWindow: {func: '(a, b) => a * 10 + b', " SLIDES,
    FILE_HEAD PAIRS "- reduceByKeyAndWindow: {func: sum, " SLIDES,
    FILE_HEAD PAIRS "- reduceByKeyAndWindow: {func: _ + _, invFunc: _ - _, " SLIDES,
    FILE_HEAD PAIRS
    "- reduceByKeyAndWindow: {func: _ + _, invFunc: _ - _, filterFunc: '(k, v) => v > 0', " SLIDES,
    FILE_HEAD "- map: _.value\n- reduceByWindow: {func: _ + _, " SLIDES,
    FILE_HEAD "- countByWindow: {" SLIDES,
    FILE_HEAD "- map: _.value\n- countByValueAndWindow: {" SLIDES,
};

struct job { /* made once for each: they are read-only */
    struct arena arena;
    struct job_spec *spec;
    struct plan *plan;
};

static const struct job *job_of(uint32_t i)
{
    static struct job made[ARRAY_SIZE(jobs)];
    struct job *job = &made[i];
    if (job->plan)
        return job;
    struct expand_env none = { 0 };
    struct job_env env = { .expand = &none, .memory_max = 64 << 20 };
    struct diags diags = { .arena = &job->arena, .file = "job.yaml" };
    diags.source = slice_of_text(jobs[i]);
    check(job_parse(&job->arena, "job", &env, &diags, &job->spec));
    check(plan_build(&job->arena, job->spec, &diags, &job->plan));
    return job;
}

static struct machine { /* made once */
    struct world *world;
    struct loop *loop;
    struct pool *pool;
} machine;

static struct pool *pool_of(void)
{
    if (!machine.pool) {
        machine.world = world_new();
        machine.loop = loop_new(machine.world);
        machine.pool = pool_new(machine.loop, 1);
    }
    return machine.pool;
}

/* An engine that goes on from a state; NULL: it is refused. */
static struct engine *restore(const struct job *job, struct slice bytes)
{
    struct engine_conf conf = { .spec = job->spec, .plan = job->plan, .pool = pool_of() };
    struct engine_state state = { "t", bytes };
    struct engine *engine = engine_new(&conf);
    struct err err = { 0 };
    engine_set_clock(engine, 0, 3000);
    if (engine_restore(engine, &state, 1, &err))
        return engine;
    check(err.kind == ERR_FATAL || err.kind == ERR_BAD_CONFIG);
    engine_free(engine);
    return NULL;
}

static void save(struct engine *engine, struct buf *kept)
{
    struct engine_state part;
    engine_save_begin(engine);
    while (engine_save(engine, &part))
        buf_put(kept, part.bytes.ptr, part.bytes.len);
}

static void closed(void *ctx, const struct engine_cut *cut, const struct err *err)
{
    struct buf *shown = ctx;
    if (cut)
        buf_put(shown, cut->outputs[0].ptr, cut->outputs[0].len);
    else
        buf_puts(shown, err->text);
    loop_stop(machine.loop);
}

/* What the next batches show. */
static void go_on(struct engine *engine, struct buf *shown)
{
    for (int64_t ms = 4000; ms <= 7000; ms += 1000) {
        engine_close_batch(engine, ms, closed, shown);
        loop_run(machine.loop);
    }
}

void state_fuzz(const uint8_t *data, size_t size)
{
    struct fuzz_input input = { data, data + size };
    const struct job *job = job_of(fuzz_pick(&input, ARRAY_SIZE(jobs)));
    struct engine *engine =
        restore(job, (struct slice){ input.at, (size_t)(input.end - input.at) });
    if (!engine)
        return;
    struct buf kept = { 0 }, shown = { 0 }, again = { 0 };
    save(engine, &kept);
    struct engine *other = restore(job, buf_slice(&kept));
    check(other);
    go_on(engine, &shown);
    go_on(other, &again);
    check(strcmp(buf_text(&shown), buf_text(&again)) == 0);
    engine_free(engine);
    engine_free(other);
    buf_free(&kept);
    buf_free(&shown);
    buf_free(&again);
}
