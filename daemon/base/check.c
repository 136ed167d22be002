#include "base/check.h"

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
