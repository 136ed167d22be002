#include "base/secret.h"

#include <check.h>
#include <string.h>

static const struct {
    const char *line, *shown;
} rows[] = {
    { "", "" },
    { "batchInterval: 10s", "batchInterval: 10s" },
    { "sasl.password: hunter2", "sasl.password: *******" },
    { "  SSL.Key.Password : hunter2", "  SSL.Key.Password : *******" },
    { "- kafka: {sasl.password: hunter2, topics: [a]}",
      "- kafka: {sasl.password: *******, topics: [a]}" },
    { "{\"token\":\"a, b\", \"x\": 1}", "{\"token\":\"****\", \"x\": 1}" },
    { "token: 'abc", "token: '***" },
    { "secret: \xc3\xa9t\xc3\xa9", "secret: ***" },
    { "sasl.oauthbearer.config: a=b", "sasl.oauthbearer.config: ***" },
    { "headers: {Authorization: Bearer xyz}", "headers: {Authorization: **********}" },
    { "a: {password: p, token: t}", "a: {password: *, token: *}" },
    { "sasl.password: ${credential:kafka}", "sasl.password: ${credential:kafka}" },
    { "sasl.password: \"${credential:kafka}\"", "sasl.password: \"${credential:kafka}\"" },
    { "a: ${secret:x}", "a: ${secret:x}" },
    { "password:", "password:" },
    { "'password' :\thunter2", "'password' :\t*******" },
    { "password: ", "password: " },
    { "url: postgresql://me:hunter2@host/db", "url: postgresql://me:*******@host/db" },
    { "url: \"http://me:a:b@c@host/\" # c@d", "url: \"http://me:*****@host/\" # c@d" },
    { "url: webhdfs://me@host:9870/a", "url: webhdfs://me@host:9870/a" },
    { "a: http:", "a: http:" },
    { "a: b://", "a: b://" },
};

START_TEST(secrets_become_stars)
{
    struct buf out = { 0 };
    secret_mask((struct slice){ rows[_i].line, strlen(rows[_i].line) }, &out);
    ck_assert_str_eq(buf_text(&out), rows[_i].shown);
    buf_free(&out);
}
END_TEST

START_TEST(of_a_long_name_the_end_counts)
{
    char line[200];
    struct buf out = { 0 };
    memset(line, 'p', sizeof line);
    strcpy(line + 150, "password: hunter2");
    secret_mask((struct slice){ line, strlen(line) }, &out);
    ck_assert_str_eq(buf_text(&out) + 150, "password: *******");
    buf_free(&out);
}
END_TEST

Suite *secret_suite(void)
{
    Suite *suite = suite_create("secret");
    TCase *tcase = tcase_create("secret");
    tcase_add_loop_test(tcase, secrets_become_stars, 0, sizeof rows / sizeof *rows);
    tcase_add_test(tcase, of_a_long_name_the_end_counts);
    suite_add_tcase(suite, tcase);
    return suite;
}
