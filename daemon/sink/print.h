/* The output `print`: what PySpark's pprint() writes, to the letter.
 *
 *   -------------------------------------------        43 dashes
 *   Time: 2026-11-22 15:00:10                          local; .500000 when this batch's time has a fraction
 *   -------------------------------------------
 *   ('hello', 3)                                       up to `num` rows as Python's str()
 *   ...                                                when there are more
 *                                                      an empty line */
#pragma once
#include "sink/sink.h"

extern const struct sink sink_print;
