#include "base/mem.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/check.h"
#include "base/list.h"

struct mem_domain {
    struct list pieces;      /* of struct mem_piece */
    unsigned long long left; /* allocations until one fails, with it; 0: none does */
    void (*spent)(void *ctx);
    void *ctx;
};

struct mem_piece { /* stands in front of each allocation made inside a domain */
    struct list link;
};

static _Thread_local struct mem_domain *mem_domain; /* a simulation's; NULL in the daemon */

static _Thread_local unsigned long long mem_counted;

unsigned long long mem_count(void)
{
    return mem_counted;
}

static void *mem_check(void *p, size_t n)
{
    mem_counted++;
    if (!p) {
        char wanted[40];
        snprintf(wanted, sizeof wanted, "%zu bytes wanted", n);
        check_spent("out of memory", wanted, CHECK_MEMORY);
    }
    return p;
}

static void mem_charge(void)
{
    if (mem_domain->left && --mem_domain->left == 0)
        mem_domain->spent(mem_domain->ctx);
}

static void *mem_of(struct mem_piece *piece)
{
    list_add_tail(&mem_domain->pieces, &piece->link);
    return piece + 1;
}

void *mem_alloc(size_t n)
{
    if (!mem_domain)
        return mem_check(malloc(n ? n : 1), n);
    mem_charge();
    return mem_of(mem_check(malloc(sizeof(struct mem_piece) + n), n));
}

void *mem_zalloc(size_t n)
{
    if (!mem_domain)
        return mem_check(calloc(1, n ? n : 1), n);
    mem_charge();
    return mem_of(mem_check(calloc(1, sizeof(struct mem_piece) + n), n));
}

void *mem_realloc(void *p, size_t n)
{
    if (!mem_domain)
        return mem_check(realloc(p, n ? n : 1), n);
    struct mem_piece *piece = NULL;
    mem_charge();
    if (p) {
        piece = (struct mem_piece *)p - 1;
        list_remove(&piece->link);
    }
    return mem_of(mem_check(realloc(piece, sizeof *piece + n), n));
}

void mem_free(void *p)
{
    if (!mem_domain || !p) {
        free(p);
        return;
    }
    struct mem_piece *piece = (struct mem_piece *)p - 1;
    list_remove(&piece->link);
    free(piece);
}

char *mem_strdup(const char *s)
{
    return mem_strndup(s, strlen(s));
}

char *mem_strndup(const char *s, size_t n)
{
    char *copy = mem_alloc(n + 1);
    memcpy(copy, s, n);
    copy[n] = 0;
    return copy;
}

char *mem_printf(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    check(n >= 0);
    char *text = mem_alloc((size_t)n + 1);
    va_start(args, format);
    vsnprintf(text, (size_t)n + 1, format, args);
    va_end(args);
    return text;
}

#define MEM_HUGE ((size_t)2 << 20)

void mem_hint_huge(void *p, size_t n)
{
    uintptr_t from = ((uintptr_t)p + MEM_HUGE - 1) & ~(MEM_HUGE - 1);
    uintptr_t to = ((uintptr_t)p + n) & ~(MEM_HUGE - 1);
    if (from < to)
        (void)madvise((void *)from, to - from, MADV_HUGEPAGE); /* no kernel support: as before */
}

#define MEM_LINE ((size_t)64)

static size_t mem_round(size_t n, size_t to)
{
    return (n + to - 1) & ~(to - 1);
}

/* n bytes, a multiple of MEM_HUGE and aligned to it. */
static void *mem_map(size_t n)
{
    char *p = mmap(NULL, n + MEM_HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *at = (char *)mem_round((uintptr_t)p, MEM_HUGE);
    if (p == MAP_FAILED)
        return NULL;
    (void)munmap(p, (size_t)(at - p)); /* what stands before and behind, perhaps nothing */
    (void)munmap(at + n, (size_t)(p + MEM_HUGE - at));
    mem_hint_huge(at, n);
    return at;
}

void *mem_grow(void *p, size_t from, size_t to)
{
    if (mem_domain)
        return mem_realloc(p, to);
    if (from >= MEM_HUGE && mem_round(from, MEM_HUGE) == mem_round(to, MEM_HUGE))
        return p;
    bool large = to >= MEM_HUGE;
    size_t size = mem_round(to, large ? MEM_HUGE : MEM_LINE);
    void *grown = mem_check(large ? mem_map(size) : aligned_alloc(MEM_LINE, size), to);
    if (from >=
        MEM_HUGE) { /* one mapping in place of both: of two, the next one could not be moved */
        void *moved =
            mremap(p, mem_round(from, MEM_HUGE), size, MREMAP_MAYMOVE | MREMAP_FIXED, grown);
        /* uncovered: no room for pages that were promised */
        return mem_check(moved == MAP_FAILED ? NULL : moved, to);
    }
    if (from)
        memcpy(grown, p, from);
    free(p);
    return grown;
}

void mem_grow_free(void *p, size_t n)
{
    if (!mem_domain && n >= MEM_HUGE)
        munmap(p, mem_round(n, MEM_HUGE));
    else
        mem_free(p);
}

struct mem_domain *mem_domain_new(void)
{
    struct mem_domain *domain = mem_check(malloc(sizeof *domain), sizeof *domain);
    *domain = (struct mem_domain){ .left = 0 };
    list_init(&domain->pieces);
    return domain;
}

void mem_domain_fail_at(struct mem_domain *domain, unsigned long long n, void (*spent)(void *ctx),
                        void *ctx)
{
    domain->left = n;
    domain->spent = spent;
    domain->ctx = ctx;
}

struct mem_domain *mem_domain_enter(struct mem_domain *domain)
{
    struct mem_domain *before = mem_domain;
    mem_domain = domain;
    return before;
}

size_t mem_domain_drop(struct mem_domain *domain)
{
    size_t n = 0;
    while (!list_empty(&domain->pieces)) {
        struct list *link = list_first(&domain->pieces);
        list_remove(link);
        free(LIST_ITEM(link, struct mem_piece, link));
        n++;
    }
    free(domain);
    return n;
}

/* Bytes that are writable and private, which is what RLIMIT_DATA counts. A sanitizer has terabytes. */
static uint64_t mem_held(void)
{
    unsigned long long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file || fscanf(file, "%*u %*u %*u %*u %*u %llu", &pages) != 1)
        pages = 0;
    if (file)
        fclose(file);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

void mem_limit(uint64_t bytes)
{
    struct rlimit limit;
    check(getrlimit(RLIMIT_DATA, &limit) == 0);
    bytes += mem_held();
    if (bytes < limit.rlim_cur)
        limit.rlim_cur = bytes; /* the hard one stays: a program that is started may have its own */
    check(setrlimit(RLIMIT_DATA, &limit) == 0);
}
