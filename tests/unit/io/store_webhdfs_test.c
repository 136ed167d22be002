#include "io/store_webhdfs.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/list.h"
#include "base/mem.h"
#include "io/loop.h"
#include "io/store.h"
#include "io/world.h"
#include "tiny_server.h"

#define SAY(status, body) \
    "HTTP/1.1 " status "\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n" body
#define CHUNK(hex, text) hex "\r\n" text "\r\n0\r\n\r\n"
#define YES SAY("200 OK", CHUNK("11", "{\"boolean\": true}"))
#define NO SAY("200 OK", CHUNK("12", "{\"boolean\": false}"))
#define GO                                               \
    "HTTP/1.1 307 Go\r\nContent-Length: 0\r\nLocation: " \
    "http://127.0.0.1:PORT/webhdfs/v1/ck/a?op=X\r\n\r\n"
#define GO_TO(where) "HTTP/1.1 200 OK\r\n\r\n{\"Location\":\"" where "\"}"
#define NODE "http://127.0.0.1:PORT/webhdfs/v1/ck/a?op=CREATE&createflag=CREATE%252CSYNC_BLOCK"
#define CREATED "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n"
#define REMOTE(class, message)               \
    "HTTP/1.1 403 Forbidden\r\nConnection: " \
    "close\r\n\r\n{\"RemoteException\":{\"exception\":\"" class "\",\"message\":\"" message "\"}}"
#define STANDBY REMOTE("StandbyException", "not supported in state standby")
#define END TINY_CLOSE

static struct stage {
    struct world *world;
    struct loop *loop;
    struct store *store;
    struct tiny first, second;
    struct store_req req;
    unsigned left;
    char away[256]; /* an answer that names the second one as the DataNode */
} stage;
static struct store_req late; /* a first try */

static void stage_open(void)
{
    char url[128];
    struct err err;
    memset(&stage, 0, sizeof stage);
    stage.world = world_new();
    stage.loop = loop_new(stage.world);
    tiny_open(&stage.first);
    tiny_open(&stage.second);
    snprintf(stage.away, sizeof stage.away, GO_TO("http://127.0.0.1:%u/webhdfs/v1/ck/a"),
             stage.second.port);
    snprintf(url, sizeof url, "webhdfs://u@127.0.0.1:%u,127.0.0.1:%u/ck", stage.first.port,
             stage.second.port);
    struct store_conf conf = { .url = url, .replication = 2 }; /* the usual limits of time */
    ck_assert_msg(store_open(stage.loop, &conf, &stage.store, &err), "%s", err.text);
}

static void closed(void *ctx)
{
    loop_stop(ctx);
}

static void stage_close(void)
{
    stage.store->ops->close(stage.store, closed, stage.loop);
    loop_run(stage.loop);
    tiny_stop(&stage.first);
    tiny_stop(&stage.second);
    store_req_free(&stage.req);
    loop_free(stage.loop);
    world_free(stage.world);
}

static void answered(struct store_req *req)
{
    ck_assert_ptr_null(req->door);
    if (--stage.left == 0)
        loop_stop(stage.loop);
}

typedef void (*ask_op)(struct store *store, struct store_req *req);

static enum store_answer ask(ask_op op, struct store_req req)
{
    store_req_free(&stage.req);
    stage.req = req;
    stage.req.cb = answered;
    stage.left = 1;
    op(stage.store, &stage.req);
    loop_run(stage.loop);
    return stage.req.answer;
}
#define ASK(op, ...) ask(stage.store->ops->op, (struct store_req){ .path = "a", __VA_ARGS__ })
#define SERVE(server, ...)                                         \
    tiny_start(&stage.server, (struct tiny_step[]){ __VA_ARGS__ }, \
               sizeof((struct tiny_step[]){ __VA_ARGS__ }) / sizeof(struct tiny_step))
#define ck_says(words) ck_assert_msg(strstr(stage.req.err.text, words), "%s", stage.req.err.text)
#define ck_asked(server, n, words) \
    ck_assert_msg(strstr(stage.server.heads[n], words), "%s", stage.server.heads[n])

