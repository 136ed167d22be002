#include "durable/file.h"

#include <inttypes.h>
#include <string.h>

#include "base/check.h"
#include "base/crc32c.h"

static const char file_magic[8] = { 'T', 'I', 'D', 'E', 'M', 'A', 'R', 'K' };

enum file_at { /* where the fields of the head lie */
               FILE_AT_VERSION = 8,
               FILE_AT_KIND = 10,
               FILE_AT_FLAGS = 12,
               FILE_AT_LINEAGE = 16,
               FILE_AT_EPOCH = 32,
               FILE_AT_INDEX = 40,
               FILE_AT_LENGTH = 48,
               FILE_AT_JOB = 56,
               FILE_AT_NAME = 120,
               FILE_AT_ZERO = 184,
               FILE_AT_CRC = 188,
};

static const char *const file_kinds[FILE_KINDS] = {
    [FILE_JOB] = "job",          [FILE_OWNER] = "owner",   [FILE_WAL] = "group commit",
    [FILE_LOG] = "record",       [FILE_SNAP] = "snapshot", [FILE_OUT] = "output",
    [FILE_DEAD] = "dead letter",
};

static void file_put_name(uint8_t *at, const char *name)
{
    size_t n = strlen(name);
    check(n < FILE_NAME_SIZE);
    memcpy(at, name, n);
}

static void file_put_head(const struct file_head *head, uint8_t *at)
{
    memset(at, 0, FILE_HEAD_SIZE);
    memcpy(at, file_magic, sizeof file_magic);
    at[FILE_AT_VERSION + 1] = FILE_VERSION;
    at[FILE_AT_KIND + 1] = (uint8_t)head->kind;
    memcpy(at + FILE_AT_LINEAGE, head->lineage, FILE_LINEAGE_SIZE);
    be_put_u64(at + FILE_AT_EPOCH, head->epoch);
    be_put_u64(at + FILE_AT_INDEX, head->index);
    be_put_u64(at + FILE_AT_LENGTH, head->length);
    file_put_name(at + FILE_AT_JOB, head->job);
    file_put_name(at + FILE_AT_NAME, head->name);
    be_put_u32(at + FILE_AT_CRC, crc32c(0, at, FILE_AT_CRC));
}

void file_seal_summed(struct file_head *head, uint64_t length, uint32_t crc,
                      uint8_t out_head[FILE_HEAD_SIZE], uint8_t out_tail[FILE_TAIL_SIZE])
{
    check(head->kind > 0 && head->kind < FILE_KINDS);
    head->length = FILE_HEAD_SIZE + length + FILE_TAIL_SIZE;
    file_put_head(head, out_head);
    be_put_u32(out_tail, crc32c_join(crc32c(0, out_head, FILE_HEAD_SIZE), crc, length));
}

void file_seal(struct file_head *head, const struct slice *pieces, uint32_t n_pieces,
               uint8_t out_head[FILE_HEAD_SIZE], uint8_t out_tail[FILE_TAIL_SIZE])
{
    uint32_t crc = 0;
    uint64_t length = 0;
    for (uint32_t i = 0; i < n_pieces; i++) {
        crc = crc32c(crc, pieces[i].ptr, pieces[i].len);
        length += pieces[i].len;
    }
    file_seal_summed(head, length, crc, out_head, out_tail);
}

/* Is this head one of ours? Its checksum knows; with one bit of the magic gone it still does. */
static enum file_state file_look(struct slice bytes, struct err *err)
{
    const uint8_t *at = bytes.ptr;
    size_t magic = bytes.len < sizeof file_magic ? bytes.len : sizeof file_magic;
    bool named = magic == 0 || memcmp(at, file_magic, magic) == 0;
    if (bytes.len < FILE_HEAD_SIZE + FILE_TAIL_SIZE) {
        err_set(err, ERR_FATAL, "%s of %zu bytes",
                named ? "a file cut short, " : "not a file of ours,", bytes.len);
        return named ? FILE_DAMAGED : FILE_FOREIGN;
    }
    uint32_t crc = crc32c(0, file_magic, sizeof file_magic);
    crc = crc32c(crc, at + sizeof file_magic, FILE_AT_CRC - sizeof file_magic);
    bool fits = crc == be_u32(at + FILE_AT_CRC);
    if (named && fits)
        return FILE_WHOLE;
    if (!named && !fits) {
        err_set(err, ERR_FATAL, "not a file of ours");
        return FILE_FOREIGN;
    }
    err_set(err, ERR_FATAL, "the file's head is damaged");
    return FILE_DAMAGED;
}

