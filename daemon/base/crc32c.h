/* CRC-32C (Castagnoli; RFC 3720 appendix B.4), the checksum of every file and frame. Goes on from a crc of earlier bytes;
 * begin with 0. One instruction for eight bytes where the processor has it (x86 SSE4.2, ARM), else bit by bit. */
#pragma once
#include <stddef.h>
#include <stdint.h>

uint32_t crc32c(uint32_t crc, const void *bytes, size_t n);
/* That of two runs of bytes behind one another, from both their crcs and the length of the second. */
uint32_t crc32c_join(uint32_t first, uint32_t second, uint64_t n_second);
