#include "durable/wal.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "column/block.h"
#include "memory.h"

static struct block *block_of(int64_t offset, size_t n)
{
    struct block *block = block_new((uint32_t)n, 1);
    void *value = mem_alloc(n);
    memset(value, 'a' + (int)(offset % 26), n);
    block->topic = "lines";
    ck_assert(block_append(
        block, &(struct block_record){
                   .value = value, .value_len = (uint32_t)n, .offset = offset, .time_ms = 1 }));
    mem_free(value);
    return block;
}

struct log { /* a source's log and what it has published */
    struct wal *wal;
    int64_t offset; /* next one expected */
    uint64_t seqs, chain;
    uint32_t blocks;
    bool done; /* `until` blocks are published */
    uint32_t until;
};

static void published_cb(void *ctx, struct wal *wal, struct list *blocks)
{
    struct log *log = ctx;
    uint32_t frame = 0;
    log->seqs++;
    ck_assert_uint_eq(wal_seq(wal), log->seqs);
    for (struct list *link; (link = list_first(blocks));) {
        struct block *block = CONTAINER_OF(link, struct block, link);
        ck_assert_int_eq(block->first_offset, log->offset++);
        ck_assert_uint_eq(block->seq, log->seqs);
        ck_assert_uint_eq(block->frame, frame++);
        list_remove(link);
        block_free(block);
        log->blocks++;
    }
    ck_assert_uint_gt(frame, 0);
    log->chain = wal_chain(wal);
    log->done = log->blocks >= log->until;
}

static void open_log(struct directory *directory, struct log *log, uint32_t until)
{
    *log = (struct log){ .until = until };
    log->wal = wal_new(&(struct wal_conf){
        .directory = directory, .source = "kafka0", .published = published_cb, .ctx = log });
}

struct reading {
    struct arena topics;
    uint64_t chain;
    int64_t offset; /* next one expected */
    struct err err;
    bool damaged, done;
};

static void read_cb(void *ctx, struct wal_back *back)
{
    struct reading *reading = ctx;
    for (struct list *link; (link = list_first(&back->blocks));) {
        struct block *block = CONTAINER_OF(link, struct block, link);
        ck_assert_int_eq(block->first_offset, reading->offset++);
        ck_assert_str_eq(block->topic, "lines");
        ck_assert_int_eq(block->bytes[0], 'a' + (int)(block->first_offset % 26));
        list_remove(link);
        block_free(block);
    }
    reading->chain = back->chain;
    reading->err = back->err;
    reading->damaged = back->damaged;
    reading->done = true;
}

static void read_group(struct test *test, struct directory *directory, struct reading *reading,
                       uint64_t seq)
{
    reading->done = false;
    wal_read_start(&(struct wal_read){ .directory = directory,
                                       .source = "kafka0",
                                       .seq = seq,
                                       .chain = reading->chain,
                                       .topics = &reading->topics,
                                       .cb = read_cb,
                                       .ctx = reading });
    test_until(test, &reading->done);
}

START_TEST(blocks_of_one_turn_make_one_group_commit)
{
    struct test test;
    struct log log;
    test_begin(&test);
    struct directory *directory = test_directory(&test);
    open_log(directory, &log, 3);
    for (int64_t i = 0; i < 3; i++)
        wal_add(log.wal, block_of(i, 10));
    ck_assert_uint_gt(wal_waiting(log.wal), 30);
    test_until(&test, &log.done);
    ck_assert_uint_eq(log.seqs, 1);
    ck_assert_uint_eq(wal_waiting(log.wal), 0);
    ck_assert(memory_has(test.store, "e1.00112233445566ff/wal/kafka0-1"));
    wal_free(log.wal);
    test_end(&test);
}
END_TEST

static enum memory_fault hold_creates(void *ctx, const char *op, const struct store_req *req)
{
    (void)req;
    return *(bool *)ctx && strcmp(op, "create") == 0 ? MEMORY_HOLD : MEMORY_FINE;
}

START_TEST(what_comes_while_one_is_written_gathers_for_the_next)
{
    struct test test;
    struct log log;
    bool hold = true;
    test_begin(&test);
    struct directory *directory = test_directory(&test);
    open_log(directory, &log, 10);
    memory_on(test.store, hold_creates, &hold);
    for (int64_t i = 0; i < 10; i++) {
        wal_add(log.wal, block_of(i, 10));
        test_turns(&test, 2);
    }
    ck_assert_uint_eq(memory_asked(test.store, "create"), 1);
    hold = false;
    memory_release(test.store);
    test_until(&test, &log.done);
    ck_assert_uint_eq(log.seqs, 2);
    test_end(&test);
}
END_TEST

START_TEST(whole_groups_are_written_at_once_and_bounded)
{
    struct test test;
    struct log log;
    bool hold = true;
    test_begin(&test);
    struct directory *directory = test_directory(&test);
    open_log(directory, &log, 12);
    memory_on(test.store, hold_creates, &hold);
    for (int64_t i = 0; i < 12; i++)
        wal_add(log.wal, block_of(i, 3u << 20)); /* two of them fit into a group */
    test_turns(&test, 20);
    ck_assert_uint_eq(memory_asked(test.store, "create"), 3); /* and the last place is kept */
    hold = false;
    memory_release(test.store);
    test_until(&test, &log.done);
    ck_assert_uint_eq(log.seqs, 6);
    test_end(&test);
}
END_TEST