static enum store_answer create(void)
{
    static const struct slice pieces[] = { { "hello ", 6 }, { "world", 5 } };
    return ASK(create, .pieces = pieces, .n_pieces = 2, .durable = true);
}

START_TEST(a_create_goes_in_two_steps)
{
    SERVE(first, { GO_TO(NODE), 0, END }, { CREATED, 0, END });
    ck_assert_int_eq(create(), STORE_YES);
    tiny_stop(&stage.first);
    ck_assert_uint_eq(stage.first.n_taken, 2);
    ck_assert_uint_eq(stage.first.bodies[0], 0);
    ck_asked(first, 0,
             "PUT /webhdfs/v1/ck/a?user.name=u&op=CREATE&overwrite=false&permission=640"
             "&blocksize=16777216&replication=2&createflag=create,sync_block"
             "&noredirect=true HTTP/1.1\r\n");
    ck_assert_uint_eq(stage.first.bodies[1], 11);
    ck_asked(first, 1, "PUT /webhdfs/v1/ck/a?op=CREATE&createflag=CREATE%252CSYNC_BLOCK HTTP/1.1");
    ck_asked(first, 1, "Content-Type: application/octet-stream\r\n");
}
END_TEST

START_TEST(an_old_release_is_asked_for_the_length)
{
    static const struct {
        const char *status;
        enum store_answer answer;
    } rows[] = {
        { "HTTP/1.1 200 OK\r\n\r\n{\"FileStatus\":{\"type\":\"FILE\",\"length\":11}}", STORE_YES },
        { "HTTP/1.1 200 OK\r\n\r\n{\"FileStatus\":{\"type\":\"FILE\",\"length\":10}}",
          STORE_UNKNOWN },
        { REMOTE("FileNotFoundException", "gone"), STORE_UNKNOWN },
    };
    SERVE(first, { GO, 0, END }, { CREATED, 0, END }, { rows[_i].status, 0, END });
    ck_assert_int_eq(create(), rows[_i].answer);
    tiny_stop(&stage.first);
    ck_asked(first, 2, "GET /webhdfs/v1/ck/a?user.name=u&op=GETFILESTATUS HTTP/1.1");
}
END_TEST

START_TEST(an_upload_without_an_answer_is_unknown)
{
    static const struct tiny_step steps[] = {
        { NULL, 0, TINY_CLOSE },
        { NULL, 0, TINY_RESET },
        { "HTTP/1.1 100 Continue\r\n\r\n", 0, TINY_CLOSE },
        { "HTTP/1.1 200 OK\r\n\r\n", 0, TINY_CLOSE },
        { "HTTP/1.1 502 Bad Gateway\r\n\r\n", 0, TINY_CLOSE },
        { REMOTE("EOFException", "its NameNode is gone"), 0, TINY_CLOSE },
        { "HTTP/1.1 201 Created\r\n\r\n", 0, TINY_ENDLESS },
    };
    SERVE(first, { GO_TO(NODE), 0, END }, steps[_i]);
    ck_assert_int_eq(create(), STORE_UNKNOWN);
    ck_assert_int_eq(stage.req.err.kind, ERR_UNKNOWN);
    ck_says("create 'a' at 127.0.0.1:");
    tiny_stop(&stage.first);
    ck_assert_uint_eq(stage.first.n_taken, 2);
}
END_TEST

START_TEST(an_address_that_is_not_a_datanode_is_not_followed)
{
    static const struct {
        const char *answer, *says;
    } rows[] = {
        { GO_TO("https://127.0.0.1:PORT/webhdfs/v1/a"), "an address that we do not follow" },
        { GO_TO("file:///etc/passwd"), "an address that we do not follow" },
        { GO_TO("http://127.0.0.1:PORT/elsewhere"), "an address that we do not follow" },
        { GO_TO(""), "an address that we do not follow" },
        { "HTTP/1.1 307 Go\r\nContent-Length: 0\r\n\r\n", "it names no DataNode" },
        { "HTTP/1.1 200 OK\r\n\r\n{\"Location\":\"http://1", "it names no DataNode" },
    };
    SERVE(first, { rows[_i].answer, 0, END });
    ck_assert_int_eq(create(), STORE_REFUSED);
    ck_assert_int_eq(stage.req.err.kind, ERR_RETRY);
    ck_says(rows[_i].says);
    tiny_stop(&stage.first);
    ck_assert_uint_eq(stage.first.n_taken, 1);
}
END_TEST

