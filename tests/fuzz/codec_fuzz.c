/* Differential: what is encoded decodes to the same, and what decodes encodes to the same bytes, for every format that has both
 * sides; values are made of bytes. */
#include "base/json.h"
#include "base/json_write.h"
#include "base/quote.h"
#include "base/yaml.h"
#include "column/block.h"
#include "column/codec.h"
#include "column/json_text.h"
#include "column/pack.h"
#include "column/utf8.h"
#include "durable/file.h"
#include "durable/frame.h"
#include "durable/record.h"
#include "fuzz.h"
#include "supervisor/attempts.h"
#include "worker/report.h"

void codec_fuzz(const uint8_t *data, size_t size);

/* Bytes up to a 0, as a text of at most `most` bytes with its own 0, valid UTF-8. */
static char *text_of(struct fuzz_input *input, struct arena *arena, size_t most)
{
    struct slice bytes = fuzz_text(input);
    size_t n = quote_cut(bytes.ptr, bytes.len, most);
    return arena_strndup(arena, bytes.ptr, utf8_is_valid(bytes.ptr, n) ? n : 0);
}

/* ---- types and columns: bytes that decode are those that they encode to */

static void packed(struct fuzz_input *input)
{
    struct arena arena = { 0 };
    struct types *types = types_new(&arena);
    struct reader reader = { input->at, input->end, false };
    const struct type *type = unpack_type(types, &arena, &reader);
    struct column column;
    struct buf again = { 0 };
    const uint8_t *from = reader.at;
    uint32_t n = reader_u8(&reader);
    if (type && !reader.bad && unpack_column(&reader, type, n, &arena, &column)) {
        pack_type(&again, type);
        pack_column(&again, &column, (struct sel){ .n = n }, &arena);
        size_t head = (size_t)(from - input->at), rest = (size_t)(reader.at - from) - 1;
        check(again.len == head + rest && memcmp(again.ptr, input->at, head) == 0 &&
              (!rest || memcmp(again.ptr + head, from + 1, rest) == 0));
        for (uint32_t row = 0; row < n; row++) { /* and each row alone */
            struct buf one = { 0 }, two = { 0 };
            struct column value;
            codec_put(&one, &column, row);
            codec_get(&arena, type, &(struct slice){ one.ptr, one.len }, 1, &value);
            codec_put(&two, &value, 0);
            check(fuzz_same(buf_slice(&one), buf_slice(&two)));
            buf_free(&one);
            buf_free(&two);
        }
    }
    buf_free(&again);
    arena_free(&arena);
}

/* ---- a block */

static const void *part(struct fuzz_input *input, uint32_t *len)
{
    size_t left = (size_t)(input->end - input->at), n = fuzz_pick(input, 40);
    const void *at = n == 39 ? NULL : "";
    left -= left > 0;
    *len = n == 39 ? 0 : (uint32_t)(n < left ? n : left);
    if (*len)
        at = input->at;
    input->at += *len;
    return at;
}

static bool same_part(const void *a, uint32_t a_len, const void *b, uint32_t b_len)
{
    return !a == !b && (!a || fuzz_same((struct slice){ a, a_len }, (struct slice){ b, b_len }));
}

