#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "durable/publish.h"
#include "durable/record.h"
#include "io/loop.h"
#include "memory.h"

struct one { /* a publish and what came of it */
    struct slice piece;
    bool done;
    unsigned order;
    uint64_t hash;
};
static unsigned order; /* of the last one published */

static void published_cb(struct publish *publish)
{
    struct one *one = publish_ctx(publish);
    ck_assert(!one->done);
    one->done = true;
    one->order = ++order;
    one->hash = publish_hash(publish);
}

static void start(struct directory *directory, struct publish_lane *lane, enum publish_class class,
                  const char *path, struct one *one)
{
    *one = (struct one){ .piece = { "bytes", 5 } };
    publish_start(&(struct publish_conf){ .directory = directory,
                                          .lane = lane,
                                          .class = class,
                                          .head = { .kind = FILE_LOG, .index = 7 },
                                          .path = path,
                                          .pieces = &one->piece,
                                          .n_pieces = 1,
                                          .cb = published_cb,
                                          .ctx = one });
}

/* The file is whole and says what it is. */
static void is_published(struct test *test, const char *path, const struct one *one)
{
    struct buf *file = memory_file(test->store, path);
    struct file_head head;
    struct slice content;
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(file_open(buf_slice(file), NULL, &head, &content, NULL), FILE_WHOLE);
    ck_assert_str_eq(head.job, "orders");
    ck_assert_uint_eq(head.index, 7);
    ck_assert_uint_eq(content.len, 5);
    ck_assert_uint_eq(record_hash(buf_slice(file)), one->hash);
}

#define NAME "e1.00112233445566ff/log/7"

/* Does this to the n-th request of that kind. */
struct script {
    const char *op;
    unsigned n;
    enum memory_fault fault;
    unsigned seen;
};
static enum memory_fault script_hook(void *ctx, const char *op, const struct store_req *req)
{
    struct script *script = ctx;
    (void)req;
    if (strcmp(op, script->op) != 0)
        return MEMORY_FINE;
    return ++script->seen == script->n || script->n == 0 ? script->fault : MEMORY_FINE;
}

START_TEST(one_create_and_one_rename)
{
    struct test test;
    struct one one;
    test_begin(&test);
    struct directory *directory = test_directory(&test);
    start(directory, NULL, PUBLISH_RECORD, "log/7", &one);
    ck_assert(!one.done); /* never from inside the call */
    test_until(&test, &one.done);
    test_turns(&test, 20);
    is_published(&test, NAME, &one);
    ck_assert_uint_eq(memory_asked(test.store, "create"), 1);
    ck_assert_uint_eq(memory_asked(test.store, "remove"), 0);
    ck_assert_uint_eq(memory_asked(test.store, "rename"), 1);
    ck_assert_uint_eq(memory_asked(test.store, "touch"), 0);
    ck_assert_uint_eq(directory->places_used, 0);
    ck_assert_uint_eq(test.failures, 0);
    test_end(&test);
}
END_TEST

static const struct script faults[] = {
    { "create", 1, MEMORY_REFUSE, 0 }, { "create", 1, MEMORY_LOSE, 0 },
    { "create", 1, MEMORY_MUTE, 0 },   { "rename", 1, MEMORY_REFUSE, 0 },
    { "rename", 1, MEMORY_LOSE, 0 },   { "rename", 1, MEMORY_MUTE, 0 },
};

START_TEST(any_one_fault_is_gone_round)
{
    struct test test;
    struct one one;
    struct script script = faults[_i];
    test_begin(&test);
    struct directory *directory = test_directory(&test);
    memory_on(test.store, script_hook, &script);
    start(directory, NULL, PUBLISH_RECORD, "log/7", &one);
    test_until(&test, &one.done);
    is_published(&test, NAME, &one);
    ck_assert_uint_eq(test.failures, 1);
    ck_assert_uint_eq(test.reliefs, 1);
    ck_assert_uint_eq(memory_count(test.store, "e1.00112233445566ff/log/"), 1);
    test_end(&test);
}
END_TEST

