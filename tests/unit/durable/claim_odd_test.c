#include <stdio.h>
#include <string.h>

#include "claimer.h"
#include "durable/file.h"

START_TEST(what_has_no_name_of_ours_is_left_alone)
{
    static const char *const names[] = {
        "d1.00112233445566ff",
        "e",
        "ex",
        "e1",
        "e1.",
        "e1x00112233445566ff",
        "e1.00112233445566f",
        "e1.00112233445566gg",
        "e1.00112233445566ffx",
        "e11111111111111111111111111111111111111111111111111111",
        "tmp/foo",
        "tmp/:1",
        "tmp/0",
        "tmp/0x0",
        "tmp/99.a",
        "tmp/.1",
        "tmp/0.0000000000000000000000000000000000000000000000000000000000000000"
    };
    struct test test;
    struct claimer one, two;
    test_begin(&test);
    claim_now(&test, &one);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[100];
        snprintf(path, sizeof path, "%s/owner-1", names[i]);
        memory_put(test.store, path);
    }
    claim_now(&test, &two);
    ck_assert_uint_eq(two.directory->epoch, 2);
    for (int i = 0; i < 500 && memory_count(test.store, "tmp/1."); i++)
        test_turns(&test, 2);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        ck_assert_msg(memory_has(test.store, names[i]), "%s", names[i]);
    test_end(&test);
}
END_TEST

struct trick { /* what is done to whom, once or with each request */
    struct test *test;
    const char *op, *path; /* the path begins so */
    unsigned seen;
    enum memory_fault fault;
    void (*play)(struct trick *trick, const struct store_req *req);
};

static enum memory_fault trick_hook(void *ctx, const char *op, const struct store_req *req)
{
    struct trick *trick = ctx;
    if (strcmp(op, trick->op) != 0 || strncmp(req->path, trick->path, strlen(trick->path)) != 0)
        return MEMORY_FINE;
    trick->seen++;
    if (trick->play)
        trick->play(trick, req);
    return trick->seen == 1 ? trick->fault : MEMORY_FINE;
}

static void hide(struct trick *trick, const struct store_req *req)
{
    if (trick->seen == 1)
        memory_move(trick->test->store, req->path, "hidden");
    else if (trick->seen == 2)
        memory_move(trick->test->store, "hidden", req->path);
}

static void rename_first(struct trick *trick, const struct store_req *req)
{
    if (trick->seen == 1)
        memory_move(trick->test->store, req->path, "e1.00000000000000aa");
}

static const struct trick tricks[] = {
    { .op = "rename", .path = "e1.", .play = hide }, /* nobody has it, for a moment */
    { .op = "rename", .path = "e1.", .play = rename_first, .fault = MEMORY_LOSE },
    { .op = "rename", .path = "e1.", .fault = MEMORY_LOSE },
};

START_TEST(what_a_failover_shows_or_undoes_is_gone_round)
{
    struct test test;
    struct claimer one, two;
    struct trick trick = tricks[_i];
    test_begin(&test);
    claim_now(&test, &one);
    trick.test = &test;
    memory_on(test.store, trick_hook, &trick);
    claim_now(&test, &two);
    ck_assert_uint_eq(two.directory->epoch, 2);
    ck_assert_uint_gt(trick.seen, 0);
    test_end(&test);
}
END_TEST

/* A server that is behind has no `job` to read until it is touched again. */
static enum memory_fault behind_hook(void *ctx, const char *op, const struct store_req *req)
{
    struct test *test = ctx;
    if (strcmp(op, "read") == 0 && strcmp(req->path, "job") == 0 && test->fences++ == 0)
        memory_move(test->store, "job", "hidden");
    if (strcmp(op, "touch") == 0 && memory_has(test->store, "hidden"))
        memory_move(test->store, "hidden", "job");
    return MEMORY_FINE;
}

START_TEST(a_job_file_that_is_not_seen_yet_is_waited_for)
{
    struct test test;
    struct claimer one, two;
    test_begin(&test);
    claim_now(&test, &one);
    memory_on(test.store, behind_hook, &test);
    claim_now(&test, &two);
    ck_assert_uint_eq(two.directory->epoch, 2);
    test_end(&test);
}
END_TEST

