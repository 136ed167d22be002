/* Kernels on Json: each takes a Json or an Option[Json], of which an absent one is as no value. */
#pragma once
#include "column/kernel.h"

struct json_path { /* from a value to one inside it */
    uint32_t n;
    const struct json_step {
        struct slice name; /* of a member; its ptr is NULL for an element */
        int64_t index;
    } * step;
};

kernel_fn kernel_json;                             /* of a String; fails when it is not JSON */
kernel_fn kernel_json_path;                        /* Option[Json]: data is the struct json_path */
kernel_fn kernel_json_member, kernel_json_element; /* the same for a name, an index in in[1] */
kernel_fn kernel_json_int, kernel_json_double;     /* options, as all below */
kernel_fn kernel_json_bool, kernel_json_string;
kernel_fn kernel_json_list;  /* of Json; fails when there are too many */
kernel_fn kernel_json_equal; /* in[1] a scalar, k COMPARE_EQ or NE; unlike kinds are unequal */
kernel_fn kernel_json_text;  /* the String that it was read from; of an Option an Option */
