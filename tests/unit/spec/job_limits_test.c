/* The limits of a job file at their edges, and files that nobody would write. Check's own limit of
 * time is the bound on how long any of them may take. */
#include <stdint.h>

#include "job_try.h"

static struct buf text;

static void begin(void)
{
    buf_clear(&text);
}

static void end(void)
{
    clean();
    buf_free(&text);
}

static bool parse_text(void)
{
    return parse(buf_text(&text));
}

START_TEST(a_file_has_at_most_one_mebibyte)
{
    buf_puts(&text, SOURCES PRINT "#");
    while (text.len < YAML_BYTES_MAX)
        buf_puts(&text, "x");
    ck_assert_msg(parse_text(), "%s", findings(DIAG_GNU));
    buf_puts(&text, "x");
    ck_assert(!parse_text());
    ck_assert_str_eq(findings(DIAG_GNU),
                     "j.yaml: error[E104]: 1048577 bytes: a file may have 1048576\n");
    ck_assert_ptr_null(spec);
}
END_TEST

static void put_nested(
    unsigned depth) /* lists below `tests: [{name: a, batches: 1, expect: …`, itself at 3 */
{
    buf_clear(&text);
    buf_puts(&text, SOURCES PRINT "tests: [{name: a, batches: 1, expect: ");
    for (unsigned i = 3; i < depth; i++)
        buf_puts(&text, "[");
    for (unsigned i = 3; i < depth; i++)
        buf_puts(&text, "]");
    buf_puts(&text, "}]\n");
}

START_TEST(lists_and_mappings_are_at_most_64_deep)
{
    put_nested(64);
    ck_assert_msg(parse_text(), "%s", findings(DIAG_GNU));
    put_nested(65);
    ck_assert(!parse_text());
    ck_assert_str_eq(
        findings(DIAG_GNU),
        "j.yaml:4:100: error[E104]: deeper than 64 lists and maps inside each other\n");
}
END_TEST

static void put_nodes(unsigned n) /* a file of n nodes */
{
    buf_clear(&text);
    buf_puts(&text, "sources: [" KAFKA "]\n" PRINT "tests: [{name: a, input: [[");
    for (unsigned i = 25; i < n; i++)
        buf_puts(&text, "x,");
    buf_puts(&text, "]]}]\n");
}

START_TEST(a_file_has_at_most_100000_nodes)
{
    put_nodes(100000);
    ck_assert_msg(parse_text(), "%s", findings(DIAG_GNU));
    put_nodes(100001);
    ck_assert(!parse_text());
    ck_assert_ptr_nonnull(strstr(findings(DIAG_GNU), "error[E104]: more than 100000 values"));
}
END_TEST

START_TEST(twenty_findings_are_shown_with_the_true_total)
{
    buf_puts(&text, SOURCES PRINT);
    for (unsigned i = 0; i < 40000; i++)
        buf_printf(&text, "batchInterval%u: 1s\n", i);
    ck_assert(!parse_text());
    ck_assert_uint_eq(diag_errors(&diags), 40000);
    const char *said = findings(DIAG_GNU);
    ck_assert_ptr_nonnull(strstr(said, "j.yaml:23:1: error[E202]: unknown key 'batchInterval19'"));
    ck_assert_ptr_null(strstr(said, "j.yaml:24:1:"));
    ck_assert_ptr_nonnull(strstr(said, "j.yaml: 40000 errors; the first 20 are shown\n"));
}
END_TEST

START_TEST(a_long_chain_in_the_wrong_order_is_quick)
{
    buf_puts(&text, SOURCES "streams:\n");
    for (unsigned i = 999; i > 0; i--)
        buf_printf(&text, "  s%u: {from: s%u}\n", i, i - 1);
    buf_puts(&text, "  s0: {from: kafka0}\noutputs: [print: {from: s999}]\n");
    ck_assert_msg(parse_text(), "%s", findings(DIAG_GNU));
    ck_assert_uint_eq(spec->n_streams, 1000);
    ck_assert_str_eq(spec->streams[999].name, "s999");
}
END_TEST

