/* What came of the demo, judged from files alone: the batch log, and what was printed. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "cli/demo.h"
#include "cli/settings.h"
#include "durable/file.h"
#include "durable/record.h"

#define FILE_MAX (64u << 20)

const char demo_words[DEMO_WORDS][DEMO_WORD_MAX] = {
    "the",   "sea",     "and",    "a",       "tide",  "of",     "rises", "falls",
    "on",    "sand",    "in",     "wave",    "moon",  "ship",   "to",    "harbor",
    "light", "wind",    "salt",   "rope",    "it",    "gull",   "pier",  "with",
    "stone", "fog",     "keel",   "mast",    "is",    "anchor", "chart", "north",
    "at",    "storm",   "calm",   "deep",    "reef",  "coral",  "by",    "pearl",
    "shell", "drift",   "foam",   "current", "delta", "river",  "from",  "bay",
    "cape",  "island",  "lagoon", "beacon",  "buoy",  "hull",   "sail",  "oar",
    "crew",  "captain", "voyage", "compass", "star",  "dawn",   "dusk",  "horizon",
};

uint64_t demo_sum(const uint64_t *counts, size_t n)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += counts[i];
    return sum;
}

/* ---- the ledger: a number a line, partitions first */

bool demo_ledger_write(const char *path, const struct demo_counts *counts, struct err *err)
{
    FILE *file = fopen(path, "w");
    if (!file)
        return err_set(err, ERR_FATAL, "%s: %s", path, strerror(errno));
    for (size_t i = 0; i < DEMO_PARTITIONS; i++)
        fprintf(file, "%" PRIu64 "\n", counts->records[i]);
    for (size_t i = 0; i < DEMO_WORDS; i++)
        fprintf(file, "%" PRIu64 "\n", counts->words[i]);
    if (fclose(file) != 0)
        return err_set(err, ERR_FATAL, "%s: %s", path, strerror(errno));
    return true;
}

bool demo_ledger_read(const char *path, struct demo_counts *counts, struct err *err)
{
    FILE *file = fopen(path, "r");
    size_t n = 0;
    if (!file)
        return err_set(err, ERR_FATAL, "%s: %s", path, strerror(errno));
    for (; n < DEMO_PARTITIONS && fscanf(file, "%" SCNu64, &counts->records[n]) == 1; n++)
        ;
    for (; n >= DEMO_PARTITIONS && n < DEMO_PARTITIONS + DEMO_WORDS &&
           fscanf(file, "%" SCNu64, &counts->words[n - DEMO_PARTITIONS]) == 1;
         n++)
        ;
    fclose(file);
    if (n < DEMO_PARTITIONS + DEMO_WORDS)
        return err_set(err, ERR_FATAL, "%s: not whole", path);
    return true;
}

/* ---- the batch log */

static void judge_range(struct demo_verdict *verdict, const struct entry *entry)
{
    int32_t partition = entry->range.partition;
    if (partition < 0 || partition >= DEMO_PARTITIONS)
        return;
    int64_t from = entry->range.from, to = entry->range.to, next = verdict->next[partition];
    if (from > next)
        verdict->lost += (uint64_t)(from - next);
    if (from < next)
        verdict->doubled += (uint64_t)((to < next ? to : next) - from);
    verdict->batches.records[partition] += entry->range.count;
    if (to > next)
        verdict->next[partition] = to;
}

static bool judge_record(struct demo_verdict *verdict, struct slice bytes, struct err *err)
{
    struct file_head head;
    struct slice content;
    struct record_reader reader;
    struct entry entry;
    if (file_open(bytes, NULL, &head, &content, err) != FILE_WHOLE ||
        !record_open(content, &reader, err))
        return false;
    while (record_next(&reader, &entry, err)) {
        if (entry.kind == ENTRY_RANGE)
            judge_range(verdict, &entry);
        if (entry.kind == ENTRY_BATCH) {
            verdict->n_batches++;
            verdict->last_batch = entry.batch.number;
        }
    }
    return err->kind == ERR_NONE;
}

/* The one directory e<epoch>.<nonce>; false while there is none. */
static bool judge_directory(struct arena *arena, const char *checkpoint, const char **path)
{
    DIR *dir = opendir(checkpoint);
    *path = NULL;
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        if (entry->d_name[0] == 'e' && strchr(entry->d_name, '.'))
            *path = arena_printf(arena, "%s/%s", checkpoint, entry->d_name);
    if (dir)
        closedir(dir);
    return *path != NULL;
}