START_TEST(a_datanode_that_is_not_there_is_left_out)
{
    tiny_stop(&stage.second); /* its port refuses from now on */
    SERVE(first, { stage.away, 0, END }, { GO_TO(NODE), 0, END }, { CREATED, 0, END });
    ck_assert_int_eq(create(), STORE_YES);
    tiny_stop(&stage.first);
    ck_assert_ptr_null(strstr(stage.first.heads[0], "exclude"));
    ck_asked(first, 1, "&excludedatanodes=127.0.0.1 HTTP/1.1");
}
END_TEST

START_TEST(when_none_is_left_none_is_left_out)
{
    tiny_stop(&stage.second);
    SERVE(first, { stage.away, 0, END },
          { REMOTE("IOException", "Failed to find datanode, suggest to check"), 0, END },
          { GO_TO(NODE), 0, END }, { CREATED, 0, END });
    ck_assert_int_eq(create(), STORE_YES);
    tiny_stop(&stage.first);
    ck_asked(first, 1, "&excludedatanodes=127.0.0.1 ");
    ck_assert_ptr_null(strstr(stage.first.heads[2], "exclude"));
}
END_TEST

START_TEST(no_datanode_at_all_is_told)
{
    tiny_stop(&stage.second);
    SERVE(first, { stage.away, 0, END }, { stage.away, 0, END }, { stage.away, 0, END });
    ck_assert_int_eq(create(), STORE_REFUSED);
    ck_assert_int_eq(stage.req.err.code, 302);
    ck_says("Failed to connect to 127.0.0.1");
}
END_TEST

static void second_answered(struct store_req *req)
{
    stage.store->ops->cancel(stage.store, &late); /* nobody waits for the first one any more */
    answered(req);
}

static void try_again(struct loop_timer *timer)
{
    if (stage.second.n_taken == 0) { /* the first try has not got that far yet */
        loop_timer_start(stage.loop, timer, 1, try_again);
        return;
    }
    stage.req.avoid = &late;
    stage.store->ops->create(stage.store, &stage.req);
}

START_TEST(a_second_try_avoids_the_first_ones_datanode)
{
    struct loop_timer timer = { .cb = NULL };
    struct slice piece = { "x", 1 };
    late = stage.req = (struct store_req){ .path = "a", .cb = answered };
    stage.req.cb = second_answered;
    late.pieces = stage.req.pieces = &piece;
    late.n_pieces = stage.req.n_pieces = 1;
    SERVE(first, { stage.away, 0, END }, { GO_TO(NODE), 0, END }, { CREATED, 0, END });
    SERVE(second, { NULL, 0, TINY_HANG });
    stage.left = 2;
    stage.store->ops->create(stage.store, &late);
    loop_timer_start(stage.loop, &timer, 1, try_again);
    loop_run(stage.loop);
    ck_assert_int_eq(late.answer, STORE_UNKNOWN);
    ck_assert_int_eq(stage.req.answer, STORE_YES);
    tiny_stop(&stage.first);
    ck_asked(first, 1, "&excludedatanodes=127.0.0.1 ");
}
END_TEST

static void cancel_when_taken(struct loop_timer *timer)
{
    if (stage.second.n_taken == 0)
        loop_timer_start(stage.loop, timer, 1, cancel_when_taken);
    else
        stage.store->ops->cancel(stage.store, &late);
}

START_TEST(a_create_that_nobody_waits_for_ends_soon)
{
    struct loop_timer timer = { .cb = NULL };
    struct slice piece = { "x", 1 };
    late = (struct store_req){ .path = "a", .cb = answered, .pieces = &piece, .n_pieces = 1 };
    SERVE(first, { stage.away, 0, END });
    SERVE(second, { NULL, 0, TINY_HANG });
    stage.left = 1;
    stage.store->ops->create(stage.store, &late);
    loop_timer_start(stage.loop, &timer, 1, cancel_when_taken);
    loop_run(stage.loop);
    ck_assert_int_eq(late.answer, STORE_UNKNOWN);
}
END_TEST

