#include "webhdfs_stage.h"

static struct store_req late; /* a first try */

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

static unsigned cancel_at; /* requests taken when nobody waits for the first try any more */

static void cancel_when_taken(struct loop_timer *timer)
{
    if (stage.first.n_taken + stage.second.n_taken < cancel_at)
        loop_timer_start(stage.loop, timer, 1, cancel_when_taken);
    else
        stage.store->ops->cancel(stage.store, &late);
}

/* Where it is then. */
static const struct {
    unsigned requests;
    struct tiny_step first, second;
} givens_up[] = {
    { 1, { NULL, 0, TINY_HANG }, { NULL, 0, TINY_HANG } },        /* at a NameNode that is frozen */
    { 2, { stage.away, 0, TINY_CLOSE }, { NULL, 0, TINY_HANG } }, /* uploading */
};

START_TEST(a_create_that_nobody_waits_for_ends_soon)
{
    struct loop_timer timer = { .cb = NULL };
    struct slice piece = { "x", 1 };
    late = (struct store_req){ .path = "a", .cb = answered, .pieces = &piece, .n_pieces = 1 };
    cancel_at = givens_up[_i].requests;
    SERVE(first, givens_up[_i].first);
    SERVE(second, givens_up[_i].second);
    stage.left = 1;
    stage.store->ops->create(stage.store, &late);
    loop_timer_start(stage.loop, &timer, 1, cancel_when_taken);
    loop_run(stage.loop);
    ck_assert_int_eq(late.answer, STORE_UNKNOWN);
    tiny_stop(&stage.first);
    tiny_stop(&stage.second);
    ck_assert_uint_eq(stage.first.n_taken + stage.second.n_taken, givens_up[_i].requests);
}
END_TEST

/* Nobody is taken in any more: whoever comes connects for ever. */
static void fill(const struct tiny *tiny, int fds[3])
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    at.sin_port = htons((uint16_t)tiny->port);
    ck_assert_int_eq(listen(tiny->listener, 0), 0);
    for (int i = 0; i < 3; i++) {
        fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        (void)!connect(fds[i], (struct sockaddr *)&at, sizeof at);
    }
}

/* Its DataNode takes no connection; it must not go elsewhere. */
START_TEST(a_create_that_still_connects_is_given_up_too)
{
    struct loop_timer timer = { .cb = NULL };
    struct slice piece = { "x", 1 };
    struct tiny full;
    char go[sizeof stage.away];
    int fds[3];
    tiny_open(&full);
    fill(&full, fds);
    snprintf(go, sizeof go, GO_TO("http://127.0.0.1:%u/webhdfs/v1/ck/a"), full.port);
    late = (struct store_req){ .path = "a", .cb = answered, .pieces = &piece, .n_pieces = 1 };
    cancel_at = 1;
    SERVE(first, { go, 0, END }, { GO_TO(NODE), 0, END }, { CREATED, 0, END });
    stage.left = 1;
    stage.store->ops->create(stage.store, &late);
    loop_timer_start(stage.loop, &timer, 1, cancel_when_taken);
    loop_run(stage.loop);
    ck_assert_int_eq(late.answer, STORE_UNKNOWN);
    tiny_stop(&stage.first);
    ck_assert_uint_eq(stage.first.n_taken, 1);
    for (int i = 0; i < 3; i++)
        close(fds[i]);
    tiny_stop(&full);
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
    SERVE(second, { STANDBY, 0, END });
    ck_assert_int_eq(ASK(mkdirs), STORE_YES);
    ck_assert_int_eq(ASK(rename, .target = "b"), STORE_UNKNOWN);
    ck_assert_int_eq(ASK(rename, .target = "b"), STORE_NO);
}
END_TEST

/* One that is frozen takes requests and answers none: were nothing but changes to be asked, it would
 * be asked for ever. Those that went to it together lead away from it once. */
START_TEST(a_namenode_that_does_not_answer_is_not_the_first_one_asked)
{
    struct store_req reqs[2];
    SERVE(first, { NULL, 0, END }, { NULL, 0, END }, { NULL, 0, END });
    SERVE(second, { YES, 0, END });
    stage.left = (unsigned)_i + 1;
    for (int i = 0; i <= _i; i++) {
        reqs[i] = (struct store_req){ .path = "a", .target = "b", .cb = answered };
        stage.store->ops->rename(stage.store, &reqs[i]);
    }
    loop_run(stage.loop);
    for (int i = 0; i <= _i; i++)
        ck_assert_int_eq(reqs[i].answer, STORE_UNKNOWN); /* and not sent again by the store */
    ck_assert_int_eq(ASK(rename, .target = "b"), STORE_YES);
    tiny_stop(&stage.first);
    ck_assert_uint_eq(stage.first.n_taken, (unsigned)_i + 1);
}
END_TEST

Suite *store_webhdfs_call_suite(void)
{
    Suite *suite = suite_create("store_webhdfs_call");
    TCase *tcase = tcase_create("store_webhdfs_call");
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(tcase, stage_open, stage_close);
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, an_old_release_is_asked_for_the_length, 0, 3);
    tcase_add_loop_test(tcase, an_upload_without_an_answer_is_unknown, 0, 7);
    tcase_add_loop_test(tcase, an_address_that_is_not_a_datanode_is_not_followed, 0, 6);
    tcase_add_test(tcase, a_datanode_that_is_not_there_is_left_out);
    tcase_add_test(tcase, when_none_is_left_none_is_left_out);
    tcase_add_test(tcase, no_datanode_at_all_is_told);
    tcase_add_test(tcase, a_second_try_avoids_the_first_ones_datanode);
    tcase_add_loop_test(tcase, a_create_that_nobody_waits_for_ends_soon, 0, 2);
    tcase_add_test(tcase, a_create_that_still_connects_is_given_up_too);
    tcase_add_test(tcase, an_upload_that_is_never_answered_is_unknown);
    tcase_add_loop_test(tcase, the_next_namenode_is_asked_when_nothing_was_done, 0, 2);
    tcase_add_test(tcase, when_no_namenode_helps_each_ones_words_are_told);
    tcase_add_loop_test(tcase, a_change_without_an_answer_is_unknown_and_not_repeated, 0, 6);
    tcase_add_test(tcase, a_change_is_answered_by_nothing_that_came_before_it);
    tcase_add_loop_test(tcase, a_namenode_that_does_not_answer_is_not_the_first_one_asked, 0, 2);
    return suite;
}
