#include "io/store_webhdfs.h"

#include "webhdfs_stage.h"

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

/* A release without pages sends all of a folder at once, some 360 bytes a file. */
START_TEST(a_long_list_of_an_old_release_comes_whole)
{
    enum { FILES = 13000 };
    struct buf answer = { 0 };
    buf_puts(&answer, "HTTP/1.1 200 OK\r\n\r\n{\"FileStatuses\":{\"FileStatus\":[");
    for (unsigned i = 0; i < FILES; i++)
        buf_printf(&answer,
                   "%s{\"pathSuffix\":\"%u\",\"type\":\"FILE\",\"length\":1,"
                   "\"modificationTime\":2,\"owner\":\"%0290u\"}",
                   i ? "," : "", 100000 + i, i);
    buf_puts(&answer, "]}}");
    ck_assert_uint_gt(answer.len, 4u << 20);
    SERVE(first,
          { REMOTE("IllegalArgumentException", "Invalid value for webhdfs parameter \\\"op\\\""), 0,
            END },
          { buf_text(&answer), 0, END });
    ck_assert_msg(ASK(list) == STORE_YES, "%s", stage.req.err.text);
    ck_assert_uint_eq(stage.req.n_entries, FILES);
    tiny_stop(&stage.first);
    buf_free(&answer);
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
    tcase_add_test(tcase, safe_mode_is_named);
    tcase_add_test(tcase, touch_mkdirs_remove_and_lock);
    tcase_add_test(tcase, a_list_comes_in_pages);
    tcase_add_test(tcase, a_list_of_an_old_release_comes_whole);
    tcase_add_test(tcase, a_long_list_of_an_old_release_comes_whole);
    tcase_add_loop_test(tcase, a_read_is_whole_or_nothing, 0, 5);
    tcase_add_test(tcase, a_read_that_is_cut_goes_to_another_datanode);
    tcase_add_test(tcase, who_we_are_is_never_guessed);
    return suite;
}
