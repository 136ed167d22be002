/* Assertions that are on in every build: a broken invariant ends the process before it can write a wrong byte.
 * Input from outside never reaches one. */
#pragma once

#define check(condition) ((condition) ? (void)0 : check_failed(#condition, __FILE__, __LINE__))

/* Says what broke and where on standard error and aborts. */
_Noreturn void check_failed(const char *condition, const char *file, int line);

#define CHECK_SPENT 71 /* exit status of a process that got no memory, thread or file (EX_OSERR) */
#define CHECK_MEMORY "memory (limits.memoryPerJob, ulimit -v, MemoryMax=)"
/* No bug: the process cannot go on without something that a limit or the machine refuses. Says that,
 * and which limit to raise, on standard error and ends with CHECK_SPENT. */
_Noreturn void check_spent(const char *what, const char *why, const char *limit);