static void block(struct fuzz_input *input)
{
    struct arena arena = { 0 };
    struct list blocks;
    struct buf bytes = { 0 };
    struct err err;
    uint64_t chain = fuzz_u64(input), again_chain = chain;
    struct block *block = block_new(8192, 64);
    struct block_record record = { .offset = (int64_t)(fuzz_u64(input) >> 2) }, other;
    block->topic = text_of(input, &arena, 249);
    block->partition = (int32_t)fuzz_byte(input);
    while (input->at < input->end) {
        record.time_ms = (int64_t)fuzz_u64(input);
        record.key = part(input, &record.key_len);
        record.value = part(input, &record.value_len);
        record.headers = part(input, &record.headers_len);
        if (!block_append(block, &record))
            break;
        record.offset += 1 + (int64_t)(fuzz_u64(input) >> 30);
    }
    list_init(&blocks);
    if (block->count) {
        frame_encode(block, &chain, &bytes);
        buf_put(&bytes, block->bytes, block->used);
        check(frame_decode_all(buf_slice(&bytes), &arena, &again_chain, &blocks, &err));
        struct block *again = LIST_ITEM(list_first(&blocks), struct block, link);
        check(again_chain == chain && again->count == block->count);
        check(strcmp(again->topic, block->topic) == 0 && again->partition == block->partition);
        for (uint32_t row = 0, at = 0, at2 = 0; row < block->count; row++) {
            at = block_read(block, row, at, &record);
            at2 = block_read(again, row, at2, &other);
            check(record.offset == other.offset && record.time_ms == other.time_ms);
            check(same_part(record.key, record.key_len, other.key, other.key_len));
            check(same_part(record.value, record.value_len, other.value, other.value_len));
            check(same_part(record.headers, record.headers_len, other.headers, other.headers_len));
        }
        block_free(again);
    }
    block_free(block);
    buf_free(&bytes);
    arena_free(&arena);
}

/* ---- a record's entries */

static struct slice bytes_of(struct fuzz_input *input)
{
    return fuzz_text(input);
}

static void entry_fill(struct entry *entry, struct fuzz_input *input)
{
    struct slice source = bytes_of(input), topic = bytes_of(input);
    uint64_t number = fuzz_u64(input), other = fuzz_u64(input);
    int32_t partition = (int32_t)fuzz_byte(input);
    *entry = (struct entry){ .kind = 1 + (enum entry_kind)fuzz_pick(input, ENTRY_KINDS - 1) };
    if (entry->kind == ENTRY_POSITION) {
        entry->position.source = source;
        entry->position.topic = topic;
        entry->position.partition = partition;
        entry->position.offset = (int64_t)number;
    } else if (entry->kind == ENTRY_GAP || entry->kind == ENTRY_RANGE) {
        entry->range.source = source; /* gap is the same without count */
        entry->range.topic = topic;
        entry->range.partition = partition;
        entry->range.from = (int64_t)number;
        entry->range.to = (int64_t)other;
        entry->range.count = entry->kind == ENTRY_RANGE ? number : 0;
    } else if (entry->kind == ENTRY_TAKEN) {
        entry->taken.source = source;
        entry->taken.seq = number;
        entry->taken.chain = other;
    } else if (entry->kind == ENTRY_OUTPUT || entry->kind == ENTRY_DELTA) {
        entry->output.label = source;
        entry->output.bytes = topic;
    } else if (entry->kind == ENTRY_OUTFILE) {
        entry->outfile.label = source;
        entry->outfile.name = topic;
        entry->outfile.length = number;
        entry->outfile.crc = (uint32_t)other;
    } else if (entry->kind == ENTRY_DEAD) {
        entry->dead.source = source;
        entry->dead.topic = topic;
        entry->dead.partition = partition;
        entry->dead.offset = (int64_t)number;
        entry->dead.code = (uint16_t)other;
        entry->dead.place = entry->dead.reason = source;
        entry->dead.key = entry->dead.value = topic;
        entry->dead.absent = (uint8_t)fuzz_pick(input, 4);
    } else if (entry->kind == ENTRY_DELIVERED) {
        entry->delivered.label = source;
        entry->delivered.number = number;
    } else {
        entry->batch.number = number; /* numbers alone */
        entry->batch.time_ms = (int64_t)other;
    }
}

static void record(struct fuzz_input *input)
{
    struct record first = { 0 }, second = { 0 };
    struct record_reader reader;
    struct entry entry;
    struct err err = { 0 };
    uint64_t before = fuzz_u64(input);
    uint32_t n = 0;
    for (; input->at < input->end && n < 50; n++) {
        entry_fill(&entry, input);
        record_put(&first, &entry);
    }
    struct slice content = record_seal(&first, before);
    check(record_open(content, &reader, &err) && reader.before == before);
    for (; record_next(&reader, &entry, &err); n--)
        record_put(&second, &entry);
    check(n == 0 && err.kind == ERR_NONE && fuzz_same(content, record_seal(&second, before)));
    record_free(&first);
    record_free(&second);
}

