#include "supervisor/attempts.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/crc32c.h"

#define HOUR 3600000LL
#define BOOT_A "aaaaaaaa-0000-4000-8000-000000000001"
#define BOOT_B "bbbbbbbb-0000-4000-8000-000000000002"

static struct buf text; /* a ledger in the making */
static const struct attempts_clock now_a = { BOOT_A, 10 * HOUR, 1000 * HOUR };

static void begin(void)
{
    buf_free(&text);
    buf_puts(&text, "tidemark attempts 1\n");
}

static struct attempt_entry entry_of(enum attempt_kind kind, const char *job, uint64_t attempt)
{
    struct attempt_entry entry = { .kind = kind, .attempt = attempt, .spec = 0x1d };
    snprintf(entry.job, sizeof entry.job, "%s", job);
    snprintf(entry.boot, sizeof entry.boot, "%s", BOOT_A);
    return entry;
}

static void put_end(const char *job, uint64_t attempt, bool counted, int64_t boot_ms)
{
    struct attempt_entry end = entry_of(ATTEMPT_END, job, attempt);
    end.boot_ms = boot_ms;
    end.wall_ms = 990 * HOUR + boot_ms;
    end.counted = counted;
    end.status = counted;
    snprintf(end.reason, sizeof end.reason, "exit status %d", counted);
    attempt_format(&end, &text);
}

static void put(enum attempt_kind kind, const char *job, uint64_t attempt)
{
    struct attempt_entry entry = entry_of(kind, job, attempt);
    snprintf(entry.reason, sizeof entry.reason, "job %s failed", job);
    attempt_format(&entry, &text);
}

static void recall(const char *job, const struct attempts_clock *now, struct attempts_past *past)
{
    attempts_recall(buf_slice(&text), job, now, past);
}

static const char golden[] =
    "tidemark attempts 1\n"
    "bab815d0 start job=wordcount attempt=7 spec=00000000deadbeef "
    "boot=aaaaaaaa-0000-4000-8000-000000000001 boot_ms=1532752 wall_ms=1795691571356\n"
    "50c88f07 end job=wordcount attempt=7 spec=00000000deadbeef "
    "boot=aaaaaaaa-0000-4000-8000-000000000001 boot_ms=1532910 wall_ms=1795691571513 status=0 "
    "signal=9 counted=1 reason=\"signal 9 (killed)\"\n"
    "b1ec0e0c failed job=wordcount attempt=7 spec=00000000deadbeef "
    "boot=aaaaaaaa-0000-4000-8000-000000000001 boot_ms=1532910 wall_ms=1795691571514 reason=\"job "
    "wordcount failed 1 times due to \\\"it\\\". Failing the job.\"\n"
    "5f6b6fa0 recount job=wordcount attempt=7 spec=00000000feedface "
    "boot=aaaaaaaa-0000-4000-8000-000000000001 boot_ms=1600000 wall_ms=1795691640000\n";

START_TEST(the_format_is_what_it_was)
{
    struct attempt_entry entry;
    struct attempts_found found;
    struct buf again = { 0 };
    begin();
    for (const char *at = strchr(golden, '\n') + 1; *at; at = strchr(at, '\n') + 1) {
        ck_assert_msg(attempt_parse(at, strcspn(at, "\n"), &entry), "%.40s", at);
        attempt_format(&entry, &text);
    }
    ck_assert_str_eq(buf_text(&text), golden);
    ck_assert(attempts_compact(buf_slice(&text), NULL, &again, &found, NULL));
    ck_assert_uint_eq(found.damaged, 0);
    buf_free(&again);
}
END_TEST

START_TEST(any_damage_of_a_line_is_seen)
{
    struct attempt_entry entry;
    begin();
    size_t head = text.len;
    put_end("wordcount", 7, true, HOUR);
    size_t n = text.len - head - 1;
    char *line = (char *)text.ptr + head;
    ck_assert(attempt_parse(line, n, &entry));
    for (size_t i = 0; i < n; i++) {
        line[i] ^= 1;
        ck_assert(!attempt_parse(line, n, &entry));
        line[i] ^= 1;
        ck_assert(!attempt_parse(line, i, &entry));
    }
}
END_TEST

