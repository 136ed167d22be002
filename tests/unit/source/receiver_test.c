/* What a receiver decides, as a table: what happens, and what it then wants done. */
#include "receiver_rows.h"

START_TEST(a_partition_is_found_asked_and_read)
{
    PLAY(READS_FROM_5, { PARTITION, .later_ms = 30000, .want = "list ask0" });
}
END_TEST

START_TEST(a_new_partition_is_found_with_the_next_list)
{
    PLAY(READS_FROM_5, { MOVED, .a = 9, .later_ms = 29000, .want = "" },
         { TICK, .later_ms = 1000, .want = "list" }, { PARTITION, .partition = 1, .want = "ask1" },
         { LISTED, .want = "" }, { OFFSETS, .partition = 1, .a = 0, .b = 3, .want = "found1" });
}
END_TEST

START_TEST(an_unknown_topic_is_told_once_and_looked_for)
{
    PLAY(BEGIN, { LIST_FAILED, .a = 304, .want = "looked state304" },
         { TICK, .later_ms = 749, .want = "" }, { TICK, .later_ms = 1, .want = "list" },
         { LIST_FAILED, .a = 304, .want = "" }, { TICK, .later_ms = 1499, .want = "" },
         { TICK, .later_ms = 1, .want = "list" }, { PARTITION, .want = "ask0" },
         { LISTED, .want = "state0" });
    ck_assert(receiver.parts[0].is_later);
}
END_TEST

START_TEST(a_topic_that_could_not_be_looked_at_is_not_later)
{
    PLAY(BEGIN, { LIST_FAILED, .a = 305, .want = "state305" },
         { TICK, .later_ms = 750, .want = "list" }, { PARTITION, .want = "ask0" },
         { LISTED, .want = "state0" }, { OFFSETS, .a = 0, .b = 0, .want = "found0 looked" });
    ck_assert(!receiver.parts[0].is_later);
}
END_TEST

START_TEST(a_topic_is_looked_at_though_another_cannot_be)
{
    PLAY(BEGIN, { PARTITION, .want = "ask0" }, { LIST_FAILED, .a = 305, .want = "state305" },
         { OFFSETS, .a = 0, .b = 0, .want = "found0 looked" },
         { TICK, .later_ms = 750, .want = "list" }, { PARTITION, .partition = 1, .want = "ask1" },
         { LIST_FAILED, .a = 305, .want = "" },
         { OFFSETS, .partition = 1, .a = 0, .b = 0, .want = "found1" });
    ck_assert(!receiver.parts[0].is_later && receiver.parts[1].is_later);
}
END_TEST

START_TEST(offsets_that_do_not_come_are_asked_for_again)
{
    PLAY(BEGIN, { PARTITION, .want = "ask0" }, { LISTED, .want = "" },
         { OFFSETS_FAILED, .want = "state303" }, { TICK, .later_ms = 750, .want = "list" },
         { LISTED, .want = "state0" }, { TICK, .later_ms = 250, .want = "ask0" },
         { OFFSETS, .a = 0, .b = 0, .want = "found0 looked" });
}
END_TEST

START_TEST(a_broker_that_is_away_is_told_until_a_list_comes)
{
    PLAY(READS_FROM_5, { AWAY, .want = "state303" }, { AWAY, .later_ms = 100, .want = "" },
         { TICK, .later_ms = 900, .want = "list" }, { LIST_FAILED, .a = 303, .want = "" },
         { TICK, .later_ms = 1000, .want = "list" }, { LISTED, .want = "state0" });
}
END_TEST

START_TEST(an_offset_that_is_gone_is_fatal)
{
    PLAY(READS_FROM_5, { OUT_OF_RANGE, .want = "unassign0 seal0 ask0" },
         { OFFSETS, .a = 7, .b = 9, .want = "fatal330" }, { ASSIGN, .a = 7, .want = "" });
    ck_assert_ptr_nonnull(strstr(receiver.trouble.text, "t/0: offset 5 is gone: Kafka has 7 to 9"));
}
END_TEST