static void block(struct trick *trick, const struct store_req *req)
{
    (void)req;
    if (trick->seen == 1)
        memory_put(trick->test->store, "tmp");
    else if (trick->seen == 2)
        memory_drop(trick->test->store, "tmp");
}

static void lose(struct trick *trick, const struct store_req *req)
{
    if (trick->seen == 1)
        memory_drop(trick->test->store, req->path);
}

static void take(struct trick *trick, const struct store_req *req)
{
    if (trick->seen == 1)
        memory_put(trick->test->store, req->path);
}

static void replace(struct trick *trick, const struct store_req *req)
{
    (void)req;
    if (trick->seen == 1) {
        memory_move(trick->test->store, "job", "hidden");
        memory_put(trick->test->store, "job/x");
    } else if (trick->seen == 2) {
        memory_drop(trick->test->store, "job");
        memory_move(trick->test->store, "hidden", "job");
    }
}

static const struct {
    struct trick trick;
    const char *says;
} no_rows[] = {
    { { .op = "mkdirs", .path = "tmp/0.", .play = block }, "a file is in the way" },
    { { .op = "rename", .path = "tmp/0.", .play = lose }, "it is not renamed" },
    { { .op = "create", .path = "tmp/0.", .play = take }, "the name is taken" },
    { { .op = "read", .path = "job", .play = replace }, "it is there, and cannot be read" },
};

/* Whoever looks at a worker that does not get on sees why, and the store is not asked without rest. */
START_TEST(a_no_that_settles_nothing_is_told_and_waited_for)
{
    struct test test;
    struct claimer one;
    struct trick trick = no_rows[_i].trick;
    test_begin(&test);
    trick.test = &test;
    memory_on(test.store, trick_hook, &trick);
    claim_now(&test, &one);
    ck_assert_uint_eq(one.directory->epoch, 1);
    ck_assert_msg(strstr(one.trouble, no_rows[_i].says), "%s", one.trouble);
    ck_assert_uint_eq(one.troubles, 2); /* and its end */
    ck_assert_uint_eq(one.directory->troubled, 0);
    test_end(&test);
}
END_TEST

static void spoil(struct test *test, struct buf *file, int how, const char *owner)
{
    if (how == 0)
        file->ptr[0] ^= 1;
    if (how == 1) { /* a file of another kind */
        struct buf *other = memory_file(test->store, owner);
        buf_clear(file);
        buf_put(file, other->ptr, other->len);
    }
}

START_TEST(a_job_file_that_is_none_is_refused)
{
    static const char *const reasons[] = { "job: the file's head is damaged",
                                           "job: the file is of another kind", "job: read job" };
    struct test test;
    struct claimer one, two = { .dead = true };
    char owner[DIRECTORY_PATH_SIZE];
    struct trick trick = { .op = "read", .path = "job", .fault = MEMORY_BREAK };
    test_begin(&test);
    claim_now(&test, &one);
    directory_path(one.directory, owner, "owner-1");
    spoil(&test, memory_file(test.store, "job"), _i, owner);
    if (_i == 2)
        memory_on(test.store, trick_hook, &trick);
    claim_for(&test, &two, "orders");
    test_until(&test, &two.done);
    ck_assert_int_eq(two.err.kind, ERR_FATAL);
    ck_assert_msg(strstr(two.err.text, reasons[_i]), "%s", two.err.text);
    test_end(&test);
}
END_TEST

/* An owner file as only another program would write it. */
static void forge_owner(struct directory *directory, struct buf *file, int how)
{
    char name[300];
    struct buf text = { 0 };
    struct file_head head = { .kind = FILE_OWNER, .index = 1 };
    uint8_t first[FILE_HEAD_SIZE], last[FILE_TAIL_SIZE];
    memset(name, 'h', sizeof name);
    name[sizeof name - 1] = '\0';
    buf_put_str(&text, how == 2 ? name : "h");
    buf_put_str(&text, how == 3 ? name : "p");
    buf_put_u32(&text, 7);
    buf_put_str(&text, "1.2.3");
    if (how != 4) /* else it is cut short */
        buf_put_u64(&text, 1);
    struct slice piece = buf_slice(&text);
    directory_want(directory, &head);
    file_seal(&head, &piece, 1, first, last);
    buf_clear(file);
    buf_put(file, first, sizeof first);
    buf_put(file, piece.ptr, piece.len);
    buf_put(file, last, sizeof last);
    buf_free(&text);
}

