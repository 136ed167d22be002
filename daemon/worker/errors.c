#include "worker/errors.h"

#include <string.h>

#include "engine/engine.h"
#include "spec/job.h"
#include "worker/voice.h"

bool errors_judge(struct errors *errors, const struct job_spec *spec, const struct engine_cut *cut,
                  struct err *err)
{
    uint64_t records = 0, bad = 0;
    if (cut->errors && spec->on_error == ON_ERROR_FAIL)
        return err_set(err, ERR_BAD_RECORD, "%llu of %llu records failed, and onError is fail",
                       (unsigned long long)cut->errors, (unsigned long long)cut->records);
    errors->records[errors->next] = cut->records;
    errors->errors[errors->next] = cut->errors;
    errors->next = (errors->next + 1) % ERRORS_BATCHES;
    for (uint32_t i = 0; i < ERRORS_BATCHES; i++) {
        records += errors->records[i];
        bad += errors->errors[i];
    }
    if (records < ERRORS_RECORDS || (double)bad <= spec->fail_above * (double)records)
        return true;
    const struct engine_dead *first = cut->n_dead ? cut->dead : NULL;
    return err_set(err, ERR_BAD_RECORD,
                   "%llu of the last %llu records failed, more than onError.failAbove allows "
                   "(%g%%)%s%s%s%s",
                   (unsigned long long)bad, (unsigned long long)records, spec->fail_above * 100,
                   first ? "; as " : "", first ? first->place : "",
                   first && first->place[0] ? ": " : "", first ? first->reason : "");
}

void errors_log(struct voice *voice, const struct job_spec *spec, const struct engine_dead *dead)
{
    struct log_entry entry = {
        .level = LOG_WARNING,
        .event = "record.error",
        .code = dead->code,
        .fields = { LOG_TEXT("source", spec->sources[dead->source].name),
                    LOG_TEXT("topic", dead->topic), LOG_INT("partition", dead->partition),
                    LOG_INT("offset", dead->offset), LOG_TEXT("at", dead->place) },
        .msg = dead->reason
    };
    voice_log(voice, &entry);
}

void errors_put(struct record *record, const struct job_spec *spec, const struct engine_dead *dead)
{
    record_put(record,
               &(struct entry){ .kind = ENTRY_DEAD,
                                .dead = { .source = slice_of_text(spec->sources[dead->source].name),
                                          .topic = slice_of_text(dead->topic),
                                          .partition = dead->partition,
                                          .offset = dead->offset,
                                          .code = (uint16_t)dead->code,
                                          .place = slice_of_text(dead->place),
                                          .reason = slice_of_text(dead->reason),
                                          .key = dead->key,
                                          .value = dead->value,
                                          .absent = (uint8_t)((dead->key.ptr ? 0 : 1) |
                                                              (dead->value.ptr ? 0 : 2)) } });
}