/* ---- a file */

static void file(struct fuzz_input *input)
{
    struct arena arena = { 0 };
    struct file_head head = { .kind = 1 + (enum file_kind)fuzz_pick(input, FILE_KINDS - 1) }, found;
    struct buf bytes = { 0 };
    struct err err;
    uint8_t front[FILE_HEAD_SIZE], tail[FILE_TAIL_SIZE];
    head.epoch = fuzz_u64(input);
    head.index = fuzz_u64(input);
    strcpy(head.job, text_of(input, &arena, FILE_NAME_SIZE - 1));
    strcpy(head.name, text_of(input, &arena, FILE_NAME_SIZE - 1));
    struct slice content, pieces[2] = { fuzz_text(input), { input->at, 0 } };
    pieces[1].len = (size_t)(input->end - input->at);
    file_seal(&head, pieces, 2, front, tail);
    buf_put(&bytes, front, sizeof front);
    for (int i = 0; i < 2; i++)
        buf_put(&bytes, pieces[i].ptr, pieces[i].len);
    buf_put(&bytes, tail, sizeof tail);
    check(file_open(buf_slice(&bytes), &head, &found, &content, &err) == FILE_WHOLE);
    check(memcmp(&found, &head, sizeof found) == 0 && content.len == pieces[0].len + pieces[1].len);
    bytes.ptr[fuzz_u64(input) % bytes.len] ^= 1;
    check(file_open(buf_slice(&bytes), NULL, &found, &content, &err) != FILE_WHOLE);
    buf_free(&bytes);
    arena_free(&arena);
}

/* ---- texts */

static void quoted(struct fuzz_input *input)
{
    struct arena arena = { 0 };
    struct buf quoted = { 0 };
    char *text = text_of(input, &arena, 4096), *again = arena_alloc(&arena, strlen(text) + 1);
    struct err err;
    quote_put(&quoted, text, strlen(text));
    check(quote_get((char *)quoted.ptr, quoted.len, again, strlen(text) + 1) == quoted.len);
    check(strcmp(again, text) == 0);
    check(json_text_valid(buf_slice(&quoted)));
    check(json_text_equals(buf_slice(&quoted), slice_of_text(text)));
    struct json *json = json_parse(buf_slice(&quoted), &err);
    check(json && strcmp(json_text(json), text) == 0);
    json_free(json);
    buf_free(&quoted);
    arena_free(&arena);
}

static void yaml(struct fuzz_input *input)
{
    struct arena arena = { 0 };
    struct slice text = slice_of_text(text_of(input, &arena, 4096));
    const char *quoted = yaml_quoted(&arena, text);
    struct diags diags = { .arena = &arena, .file = "t", .source = slice_of_text(quoted) };
    struct yaml_node *root;
    bool plain = true; /* no line break, nothing that YAML cannot hold as it is */
    for (size_t i = 0; i < text.len; i++)
        plain = plain && ((const uint8_t *)text.ptr)[i] >= 0x20 &&
                ((const uint8_t *)text.ptr)[i] < 0x7f;
    if (plain) {
        check(yaml_parse(&arena, slice_of_text(quoted), &diags, &root));
        check(root->quoted && fuzz_same((struct slice){ root->text, root->text_len }, text));
    }
    arena_free(&arena);
}

