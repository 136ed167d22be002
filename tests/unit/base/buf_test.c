#include <check.h>
#include <string.h>

#include "base/buf.h"

START_TEST(reads_back_what_was_put)
{
    struct buf buf = { 0 };
    buf_put_u8(&buf, 7);
    buf_put_u16(&buf, 0x1234);
    buf_put_u32(&buf, 0xdeadbeef);
    buf_put_u64(&buf, UINT64_MAX - 1);
    buf_put_str(&buf, "tide");
    struct reader reader = reader_of(buf_slice(&buf));
    ck_assert_uint_eq(reader_u8(&reader), 7);
    ck_assert_uint_eq(reader_u16(&reader), 0x1234);
    ck_assert_uint_eq(reader_u32(&reader), 0xdeadbeef);
    ck_assert_uint_eq(reader_u64(&reader), UINT64_MAX - 1);
    struct slice text = reader_str(&reader);
    ck_assert_uint_eq(text.len, 4);
    ck_assert_mem_eq(text.ptr, "tide", 4);
    ck_assert(!reader.bad && reader_left(&reader) == 0);
    buf_free(&buf);
}
END_TEST

START_TEST(no_text_is_an_empty_slice)
{
    ck_assert_uint_eq(slice_of_text(NULL).len, 0);
    ck_assert_uint_eq(slice_of_text("ab").len, 2);
}
END_TEST

START_TEST(a_read_past_the_end_is_remembered)
{
    struct reader reader =
        reader_of((struct slice){ "\0\11abc", 5 }); /* a string of 9 bytes of which 3 are there */
    struct slice text = reader_str(&reader);
    ck_assert_uint_eq(text.len, 0);
    ck_assert(reader.bad);
    ck_assert_uint_eq(reader_u8(&reader), 0); /* the 3 bytes are not handed out any more */
    ck_assert(reader.bad);
}
END_TEST

Suite *buf_suite(void)
{
    Suite *suite = suite_create("buf");
    TCase *tcase = tcase_create("buf");
    suite_add_tcase(suite, tcase);
    tcase_add_test(tcase, reads_back_what_was_put);
    tcase_add_test(tcase, no_text_is_an_empty_slice);
    tcase_add_test(tcase, a_read_past_the_end_is_remembered);
    return suite;
}
