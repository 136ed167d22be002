/* A folder of its own for each test, and a file in it. */
#pragma once
#include <sys/resource.h>

#include "base/err.h"

extern char folder[64], path[100]; /* path: <folder>/file */
extern struct err err;

void folder_make(void); /* fixture: before a test, and after it */
void folder_drop(void);
void write_text(const char *text); /* into the file, by dir_write() */
void expect_text(const char *text);
void limit_files(rlim_t bytes); /* how long a file of this process may become */
