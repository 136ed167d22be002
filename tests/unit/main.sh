#!/bin/sh
# main.sh FILE...: writes the main() that runs the suites of these test files.
declare= add=
for file; do
    name=$(basename "$file" _test.c)
    declare="${declare}Suite *${name}_suite(void);
"
    add="$add    srunner_add_suite(runner, ${name}_suite());
"
done
cat <<END
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

${declare}
int main(void)
{
    SRunner *runner = srunner_create(suite_create("unit"));
${add}    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner), run = srunner_ntests_run(runner);
    srunner_free(runner);
    printf("unit: %d passed, %d failed\n", run - failed, failed);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
END