START_TEST(a_create_without_answer_is_never_sent_again_under_its_name)
{
    struct test test;
    struct one one;
    struct script script = { "create", 1, MEMORY_MUTE, 0 };
    test_begin(&test);
    struct directory *directory = test_directory(&test);
    memory_on(test.store, script_hook, &script);
    start(directory, NULL, PUBLISH_RECORD, "log/7", &one);
    test_until(&test, &one.done);
    ck_assert_uint_eq(memory_asked(test.store, "create"), 2);
    ck_assert(!memory_has(test.store, "tmp/1.00112233445566ff/log-7.2"));
    test_end(&test);
}
END_TEST

START_TEST(tries_that_were_not_needed_are_removed_once_one_is_published)
{
    struct test test;
    struct one one;
    struct script script = { "create", 1, _i ? MEMORY_HOLD : MEMORY_MUTE, 0 };
    test_begin(&test);
    struct directory *directory = test_directory(&test);
    memory_on(test.store, script_hook, &script);
    start(directory, NULL, PUBLISH_RECORD, "log/7", &one);
    test_until(&test, &one.done);
    for (int i = 0; i < 5000 && memory_count(test.store, "tmp/1.00112233445566ff/"); i++)
        test_turns(&test, 2);
    ck_assert_uint_eq(memory_count(test.store, "tmp/1.00112233445566ff/"), 0);
    is_published(&test, NAME, &one);
    test_end(&test);
}
END_TEST

static enum memory_fault outage_hook(void *ctx, const char *op, const struct store_req *req)
{
    if (strcmp(op, "remove") == 0) {
        ck_assert_str_eq(req->path, "tmp/1.00112233445566ff/log-7.2"); /* of five the last four */
        return MEMORY_LOSE;
    }
    return strcmp(op, "create") == 0 && --*(int *)ctx > 0 ? MEMORY_REFUSE : MEMORY_FINE;
}

START_TEST(a_removal_that_fails_is_left_to_the_next_owner)
{
    struct test test;
    struct one one, two;
    int creates = 5;
    test_begin(&test);
    struct directory *directory = test_directory(&test);
    memory_on(test.store, outage_hook, &creates);
    start(directory, NULL, PUBLISH_RECORD, "log/7", &one);
    test_until(&test, &one.done);
    start(directory, NULL, PUBLISH_RECORD, "log/8", &two); /* nothing waits for it */
    test_until(&test, &two.done);
    test_turns(&test, 500);
    ck_assert_uint_eq(memory_asked(test.store, "remove"), 1);
    ck_assert(test.failures == 4 && test.reliefs == 1); /* the creates' */
    test_end(&test);
}
END_TEST

START_TEST(a_rename_whose_answer_was_lost_is_settled_by_a_touch)
{
    struct test test;
    struct one one;
    struct script script = { "rename", 1, MEMORY_MUTE, 0 };
    test_begin(&test);
    struct directory *directory = test_directory(&test);
    memory_on(test.store, script_hook, &script);
    start(directory, NULL, PUBLISH_RECORD, "log/7", &one);
    test_until(&test, &one.done);
    ck_assert_uint_eq(memory_asked(test.store, "rename"), 2);
    ck_assert_uint_eq(memory_asked(test.store, "touch"), 1);
    ck_assert_uint_eq(memory_asked(test.store, "create"), 1);
    test_end(&test);
}
END_TEST

/* Loses both the create and the rename behind the back of the second rename, as a failover does. */
static enum memory_fault failover_hook(void *ctx, const char *op, const struct store_req *req)
{
    struct test *test = ctx;
    if (strcmp(op, "rename") != 0 || memory_asked(test->store, "rename") != 1)
        return MEMORY_FINE;
    memory_drop(test->store, req->path);
    return MEMORY_LOSE;
}

