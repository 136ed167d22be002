#include "io/version.h"

#include <check.h>
#include <string.h>

START_TEST(every_library_says_its_name_and_number)
{
    unsigned n = 0;
    for (struct version library; (library = version_of(n)).name; n++) {
        ck_assert_int_eq(strncmp(library.name, "lib", 3), 0);
        ck_assert_msg(library.number[strspn(library.number, "0123456789.")] == '\0', "%s %s",
                      library.name, library.number);
        ck_assert_ptr_nonnull(strchr(library.number, '.'));
    }
    ck_assert_uint_eq(n, 8);
}
END_TEST

Suite *version_suite(void)
{
    Suite *suite = suite_create("version");
    TCase *tcase = tcase_create("version");
    suite_add_tcase(suite, tcase);
    tcase_add_test(tcase, every_library_says_its_name_and_number);
    return suite;
}
