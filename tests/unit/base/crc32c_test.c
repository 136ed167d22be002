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

START_TEST(two_crcs_are_joined_by_the_length_of_the_second)
{
    static uint8_t bytes[100000];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * i + 7);
    uint32_t whole = crc32c(0, bytes, sizeof bytes);
    for (size_t cut = 0; cut <= sizeof bytes; cut += cut < 10 ? 1 : 997) {
        uint32_t first = crc32c(0, bytes, cut), second = crc32c(0, bytes + cut, sizeof bytes - cut);
        ck_assert_uint_eq(crc32c_join(first, second, sizeof bytes - cut), whole);
    }
    ck_assert_uint_eq(crc32c_join(whole, 0, 0), whole);
}
END_TEST

Suite *crc32c_suite(void)
{
    Suite *suite = suite_create("crc32c");
    TCase *tcase = tcase_create("crc32c");
    suite_add_tcase(suite, tcase);
    tcase_add_test(tcase, vectors_of_rfc_3720);
    tcase_add_test(tcase, pieces_give_the_whole);
    tcase_add_test(tcase, two_crcs_are_joined_by_the_length_of_the_second);
    return suite;
}
