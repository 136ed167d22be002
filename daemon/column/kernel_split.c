/* split and words: views of the pieces, nothing is copied. One row after the other is searched 64
 * bytes at a time; reads stay inside the row. */
#include <string.h>

#include "base/scan.h"
#include "column/kernel.h"
#include "column/pieces.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#ifdef __SSE2__
/* 16 bytes at `at`, of which n are the row's; the rest are 0 */
static inline __m128i load_some(const char *at, size_t n)
{
    char bytes[16] = { 0 };
    memcpy(bytes, at, n);
    return _mm_loadu_si128((const __m128i *)(const void *)bytes);
}

static inline __m128i load(const char *at)
{
    return _mm_loadu_si128((const __m128i *)(const void *)at);
}

/* The places of `wanted` among n ≤ 64 bytes, a bit each. */
static inline uint64_t marks(const char *at, size_t n, __m128i wanted)
{
    uint64_t mask = 0;
    for (size_t i = 0; i < n; i += 16) {
        __m128i bytes = n - i >= 16 ? load(at + i) : load_some(at + i, n - i);
        mask |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, wanted)) << i;
    }
    return n < 64 ? mask & ((UINT64_C(1) << n) - 1) : mask;
}

/* A piece ends at each mark. The counters are kept out of memory while it goes. */
static inline const char *put_marked(struct pieces *pieces, const char *from, const char *at,
                                     uint64_t mask)
{
    const char **ptr = pieces->ptr + pieces->n;
    uint32_t *len = pieces->len + pieces->n;
    while (mask) {
        const char *to = at + __builtin_ctzll(mask);
        *ptr++ = from;
        *len++ = (uint32_t)(to - from);
        from = to + 1;
        mask &= mask - 1;
    }
    pieces->n = (uint32_t)(ptr - pieces->ptr);
    return from;
}

static void split_byte(struct pieces *pieces, const char *at, size_t n, char sep)
{
    const char *from = at, *end = at + n;
    const __m128i wanted = _mm_set1_epi8(sep);
    for (; end - at >= 64; at += 64) /* one branch that cannot be foreseen for 64 bytes */
        from = put_marked(pieces, from, at, marks(at, 64, wanted));
    if (at < end)
        from = put_marked(pieces, from, at, marks(at, (size_t)(end - at), wanted));
    pieces_put(pieces, from, end);
}
#else
static void split_byte(struct pieces *pieces, const char *at, size_t n, char sep)
{
    const char *from = at, *end = at + n;
    for (; at < end; at++)
        if (*at == sep) {
            pieces_put(pieces, from, at);
            from = at + 1;
        }
    pieces_put(pieces, from, end);
}
#endif

/* No byte sequence of valid UTF-8 is found inside a code point of another one. */
static void split_bytes(struct pieces *pieces, struct slice text, struct slice sep)
{
    const char *from = text.ptr, *end = from + text.len, *to;
    while ((to = memmem(from, (size_t)(end - from), sep.ptr, sep.len)) != NULL) {
        pieces_put(pieces, from, to);
        from = to + sep.len;
    }
    pieces_put(pieces, from, end);
}

static bool is_space(uint32_t c)
{
    return (c >= 9 && c <= 13) || (c >= 28 && c <= 32) || c == 0x85 || c == 0xa0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
           c == 0x205f || c == 0x3000;
}

static void words_of(struct pieces *pieces, const char *at, const char *end)
{
    const char *from = NULL;
    while (at < end) {
        uint32_t c = (uint8_t)*at;
        size_t n = 1;
        if (c >= 0x80)
            n = scan_utf8((const uint8_t *)at, (const uint8_t *)end, &c);
        if (is_space(c)) {
            if (from)
                pieces_put(pieces, from, at);
            from = NULL;
        } else if (!from) {
            from = at;
        }
        at += n ? n : 1; /* uncovered: a String is UTF-8; were it not, this would still end */
    }
    if (from)
        pieces_put(pieces, from, end);
}

#ifdef __SSE2__
/* Bits of white space in 16 bytes of ASCII; *high: others are among them. */
static inline uint32_t space_mask(__m128i bytes, uint32_t *high)
{
    __m128i control = _mm_sub_epi8(bytes, _mm_set1_epi8(9));
    __m128i separator = _mm_sub_epi8(bytes, _mm_set1_epi8(28));
    __m128i is_control = _mm_cmpeq_epi8(_mm_min_epu8(control, _mm_set1_epi8(4)), control);
    __m128i is_separator = _mm_cmpeq_epi8(_mm_min_epu8(separator, _mm_set1_epi8(4)), separator);
    *high |= (uint32_t)_mm_movemask_epi8(bytes);
    return (uint32_t)_mm_movemask_epi8(_mm_or_si128(is_control, is_separator));
}

/* Words begin and end where the class of a byte changes: starts and ends alternate. */
static bool words_ascii(struct pieces *pieces, const char *at, const char *end)
{
    uint32_t high = 0, inside = 0;
    const char *from = at;
    while (at < end) {
        size_t n = end - at >= 16 ? 16 : (size_t)(end - at);
        uint32_t valid = (uint32_t)((1u << n) - 1);
        uint32_t word = ~space_mask(n == 16 ? load(at) : load_some(at, n), &high) & valid;
        uint32_t edge = (word ^ (word << 1 | inside)) & valid;
        for (; edge; edge &= edge - 1) {
            const char *to = at + __builtin_ctz(edge);
            if (inside)
                pieces_put(pieces, from, to);
            from = to;
            inside ^= 1;
        }
        at += n;
    }
    if (inside)
        pieces_put(pieces, from, end);
    return !high;
}

static void words(struct pieces *pieces, const char *at, const char *end)
{
    uint32_t before = pieces->n;
    if (words_ascii(pieces, at, end))
        return;
    pieces->n = before;
    words_of(pieces, at, end);
}
#else
static void words(struct pieces *pieces, const char *at, const char *end)
{
    words_of(pieces, at, end);
}
#endif

static void split_row(struct pieces *pieces, uint32_t row)
{
    struct call *call = pieces->call;
    struct slice text = column_slice(call->in[0], row), sep = column_slice(call->in[1], row);
    call->out->offset[row] = pieces->n;
    if (!sep.len || !pieces_reserve(pieces, text.len))
        kernel_fail(call, row, sep.len ? FAULT_LARGE : FAULT_EMPTY_SEPARATOR);
    else if (sep.len == 1)
        split_byte(pieces, text.ptr, text.len, *(const char *)sep.ptr);
    else
        split_bytes(pieces, text, sep);
    call->out->len[row] = pieces->n - call->out->offset[row];
}

void kernel_split(struct call *call)
{
    struct pieces pieces = pieces_begin(call);
    ROWS(call, split_row(&pieces, row););
    pieces_end(&pieces, call->out);
}

static void words_row(struct pieces *pieces, uint32_t row)
{
    struct call *call = pieces->call;
    struct slice text = column_slice(call->in[0], row);
    call->out->offset[row] = pieces->n;
    if (pieces_reserve(pieces, text.len))
        words(pieces, text.ptr, (const char *)text.ptr + text.len);
    else
        kernel_fail(call, row, FAULT_LARGE);
    call->out->len[row] = pieces->n - call->out->offset[row];
}

void kernel_words(struct call *call)
{
    struct pieces pieces = pieces_begin(call);
    ROWS(call, words_row(&pieces, row););
    pieces_end(&pieces, call->out);
}
