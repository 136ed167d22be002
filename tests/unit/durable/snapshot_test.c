#include "durable/snapshot.h"

#include <check.h>
#include <string.h>

#include "base/mem.h"
#include "memory.h"

static struct saving { /* a snapshot, what becomes of it before it is read back, and what is said */
    struct test test;
    struct directory *directory;
    int how;
    struct err err;
    bool done;
} saving;

static void saved_cb(void *ctx, uint64_t index, const struct err *err)
{
    ck_assert(ctx == &saving && index == 7);
    saving.err = *err;
    saving.done = true;
}

static enum memory_fault spoil(void *ctx, const char *op, const struct store_req *req)
{
    struct buf *file = memory_file(saving.test.store, req->path);
    (void)ctx;
    if (strcmp(op, "read") != 0 || !file || saving.how == 0)
        return MEMORY_FINE;
    if (saving.how == 1)
        return MEMORY_BREAK;
    if (saving.how == 2) {
        memory_drop(saving.test.store, req->path);
        return MEMORY_FINE;
    }
    if (saving.how == 5) {
        file->ptr[file->len - FILE_TAIL_SIZE - 1] ^= 1;
        return MEMORY_FINE;
    }
    struct file_head head = { .kind = FILE_SNAP, .index = 7 }; /* another one, and whole */
    directory_want(saving.directory, &head);
    size_t n = file->len - FILE_HEAD_SIZE - FILE_TAIL_SIZE - (saving.how == 3);
    struct slice piece = { mem_zalloc(n), n };
    uint8_t first[FILE_HEAD_SIZE], last[FILE_TAIL_SIZE];
    file_seal(&head, &piece, 1, first, last);
    buf_clear(file);
    buf_put(file, first, sizeof first);
    buf_put(file, piece.ptr, n);
    buf_put(file, last, sizeof last);
    return MEMORY_FINE;
}

START_TEST(what_is_read_back_must_be_what_was_written)
{
    static const char *const reasons[] = { "", "refused", "it is not there", "other", "other" };
    saving = (struct saving){ .how = _i };
    test_begin(&saving.test);
    saving.directory = test_directory(&saving.test);
    struct record *record = mem_zalloc(sizeof *record);
    record_put(record, &(struct entry){ .kind = ENTRY_START, .start = { 1, 2, 3 } });
    memory_on(saving.test.store, spoil, NULL);
    snapshot_start(&(struct snapshot_job){ .directory = saving.directory,
                                           .content = record,
                                           .index = 7,
                                           .cb = saved_cb,
                                           .ctx = &saving });
    test_until(&saving.test, &saving.done);
    ck_assert_int_eq(saving.err.kind, _i ? ERR_FATAL : ERR_NONE);
    ck_assert_msg(_i == 0 || strstr(saving.err.text, reasons[_i]), "%s", saving.err.text);
    test_end(&saving.test);
}
END_TEST

/* Parts as large as one turn: each is summed, freed and checked in a turn of its own. */
static struct record *large_content(unsigned parts, size_t size)
{
    struct record *content = NULL;
    char *bytes = mem_zalloc(size);
    for (unsigned i = parts; i-- > 0;) {
        struct record *part = mem_zalloc(sizeof *part);
        memset(bytes, 'a' + (int)i, size);
        record_put(
            part, &(struct entry){ .kind = ENTRY_DELTA, .delta = { { "s", 1 }, { bytes, size } } });
        part->next = content;
        content = part;
    }
    mem_free(bytes);
    return content;
}

START_TEST(a_large_one_is_dealt_with_in_turns)
{
    saving = (struct saving){ .how = 0 };
    test_begin(&saving.test);
    saving.directory = test_directory(&saving.test);
    snapshot_start(&(struct snapshot_job){ .directory = saving.directory,
                                           .content = large_content(3, SNAPSHOT_TURN_BYTES + 5),
                                           .index = 7,
                                           .cb = saved_cb,
                                           .ctx = &saving });
    ck_assert_uint_eq(memory_asked(saving.test.store, "create"), 0); /* it is summed first */
    test_until(&saving.test, &saving.done);
    ck_assert_msg(saving.err.kind == ERR_NONE, "%s", saving.err.text);
    struct buf *file = memory_file(saving.test.store, "e1.00112233445566ff/snap/7");
    struct file_head head;
    struct slice content;
    struct record_reader reader;
    struct entry entry;
    ck_assert_int_eq(file_open(buf_slice(file), NULL, &head, &content, NULL), FILE_WHOLE);
    ck_assert(record_open(content, &reader, &saving.err));
    for (char want = 'a'; want < 'd'; want++) {
        ck_assert(record_next(&reader, &entry, &saving.err));
        ck_assert_uint_eq(entry.delta.bytes.len, SNAPSHOT_TURN_BYTES + 5);
        ck_assert_int_eq(*(const char *)entry.delta.bytes.ptr, want);
    }
    ck_assert(!record_next(&reader, &entry, &saving.err) && saving.err.kind == ERR_NONE);
    test_end(&saving.test);
}
END_TEST

START_TEST(one_other_byte_of_a_large_one_is_found)
{
    saving = (struct saving){ .how = 5 };
    test_begin(&saving.test);
    saving.directory = test_directory(&saving.test);
    memory_on(saving.test.store, spoil, NULL);
    snapshot_start(&(struct snapshot_job){ .directory = saving.directory,
                                           .content = large_content(2, SNAPSHOT_TURN_BYTES),
                                           .index = 7,
                                           .cb = saved_cb,
                                           .ctx = &saving });
    test_until(&saving.test, &saving.done);
    ck_assert_int_eq(saving.err.kind, ERR_FATAL);
    ck_assert_uint_eq(saving.err.code, 351);
    ck_assert_ptr_nonnull(strstr(saving.err.text, "snap/7, read back: the checksum of the file's"));
    test_end(&saving.test);
}
END_TEST

START_TEST(what_recovery_would_not_read_is_not_written)
{
    saving = (struct saving){ .how = 0 };
    test_begin(&saving.test);
    saving.directory = test_directory(&saving.test);
    struct record *content = large_content(2, 1);
    content->next->bytes.len = FILE_LENGTH_MAX; /* as it says; nobody looks at its bytes */
    snapshot_start(&(struct snapshot_job){ .directory = saving.directory,
                                           .content = content,
                                           .index = 7,
                                           .cb = saved_cb,
                                           .ctx = &saving });
    test_until(&saving.test, &saving.done);
    ck_assert_int_eq(saving.err.kind, ERR_FATAL);
    ck_assert_uint_eq(saving.err.code, 407);
    ck_assert_uint_eq(memory_asked(saving.test.store, "create"), 0);
    test_end(&saving.test);
}
END_TEST

Suite *snapshot_suite(void)
{
    Suite *suite = suite_create("snapshot");
    TCase *tcase = tcase_create("snapshot");
    suite_add_tcase(suite, tcase);
    tcase_add_loop_test(tcase, what_is_read_back_must_be_what_was_written, 0, 5);
    tcase_add_test(tcase, a_large_one_is_dealt_with_in_turns);
    tcase_add_test(tcase, what_recovery_would_not_read_is_not_written);
    tcase_add_test(tcase, one_other_byte_of_a_large_one_is_found);
    return suite;
}
