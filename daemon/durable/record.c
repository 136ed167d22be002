#include "durable/record.h"

#include <inttypes.h>
#include <stddef.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/list.h"
#include "durable/file.h"

enum field_type {
    FIELD_END,
    FIELD_U8,
    FIELD_U16,
    FIELD_U32,
    FIELD_U64,
    FIELD_TEXT,
    FIELD_BYTES,
    FIELD_MAYBE, /* a u32 at the end that is not there when it is 0 */
};
struct field {
    enum field_type type;
    size_t at; /* in struct entry */
};
#define FIELDS_MAX 10
#define FIELD(type, member)                          \
    {                                                \
        FIELD_##type, offsetof(struct entry, member) \
    }

/* The body of each kind: one table writes it and reads it. Signed numbers are written as the
 * unsigned ones of their bits. */
static const struct entry_layout {
    const char *name;
    struct field fields[FIELDS_MAX + 1];
} entry_layouts[ENTRY_KINDS] = {
    [ENTRY_START] = { "start",
                      { FIELD(U64, start.zero_ms), FIELD(U64, start.interval_ms),
                        FIELD(U64, start.hash_seed) } },
    [ENTRY_POSITION] = { "position",
                         { FIELD(TEXT, position.source), FIELD(TEXT, position.topic),
                           FIELD(U32, position.partition), FIELD(U64, position.offset),
                           FIELD(MAYBE, position.crc) } },
    [ENTRY_GAP] = { "gap",
                    { FIELD(TEXT, gap.source), FIELD(TEXT, gap.topic), FIELD(U32, gap.partition),
                      FIELD(U64, gap.from), FIELD(U64, gap.to) } },
    [ENTRY_BATCH] = { "batch",
                      { FIELD(U64, batch.number), FIELD(U64, batch.time_ms),
                        FIELD(U64, batch.records), FIELD(U64, batch.errors) } },
    [ENTRY_TAKEN] = { "taken",
                      { FIELD(TEXT, taken.source), FIELD(U64, taken.seq),
                        FIELD(U64, taken.chain) } },
    [ENTRY_RANGE] = { "range",
                      { FIELD(TEXT, range.source), FIELD(TEXT, range.topic),
                        FIELD(U32, range.partition), FIELD(U64, range.from), FIELD(U64, range.to),
                        FIELD(U64, range.count), FIELD(MAYBE, range.crc) } },
    [ENTRY_OUTPUT] = { "output", { FIELD(TEXT, output.label), FIELD(BYTES, output.bytes) } },
    [ENTRY_OUTFILE] = { "outfile",
                        { FIELD(TEXT, outfile.label), FIELD(TEXT, outfile.name),
                          FIELD(U64, outfile.length), FIELD(U32, outfile.crc) } },
    [ENTRY_DEAD] = { "dead",
                     { FIELD(TEXT, dead.source), FIELD(TEXT, dead.topic),
                       FIELD(U32, dead.partition), FIELD(U64, dead.offset), FIELD(U16, dead.code),
                       FIELD(TEXT, dead.place), FIELD(TEXT, dead.reason), FIELD(BYTES, dead.key),
                       FIELD(BYTES, dead.value), FIELD(U8, dead.absent) } },
    [ENTRY_DELTA] = { "delta", { FIELD(TEXT, delta.id), FIELD(BYTES, delta.bytes) } },
    [ENTRY_DELIVERED] = { "delivered",
                          { FIELD(TEXT, delivered.label), FIELD(U64, delivered.number) } },
    [ENTRY_CATCHUP] = { "catchup", { FIELD(U64, catchup.after_ms), FIELD(U64, catchup.up_to_ms) } },
};

static void field_put(const struct field *field, const struct entry *entry, struct buf *out)
{
    const void *at = (const char *)entry + field->at;
    const struct slice *slice = at;
    switch (field->type) {
        case FIELD_U8:
            buf_put_u8(out, *(const uint8_t *)at);
            break;
        case FIELD_U16:
            buf_put_u16(out, *(const uint16_t *)at);
            break;
        case FIELD_U32:
            buf_put_u32(out, *(const uint32_t *)at);
            break;
        case FIELD_U64:
            buf_put_u64(out, *(const uint64_t *)at);
            break;
        case FIELD_TEXT:
            check(slice->len <= UINT16_MAX);
            buf_put_u16(out, (uint16_t)slice->len);
            buf_put(out, slice->ptr, slice->len);
            break;
        case FIELD_BYTES:
            check(slice->len <= UINT32_MAX);
            buf_put_u32(out, (uint32_t)slice->len);
            buf_put(out, slice->ptr, slice->len);
            break;
        case FIELD_MAYBE:
            if (*(const uint32_t *)at)
                buf_put_u32(out, *(const uint32_t *)at);
            break;
        default:
            check(false);
    }
}