START_TEST(or_a_gap_to_the_first_or_the_last)
{
    source.on_out_of_range = OFFSET_EARLIEST;
    PLAY(READS_FROM_5, { OUT_OF_RANGE, .want = "unassign0 seal0 ask0" },
         { OFFSETS, .a = 7, .b = 9, .want = "gap0@7" },
         { ASSIGN, .a = 7, .want = "seal0 assign0@7" });
    source.on_out_of_range = OFFSET_LATEST;
    PLAY({ OUT_OF_RANGE, .want = "unassign0 seal0 ask0" },
         { OFFSETS, .a = 8, .b = 9, .want = "gap0@9" });
}
END_TEST

START_TEST(an_offset_that_is_there_after_all_is_read)
{
    PLAY(READS_FROM_5, { OUT_OF_RANGE, .want = "unassign0 seal0 ask0" },
         { OFFSETS, .a = 5, .b = 9, .want = "assign0@5" });
}
END_TEST

START_TEST(an_end_before_us_is_waited_for_and_then_fatal)
{
    source.on_out_of_range = OFFSET_EARLIEST; /* not even then: what was read is no more */
    PLAY(READS_FROM_5, { OUT_OF_RANGE, .want = "unassign0 seal0 ask0" },
         { OFFSETS, .a = 0, .b = 3, .want = "state330" },
         { TICK, .later_ms = 1000, .want = "ask0" },
         { OFFSETS, .a = 0, .b = 3, .later_ms = 29000, .want = "fatal330" });
}
END_TEST

#define READS_AGAIN_FROM_7                                 \
    PLAY(READS_FROM_5, { MOVED, .a = 8, .want = "" });     \
    receiver_last(&receiver, 0, 7, 1234);                  \
    PLAY({ OUT_OF_RANGE, .want = "unassign0 seal0 ask0" }, \
         { OFFSETS, .a = 0, .b = 3, .want = "state330" },  \
         { TICK, .later_ms = 1000, .want = "ask0" },       \
         { OFFSETS, .a = 0, .b = 9, .want = "assign0@7 list" }, { LISTED, .want = "state0" })

START_TEST(after_an_end_before_us_the_last_record_must_be_the_same)
{
    READS_AGAIN_FROM_7;
    ck_assert(receiver_compare(&receiver, 0, 7, 1234));
    ck_assert(receiver_compare(&receiver, 0, 8, 99)); /* no more doubt */
    ck_assert(receiver_is_open(&receiver));
}
END_TEST

START_TEST(another_record_where_one_was_read_is_fatal)
{
    READS_AGAIN_FROM_7;
    ck_assert(!receiver_compare(&receiver, 0, 7, 1235));
    PLAY({ TICK, .want = "fatal330" });
}
END_TEST

#define GOES_ON_FROM_8                                                   \
    PLAY(BEGIN, { PARTITION, .want = "ask0" }, { LISTED, .want = "" },   \
         { OFFSETS, .a = 0, .b = 20, .c = -1, .want = "found0 looked" }, \
         { ASSIGN, .a = 8, .c = 1234, .want = "seal0 assign0@7" })

START_TEST(the_last_record_of_an_earlier_life_must_be_the_same)
{
    GOES_ON_FROM_8;
    ck_assert(receiver_compare(&receiver, 0, 7, 1234));
    ck_assert(receiver_compare(&receiver, 0, 8, 99)); /* no more doubt */
    PLAY({ TICK, .want = "" });
}
END_TEST

START_TEST(another_record_than_that_of_an_earlier_life_is_fatal)
{
    GOES_ON_FROM_8;
    ck_assert(!receiver_compare(&receiver, 0, 7, 1235));
    PLAY({ TICK, .want = "fatal330" });
}
END_TEST

START_TEST(a_last_record_that_retention_took_proves_nothing)
{
    GOES_ON_FROM_8;
    PLAY({ OUT_OF_RANGE, .want = "unassign0 seal0 ask0" },
         { OFFSETS, .a = 8, .b = 20, .want = "assign0@8" });
    ck_assert(receiver_compare(&receiver, 0, 8, 99));
}
END_TEST

START_TEST(a_last_record_that_compaction_took_proves_nothing)
{
    READS_AGAIN_FROM_7;
    ck_assert(receiver_compare(&receiver, 0, 8, 99));
    ck_assert(receiver_is_open(&receiver));
}
END_TEST

