#include "column/table.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static struct key_seed seed;
static struct keys keys;
static struct table *table;

static void stage_open(void)
{
    seed = key_seed_of(42);
    table = table_new(&seed, 7);
}

static void stage_close(void)
{
    table_free(table);
}

static uint32_t find(const char *bytes, uint32_t len)
{
    uint32_t entry = UINT32_MAX;
    keys.n = 1;
    keys_of_views(&keys, &seed, &bytes, &len, NULL);
    table_find(table, &keys, &entry);
    return entry;
}

static uint32_t find_text(const char *text)
{
    return find(text, (uint32_t)strlen(text));
}

static void key_is(uint32_t entry, const char *bytes, size_t len)
{
    struct slice key = table_key(table, entry);
    ck_assert_uint_eq(key.len, len);
    ck_assert_mem_eq(key.ptr, bytes, len);
}

START_TEST(a_key_keeps_the_entry_of_its_first_coming)
{
    ck_assert_uint_eq(find_text("b"), 0);
    ck_assert_uint_eq(find_text("a"), 1);
    ck_assert_uint_eq(find_text("b"), 0);
    ck_assert_uint_eq(find_text("a key of more than sixteen bytes"), 2);
    ck_assert_uint_eq(find_text("a key of more than sixteen bytes"), 2);
    ck_assert_uint_eq(find_text("a key of more than sixteen bytez"), 3);
    ck_assert_uint_eq(table_count(table), 4);
    key_is(0, "b", 1);
    key_is(2, "a key of more than sixteen bytes", 32);
}
END_TEST

START_TEST(keys_that_differ_in_length_or_zeros_are_different)
{
    static const char zeros[40] = { 0 };
    for (uint32_t len = 0; len <= 40; len++)
        ck_assert_uint_eq(find(zeros, len), len);
    for (uint32_t len = 0; len <= 40; len++) {
        ck_assert_uint_eq(find(zeros, len), len);
        key_is(len, zeros, len);
    }
}
END_TEST

START_TEST(the_bytes_behind_a_key_do_not_count)
{
    char *text = strdup("abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz!");
    for (uint32_t len = 1; len <= 20; len++)
        ck_assert_uint_eq(find(text, len), find(text + 27, len));
    ck_assert_uint_eq(table_count(table), 20);
    free(text);
}
END_TEST

START_TEST(a_key_at_the_end_of_mapped_memory_is_read)
{
    char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert(pages != MAP_FAILED);
    ck_assert_int_eq(mprotect(pages + 4096, 4096, PROT_NONE), 0);
    memset(pages, 'x', 4096);
    for (uint32_t len = 0; len <= 18; len++) {
        uint32_t entry = find(pages + 4096 - len, len);
        key_is(entry, pages, len);
    }
    munmap(pages, 8192);
}
END_TEST

START_TEST(a_chosen_row_takes_its_own_key)
{
    const char *ptr[] = { "zero", "one", "two", "three" };
    uint32_t len[] = { 4, 3, 3, 5 }, row[] = { 3, 1 }, entry[2];
    keys.n = 2;
    keys_of_views(&keys, &seed, ptr, len, row);
    table_find(table, &keys, entry);
    key_is(entry[0], "three", 5);
    key_is(entry[1], "one", 3);
}
END_TEST

/* n keys in groups of `group`, all of them twice; each must have the entry of its number. */
static void fill(uint32_t n, uint32_t group, bool is_long)
{
    static char text[KEYS_GROUP][40];
    const char *ptr[KEYS_GROUP];
    uint32_t len[KEYS_GROUP], entry[KEYS_GROUP];
    for (uint32_t i = 0; i < 2 * n; i += keys.n) {
        keys.n = group < 2 * n - i ? group : 2 * n - i;
        for (uint32_t k = 0; k < keys.n; k++) {
            len[k] = (uint32_t)sprintf(text[k], is_long ? "a longer key than most %u" : "k%u",
                                       (i + k) % n);
            ptr[k] = text[k];
        }
        keys_of_views(&keys, &seed, ptr, len, NULL);
        table_find(table, &keys, entry);
        for (uint32_t k = 0; k < keys.n; k++)
            ck_assert_uint_eq(entry[k], (i + k) % n);
    }
    ck_assert_uint_eq(table_count(table), n);
}

