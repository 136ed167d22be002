/* What a receiver makes of what should not come. */
#include "receiver_rows.h"

START_TEST(who_is_dead_says_and_does_nothing)
{
    PLAY(READS_FROM_5, { FAILED, .want = "fatal0" }, { AWAY, .want = "" },
         { ASSIGN, .partition = 1, .a = 5, .want = "" });
    receiver_tell(&receiver, &(struct err){ .kind = ERR_RETRY, .code = 303 });
    ck_assert_str_eq(wanted(), "");
}
END_TEST

START_TEST(the_same_trouble_is_told_once)
{
    static const struct {
        struct err err;
        const char *want;
    } told[] = {
        { { ERR_RETRY, 0, "one" }, "state0" }, { { ERR_RETRY, 0, "one" }, "" },
        { { ERR_RETRY, 0, "two" }, "state0" }, { { ERR_RETRY, 303, "two" }, "state303" },
        { { ERR_RETRY, 303, "other" }, "" },   { { ERR_UNKNOWN, 303, "other" }, "state303" },
        { { ERR_NONE, 0, "" }, "state0" },     { { ERR_NONE, 0, "fine" }, "" },
    };
    PLAY(READS_FROM_5);
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
        receiver_tell(&receiver, &told[i].err);
        ck_assert_str_eq(wanted(), told[i].want);
    }
    receiver_suffer(&receiver, &(struct err){ ERR_UNKNOWN, 0, "perhaps" }, now_ms);
    ck_assert(receiver_is_open(&receiver));
    receiver_suffer(&receiver, &(struct err){ ERR_FATAL, 407, "large" }, now_ms);
    ck_assert(!receiver_is_open(&receiver));
}
END_TEST

START_TEST(a_record_that_no_block_can_hold_is_the_end)
{
    PLAY(READS_FROM_5);
    receiver_refuse(&receiver, 0, 7, 1ull << 33);
    ck_assert_str_eq(wanted(), "fatal407");
    ck_assert_ptr_nonnull(
        strstr(receiver.trouble.text, "t/0: the record at offset 7 has 8589934592 bytes"));
}
END_TEST

START_TEST(partitions_have_a_limit)
{
    PLAY(BEGIN);
    for (int32_t i = 0; i < RECEIVER_PARTITIONS_MAX; i++)
        tell(KAFKA_PARTITION, &(struct row){ .partition = i }, ERR_NONE, 0);
    ck_assert_uint_eq(receiver.n_parts, RECEIVER_PARTITIONS_MAX);
    ck_assert(receiver_is_open(&receiver));
    struct row more = { _i ? ASSIGN : PARTITION, .partition = RECEIVER_PARTITIONS_MAX, .a = 1 };
    happen(&more); /* found, or given by the worker */
    ck_assert(!receiver_is_open(&receiver));
    ck_assert_int_eq(receiver.trouble.kind, ERR_BAD_CONFIG);
    ck_assert_str_eq(receiver.trouble.text, "more than 4096 partitions");
}
END_TEST

START_TEST(one_that_does_not_look_is_given_its_partitions)
{
    receiver_free(&receiver);
    receiver_init(&receiver, &source, false);
    PLAY({ START, .want = "open1" }, { OPENED, .want = "" }, { PARTITION, .want = "" },
         { ASSIGN, .a = 5, .want = "seal0 assign0@5" }, { AWAY, .want = "state303" },
         { TICK, .later_ms = 750, .want = "list" }, { LISTED, .want = "state0" },
         { TICK, .later_ms = 9000, .want = "" });
}
END_TEST

START_TEST(a_new_consumer_goes_on_where_the_one_before_was)
{
    PLAY(READS_FROM_5, { PARTITION, .partition = 1, .want = "ask1" },
         { OFFSETS_FAILED, .partition = 1, .want = "state303" },
         { ASSIGN, .partition = 2, .a = 1, .want = "seal2 assign2@1" },
         { ASSIGN, .partition = 3, .a = 1, .want = "seal3 assign3@1 close" },
         { CLOSED, .want = "free open3" }, { CLOSED, .want = "" },
         { OPENED, .want = "assign0@5 assign2@1 assign3@1 list ask1" });
}
END_TEST

START_TEST(what_is_said_of_no_partition_of_ours_is_passed_over)
{
    PLAY(READS_FROM_5, { OFFSETS, .partition = 9, .a = 1, .b = 2, .want = "" },
         { OUT_OF_RANGE, .partition = 9, .want = "" }, { COMMIT, .partition = 9, .want = "" },
         { OUT_OF_RANGE, .want = "unassign0 seal0 ask0" },
         { OUT_OF_RANGE, .want = "" }, /* it is lost already */
         { PARTITION, .want = "" });   /* and known */
}
END_TEST

START_TEST(a_first_offset_that_goes_back_is_doubted)
{
    PLAY(READS_FROM_5, { TICK, .later_ms = 30000, .want = "list ask0" },
         { OFFSETS, .a = 4, .b = 9, .want = "unassign0 seal0 assign0@5" });
}
END_TEST

START_TEST(offsets_that_come_again_change_nothing_before_the_worker_has_answered)
{
    PLAY(BEGIN, { PARTITION, .want = "ask0" }, { LISTED, .want = "" },
         { OFFSETS, .a = 5, .b = 9, .c = -1, .want = "found0 looked" },
         { OFFSETS, .a = 5, .b = 10, .c = -1, .want = "" },
         { ASSIGN, .a = 5, .want = "seal0 assign0@5" });
}
END_TEST

Suite *receiver_odd_suite(void)
{
    Suite *suite = suite_create("receiver_odd");
    TCase *tcase = tcase_create("receiver_odd");
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(tcase, open_receiver, close_receiver);
    tcase_add_test(tcase, who_is_dead_says_and_does_nothing);
    tcase_add_test(tcase, the_same_trouble_is_told_once);
    tcase_add_test(tcase, a_record_that_no_block_can_hold_is_the_end);
    tcase_add_loop_test(tcase, partitions_have_a_limit, 0, 2);
    tcase_add_test(tcase, one_that_does_not_look_is_given_its_partitions);
    tcase_add_test(tcase, a_new_consumer_goes_on_where_the_one_before_was);
    tcase_add_test(tcase, what_is_said_of_no_partition_of_ours_is_passed_over);
    tcase_add_test(tcase, a_first_offset_that_goes_back_is_doubted);
    tcase_add_test(tcase, offsets_that_come_again_change_nothing_before_the_worker_has_answered);
    return suite;
}
