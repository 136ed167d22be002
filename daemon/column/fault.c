#include "column/fault.h"

#include "base/check.h"

static const struct {
    unsigned code;
    const char *text;
} faults[FAULT_N] = {
    [FAULT_OVERFLOW] = { 404, "overflow: the result does not fit an Int" },
    [FAULT_DIVIDE] = { 404, "division by 0" },
    [FAULT_NO_UTF8] = { 401, "not UTF-8" },
    [FAULT_NO_CSV] = { 403, "not a CSV record" },
    [FAULT_NO_JSON] = { 402, "not JSON" },
    [FAULT_DEEP_JSON] = { 402, "the JSON is nested deeper than 64" },
    [FAULT_NO_INT] = { 403, "not a whole number" },
    [FAULT_NO_FIT] = { 403, "no Int can hold the number" },
    [FAULT_NO_DOUBLE] = { 403, "not a number" },
    [FAULT_EMPTY_SEPARATOR] = { 405, "the separator is empty" },
    [FAULT_RANGE] = { 405, "out of range" },
    [FAULT_EMPTY] = { 405, "the list is empty" },
    [FAULT_LARGE] = { 407, "the result is too large" },
    [FAULT_MATCH] = { 406, "the pattern takes too many steps on this text" },
};

unsigned fault_code(enum fault fault)
{
    check(fault > FAULT_NONE && fault < FAULT_N);
    return faults[fault].code;
}

const char *fault_text(enum fault fault)
{
    check(fault > FAULT_NONE && fault < FAULT_N);
    return faults[fault].text;
}
