#include "engine/bury.h"

#include "base/check.h"
#include "sink/python.h"

#define VALUE_SHOWN_MAX 1000u /* bytes of a key or a row, in an error that no record stands for */

static void bury_fail(struct compute *compute, const struct engine_dead *dead)
{
    if (compute->failed.kind != ERR_NONE || compute->conf->spec->on_error != ON_ERROR_FAIL)
        return;
    const char *at = dead->place[0] ? ": " : "";
    if (dead->offset >= 0)
        err_code(&compute->failed, ERR_BAD_RECORD, dead->code, "record %s/%d/%lld: %s%s%s",
                 dead->topic, dead->partition, (long long)dead->offset, dead->place, at,
                 dead->reason);
    else
        err_code(&compute->failed, ERR_BAD_RECORD, dead->code, "%s%s%s", dead->place, at,
                 dead->reason);
}

/* A dead letter that cannot be kept is a record lost without a word: the batch must not be committed. */
static void bury(struct compute *compute, const struct engine_dead *dead)
{
    bool keep = compute->conf->spec->on_error == ON_ERROR_DEAD_LETTER;
    if (keep && dead_full(compute->dead) && compute->failed.kind == ERR_NONE)
        err_code(&compute->failed, ERR_BAD_RECORD, 407,
                 "more error records than a batch can keep, %u or %u MiB: make blockInterval "
                 "shorter, or say onError: {action: skip}",
                 DEAD_MAX, DEAD_BYTES_MAX >> 20);
    dead_add(compute->dead, dead);
    bury_fail(compute, dead);
}

void bury_of_result(struct compute *compute, const struct op_error *error)
{
    struct buf value = { 0 };
    if (error->whole && compute->failed.kind == ERR_NONE)
        err_code(&compute->failed, ERR_RETRY, error->code, "%s: %.*s", error->op->place,
                 (int)error->reason.len, (const char *)error->reason.ptr);
    if (error->whole)
        return;
    const struct column *column = error->key    ? error->key
                                  : error->rows ? &error->rows->column
                                                : NULL;
    if (column)
        python_put_row(&value, column, error->row, false);
    if (value.len > VALUE_SHOWN_MAX)
        value.len = VALUE_SHOWN_MAX;
    struct engine_dead dead = { .topic = "",
                                .partition = -1,
                                .offset = -1,
                                .code = error->code,
                                .place = error->op->place,
                                .reason = dead_reason(&compute->cut.arena, error->reason),
                                .value = buf_slice(&value) };
    if (!compute->folded || dead_once(compute->dead, &dead))
        bury(compute, &dead);
    buf_free(&value);
}

void bury_of_piece(struct compute *compute, struct piece *piece)
{
    const struct lift_chunk *chunk = &piece->chunk;
    const struct block *block = piece->block;
    struct block_record record;
    uint32_t row = 0;
    if (!piece->n_pending)
        return;
    piece_sort_errors(piece);
    uint32_t next = block_read(block, chunk->first_row, chunk->first_at, &record);
    for (uint32_t i = 0; i < piece->n_pending; i++) {
        const struct pending *pending = &piece->pending[i];
        for (; row < pending->row; row++)
            next = block_read(block, chunk->first_row + row + 1, next, &record);
        bury(compute, &(struct engine_dead){ .source = block->source,
                                             .topic = block->topic,
                                             .partition = block->partition,
                                             .offset = record.offset,
                                             .code = pending->code,
                                             .place = pending->place,
                                             .reason = pending->reason,
                                             .key = { record.key, record.key_len },
                                             .value = { record.value, record.value_len } });
    }
}
