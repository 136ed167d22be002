#include "base/crc32c.h"

#include <string.h>

#define CRC32C_POLY 0x82f63b78u /* reflected */

/* uncovered: needs a processor without SSE 4.2 */
static uint32_t crc32c_step(uint32_t crc, const uint8_t *at, size_t n)
{
    for (; n; n--, at++) {
        crc ^= *at;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (CRC32C_POLY & (0u - (crc & 1)));
    }
    return crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t crc32c_sse(uint32_t crc, const uint8_t *at,
                                                             size_t n)
{
    uint64_t wide = crc;
    for (; n >= 8; n -= 8, at += 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        wide = __builtin_ia32_crc32di(wide, word);
    }
    crc = (uint32_t)wide;
    for (; n; n--, at++)
        crc = __builtin_ia32_crc32qi(crc, *at);
    return crc;
}
#endif

uint32_t crc32c(uint32_t crc, const void *bytes, size_t n)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2")) /* uncovered: as above */
        return ~crc32c_sse(~crc, bytes, n);
#elif defined(__ARM_FEATURE_CRC32)
    crc = ~crc;
    const uint8_t *at = bytes;
    for (; n >= 8; n -= 8, at += 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        crc = __builtin_aarch64_crc32cx(crc, word);
    }
    return ~crc32c_step(crc, at, n);
#endif
    return ~crc32c_step(~crc, bytes, n); /* uncovered: as above */
}

/* The product of two polynomials modulo ours; bit 31 is x^0. */
static uint32_t crc32c_multiply(uint32_t a, uint32_t b)
{
    uint32_t product = 0;
    for (uint32_t bit = 1u << 31; bit; bit >>= 1) {
        product ^= a & bit ? b : 0;
        b = b >> 1 ^ (CRC32C_POLY & (0u - (b & 1)));
    }
    return product;
}

/* The first is moved up by as many bits as the second has: times x^(8 n), by squaring. */
uint32_t crc32c_join(uint32_t first, uint32_t second, uint64_t n_second)
{
    uint32_t up = 1u << 31, power = 1u << 23; /* x^0, x^8 */
    for (; n_second; n_second >>= 1) {
        if (n_second & 1)
            up = crc32c_multiply(up, power);
        power = crc32c_multiply(power, power);
    }
    return crc32c_multiply(up, first) ^ second;
}
