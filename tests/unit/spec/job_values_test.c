#include "spec/job_values.h"

#include <stdlib.h>

#include "job_try.h"

static struct buf shown;

/* The values of a list that have a text or are not defaults: "key=text(from)", one a line. */
static const char *show(const struct job_values *values, bool defaults)
{
    static const char *const from[] = { "job", "conf", "settings", "default" };
    buf_clear(&shown);
    for (size_t i = 0; i < values->n; i++) {
        const struct job_value *value = &values->items[i];
        if (defaults || value->from != FROM_DEFAULT)
            buf_printf(&shown, "%s=%s(%s)\n", value->key, value->value ? value->value : "-",
                       from[value->from]);
    }
    return buf_text(&shown);
}

static struct job_values of(const char *text, const struct schema_key *keys, const char *shorthand)
{
    struct yaml_node *root;
    arena_reset(&arena);
    diags = (struct diags){ .arena = &arena, .file = "j.yaml", .source = { text, strlen(text) } };
    ck_assert(yaml_parse(&arena, diags.source, &diags, &root));
    return job_values_of(&arena, keys, shorthand, root);
}

static void done(void)
{
    buf_free(&shown);
    clean();
}

START_TEST(each_key_says_who_set_it)
{
    ck_assert(parse("checkpoint: file:///c\nonError: {failAbove: 5%}\n" SOURCES PRINT
                    "conf: {spark.yarn.am.attemptFailuresValidityInterval: 90000, "
                    "spark.yarn.maxAppAttempts: 7}\nmaxAppAttempts: 5\n"));
    struct job_values values = job_values(&arena, spec);
    ck_assert_str_eq(show(&values, false),
                     "checkpoint.directory=file:///c(job)\nmaxAppAttempts=5(job)\n"
                     "attemptFailuresValidityInterval=90s(conf)\nonError.failAbove=5%(job)\n");
    const char *all = show(&values, true);
    ck_assert(
        strstr(all, "description=-(default)\nenabled=true(default)\nbatchInterval=1s(default)\n"));
    ck_assert(strstr(all, "backpressure.pid.proportional=1.0(default)\n"));
}
END_TEST

START_TEST(the_settings_defaults_are_told_apart)
{
    static const char text[] = "{batchInterval: 7s, checkpoint: {retain: 9}}";
    struct yaml_node *defaults;
    arena_reset(&arena);
    diags = (struct diags){ .arena = &arena, .file = "s", .source = { text, strlen(text) } };
    ck_assert(yaml_parse(&arena, diags.source, &diags, &defaults));
    ck_assert(parse_with("j", "batchInterval: 2s\n" SOURCES PRINT, defaults));
    struct job_values values = job_values(&arena, spec);
    ck_assert_str_eq(show(&values, false),
                     "batchInterval=2s(job)\ncheckpoint.retain=9(settings)\n");
}
END_TEST

START_TEST(a_secret_is_masked_wherever_it_came_from)
{
    ck_assert(parse("checkpoint: \"file:///${file:password}\"\n" SOURCES PRINT));
    struct job_values values = job_values(&arena, spec);
    ck_assert_str_eq(show(&values, false), "checkpoint.directory=***(job)\n");
    values = of("{sasl.password: hunter2, fetch.min.bytes: 5}", NULL, NULL);
    ck_assert_str_eq(show(&values, true), "sasl.password=***(job)\nfetch.min.bytes=5(job)\n");
    ck_assert(parse(
        "sources: [kafka: {bootstrap.servers: b, group.id: g, topics: [\"${file:password}\"], "
        "sasl.password: \"${credential:password}\"}]\n" PRINT));
    const struct yaml_node *kafka = spec->sources[0].node->parent->items[0];
    ck_assert_str_eq(job_value_text(&arena, yaml_get(kafka, "topics")), "[***]");
    ck_assert_str_eq(job_value_text(&arena, yaml_get(kafka, "sasl.password")), "***");
}
END_TEST

