/* What becomes of records that could not be decoded or mapped: onError. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "durable/record.h"

#define ERRORS_BATCHES 10  /* failAbove is a share of the last so many batches … */
#define ERRORS_LOGGED 20   /* lines a batch; the record and its count hold them all */
#define ERRORS_RECORDS 100 /* … judged from so many records on */

struct engine_cut;
struct engine_dead;
struct job_spec;
struct voice;

struct errors { /* of the last batches; {0} is none */
    uint64_t records[ERRORS_BATCHES], errors[ERRORS_BATCHES];
    uint32_t next;
};
/* May the batch be committed? False: ERR_BAD_RECORD, which says why not and shows the first of its
 * errors. */
bool errors_judge(struct errors *errors, const struct job_spec *spec, const struct engine_cut *cut,
                  struct err *err);
void errors_log(struct voice *voice, const struct job_spec *spec, const struct engine_dead *dead);
/* Adds the dead letter, which the outcome names, to the record of its batch. */
void errors_put(struct record *record, const struct job_spec *spec, const struct engine_dead *dead);
