#include "spec/settings.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

static struct arena arena;
static struct settings settings;
static struct diags diags;
static struct buf printed;

static void begin(void)
{
    settings_init(&settings);
}

static void clean(void)
{
    arena_free(&arena);
    buf_free(&printed);
}

static bool read_text(const char *text)
{
    static const struct expand_env env = { 0 };
    diags = (struct diags){ .arena = &arena, .file = "s.yaml", .source = { text, strlen(text) } };
    return settings_read(&arena, &env, &diags, &settings);
}

static const char *findings(void)
{
    buf_clear(&printed);
    diag_print(&diags, DIAG_GNU, false, &printed);
    return buf_text(&printed);
}

START_TEST(with_no_file_the_defaults_hold)
{
    ck_assert_str_eq(settings.jobs_directory, "/etc/tidemark/jobs.d");
    ck_assert_str_eq(settings.state_directory, "/var/lib/tidemark");
    ck_assert_uint_eq(settings.jobs_settle_ms, 1000);
    ck_assert_uint_eq(settings.jobs_rescan_ms, 30000);
    ck_assert_uint_eq(settings.state_min_free, 1ull << 30);
    ck_assert_int_eq(settings.log_level, LOG_INFO);
    ck_assert_uint_eq(settings.log_repeat_ms, 10000);
    ck_assert_uint_eq(settings.store_block_size, 16 << 20);
    ck_assert_uint_eq(settings.store_write_timeout_ms, 120000);
    ck_assert_uint_eq(settings.memory_per_job, 2ull << 30);
    ck_assert_uint_eq(settings.jobs_max, 256);
    ck_assert_ptr_null(settings.defaults);
}
END_TEST

START_TEST(a_file_changes_only_what_it_names)
{
    ck_assert_msg(read_text("jobs: {directory: /tmp/j, watch: poll}\nlog: {level: debug}\n"), "%s",
                  findings());
    ck_assert_str_eq(settings.jobs_directory, "/tmp/j");
    ck_assert_int_eq(settings.jobs_watch, WATCH_POLL);
    ck_assert_uint_eq(settings.jobs_settle_ms, 1000);
    ck_assert_int_eq(settings.log_level, LOG_DEBUG);
}
END_TEST

START_TEST(a_later_file_wins_and_an_empty_one_says_nothing)
{
    ck_assert(read_text(
        "limits: {jobs: 7}\ndefaults: {maxAppAttempts: 5, stopGracefully: {timeout: 5s}}"));
    ck_assert(read_text(""));
    ck_assert(read_text("limits: {jobs: 8}\ndefaults: {stopGracefully: {enabled: false}}"));
    ck_assert_uint_eq(settings.jobs_max, 8);
    ck_assert_int_eq(yaml_get(settings.defaults, "maxAppAttempts")->integer, 5);
    const struct yaml_node *stop = yaml_get(settings.defaults, "stopGracefully");
    ck_assert_str_eq(yaml_get(stop, "timeout")->text, "5s");
    ck_assert_int_eq(yaml_get(stop, "enabled")->kind, YAML_BOOL);
}
END_TEST

START_TEST(a_default_of_a_later_file_replaces_one_of_another_form)
{
    ck_assert(read_text("defaults: {checkpoint: {retain: 5}, onError: {action: skip}}"));
    ck_assert(read_text("defaults: {checkpoint: \"file:///c\"}"));
    ck_assert_str_eq(yaml_get(settings.defaults, "checkpoint")->text, "file:///c");
    ck_assert(read_text("defaults: {checkpoint: {retain: 6}}"));
    ck_assert_int_eq(yaml_get(yaml_get(settings.defaults, "checkpoint"), "retain")->integer, 6);
    ck_assert_str_eq(yaml_get(yaml_get(settings.defaults, "onError"), "action")->text, "skip");
}
END_TEST

