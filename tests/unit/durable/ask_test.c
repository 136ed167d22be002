#include "durable/ask.h"

#include <check.h>
#include <string.h>

#include "base/mem.h"
#include "memory.h"

#define PATH "e1.00112233445566ff/wal/k-1"

static struct asking { /* a request below our own directory, and what is played meanwhile */
    struct test test;
    struct directory *directory;
    struct ask ask;
    const char *op;          /* the one that something is done to … */
    unsigned nth;            /* … when it is asked for this time, from 1; 0 = each time */
    enum memory_fault fault; /* what */
    void (*play)(void);      /* before it is done */
    unsigned seen, called;
    bool done, held;
} asking;

static enum memory_fault asking_hook(void *ctx, const char *op, const struct store_req *req)
{
    (void)ctx, (void)req;
    if (strcmp(op, asking.op) != 0)
        return MEMORY_FINE;
    if (++asking.seen != asking.nth && asking.nth)
        return MEMORY_FINE;
    if (asking.play)
        asking.play();
    asking.held = true;
    return asking.fault;
}

static void asked_cb(struct ask *ask)
{
    ck_assert_ptr_eq(ask, &asking.ask);
    asking.called++;
    asking.done = true;
}

static void begin(struct asking how)
{
    asking = how;
    test_begin(&asking.test);
    asking.directory = test_directory(&asking.test);
    memory_on(asking.test.store, asking_hook, NULL);
    asking.ask =
        (struct ask){ .directory = asking.directory, .ends = ASK_OWN, .req = { .path = PATH } };
}

static void come(void)
{
    memory_put(asking.test.store, PATH);
}

static void gone(void)
{
    memory_move(asking.test.store, "e1.00112233445566ff", "e2.0000000000000001");
}

START_TEST(a_file_that_is_gone_while_the_directory_is_ours_is_no)
{
    begin((struct asking){ .op = "" });
    ask_start(&asking.ask, asking.test.store->ops->touch, asked_cb);
    test_until(&asking.test, &asking.done);
    ck_assert_int_eq(asking.ask.req.answer, STORE_NO);
    ck_assert_uint_eq(memory_asked(asking.test.store, "touch"), 2); /* it, and the directory */
    ck_assert_uint_eq(asking.test.failures, 0);
    test_end(&asking.test);
}
END_TEST

/* The file comes while it is asked for: a server was behind, and is asked again. */
static const struct asking behinds[] = {
    { .op = "touch", .nth = 1, .play = come },
    { .op = "list", .nth = 1, .play = come },
    { .op = "list", .nth = 1, .play = come, .fault = MEMORY_REFUSE },
    { .op = "touch", .nth = 1, .play = come, .fault = MEMORY_LOSE },
};

START_TEST(a_server_that_is_behind_is_asked_again)
{
    begin(behinds[_i]);
    ask_start(&asking.ask, asking.test.store->ops->read, asked_cb);
    test_until(&asking.test, &asking.done);
    ck_assert_int_eq(asking.ask.req.answer, STORE_YES);
    ck_assert_uint_eq(memory_asked(asking.test.store, "read"), 2);
    ck_assert(asking.test.failures == 1 && asking.test.reliefs == 1);
    ask_done(&asking.ask);
    test_end(&asking.test);
}
END_TEST

START_TEST(a_directory_of_which_nothing_is_known_is_asked_again)
{
    begin((struct asking){ .op = "touch", .nth = 2, .play = come, .fault = MEMORY_REFUSE });
    ask_start(&asking.ask, asking.test.store->ops->touch, asked_cb);
    test_until(&asking.test, &asking.done);
    ck_assert_int_eq(asking.ask.req.answer, STORE_YES);
    ck_assert_uint_eq(memory_asked(asking.test.store, "touch"), 3);
    ck_assert_str_eq(asking.test.trouble, "");
    ck_assert(asking.test.failures == 1 && asking.test.reliefs == 1);
    test_end(&asking.test);
}
END_TEST