START_TEST(ends_age_by_this_boots_clock)
{
    struct attempts_past past;
    begin();
    put_end("j", 1, true, 9 * HOUR);
    put_end("j", 2, false, 9 * HOUR + 1);
    put_end("other", 9, true, 9 * HOUR + 2);
    put_end("j", 3, true, 10 * HOUR);
    recall("j", &now_a, &past);
    ck_assert_uint_eq(past.attempt, 3);
    ck_assert_uint_eq(past.failures.n, 2);
    ck_assert_int_eq(past.failures.at_ms[0], 9 * HOUR);
    ck_assert_uint_eq(failures_count(&past.failures, 10 * HOUR, HOUR), 2); /* the edge is inside */
    ck_assert_uint_eq(failures_count(&past.failures, 10 * HOUR + 1, HOUR), 1);
    struct attempts_clock jumped = now_a; /* by ten years */
    jumped.wall_ms += 87600 * HOUR;
    recall("j", &jumped, &past);
    ck_assert_int_eq(past.failures.at_ms[0], 9 * HOUR);
}
END_TEST

static const struct {
    int64_t wall_later_ms; /* from the end that is 9 h after its boot to now, 1 min after ours */
    int64_t at_ms;
} reboots[] = { { HOUR, 60000 - HOUR },
                { HOUR + 1, 59999 - HOUR },
                { 0, 60000 },
                { -HOUR, 60000 } };

START_TEST(ends_of_an_earlier_boot_age_by_wall_time_never_below_0)
{
    struct attempts_past past;
    struct attempts_clock now = { BOOT_B, 60000, 999 * HOUR + reboots[_i].wall_later_ms };
    begin();
    put_end("j", 1, true, 9 * HOUR); /* wall: 999 h */
    recall("j", &now, &past);
    ck_assert_uint_eq(past.failures.n, 1);
    ck_assert_int_eq(past.failures.at_ms[0], reboots[_i].at_ms);
    bool inside = reboots[_i].wall_later_ms <= HOUR;
    ck_assert_uint_eq(failures_count(&past.failures, 60000, HOUR), inside);
}
END_TEST

START_TEST(a_recount_forgets_what_was_before)
{
    struct attempts_past past;
    begin();
    put_end("j", 1, true, HOUR);
    put(ATTEMPT_FAILED, "j", 1);
    recall("j", &now_a, &past);
    ck_assert(past.failed);
    ck_assert_str_eq(past.why, "job j failed");
    put(ATTEMPT_RECOUNT, "j", 1);
    put_end("j", 2, true, 2 * HOUR);
    recall("j", &now_a, &past);
    ck_assert(!past.failed);
    ck_assert_uint_eq(past.failures.n, 1);
    recall("unheard-of", &now_a, &past);
    ck_assert_uint_eq(past.attempt, 0);
}
END_TEST

START_TEST(a_failed_job_stays_failed_whatever_came_after)
{
    struct attempts_past past;
    struct attempts_found found;
    struct buf out = { 0 };
    begin();
    put(ATTEMPT_FAILED, "j", 1);
    put_end("j", 2, false, HOUR);
    ck_assert(attempts_compact(buf_slice(&text), NULL, &out, &found, NULL));
    attempts_recall(buf_slice(&out), "j", &now_a, &past);
    ck_assert(past.failed);
    buf_free(&out);
}
END_TEST

START_TEST(the_failure_that_was_one_too_many_says_so_itself)
{
    struct attempts_past past;
    struct attempt_entry end = entry_of(ATTEMPT_END, "j", 3);
    end.counted = ATTEMPT_LAST;
    snprintf(end.reason, sizeof end.reason, "exit status 1");
    begin();
    attempt_format(&end, &text); /* the daemon died here: no `failed` follows */
    recall("j", &now_a, &past);
    ck_assert(past.failed && past.failures.n == 1);
    ck_assert_str_eq(past.why, "job j failed too often due to exit status 1. Failing the job.");
}
END_TEST