START_TEST(entries_stay_while_the_table_grows)
{
    char text[40];
    fill(100000, KEYS_GROUP, _i);
    for (uint32_t i = 0; i < 100000; i++) {
        int len = sprintf(text, _i ? "a longer key than most %u" : "k%u", i);
        key_is(i, text, (size_t)len);
    }
}
END_TEST

START_TEST(every_key_is_known_at_each_step_of_growing)
{
    char text[20];
    for (uint32_t i = 0; i < 2000; i++) {
        sprintf(text, "%u", i);
        ck_assert_uint_eq(find_text(text), i);
        for (uint32_t k = 0; k <= i; k += 1 + i / 16) {
            struct slice key = table_key(table, k);
            sprintf(text, "%u", k);
            ck_assert(key.len == strlen(text) && memcmp(key.ptr, text, key.len) == 0);
        }
    }
}
END_TEST

START_TEST(cells_start_as_told_and_follow_their_entry)
{
    char text[20];
    for (uint32_t i = 0; i < 1000; i++) {
        sprintf(text, "%u", i);
        uint32_t entry = find_text(text);
        ck_assert_uint_eq(table_cells(table)[entry].value, 7);
        table_cells(table)[entry].value = i;
    }
    for (uint32_t i = 0; i < 1000; i++)
        ck_assert_uint_eq(table_cells(table)[i].value, i);
}
END_TEST

START_TEST(a_reset_table_knows_nothing)
{
    static const uint32_t sizes[] = { 1, 1000, 30000, 3, 3, 3, 40000, 0, 5000 };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        fill(sizes[i], 1 + (uint32_t)i * 7, i & 1);
        if (sizes[i]) {
            table_fail(table, 0, 5);
            ck_assert(table_failed(table, 0) == 5 && table_failures(table) == 1);
            table_cells(table)[0].value = 1;
        }
        table_reset(table);
        ck_assert_uint_eq(table_count(table), 0);
        ck_assert_uint_eq(find_text("k0"), 0);
        ck_assert_uint_eq(table_cells(table)[0].value, 7);
        ck_assert(!table_failed(table, 0) && !table_failures(table));
        table_reset(table);
    }
}
END_TEST

START_TEST(memory_shrinks_after_a_large_batch)
{
    fill(200000, KEYS_GROUP, false);
    size_t large = table_bytes(table);
    for (int i = 0; i < 20; i++)
        table_reset(table);
    ck_assert_uint_lt(table_bytes(table), large / 3);
    fill(1000, KEYS_GROUP, false);
}
END_TEST

START_TEST(numbers_are_keys_of_eight_bytes)
{
    const int64_t value[] = { 5, -1, 5, INT64_MIN }, all = -1;
    uint32_t entry[4];
    keys.n = 4;
    keys_of_i64(&keys, &seed, value, NULL);
    table_find(table, &keys, entry);
    ck_assert(entry[0] == 0 && entry[1] == 1 && entry[2] == 0 && entry[3] == 2);
    ck_assert_uint_eq(find((const char *)&all, 8), 1); /* the same bytes */
}
END_TEST

Suite *table_suite(void)
{
    Suite *suite = suite_create("table");
    TCase *tcase = tcase_create("table");
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(tcase, stage_open, stage_close);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_key_keeps_the_entry_of_its_first_coming);
    tcase_add_test(tcase, keys_that_differ_in_length_or_zeros_are_different);
    tcase_add_test(tcase, the_bytes_behind_a_key_do_not_count);
    tcase_add_test(tcase, a_key_at_the_end_of_mapped_memory_is_read);
    tcase_add_test(tcase, a_chosen_row_takes_its_own_key);
    tcase_add_loop_test(tcase, entries_stay_while_the_table_grows, 0, 2);
    tcase_add_test(tcase, every_key_is_known_at_each_step_of_growing);
    tcase_add_test(tcase, cells_start_as_told_and_follow_their_entry);
    tcase_add_test(tcase, a_reset_table_knows_nothing);
    tcase_add_test(tcase, memory_shrinks_after_a_large_batch);
    tcase_add_test(tcase, numbers_are_keys_of_eight_bytes);
    return suite;
}
