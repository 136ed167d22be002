#include "folder.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "io/dir.h"

char folder[64], path[100];
struct err err;

void folder_make(void)
{
    strcpy(folder, "/tmp/dir-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
}

void folder_drop(void)
{
    char command[100];
    snprintf(command, sizeof command, "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}

void write_text(const char *text)
{
    ck_assert_msg(dir_write(path, (struct slice){ text, strlen(text) }, &err), "%s", err.text);
}

void expect_text(const char *text)
{
    struct buf got = { 0 };
    ck_assert_msg(dir_read(path, 1000, &got, &err), "%s", err.text);
    ck_assert_str_eq(buf_text(&got), text);
    buf_free(&got);
}

void limit_files(rlim_t bytes)
{
    struct rlimit limit = { bytes, RLIM_INFINITY };
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}
