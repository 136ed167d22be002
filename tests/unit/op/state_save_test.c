#include "op/state_save.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#define KEYS 5000u
#define AT_ONCE 100u

static struct arena arena, types;
static struct state state;
static struct buf copy;

static void stage_open(void)
{
    static const struct type *const member[] = { &type_string, &type_string };
    state_open(&state, type_tuple(types_new(&types), member, 2), true, 3);
}

static void stage_close(void)
{
    state_free(&state);
    buf_free(&copy);
    arena_free(&arena);
    arena_free(&types);
}

/* Keys [from, from + n) get the value `text`; "": they go. */
static void put(uint32_t from, uint32_t n, const char *text, int64_t stamp)
{
    char bytes[AT_ONCE][40];
    const char *ptr[AT_ONCE];
    uint32_t len[AT_ONCE], entry[AT_ONCE];
    struct column keys = { .type = &type_string, .n = n, .ptr = ptr }, value;
    keys.len = len;
    ck_assert_uint_le(n, AT_ONCE);
    for (uint32_t i = 0; i < n; i++) {
        snprintf(bytes[i], sizeof bytes[i], i % 7 ? "k%u" : "a key that is not short, %u",
                 from + i);
        ptr[i] = bytes[i];
        len[i] = (uint32_t)strlen(bytes[i]);
    }
    state_find(&state, &keys, (struct sel){ .n = n }, entry);
    column_alloc(&arena, &type_string, 1, &value);
    value.is_const = true;
    value.ptr[0] = text;
    value.len[0] = (uint32_t)strlen(text);
    for (uint32_t i = 0; i < n; i++) {
        if (*text) {
            state_put(&state, entry[i], &value, i);
            state_touch(&state, entry[i], stamp);
        } else {
            state_remove(&state, entry[i]);
        }
    }
}

static void end_batch(void)
{
    struct buf changes = { 0 };
    state_settle(&state, &arena);
    state_write(&state, &arena, &changes);
    buf_free(&changes);
}

static void fill(void)
{
    for (uint32_t at = 0; at < KEYS; at += AT_ONCE)
        put(at, AT_ONCE, "as it was", 7);
    put(900, 50, "", 0);
    end_batch();
}

/* All of it; its ends left out. */
static bool more(void)
{
    bool goes_on = state_save(&state, copy.len + 1, &arena, &copy);
    ck_assert_uint_eq(copy.ptr[copy.len - 1], STATE_END);
    copy.len--;
    return goes_on;
}

static void all_of_it(struct buf *out)
{
    state_save_begin(&state);
    while (more())
        continue;
    *out = copy;
    copy = (struct buf){ 0 };
}

static void same(const struct buf *as_it_was)
{
    ck_assert_uint_eq(copy.len, as_it_was->len);
    ck_assert_mem_eq(copy.ptr, as_it_was->ptr, copy.len);
}

START_TEST(a_copy_is_of_the_moment_when_it_was_begun)
{
    struct buf as_it_was;
    fill();
    all_of_it(&as_it_was);
    state_save_begin(&state);
    for (uint32_t at = 0; more(); at += AT_ONCE) {
        put(at, 90, "another, and a longer one", 8);
        put(4000 - at, 70, "", 0);
        end_batch();
        put(4000 - at, 30, "it comes again", 9);
        put(KEYS + at, AT_ONCE, "new", 9);
        put(KEYS - AT_ONCE, AT_ONCE, "again and again", 10 + at);
        end_batch();
    }
    same(&as_it_was);
    buf_free(&as_it_was);
}
END_TEST

START_TEST(all_may_go_while_it_is_copied)
{
    struct buf as_it_was;
    fill();
    all_of_it(&as_it_was);
    state_save_begin(&state);
    ck_assert(more());
    for (uint32_t at = 0; at < KEYS; at += AT_ONCE)
        put(at, AT_ONCE, "", 0);
    end_batch();
    for (uint32_t at = 0; at < KEYS; at += AT_ONCE)
        put(KEYS + at, AT_ONCE, "new", 1);
    end_batch();
    while (more())
        continue;
    same(&as_it_was);
    buf_free(&as_it_was);
}
END_TEST

START_TEST(the_next_copy_has_what_changed)
{
    struct buf before, after;
    fill();
    state_save_begin(&state);
    ck_assert(more());
    put(KEYS - 2, 1, "other", 8);
    put(0, 1, "other", 8);
    while (more())
        continue;
    before = copy;
    copy = (struct buf){ 0 };
    end_batch();
    all_of_it(&after);
    ck_assert(memmem(before.ptr, before.len, "other", 5) == NULL);
    ck_assert(memmem(after.ptr, after.len, "other", 5) != NULL);
    buf_free(&before);
    buf_free(&after);
}
END_TEST

START_TEST(of_no_keys_it_is_an_end)
{
    struct buf none;
    all_of_it(&none);
    ck_assert_uint_eq(none.len, 0);
    buf_free(&none);
}
END_TEST

Suite *state_save_suite(void);
Suite *state_save_suite(void)
{
    Suite *suite = suite_create("state_save");
    TCase *tcase = tcase_create("copy");
    tcase_add_checked_fixture(tcase, stage_open, stage_close);
    tcase_add_test(tcase, a_copy_is_of_the_moment_when_it_was_begun);
    tcase_add_test(tcase, all_may_go_while_it_is_copied);
    tcase_add_test(tcase, the_next_copy_has_what_changed);
    tcase_add_test(tcase, of_no_keys_it_is_an_end);
    suite_add_tcase(suite, tcase);
    return suite;
}