START_TEST(a_word_is_shown_and_what_is_empty_is_not)
{
    ck_assert(parse("description: \"\"\nonError: {action: fail}\n" SOURCES PRINT));
    struct job_values values = job_values(&arena, spec);
    ck_assert_str_eq(show(&values, false), "description=-(job)\nonError.action=fail(job)\n");
    ck_assert(
        !parse("writeAheadLog: 5\n" SOURCES PRINT)); /* no mapping: none of its keys is said */
    values = job_values(&arena, spec);
    ck_assert_str_eq(show(&values, false), "");
}
END_TEST

START_TEST(a_value_inside_another_is_quoted_where_it_must_be)
{
    struct job_values values =
        of("{a: [x, \"x\", 5, ~, \"~\", 'it''s', a b], b: {\"c, d\": [1.50, true]}, c: ~, d: "
           "\"${X}\"}",
           NULL, NULL);
    ck_assert_str_eq(show(&values, true),
                     "a=[x, \"x\", 5, ~, \"~\", \"it's\", a b](job)\n"
                     "b={\"c, d\": [1.50, true]}(job)\nc=~(job)\nd=${X}(job)\n");
    ck_assert(
        parse("sources: [kafka: {bootstrap.servers: b, group.id: g, topics: [\"${T:-t1}\", "
              "t2]}]\n" PRINT));
    const struct yaml_node *kafka = spec->sources[0].node->parent->items[0];
    ck_assert_str_eq(job_value_text(&arena, yaml_get(kafka, "topics")), "[\"t1\", t2]");
}
END_TEST

START_TEST(a_mapping_may_have_any_number_of_keys)
{
    struct buf text = { 0 };
    for (unsigned i = 0; i < 100; i++)
        buf_printf(&text, "k%u: %u\n", i, i);
    struct job_values values = of(buf_text(&text), NULL, NULL);
    ck_assert_uint_eq(values.n, 100);
    for (unsigned i = 0; i < 100; i++)
        ck_assert_uint_eq(strtoul(values.items[i].value, NULL, 10), i);
    buf_free(&text);
}
END_TEST

START_TEST(a_mapping_is_filled_in_also_inside)
{
    static const struct schema_key roll[] = {
        { .name = "size", .type = SCHEMA_SIZE, .fallback = "1MiB" },
        { .name = "age", .type = SCHEMA_DURATION },
        { 0 },
    };
    static const struct schema_key keys[] = {
        { .name = "argv", .type = SCHEMA_LIST, .required = true },
        { .name = "roll", .type = SCHEMA_MAP, .keys = roll },
        { 0 },
    };
    struct job_values values =
        of("{argv: [a, \"b, c\", {d: ~}], roll: {age: 5s}, more: 1}", keys, NULL);
    ck_assert_str_eq(show(&values, true),
                     "argv=[a, \"b, c\", {d: ~}](job)\nroll.size=1MiB(default)\n"
                     "roll.age=5s(job)\nmore=1(job)\n");
    values = of("[cat]", keys, "argv");
    ck_assert_str_eq(show(&values, true),
                     "argv=[cat](job)\nroll.size=1MiB(default)\nroll.age=-(default)\n");
}
END_TEST

Suite *job_values_suite(void)
{
    Suite *suite = suite_create("job_values");
    TCase *tcase = tcase_create("job_values");
    tcase_add_checked_fixture(tcase, NULL, done);
    suite_add_tcase(suite, tcase);
    tcase_add_test(tcase, each_key_says_who_set_it);
    tcase_add_test(tcase, the_settings_defaults_are_told_apart);
    tcase_add_test(tcase, a_secret_is_masked_wherever_it_came_from);
    tcase_add_test(tcase, a_word_is_shown_and_what_is_empty_is_not);
    tcase_add_test(tcase, a_value_inside_another_is_quoted_where_it_must_be);
    tcase_add_test(tcase, a_mapping_may_have_any_number_of_keys);
    tcase_add_test(tcase, a_mapping_is_filled_in_also_inside);
    return suite;
}
