/* Texts to measure with, a record a line, always the same:
 *   texts words LINES     16 words a line, Zipf over 73,000, some 100 bytes
 *   texts events LINES    JSON of 254 bytes, as advertising systems count: who saw or clicked which ad, where, when
 *   texts access LINES    an Apache access log */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS 73000
#define WORDS_A_LINE 16
#define ADS 1000

static uint64_t next_random(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u; /* splitmix64 */
    uint64_t z = *state;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* Frequent words are short, as in a language; the number makes each different. */
static int word_of(uint32_t rank, char *out)
{
    uint64_t state = rank;
    int n = 0, len = rank < 20 ? 3 : 4 + (int)(next_random(&state) % 6);
    for (uint32_t left = rank; left || n < len; left /= 26)
        out[n++] = (char)('a' + (left ? left : next_random(&state)) % 26);
    return n;
}

static void words(uint32_t lines)
{
    static double sum[WORDS];
    uint64_t state = 1;
    double total = 0;
    for (uint32_t i = 0; i < WORDS; i++)
        sum[i] = total += 1.0 / (i + 1);
    for (uint32_t i = 0; i < lines * WORDS_A_LINE; i++) {
        double at = (double)(next_random(&state) >> 11) * 0x1p-53 * total;
        uint32_t from = 0, to = WORDS - 1;
        char word[32];
        while (from < to) {
            uint32_t middle = (from + to) / 2;
            if (sum[middle] < at)
                from = middle + 1;
            else
                to = middle;
        }
        fwrite(word, 1, (size_t)word_of(from, word), stdout);
        putchar(i % WORDS_A_LINE == WORDS_A_LINE - 1 ? '\n' : ' ');
    }
}

static void uuid(uint64_t state, const char *name)
{
    unsigned long long a = next_random(&state), b = next_random(&state);
    printf("\"%s\":\"%08llx-%04llx-%04llx-%04llx-%012llx\",", name, a >> 32, a >> 16 & 0xffff,
           a & 0xffff, b >> 48, b & 0xffffffffffff);
}

static void events(uint32_t lines)
{
    static const char *const kinds[] = { "view", "click", "purchase" };
    static const char *const types[] = { "banner", "modal", "sponsored-search", "mail", "mobile" };
    uint64_t state = 2;
    for (uint32_t i = 0; i < lines; i++) {
        uint64_t random = next_random(&state);
        putchar('{');
        uuid(random % 100000, "user_id");
        uuid(random >> 20 & 1023, "page_id");
        uuid(1000 + random % ADS, "ad_id");
        printf(
            "\"ad_type\":\"%s\",\"event_type\":\"%s\",\"event_time_ms\":\"%llu\","
            "\"source_address\":\"10.%03u.%03u.%03u\"}\n",
            types[random >> 32 & 3], kinds[(random >> 40) % 3], 1480463341352ull + i,
            (unsigned)(random >> 8 & 255), (unsigned)(random >> 16 & 255),
            (unsigned)(random >> 24 & 255));
    }
}

static void access_log(uint32_t lines)
{
    static const int status[] = { 200, 200, 200, 200, 200, 304, 404, 500 };
    uint64_t state = 3;
    for (uint32_t i = 0; i < lines; i++) {
        uint64_t random = next_random(&state);
        char word[32];
        int n = word_of((uint32_t)(random >> 16) % 5000, word);
        printf(
            "10.%u.%u.%u - - [22/Nov/2026:15:%02u:%02u +0000] \"GET /%.*s/%u.html HTTP/1.1\" %d %u "
            "\"https://example.org/%.*s\" \"Mozilla/5.0 (X11; Linux x86_64)\"\n",
            (unsigned)(random & 255), (unsigned)(random >> 8 & 255), (unsigned)(random >> 16 & 255),
            i / 60 % 60, i % 60, n, word, (unsigned)(random >> 32 & 1023), status[random >> 45 & 7],
            (unsigned)(random >> 48), n, word);
    }
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*make)(uint32_t lines);
    } texts[] = { { "words", words }, { "events", events }, { "access", access_log } };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0] && argc == 3; i++) {
        if (strcmp(argv[1], texts[i].name) != 0)
            continue;
        texts[i].make((uint32_t)atoi(argv[2]));
        return 0;
    }
    return 64;
}
