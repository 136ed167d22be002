/* Why a value could not be computed for a row: the record becomes an error record. */
#pragma once
#include <stdint.h>

enum fault {
    FAULT_NONE,
    FAULT_OVERFLOW,        /* E404 */
    FAULT_DIVIDE,          /* E404: by 0 */
    FAULT_NO_UTF8,         /* E401 */
    FAULT_NO_JSON,         /* E402 */
    FAULT_DEEP_JSON,       /* E402: it is, but deeper than JSON_TEXT_DEPTH_MAX */
    FAULT_NO_CSV,          /* E403 */
    FAULT_NO_INT,          /* E403: this String is no Int */
    FAULT_NO_FIT,          /* E403: no Int holds this number */
    FAULT_NO_DOUBLE,       /* E403 */
    FAULT_EMPTY_SEPARATOR, /* E405: split("") */
    FAULT_RANGE,           /* E405: an index outside */
    FAULT_EMPTY,           /* E405: head, last, min, max of nothing */
    FAULT_LARGE,           /* E407: a String or List grew too large */
    FAULT_MATCH,           /* E406: a regex took too many steps or too much memory */
    FAULT_N
};

unsigned fault_code(enum fault fault);    /* 404 for E404 */
const char *fault_text(enum fault fault); /* "overflow", to stand behind the expression */
