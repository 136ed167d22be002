/* What a job costs when it is written by hand, in C, for nothing but this one job:
 *   kernels words FILE ROUNDS [show]     counts words; for each round: words, CPU seconds. show: the counts, too
 *   kernels regex FILE ROUNDS PATTERN    matches each line by PCRE2's JIT; for each round: lines, CPU seconds */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <emmintrin.h>
#include <pcre2.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/check.h"

static double cpu_seconds(void)
{
    struct timespec at;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static struct text { /* of the file; 64 readable bytes behind it */
    char *at;
    size_t n;
} text;

static void text_read(const char *path)
{
    FILE *file = fopen(path, "r");
    check(file && fseek(file, 0, SEEK_END) == 0);
    text.n = (size_t)ftell(file);
    rewind(file);
    text.at = calloc(1, text.n + 64);
    check(text.at && fread(text.at, 1, text.n, file) == text.n);
    fclose(file);
}

/* ---- words: a table with open addressing whose slots hold words of up to 16 bytes, looked up 64 at a time */

#define GROUP 64

struct slot {
    uint64_t k0, k1;
    const char *ptr; /* of a longer word */
    uint32_t len;    /* 0xffffffff: free */
    uint32_t count;
};

static struct words {
    struct slot *slot;
    uint64_t mask, n;
    const char *from[GROUP]; /* the next ones */
    uint32_t len[GROUP];
    unsigned waiting;
} words;

static void words_make(uint64_t slots)
{
    words.slot = aligned_alloc(64, slots * sizeof *words.slot);
    check(words.slot);
    memset(words.slot, 0xff, slots * sizeof *words.slot);
    words.mask = slots - 1;
    words.n = 0;
}

static inline uint64_t mix(uint64_t a, uint64_t b)
{
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t words_hash(const char *from, uint32_t len, uint64_t *k0, uint64_t *k1)
{
    memcpy(k0, from, 8);
    memcpy(k1, from + 8, 8);
    uint64_t keep0 = len >= 8 ? ~0ull : (1ull << 8 * len) - 1;
    uint64_t keep1 = len >= 16 ? ~0ull : len <= 8 ? 0 : (1ull << 8 * (len - 8)) - 1;
    *k0 &= keep0;
    *k1 &= keep1;
    uint64_t hash =
        mix(mix(*k0 ^ 0x9e3779b97f4a7c15u, *k1 ^ 0xbf58476d1ce4e5b9u) ^ len, 0x94d049bb133111ebu);
    for (uint32_t i = 16; i < len; i++)
        hash = mix(hash ^ (uint8_t)from[i], 0x94d049bb133111ebu);
    return hash;
}

static inline struct slot *words_seek(uint64_t hash, uint64_t k0, uint64_t k1, const char *from,
                                      uint32_t len)
{
    for (uint64_t i = hash & words.mask;; i = (i + 1) & words.mask) {
        struct slot *slot = &words.slot[i];
        if (slot->len == UINT32_MAX)
            return slot;
        if (((slot->k0 ^ k0) | (slot->k1 ^ k1) | (slot->len ^ len)) == 0 &&
            (len <= 16 || memcmp(slot->ptr, from, len) == 0))
            return slot;
    }
}

static void words_grow(void)
{
    struct slot *old = words.slot;
    uint64_t slots = words.mask + 1, n = words.n;
    words_make(slots * 2);
    words.n = n;
    for (uint64_t i = 0; i < slots; i++) {
        uint64_t k0, k1, hash;
        if (old[i].len == UINT32_MAX)
            continue;
        hash = words_hash(old[i].ptr, old[i].len, &k0, &k1);
        *words_seek(hash, k0, k1, old[i].ptr, old[i].len) = old[i];
    }
    free(old);
}

static void words_count(void) /* those that wait */
{
    uint64_t k0[GROUP], k1[GROUP], hash[GROUP];
    while ((words.n + GROUP) * 2 > words.mask)
        words_grow();
    for (unsigned i = 0; i < words.waiting; i++) {
        hash[i] = words_hash(words.from[i], words.len[i], &k0[i], &k1[i]);
        __builtin_prefetch(&words.slot[hash[i] & words.mask]);
    }
    for (unsigned i = 0; i < words.waiting; i++) {
        const char *from = words.from[i];
        struct slot *slot = words_seek(hash[i], k0[i], k1[i], from, words.len[i]);
        if (slot->len == UINT32_MAX) {
            *slot = (struct slot){ k0[i], k1[i], from, words.len[i], 0 };
            words.n++;
        }
        slot->count++;
    }
    words.waiting = 0;
}

static uint64_t words_run(void)
{
    const __m128i blank = _mm_set1_epi8(' '), end = _mm_set1_epi8('\n');
    const char *from = text.at;
    uint64_t n = 0;
    memset(words.slot, 0xff, (words.mask + 1) * sizeof *words.slot);
    words.n = 0;
    for (size_t at = 0; at < text.n; at += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(text.at + at));
        uint32_t bits = (uint32_t)_mm_movemask_epi8(
            _mm_or_si128(_mm_cmpeq_epi8(bytes, blank), _mm_cmpeq_epi8(bytes, end)));
        for (; bits; bits &= bits - 1) {
            const char *to = text.at + at + (unsigned)__builtin_ctz(bits);
            words.from[words.waiting] = from;
            words.len[words.waiting++] = (uint32_t)(to - from);
            from = to + 1;
            n++;
            if (words.waiting == GROUP)
                words_count();
        }
    }
    words_count();
    return n;
}

static void words_show(void)
{
    for (uint64_t i = 0; i <= words.mask; i++) {
        const struct slot *slot = &words.slot[i];
        if (slot->len != UINT32_MAX)
            printf("%u %.*s\n", slot->count, (int)slot->len, slot->ptr);
    }
}

/* ---- regex */

static uint64_t regex_run(const pcre2_code *code, pcre2_match_data *data)
{
    const PCRE2_SIZE *span = pcre2_get_ovector_pointer(data);
    uint64_t lines = 0, bytes = 0;
    for (const char *from = text.at, *end = text.at + text.n; from < end; lines++) {
        const char *to = memchr(from, '\n', (size_t)(end - from));
        int n = pcre2_match(code, (PCRE2_SPTR)from, (size_t)(to - from), 0, PCRE2_NO_UTF_CHECK,
                            data, NULL);
        for (int i = 1; i < n; i++)
            bytes += span[2 * i + 1] - span[2 * i];
        from = to + 1;
    }
    check(bytes > 0);
    return lines;
}

static uint64_t regex(const char *pattern)
{
    static pcre2_code *code;
    static pcre2_match_data *data;
    int error;
    PCRE2_SIZE at;
    if (!code) {
        code =
            pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, PCRE2_UTF, &error, &at, NULL);
        check(code && pcre2_jit_compile(code, PCRE2_JIT_COMPLETE) == 0);
        data = pcre2_match_data_create_from_pattern(code, NULL);
    }
    return regex_run(code, data);
}

int main(int argc, char **argv)
{
    bool is_words = argc >= 4 && strcmp(argv[1], "words") == 0;
    if (!is_words && (argc != 5 || strcmp(argv[1], "regex") != 0))
        return 64;
    text_read(argv[2]);
    words_make(4096);
    for (int i = 0; i < atoi(argv[3]); i++) {
        double before = cpu_seconds();
        uint64_t n = is_words ? words_run() : regex(argv[4]);
        printf("%llu %.6f\n", (unsigned long long)n, cpu_seconds() - before);
    }
    if (is_words && argc == 5)
        words_show();
    return 0;
}