START_TEST(a_block_larger_than_a_group_is_one_of_its_own)
{
    struct test test;
    struct log log;
    struct reading reading = { .offset = 0 };
    test_begin(&test);
    struct directory *directory = test_directory(&test);
    open_log(directory, &log, 2);
    wal_add(log.wal, block_of(0, WAL_GROUP_BYTES + 1));
    wal_add(log.wal, block_of(1, 10));
    test_until(&test, &log.done);
    ck_assert_uint_eq(log.seqs, 2);
    read_group(&test, directory, &reading, 1);
    ck_assert_int_eq(reading.err.kind, ERR_NONE);
    test_end(&test);
}
END_TEST

START_TEST(what_was_published_is_read_back)
{
    struct test test;
    struct log log;
    struct reading reading = { .offset = 0 };
    test_begin(&test);
    struct directory *directory = test_directory(&test);
    open_log(directory, &log, 4);
    for (int64_t i = 0; i < 4; i++) {
        wal_add(log.wal, block_of(i, 100));
        test_turns(&test, 3);
    }
    test_until(&test, &log.done);
    for (uint64_t seq = 1; seq <= log.seqs; seq++) {
        read_group(&test, directory, &reading, seq);
        ck_assert_int_eq(reading.err.kind, ERR_NONE);
    }
    ck_assert_int_eq(reading.offset, 4);
    ck_assert_uint_eq(reading.chain, log.chain);
    test_end(&test);
}
END_TEST

START_TEST(a_group_that_is_damaged_missing_or_misplaced_is_named)
{
    static const char *const reasons[] = { "checksum", "it is missing", "index 1, not 2",
                                           "another frame stood before", "not a file of ours" };
    struct test test;
    struct log log;
    struct reading reading = { .chain = _i == 3 ? 7 : 0 };
    test_begin(&test);
    struct directory *directory = test_directory(&test);
    open_log(directory, &log, 1);
    wal_add(log.wal, block_of(0, 100));
    test_until(&test, &log.done);
    const char *path = "e1.00112233445566ff/wal/kafka0-1";
    if (_i == 0)
        memory_file(test.store, path)->ptr[250] ^= 1;
    if (_i == 4)
        memset(memory_file(test.store, path)->ptr, 0, 200);
    if (_i == 2)
        memory_move(test.store, path, "e1.00112233445566ff/wal/kafka0-2");
    read_group(&test, directory, &reading, _i == 1 || _i == 2 ? 2 : 1);
    ck_assert_int_eq(reading.err.kind, ERR_FATAL);
    ck_assert_uint_eq(reading.err.code, 350);
    ck_assert_ptr_nonnull(strstr(reading.err.text, "e1.00112233445566ff/wal/kafka0-"));
    ck_assert_msg(strstr(reading.err.text, reasons[_i]), "%s", reading.err.text);
    ck_assert_int_eq(reading.damaged, _i == 0 || _i >= 3);
    test_end(&test);
}
END_TEST

START_TEST(a_log_goes_on_behind_what_is_there)
{
    struct test test;
    struct log log = { .until = 1, .seqs = 41 };
    test_begin(&test);
    struct directory *directory = test_directory(&test);
    log.wal = wal_new(&(struct wal_conf){ .directory = directory,
                                          .source = "kafka0",
                                          .seq = 41,
                                          .chain = 99,
                                          .published = published_cb,
                                          .ctx = &log });
    wal_add(log.wal, block_of(0, 5));
    test_until(&test, &log.done);
    ck_assert(memory_has(test.store, "e1.00112233445566ff/wal/kafka0-42"));
    struct reading reading = { .chain = 99 };
    read_group(&test, directory, &reading, 42);
    ck_assert_int_eq(reading.err.kind, ERR_NONE);
    test_end(&test);
}
END_TEST

static enum memory_fault break_reads(void *ctx, const char *op, const struct store_req *req)
{
    (void)ctx, (void)req;
    return strcmp(op, "read") == 0 ? MEMORY_BREAK : MEMORY_FINE;
}

START_TEST(a_group_that_the_store_will_not_give_is_told)
{
    struct test test;
    struct reading reading = { .chain = 0 };
    test_begin(&test);
    struct directory *directory = test_directory(&test);
    memory_on(test.store, break_reads, NULL);
    read_group(&test, directory, &reading, 1);
    ck_assert_int_eq(reading.err.kind, ERR_FATAL);
    ck_assert_ptr_nonnull(strstr(reading.err.text, "refused"));
    test_end(&test);
}
END_TEST

START_TEST(once_fenced_nothing_is_written)
{
    struct test test;
    struct log log;
    test_begin(&test);
    struct directory *directory = test_directory(&test);
    open_log(directory, &log, 1);
    directory_fence(directory);
    wal_add(log.wal, block_of(0, 10));
    test_turns(&test, 5);
    ck_assert_uint_eq(memory_asked(test.store, "create"), 0);
    ck_assert_uint_gt(wal_waiting(log.wal), 0);
    wal_free(NULL);
    test_end(&test);
}
END_TEST

#define TEST(name) tcase_add_test(tcase, name)
Suite *wal_suite(void)
{
    Suite *suite = suite_create("wal");
    TCase *tcase = tcase_create("wal");
    suite_add_tcase(suite, tcase);
    tcase_set_timeout(tcase, 120);
    TEST(blocks_of_one_turn_make_one_group_commit);
    TEST(what_comes_while_one_is_written_gathers_for_the_next);
    TEST(whole_groups_are_written_at_once_and_bounded);
    TEST(a_block_larger_than_a_group_is_one_of_its_own);
    TEST(what_was_published_is_read_back);
    tcase_add_loop_test(tcase, a_group_that_is_damaged_missing_or_misplaced_is_named, 0, 5);
    TEST(a_log_goes_on_behind_what_is_there);
    TEST(a_group_that_the_store_will_not_give_is_told);
    TEST(once_fenced_nothing_is_written);
    return suite;
}