START_TEST(a_start_without_an_end_was_aborted_and_does_not_count)
{
    struct attempts_past past;
    struct attempts_found found;
    struct buf out = { 0 };
    begin();
    put(ATTEMPT_START, "j", 1);
    put_end("j", 1, true, HOUR);
    put(ATTEMPT_START, "j", 2);
    ck_assert(attempts_compact(buf_slice(&text), &now_a, &out, &found, NULL));
    ck_assert_uint_eq(found.aborted, 1);
    ck_assert_ptr_nonnull(strstr(buf_text(&out), "attempt=2"));
    ck_assert_ptr_nonnull(strstr(buf_text(&out), "counted=0 reason=\"aborted"));
    ck_assert_ptr_null(strstr(buf_text(&out), " start "));
    attempts_recall(buf_slice(&out), "j", &now_a, &past);
    ck_assert_uint_eq(past.attempt, 2);
    ck_assert_uint_eq(past.failures.n, 1);
    buf_free(&out);
}
END_TEST

START_TEST(a_torn_tail_is_left_out_and_told_of)
{
    struct attempts_past past;
    struct attempts_found found;
    begin();
    put_end("j", 1, true, HOUR);
    size_t whole = text.len;
    put_end("j", 2, true, HOUR);
    for (size_t cut = whole + 1; cut < text.len; cut++) {
        struct buf out = { 0 };
        struct slice torn = { text.ptr, cut };
        ck_assert(attempts_compact(torn, &now_a, &out, &found, NULL));
        ck_assert_uint_eq(found.damaged, 1);
        ck_assert_uint_eq(found.damaged_line, 3);
        attempts_recall(torn, "j", &now_a, &past);
        ck_assert_uint_eq(past.failures.n, 1);
        ck_assert_uint_eq(out.len, whole);
        buf_free(&out);
    }
}
END_TEST

START_TEST(only_what_matters_is_kept)
{
    struct attempts_past before, after;
    struct attempts_found found;
    struct buf out = { 0 }, again = { 0 };
    begin();
    put_end("j", 1, true, 1);
    put(ATTEMPT_RECOUNT, "j", 1);
    for (uint64_t i = 2; i < 3000; i++) {
        put(ATTEMPT_START, "j", i);
        put_end("j", i, i % 2, (int64_t)i);
        put_end("j", i, i % 2, (int64_t)i); /* written again, since nobody knew */
    }
    recall("j", &now_a, &before);
    ck_assert(attempts_compact(buf_slice(&text), NULL, &out, &found, NULL));
    attempts_recall(buf_slice(&out), "j", &now_a, &after);
    ck_assert_uint_eq(before.failures.n, REPORT_ATTEMPTS_MAX);
    ck_assert_uint_eq(after.attempt, 2999);
    ck_assert_uint_eq(failures_count(&after.failures, 3000, 0),
                      failures_count(&before.failures, 3000, 0));
    ck_assert_uint_eq(failures_count(&after.failures, 3000, 10),
                      failures_count(&before.failures, 3000, 10));
    ck_assert(attempts_compact(buf_slice(&out), NULL, &again, &found, NULL));
    ck_assert_uint_eq(again.len, out.len);
    ck_assert_uint_lt(out.len, text.len / 5);
    buf_free(&out);
    buf_free(&again);
}
END_TEST

