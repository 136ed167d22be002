"""XXH3-64 of short inputs without a seed, from its description (github.com/Cyan4973/xxHash, doc/xxhash_spec.md)."""
from values import Unspecified

SECRET = bytes.fromhex(
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221b8084674f743248e"
    "e03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8a8fa763fe39c343ff9dcbbc7c70b4f1d"
    "8a51e04bcdb45931c89f7ec9d9787364eac5ac8334d3ebc3")
WORD = (1 << 64) - 1
PRIME_1, PRIME_2, PRIME_3 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9
MIX_1, MIX_2 = 0x165667919E3779F9, 0x9FB21C651E98DF25


def read(data, at, size=8):
    return int.from_bytes(data[at:at + size], "little")


def turn(word, bits):
    return (word << bits | word >> (64 - bits)) & WORD


def fold(a, b):
    return (a * b & WORD) ^ (a * b >> 64)


def avalanche(word):
    word = (word ^ word >> 37) * MIX_1 & WORD
    return word ^ word >> 32


def old_avalanche(word):
    word = (word ^ word >> 33) * PRIME_2 & WORD
    word = (word ^ word >> 29) * PRIME_3 & WORD
    return word ^ word >> 32


def mix(data, at, secret):
    return fold(read(data, at) ^ read(SECRET, secret), read(data, at + 8) ^ read(SECRET, secret + 8))


def xxh3(data):
    n = len(data)
    if n > 128:
        raise Unspecified("the hash of a long text")
    if n > 16:
        word = n * PRIME_1
        for i in range((n - 1) // 32 + 1):
            word += mix(data, 16 * i, 32 * i) + mix(data, n - 16 * (i + 1), 32 * i + 16)
        return avalanche(word & WORD)
    if n > 8:
        low, high = read(data, 0) ^ read(SECRET, 24) ^ read(SECRET, 32), read(data, n - 8) ^ read(SECRET, 40) ^ read(SECRET, 48)
        return avalanche(n + int.from_bytes(low.to_bytes(8, "little"), "big") + high + fold(low, high) & WORD)
    if n > 3:
        word = read(data, n - 4, 4) + (read(data, 0, 4) << 32) ^ read(SECRET, 8) ^ read(SECRET, 16)
        word = (word ^ turn(word, 49) ^ turn(word, 24)) * MIX_2 & WORD
        word = (word ^ (word >> 35) + n) * MIX_2 & WORD
        return word ^ word >> 28
    if n:
        word = data[0] << 16 | data[n >> 1] << 24 | data[-1] | n << 8
        return old_avalanche(word ^ read(SECRET, 0, 4) ^ read(SECRET, 4, 4))
    return old_avalanche(read(SECRET, 56) ^ read(SECRET, 64))