static const struct { /* head, the value of each of 1,001 keys, tail, what is said */
    const char *head, *value, *tail, *said;
} keyed[] = {
    { SOURCES "streams: {", "{from: kafka0}", "}\n" PRINT, "streams has 1001 entries" },
    { "sources: [kafka: {bootstrap.servers: b, group.id: g, topics: {", "1", "}}]\n" PRINT,
      "topics has 1001 entries" },
    { "sources: [kafka: {bootstrap.servers: b, group.id: g, topics: [a], partitions: {", "[0]",
      "}}]\n" PRINT, "partitions has 1001 entries" },
};

START_TEST(a_mapping_of_names_has_at_most_1000)
{
    buf_puts(&text, keyed[_i].head);
    for (unsigned i = 0; i <= 1000; i++)
        buf_printf(&text, "k%u: %s,", i, keyed[_i].value);
    buf_puts(&text, keyed[_i].tail);
    ck_assert(!parse_text());
    ck_assert_msg(strstr(findings(DIAG_GNU), keyed[_i].said), "%s", findings(DIAG_GNU));
}
END_TEST

START_TEST(findings_that_are_not_kept_are_counted)
{
    buf_puts(&text, SOURCES "streams: {");
    for (unsigned k = 0; k < 3; k++) {
        buf_printf(&text, "s%u: {from: [", k);
        for (unsigned i = 0; i < 1000; i++)
            buf_printf(&text, "x%u_%u,", k, i);
        buf_puts(&text, "]},");
    }
    buf_puts(&text, "}\noutputs: [print: {from: kafka0}]\n");
    ck_assert(!parse_text());
    ck_assert_uint_eq(diag_errors(&diags), 3000);
    ck_assert_ptr_nonnull(strstr(findings(DIAG_GNU), "no source or stream 'x0_19'"));
}
END_TEST

static const struct { /* head, what is repeated, tail */
    const char *head, *item, *tail;
} many[] = {
    { "sources: [", "kafka: {},", "]\n" PRINT },
    { SOURCES "outputs: [", "print,", "]\n" },
    { SOURCES PRINT "transformations: [", "count,", "]\n" },
    { SOURCES PRINT "tests: [", "{name: a},", "]\n" },
    { "sources: [kafka: {bootstrap.servers: b, group.id: g, topics: [", "a,", "]}]\n" PRINT },
    { SOURCES "streams: {s: {from: [", "kafka0,", "]}}\noutputs: [print: {from: s}]\n" },
    { "sources: [kafka: {bootstrap.servers: b, group.id: g, topics: [a], partitions: {a: [", "100,",
      "]}}]\n" PRINT },
    { "sources: [flumePolling: {addresses: [", "\"h:1\",", "]}]\n" PRINT },
    { SOURCES PRINT "transformations: [pipe: [", "aaaa,", "]]\n" },
    { SOURCES PRINT "transformations: [union: [", "aaaa,", "]]\n" },
    { SOURCES "outputs: [pipe: [", "aaaa,", "]]\n" },
    { SOURCES PRINT "conf: {spark.x: ", "[", "" },
    { "", "sources: ", "" },
};

START_TEST(too_many_of_one_kind_are_refused_quickly)
{
    buf_puts(&text, many[_i].head);
    while (text.len < 300000)
        buf_puts(&text, many[_i].item);
    buf_puts(&text, many[_i].tail);
    ck_assert(!parse_text());
    ck_assert_ptr_nonnull(strstr(findings(DIAG_GNU), ": error[E"));
}
END_TEST

/* ---- mutations */

