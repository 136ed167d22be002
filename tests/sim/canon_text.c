/* The texts of the canonical jobs: their files, their records, the lines of what they must show. */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "canon.h"

void canon_write(const struct canon_job *job, int key, uint64_t random, char *text, size_t size)
{
    int number = (int)(random % 10), odd = (int)(random / 10 % 16);
    if (!job->is_json)
        snprintf(text, size, "k%d %d", key, number);
    else if (odd == 0)
        snprintf(text, size, "{\"user\": \"k%d\", \"amount\":", key); /* cut off */
    else
        snprintf(text, size, "{\"user\": \"k%d\", \"amount\": %d}", key, number);
}

void canon_read(const struct canon_job *job, struct canon_item *item)
{
    char text[64];
    int used = 0;
    check(item->value.len < sizeof text);
    memcpy(text, item->value.ptr, item->value.len);
    text[item->value.len] = 0;
    int found = job->is_json ? sscanf(text, "{\"user\": \"k%d\", \"amount\": %d}%n", &item->key,
                                      &item->number, &used)
                             : sscanf(text, "k%d %d%n", &item->key, &item->number, &used);
    item->bad = found != 2 || (size_t)used != item->value.len;
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