/* Its time may be over before it was sent, on a busy machine even three times: then it is refused. */
START_TEST(an_upload_that_is_never_answered_is_unknown)
{
    char url[128];
    struct store *store = stage.store;
    snprintf(url, sizeof url, "webhdfs://u@127.0.0.1:%u/ck", stage.first.port);
    struct store_conf conf = { .url = url, .write_timeout_ms = 300 };
    ck_assert(store_open(stage.loop, &conf, &stage.store, NULL));
    SERVE(first, { stage.away, 0, END }, { stage.away, 0, END }, { stage.away, 0, END });
    SERVE(second, { NULL, 0, TINY_HANG });
    enum store_answer said = create();
    tiny_stop(&stage.second);
    ck_assert(said == STORE_UNKNOWN || (said == STORE_REFUSED && stage.second.n_taken == 0));
    store->ops->close(store, closed, stage.loop);
    loop_run(stage.loop);
}
END_TEST

START_TEST(the_next_namenode_is_asked_when_nothing_was_done)
{
    static const char *const firsts[] = { NULL, STANDBY };
    if (firsts[_i])
        SERVE(first, { firsts[_i], 0, END });
    else
        tiny_stop(&stage.first);
    SERVE(second, { YES, 0, END }, { NO, 0, END });
    ck_assert_int_eq(ASK(rename, .target = "b/c"), STORE_YES);
    ck_assert_int_eq(ASK(rename, .target = "b/c"), STORE_NO); /* asked at once: it answered last */
    tiny_stop(&stage.second);
    ck_asked(second, 0, "PUT /webhdfs/v1/ck/a?user.name=u&op=RENAME&destination=/ck/b/c HTTP/1.1");
    ck_assert_uint_eq(stage.second.n_taken, 2);
}
END_TEST

START_TEST(when_no_namenode_helps_each_ones_words_are_told)
{
    tiny_stop(&stage.first);
    SERVE(second, { STANDBY, 0, END });
    ck_assert_int_eq(ASK(rename, .target = "b"), STORE_REFUSED);
    ck_assert_int_eq(stage.req.err.kind, ERR_RETRY);
    ck_assert_int_eq(stage.req.err.code, 302);
    ck_says("rename 'a': 127.0.0.1:");
    ck_says("Failed to connect to 127.0.0.1");
    ck_says("403 StandbyException: not supported in state standby");
}
END_TEST

START_TEST(a_change_without_an_answer_is_unknown_and_not_repeated)
{
    static const struct tiny_step steps[] = {
        { NULL, 0, TINY_CLOSE },
        { NULL, 0, TINY_RESET },
        { "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"boolean\": tr", 0, TINY_CLOSE },
        { "HTTP/1.1 200 OK\r\n\r\n{\"boolean\": tr", 0, TINY_CLOSE },
        { "HTTP/1.1 200 OK\r\n\r\n{\"boolean\": \"true\"}", 0, TINY_CLOSE },
        { "HTTP/1.1 200 OK\r\n\r\n{\"boolean\": true}", 0, TINY_ENDLESS },
    };
    SERVE(first, steps[_i]);
    ck_assert_int_eq(ASK(rename, .target = "b"), STORE_UNKNOWN);
    ck_assert_int_eq(stage.req.err.kind, ERR_UNKNOWN);
    tiny_stop(&stage.first);
    tiny_stop(&stage.second);
    ck_assert_uint_eq(stage.first.n_taken, 1);
    ck_assert_uint_eq(stage.second.n_taken, 0);
}
END_TEST

START_TEST(a_change_is_answered_by_nothing_that_came_before_it)
{
#define SAYS(word, n) "HTTP/1.1 200 OK\r\nContent-Length: " #n "\r\n\r\n{\"boolean\":" #word "}"
    SERVE(first, { SAYS(true, 16) SAYS(true, 16), 0, TINY_KEEP }, { NULL, 0, TINY_CLOSE },
          { SAYS(false, 17), 0, TINY_KEEP });
    ck_assert_int_eq(ASK(mkdirs), STORE_YES);
    ck_assert_int_eq(ASK(rename, .target = "b"), STORE_UNKNOWN);
    ck_assert_int_eq(ASK(rename, .target = "b"), STORE_NO);
}
END_TEST

