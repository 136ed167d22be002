#include "base/check.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void check_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "tidemark: bug: %s does not hold at %s:%d\n", condition, file, line);
    abort();
}

void check_spent(const char *what, const char *why, const char *limit)
{
    fprintf(stderr, "tidemark: %s: %s: raise the limit of %s\n", what, why, limit);
    _exit(CHECK_SPENT);
}

/* In the place of libc's: a library that bears no failed allocation, as librdkafka, asserts that there is none. */
void __assert_fail(const char *condition, const char *file, unsigned line, const char *function)
{
    char place[200]; /* errno may be of earlier: what does not hold is shown as well */
    snprintf(place, sizeof place, "%s() of a library got none (%s at %s:%u)", function, condition,
             file, line);
    if (errno == ENOMEM)
        check_spent("out of memory", place, CHECK_MEMORY);
    check_failed(condition, file, (int)line);
}