bool demo_judge_log(const char *checkpoint, struct demo_verdict *verdict, struct err *err)
{
    struct arena arena = { 0 };
    *verdict = (struct demo_verdict){ 0 };
    const char *directory;
    bool ok = true;
    *err = (struct err){ .kind = ERR_NONE };
    if (!judge_directory(&arena, checkpoint, &directory))
        return err_set(err, ERR_RETRY, "%s holds no job", checkpoint);
    for (uint64_t i = 1; ok; i++) {
        struct slice bytes;
        const char *path = arena_printf(&arena, "%s/log/%" PRIu64, directory, i);
        if (!cli_read_file(&arena, path, FILE_MAX, &bytes))
            break;
        ok = judge_record(verdict, bytes, err);
        if (!ok)
            err_wrap(err, "%s", path);
    }
    arena_free(&arena);
    return ok;
}

/* ---- what was printed */

struct printed { /* one block */
    int64_t key; /* of its time: a hash of the header's text */
    uint64_t words[DEMO_WORDS];
};
struct printed_all {
    struct printed *blocks;
    size_t n, cap;
};

static struct printed *printed_block(struct printed_all *all, const char *time)
{
    int64_t key = 0;
    for (; *time; time++)
        key = key * 131 + *time;
    for (size_t i = 0; i < all->n; i++)
        if (all->blocks[i].key == key)
            return &all->blocks[i];
    if (all->n == all->cap) {
        all->cap = all->cap ? 2 * all->cap : 64;
        all->blocks = mem_realloc(all->blocks, all->cap * sizeof *all->blocks);
    }
    all->blocks[all->n] = (struct printed){ .key = key };
    return &all->blocks[all->n++];
}

static void printed_word(struct printed *block, const char *line)
{
    char word[DEMO_WORD_MAX];
    uint64_t count;
    if (sscanf(line, "('%15[^']', %" SCNu64 ")", word, &count) != 2)
        return;
    for (size_t i = 0; i < DEMO_WORDS; i++)
        if (strcmp(demo_words[i], word) == 0)
            block->words[i] += count;
}

/* Lines of a block: dashes, Time: …, dashes, records, an empty line. Only then it is whole. */
static void judge_lines(FILE *file, struct printed_all *all)
{
    struct printed block;
    char line[256], time[64] = "";
    bool open = false;
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = 0;
        if (strncmp(line, "Time: ", 6) == 0) {
            snprintf(time, sizeof time, "%.63s", line);
            block = (struct printed){ 0 };
            open = true;
        } else if (open && line[0] == 0) {
            struct printed *kept = printed_block(all, time);
            memcpy(kept->words, block.words, sizeof kept->words);
            open = false;
        } else if (open) {
            printed_word(&block, line);
        }
    }
}

bool demo_judge_output(const char *path, const struct demo_counts *ledger,
                       struct demo_verdict *verdict, struct err *err)
{
    struct printed_all all = { 0 };
    FILE *file = fopen(path, "r");
    if (!file)
        return err_set(err, ERR_FATAL, "%s: %s", path, strerror(errno));
    judge_lines(file, &all);
    fclose(file);
    for (size_t w = 0; w < DEMO_WORDS; w++) {
        uint64_t counted = 0, produced = ledger->words[w];
        for (size_t i = 0; i < all.n; i++)
            counted += all.blocks[i].words[w];
        verdict->batches.words[w] = counted;
        verdict->words_lost += counted < produced ? produced - counted : 0;
        verdict->words_doubled += counted > produced ? counted - produced : 0;
    }
    mem_free(all.blocks);
    return true;
}

bool demo_judge_exact(const struct demo_counts *ledger, struct demo_verdict *verdict)
{
    for (unsigned i = 0; i < DEMO_PARTITIONS; i++)
        if ((uint64_t)verdict->next[i] < ledger->records[i])
            verdict->lost += ledger->records[i] - (uint64_t)verdict->next[i];
    return !(verdict->lost + verdict->doubled + verdict->words_lost + verdict->words_doubled) &&
           demo_sum(verdict->batches.records, DEMO_PARTITIONS) ==
               demo_sum(ledger->records, DEMO_PARTITIONS);
}
