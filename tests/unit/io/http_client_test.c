#include "io/http_client.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/list.h"
#include "base/mem.h"
#include "fault.h"
#include "io/loop.h"
#include "io/world.h"
#include "tiny_server.h"

#define OK(body) "HTTP/1.1 200 OK\r\nContent-Length: " #body "\r\n\r\n"

static struct stage {
    struct world *world;
    struct loop *loop;
    struct http *http;
    struct tiny server;
    struct http_req req;
    char url[64];
    unsigned left;
    bool inside; /* http_start() is on the stack */
} stage;

static void stage_open(void)
{
    memset(&stage, 0, sizeof stage);
    stage.world = world_new();
    stage.loop = loop_new(stage.world);
    stage.http = http_new(stage.loop, 60000);
    tiny_open(&stage.server);
    snprintf(stage.url, sizeof stage.url, "http://127.0.0.1:%u/a?b=c", stage.server.port);
}

static void closed(void *ctx)
{
    loop_stop(ctx);
}

static void stage_close(void)
{
    if (stage.http) {
        http_close(stage.http, closed, stage.loop);
        loop_run(stage.loop);
    }
    tiny_stop(&stage.server);
    http_req_free(&stage.req);
    loop_free(stage.loop);
    world_free(stage.world);
}

static void answered(struct http_req *req)
{
    ck_assert(!stage.inside);
    ck_assert_str_eq(http_peer(req), "127.0.0.1");
    if (--stage.left == 0)
        loop_stop(stage.loop);
}

static const struct http_req *ask(struct http_req req)
{
    http_req_free(&stage.req);
    stage.req = req;
    stage.req.url = stage.url;
    stage.req.cb = answered;
    if (!req.timeout_ms)
        stage.req.timeout_ms = 60000;
    stage.left = stage.inside = 1;
    http_start(stage.http, &stage.req);
    stage.inside = 0;
    loop_run(stage.loop);
    return &stage.req;
}
#define ASK(...) ask((struct http_req){ __VA_ARGS__ })
#define SERVE(...)                                                 \
    tiny_start(&stage.server, (struct tiny_step[]){ __VA_ARGS__ }, \
               sizeof((struct tiny_step[]){ __VA_ARGS__ }) / sizeof(struct tiny_step))

START_TEST(an_answer_comes_whole)
{
    SERVE({ .answer = "HTTP/1.1 307 Go\r\nLocation: http://dn:1/x?a=%252C\r\nContent-Length: "
                      "5\r\n\r\nthere" });
    const struct http_req *req = ASK(.method = HTTP_PUT);
    ck_assert_int_eq(req->outcome, HTTP_ANSWERED);
    ck_assert_uint_eq(req->status, 307);
    ck_assert_str_eq(req->location, "http://dn:1/x?a=%252C");
    ck_assert_int_eq(req->length, 5);
    ck_assert(req->body.len == 5 && memcmp(req->body.ptr, "there", 5) == 0);
    tiny_stop(&stage.server);
    const char *head = stage.server.heads[0];
    ck_assert_ptr_eq(strstr(head, "PUT /a?b=c HTTP/1.1\r\n"), head);
    ck_assert_ptr_nonnull(strstr(head, "\r\nContent-Length: 0\r\n"));
}
END_TEST