START_TEST(what_a_server_that_is_behind_does_not_see_is_told)
{
    begin((struct asking){ .op = "list", .nth = 1, .play = come });
    ask_start(&asking.ask, asking.test.store->ops->read, asked_cb);
    const char *want = PATH " is not seen by a server that is behind";
    for (int i = 0; i < 5000 && !asking.test.failures; i++)
        test_turns(&asking.test, 2);
    ck_assert_str_eq(asking.test.trouble, want);
    test_until(&asking.test, &asking.done);
    ask_done(&asking.ask);
    test_end(&asking.test);
}
END_TEST

START_TEST(a_directory_that_is_gone_fences)
{
    begin((struct asking){ .op = _i ? "read" : "touch", .nth = 1, .play = gone });
    const struct store_ops *ops = asking.test.store->ops;
    ask_start(&asking.ask, _i ? ops->read : ops->touch, asked_cb);
    for (int i = 0; i < 5000 && !asking.test.fences; i++)
        test_turns(&asking.test, 2);
    ck_assert(asking.test.fences == 1 && asking.called == 0);
    test_end(&asking.test);
}
END_TEST

/* What is held when another part of the worker learns that the directory is another's. */
static const struct asking stages[] = {
    { .op = "read", .nth = 1, .fault = MEMORY_HOLD },  /* the request */
    { .op = "touch", .nth = 1, .fault = MEMORY_HOLD }, /* its path */
    { .op = "list", .nth = 1, .fault = MEMORY_HOLD },  /* its folder */
    { .op = "touch", .nth = 2, .fault = MEMORY_HOLD }, /* the directory */
};

START_TEST(an_answer_to_who_is_fenced_calls_nobody)
{
    begin(stages[_i]);
    if (_i == 3) /* no folder: is the directory there? */
        memory_drop(asking.test.store, "e1.00112233445566ff/wal");
    ask_start(&asking.ask, asking.test.store->ops->read, asked_cb);
    test_until(&asking.test, &asking.held);
    directory_fence(asking.directory);
    memory_release(asking.test.store);
    test_turns(&asking.test, 20);
    ck_assert(asking.called == 0 && asking.test.fences == 1);
    ck_assert_uint_eq(memory_asked(asking.test.store, "read"), 1);
    ask_start(&asking.ask, asking.test.store->ops->read, asked_cb); /* and nothing is sent */
    ck_assert_uint_eq(memory_asked(asking.test.store, "read"), 1);
    test_end(&asking.test);
}
END_TEST

START_TEST(who_is_fenced_while_he_waits_sends_nothing)
{
    begin((struct asking){ .op = "read", .fault = MEMORY_REFUSE });
    ask_start(&asking.ask, asking.test.store->ops->read, asked_cb);
    for (int i = 0; i < 5000 && !asking.test.failures; i++)
        test_turns(&asking.test, 2);
    unsigned asked = memory_asked(asking.test.store, "read");
    directory_fence(asking.directory);
    for (int i = 0; i < 5000 && loop_timer_active(&asking.ask.timer); i++)
        test_turns(&asking.test, 2);
    ck_assert(!loop_timer_active(&asking.ask.timer));
    ck_assert_uint_eq(memory_asked(asking.test.store, "read"), asked);
    ck_assert_uint_eq(asking.called, 0);
    test_end(&asking.test);
}
END_TEST

#define TEST(name) tcase_add_test(tcase, name)
#define LOOP(name, n) tcase_add_loop_test(tcase, name, 0, n)
Suite *ask_suite(void)
{
    Suite *suite = suite_create("ask");
    TCase *tcase = tcase_create("ask");
    suite_add_tcase(suite, tcase);
    tcase_set_timeout(tcase, 60);
    TEST(a_file_that_is_gone_while_the_directory_is_ours_is_no);
    LOOP(a_server_that_is_behind_is_asked_again, sizeof behinds / sizeof *behinds);
    TEST(a_directory_of_which_nothing_is_known_is_asked_again);
    TEST(what_a_server_that_is_behind_does_not_see_is_told);
    LOOP(a_directory_that_is_gone_fences, 2);
    LOOP(an_answer_to_who_is_fenced_calls_nobody, sizeof stages / sizeof *stages);
    TEST(who_is_fenced_while_he_waits_sends_nothing);
    return suite;
}
