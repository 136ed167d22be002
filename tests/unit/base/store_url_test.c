#include "base/store_url.h"

#include <check.h>
#include <string.h>

START_TEST(urls_of_stores)
{
    static const struct {
        const char *text, *user, *host, *path;
        unsigned servers, port;
    } rows[] = {
        { "file:///var/lib/tidemark", "", "", "/var/lib/tidemark", 0, 0 },
        { "file:///var/lib/a job/", "", "", "/var/lib/a job", 0, 0 },
        { "webhdfs://nn1/ck", "", "nn1", "/ck", 1, 9870 },
        { "webhdfs://[::1]/ck", "", "[::1]", "/ck", 1, 9870 },
        { "webhdfs://nn1:50070", "", "nn1", "", 1, 50070 },
        { "webhdfs://systest@nn1.example.org:9870,nn2:1/user/systest/ck/", "systest",
          "nn1.example.org", "/user/systest/ck", 2, 9870 },
        { "webhdfs://svc$@[::1]:65535/a=1/b_c.d-e", "svc$", "[::1]", "/a=1/b_c.d-e", 1, 65535 },
    };
    struct store_url url;
    struct err err;
    ck_assert_msg(store_url_parse(rows[_i].text, &url, &err), "%s", err.text);
    ck_assert_str_eq(url.user, rows[_i].user);
    ck_assert_str_eq(url.path, rows[_i].path);
    ck_assert_uint_eq(url.n_servers, rows[_i].servers);
    if (url.n_servers) {
        ck_assert_str_eq(url.servers[0].host, rows[_i].host);
        ck_assert_uint_eq(url.servers[0].port, rows[_i].port);
    }
}
END_TEST

START_TEST(what_is_not_a_store_says_what_to_write)
{
    static const struct {
        const char *text;
        unsigned code;
        const char *says;
    } rows[] = {
        { "", 215, "is not a URL of a store" },
        { "/var/lib", 215, "webhdfs://host:port/path or file:///path" },
        { "s3://bucket/a", 215, "'s3' is no store" },
        { "hdfs://nn1:8020/a/b", 215, "write webhdfs://nn1:9870/a/b" },
        { "swebhdfs://nn1/a", 250, "not supported yet" },
        { "httpfs://h/a", 250, "not supported yet" },
        { "file://var/lib", 215, "three slashes" },
        { "file:///", 215, "below the root" },
        { "file:///a/../b", 215, "no empty part, '.' or '..'" },
        { "file:///a//b", 215, "no empty part" },
        { "file:///a%20b", 215, "byte 0x25" },
        { "webhdfs:///a", 215, "'' is not host:port" },
        { "webhdfs://nn1:0/a", 215, "'nn1:0' is not host:port" },
        { "webhdfs://nn1:65536/a", 215, "is not host:port" },
        { "webhdfs://nn1:123456/a", 215, "'nn1:123456' is not host:port" },
        { "webhdfs://[::1/a", 215, "'[::1' is not host:port" },
        { "webhdfs://[::1]x/a", 215, "'[::1]x' is not host:port" },
        { "webhdfs://nn1:/a", 215, "is not host:port" },
        { "webhdfs://nn1,/a", 215, "'' is not host:port" },
        { "webhdfs://n/n:1/a b", 215, "byte 0x3a" },
        { "webhdfs://nn1/a b", 215, "byte 0x20" },
        { "webhdfs://nn1/a?op=DELETE", 215, "byte 0x3f" },
        { "webhdfs://a b@nn1/a", 215, "'a b' is not a user's name" },
        { "webhdfs://@nn1/a", 215, "'' is not a user's name" },
        { "webhdfs://a,b,c,d,e/x", 215, "at most 4 servers" },
        { "webhdfs://u:@nn1/a", 215, "'u:' is not a user's name" },
        { "webhdfs://u:pw@nn1/a", 215, "a store's URL has no place for a password" },
        { "hdfs://u:pw@nn1/a", 215, "a store's URL has no place for a password" },
    };
    struct store_url url;
    struct err err;
    ck_assert(!store_url_parse(rows[_i].text, &url, &err));
    ck_assert_int_eq(err.kind, ERR_BAD_CONFIG);
    ck_assert_msg(err.code == rows[_i].code, "%s", err.text);
    ck_assert_msg(strstr(err.text, rows[_i].says), "%s", err.text);
}
END_TEST

START_TEST(a_path_may_have_1023_bytes)
{
    char text[STORE_PATH_SIZE + 16] = "webhdfs://h";
    struct store_url url;
    size_t n = strlen(text);
    memset(text + n, 'a', STORE_PATH_SIZE - 1);
    text[n] = '/';
    ck_assert(store_url_parse(text, &url, NULL));
    text[n + STORE_PATH_SIZE - 1] = 'a';
    ck_assert(!store_url_parse(text, &url, NULL));
}
END_TEST

START_TEST(names_have_a_longest)
{
    static const struct {
        const char *before, *behind;
        size_t most;
    } rows[] = { { "webhdfs://", "/a", STORE_HOST_SIZE - 1 },
                 { "webhdfs://", "@h/a", STORE_USER_SIZE - 1 },
                 { "webhdfs://a,", ":1/a", STORE_HOST_SIZE - 1 } };
    for (size_t more = 0; more < 2; more++) {
        char text[400] = "", *at = stpcpy(text, rows[_i].before);
        struct store_url url;
        memset(at, 'a', rows[_i].most + more);
        strcpy(at + rows[_i].most + more, rows[_i].behind);
        ck_assert_int_eq(store_url_parse(text, &url, NULL), !more);
    }
}
END_TEST

START_TEST(a_user_has_a_name_of_unix)
{
    char name[STORE_USER_SIZE + 1] = "";
    memset(name, 'a', STORE_USER_SIZE);
    ck_assert(!store_url_user(name));
    name[STORE_USER_SIZE - 1] = 0;
    ck_assert(store_url_user(name));
    ck_assert(store_url_user("_svc.x-1$"));
    ck_assert(!store_url_user("") && !store_url_user("1a") && !store_url_user("a$b"));
}
END_TEST

Suite *store_url_suite(void)
{
    Suite *suite = suite_create("store_url");
    TCase *tcase = tcase_create("store_url");
    suite_add_tcase(suite, tcase);
    tcase_add_loop_test(tcase, urls_of_stores, 0, 7);
    tcase_add_loop_test(tcase, what_is_not_a_store_says_what_to_write, 0, 26);
    tcase_add_test(tcase, a_path_may_have_1023_bytes);
    tcase_add_loop_test(tcase, names_have_a_longest, 0, 3);
    tcase_add_test(tcase, a_user_has_a_name_of_unix);
    return suite;
}