static void field_get(const struct field *field, struct reader *reader, struct entry *entry)
{
    void *at = (char *)entry + field->at;
    switch (field->type) {
        case FIELD_U8:
            *(uint8_t *)at = reader_u8(reader);
            break;
        case FIELD_U16:
            *(uint16_t *)at = reader_u16(reader);
            break;
        case FIELD_U32:
            *(uint32_t *)at = reader_u32(reader);
            break;
        case FIELD_U64:
            *(uint64_t *)at = reader_u64(reader);
            break;
        case FIELD_TEXT:
            *(struct slice *)at = reader_str(reader);
            break;
        case FIELD_BYTES:
            *(struct slice *)at = reader_bytes(reader, reader_u32(reader));
            break;
        case FIELD_MAYBE:
            *(uint32_t *)at = 0;
            if (reader_left(reader) == 0)
                break;
            *(uint32_t *)at = reader_u32(reader);
            reader->bad |= *(uint32_t *)at == 0; /* nobody writes that */
            break;
        default:
            check(false);
    }
}

static void record_begin(struct record *record)
{
    if (record->bytes.len == 0)
        buf_extend(&record->bytes, RECORD_HEAD_SIZE);
}

void record_put(struct record *record, const struct entry *entry)
{
    check(entry->kind > 0 && entry->kind < ENTRY_KINDS && record->n < UINT32_MAX);
    record_begin(record);
    struct buf *out = &record->bytes;
    buf_put_u16(out, (uint16_t)entry->kind);
    size_t body = out->len + 4;
    buf_put_u32(out, 0);
    for (const struct field *f = entry_layouts[entry->kind].fields; f->type != FIELD_END; f++)
        field_put(f, entry, out);
    check(out->len - body <= UINT32_MAX);
    be_put_u32(out->ptr + body - 4, (uint32_t)(out->len - body));
    record->n++;
}

struct slice record_seal(struct record *record, uint64_t before)
{
    record_begin(record);
    be_put_u64(record->bytes.ptr, before);
    be_put_u32(record->bytes.ptr + 8, record->n);
    return buf_slice(&record->bytes);
}

uint32_t record_parts(const struct record *record)
{
    uint32_t n = 0;
    for (; record; record = record->next)
        n++;
    return n;
}

void record_seal_parts(struct record *record, uint64_t before, struct slice *pieces)
{
    uint32_t n = record->n;
    *pieces++ = record_seal(record, before);
    for (const struct record *part = record->next; part; part = part->next) {
        bool any = part->bytes.len;
        *pieces++ = (struct slice){ any ? part->bytes.ptr + RECORD_HEAD_SIZE : NULL,
                                    any ? part->bytes.len - RECORD_HEAD_SIZE : 0 };
        n += part->n;
    }
    be_put_u32(record->bytes.ptr + 8, n);
}

void record_clear(struct record *record)
{
    buf_clear(&record->bytes);
    record->n = 0;
}

void record_free(struct record *record)
{
    buf_free(&record->bytes);
    record->n = 0;
}

bool record_open(struct slice content, struct record_reader *reader, struct err *err)
{
    struct reader bytes = reader_of(content);
    uint64_t before = reader_u64(&bytes);
    uint32_t n = reader_u32(&bytes);
    if (bytes.bad)
        return err_code(err, ERR_FATAL, 350, "a record of %zu bytes", content.len);
    *reader = (struct record_reader){ .reader = bytes, .before = before, .left = n };
    return true;
}

bool record_next(struct record_reader *reader, struct entry *entry, struct err *err)
{
    if (reader->left == 0 && reader_left(&reader->reader) == 0)
        return err_set(err, ERR_NONE, "%s", "");
    unsigned kind = reader_u16(&reader->reader);
    struct reader body = reader_of(reader_bytes(&reader->reader, reader_u32(&reader->reader)));
    if (reader->left == 0 || reader->reader.bad)
        return err_code(err, ERR_FATAL, 350, "a record that does not end where it should");
    if (kind == 0 || kind >= ENTRY_KINDS)
        return err_code(err, ERR_FATAL, 350, "a record with an entry of unknown kind %u", kind);
    struct entry found = { .kind = (enum entry_kind)kind };
    for (const struct field *f = entry_layouts[kind].fields; f->type != FIELD_END; f++)
        field_get(f, &body, &found);
    if (body.bad || reader_left(&body) > 0)
        return err_code(err, ERR_FATAL, 350, "the entry '%s' of a record does not fit",
                        entry_layouts[kind].name);
    reader->left--;
    *entry = found;
    return true;
}

uint64_t record_hash_parts(const uint8_t *head, struct slice content, const uint8_t *tail)
{
    uint64_t hash = hash64(head, FILE_HEAD_SIZE, 0);
    hash = hash64(content.ptr, content.len, hash);
    return hash64(tail, FILE_TAIL_SIZE, hash);
}

uint64_t record_hash(struct slice file)
{
    check(file.len >= FILE_HEAD_SIZE + FILE_TAIL_SIZE);
    const uint8_t *at = file.ptr;
    struct slice content = { at + FILE_HEAD_SIZE, file.len - FILE_HEAD_SIZE - FILE_TAIL_SIZE };
    return record_hash_parts(at, content, at + file.len - FILE_TAIL_SIZE);
}
