/* Timestamps as text, always in UTC, so that every machine writes the same. */
#pragma once
#include "column/kernel.h"
#include "column/number.h"

/* 2026-03-01T09:30:00Z, with .250 in front of the Z where there are milliseconds (RFC 3339). Returns
 * the length; years outside 0 … 9999 have a sign or more digits. */
size_t time_put(int64_t ms, char text[NUMBER_TEXT_MAX]);

struct time_pattern;
/* A pattern with the letters of Java's DateTimeFormatter: yyyy yy MM MMM dd HH hh mm ss SSS a EEE DDD
 * and fewer of them, 'text' and '' for itself. NULL, *at is the byte and *why says what is wrong,
 * when it is none. In the arena. */
const struct time_pattern *time_pattern_new(struct arena *arena, struct slice pattern, uint32_t *at,
                                            const char **why);
kernel_fn kernel_time_format; /* data is the struct time_pattern */
