/* Small texts: patterns of times, and any time; durations, sizes, shares; numbers; names of job files. */
#include "column/time_text.h"
#include "fuzz.h"
#include "spec/units.h"
#include "supervisor/jobs_dir.h"

void time_fuzz(const uint8_t *data, size_t size);

static void fuzz_units(const char *text)
{
    uint64_t ms, bytes, again;
    int64_t spark;
    double share;
    struct buf shown = { 0 };
    if (units_duration(text, &ms) == UNITS_OK) {
        units_put_duration(ms, &shown);
        check(units_duration(buf_text(&shown), &again) == UNITS_OK && again == ms);
        units_put_duration_like(ms, 59000, &shown);
    }
    buf_clear(&shown);
    if (units_size(text, &bytes) == UNITS_OK) {
        units_put_size(bytes, &shown);
        check(units_size(buf_text(&shown), &again) == UNITS_OK && again == bytes);
    }
    if (units_share(text, &share) == UNITS_OK)
        check(share >= 0 && share <= 1);
    units_spark_duration(text, 1000, &spark);
    units_meant(text, strlen(text) % 2);
    buf_free(&shown);
}

static void fuzz_number(struct slice text)
{
    int64_t whole, whole_again;
    double real, real_again;
    char shown[NUMBER_TEXT_MAX];
    if (number_get_int(text, &whole)) {
        size_t n = number_put_int(whole, shown);
        check(number_get_int((struct slice){ shown, n }, &whole_again) && whole_again == whole);
    }
    if (number_get_double(text, &real)) {
        size_t n = number_put_double(real, shown);
        check(n <= NUMBER_TEXT_MAX);
        check(number_get_double((struct slice){ shown, n }, &real_again));
        check(memcmp(&real, &real_again, sizeof real) == 0 || real != real);
    }
}

static void fuzz_name(const char *name)
{
    char id[JOB_FILE_ID_SIZE] = "";
    if (job_name_read(name, id) == JOB_NAME_GOOD)
        check(*id && strncmp(name, id, strlen(id)) == 0 && !strpbrk(id, "./ \n"));
}

static void fuzz_small(struct slice text)
{
    char *copy = malloc(text.len + 1);
    check(copy);
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = 0;
    fuzz_number(text);
    if (strlen(copy) == text.len) {
        fuzz_units(copy);
        fuzz_name(copy);
    }
    free(copy);
}

void time_fuzz(const uint8_t *data, size_t size)
{
    struct fuzz_input input = { data, data + size };
    struct fuzz_expr expr;
    fuzz_small((struct slice){ data, size });
    struct buf text = { 0 };
    int64_t times[2] = { 0, 1790000000123 };
    char shown[NUMBER_TEXT_MAX];
    for (int i = 0; i < 8; i++)
        times[0] = (int64_t)((uint64_t)times[0] << 8 | fuzz_byte(&input));
    check(time_put(times[0], shown) < NUMBER_TEXT_MAX);
    fuzz_expr_begin(&expr);
    struct column rows = { .type = &type_time, .n = 2, .i64 = times };
    buf_puts(&text, "(_.toString, _.millis, _.format(\"");
    for (; input.at < input.end; input.at++)
        if (*input.at >= 0x20 && *input.at < 0x7f && *input.at != '"' && *input.at != '\\')
            buf_put_u8(&text, *input.at);
    buf_puts(&text, "\"))");
    if (fuzz_expr_compile(&expr, buf_slice(&text), &type_time, 1))
        fuzz_expr_run(&expr, &rows);
    buf_free(&text);
    fuzz_expr_end(&expr);
}