START_TEST(what_a_failover_has_undone_is_created_anew)
{
    struct test test;
    struct one one;
    test_begin(&test);
    struct directory *directory = test_directory(&test);
    memory_on(test.store, failover_hook, &test);
    start(directory, NULL, PUBLISH_RECORD, "log/7", &one);
    test_until(&test, &one.done);
    is_published(&test, NAME, &one);
    ck_assert_uint_eq(memory_asked(test.store, "create"), 2);
    ck_assert_uint_eq(test.fences, 0);
    test_end(&test);
}
END_TEST

START_TEST(a_directory_that_is_another_s_fences)
{
    struct test test;
    struct one one, two;
    test_begin(&test);
    struct directory *directory = test_directory(&test);
    memory_move(test.store, directory->name, "e2.00000000000000ff");
    start(directory, NULL, PUBLISH_RECORD, "log/7", &one);
    start(directory, NULL, PUBLISH_BLOCK, "wal/k-1", &two);
    bool fenced = false;
    for (int i = 0; i < 500 && !fenced; i++) {
        test_turns(&test, 2);
        fenced = test.fences > 0;
    }
    test_turns(&test, 20);
    ck_assert_uint_eq(test.fences, 1); /* once, and nobody is called back */
    ck_assert(!one.done && !two.done && directory->is_fenced);
    unsigned asked = memory_asked(test.store, "create");
    start(directory, NULL, PUBLISH_RECORD, "log/8", &one);
    test_turns(&test, 20);
    ck_assert_uint_eq(memory_asked(test.store, "create"), asked); /* and nothing is sent */
    test_end(&test);
}
END_TEST

START_TEST(a_lane_keeps_its_order_though_creates_overtake)
{
    struct test test;
    struct one one[3];
    struct publish_lane lane;
    struct script script = { "create", 1, MEMORY_HOLD, 0 };
    test_begin(&test);
    struct directory *directory = test_directory(&test);
    publish_lane_init(&lane);
    memory_on(test.store, script_hook, &script);
    start(directory, &lane, PUBLISH_BLOCK, "wal/k-1", &one[0]);
    start(directory, &lane, PUBLISH_BLOCK, "wal/k-2", &one[1]);
    start(directory, &lane, PUBLISH_BLOCK, "wal/k-3", &one[2]);
    test_turns(&test, 20);
    ck_assert_uint_eq(memory_asked(test.store, "create"), 3);
    ck_assert_uint_eq(memory_asked(test.store, "rename"), 0);
    memory_release(test.store);
    test_until(&test, &one[2].done);
    ck_assert(one[0].order < one[1].order && one[1].order < one[2].order);
    ck_assert_ptr_null(list_first(&lane.publishes));
    test_end(&test);
}
END_TEST

START_TEST(the_last_place_is_kept_for_a_record)
{
    struct test test;
    struct one one[6];
    struct script script = { "create", 0, MEMORY_HOLD, 0 };
    test_begin(&test);
    struct directory *directory = test_directory(&test);
    memory_on(test.store, script_hook, &script);
    for (unsigned i = 0; i < 5; i++) {
        char path[20];
        snprintf(path, sizeof path, "wal/k-%u", i + 1);
        start(directory, NULL, i == 3 ? PUBLISH_OTHER : PUBLISH_BLOCK, path, &one[i]);
    }
    ck_assert_uint_eq(memory_asked(test.store, "create"), 3);
    start(directory, NULL, PUBLISH_RECORD, "log/1", &one[5]);
    ck_assert_uint_eq(memory_asked(test.store, "create"), 4);
    memory_on(test.store, NULL, NULL);
    memory_release(test.store);
    test_until(&test, &one[3].done);
    ck_assert(one[4].done && one[4].order < one[3].order); /* blocks go before others */
    test_end(&test);
}
END_TEST

START_TEST(a_slow_create_is_joined_by_another_and_the_first_yes_wins)
{
    struct test test;
    struct one one;
    struct script script = { "create", 1, MEMORY_HOLD, 0 };
    test_begin(&test);
    struct directory *directory = test_directory(&test);
    memory_on(test.store, script_hook, &script);
    start(directory, NULL, PUBLISH_RECORD, "log/7", &one);
    test_until(&test, &one.done); /* two seconds: the store never answers the first one by itself */
    is_published(&test, NAME, &one);
    ck_assert_uint_eq(memory_asked(test.store, "create"), 2);
    test_end(&test);
}
END_TEST

