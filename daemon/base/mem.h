/* Memory of a crash-only process: a failed allocation aborts, here and nowhere else. What input can size is limited
 * before it comes here. In a simulation each process draws from a domain of its own, so that a simulated kill -9
 * drops all that it held. */
#pragma once
#include <stddef.h>
#include <stdint.h>

void *mem_alloc(size_t n);                  /* n bytes, not cleared; never NULL */
void *mem_zalloc(size_t n);                 /* n bytes of 0 */
void *mem_realloc(void *p, size_t n);       /* as realloc(); never NULL */
void mem_free(void *p);                     /* NULL is fine */
char *mem_strdup(const char *s);            /* a copy, to be freed with mem_free() */
char *mem_strndup(const char *s, size_t n); /* of n bytes, with a 0 behind them */
char *mem_printf(const char *format, ...)
    __attribute__((format(printf, 1, 2))); /* a text, to be freed */
/* The process may come to hold so many bytes more than it does. What it, or a library, wants beyond ends it. */
void mem_limit(uint64_t bytes);
/* How often this thread has asked for memory: the cost of a record is told by counting. */
unsigned long long mem_count(void);
/* Memory of 2 MiB and more that was just allocated and will be touched all over: asks for huge pages. */
void mem_hint_huge(void *p, size_t n);

/* An array of `from` bytes (p NULL: 0) made `to` bytes long, not less, aligned to a cache line; what is new is not cleared. Of
 * 2 MiB and more it lies on huge pages, and is moved by its page tables instead of being copied. */
void *mem_grow(void *p, size_t from, size_t to);
void mem_grow_free(void *p, size_t n); /* what it gave, n bytes long; NULL is fine */

struct mem_domain; /* all that one simulated process holds */
struct mem_domain *mem_domain_new(void);
/* From now on this thread draws from domain; NULL: from the process. Returns the one before. */
struct mem_domain *mem_domain_enter(struct mem_domain *domain);
/* The n-th allocation from now on in this domain fails: spent(ctx) is called in its place and must not come back. 0: none. */
void mem_domain_fail_at(struct mem_domain *domain, unsigned long long n, void (*spent)(void *ctx),
                        void *ctx);
size_t mem_domain_drop(
    struct mem_domain *domain); /* frees all of it and itself; returns the number of pieces */
