#include "io/webhdfs_url.h"

#include <check.h>
#include <string.h>

START_TEST(a_request_names_server_path_and_user)
{
    static const struct {
        const char *url, *path, *request;
    } rows[] = {
        { "webhdfs://u@nn1:1/ck", "", "http://nn1:1/webhdfs/v1/ck?user.name=u" },
        { "webhdfs://u@nn1/ck", "a/b", "http://nn1:9870/webhdfs/v1/ck/a/b?user.name=u" },
        { "webhdfs://s$@nn1", "", "http://nn1:9870/webhdfs/v1/?user.name=s%24" },
        { "webhdfs://u@[::1]:2", "a", "http://[::1]:2/webhdfs/v1/a?user.name=u" },
        { "webhdfs://u@n/ck", "a b?c%d\xc3",
          "http://n:9870/webhdfs/v1/ck/a%20b%3Fc%25d%C3?user.name=u" },
    };
    struct store_url store;
    struct buf url = { 0 };
    ck_assert(store_url_parse(rows[_i].url, &store, NULL));
    webhdfs_url_begin(&url, &store.servers[0], &store, rows[_i].path);
    ck_assert_str_eq(buf_text(&url), rows[_i].request);
    buf_free(&url);
}
END_TEST

START_TEST(a_location_is_followed_when_it_is_what_we_asked_for)
{
    static const struct {
        const char *location, *place; /* NULL: not followed */
    } rows[] = {
        { "http://127.0.0.1:19910/webhdfs/v1/user/a?op=CREATE&createflag=CREATE%252CSYNC_BLOCK",
          "127.0.0.1:19910" },
        { "http://dn1.example.org:9864/webhdfs/v1/a", "dn1.example.org:9864" },
        { "https://dn1:9865/webhdfs/v1/a", NULL },
        { "HTTP://dn1:9865/webhdfs/v1/a", NULL },
        { "file:///etc/passwd", NULL },
        { "/webhdfs/v1/a", NULL },
        { "http:///webhdfs/v1/a", NULL },
        { "http://user@dn1:9864/webhdfs/v1/a", NULL },
        { "http://dn1:9864/other/v1/a", NULL },
        { "http://dn1:9864?x=/webhdfs/v1/a", NULL },
        { "http://dn1:9864/webhdfs/v1/a b", NULL },
        { "http://dn1:9864/webhdfs/v1/a\r\nX: y", NULL },
        { "http://dn1:9864/webhdfs/v1/\xc3", NULL },
        { "", NULL },
    };
    char place[WEBHDFS_PLACE_SIZE];
    ck_assert_int_eq(webhdfs_url_follow(rows[_i].location, place), rows[_i].place != NULL);
    if (rows[_i].place)
        ck_assert_str_eq(place, rows[_i].place);
}
END_TEST

START_TEST(a_host_of_any_length_fits_or_is_not_followed)
{
    char location[400] = "http://", place[WEBHDFS_PLACE_SIZE];
    memset(location + 7, 'h', WEBHDFS_PLACE_SIZE - 1);
    strcpy(location + 7 + WEBHDFS_PLACE_SIZE - 1, "/webhdfs/v1/a");
    ck_assert(webhdfs_url_follow(location, place));
    memset(location + 7, 'h', WEBHDFS_PLACE_SIZE);
    strcpy(location + 7 + WEBHDFS_PLACE_SIZE, "/webhdfs/v1/a");
    ck_assert(!webhdfs_url_follow(location, place));
}
END_TEST

Suite *webhdfs_url_suite(void)
{
    Suite *suite = suite_create("webhdfs_url");
    TCase *tcase = tcase_create("webhdfs_url");
    suite_add_tcase(suite, tcase);
    tcase_add_loop_test(tcase, a_request_names_server_path_and_user, 0, 5);
    tcase_add_loop_test(tcase, a_location_is_followed_when_it_is_what_we_asked_for, 0, 14);
    tcase_add_test(tcase, a_host_of_any_length_fits_or_is_not_followed);
    return suite;
}
