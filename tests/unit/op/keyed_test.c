#include "op/keyed.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MAX 3000

static struct stage {
    struct keyed keyed, other;
    struct arena arena;
    struct buf scratch;
    struct op_run run;
    uint64_t number; /* of the next row */
    char text[ROWS_MAX][40];
    const char *ptr[ROWS_MAX];
    uint32_t len[ROWS_MAX];
} stage;

static void stage_open(void)
{
    memset(&stage, 0, sizeof stage);
    keyed_open(&stage.keyed, 5, 0);
    keyed_open(&stage.other, 5, 0);
    stage.run =
        (struct op_run){ .arena = &stage.arena, .scratch = &stage.scratch, .shards = SHARDS };
}

static void stage_close(void)
{
    keyed_close(&stage.keyed);
    keyed_close(&stage.other);
    arena_free(&stage.arena);
    buf_free(&stage.scratch);
}

/* Row i has key `from + i * step % of`, some of more than 16 bytes. */
static void make_texts(uint32_t n, uint32_t from, uint32_t step, uint32_t of)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t key = from + i * step % of;
        stage.len[i] = (uint32_t)sprintf(stage.text[i], key % 3 ? "%u" : "a longer key is %u", key);
        stage.ptr[i] = stage.text[i];
    }
}

/* Takes n rows of those keys, the last shard first: which comes first must not matter. */
static void take(struct keyed *keyed, uint32_t n)
{
    struct column column = { .type = &type_string, .n = n, .ptr = stage.ptr };
    struct rows rows = rows_of(n);
    column.len = stage.len;
    keyed_split(keyed, &rows, &column, &stage.run);
    rows.number = stage.number;
    stage.number += n;
    struct keys room;
    for (uint32_t shard = SHARDS; shard-- > 0;) {
        SPLIT_EACH(rows.split, shard, &room)
        keyed_find(keyed, shard, keys, rows.number);
    }
}

static void key_is(const struct keyed *keyed, uint32_t i, const char *text)
{
    struct column key;
    keyed_keys(keyed, &type_string, (struct sel){ &i, 1 }, &stage.arena, &key);
    ck_assert_uint_eq(key.len[0], strlen(text));
    ck_assert_mem_eq(key.ptr[0], text, key.len[0]);
}

START_TEST(keys_stand_in_the_order_of_their_first_coming)
{
    char text[40];
    stage.run.shards = _i ? SHARDS : 1;
    make_texts(ROWS_MAX, 0, 7, 1000); /* each of 1,000 keys three times */
    take(&stage.keyed, ROWS_MAX);
    make_texts(500, 900, 1, 500); /* 400 more */
    take(&stage.keyed, 500);
    keyed_order(&stage.keyed);
    ck_assert_uint_eq(stage.keyed.n, 1400);
    for (uint32_t i = 0; i < 1400; i++) {
        uint32_t key = i < 1000 ? i * 7 % 1000 : i;
        sprintf(text, key % 3 ? "%u" : "a longer key is %u", key);
        key_is(&stage.keyed, i, text);
    }
}
END_TEST

START_TEST(shards_share_the_keys_out)
{
    make_texts(ROWS_MAX, 0, 1, ROWS_MAX);
    take(&stage.keyed, ROWS_MAX);
    for (uint32_t i = 0; i < SHARDS; i++) {
        uint32_t n = table_count(stage.keyed.shard[i].table);
        ck_assert_uint_gt(n, ROWS_MAX / SHARDS / 2);
        ck_assert_uint_lt(n, ROWS_MAX / SHARDS * 2);
    }
}
END_TEST

START_TEST(keys_of_another_table_come_behind)
{
    uint32_t *entry = calloc(ROWS_MAX, sizeof *entry);
    make_texts(100, 0, 1, 100);
    take(&stage.keyed, 100);
    uint64_t number = stage.number;
    stage.number = 0;
    make_texts(100, 50, 1, 100); /* half of them are known */
    take(&stage.other, 100);
    for (uint32_t shard = 0; shard < SHARDS; shard++)
        keyed_map(&stage.keyed, shard, &stage.other, number, entry);
    keyed_order(&stage.keyed);
    ck_assert_uint_eq(stage.keyed.n, 150);
    key_is(&stage.keyed, 100, "100");
    key_is(&stage.keyed, 149, "149");
    free(entry);
}
END_TEST

START_TEST(ranks_tell_the_number_of_each_entry)
{
    uint32_t from[SHARDS];
    make_texts(ROWS_MAX, 0, 1, 2000);
    take(&stage.keyed, ROWS_MAX);
    keyed_order(&stage.keyed);
    const uint32_t *rank = keyed_ranks(&stage.keyed, from, &stage.arena);
    for (uint32_t i = 0; i < stage.keyed.n; i++) {
        uint32_t place = stage.keyed.order[i];
        ck_assert_uint_eq(rank[from[place_shard(place)] + place_entry(place)], i);
    }
}
END_TEST

START_TEST(a_reset_table_has_no_keys)
{
    make_texts(10, 0, 1, 10);
    take(&stage.keyed, 10);
    keyed_order(&stage.keyed);
    keyed_reset(&stage.keyed);
    keyed_order(&stage.keyed);
    ck_assert_uint_eq(stage.keyed.n, 0);
}
END_TEST

Suite *keyed_suite(void)
{
    Suite *suite = suite_create("keyed");
    TCase *tcase = tcase_create("keyed");
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(tcase, stage_open, stage_close);
    tcase_add_loop_test(tcase, keys_stand_in_the_order_of_their_first_coming, 0, 2);
    tcase_add_test(tcase, shards_share_the_keys_out);
    tcase_add_test(tcase, keys_of_another_table_come_behind);
    tcase_add_test(tcase, ranks_tell_the_number_of_each_entry);
    tcase_add_test(tcase, a_reset_table_has_no_keys);
    return suite;
}
