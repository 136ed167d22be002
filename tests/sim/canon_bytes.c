/* Files of a job's directory, read by their description alone (durable/file.h, durable/record.h): no code of the daemon. */
#include <string.h>

#include "canon.h"

#define HEAD 192
#define TAIL 4

static uint64_t number(const uint8_t *at, int bytes)
{
    uint64_t n = 0;
    for (int i = 0; i < bytes; i++)
        n = n << 8 | at[i];
    return n;
}

/* CRC-32C of eight bytes at a time: of[i] are the remainders of a byte with i more behind it. */
static uint32_t of[8][256];

static void checksum_init(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
        of[0][i] = crc;
    }
    for (int more = 1; more < 8; more++)
        for (int i = 0; i < 256; i++)
            of[more][i] = of[more - 1][i] >> 8 ^ of[0][of[more - 1][i] & 255];
}

static uint32_t checksum(const uint8_t *at, size_t n)
{
    uint32_t crc = UINT32_MAX;
    if (!of[0][1])
        checksum_init();
    for (; n >= 8; at += 8, n -= 8) {
        crc ^= at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
        crc = of[7][crc & 255] ^ of[6][crc >> 8 & 255] ^ of[5][crc >> 16 & 255] ^ of[4][crc >> 24] ^
              of[3][at[4]] ^ of[2][at[5]] ^ of[1][at[6]] ^ of[0][at[7]];
    }
    for (; n; n--)
        crc = crc >> 8 ^ of[0][(crc ^ *at++) & 255];
    return ~crc;
}

bool canon_whole(struct slice file, unsigned *kind, uint64_t *index)
{
    const uint8_t *at = file.ptr;
    if (file.len < HEAD + TAIL || memcmp(at, "TIDEMARK", 8) != 0 || number(at + 8, 2) != 1 ||
        number(at + 48, 8) != file.len || number(at + 188, 4) != checksum(at, 188) ||
        number(at + file.len - TAIL, TAIL) != checksum(at, file.len - TAIL))
        return false;
    *kind = (unsigned)number(at + 10, 2);
    *index = number(at + 40, 8);
    return true;
}

struct canon_reader canon_reader(struct slice file)
{
    const uint8_t *at = (const uint8_t *)file.ptr + HEAD;
    if (file.len < HEAD + 12 + TAIL)
        return (struct canon_reader){ .bad = true };
    return (struct canon_reader){ at + 12, (const uint8_t *)file.ptr + file.len - TAIL,
                                  (uint32_t)number(at + 8, 4), false };
}

/* The bodies of entries: 8 4 2 1 = a number of so many bytes, t = text, b = bytes, ? = 4 bytes that may be missing. */
static const char *const layouts[] = {
    [CANON_START] = "888",  [CANON_POSITION] = "tt48?", [CANON_GAP] = "tt488",
    [CANON_BATCH] = "8888", [CANON_TAKEN] = "t88",      [CANON_RANGE] = "tt4888?",
    [CANON_OUTPUT] = "tb",  [CANON_OUTFILE] = "tt84",   [CANON_DEAD] = "tt482ttbb1",
    [CANON_DELTA] = "tb",   [CANON_DELIVERED] = "t8",   [CANON_CATCHUP] = "88",
};

static const uint8_t *take(struct canon_reader *reader, size_t n)
{
    const uint8_t *at = reader->at;
    if (reader->bad || (size_t)(reader->end - at) < n) {
        reader->bad = true;
        return NULL;
    }
    reader->at += n;
    return at;
}

static uint64_t take_number(struct canon_reader *reader, int bytes)
{
    const uint8_t *at = take(reader, (size_t)bytes);
    return at ? number(at, bytes) : 0;
}

static struct slice take_slice(struct canon_reader *reader, int bytes)
{
    size_t n = take_number(reader, bytes);
    const uint8_t *at = take(reader, n);
    return (struct slice){ at, at ? n : 0 };
}

static void take_body(struct canon_reader *body, const char *layout, struct canon_entry *entry)
{
    int n = 0, texts = 0;
    for (; *layout; layout++)
        if (*layout == 't' || *layout == 'b')
            entry->text[texts++] = take_slice(body, *layout == 't' ? 2 : 4);
        else if (*layout != '?')
            entry->n[n++] = (int64_t)take_number(body, *layout - '0');
        else if (body->at < body->end)
            take(body, 4);
    body->bad |= body->at < body->end;
}

bool canon_next(struct canon_reader *reader, struct canon_entry *entry)
{
    if (reader->bad || reader->left-- == 0) {
        reader->bad |= reader->at != reader->end;
        return false;
    }
    size_t kind = take_number(reader, 2), len = take_number(reader, 4);
    const uint8_t *at = take(reader, len);
    reader->bad |= kind == 0 || kind >= sizeof layouts / sizeof *layouts;
    if (reader->bad)
        return false;
    struct canon_reader body = { at, at + len, 0, false };
    *entry = (struct canon_entry){ .kind = (enum canon_kind)kind };
    take_body(&body, layouts[kind], entry);
    reader->bad |= body.bad;
    return !reader->bad;
}

bool canon_is(struct slice text, const char *word)
{
    return text.len == strlen(word) && memcmp(text.ptr, word, text.len) == 0;
}