/* A text, and zeros up to the end. */
static bool file_name_fits(const uint8_t *at)
{
    uint8_t behind = at[FILE_NAME_SIZE - 1];
    for (size_t i = strnlen((const char *)at, FILE_NAME_SIZE); i < FILE_NAME_SIZE; i++)
        behind |= at[i];
    return !behind;
}

/* What a head says that this version could have written. */
static bool file_get_head(const uint8_t *at, struct file_head *head, struct err *err)
{
    unsigned version = be_u16(at + FILE_AT_VERSION), kind = be_u16(at + FILE_AT_KIND);
    if (version != FILE_VERSION)
        return err_set(err, ERR_FATAL, "a file of format %u, this version reads format %d", version,
                       FILE_VERSION);
    if (kind == 0 || kind >= FILE_KINDS || be_u32(at + FILE_AT_FLAGS) || be_u32(at + FILE_AT_ZERO))
        return err_set(err, ERR_FATAL, "a file of unknown kind %u, flags %" PRIx32, kind,
                       be_u32(at + FILE_AT_FLAGS));
    if (!file_name_fits(at + FILE_AT_JOB) || !file_name_fits(at + FILE_AT_NAME))
        return err_set(err, ERR_FATAL, "a file with names that are too long");
    *head = (struct file_head){
        .kind = (enum file_kind)kind,
        .epoch = be_u64(at + FILE_AT_EPOCH),
        .index = be_u64(at + FILE_AT_INDEX),
        .length = be_u64(at + FILE_AT_LENGTH),
    };
    memcpy(head->lineage, at + FILE_AT_LINEAGE, FILE_LINEAGE_SIZE);
    memcpy(head->job, at + FILE_AT_JOB, FILE_NAME_SIZE);
    memcpy(head->name, at + FILE_AT_NAME, FILE_NAME_SIZE);
    return true;
}

static bool file_is(const struct file_head *head, const struct file_head *want, struct err *err)
{
    if (strcmp(head->job, want->job) != 0)
        return err_set(err, ERR_FATAL, "a file of job '%s', not of '%s'", head->job, want->job);
    if (memcmp(head->lineage, want->lineage, FILE_LINEAGE_SIZE) != 0)
        return err_set(err, ERR_FATAL, "a file of another life of job '%s'", head->job);
    if (head->kind != want->kind || strcmp(head->name, want->name) != 0)
        return err_set(err, ERR_FATAL, "a file that is a %s '%s', not a %s '%s'",
                       file_kinds[head->kind], head->name, file_kinds[want->kind], want->name);
    if (head->index != want->index)
        return err_set(err, ERR_FATAL, "a file with index %" PRIu64 ", not %" PRIu64, head->index,
                       want->index);
    return true;
}

static enum file_state file_check(struct slice bytes, const struct file_head *want,
                                  struct file_head *head, struct err *err)
{
    enum file_state state = file_look(bytes, err);
    if (state != FILE_WHOLE)
        return want ? FILE_DAMAGED : state;
    if (!file_get_head(bytes.ptr, head, err) || (want && !file_is(head, want, err)))
        return FILE_FOREIGN;
    if (head->length != bytes.len) {
        err_set(err, ERR_FATAL, "a file of %" PRIu64 " bytes, %zu are there", head->length,
                bytes.len);
        return FILE_DAMAGED;
    }
    return FILE_WHOLE;
}

enum file_state file_open_unsummed(struct slice bytes, const struct file_head *want,
                                   struct file_head *head, struct slice *content, struct err *err)
{
    struct file_head found = { .kind = FILE_KINDS };
    enum file_state state = file_check(bytes, want, &found, err);
    if (state == FILE_WHOLE) {
        *head = found;
        *content = (struct slice){ (const uint8_t *)bytes.ptr + FILE_HEAD_SIZE,
                                   bytes.len - FILE_HEAD_SIZE - FILE_TAIL_SIZE };
    } else if (err) {
        err->code = (want ? want->kind : found.kind) == FILE_SNAP ? 351 : 350;
    }
    return state;
}

enum file_state file_open(struct slice bytes, const struct file_head *want, struct file_head *head,
                          struct slice *content, struct err *err)
{
    struct file_head found;
    struct slice inside;
    enum file_state state = file_open_unsummed(bytes, want, &found, &inside, err);
    if (state != FILE_WHOLE)
        return state;
    const uint8_t *at = bytes.ptr;
    size_t n = bytes.len - FILE_TAIL_SIZE;
    if (crc32c(0, at, n) != be_u32(at + n)) {
        err_code(err, ERR_FATAL, found.kind == FILE_SNAP ? 351 : 350,
                 "the checksum of the file's %zu bytes does not fit", bytes.len);
        return FILE_DAMAGED;
    }
    *head = found;
    *content = inside;
    return FILE_WHOLE;
}
