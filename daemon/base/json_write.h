/* Writing JSON, indented by two blanks a level. A name is that of a member, NULL inside an array. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

#define JSON_WRITE_DEPTH_MAX 32

struct json_write { /* = { .out = … } */
    struct buf *out;
    unsigned depth;
    bool filled;                      /* the object or array has something in it */
    char close[JSON_WRITE_DEPTH_MAX]; /* of each that is open */
};

void json_write_object(struct json_write *write, const char *name);
void json_write_array(struct json_write *write, const char *name);
void json_write_end(struct json_write *write); /* of the innermost one */
void json_write_text(struct json_write *write, const char *name, const char *text); /* NULL: null */
void json_write_int(struct json_write *write, const char *name, int64_t number);
void json_write_uint(struct json_write *write, const char *name, uint64_t number);
void json_write_bool(struct json_write *write, const char *name, bool truth);
/* Text that is JSON already: a number as it is to be shown. */
void json_write_raw(struct json_write *write, const char *name, const char *json);
