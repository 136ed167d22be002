#include "worker/states.h"

#include <check.h>
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/list.h"
#include "durable/recover.h"
#include "io/loop.h"
#include "io/world.h"
#include "worker/voice.h"

static struct world *world;
static struct loop *loop;
static struct voice *voice;
static struct buf logged;

static int64_t wall(void *ctx)
{
    (void)ctx;
    return 0;
}

static uint64_t mono(void *ctx)
{
    (void)ctx;
    return 1;
}

static void put(void *ctx, const char *bytes, size_t n)
{
    (void)ctx;
    buf_put(&logged, bytes, n);
}

static void make(void)
{
    struct voice_conf conf = { .job = "j", .interval_ms = 1000, .level = LOG_INFO };
    world = world_new();
    loop = loop_new(world);
    conf.loop = loop;
    conf.log = (struct log_door){ .wall_ms = wall, .mono_ms = mono, .write = put };
    voice = voice_new(&conf);
}

/* The states a and b are there; what is left of them, and how often each event was logged. */
static void drops(const char *list, const char *left, unsigned discarded, unsigned unknown)
{
    struct recovered_state states[] = { { "a", { "1", 1 } }, { "b", { "2", 1 } } };
    struct recovered recovered = { .states = states, .n_states = 2 };
    char ids[3] = "";
    unsigned seen[2] = { 0 };
    buf_clear(&logged);
    states_drop(&(struct discard){ .list = list, .job = "j" }, &recovered, voice);
    for (size_t i = 0; i < recovered.n_states; i++)
        ids[i] = recovered.states[i].id[0];
    for (const char *at = buf_text(&logged); (at = strstr(at, "state.")); at++)
        seen[strncmp(at, "state.unknown", 13) == 0]++;
    ck_assert_msg(strcmp(ids, left) == 0, "'%s' leaves '%s'", list, ids);
    ck_assert_uint_eq(seen[0], discarded);
    ck_assert_uint_eq(seen[1], unknown);
}

START_TEST(states_are_dropped_by_name_and_by_job)
{
    drops(NULL, "ab", 0, 0);
    drops("", "ab", 0, 0);
    drops("a", "b", 1, 0);
    drops("b,a", "", 2, 0);
    drops("j/a", "b", 1, 0);
    drops("other/a,j/b", "a", 1, 0);
    drops("k/a", "ab", 0, 0); /* as long as ours, and another's */
    drops("c", "ab", 0, 1);
    drops("a,a", "b", 1, 1);
}
END_TEST

START_TEST(what_the_job_cannot_go_on_from_is_a_line_each)
{
    struct arena arena = { 0 };
    struct diags diags = { .arena = &arena, .file = "j.yaml" };
    diag_add(&diags, (struct diag_place){ 0 }, 240, "the state a is of another type");
    diag_warn(&diags, (struct diag_place){ 0 }, 241, "and this is only odd");
    diag_add(&diags, (struct diag_place){ 0 }, 242, "the state b is not wanted any more");
    buf_clear(&logged);
    states_refuse(&diags, voice);
    ck_assert_ptr_nonnull(strstr(buf_text(&logged), "the state a is of another type"));
    ck_assert_ptr_nonnull(strstr(buf_text(&logged), "the state b is not wanted any more"));
    ck_assert_ptr_null(strstr(buf_text(&logged), "only odd"));
    arena_free(&arena);
}
END_TEST

Suite *states_suite(void)
{
    Suite *suite = suite_create("states");
    TCase *tcase = tcase_create("states");
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(tcase, make, NULL);
    tcase_add_test(tcase, states_are_dropped_by_name_and_by_job);
    tcase_add_test(tcase, what_the_job_cannot_go_on_from_is_a_line_each);
    return suite;
}
