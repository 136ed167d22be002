#include "io/notify.h"

#include <check.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/list.h"
#include "folder.h"

static int lowest_free(void)
{
    int fd = dup(0);
    close(fd);
    return fd;
}

START_TEST(systemds_words_are_taken_out_of_the_environment)
{
    setenv("NOTIFY_SOCKET", "/nowhere/notify", 1);
    setenv("WATCHDOG_USEC", "30000000", 1);
    setenv("LISTEN_FDS", "1", 1);
    struct notify *notify = notify_new();
    ck_assert_ptr_null(getenv("NOTIFY_SOCKET"));
    ck_assert_ptr_null(getenv("WATCHDOG_USEC"));
    ck_assert_ptr_null(getenv("LISTEN_FDS"));
    ck_assert_uint_eq(notify_watchdog_ms(notify), 15000);
    notify_send(notify, "READY=1"); /* nobody there: nothing happens */
    notify_free(notify);
    setenv("WATCHDOG_USEC", "30000000", 1);
    setenv("WATCHDOG_PID", "1", 1); /* another's */
    notify = notify_new();
    ck_assert_uint_eq(notify_watchdog_ms(notify), 0);
    notify_free(notify);
}
END_TEST

START_TEST(systemd_hears_by_a_path_and_by_an_abstract_name)
{
    static const char *const names[] = { "", "@" };
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        char said[20] = "", name[110];
        int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        snprintf(name, sizeof name, "%s%s", names[i], path);
        memcpy(address.sun_path, name, strlen(name));
        if (name[0] == '@')
            address.sun_path[0] = '\0';
        socklen_t n = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
        ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, n), 0);
        setenv("NOTIFY_SOCKET", name, 1);
        struct notify *notify = notify_new();
        notify_send(notify, "READY=1");
        ck_assert_int_eq(recv(fd, said, sizeof said - 1, MSG_DONTWAIT), 7);
        ck_assert_str_eq(said, "READY=1");
        notify_free(notify);
        close(fd);
    }
}
END_TEST

START_TEST(a_socket_of_systemd_that_cannot_be_one_is_passed_over)
{
    char much[200];
    memset(much, '/', sizeof much);
    much[sizeof much - 1] = '\0';
    const char *const names[] = { "", "/", "relative", "vsock:1:2", much };
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        int before = lowest_free();
        setenv("NOTIFY_SOCKET", names[i], 1);
        struct notify *notify = notify_new();
        ck_assert_int_eq(lowest_free(), before); /* nothing was opened */
        notify_send(notify, "READY=1");
        ck_assert_uint_eq(notify_watchdog_ms(notify), 0);
        notify_free(notify);
    }
    notify_free(NULL);
}
END_TEST

START_TEST(the_watchdog_counts_when_it_is_meant_for_us)
{
    char own[20];
    snprintf(own, sizeof own, "%d", (int)getpid());
    setenv("WATCHDOG_USEC", "4000000", 1);
    setenv("WATCHDOG_PID", own, 1);
    struct notify *notify = notify_new();
    ck_assert_uint_eq(notify_watchdog_ms(notify), 2000);
    notify_free(notify);
}
END_TEST

Suite *notify_suite(void)
{
    Suite *suite = suite_create("notify");
    TCase *tcase = tcase_create("notify");
    tcase_add_checked_fixture(tcase, folder_make, folder_drop);
    tcase_add_test(tcase, systemds_words_are_taken_out_of_the_environment);
    tcase_add_test(tcase, systemd_hears_by_a_path_and_by_an_abstract_name);
    tcase_add_test(tcase, a_socket_of_systemd_that_cannot_be_one_is_passed_over);
    tcase_add_test(tcase, the_watchdog_counts_when_it_is_meant_for_us);
    suite_add_tcase(suite, tcase);
    return suite;
}