START_TEST(safe_mode_is_named)
{
    SERVE(first, { REMOTE("SafeModeException",
                          "Cannot rename /ck/a. Name node is in safe mode.\\n\\tat x"),
                   0, END });
    ck_assert_int_eq(ASK(rename, .target = "b"), STORE_REFUSED);
    ck_assert_int_eq(stage.req.err.code, 310);
    ck_says("403 SafeModeException: Cannot rename /ck/a. Name node is in safe mode.");
}
END_TEST

START_TEST(touch_mkdirs_remove_and_lock)
{
    SERVE(first, { "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", 0, END },
          { REMOTE("FileNotFoundException", "File/Directory /ck/a does not exist."), 0, END },
          { YES, 0, END }, { NO, 0, END }, { YES, 0, END },
          { REMOTE("FileAlreadyExistsException", "Path is not a directory: /ck"), 0, END });
    ck_assert_int_eq(ASK(touch), STORE_YES);
    ck_assert_int_eq(ASK(touch), STORE_NO);
    ck_assert_int_eq(ASK(mkdirs), STORE_YES);
    ck_assert_int_eq(ASK(remove), STORE_NO);
    ck_assert_int_eq(ASK(lock), STORE_YES);
    ck_assert_int_eq(ASK(lock), STORE_REFUSED); /* nobody holds it: a no would be wrong */
    ck_says("a file is in the way");
    tiny_stop(&stage.first);
    ck_asked(first, 0, "PUT /webhdfs/v1/ck/a?user.name=u&op=SETTIMES&modificationtime=");
    ck_asked(first, 3, "DELETE /webhdfs/v1/ck/a?user.name=u&op=DELETE&recursive=true HTTP/1.1");
    ck_asked(first, 4, "PUT /webhdfs/v1/ck?user.name=u&op=MKDIRS&permission=750 HTTP/1.1");
}
END_TEST

#define FILE_STATUS(name) \
    "{\"pathSuffix\":\"" name "\",\"type\":\"FILE\",\"length\":1,\"modificationTime\":2}"
#define PAGE(name, left)                                                                     \
    "HTTP/1.1 200 "                                                                          \
    "OK\r\n\r\n{\"DirectoryListing\":{\"partialListing\":{\"FileStatuses\":{\"FileStatus\":" \
    "[" FILE_STATUS(name) "]}},\"remainingEntries\":" left "}}"

START_TEST(a_list_comes_in_pages)
{
    SERVE(first, { PAGE("a b", "2"), 0, END }, { PAGE("z", "1"), 0, END },
          { PAGE("c", "0"), 0, END });
    ck_assert_int_eq(ASK(list), STORE_YES);
    ck_assert_uint_eq(stage.req.n_entries, 3);
    ck_assert_str_eq(stage.req.entries[1].name, "c");
    tiny_stop(&stage.first);
    ck_asked(first, 0, "&op=LISTSTATUS_BATCH HTTP/1.1");
    ck_asked(first, 1, "&op=LISTSTATUS_BATCH&startAfter=a%20b HTTP/1.1");
}
END_TEST

START_TEST(a_list_of_an_old_release_comes_whole)
{
    SERVE(
        first,
        { REMOTE("IllegalArgumentException", "Invalid value for webhdfs parameter \\\"op\\\": No"),
          0, END },
        { "HTTP/1.1 200 OK\r\n\r\n{\"FileStatuses\":{\"FileStatus\":[" FILE_STATUS("x") "]}}", 0,
          END },
        { "HTTP/1.1 200 OK\r\n\r\n{\"FileStatuses\":{\"FileStatus\":[" FILE_STATUS("") "]}}", 0,
          END },
        { PAGE("x", "5"), 0, TINY_CLOSE });
    ck_assert_int_eq(ASK(list), STORE_YES);
    ck_assert_uint_eq(stage.req.n_entries, 1);
    ck_assert_int_eq(ASK(list), STORE_NO); /* a file lists as itself */
}
END_TEST