static enum memory_fault stubborn_hook(void *ctx, const char *op, const struct store_req *req)
{
    (void)op;
    (void)req;
    return *(bool *)ctx ? MEMORY_REFUSE : MEMORY_FINE;
}

START_TEST(a_store_that_refuses_is_told_once_and_waited_for)
{
    struct test test;
    struct one one;
    bool refuses = true;
    test_begin(&test);
    struct directory *directory = test_directory(&test);
    memory_on(test.store, stubborn_hook, &refuses);
    start(directory, NULL, PUBLISH_RECORD, "log/7", &one);
    test_turns(&test, 10);
    ck_assert_uint_eq(test.failures, 1);
    ck_assert_str_eq(test.trouble, "create tmp/1.00112233445566ff/log-7.1: refused");
    refuses = false;
    test_until(&test, &one.done);
    ck_assert_uint_eq(test.reliefs, 1);
    ck_assert(!directory->in_trouble && directory->troubled == 0);
    test_end(&test);
}
END_TEST

/* What was there is as it was when all that is created is. */
static enum memory_fault taken_hook(void *ctx, const char *op, const struct store_req *req)
{
    struct test *test = ctx;
    (void)req;
    if (strcmp(op, "rename") == 0)
        ck_assert_uint_eq(memory_file(test->store, "tmp/1.00112233445566ff/log-7.1")->len, 0);
    return MEMORY_FINE;
}

START_TEST(a_name_that_is_taken_is_left_alone)
{
    struct test test;
    struct one one;
    test_begin(&test);
    struct directory *directory = test_directory(&test);
    memory_put(test.store, "tmp/1.00112233445566ff/log-7.1");
    memory_on(test.store, taken_hook, &test);
    start(directory, NULL, PUBLISH_RECORD, "log/7", &one);
    test_until(&test, &one.done);
    is_published(&test, NAME, &one);
    ck_assert_uint_eq(memory_asked(test.store, "create"), 2);
    test_end(&test);
}
END_TEST

/* The rename does not find what was created, as on a server that is behind; then it is there. */
static enum memory_fault behind_hook(void *ctx, const char *op, const struct store_req *req)
{
    struct test *test = ctx;
    if (strcmp(op, "rename") == 0 && memory_asked(test->store, "rename") == 1)
        memory_move(test->store, req->path, "hidden");
    if (strcmp(op, "touch") == 0 && memory_has(test->store, "hidden") &&
        strncmp(req->path, "tmp/", 4) == 0)
        memory_move(test->store, "hidden", req->path);
    return MEMORY_FINE;
}

START_TEST(what_was_created_and_is_there_is_renamed_again)
{
    struct test test;
    struct one one;
    test_begin(&test);
    struct directory *directory = test_directory(&test);
    memory_on(test.store, behind_hook, &test);
    start(directory, NULL, PUBLISH_RECORD, "log/7", &one);
    test_until(&test, &one.done);
    is_published(&test, NAME, &one);
    ck_assert_uint_eq(memory_asked(test.store, "create"), 1);
    ck_assert_uint_eq(memory_asked(test.store, "rename"), 2);
    test_end(&test);
}
END_TEST

struct gone { /* the folder is, for the first renames */
    struct test *test;
    uint64_t asked_ms[3];
    unsigned n;
};
static enum memory_fault gone_hook(void *ctx, const char *op, const struct store_req *req)
{
    struct gone *gone = ctx;
    (void)req;
    if (strcmp(op, "rename") != 0 || gone->n == 3)
        return MEMORY_FINE;
    gone->asked_ms[gone->n++] = loop_now_ms(gone->test->loop);
    if (gone->n == 3)
        memory_move(gone->test->store, "hidden", "e1.00112233445566ff/log");
    return MEMORY_FINE;
}

