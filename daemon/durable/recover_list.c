#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "durable/recover_parts.h"
#include "durable/trim.h"

/* A whole number as we write it: no sign, no leading zero. */
static bool parse_number(const char *text, uint64_t *number)
{
    size_t n = strspn(text, "0123456789");
    if (n == 0 || n > 19 || text[n] || text[0] == '0')
        return false;
    *number = strtoull(text, NULL, 10);
    return true;
}

static int compare_numbers(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

void recover_list_numbers(struct recover *recover, struct recover_numbers *numbers)
{
    const struct store_req *req = &recover->ask.req;
    numbers->numbers =
        arena_alloc(&recover->found->arena, (req->n_entries + 1) * sizeof *numbers->numbers);
    for (size_t i = 0; i < req->n_entries; i++) {
        if (!parse_number(req->entries[i].name, &numbers->numbers[numbers->n]))
            continue;
        numbers->n++;
        numbers->bytes += req->entries[i].length;
    }
    qsort(numbers->numbers, numbers->n, sizeof *numbers->numbers, compare_numbers);
}

/* By source, then seq. */
static int compare_commits(const void *a, const void *b)
{
    const struct recover_commit *x = a, *y = b;
    int order = strcmp(x->source, y->source);
    return order ? order : (x->seq > y->seq) - (x->seq < y->seq);
}

void recover_list_commits(struct recover *recover)
{
    const struct store_req *req = &recover->ask.req;
    struct arena *arena = &recover->found->arena;
    recover->commits = arena_alloc(arena, (req->n_entries + 1) * sizeof *recover->commits);
    for (size_t i = 0; i < req->n_entries; i++) {
        const char *name = req->entries[i].name, *dash = strrchr(name, '-');
        struct recover_commit *commit = &recover->commits[recover->n_commits];
        if (!dash || dash == name || (size_t)(dash - name) >= FILE_NAME_SIZE ||
            !parse_number(dash + 1, &commit->seq))
            continue;
        commit->source = arena_strndup(arena, name, (size_t)(dash - name));
        recover->n_commits++;
    }
    qsort(recover->commits, recover->n_commits, sizeof *recover->commits, compare_commits);
}

void recover_list_outs(struct recover *recover)
{
    const struct store_req *req = &recover->ask.req;
    struct arena *arena = &recover->found->arena;
    recover->outs = arena_alloc(arena, (req->n_entries + 1) * sizeof *recover->outs);
    for (size_t i = 0; i < req->n_entries; i++) {
        if (strlen(req->entries[i].name) < DIRECTORY_PATH_SIZE - DIRECTORY_NAME_SIZE - 8)
            recover->outs[recover->n_outs++] = arena_strdup(arena, req->entries[i].name);
    }
}

bool recover_has(const struct recover_numbers *numbers, uint64_t number)
{
    return bsearch(&number, numbers->numbers, numbers->n, sizeof number, compare_numbers) != NULL;
}

bool recover_check_log(const struct recover *recover, struct err *err)
{
    const struct recover_numbers *log = &recover->log, *snaps = &recover->snaps;
    uint64_t begin = recover->found->snapshot, last = begin, missing = begin + 1;
    if (log->n && log->numbers[log->n - 1] > last)
        last = log->numbers[log->n - 1];
    if (snaps->n && snaps->numbers[snaps->n - 1] > last)
        last = snaps->numbers[snaps->n - 1];
    while (missing <= last && recover_has(log, missing))
        missing++;
    if (missing > last)
        return true;
    uint64_t until = missing;
    while (until < last && !recover_has(log, until + 1))
        until++;
    return err_code(err, ERR_FATAL, 350,
                    "%s/log/%" PRIu64 " to %" PRIu64 " are missing, the log goes to %" PRIu64,
                    recover->directory->name, missing, until, last);
}

static uint64_t recover_taken(const struct recover *recover, const char *source)
{
    const struct progress_source *known = progress_source(&recover->found->progress, source);
    return known ? known->seq : 0;
}

/* The group commits of one source, commits[from] and on; returns where the next source's begin. */
static bool recover_check_source(struct recover *recover, size_t *at, struct err *err)
{
    const char *name = recover->commits[*at].source;
    uint64_t taken = recover_taken(recover, name), last = taken;
    for (; *at < recover->n_commits && strcmp(recover->commits[*at].source, name) == 0; ++*at) {
        uint64_t seq = recover->commits[*at].seq;
        if (seq <= taken)
            continue;
        if (seq != last + 1)
            return err_code(err, ERR_FATAL, 350,
                            "%s/wal/%s-%" PRIu64 " to %" PRIu64
                            " are missing, the log of the source goes on behind them",
                            recover->directory->name, name, last + 1, seq - 1);
        last = seq;
    }
    recover->found->sources[recover->found->n_sources++] =
        (struct recovered_source){ .name = name, .first = taken + 1, .last = last };
    return true;
}

bool recover_check_wal(struct recover *recover, struct err *err)
{
    struct recovered *found = recover->found;
    size_t most = recover->n_commits + found->progress.n_sources;
    found->sources = arena_alloc(&found->arena, (most + 1) * sizeof *found->sources);
    for (size_t at = 0; at < recover->n_commits;) {
        if (!recover_check_source(recover, &at, err))
            return false;
    }
    size_t n = found->n_sources;
    for (size_t i = 0; i < found->progress.n_sources; i++) {
        const struct progress_source *source = &found->progress.sources[i];
        bool there = false;
        for (size_t k = 0; k < n; k++)
            there |= strcmp(found->sources[k].name, source->name) == 0;
        if (!there)
            found->sources[found->n_sources++] = (struct recovered_source){
                .name = arena_strdup(&found->arena, source->name),
                .first = source->seq + 1,
                .last = source->seq,
            };
    }
    return true;
}

void recover_clean(struct recover *recover)
{
    struct trim *trim = trim_new(recover->directory);
    for (size_t i = 0; i < recover->n_commits; i++) {
        const struct recover_commit *commit = &recover->commits[i];
        if (commit->seq <= recover_taken(recover, commit->source))
            trim_wal(trim, commit->source, commit->seq, commit->seq);
    }
    for (size_t i = 0; i < recover->n_outs; i++) {
        bool named = false;
        for (size_t k = 0; k < recover->n_named; k++)
            named |= strcmp(recover->named[k], recover->outs[i]) == 0;
        if (!named)
            trim_out(trim, recover->outs[i]);
    }
    trim_free(trim);
}
