/* Whole lines to a descriptor that may block (the log, the pipe to the supervisor). Nobody waits for
 * its reader: what does not fit is dropped and counted. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINES_WAITING_MAX (256u << 10) /* bytes kept for a reader that is slow */

struct loop;
struct lines;

struct lines *lines_new(struct loop *loop, int fd); /* fd stays the caller's and must outlive it */
/* A line or several, with their \n; copied. */
void lines_put(struct lines *lines, const char *bytes, size_t n);
bool lines_idle(const struct lines *lines);        /* all that was put is written, or lost */
uint64_t lines_dropped(const struct lines *lines); /* lines_put()s that did not fit */
void lines_free(struct lines *lines);              /* NULL is fine; what waits is dropped */