START_TEST(a_body_goes_out_in_order_with_its_length)
{
    uint8_t *bytes = mem_zalloc(3000000);
    struct slice pieces[] = { { "a", 1 }, { bytes, 0 }, { bytes, 3000000 }, { "z", 1 } };
    SERVE({ .answer =
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n" });
    const struct http_req *req =
        ASK(.method = HTTP_PUT, .pieces = pieces, .n_pieces = 4, .alone = true);
    ck_assert_int_eq(req->outcome, HTTP_ANSWERED);
    ck_assert_uint_eq(req->status, 201);
    ck_assert_ptr_null(req->location);
    ck_assert_uint_eq(stage.server.bodies[0], 3000002);
    ck_assert_ptr_nonnull(strstr(stage.server.heads[0], "application/octet-stream"));
    ck_assert_ptr_null(strstr(stage.server.heads[0], "Expect")); /* it would cost a second */
    mem_free(bytes);
}
END_TEST

START_TEST(a_connection_serves_many_requests)
{
    SERVE({ .answer = OK(1) "1" }, { .answer = OK(1) "2" }, { .answer = OK(1) "3" });
    for (unsigned i = 0; i < 3; i++) { /* the server would not accept another connection */
        ck_assert_int_eq(ASK(.method = HTTP_GET, .answer_max = 1)->outcome, HTTP_ANSWERED);
        ck_assert_int_eq(stage.req.body.ptr[0], '1' + (int)i);
    }
}
END_TEST

START_TEST(nobody_there_means_unsent)
{
    tiny_stop(&stage.server);
    ck_assert_int_eq(ASK(.method = HTTP_PUT, .alone = true)->outcome, HTTP_UNSENT);
    ck_assert_int_eq(stage.req.err.kind, ERR_RETRY);
    ck_assert_int_eq(stage.req.err.code, 302);
    ck_assert_ptr_nonnull(strstr(stage.req.err.text, "Failed to connect to 127.0.0.1"));
}
END_TEST

/* Its time was over, on a busy machine perhaps before it was sent. */
static bool is_lost(void)
{
    bool unsent = stage.req.outcome == HTTP_UNSENT;
    tiny_stop(&stage.server);
    ck_assert(unsent ? stage.server.n_taken == 0 : stage.req.outcome == HTTP_LOST);
    ck_assert_int_eq(stage.req.err.kind, unsent ? ERR_RETRY : ERR_UNKNOWN);
    return !unsent;
}

START_TEST(silence_means_lost)
{
    SERVE({ NULL, 0, TINY_HANG });
    ASK(.method = HTTP_GET, .timeout_ms = 100);
    is_lost();
}
END_TEST

START_TEST(silence_behind_the_first_bytes_means_lost)
{
    SERVE({ "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789", .then = TINY_HANG });
    ASK(.method = HTTP_GET, .answer_max = 100, .silence_ms = 100);
    ck_assert_msg(!is_lost() || strstr(stage.req.err.text, "too slow"), "%s", stage.req.err.text);
}
END_TEST

START_TEST(an_answer_that_is_cut_is_lost)
{
    static const struct tiny_step steps[] = {
        { "HTTP/1.1 200 OK\r\nContent-Len", 0, TINY_CLOSE },
        { "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", 0, TINY_RESET },
        { OK(10) "123456789", 0, TINY_CLOSE },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n", 0, TINY_CLOSE },
        { "HTTP/1.1 100 Continue\r\n\r\n", 0, TINY_CLOSE },
        { NULL, 0, TINY_RESET },
    };
    tiny_start(&stage.server, &steps[_i], 1);
    ck_assert_int_eq(ASK(.method = HTTP_GET, .answer_max = 100, .alone = true)->outcome, HTTP_LOST);
    ck_assert_uint_eq(stage.req.body.len, 0);
}
END_TEST

START_TEST(what_is_too_long_is_left_unread)
{
    static const struct tiny_step steps[] = {
        { OK(101), 0, TINY_ENDLESS },
        { OK(99999999999), 0, TINY_ENDLESS },
        { "HTTP/1.1 200 OK\r\n\r\n", 0, TINY_ENDLESS },
    };
    tiny_start(&stage.server, &steps[_i], 1);
    ck_assert_int_eq(ASK(.method = HTTP_GET, .answer_max = 100)->outcome, HTTP_TOO_LONG);
    ck_assert_uint_eq(stage.req.body.len, 0);
}
END_TEST

START_TEST(exactly_the_most_is_read)
{
    SERVE({ .answer = OK(10) "1234567890" });
    ck_assert_int_eq(ASK(.method = HTTP_GET, .answer_max = 10)->outcome, HTTP_ANSWERED);
    ck_assert_uint_eq(stage.req.body.len, 10);
}
END_TEST

START_TEST(headers_have_a_limit)
{
    char *answer = mem_zalloc(20000), *at = stpcpy(answer, "HTTP/1.1 200 OK\r\n");
    for (unsigned i = 0; i < 200; i++)
        at = stpcpy(at,
                    "X: 0123456789012345678901234567890123456789012345678901234567890123456789"
                    "01234567890\r\n");
    strcpy(at, "Content-Length: 0\r\n\r\n");
    SERVE({ answer, 0, TINY_CLOSE });
    ck_assert_int_eq(ASK(.method = HTTP_GET)->outcome, HTTP_LOST);
    tiny_stop(&stage.server);
    mem_free(answer);
}
END_TEST

/* A name in front of a value of so many bytes. */
static char *with_header(const char *name, size_t n)
{
    char *answer = mem_zalloc(n + 200), *at = stpcpy(answer, "HTTP/1.1 200 OK\r\n");
    at = stpcpy(stpcpy(at, name), ": ");
    memset(at, 'a', n);
    strcpy(at + n, "\r\nContent-Length: 0\r\n\r\n");
    return answer;
}

START_TEST(headers_end_where_their_limit_does)
{
    char *answer = with_header("X", 0);
    size_t most = HTTP_HEADERS_MAX - strlen(answer);
    mem_free(answer);
    for (size_t more = 0; more < 2; more++) {
        answer = with_header("X", most + more);
        SERVE({ answer, 0, TINY_CLOSE });
        ASK(.method = HTTP_GET);
        ck_assert_int_eq(stage.req.outcome, more ? HTTP_LOST : HTTP_ANSWERED);
        tiny_stop(&stage.server);
        mem_free(answer);
        tiny_open(&stage.server);
        snprintf(stage.url, sizeof stage.url, "http://127.0.0.1:%u/a?b=c", stage.server.port);
    }
}
END_TEST

START_TEST(a_location_that_is_too_long_is_none)
{
    char *fits = with_header("Location", HTTP_LOCATION_MAX),
         *longer = with_header("Location", HTTP_LOCATION_MAX + 1);
    SERVE({ .answer = fits }, { .answer = longer });
    ck_assert_int_eq(ASK(.method = HTTP_GET)->outcome, HTTP_ANSWERED);
    ck_assert_uint_eq(strlen(stage.req.location), HTTP_LOCATION_MAX);
    ck_assert_int_eq(ASK(.method = HTTP_GET)->outcome, HTTP_ANSWERED);
    ck_assert_ptr_null(stage.req.location);
    tiny_stop(&stage.server);
    mem_free(fits);
    mem_free(longer);
}
END_TEST

START_TEST(a_refusal_while_sending_is_read)
{
    uint8_t *bytes = mem_zalloc(8 << 20);
    struct slice piece = { bytes, 8 << 20 };
    struct tiny_step step = {
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nno!!",
        (8 << 20) - 1000, TINY_CLOSE
    }; /* closing on unread bytes resets the connection */
    struct tiny_step steps[20];
    for (unsigned i = 0; i < 20; i++)
        steps[i] = step;
    tiny_start(&stage.server, steps, 20);
    for (unsigned i = 0; i < 20; i++) {
        ASK(.method = HTTP_PUT, .pieces = &piece, .n_pieces = 1, .alone = true);
        ck_assert_msg(stage.req.outcome == HTTP_ANSWERED, "%u: %s", i, stage.req.err.text);
        ck_assert_uint_eq(stage.req.status, 403);
        ck_assert(stage.req.body.len == 4 && memcmp(stage.req.body.ptr, "no!!", 4) == 0);
    }
    mem_free(bytes);
}
END_TEST

START_TEST(a_long_refusal_is_cut)
{
    SERVE({ "HTTP/1.1 500 Oh\r\n\r\n{", 0, TINY_ENDLESS });
    ck_assert_int_eq(ASK(.method = HTTP_GET, .answer_max = 10)->outcome, HTTP_ANSWERED);
    ck_assert_uint_eq(stage.req.status, 500);
    ck_assert_uint_eq(stage.req.body.len, HTTP_REFUSAL_MAX);
}
END_TEST

START_TEST(a_kept_connection_that_died_is_replaced)
{
    SERVE({ .answer = OK(0) }, { NULL, 0, TINY_CLOSE }, { .answer = OK(0) });
    ASK(.method = HTTP_PUT);
    ASK(.method = HTTP_PUT);
    ck_assert_int_eq(stage.req.outcome, HTTP_ANSWERED);
    tiny_stop(&stage.server);
    ck_assert_uint_eq(stage.server.n_taken, 3);
}
END_TEST

START_TEST(what_lies_on_a_kept_connection_answers_none_that_is_alone)
{
    SERVE({ OK(1) "a" OK(1) "b", 0, TINY_KEEP }, { OK(1) "c", 0, TINY_CLOSE });
    ASK(.method = HTTP_PUT, .answer_max = 100, .alone = true);
    ASK(.method = HTTP_PUT, .answer_max = 100, .alone = true);
    ck_assert_int_eq(stage.req.outcome, HTTP_ANSWERED);
    ck_assert_mem_eq(stage.req.body.ptr, "c", 1);
}
END_TEST

START_TEST(a_length_that_is_no_number_is_no_length)
{
    static const char *const lengths[] = {
        "0x3", "-1", "3 3", "+3", "", "3\r\nContent-Length: 2", "99999999999999999999"
    };
    char answer[200];
    snprintf(answer, sizeof answer, "HTTP/1.1 200 OK\r\nContent-Length: %s\r\n\r\nabc",
             lengths[_i]);
    SERVE({ answer, 0, TINY_CLOSE });
    ck_assert_int_eq(ASK(.method = HTTP_GET, .answer_max = 100)->outcome, HTTP_LOST);
    ck_assert_ptr_nonnull(strcasestr(stage.req.err.text, "length"));
}
END_TEST

START_TEST(a_length_may_be_said_twice)
{
    SERVE(
        { "HTTP/1.1 100 Continue\r\nContent-Length: 9\r\n\r\n"
          "HTTP/1.1 200 OK\r\ncontent-length:\t3 \r\nContent-Length: 3\r\n\r\nabc",
          0, TINY_CLOSE });
    ck_assert_int_eq(ASK(.method = HTTP_GET, .answer_max = 100)->outcome, HTTP_ANSWERED);
    ck_assert_int_eq(stage.req.length, 3);
}
END_TEST

START_TEST(a_body_that_is_sent_again_is_sent_whole)
{
    static const struct slice pieces[] = { { "some ", 5 }, { "bytes", 5 } };
    SERVE({ .answer = OK(0) }, { NULL, 0, TINY_CLOSE }, { .answer = OK(0) });
    ASK(.method = HTTP_PUT);
    ASK(.method = HTTP_PUT, .pieces = pieces, .n_pieces = 2); /* the kept connection dies */
    ck_assert_int_eq(stage.req.outcome, HTTP_ANSWERED);
    tiny_stop(&stage.server);
    ck_assert_uint_eq(stage.server.n_taken, 3);
    ck_assert_uint_eq(stage.server.bodies[1], 10);
    ck_assert_uint_eq(stage.server.bodies[2], 10);
}
END_TEST

static void answered_somehow(struct http_req *req)
{
    (void)req;
    loop_stop(stage.loop);
}

START_TEST(without_a_socket_nothing_is_sent)
{
    stage.req = (struct http_req){ .url = stage.url, .timeout_ms = 60000, .cb = answered_somehow };
    fault_from("socket", 1, EMFILE);
    http_start(stage.http, &stage.req);
    loop_run(stage.loop);
    ck_assert_ptr_nonnull(fault_end());
    ck_assert_int_eq(stage.req.outcome, HTTP_UNSENT);
    ck_assert_int_eq(stage.req.err.kind, ERR_RETRY);
}
END_TEST

START_TEST(a_peer_is_known_while_a_request_speaks_to_it)
{
    struct http_req req = { .timeout_ms = 1 };
    ck_assert_str_eq(http_peer(&req), ""); /* nothing is under way */
    http_cancel(&req);
    SERVE({ .answer = OK(0) }, { .answer = OK(0) });
    fault("getnameinfo", 1, 1);
    ASK(.method = HTTP_GET); /* answered() looks: libcurl knows it, too */
    ck_assert_ptr_nonnull(fault_end());
    ASK(.method = HTTP_GET); /* and that of a connection that was kept */
    ck_assert_int_eq(stage.req.outcome, HTTP_ANSWERED);
}
END_TEST

static void cancel(struct loop_timer *timer) /* once the request is there */
{
    if (stage.server.n_taken == 0)
        loop_timer_start(stage.loop, timer, 1, cancel);
    else
        http_cancel(&stage.req);
}

START_TEST(a_request_that_is_cancelled_ends_soon)
{
    struct loop_timer timer = { 0 };
    SERVE({ NULL, 0, TINY_HANG });
    loop_timer_start(stage.loop, &timer, 1, cancel);
    ASK(.method = HTTP_GET, .alone = _i, .timeout_ms = 3600000);
    ck_assert(is_lost());
}
END_TEST

static void close_it(struct http_req *req)
{
    ck_assert_int_eq(req->outcome, HTTP_ANSWERED);
    http_close(stage.http, closed, stage.loop);
    stage.http = NULL;
}

START_TEST(a_callback_may_close)
{
    SERVE({ .answer = OK(0) });
    stage.req = (struct http_req){ .url = stage.url, .timeout_ms = 60000, .cb = close_it };
    http_start(stage.http, &stage.req);
    loop_run(stage.loop);
    ck_assert_ptr_null(stage.http);
}
END_TEST

START_TEST(close_waits_for_the_answers)
{
    SERVE({ OK(0), 0, TINY_CLOSE });
    stage.left = 2;
    stage.req = (struct http_req){ .url = stage.url, .timeout_ms = 60000, .cb = answered };
    http_start(stage.http, &stage.req);
    http_close(stage.http, closed, stage.loop);
    stage.http = NULL;
    loop_run(stage.loop);
    ck_assert_uint_eq(stage.left, 1);
    ck_assert_int_eq(stage.req.outcome, HTTP_ANSWERED);
}
END_TEST

START_TEST(last_words)
{
    static const struct {
        const char *bytes;
        unsigned status; /* 0: none */
        const char *body;
    } rows[] = {
        { "", 0, "" },
        { "HTTP/1.1 403 Forbidden\r\nA: b\r\n\r\n{\"x\"", 403, "{\"x\"" },
        { "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\n\r\n", 201, "" },
        { "HTTP/1.1 100 Continue\r\n\r\n", 0, "" },
        { "HTTP/1.1 403 Forbidden\r\nA: b\r\n", 0, "" },
        { "HTTP/1.1 40", 0, "" },
        { "HTTP/1.1 abc\r\n\r\n", 0, "" },
        { "more of a body HTTP/1.1 201 Created\r\n\r\n", 0, "" },
        { "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 2\r\n\r\nab", 200, "ab" },
        { "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nA: b\r\n\r\na", 0, "" },
        { "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabHTTP/1.1 201", 200, "ab" },
        { "HTTP/1.1 200 OK\r\nContent-Length: 0x2\r\n\r\nab", 0, "" },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", 0, "" },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 0, "" },
        { "HTTP/1.1 200 OK\r\n\r\nhalf of", 0, "" },
        { "HTTP/1.1 500 Oh\r\nContent-Length: 9\r\n\r\nab", 500, "ab" },
    };
    struct slice body;
    unsigned status = 0;
    struct slice bytes = { rows[_i].bytes, strlen(rows[_i].bytes) };
    ck_assert_int_eq(http_last_words(bytes, &status, &body), rows[_i].status != 0);
    ck_assert_uint_eq(status, rows[_i].status);
    if (status)
        ck_assert(body.len == strlen(rows[_i].body) &&
                  memcmp(body.ptr, rows[_i].body, body.len) == 0);
}
END_TEST

Suite *http_client_suite(void)
{
    Suite *suite = suite_create("http_client");
    TCase *tcase = tcase_create("http_client");
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(tcase, stage_open, stage_close);
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, an_answer_comes_whole);
    tcase_add_test(tcase, a_body_goes_out_in_order_with_its_length);
    tcase_add_test(tcase, a_connection_serves_many_requests);
    tcase_add_test(tcase, nobody_there_means_unsent);
    tcase_add_test(tcase, silence_means_lost);
    tcase_add_test(tcase, silence_behind_the_first_bytes_means_lost);
    tcase_add_loop_test(tcase, an_answer_that_is_cut_is_lost, 0, 6);
    tcase_add_loop_test(tcase, what_is_too_long_is_left_unread, 0, 3);
    tcase_add_test(tcase, exactly_the_most_is_read);
    tcase_add_test(tcase, headers_have_a_limit);
    tcase_add_test(tcase, headers_end_where_their_limit_does);
    tcase_add_test(tcase, a_location_that_is_too_long_is_none);
    tcase_add_test(tcase, a_refusal_while_sending_is_read);
    tcase_add_test(tcase, a_long_refusal_is_cut);
    tcase_add_test(tcase, a_kept_connection_that_died_is_replaced);
    tcase_add_test(tcase, what_lies_on_a_kept_connection_answers_none_that_is_alone);
    tcase_add_loop_test(tcase, a_length_that_is_no_number_is_no_length, 0, 7);
    tcase_add_test(tcase, a_length_may_be_said_twice);
    tcase_add_test(tcase, a_body_that_is_sent_again_is_sent_whole);
    tcase_add_test(tcase, without_a_socket_nothing_is_sent);
    tcase_add_test(tcase, a_peer_is_known_while_a_request_speaks_to_it);
    tcase_add_loop_test(tcase, a_request_that_is_cancelled_ends_soon, 0, 2);
    tcase_add_test(tcase, a_callback_may_close);
    tcase_add_test(tcase, close_waits_for_the_answers);
    tcase_add_loop_test(tcase, last_words, 0, 16);
    return suite;
}