static const struct { /* a file and all that is said about it */
    const char *text, *said;
} broken[] = {
    { "job: {}\n", "s.yaml:1:1: error[E202]: unknown key 'job'\n  help: did you mean 'jobs'?\n" },
    { "jobs: {settle: 1}\n",
      "s.yaml:1:16: error[E207]: settle needs a unit: '1' could be 1ms or 1s\n" },
    { "jobs: {watch: inotfy}\n",
      "s.yaml:1:15: error[E206]: watch is one of inotify, poll, off, not 'inotfy'\n"
      "  help: did you mean 'inotify'?\n" },
    { "log:\n  state: 1\n",
      "s.yaml:2:3: error[E204]: 'state' stands inside 'log'; here it belongs 2 spaces to the "
      "left\n" },
    { "http: {listen: \"\"}\nstate: {minFree: 2GiB}\n",
      "s.yaml:2:18: error[E250]: state.minFree: 2GiB is known, but not supported yet\n" },
    { "http: {listen: \"0.0.0.0:1\"}\n",
      "s.yaml:1:16: error[E250]: http.listen: 0.0.0.0:1 is known, but not supported yet\n" },
    { "store: {auth: kerberos}\n",
      "s.yaml:1:15: error[E250]: store.auth: kerberos is known, but not supported yet\n" },
    { "store: {ca: \"\", keytab: /k}\n",
      "s.yaml:1:25: error[E250]: store.keytab: /k is known, but not supported yet\n" },
    { "store: {blockSize: 16MB, timeout: 1sec}\n",
      "s.yaml:1:22: error[E207]: blockSize has the unknown unit 'MB'\n"
      "  help: did you mean '16MiB'?\n"
      "s.yaml:1:36: error[E207]: timeout has the unknown unit 'sec'\n"
      "  help: did you mean '1s'?\n" },
    { "limits: {memoryPerJob: 1MiB, jobs: 0}\n",
      "s.yaml:1:24: error[E208]: memoryPerJob must be at least 64MiB, here is '1MiB'\n"
      "s.yaml:1:36: error[E208]: jobs must be at least 1, here is '0'\n" },
    { "store: {token: abc}\n", /* and not a word of it */
      "s.yaml:1:16: warning[W104]: token stands here as plain text\n"
      "  help: write ${credential:NAME} or ${file:PATH}\n"
      "s.yaml:1:16: error[E250]: store.token: *** is known, but not supported yet\n" },
    { "limits: 3\n", "s.yaml:1:9: error[E206]: limits must be a mapping, here is '3'\n" },
    { "defaults: {maxAppAttempts: 0, outputs: [print], batchIntervall: 1s}\n",
      "s.yaml:1:28: error[E208]: maxAppAttempts must be at least 1, here is '0'\n"
      "s.yaml:1:31: error[E204]: 'outputs' has no default; it belongs in a job's own file\n"
      "s.yaml:1:49: error[E202]: unknown key 'batchIntervall'\n"
      "  help: did you mean 'batchInterval'?\n" },
    { "defaults: {attemptBackoff: {initial: 2m, max: 1m}}\n",
      "s.yaml:1:47: error[E208]: max must be at least initial, here is '1m'\n" },
    { "log: {level: [}\n", "s.yaml:1:15: error[E101]: a value is missing here\n" },
    { "- a\n", "s.yaml:1:1: error[E206]: a settings file is a mapping, here is a list\n" },
};

START_TEST(what_is_wrong_is_said_as_for_jobs)
{
    ck_assert(!read_text(broken[_i].text));
    ck_assert_str_eq(findings(), broken[_i].said);
}
END_TEST

/* Every row of the table stands in the file with its default. */
static void compare(const struct schema_key *key, const struct yaml_node *map,
                    const struct settings *usual)
{
    for (; key->name; key++) {
        const struct yaml_node *node = yaml_get(map, key->name);
        ck_assert_msg(node, "%s is not in the file", key->name);
        const char *left = (const char *)&settings + key->at,
                   *right = (const char *)usual + key->at;
        if (key->type == SCHEMA_MAP)
            compare(key->keys, node, usual);
        else if (key->type == SCHEMA_ANY_MAP)
            ck_assert_uint_eq(node->n, 0);
        else if (key->type == SCHEMA_TEXT)
            ck_assert_str_eq(*(const char *const *)left, *(const char *const *)right);
        else if (key->type == SCHEMA_INT32 || key->type == SCHEMA_WORD)
            ck_assert_int_eq(*(const int *)left, *(const int *)right);
        else
            ck_assert_uint_eq(*(const uint64_t *)left, *(const uint64_t *)right);
    }
}

START_TEST(the_file_that_is_shipped_says_every_default)
{
    static char text[65536];
    FILE *shipped = fopen("conf/tidemark.yaml", "r");
    ck_assert_msg(shipped, "run from the top of the tree");
    text[fread(text, 1, sizeof text - 1, shipped)] = 0;
    fclose(shipped);
    struct settings usual;
    struct yaml_node *root;
    settings_init(&usual);
    ck_assert_msg(read_text(text), "%s", findings());
    ck_assert(yaml_parse(&arena, diags.source, &diags, &root));
    compare(settings_keys, root, &usual);
}
END_TEST

Suite *settings_suite(void)
{
    Suite *suite = suite_create("settings");
    TCase *tcase = tcase_create("settings");
    tcase_add_checked_fixture(tcase, begin, clean);
    tcase_add_test(tcase, with_no_file_the_defaults_hold);
    tcase_add_test(tcase, a_file_changes_only_what_it_names);
    tcase_add_test(tcase, the_file_that_is_shipped_says_every_default);
    tcase_add_test(tcase, a_later_file_wins_and_an_empty_one_says_nothing);
    tcase_add_test(tcase, a_default_of_a_later_file_replaces_one_of_another_form);
    tcase_add_loop_test(tcase, what_is_wrong_is_said_as_for_jobs, 0,
                        sizeof broken / sizeof broken[0]);
    suite_add_tcase(suite, tcase);
    return suite;
}