static void written(struct fuzz_input *input)
{
    struct arena arena = { 0 };
    struct buf out = { 0 };
    struct json_write write = { .out = &out };
    struct err err;
    json_write_array(&write, NULL);
    while (input->at < input->end && out.len < 60000) {
        uint32_t what = fuzz_pick(input, 6);
        const char *name = write.depth > 1 ? "a" : NULL;
        if (what == 0)
            json_write_int(&write, name, (int64_t)fuzz_u64(input));
        else if (what == 1)
            json_write_text(&write, name, text_of(input, &arena, 200));
        else if (what == 2)
            json_write_bool(&write, name, fuzz_pick(input, 2));
        else if (what == 3)
            json_write_uint(&write, name, fuzz_u64(input) >> 1);
        else if (what == 4 && write.depth == 1)
            json_write_object(&write, NULL);
        else if (what == 5 && write.depth == 2)
            json_write_end(&write);
    }
    while (write.depth)
        json_write_end(&write);
    check(json_text_valid(buf_slice(&out)));
    struct json *json = json_parse(buf_slice(&out), &err);
    check(json || strstr(err.text, "duplicate"));
    json_free(json);
    buf_free(&out);
    arena_free(&arena);
}

static void attempt(struct fuzz_input *input)
{
    static const char *const boots[] = { "b", "00000000-0000-0000-0000-000000000001" };
    struct arena arena = { 0 };
    struct attempt_entry entry = { .kind = (enum attempt_kind)fuzz_pick(input, ATTEMPT_KINDS) },
                         again;
    struct buf line = { 0 }, twice = { 0 };
    strcpy(entry.job, "wordcount");
    strcpy(entry.boot, boots[fuzz_pick(input, 2)]);
    entry.attempt = fuzz_u64(input) >> 1;
    entry.spec = fuzz_u64(input);
    entry.boot_ms = (int64_t)fuzz_u64(input);
    entry.wall_ms = (int64_t)fuzz_u64(input);
    entry.status = fuzz_byte(input);
    entry.signal = fuzz_byte(input);
    entry.counted = fuzz_pick(input, 2);
    strcpy(entry.reason, text_of(input, &arena, ATTEMPT_REASON_MAX - 1));
    attempt_format(&entry, &line);
    check(attempt_parse((char *)line.ptr, line.len - 1, &again));
    attempt_format(&again, &twice);
    check(fuzz_same(buf_slice(&line), buf_slice(&twice)));
    check(again.boot_ms == entry.boot_ms && again.wall_ms == entry.wall_ms);
    buf_free(&line);
    buf_free(&twice);
    arena_free(&arena);
}

static void said(struct fuzz_input *input)
{
    struct arena arena = { 0 };
    struct report report = { .kind = (enum report_kind)fuzz_pick(input, REPORT_KINDS) }, again;
    struct buf line = { 0 };
    int64_t least = report.kind == REPORT_READY;
    report.state = (enum job_state)fuzz_pick(input, JOB_STOPPED);
    report.next_ms = report.kind == REPORT_STATE ? fuzz_byte(input) : 0;
    report.count = report.kind == REPORT_REJECTED ? 1 + fuzz_byte(input) : 0;
    report.policy =
        (struct job_policy){ fuzz_pick(input, 2), 3, 3600000, 1000, 60000, 30000, 10000 };
    report.batch = (struct report_batch){ 1 + fuzz_byte(input),
                                          fuzz_byte(input),
                                          fuzz_byte(input),
                                          fuzz_byte(input),
                                          -1,
                                          fuzz_byte(input),
                                          least };
    report_set_text(&report, text_of(input, &arena, 3000));
    report_format(&report, &line);
    check(report_parse((char *)line.ptr, line.len - 1, &again) && again.kind == report.kind);
    bool texts = report.kind != REPORT_BATCH && report.kind != REPORT_PROGRESS;
    check(!texts || strcmp(again.text, report.text) == 0);
    check(report.kind != REPORT_BATCH ||
          memcmp(&again.batch, &report.batch, sizeof again.batch) == 0);
    buf_free(&line);
    arena_free(&arena);
}

void codec_fuzz(const uint8_t *data, size_t size)
{
    static void (*const formats[])(struct fuzz_input * input) = {
        packed, block, record, file, quoted, yaml, written, attempt, said,
    };
    struct fuzz_input input = { data, data + size };
    formats[fuzz_pick(&input, ARRAY_SIZE(formats))](&input);
}
