#include "io/control.h"

#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/list.h"
#include "fault.h"
#include "io/loop.h"
#include "io/world.h"

static struct stage {
    struct world *world;
    struct loop *loop;
    struct control *control;
    char folder[64], path[512];
    struct loop_post stop;
    void (*client)(void); /* runs on a thread of its own while the loop turns */
    struct err err;
    int held[2]; /* clients that stay */
} stage;

static void stage_open(void)
{
    memset(&stage, 0, sizeof stage);
    stage.world = world_new();
    stage.loop = loop_new(stage.world);
    strcpy(stage.folder, "/tmp/control-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(stage.folder));
    snprintf(stage.path, sizeof stage.path, "%s/control.sock", stage.folder);
}

static void stage_close(void)
{
    char command[100];
    control_free(stage.control);
    loop_free(stage.loop);
    world_free(stage.world);
    snprintf(command, sizeof command, "rm -r %s", stage.folder);
    ck_assert_int_eq(system(command), 0);
}

static void answer(void *ctx, const char *request, struct buf *out)
{
    ck_assert_ptr_eq(ctx, &stage);
    buf_printf(out, "0 done\n[%s]\n", request);
    for (unsigned i = 0; strcmp(request, "much") == 0 && i < 300000; i++)
        buf_puts(out, "1234567\n");
    if (strcmp(request, "most") == 0 || strcmp(request, "more") == 0)
        memset(buf_extend(out, CONTROL_ANSWER_MAX - out->len), 'x', CONTROL_ANSWER_MAX - 14);
    if (strcmp(request, "more") == 0)
        buf_put_u8(out, 'x');
}

static void stop(struct loop_post *post)
{
    (void)post;
    loop_stop(stage.loop);
}

static void *client_run(void *ctx)
{
    (void)ctx;
    stage.client();
    loop_post(stage.loop, &stage.stop);
    return NULL;
}

static void play(void (*client)(void))
{
    pthread_t thread;
    stage.control = control_new(stage.loop, stage.path, answer, &stage, &stage.err);
    ck_assert_msg(stage.control != NULL, "%s", stage.err.text);
    stage.stop.cb = stop;
    stage.client = client;
    ck_assert_int_eq(pthread_create(&thread, NULL, client_run, NULL), 0);
    loop_run(stage.loop);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
}

static void ask_thrice(void)
{
    for (unsigned i = 0; i < 3; i++) {
        struct buf got = { 0 };
        ck_assert(control_ask(stage.path, "status job=a", &got, NULL));
        ck_assert_str_eq(buf_text(&got), "0 done\n[status job=a]\n");
        buf_free(&got);
    }
}

START_TEST(a_question_is_answered)
{
    struct stat stat_;
    play(ask_thrice);
    ck_assert_int_eq(stat(stage.path, &stat_), 0);
    ck_assert_uint_eq(stat_.st_mode & 0777, 0660);
}
END_TEST

static void ask_much(void)
{
    struct buf got = { 0 };
    ck_assert(control_ask(stage.path, "much", &got, NULL));
    ck_assert_uint_eq(got.len, 14 + 300000 * 8);
    buf_free(&got);
}

START_TEST(a_long_answer_comes_whole)
{
    play(ask_much);
}
END_TEST

static void ask_most(void)
{
    struct buf got = { 0 };
    ck_assert(control_ask(stage.path, "most", &got, NULL));
    ck_assert_uint_eq(got.len, CONTROL_ANSWER_MAX);
    buf_clear(&got);
    ck_assert(!control_ask(stage.path, "more", &got, &stage.err));
    ck_assert_str_eq(stage.err.text, "the answer has no end");
    buf_free(&got);
}

START_TEST(an_answer_has_a_limit)
{
    play(ask_most);
}
END_TEST

START_TEST(a_path_longer_than_an_address_will_do)
{
    char name[200];
    memset(name, 'd', sizeof name);
    name[sizeof name - 1] = '\0';
    snprintf(stage.path, sizeof stage.path, "%s/%s", stage.folder, name);
    ck_assert_int_eq(mkdir(stage.path, 0700), 0);
    strcat(stage.path, "/control.sock");
    play(ask_thrice);
}
END_TEST

static void knock_badly(void)
{
    struct buf got = { 0 };
    char junk[CONTROL_REQUEST_MAX + 1];
    memset(junk, 'x', sizeof junk);
    for (unsigned i = 0; i < 3 * CONTROL_CLIENTS_MAX; i++) {
        int fd = control_socket(stage.path, false, NULL);
        ck_assert_int_ge(fd, 0);
        if (i % 3 == 0) /* a line without an end: dropped */
            ck_assert(write(fd, junk, sizeof junk) != 0 && read(fd, junk, 1) <= 0);
        if (i % 3 == 1) /* gone without a word */
            ck_assert_int_eq(write(fd, "sta", 3), 3);
        close(fd);
    }
    ck_assert(control_ask(stage.path, "status", &got, NULL));
    buf_free(&got);
}

START_TEST(bad_clients_take_no_place_for_long)
{
    play(knock_badly);
}
END_TEST

static void wait_in_line(void)
{
    int fds[CONTROL_CLIENTS_MAX + 2];
    struct buf got = { 0 };
    for (unsigned i = 0; i < CONTROL_CLIENTS_MAX + 2; i++)
        fds[i] = control_socket(stage.path, false, NULL);
    for (unsigned i = 0; i < CONTROL_CLIENTS_MAX; i++)
        close(fds[i]); /* each gives its place to the next one */
    ck_assert(control_ask(stage.path, "status", &got, NULL));
    close(fds[CONTROL_CLIENTS_MAX]);
    close(fds[CONTROL_CLIENTS_MAX + 1]);
    buf_free(&got);
}

START_TEST(clients_beyond_the_limit_wait_for_a_place)
{
    play(wait_in_line);
}
END_TEST

START_TEST(a_socket_that_a_killed_daemon_left_is_replaced)
{
    int fd = control_socket(stage.path, true, NULL);
    ck_assert_int_ge(fd, 0);
    close(fd);
    ck_assert_int_eq(access(stage.path, F_OK), 0);
    play(ask_thrice);
}
END_TEST

START_TEST(what_is_no_socket_is_left_alone)
{
    fclose(fopen(stage.path, "w"));
    ck_assert_ptr_null(control_new(stage.loop, stage.path, answer, &stage, &stage.err));
    ck_assert_ptr_nonnull(strstr(stage.err.text, "a file in the place of the socket"));
    ck_assert_int_eq(access(stage.path, F_OK), 0);
}
END_TEST

START_TEST(a_daemon_that_answers_is_not_pushed_aside)
{
    int fd = control_socket(stage.path, true, NULL);
    ck_assert_ptr_null(control_new(stage.loop, stage.path, answer, &stage, &stage.err));
    ck_assert_int_eq(stage.err.kind, ERR_RETRY);
    ck_assert_ptr_nonnull(strstr(stage.err.text, "another daemon answers here"));
    close(fd);
}
END_TEST

START_TEST(without_a_daemon_the_question_fails)
{
    struct buf got = { 0 };
    ck_assert(!control_ask(stage.path, "status", &got, &stage.err));
    ck_assert_int_eq(stage.err.kind, ERR_RETRY);
    ck_assert_ptr_nonnull(strstr(stage.err.text, "control.sock: No such file or directory"));
}
END_TEST

/* ---- what the system refuses */

static void hold_long_answers(void)
{
    int fd = control_socket(stage.path, false, NULL);
    char first[14];
    ck_assert_int_eq(write(fd, "much\n", 5), 5);
    ck_assert_int_eq(recv(fd, first, sizeof first, MSG_WAITALL), sizeof first);
    stage.held[0] = fd; /* the rest of the answer is under way, */
    stage.held[1] = control_socket(stage.path, false, NULL);
    ck_assert_int_eq(write(stage.held[1], "stat", 4), 4); /* and this one asks */
}

START_TEST(clients_under_way_are_dropped_with_the_socket)
{
    static char bytes[65536];
    play(hold_long_answers);
    control_free(stage.control);
    stage.control = NULL;
    ck_assert_int_ne(access(stage.path, F_OK), 0);
    loop_free(stage.loop); /* turns until all is closed */
    stage.loop = NULL;
    while (recv(stage.held[0], bytes, sizeof bytes, 0) > 0)
        continue; /* what was written; then the end */
    ck_assert_int_le(recv(stage.held[1], bytes, 1, 0), 0);
    close(stage.held[0]);
    close(stage.held[1]);
}
END_TEST

static const char *failing; /* the call of the daemon that fails */

static void ask_in_vain(void)
{
    struct buf got = { 0 };
    fault(failing, 1, EIO);
    control_ask(stage.path, "status", &got, NULL);
    ck_assert_str_eq(fault_end(), failing);
    ck_assert_uint_eq(got.len, 0);
    ck_assert(control_ask(stage.path, "status", &got, NULL)); /* the next one is none the worse */
    ck_assert_str_eq(buf_text(&got), "0 done\n[status]\n");
    buf_free(&got);
}

START_TEST(a_client_that_cannot_be_served_is_dropped)
{
    static const char *const calls[] = { "uv_accept", "uv_read_start", "uv_write" };
    failing = calls[_i];
    play(ask_in_vain);
}
END_TEST

static void say_nothing(void)
{
    char byte;
    fault("loop_timer_start", 1, EIO);
    int fd = control_socket(stage.path, false, NULL);
    ck_assert_int_eq(recv(fd, &byte, 1, 0), 0); /* its time is up */
    ck_assert_str_eq(fault_end(), "loop_timer_start");
    close(fd);
}

START_TEST(a_client_that_asks_nothing_is_dropped)
{
    play(say_nothing);
}
END_TEST

static void ask_badly(void)
{
    static const struct {
        const char *call;
        unsigned nth;
        int number;
        const char *why; /* NULL: it goes well */
    } rows[] = {
        { "socket", 1, EMFILE, "Too many open files" },
        { "connect", 1, EACCES, "Permission denied" },
        { "send", 1, EPIPE, "the daemon does not listen: Broken pipe" },
        { "poll", 1, EINTR, NULL },
        { "poll", 1, EBADF, "the daemon does not answer" },
        { "poll", 1, 0, "the daemon does not answer" },
        { "read", 1, ECONNRESET, "the answer broke off: Connection reset by peer" },
    };
    struct buf got = { 0 };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        fault(rows[i].call, rows[i].nth, rows[i].number);
        bool done = control_ask(stage.path, "status", &got, &stage.err);
        ck_assert_str_eq(fault_end(), rows[i].call);
        ck_assert_int_eq(done, !rows[i].why);
        ck_assert_ptr_nonnull(strstr(stage.err.text, rows[i].why ? rows[i].why : ""));
        ck_assert_int_eq(stage.err.kind, rows[i].number == EACCES ? ERR_FATAL : ERR_RETRY);
    }
    buf_free(&got);
}