START_TEST(an_owner_who_does_not_say_who_he_is_is_waited_for)
{
    struct test test;
    struct claimer one, two = { .dead = true };
    char owner[DIRECTORY_PATH_SIZE];
    struct trick trick = { .op = "read", .path = "e1.", .fault = MEMORY_BREAK };
    test_begin(&test);
    claim_now(&test, &one);
    for (int i = 0; i < 2; i++) { /* no owner's */
        directory_path(one.directory, owner, i ? "owner-x" : "owner-.");
        memory_put(test.store, owner);
    }
    directory_path(one.directory, owner, "owner-1");
    struct buf *file = memory_file(test.store, owner);
    spoil(&test, file, _i, "job");
    if (_i >= 2 && _i <= 4)
        forge_owner(one.directory, file, _i);
    if (_i == 5)
        memory_on(test.store, trick_hook, &trick);
    claim_for(&test, &two, "orders");
    if (_i == 5) /* it is told at the next look */
        test_until(&test, &two.done);
    test_turns(&test, 500);
    ck_assert(two.done == (_i == 5));
    ck_assert(two.waitings == 1 && !*two.owner.host && two.owner.epoch == 1); /* and not again */
    test_until(&test, &two.done);
    ck_assert_uint_eq(two.directory->epoch, 2);
    test_end(&test);
}
END_TEST

START_TEST(an_owner_who_says_later_who_he_is_is_told_again)
{
    struct test test;
    struct claimer one, two = { .dead = false };
    char path[DIRECTORY_PATH_SIZE], text[200];
    test_begin(&test);
    claim_now(&test, &one);
    directory_path(one.directory, path, "owner-1");
    memory_file(test.store, path)->ptr[0] ^= 1;
    claim_for(&test, &two, "orders");
    test_until(&test, &two.waits);
    claim_owner_show(&two.owner, text, sizeof text);
    ck_assert_str_eq(text,
                     "a worker took the job (epoch 1) and has not said who it is: the job is taken "
                     "from it when it stays silent");
    memory_file(test.store, path)->ptr[0] ^= 1;
    for (int i = 0; i < 500 && two.waitings < 2 && !two.done; i++) {
        test_turns(&test, 20);
        memory_stir(test.store, path);
    }
    ck_assert(two.waitings == 2 && !two.done);
    claim_owner_show(&two.owner, text, sizeof text);
    ck_assert_ptr_nonnull(strstr(text, " owns the job (process "));
    ck_assert_ptr_nonnull(strstr(text, ", epoch 1)"));
    test_end(&test);
}
END_TEST

#define TEST(name) tcase_add_test(tcase, name)
Suite *claim_odd_suite(void)
{
    Suite *suite = suite_create("claim_odd");
    TCase *tcase = tcase_create("claim_odd");
    suite_add_tcase(suite, tcase);
    tcase_set_timeout(tcase, 60);
    TEST(what_has_no_name_of_ours_is_left_alone);
    tcase_add_loop_test(tcase, what_a_failover_shows_or_undoes_is_gone_round, 0,
                        sizeof tricks / sizeof *tricks);
    TEST(an_owner_who_says_later_who_he_is_is_told_again);
    TEST(a_job_file_that_is_not_seen_yet_is_waited_for);
    tcase_add_loop_test(tcase, a_no_that_settles_nothing_is_told_and_waited_for, 0,
                        sizeof no_rows / sizeof *no_rows);
    tcase_add_loop_test(tcase, a_job_file_that_is_none_is_refused, 0, 3);
    tcase_add_loop_test(tcase, an_owner_who_does_not_say_who_he_is_is_waited_for, 0, 6);
    return suite;
}