START_TEST(a_read_is_whole_or_nothing)
{
    static const struct {
        const char *answer;
        enum store_answer what;
    } rows[] = {
        { "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello", STORE_YES },
        { "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", STORE_YES },
        { "HTTP/1.1 200 OK\r\n\r\nhello", STORE_REFUSED }, /* who can say whether that was all? */
        { "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nhellos", STORE_REFUSED }, /* too long */
        { "HTTP/1.1 404 Not "
          "Found\r\n\r\n{\"RemoteException\":{\"exception\":\"FileNotFoundException\"}}",
          STORE_NO },
    };
    SERVE(first, { GO, 0, END }, { rows[_i].answer, 0, END });
    ck_assert_int_eq(ASK(read, .length_max = 5), rows[_i].what);
    ck_assert_uint_eq(stage.req.data.len, _i ? 0 : 5);
    ck_assert_int_eq(stage.req.data.ptr != NULL, rows[_i].what == STORE_YES);
    ck_assert_int_eq(stage.req.err.kind, _i == 3 ? ERR_FATAL : _i == 2 ? ERR_RETRY : ERR_NONE);
}
END_TEST

START_TEST(a_read_that_is_cut_goes_to_another_datanode)
{
    SERVE(first, { GO, 0, END }, { "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell", 0, END },
          { GO, 0, END }, { "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello", 0, END });
    ck_assert_int_eq(ASK(read, .length_max = 5), STORE_YES);
    ck_assert(stage.req.data.len == 5 && memcmp(stage.req.data.ptr, "hello", 5) == 0);
    tiny_stop(&stage.first);
    ck_asked(first, 2, "op=OPEN&noredirect=true&excludedatanodes=127.0.0.1 HTTP/1.1");
}
END_TEST

START_TEST(who_we_are_is_never_guessed)
{
    struct store_conf conf = { .url = "webhdfs://h/a" };
    struct store *store;
    struct err err;
    ck_assert(!store_open(stage.loop, &conf, &store, &err));
    ck_assert_int_eq(err.kind, ERR_BAD_CONFIG);
    ck_assert_int_eq(err.code, 305);
    conf.user = "not a user";
    ck_assert(!store_open(stage.loop, &conf, &store, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "'not a user' is not a user's name"));
}
END_TEST

Suite *store_webhdfs_suite(void)
{
    Suite *suite = suite_create("store_webhdfs");
    TCase *tcase = tcase_create("store_webhdfs");
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(tcase, stage_open, stage_close);
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, a_create_goes_in_two_steps);
    tcase_add_loop_test(tcase, an_old_release_is_asked_for_the_length, 0, 3);
    tcase_add_loop_test(tcase, an_upload_without_an_answer_is_unknown, 0, 7);
    tcase_add_loop_test(tcase, an_address_that_is_not_a_datanode_is_not_followed, 0, 6);
    tcase_add_test(tcase, a_datanode_that_is_not_there_is_left_out);
    tcase_add_test(tcase, when_none_is_left_none_is_left_out);
    tcase_add_test(tcase, no_datanode_at_all_is_told);
    tcase_add_test(tcase, a_second_try_avoids_the_first_ones_datanode);
    tcase_add_test(tcase, a_create_that_nobody_waits_for_ends_soon);
    tcase_add_test(tcase, an_upload_that_is_never_answered_is_unknown);
    tcase_add_loop_test(tcase, the_next_namenode_is_asked_when_nothing_was_done, 0, 2);
    tcase_add_test(tcase, when_no_namenode_helps_each_ones_words_are_told);
    tcase_add_loop_test(tcase, a_change_without_an_answer_is_unknown_and_not_repeated, 0, 6);
    tcase_add_test(tcase, a_change_is_answered_by_nothing_that_came_before_it);
    tcase_add_test(tcase, safe_mode_is_named);
    tcase_add_test(tcase, touch_mkdirs_remove_and_lock);
    tcase_add_test(tcase, a_list_comes_in_pages);
    tcase_add_test(tcase, a_list_of_an_old_release_comes_whole);
    tcase_add_loop_test(tcase, a_read_is_whole_or_nothing, 0, 5);
    tcase_add_test(tcase, a_read_that_is_cut_goes_to_another_datanode);
    tcase_add_test(tcase, who_we_are_is_never_guessed);
    return suite;
}