START_TEST(a_folder_that_is_gone_is_told_and_waited_for)
{
    struct test test;
    struct one one;
    struct gone gone = { .test = &test };
    test_begin(&test);
    struct directory *directory = test_directory(&test);
    memory_move(test.store, "e1.00112233445566ff/log", "hidden");
    memory_on(test.store, gone_hook, &gone);
    start(directory, NULL, PUBLISH_RECORD, "log/7", &one);
    test_until(&test, &one.done);
    is_published(&test, NAME, &one);
    ck_assert_uint_eq(memory_asked(test.store, "create"), 1);
    ck_assert_uint_ge(gone.asked_ms[1] - gone.asked_ms[0], 50);
    ck_assert_uint_ge(gone.asked_ms[2] - gone.asked_ms[1], 100);
    ck_assert(test.failures == 1 && test.reliefs == 1 && directory->troubled == 0);
    test_end(&test);
}
END_TEST

START_TEST(a_folder_that_stays_gone_is_named)
{
    struct test test;
    struct one one;
    bool told = false;
    test_begin(&test);
    struct directory *directory = test_directory(&test);
    memory_drop(test.store, "e1.00112233445566ff/log");
    start(directory, NULL, PUBLISH_RECORD, "log/7", &one);
    for (int i = 0; i < 5000 && !told; i++) {
        test_turns(&test, 2);
        told = test.failures > 0;
    }
    ck_assert_str_eq(test.trouble,
                     "rename tmp/1.00112233445566ff/log-7.1 to e1.00112233445566ff/log/7: it is "
                     "refused; is the folder there?");
    directory_fence(directory); /* while the next rename is waited for: it is not sent */
    unsigned asked = memory_asked(test.store, "rename");
    test_turns(&test, 500);
    ck_assert_uint_eq(memory_asked(test.store, "rename"), asked);
    test_end(&test);
}
END_TEST

START_TEST(a_create_that_is_under_way_when_it_is_fenced_is_forgotten)
{
    struct test test;
    struct one one;
    struct script script = { "create", 1, MEMORY_HOLD, 0 };
    test_begin(&test);
    struct directory *directory = test_directory(&test);
    memory_on(test.store, script_hook, &script);
    start(directory, NULL, PUBLISH_RECORD, "log/7", &one);
    directory_fence(directory);
    test_turns(&test, 2100); /* it would be joined by another by now */
    ck_assert_uint_eq(memory_asked(test.store, "create"), 1);
    memory_release(test.store);
    test_turns(&test, 20);
    ck_assert(!one.done && memory_asked(test.store, "rename") == 0);
    test_end(&test);
}
END_TEST

#define TEST(name) tcase_add_test(tcase, name)
Suite *publish_suite(void)
{
    Suite *suite = suite_create("publish");
    TCase *tcase = tcase_create("publish");
    suite_add_tcase(suite, tcase);
    tcase_set_timeout(tcase, 120);
    TEST(one_create_and_one_rename);
    tcase_add_loop_test(tcase, any_one_fault_is_gone_round, 0, sizeof faults / sizeof faults[0]);
    TEST(a_create_without_answer_is_never_sent_again_under_its_name);
    tcase_add_loop_test(tcase, tries_that_were_not_needed_are_removed_once_one_is_published, 0, 2);
    TEST(a_removal_that_fails_is_left_to_the_next_owner);
    TEST(a_rename_whose_answer_was_lost_is_settled_by_a_touch);
    TEST(what_a_failover_has_undone_is_created_anew);
    TEST(a_directory_that_is_another_s_fences);
    TEST(a_lane_keeps_its_order_though_creates_overtake);
    TEST(the_last_place_is_kept_for_a_record);
    TEST(a_slow_create_is_joined_by_another_and_the_first_yes_wins);
    TEST(a_store_that_refuses_is_told_once_and_waited_for);
    TEST(a_name_that_is_taken_is_left_alone);
    TEST(what_was_created_and_is_there_is_renamed_again);
    TEST(a_folder_that_is_gone_is_told_and_waited_for);
    TEST(a_folder_that_stays_gone_is_named);
    TEST(a_create_that_is_under_way_when_it_is_fenced_is_forgotten);
    return suite;
}