START_TEST(an_end_that_went_back_or_a_topic_that_was_away_is_doubted)
{
    PLAY(READS_FROM_5, { MOVED, .a = 8, .want = "" });
    receiver_last(&receiver, 0, 7, 1234);
    PLAY({ TICK, .later_ms = 30000, .want = "list ask0" },
         { OFFSETS, .a = 5, .b = 6, .want = "unassign0 seal0 state330" });
}
END_TEST

START_TEST(a_partition_that_stalls_gets_a_new_consumer)
{
    PLAY(READS_FROM_5, { TICK, .later_ms = 9999, .want = "" },
         { TICK, .later_ms = 1, .want = "ask0" }, { OFFSETS, .a = 5, .b = 9, .want = "" },
         { TICK, .later_ms = 10000, .want = "ask0" }, { OFFSETS, .a = 5, .b = 9, .want = "" },
         { TICK, .later_ms = 10000, .want = "list ask0" },
         { OFFSETS, .a = 5, .b = 9, .want = "state303 close" },
         { TICK, .later_ms = 100, .want = "" }, { CLOSED, .want = "free open1" },
         { OPENED, .want = "assign0@5 list" }, { LISTED, .want = "" },
         { MOVED, .a = 6, .want = "list" }, { LISTED, .want = "state0" });
}
END_TEST

START_TEST(a_close_that_hangs_is_left_alone)
{
    PLAY(READS_FROM_5, { TICK, .later_ms = 30000, .want = "list ask0" },
         { OFFSETS, .a = 5, .b = 9, .want = "state303 close" },
         { TICK, .later_ms = 2999, .want = "" }, { TICK, .later_ms = 1, .want = "free open1" },
         { CLOSED, .want = "" });
}
END_TEST

START_TEST(who_has_read_all_or_is_held_does_not_stall)
{
    PLAY(READS_FROM_5, { MOVED, .a = 9, .want = "" },
         { TICK, .later_ms = 30000, .want = "list ask0" }, { OFFSETS, .a = 5, .b = 9, .want = "" },
         { LISTED, .want = "" }, { HOLD, .later_ms = 10000, .want = "" },
         { TICK, .later_ms = 10000, .want = "ask0" },
         { OFFSETS, .a = 5, .b = 12, .later_ms = 9999, .want = "" }, { GO_ON, .want = "" },
         { TICK, .later_ms = 10000, .want = "list ask0" },
         { OFFSETS, .a = 5, .b = 12, .want = "" });
}
END_TEST

START_TEST(markers_behind_the_last_record_are_no_stall)
{
    PLAY(READS_FROM_5, { MOVED, .a = 8, .want = "" }, { SEEN, .a = 9, .want = "" },
         { TICK, .later_ms = 30000, .want = "list ask0" }, { OFFSETS, .a = 5, .b = 9, .want = "" });
    ck_assert_int_eq(receiver.parts[0].next, 8);
}
END_TEST

START_TEST(many_partitions_get_a_consumer_of_smaller_queues)
{
    PLAY(BEGIN, { ASSIGN, .partition = 0, .a = 1, .want = "seal0 assign0@1" },
         { ASSIGN, .partition = 1, .a = 1, .want = "seal1 assign1@1" },
         { ASSIGN, .partition = 2, .a = 1, .want = "seal2 assign2@1 close" },
         { ASSIGN, .partition = 3, .a = 1, .want = "seal3" }, { CLOSED, .want = "free open4" },
         { OPENED, .want = "assign0@1 assign1@1 assign2@1 assign3@1 list" });
}
END_TEST

START_TEST(a_dead_consumer_is_the_end)
{
    PLAY(READS_FROM_5, { FAILED, .want = "fatal0" }, { TICK, .later_ms = 60000, .want = "" });
}
END_TEST

START_TEST(partitions_found_together_are_told_together)
{
    PLAY(BEGIN, { PARTITION, .partition = 0, .want = "ask0" },
         { PARTITION, .partition = 1, .want = "ask1" }, { LISTED, .want = "" },
         { OFFSETS, .partition = 0, .b = 9, .want = "" },
         { OFFSETS, .partition = 1, .b = 9, .want = "found0 found1 looked" });
}
END_TEST

