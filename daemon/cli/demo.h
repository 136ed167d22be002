/* The demo: its folder, what it produced, and the judgement of what was counted. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define DEMO_TOPIC "lines"
#define DEMO_JOB "wordcount"
#define DEMO_PARTITIONS 4
#define DEMO_WORDS 64    /* different ones; print shows them all */
#define DEMO_WORD_MAX 16 /* bytes of a word with its 0 */

struct demo_counts { /* of what was produced, or of what came out */
    uint64_t records[DEMO_PARTITIONS];
    uint64_t words[DEMO_WORDS];
};
extern const char demo_words[DEMO_WORDS][DEMO_WORD_MAX];

uint64_t demo_sum(const uint64_t *counts, size_t n);
/* The ledger that the producer keeps, a file that is written whole. */
bool demo_ledger_write(const char *path, const struct demo_counts *counts, struct err *err);
bool demo_ledger_read(const char *path, struct demo_counts *counts, struct err *err);

struct demo_verdict {
    struct demo_counts batches;    /* records by the batch log; words by what was printed */
    int64_t next[DEMO_PARTITIONS]; /* behind the last offset that a batch took */
    uint64_t n_batches, last_batch;
    uint64_t lost, doubled; /* records: offsets in no record of the batch log, in more than one */
    uint64_t words_lost, words_doubled; /* in what was printed, against the ledger */
};
/* Reads the batch log below `checkpoint`, which may be in use: each offset must be in exactly one
 * record. False: it cannot be read (a take-over may be under way), or is damaged. */
bool demo_judge_log(const char *checkpoint, struct demo_verdict *verdict, struct err *err);
/* Nothing was lost or doubled of what the ledger says was produced; what is behind the last offset of the log is counted as
 * lost before. */
bool demo_judge_exact(const struct demo_counts *ledger, struct demo_verdict *verdict);
/* Reads what `print` wrote; of a batch that was printed again the last whole block counts. */
bool demo_judge_output(const char *path, const struct demo_counts *ledger,
                       struct demo_verdict *verdict, struct err *err);

struct demo_watch;
/* On standard output. */
void demo_show_table(const struct demo_counts *made, const struct demo_verdict *verdict,
                     const struct demo_watch *watch);
void demo_show_json(const struct demo_counts *made, const struct demo_verdict *verdict,
                    const struct demo_watch *watch); /* the same */
