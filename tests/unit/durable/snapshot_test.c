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

Suite *snapshot_suite(void)
{
    Suite *suite = suite_create("snapshot");
    TCase *tcase = tcase_create("snapshot");
    suite_add_tcase(suite, tcase);
    tcase_add_loop_test(tcase, what_is_read_back_must_be_what_was_written, 0, 5);
    return suite;
}
