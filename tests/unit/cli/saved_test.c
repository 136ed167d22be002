/* cli/saved.c: which states a job has is read from its newest snapshot and the records behind it, or it is said why not. */
#include "cli/saved.h"

#include "engine/judge.h"
#include "job_dir.h"

static struct arena arena;
static struct record record;
static struct saved saved;
static struct err err;
static struct settings settings;

static bool read_saved(void)
{
    char url[100];
    snprintf(url, sizeof url, "file://%s", job_dir);
    return saved_read(&arena, &settings, url, &saved, &err);
}

/* The keys of a state; -1: there is none. */
static int64_t keys_of(const char *id)
{
    struct stored stored;
    for (size_t i = 0; i < saved.n; i++)
        if (strcmp(saved.states[i].id, id) == 0 &&
            stored_open(&saved.states[i], &arena, &stored, &err))
            return (int64_t)stored.count;
    return -1;
}

static void job_folders(void)
{
    job_dir_folder("e1.ab");
    job_dir_folder("e1.ab/log");
    job_dir_folder("e1.ab/snap");
}

/* A record, or a snapshot, of one state. */
static void keep(const char *name, const char *id, uint64_t keys, const char *type)
{
    put_state(&record, id, keys, type);
    job_dir_record(name, strstr(name, "snap") ? FILE_SNAP : FILE_LOG, &record);
}

static void refused(const char *why)
{
    ck_assert(!read_saved());
    ck_assert_msg(strstr(err.text, why) != NULL, "%s", err.text);
}

START_TEST(a_job_that_never_ran_has_no_state)
{
    ck_assert(read_saved() && saved.n == 0);
    job_dir_folder("tmp");
    job_dir_folder("empty");
    ck_assert(read_saved() && saved.n == 0);
    job_folders();
    ck_assert(read_saved() && saved.n == 0);
}
END_TEST

START_TEST(the_last_word_on_each_state_counts)
{
    job_folders();
    keep("e1.ab/log/1", "old", 1, PAIR_INT);
    put_state(&record, "b", 2, PAIR_INT);
    put_state(&record, "ab", 3, PAIR_INT);
    put_state(&record, "c", 4, PAIR_INT);
    record_put(&record, &(struct entry){ .kind = ENTRY_BATCH, .batch = { .number = 9 } });
    job_dir_record("e1.ab/snap/2", FILE_SNAP, &record);
    keep("e1.ab/snap/1", "old", 5, PAIR_INT);
    keep("e1.ab/log/3", "b", 6, PAIR_INT);
    put_state(&record, "c", 0, NULL);
    put_state(&record, "never", 0, NULL);
    job_dir_record("e1.ab/log/4", FILE_LOG, &record);
    job_dir_text("e1.ab/log/x", "no number");
    job_dir_text("e1.ab/log/9x", "nor this");
    ck_assert_msg(read_saved(), "%s", err.text);
    ck_assert_uint_eq(saved.n, 2);
    ck_assert_int_eq(keys_of("b"), 6);
    ck_assert_int_eq(keys_of("ab"), 3);
}
END_TEST

START_TEST(what_is_damaged_or_missing_is_named)
{
    job_folders();
    keep("e1.ab/snap/1", "a", 1, PAIR_INT);
    keep("e1.ab/log/2", "a", 2, PAIR_INT);
    keep("e1.ab/log/4", "a", 3, PAIR_INT);
    refused("e1.ab/log/3 went while it was looked for: ask again");
    job_dir_spoil("e1.ab/log/2", 200);
    refused("e1.ab/log/2: ");
    job_dir_spoil("e1.ab/snap/1", 1 << 20);
    refused("e1.ab/snap/1: ");
}
END_TEST

START_TEST(a_file_that_holds_no_record_is_named)
{
    static const char *const contents[] = { "short", "01234567\0\0\0\1\0\377\0\0\0\1x" };
    static const size_t sizes[] = { 5, 19 };
    uint8_t head_bytes[FILE_HEAD_SIZE], tail[FILE_TAIL_SIZE];
    struct file_head head = { .kind = FILE_LOG, .epoch = 1, .index = 1 };
    struct slice piece = { contents[_i], sizes[_i] };
    job_folders();
    file_seal(&head, &piece, 1, head_bytes, tail);
    job_dir_append("e1.ab/log/1", head_bytes, sizeof head_bytes);
    job_dir_append("e1.ab/log/1", piece.ptr, piece.len);
    job_dir_append("e1.ab/log/1", tail, sizeof tail);
    refused("e1.ab/log/1: ");
}
END_TEST

START_TEST(a_store_that_does_not_answer_is_named)
{
    static const char *const names[] = { "e1.ab/log/2", "e1.ab/log", "e1.ab/snap", "e1.ab" };
    job_folders();
    keep("e1.ab/log/1", "a", 1, PAIR_INT);
    for (int i = 0; i < 4; i++) { /* a link to itself is neither there nor not there */
        demo_watch_remove(job_dir_path(names[i]));
        ck_assert_int_eq(symlink(job_dir_path(names[i]), job_dir_path(names[i])), 0);
        refused("Too many levels of symbolic links");
    }
    ck_assert(!saved_read(&arena, &settings, "ftp://host/a", &saved, &err));
    ck_assert_msg(strstr(err.text, "ftp://host/a") != NULL, "%s", err.text);
    ck_assert(!saved_read(&arena, &settings, "webhdfs://u@127.0.0.1:1/a", &saved, &err));
    ck_assert_msg(strstr(err.text, "webhdfs://u@127.0.0.1:1/a: ") == err.text, "%s", err.text);
}
END_TEST

static void saved_begin(void)
{
    settings_init(&settings);
    job_dir_make();
}

static void saved_end(void)
{
    job_dir_remove();
    arena_free(&arena);
}

Suite *saved_suite(void)
{
    Suite *suite = suite_create("saved");
    TCase *tcase = tcase_create("saved");
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(tcase, saved_begin, saved_end);
    tcase_add_test(tcase, a_job_that_never_ran_has_no_state);
    tcase_add_test(tcase, the_last_word_on_each_state_counts);
    tcase_add_test(tcase, what_is_damaged_or_missing_is_named);
    tcase_add_loop_test(tcase, a_file_that_holds_no_record_is_named, 0, 2);
    tcase_add_test(tcase, a_store_that_does_not_answer_is_named);
    return suite;
}