START_TEST(only_so_many_jobs_are_remembered)
{
    struct attempts_past past;
    struct attempts_found found;
    struct buf out = { 0 };
    char job[32];
    begin();
    for (unsigned i = 0; i < ATTEMPTS_JOBS_MAX + 1; i++) {
        snprintf(job, sizeof job, "job%u", i);
        put_end(job, 1, true, HOUR);
        put(ATTEMPT_START, job, 2);
    }
    put(ATTEMPT_START, "job0", 3); /* heard of last, though first of all */
    ck_assert(attempts_compact(buf_slice(&text), &now_a, &out, &found, NULL));
    ck_assert_uint_eq(found.aborted, ATTEMPTS_JOBS_MAX);
    attempts_recall(buf_slice(&out), "job1", &now_a, &past);
    ck_assert_uint_eq(past.attempt, 0);
    attempts_recall(buf_slice(&out), "job0", &now_a, &past);
    ck_assert_uint_eq(past.attempt, 3);
    attempts_recall(buf_slice(&out), "job2", &now_a, &past);
    ck_assert_uint_eq(past.attempt, 2);
    buf_free(&out);
}
END_TEST

static const struct {
    const char *text;
    const char *error; /* NULL = none */
} heads[] = {
    { "", NULL },
    { "tidemark attempts 1\n", NULL },
    { "tidemark attempts 2\n", "written by a newer version of tidemark (format 2)" },
    { "tidemark attempts 1", "its first line is not 'tidemark attempts 1'" },
    { "tidemark attempts x\n", "its first line is not 'tidemark attempts 1'" },
    { "tidemark attempts 0\n", "its first line is not 'tidemark attempts 1'" },
    { "tidemark attempts \n", "its first line is not 'tidemark attempts 1'" },
    { "tidemark attempts 1111111111111111111111111111\n",
      "its first line is not 'tidemark attempts 1'" },
    { "the jobs of somebody else\n", "its first line is not 'tidemark attempts 1'" },
    { "job: wordcount\n", "its first line is not 'tidemark attempts 1'" },
};

START_TEST(a_file_that_is_no_ledger_is_refused)
{
    struct err err = { .kind = ERR_NONE };
    struct attempts_found found;
    struct buf out = { 0 };
    struct slice bytes = { heads[_i].text, strlen(heads[_i].text) };
    ck_assert_int_eq(attempts_compact(bytes, NULL, &out, &found, &err), !heads[_i].error);
    if (heads[_i].error)
        ck_assert_str_eq(err.text, heads[_i].error);
    else
        ck_assert_str_eq(buf_text(&out), "tidemark attempts 1\n");
    buf_free(&out);
}
END_TEST

/* ---- the rule, with restarts in between */

static const struct {
    int64_t ends[4];
    size_t n;
    bool failed;
} worked[] = {
    { { 0, 1000, 2000 }, 3, true },
    { { 0, HOUR / 2, HOUR - 1 }, 3, true },
    { { 0, HOUR / 2, HOUR }, 3, true }, /* exactly one window old: counted */
    { { 0, HOUR / 2, HOUR + 1 }, 3, false },
    { { 0, 3000000, 3700000, 6500000 }, 4, true },
    { { 0, 3700000, 7400000, 11100000 }, 4, false },
};

struct machine { /* the clocks of a machine that may boot anew */
    char boot[ATTEMPT_BOOT_SIZE];
    int64_t booted_ms; /* on the wall clock */
};

static struct attempts_clock clock_at(const struct machine *machine, int64_t wall_ms)
{
    return (struct attempts_clock){ machine->boot, wall_ms - machine->booted_ms, wall_ms };
}

/* A failure at this time, told to a policy that knows only what the ledger says. */
static void fail_once(struct policy *policy, const struct attempts_clock *now, uint64_t attempt)
{
    static const struct job_policy limits = { 1, 3, HOUR, 0, 0, 30000, 1000 };
    static struct attempts_past past;
    struct policy_actions actions;
    recall("j", now, &past);
    policy_init(policy, "j", false);
    policy->failures = past.failures;
    policy->failed = past.failed;
    ck_assert_uint_eq(past.attempt, attempt - 1);
    policy_step(policy,
                &(struct policy_event){
                    .kind = POLICY_ACCEPTED, .limits = &limits, .now_ms = now->boot_ms },
                &actions);
    policy_step(
        policy,
        &(struct policy_event){ .kind = POLICY_EXITED, .status = 1, .now_ms = now->boot_ms },
        &actions);
    struct attempt_entry end = entry_of(ATTEMPT_END, "j", attempt);
    strcpy(end.boot, now->boot);
    end.boot_ms = now->boot_ms;
    end.wall_ms = now->wall_ms;
    end.counted = policy->counted;
    attempt_format(&end, &text);
}