START_TEST(a_question_that_fails_says_why)
{
    play(ask_badly);
}
END_TEST

static void ask_through_a_signal(void)
{
    struct buf got = { 0 };
    fault("read", 1, EINTR);
    ck_assert(control_ask(stage.path, "status", &got, NULL));
    ck_assert_ptr_nonnull(fault_end());
    ck_assert_str_eq(buf_text(&got), "0 done\n[status]\n");
    buf_free(&got);
}

START_TEST(a_signal_does_not_end_the_question)
{
    play(ask_through_a_signal);
}
END_TEST

START_TEST(a_socket_that_cannot_be_made_says_why)
{
    static const struct {
        const char *call;
        int number;
        enum err_kind kind;
    } rows[] = { { "socket", EMFILE, ERR_RETRY },
                 { "bind", EACCES, ERR_FATAL },
                 { "listen", EADDRINUSE, ERR_RETRY } };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        fault(rows[i].call, 1, rows[i].number);
        ck_assert_ptr_null(control_new(stage.loop, stage.path, answer, &stage, &stage.err));
        ck_assert_ptr_nonnull(fault_end());
        ck_assert_int_eq(stage.err.kind, rows[i].kind);
        ck_assert_ptr_nonnull(strstr(stage.err.text, strerror(rows[i].number)));
        unlink(stage.path);
    }
    control_free(NULL);
}
END_TEST

