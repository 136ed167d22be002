#include "io/store_file.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/list.h"
#include "base/mem.h"
#include "io/loop.h"
#include "io/store.h"
#include "io/world.h"

static struct stage {
    struct world *world;
    struct loop *loop;
    struct store *store;
    struct store_req req;
    char root[64];
    unsigned left; /* callbacks to come */
} stage;

static struct store *open_store(void)
{
    char url[96];
    struct err err;
    struct store *store;
    snprintf(url, sizeof url, "file://%s/root", stage.root);
    ck_assert_msg(store_open(stage.loop, &(struct store_conf){ .url = url }, &store, &err), "%s",
                  err.text);
    return store;
}

static void closed(void *ctx)
{
    loop_stop(ctx);
}

static void close_store(struct store *store)
{
    store->ops->close(store, closed, stage.loop);
    loop_run(stage.loop);
}

static void stage_open(void)
{
    memset(&stage, 0, sizeof stage);
    strcpy(stage.root, "/tmp/tidemark-store-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(stage.root));
    stage.world = world_new();
    stage.loop = loop_new(stage.world);
    stage.store = open_store();
}

static void stage_close(void)
{
    char command[192];
    store_req_free(&stage.req);
    if (stage.store)
        close_store(stage.store);
    loop_free(stage.loop);
    world_free(stage.world);
    snprintf(command, sizeof command, "chmod -R u+rwx %s && rm -rf %s", stage.root, stage.root);
    ck_assert_int_eq(system(command), 0);
}

static void answered(struct store_req *req)
{
    ck_assert_ptr_null(req->door);
    if (--stage.left == 0)
        loop_stop(stage.loop);
}

typedef void (*ask_op)(struct store *store, struct store_req *req);

static struct store_req *ask_of(struct store *store, ask_op op, struct store_req req)
{
    store_req_free(&stage.req);
    stage.req = req;
    stage.req.cb = answered;
    stage.left = 1;
    op(store, &stage.req);
    loop_run(stage.loop);
    return &stage.req;
}
#define ASK(op, ...) ask_of(stage.store, stage.store->ops->op, (struct store_req){ __VA_ARGS__ })
#define ANSWER(op, ...) (ASK(op, __VA_ARGS__)->answer)

static enum store_answer create(const char *path, const char *text)
{
    struct slice pieces[] = { { text, strlen(text) / 2 },
                              { text, 0 },
                              { text + strlen(text) / 2, strlen(text) - strlen(text) / 2 } };
    return ANSWER(create, .path = path, .pieces = pieces, .n_pieces = 3, .durable = true);
}

static void ck_file(const char *path, const char *text)
{
    ck_assert_int_eq(ANSWER(read, .path = path, .length_max = 1000), STORE_YES);
    ck_assert_uint_eq(stage.req.data.len, strlen(text));
    ck_assert_ptr_nonnull(stage.req.data.ptr); /* not even of an empty file */
    ck_assert(memcmp(stage.req.data.ptr, text, strlen(text)) == 0);
}

static char *full(const char *path)
{
    static char text[256];
    snprintf(text, sizeof text, "%s/root/%s", stage.root, path);
    return text;
}

START_TEST(a_created_file_reads_back_with_its_parents_made)
{
    ck_assert_int_eq(create("tmp/1.ab/x.0", "hello world"), STORE_YES);
    ck_file("tmp/1.ab/x.0", "hello world");
    ck_assert_int_eq(ANSWER(create, .path = "empty"), STORE_YES);
    ck_file("empty", "");
}
END_TEST

START_TEST(many_pieces_are_written_in_order)
{
    struct slice pieces[200];
    for (unsigned i = 0; i < 200; i++)
        pieces[i] = (struct slice){ "0123456789" + i % 10, 1 };
    ck_assert_int_eq(ANSWER(create, .path = "x", .pieces = pieces, .n_pieces = 200), STORE_YES);
    ck_assert_int_eq(ANSWER(read, .path = "x", .length_max = 200), STORE_YES);
    for (unsigned i = 0; i < 200; i++)
        ck_assert_int_eq(stage.req.data.ptr[i], '0' + (int)(i % 10));
}
END_TEST

START_TEST(create_never_replaces)
{
    ck_assert_int_eq(create("x", "first"), STORE_YES);
    ck_assert_int_eq(create("x", "second"), STORE_NO);
    ck_file("x", "first");
    ck_assert_int_eq(ANSWER(mkdirs, .path = "d"), STORE_YES);
    ck_assert_int_eq(create("d", "file"), STORE_NO);
    ck_assert_int_eq(create("x/below", "a file"), STORE_REFUSED);
    ck_assert_str_eq(stage.req.err.text, "create 'x/below': Not a directory");
}
END_TEST

START_TEST(creates_run_side_by_side)
{
    struct store_req reqs[32];
    char paths[32][16];
    struct slice piece = { "x", 1 };
    stage.left = 32;
    for (unsigned i = 0; i < 32; i++) {
        snprintf(paths[i], sizeof paths[i], "a/b%u/c", i % 3 ? i : 0);
        reqs[i] = (struct store_req){
            .path = paths[i], .pieces = &piece, .n_pieces = 1, .durable = true, .cb = answered
        };
        stage.store->ops->create(stage.store, &reqs[i]);
    }
    loop_run(stage.loop);
    unsigned taken = 0;
    for (unsigned i = 0; i < 32; i++)
        taken += reqs[i].answer == STORE_NO;
    ck_assert_uint_eq(taken, 10); /* eleven wanted a/b0/c, and one got it */
    ck_assert_int_eq(ANSWER(list, .path = "a"), STORE_YES);
    ck_assert_uint_eq(stage.req.n_entries, 22);
}
END_TEST

START_TEST(rename_moves_a_directory_with_all_below_it)
{
    create("e1.a/wal/k-1", "block");
    ck_assert_int_eq(ANSWER(rename, .path = "e1.a", .target = "e2.b"), STORE_YES);
    ck_file("e2.b/wal/k-1", "block");
    ck_assert_int_eq(ANSWER(rename, .path = "e1.a", .target = "e3.c"), STORE_NO); /* source gone */
    ck_assert_int_eq(ANSWER(rename, .path = "e2.b", .target = "no/e3.c"), STORE_NO); /* no parent */
    ck_assert_int_eq(ANSWER(list, .path = ""), STORE_YES);
    ck_assert_uint_eq(stage.req.n_entries, 1); /* no parent was made */
}
END_TEST

START_TEST(rename_replaces_nothing_and_moves_into_nothing)
{
    create("a", "a");
    create("b", "b");
    create("full/x", "x");
    ASK(mkdirs, .path = "hollow");
    ck_assert_int_eq(ANSWER(rename, .path = "a", .target = "b"), STORE_NO);
    ck_assert_int_eq(ANSWER(rename, .path = "a", .target = "full"), STORE_NO);
    ck_assert_int_eq(ANSWER(rename, .path = "full", .target = "hollow"), STORE_NO);
    ck_assert_int_eq(ANSWER(rename, .path = "a", .target = "b/below"), STORE_NO);
    ck_file("a", "a");
    ck_file("b", "b");
    ck_file("full/x", "x");
}
END_TEST

START_TEST(touch_tells_whether_it_is_there)
{
    create("a", "a");
    ck_assert_int_eq(ANSWER(list, .path = ""), STORE_YES);
    int64_t before = stage.req.entries[0].modified_ms;
    do /* until the clock of the file system has moved on */
        ck_assert_int_eq(ANSWER(touch, .path = "a"), STORE_YES);
    while (ASK(list, .path = "")->entries[0].modified_ms == before);
    ck_assert_int_gt(stage.req.entries[0].modified_ms, before);
    ck_assert_int_eq(ANSWER(touch, .path = ""), STORE_YES);
    ck_assert_int_eq(ANSWER(touch, .path = "b"), STORE_NO);
    ck_assert_int_eq(ANSWER(touch, .path = "no/b"), STORE_NO);
    ck_assert_int_eq(ANSWER(touch, .path = "a/b"), STORE_NO);
}
END_TEST

START_TEST(mkdirs_says_yes_again_and_no_to_a_file)
{
    ck_assert_int_eq(ANSWER(mkdirs, .path = "a/b/c"), STORE_YES);
    ck_assert_int_eq(ANSWER(mkdirs, .path = "a/b/c"), STORE_YES);
    create("a/f", "file");
    ck_assert_int_eq(ANSWER(mkdirs, .path = "a/f"), STORE_NO);
    ck_assert_int_eq(ANSWER(mkdirs, .path = "a/f/g"), STORE_NO);
}
END_TEST

START_TEST(lists_are_sorted_bytewise)
{
    static const char *const names[] = { "B", "a", "a-1", "a-10", "a-2", "z" };
    for (unsigned i = 0; i < 6; i++)
        create(names[(i * 5 + 2) % 6], "12345");
    ASK(mkdirs, .path = "dir");
    ck_assert_int_eq(ANSWER(list, .path = ""), STORE_YES);
    ck_assert_uint_eq(stage.req.n_entries, 7);
    for (unsigned i = 0; i < 5; i++) {
        ck_assert_str_eq(stage.req.entries[i].name, names[i]);
        ck_assert_uint_eq(stage.req.entries[i].length, 5);
    }
    ck_assert_str_eq(stage.req.entries[5].name, "dir");
    ck_assert(stage.req.entries[5].is_directory);
    ck_assert_int_eq(ANSWER(list, .path = "none"), STORE_NO);
    ck_assert_int_eq(ANSWER(list, .path = "a"), STORE_NO);
}
END_TEST

START_TEST(a_long_list_is_whole)
{
    char path[16];
    for (unsigned i = 0; i < 100; i++) {
        snprintf(path, sizeof path, "d/%02u", i);
        ck_assert_int_eq(ANSWER(create, .path = path), STORE_YES);
    }
    ck_assert_int_eq(ANSWER(list, .path = "d"), STORE_YES);
    ck_assert_uint_eq(stage.req.n_entries, 100);
    ck_assert_str_eq(stage.req.entries[99].name, "99");
}
END_TEST

START_TEST(a_file_longer_than_the_limit_is_refused_unread)
{
    create("x", "12345");
    ck_assert_int_eq(ANSWER(read, .path = "x", .length_max = 5), STORE_YES);
    ck_assert_int_eq(ANSWER(read, .path = "x", .length_max = 4), STORE_REFUSED);
    ck_assert_int_eq(stage.req.err.kind, ERR_FATAL);
    ck_assert_str_eq(stage.req.err.text, "read 'x': 5 bytes, at most 4 are expected");
    ck_assert_ptr_null(stage.req.data.ptr);
    ck_assert_int_eq(ANSWER(read, .path = "none", .length_max = 4), STORE_NO);
    ck_assert_int_eq(ANSWER(read, .path = "", .length_max = 4), STORE_NO);
}
END_TEST

START_TEST(remove_takes_a_whole_tree)
{
    create("t/a/b/c", "1");
    create("t/d", "2");
    create("u", "3");
    ck_assert_int_eq(ANSWER(remove, .path = "t"), STORE_YES);
    ck_assert_int_eq(ANSWER(remove, .path = "t"), STORE_NO);
    ck_assert_int_eq(ANSWER(remove, .path = "u"), STORE_YES);
    ck_assert_int_eq(ANSWER(remove, .path = "u/v"), STORE_NO);
    ck_assert_int_eq(ANSWER(list, .path = ""), STORE_YES);
    ck_assert_uint_eq(stage.req.n_entries, 0);
}
END_TEST

START_TEST(one_store_at_a_time_holds_the_lock)
{
    struct store *other = open_store();
    ck_assert_int_eq(ANSWER(lock, .path = ""), STORE_YES); /* makes the root */
    ck_assert_int_eq(ANSWER(lock, .path = ""), STORE_YES); /* ours already */
    ck_assert_int_eq(ask_of(other, other->ops->lock, (struct store_req){ .path = "" })->answer,
                     STORE_NO);
    ck_assert_int_eq(ANSWER(list, .path = ""), STORE_YES);
    ck_assert_uint_eq(stage.req.n_entries, 0); /* the lock does not show */
    close_store(stage.store);
    stage.store = other;
    ck_assert_int_eq(ANSWER(lock, .path = ""), STORE_YES);
}
END_TEST

START_TEST(a_root_that_was_replaced_ends_all_writing)
{
    ck_assert_int_eq(ANSWER(lock, .path = ""), STORE_YES);
    ck_assert_int_eq(unlink(full("lock")), 0);
    ck_assert_int_eq(create("x", "1"), STORE_REFUSED);
    ck_assert_int_eq(stage.req.err.kind, ERR_BAD_CONFIG);
    ck_assert_ptr_nonnull(strstr(stage.req.err.text, "removed or replaced while it was in use"));
    ck_assert_int_eq(rmdir(full("")), 0);
    ck_assert_int_eq(ANSWER(mkdirs, .path = "a"), STORE_REFUSED);
    ck_assert_int_ne(access(full(""), F_OK), 0); /* and nothing is made anew */
}
END_TEST

START_TEST(a_file_where_the_root_should_be_is_refused)
{
    char path[96];
    snprintf(path, sizeof path, "%s/root", stage.root);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fclose(file);
    ck_assert_int_eq(ANSWER(lock, .path = ""), STORE_REFUSED);
    ck_assert_ptr_nonnull(strstr(stage.req.err.text, "a file is in the way"));
}
END_TEST

START_TEST(a_disk_that_is_full_refuses_and_leaves_nothing)
{
    struct rlimit limit = { .rlim_cur = 4096, .rlim_max = RLIM_INFINITY };
    char *text = mem_zalloc(6001);
    memset(text, 'x', 6000);
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_int_eq(create("big", text), STORE_REFUSED); /* after 4096 of its bytes */
    ck_assert_int_eq(stage.req.err.code, 320);
    ck_assert_int_eq(stage.req.err.kind, ERR_RETRY);
    ck_assert_str_eq(stage.req.err.text, "write 'big': File too large");
    ck_assert_int_eq(ANSWER(list, .path = ""), STORE_YES);
    ck_assert_uint_eq(stage.req.n_entries, 0);
    text[4096] = 0;
    ck_assert_int_eq(create("fits", text), STORE_YES);
    mem_free(text);
}
END_TEST

START_TEST(rights_that_are_missing_are_named)
{
    if (geteuid() == 0 && (setegid(65534) != 0 || seteuid(65534) != 0))
        return; /* root may do everything */
    ck_assert_int_eq(ANSWER(lock, .path = ""), STORE_REFUSED);
    ck_assert_int_eq(stage.req.err.code, 301);
    ck_assert_ptr_nonnull(strstr(stage.req.err.text, "Permission denied"));
    ck_assert_int_eq(seteuid(getuid()), 0);
}
END_TEST

START_TEST(a_path_that_is_too_long_is_refused)
{
    char path[4200];
    memset(path, 'a', sizeof path);
    path[sizeof path - 1] = 0;
    ck_assert_int_eq(create(path, "x"), STORE_REFUSED);
    path[256] = 0;
    ck_assert_int_eq(create(path, "x"), STORE_REFUSED);
    path[255] = 0;
    ck_assert_int_eq(create(path, "x"), STORE_YES);
}
END_TEST

START_TEST(close_waits_for_what_is_pending)
{
    struct store_req reqs[8];
    stage.left = 9; /* so that not a request but the close ends the run */
    for (unsigned i = 0; i < 8; i++) {
        reqs[i] = (struct store_req){ .path = "same", .cb = answered };
        stage.store->ops->create(stage.store, &reqs[i]);
    }
    close_store(stage.store);
    stage.store = NULL;
    ck_assert_uint_eq(stage.left, 1);
}
END_TEST

static void close_in_callback(struct store_req *req)
{
    ck_assert_int_eq(req->answer, STORE_YES);
    stage.store->ops->close(stage.store, closed, stage.loop);
    stage.store = NULL;
}

START_TEST(a_callback_may_close)
{
    stage.req = (struct store_req){ .path = "x", .cb = close_in_callback };
    stage.store->ops->create(stage.store, &stage.req);
    loop_run(stage.loop);
    ck_assert_ptr_null(stage.store);
}
END_TEST

START_TEST(a_url_of_no_store_is_refused)
{
    struct store *store = NULL;
    struct err err;
    ck_assert(!store_open(stage.loop, &(struct store_conf){ .url = "ftp://host/x" }, &store, &err));
    ck_assert_uint_eq(err.code, 215);
    ck_assert_ptr_null(store);
}
END_TEST

Suite *store_file_suite(void)
{
    const TTest *const tests[] = {
        a_created_file_reads_back_with_its_parents_made,
        many_pieces_are_written_in_order,
        create_never_replaces,
        creates_run_side_by_side,
        rename_moves_a_directory_with_all_below_it,
        rename_replaces_nothing_and_moves_into_nothing,
        touch_tells_whether_it_is_there,
        mkdirs_says_yes_again_and_no_to_a_file,
        lists_are_sorted_bytewise,
        a_long_list_is_whole,
        a_file_longer_than_the_limit_is_refused_unread,
        remove_takes_a_whole_tree,
        one_store_at_a_time_holds_the_lock,
        a_root_that_was_replaced_ends_all_writing,
        a_file_where_the_root_should_be_is_refused,
        a_disk_that_is_full_refuses_and_leaves_nothing,
        rights_that_are_missing_are_named,
        a_path_that_is_too_long_is_refused,
        close_waits_for_what_is_pending,
        a_callback_may_close,
        a_url_of_no_store_is_refused,
    };
    Suite *suite = suite_create("store_file");
    TCase *tcase = tcase_create("store_file");
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(tcase, stage_open, stage_close);
    tcase_set_timeout(tcase, 60);
    for (unsigned i = 0; i < ARRAY_SIZE(tests); i++)
        tcase_add_test(tcase, tests[i]);
    return suite;
}