START_TEST(the_rule_holds_across_restarts_of_daemon_and_machine)
{
    static struct policy policy;
    for (unsigned boots = 0; boots < 16; boots++) { /* bit i: the machine boots before end i */
        struct machine machine = { BOOT_A, 1000 };
        begin();
        for (size_t i = 0; i < worked[_i].n; i++) {
            int64_t wall_ms = 1000000 + worked[_i].ends[i];
            if (boots & 1u << i)
                machine = (struct machine){ .booted_ms = wall_ms - 500 };
            if (!*machine.boot)
                snprintf(machine.boot, sizeof machine.boot, "boot-%zu", i);
            struct attempts_clock now = clock_at(&machine, wall_ms);
            fail_once(&policy, &now, i + 1);
            ck_assert_int_eq(policy.failed, i + 1 == worked[_i].n && worked[_i].failed);
        }
    }
}
END_TEST

static uint64_t random_state = 88172645463325252u;
static uint32_t random_next(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)random_state;
}

START_TEST(bytes_of_any_kind_do_no_harm)
{
    struct attempts_found found;
    static struct attempts_past past;
    for (unsigned round = 0; round < 300; round++) {
        struct buf once = { 0 }, twice = { 0 };
        begin();
        for (unsigned i = 0; i < 20; i++)
            if (random_next() % 3)
                put_end(i % 2 ? "a" : "b", random_next() % 9, random_next() % 2, 1);
            else
                put(random_next() % ATTEMPT_KINDS, i % 2 ? "a" : "b", random_next() % 9);
        for (unsigned i = random_next() % 8; i > 0; i--)
            text.ptr[20 + random_next() % (text.len - 20)] = (uint8_t)random_next();
        struct slice cut = { text.ptr, 20 + random_next() % (text.len - 20) };
        ck_assert(attempts_compact(cut, NULL, &once, &found, NULL));
        ck_assert(attempts_compact(buf_slice(&once), NULL, &twice, &found, NULL));
        ck_assert_uint_eq(found.damaged, 0);
        ck_assert_str_eq(buf_text(&once), buf_text(&twice));
        attempts_recall(cut, "a", &now_a, &past);
        buf_free(&once);
        buf_free(&twice);
    }
}
END_TEST

Suite *attempts_suite(void)
{
    Suite *suite = suite_create("attempts");
    TCase *pure = tcase_create("pure");
    tcase_add_test(pure, the_format_is_what_it_was);
    tcase_add_test(pure, any_damage_of_a_line_is_seen);
    tcase_add_test(pure, ends_age_by_this_boots_clock);
    tcase_add_loop_test(pure, ends_of_an_earlier_boot_age_by_wall_time_never_below_0, 0, 4);
    tcase_add_test(pure, a_recount_forgets_what_was_before);
    tcase_add_test(pure, a_failed_job_stays_failed_whatever_came_after);
    tcase_add_test(pure, the_failure_that_was_one_too_many_says_so_itself);
    tcase_add_test(pure, a_start_without_an_end_was_aborted_and_does_not_count);
    tcase_add_test(pure, a_torn_tail_is_left_out_and_told_of);
    tcase_add_test(pure, only_what_matters_is_kept);
    tcase_add_test(pure, only_so_many_jobs_are_remembered);
    tcase_add_loop_test(pure, a_file_that_is_no_ledger_is_refused, 0, sizeof heads / sizeof *heads);
    tcase_add_loop_test(pure, the_rule_holds_across_restarts_of_daemon_and_machine, 0, 6);
    tcase_add_test(pure, bytes_of_any_kind_do_no_harm);
    suite_add_tcase(suite, pure);
    return suite;
}
