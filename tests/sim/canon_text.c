/* The texts of the canonical jobs: their files, their records, the lines of what they must show. */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "canon.h"

void canon_write(const struct canon_job *job, int key, uint64_t random, char *text, size_t size)
{
    bool is_cut = random / 10 % 16 == 0;
    const char *form = !job->is_json ? "k# #"
                       : is_cut      ? "{\"user\": \"k#\", \"amount\":"
                                     : "{\"user\": \"k#\", \"amount\": #}";
    const char digits[] = { (char)('0' + key), (char)('0' + random % 10) }, *digit = digits;
    check(key < 10 && strlen(form) < size);
    do
        *text++ = *form == '#' ? *digit++ : *form;
    while (*form++);
}

static bool takes(const char **at, const char *end, const char *word)
{
    while (*word && *at < end && **at == *word)
        ++*at, word++;
    return !*word;
}

static bool takes_number(const char **at, const char *end, int *number)
{
    const char *begin = *at;
    for (*number = 0; *at < end && **at >= '0' && **at <= '9' && *at < begin + 9; ++*at)
        *number = *number * 10 + (**at - '0');
    return *at > begin;
}

void canon_read(const struct canon_job *job, struct canon_item *item)
{
    const char *at = item->value.ptr, *end = at + item->value.len;
    bool fits = takes(&at, end, job->is_json ? "{\"user\": \"k" : "k") &&
                takes_number(&at, end, &item->key) &&
                takes(&at, end, job->is_json ? "\", \"amount\": " : " ") &&
                takes_number(&at, end, &item->number) && takes(&at, end, job->is_json ? "}" : "");
    item->bad = !fits || at < end;
}

void canon_file(const struct canon_job *job, unsigned interval_ms, FILE *out)
{
    for (const char *at = job->file; *at; at++)
        if (*at == '$')
            fprintf(out, "%ums", interval_ms * (unsigned)(*++at - '0'));
        else
            fputc(*at, out);
}

void canon_line(struct canon_show *show, int lane)
{
    if (show->n == show->cap) {
        show->cap = show->cap ? show->cap * 2 : 16;
        show->lanes = realloc(show->lanes, show->cap * sizeof *show->lanes);
        check(show->lanes);
    }
    show->lanes[show->n++] = lane;
    fputc(0, show->out);
}
