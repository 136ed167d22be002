/* Assertions that are on in every build: a broken invariant ends the process before it can write a wrong byte.
 * Input from outside never reaches one. */
#pragma once

#define check(condition) ((condition) ? (void)0 : check_failed(#condition, __FILE__, __LINE__))

/* Says what broke and where on standard error and aborts. */
_Noreturn void check_failed(const char *condition, const char *file, int line);