START_TEST(a_path_that_can_be_no_address_is_refused)
{
    static const struct {
        unsigned folder, name;
        const char *why;
    } rows[] = { { 0, 200, "File name too long" }, /* no folder to go by */
                 { 200, 12, "No such file" },      /* the folder is not there */
                 { 0, 300, "File name too long" } };
    char path[600];
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        memset(path, 'x', sizeof path);
        snprintf(path + rows[i].folder, sizeof path - rows[i].folder, "%s%0*u",
                 rows[i].folder ? "/" : "", (int)rows[i].name, 0);
        ck_assert_int_eq(control_socket(path, true, &stage.err), -1);
        ck_assert_msg(strstr(stage.err.text, rows[i].why) != NULL, "%s", stage.err.text);
    }
    snprintf(path, sizeof path, "%s/%0200u", stage.folder,
             0); /* the folder's number and all that */
    ck_assert_int_eq(control_socket(path, true, &stage.err), -1);
    ck_assert_ptr_nonnull(strstr(stage.err.text, "File name too long"));
}
END_TEST

Suite *control_suite(void)
{
    Suite *suite = suite_create("control");
    TCase *tcase = tcase_create("control");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, stage_open, stage_close);
    tcase_add_test(tcase, a_question_is_answered);
    tcase_add_test(tcase, a_long_answer_comes_whole);
    tcase_add_test(tcase, an_answer_has_a_limit);
    tcase_add_test(tcase, a_path_longer_than_an_address_will_do);
    tcase_add_test(tcase, bad_clients_take_no_place_for_long);
    tcase_add_test(tcase, clients_beyond_the_limit_wait_for_a_place);
    tcase_add_test(tcase, a_socket_that_a_killed_daemon_left_is_replaced);
    tcase_add_test(tcase, what_is_no_socket_is_left_alone);
    tcase_add_test(tcase, a_daemon_that_answers_is_not_pushed_aside);
    tcase_add_test(tcase, without_a_daemon_the_question_fails);
    tcase_add_test(tcase, clients_under_way_are_dropped_with_the_socket);
    tcase_add_loop_test(tcase, a_client_that_cannot_be_served_is_dropped, 0, 3);
    tcase_add_test(tcase, a_client_that_asks_nothing_is_dropped);
    tcase_add_test(tcase, a_question_that_fails_says_why);
    tcase_add_test(tcase, a_signal_does_not_end_the_question);
    tcase_add_test(tcase, a_socket_that_cannot_be_made_says_why);
    tcase_add_test(tcase, a_path_that_can_be_no_address_is_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