START_TEST(the_first_look_is_over_when_its_last_partition_is_found)
{
    PLAY(BEGIN, { PARTITION, .partition = 0, .want = "ask0" },
         { PARTITION, .partition = 1, .want = "ask1" }, { LISTED, .want = "" },
         { OFFSETS_FAILED, .partition = 1, .want = "state303" },
         { OFFSETS, .partition = 0, .b = 9, .want = "found0" },
         { TICK, .later_ms = 750, .want = "list" }, { LISTED, .want = "state0" },
         { TICK, .later_ms = 250, .want = "ask1" },
         { OFFSETS, .partition = 1, .b = 9, .want = "found1 looked" });
}
END_TEST

START_TEST(a_topic_without_partitions_is_looked_at)
{
    PLAY(BEGIN, { LISTED, .want = "looked" });
}
END_TEST

START_TEST(a_commit_waits_for_a_consumer)
{
    PLAY(READS_FROM_5, { COMMIT, .a = 7, .want = "commit0@7" },
         { TICK, .later_ms = 30000, .want = "list ask0" },
         { OFFSETS, .a = 5, .b = 9, .want = "state303 close" }, { COMMIT, .a = 8, .want = "" },
         { CLOSED, .want = "free open1" }, { OPENED, .want = "commit0@8 assign0@5 list" });
}
END_TEST

START_TEST(only_the_partitions_that_were_asked_for)
{
    static const int32_t two[] = { 2 };
    topics[0].partitions = two;
    topics[0].n_partitions = 1;
    PLAY(BEGIN, { PARTITION, .partition = 1, .want = "" },
         { PARTITION, .partition = 2, .want = "ask0" });
}
END_TEST

Suite *receiver_suite(void)
{
    Suite *suite = suite_create("receiver");
    TCase *tcase = tcase_create("receiver");
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(tcase, open_receiver, close_receiver);
    tcase_add_test(tcase, a_partition_is_found_asked_and_read);
    tcase_add_test(tcase, a_new_partition_is_found_with_the_next_list);
    tcase_add_test(tcase, an_unknown_topic_is_told_once_and_looked_for);
    tcase_add_test(tcase, a_topic_that_could_not_be_looked_at_is_not_later);
    tcase_add_test(tcase, a_topic_is_looked_at_though_another_cannot_be);
    tcase_add_test(tcase, offsets_that_do_not_come_are_asked_for_again);
    tcase_add_test(tcase, a_broker_that_is_away_is_told_until_a_list_comes);
    tcase_add_test(tcase, an_offset_that_is_gone_is_fatal);
    tcase_add_test(tcase, or_a_gap_to_the_first_or_the_last);
    tcase_add_test(tcase, an_offset_that_is_there_after_all_is_read);
    tcase_add_test(tcase, an_end_before_us_is_waited_for_and_then_fatal);
    tcase_add_test(tcase, after_an_end_before_us_the_last_record_must_be_the_same);
    tcase_add_test(tcase, another_record_where_one_was_read_is_fatal);
    tcase_add_test(tcase, the_last_record_of_an_earlier_life_must_be_the_same);
    tcase_add_test(tcase, another_record_than_that_of_an_earlier_life_is_fatal);
    tcase_add_test(tcase, a_last_record_that_retention_took_proves_nothing);
    tcase_add_test(tcase, a_last_record_that_compaction_took_proves_nothing);
    tcase_add_test(tcase, an_end_that_went_back_or_a_topic_that_was_away_is_doubted);
    tcase_add_test(tcase, a_partition_that_stalls_gets_a_new_consumer);
    tcase_add_test(tcase, a_close_that_hangs_is_left_alone);
    tcase_add_test(tcase, who_has_read_all_or_is_held_does_not_stall);
    tcase_add_test(tcase, markers_behind_the_last_record_are_no_stall);
    tcase_add_test(tcase, many_partitions_get_a_consumer_of_smaller_queues);
    tcase_add_test(tcase, a_dead_consumer_is_the_end);
    tcase_add_test(tcase, partitions_found_together_are_told_together);
    tcase_add_test(tcase, the_first_look_is_over_when_its_last_partition_is_found);
    tcase_add_test(tcase, a_topic_without_partitions_is_looked_at);
    tcase_add_test(tcase, a_commit_waits_for_a_consumer);
    tcase_add_test(tcase, only_the_partitions_that_were_asked_for);
    return suite;
}
