/* What a worker tells its supervisor over the pipe: the same reports, in whatever pieces the bytes come; and one that was read is
 * written as a line that reads the same. */
#include "fuzz.h"
#include "worker/report.h"

void report_fuzz(const uint8_t *data, size_t size);

static void heard(void *ctx, const struct report *report)
{
    struct buf *lines = ctx;
    struct report again;
    size_t from = lines->len;
    check(report->kind < REPORT_KINDS && memchr(report->text, 0, sizeof report->text));
    report_format(report, lines);
    check(report_parse((char *)lines->ptr + from, lines->len - from - 1, &again));
    check(memcmp(&again.policy, &report->policy, sizeof again.policy) == 0);
    check(memcmp(&again.batch, &report->batch, sizeof again.batch) == 0);
    check(again.kind == report->kind && again.state == report->state &&
          again.next_ms == report->next_ms && again.count == report->count);
    check(strcmp(again.text, report->text) == 0);
}

void report_fuzz(const uint8_t *data, size_t size)
{
    static struct report_reader reader, other;
    struct buf whole = { 0 }, pieces = { 0 };
    report_reset(&reader);
    report_reset(&other);
    report_feed(&reader, (struct slice){ data, size }, heard, &whole);
    size_t piece = size ? data[0] % 31u + 1 : 1;
    for (size_t at = 0; at < size; at += piece)
        report_feed(&other, (struct slice){ data + at, size - at < piece ? size - at : piece },
                    heard, &pieces);
    check(fuzz_same(buf_slice(&whole), buf_slice(&pieces)));
    check(reader.garbage == other.garbage && reader.n == other.n);
    buf_free(&whole);
    buf_free(&pieces);
}
