/* What `tidemark test` says of each test: for people, as JSON, and as JUnit's XML for build servers. */
#pragma once
#include <stdbool.h>

#include "base/buf.h"
#include "cli/command.h"

struct test_result {
    const char *file, *job, *name;
    unsigned line; /* of the file, where the test stands */
    bool passed;
    struct slice said; /* why not: lines, indented */
    double seconds;
};

struct test_report { /* {.cli} is a new one */
    const struct cli *cli;
    struct buf json, junit, suite; /* of all files; the cases of the file under way */
    const char *file, *job;        /* under way */
    unsigned passed, failed;       /* tests of all files */
    unsigned suite_tests, suite_failed;
    unsigned invalid; /* files */
};

void test_report_begin(struct test_report *report, const char *file, const char *job);
void test_report_add(struct test_report *report, const struct test_result *result);
void test_report_end(struct test_report *report);     /* of the file */
void test_report_invalid(struct test_report *report); /* the file is not valid, which was said */
/* The last words. False with errno: the XML could not be written to `junit` (NULL = it is not wanted). */
bool test_report_finish(struct test_report *report, const char *junit);
void test_report_free(struct test_report *report);
