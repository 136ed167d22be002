#include <check.h>
#include <string.h>

#include "base/crc32c.h"

START_TEST(vectors_of_rfc_3720)
{
    uint8_t bytes[32] = { 0 };
    ck_assert_uint_eq(crc32c(0, bytes, 32), 0x8a9136aa);
    memset(bytes, 0xff, 32);
    ck_assert_uint_eq(crc32c(0, bytes, 32), 0x62a8ab43);
    for (uint8_t i = 0; i < 32; i++)
        bytes[i] = i;
    ck_assert_uint_eq(crc32c(0, bytes, 32), 0x46dd794e);
    ck_assert_uint_eq(crc32c(0, "123456789", 9), 0xe3069283);
}
END_TEST

START_TEST(pieces_give_the_whole)
{
    for (size_t cut = 0; cut <= 9; cut++)
        ck_assert_uint_eq(crc32c(crc32c(0, "123456789", cut), "123456789" + cut, 9 - cut),
                          0xe3069283);
}
END_TEST

Suite *crc32c_suite(void)
{
    Suite *suite = suite_create("crc32c");
    TCase *tcase = tcase_create("crc32c");
    suite_add_tcase(suite, tcase);
    tcase_add_test(tcase, vectors_of_rfc_3720);
    tcase_add_test(tcase, pieces_give_the_whole);
    return suite;
}