static const char *const seeds[] = {
    "batchInterval: 10s\ncheckpoint: {directory: \"webhdfs://u@nn1:9870,nn2:9870/p\", retain: "
    "4}\n" SOURCES
    "transformations:\n  - flatMap: _.value.split(\" \")\n  - map: (_, 1)\n  - count\n" PRINT,
    "sources:\n  - kafka: {name: a, bootstrap.servers: \"${KAFKA_HOST:-h:1}\", group.id: g, "
    "topics: {t: 2, ^x: 1}, partitions: {t: [0, 1]}, fetch.min.bytes: 7, maxRate: 5}\n"
    "streams:\n  s: {from: a, transformations: [count, {map: _ + 1}]}\n  t: {from: s}\n"
    "outputs: [print: {from: t, num: 3, label: l}]\n"
    "conf: {spark.yarn.maxAppAttempts: 3, spark.streaming.blockInterval: 50ms}\n",
    SOURCES PRINT
    "tests:\n  - {name: a, input: [[x], []], expect: [[1], ~], errors: [0], batches: 3}\n"
    "onError: {action: skip, failAbove: 5%}\nwriteAheadLog: {inFlight: 5}\n",
};

static uint32_t next(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* One change: a byte of another kind, a piece cut out, or a piece of the file put elsewhere. */
static void mutate(uint32_t *state)
{
    static const char marks[] = "{}[]:,-\"'$|>&*!#?%\n \t0as\xff\xc3";
    size_t n = text.len, at = next(state) % n, piece = next(state) % 12 % (n - at);
    uint8_t copy[16];
    switch (next(state) % 3) {
        case 0:
            text.ptr[at] = (uint8_t)marks[next(state) % (sizeof marks - 1)];
            return;
        case 1:
            memmove(text.ptr + at, text.ptr + at + piece, n - at - piece);
            text.len -= piece;
            return;
        default:
            memcpy(copy, text.ptr + at, piece);
            buf_extend(&text, piece);
            at = next(state) % n;
            memmove(text.ptr + at + piece, text.ptr + at, n - at);
            memcpy(text.ptr + at, copy, piece);
    }
}

START_TEST(no_mutation_of_a_file_breaks_the_reader)
{
    for (uint32_t run = 1; run <= 500; run++) {
        uint32_t state = run * 2654435761u;
        buf_clear(&text);
        buf_puts(&text, seeds[_i]);
        for (uint32_t i = next(&state) % 6 + 1; i && text.len > 20; i--)
            mutate(&state);
        bool good = parse_text();
        ck_assert(good == (diag_errors(&diags) == 0));
        ck_assert(!good || spec);
        findings(run % 2 ? DIAG_HUMAN : DIAG_JSON);
    }
}
END_TEST

START_TEST(the_seeds_are_valid)
{
    ck_assert_msg(parse(seeds[_i]), "%s", findings(DIAG_GNU));
}
END_TEST

Suite *job_limits_suite(void)
{
    Suite *suite = suite_create("job_limits");
    TCase *tcase = tcase_create("job_limits");
    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_test(tcase, a_file_has_at_most_one_mebibyte);
    tcase_add_test(tcase, lists_and_mappings_are_at_most_64_deep);
    tcase_add_test(tcase, a_file_has_at_most_100000_nodes);
    tcase_add_test(tcase, twenty_findings_are_shown_with_the_true_total);
    tcase_add_test(tcase, a_long_chain_in_the_wrong_order_is_quick);
    tcase_add_loop_test(tcase, a_mapping_of_names_has_at_most_1000, 0,
                        sizeof keyed / sizeof keyed[0]);
    tcase_add_test(tcase, findings_that_are_not_kept_are_counted);
    tcase_add_loop_test(tcase, too_many_of_one_kind_are_refused_quickly, 0,
                        sizeof many / sizeof many[0]);
    tcase_add_loop_test(tcase, the_seeds_are_valid, 0, sizeof seeds / sizeof seeds[0]);
    tcase_add_loop_test(tcase, no_mutation_of_a_file_breaks_the_reader, 0,
                        sizeof seeds / sizeof seeds[0]);
    suite_add_tcase(suite, tcase);
    return suite;
}
