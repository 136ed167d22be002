/* Records as they come from Kafka or another source, as rows: keys, values and headers of any bytes, in chunks of any size; and
 * whatever a record has become an error for, is the same in all of them. */
#include "engine/lift.h"
#include "fuzz.h"
#include "sink/python.h"

void lift_fuzz(const uint8_t *data, size_t size);

#define RECORDS_MAX 40u

static struct slice take(struct fuzz_input *input, uint32_t n)
{
    size_t left = (size_t)(input->end - input->at);
    struct slice bytes = { input->at, left < n ? left : n };
    input->at += bytes.len;
    return bytes;
}

/* Absent, or so many bytes. */
static const void *part(struct fuzz_input *input, uint32_t *len)
{
    uint32_t n = fuzz_byte(input);
    *len = 0;
    if (n == 255)
        return NULL;
    struct slice bytes = take(input, n);
    *len = (uint32_t)bytes.len;
    return bytes.len ? bytes.ptr : "";
}

static struct block *block_of(struct fuzz_input *input)
{
    struct block *block = block_new(8192, RECORDS_MAX);
    struct block_record record = { .offset = (int64_t)(fuzz_u64(input) >> 1) };
    block->topic = "lines";
    block->partition = 1;
    while (input->at < input->end && block->count < RECORDS_MAX) {
        record.time_ms = (int64_t)fuzz_u64(input);
        record.key = part(input, &record.key_len);
        record.value = part(input, &record.value_len);
        record.headers = part(input, &record.headers_len);
        if (!block_append(block, &record))
            break;
        if (record.offset > INT64_MAX - 256)
            break;
        record.offset += 1 + fuzz_byte(input);
    }
    return block;
}

static void show_chunk(struct lift_chunk *chunk, const struct lift_cursor *cursor, struct buf *out)
{
    uint32_t error = 0;
    check(chunk->n_bad + chunk->sel.n == chunk->n && cursor->row == chunk->first_row + chunk->n);
    for (uint32_t row = 0, good = 0; row < chunk->n; row++) {
        if (error < chunk->n_bad && chunk->bad[error].row == row) {
            buf_printf(out, "E%u %s\n", chunk->bad[error].code, chunk->bad[error].reason);
            error++;
            continue;
        }
        check((chunk->sel.row ? chunk->sel.row[good] : good) == row);
        python_put_row(out, &chunk->column, row, true);
        buf_puts(out, "\n");
        good++;
    }
}

static void show(const struct block *block, const struct lift_shape *shape, uint32_t max,
                 struct buf *out)
{
    struct arena arena = { 0 };
    struct lift_cursor cursor = { .block = block };
    struct lift_chunk chunk;
    uint32_t n = 0;
    while (lift_next(&cursor, shape, max, &arena, &chunk)) {
        show_chunk(&chunk, &cursor, out);
        n += chunk.n;
    }
    check(n == block->count && cursor.at == block->used);
    arena_free(&arena);
}

void lift_fuzz(const uint8_t *data, size_t size)
{
    static const uint32_t sizes[] = { 1, 7 };
    struct fuzz_input input = { data, data + size };
    struct arena arena = { 0 };
    struct buf whole = { 0 }, parts = { 0 };
    struct job_source source = { .record = (enum job_record)fuzz_pick(&input, RECORD_KINDS) };
    bool texts = source.record == RECORD_TEXT || source.record == RECORD_RATE;
    source.format = texts ? FORMAT_STRING : (enum job_format)fuzz_pick(&input, FORMAT_JSON + 1);
    source.value_nullable = source.record == RECORD_KAFKA && fuzz_pick(&input, 2);
    struct lift_shape shape = { lift_type(types_new(&arena), &source), source.record, UINT64_MAX };
    struct block *block = block_of(&input);
    show(block, &shape, RECORDS_MAX, &whole);
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        buf_clear(&parts);
        show(block, &shape, sizes[i], &parts);
        check(fuzz_same(buf_slice(&whole), buf_slice(&parts)));
    }
    block_free(block);
    buf_free(&whole);
    buf_free(&parts);
    arena_free(&arena);
}
