#include "supervisor/jobs_dir.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
    const char *name;
    enum job_name is;
    const char *id;
} names[] = {
    { "wordcount.yaml", JOB_NAME_GOOD, "wordcount" },
    { "a-B_9.yml", JOB_NAME_GOOD, "a-B_9" },
    { "-.yaml", JOB_NAME_GOOD, "-" },
    { "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz01234567890.yaml", JOB_NAME_GOOD,
      "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz01234567890" },
    { "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz012345678901.yaml", JOB_NAME_BAD, NULL },
    { "two words.yaml", JOB_NAME_BAD, NULL },
    { "a.b.yaml", JOB_NAME_BAD, NULL },
    { "\xc3\xa4.yaml", JOB_NAME_BAD, NULL },
    { "x.YAML", JOB_NAME_IGNORED, NULL },
    { ".yaml", JOB_NAME_IGNORED, NULL },
    { ".x.yaml", JOB_NAME_IGNORED, NULL },
    { "x.yaml~", JOB_NAME_IGNORED, NULL },
    { "x.yaml.swp", JOB_NAME_IGNORED, NULL },
    { "x.yaml.tmp", JOB_NAME_IGNORED, NULL },
    { "#x.yaml#", JOB_NAME_IGNORED, NULL },
    { "x.yaml.dpkg-new", JOB_NAME_IGNORED, NULL },
    { "x.yaml.rpmsave", JOB_NAME_IGNORED, NULL },
    { "yaml", JOB_NAME_IGNORED, NULL },
    { "README", JOB_NAME_IGNORED, NULL },
};

START_TEST(names_are_judged)
{
    char id[JOB_FILE_ID_SIZE] = "";
    ck_assert_int_eq(job_name_read(names[_i].name, id), names[_i].is);
    if (names[_i].id)
        ck_assert_str_eq(id, names[_i].id);
}
END_TEST

static char root[64], etc[80], usr[80];

static void put(const char *folder, const char *name)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(name, file);
    fclose(file);
}

static void make(void)
{
    strcpy(root, "/tmp/jobs-dir-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(root));
    snprintf(etc, sizeof etc, "%s/etc", root);
    snprintf(usr, sizeof usr, "%s/usr", root);
    ck_assert_int_eq(mkdir(etc, 0700), 0);
    ck_assert_int_eq(mkdir(usr, 0700), 0);
}

static void drop(void)
{
    char command[100];
    snprintf(command, sizeof command, "rm -r %s", root);
    ck_assert_int_eq(system(command), 0);
}

static void scan(struct job_files *files, size_t n)
{
    const char *folders[] = { etc, usr };
    struct err err;
    ck_assert_msg(job_files_scan(files, folders, n, &err), "%s", err.text);
}

START_TEST(the_admins_files_mask_the_packages)
{
    char link[100];
    struct job_files files = { 0 };
    put(usr, "off.yaml");
    put(usr, "both.yaml");
    put(usr, "theirs.yaml");
    put(etc, "both.yaml");
    put(etc, "mine.yml");
    snprintf(link, sizeof link, "%s/off.yaml", etc);
    ck_assert_int_eq(symlink("/dev/null", link), 0);
    scan(&files, 2);
    ck_assert_uint_eq(files.n, 3);
    ck_assert_str_eq(files.items[0].id, "both");
    ck_assert_uint_eq(files.items[0].folder, 0);
    ck_assert_str_eq(files.items[1].name, "mine.yml");
    ck_assert_str_eq(files.items[2].id, "theirs");
    ck_assert_uint_eq(files.items[2].folder, 1);
    job_files_free(&files);
}
END_TEST

START_TEST(a_change_changes_the_look)
{
    struct job_files before = { 0 }, same = { 0 }, after = { 0 };
    put(etc, "a.yaml");
    scan(&before, 1);
    scan(&same, 1);
    ck_assert(job_look_same(&before.items[0].look, &same.items[0].look));
    char path[100];
    snprintf(path, sizeof path, "%s/a.yaml", etc);
    ck_assert_int_eq(unlink(path), 0);
    put(etc, "b.yaml");
    put(etc, "a.yaml");
    scan(&after, 1);
    ck_assert(!job_look_same(&before.items[0].look, &after.items[0].look));
    job_files_free(&before);
    job_files_free(&same);
    job_files_free(&after);
}
END_TEST

START_TEST(each_part_of_a_look_counts)
{
    static const struct job_look look = { 1, 2, 3, 4 };
    static const struct job_look others[] = {
        { 9, 2, 3, 4 }, { 1, 9, 3, 4 }, { 1, 2, 9, 4 }, { 1, 2, 3, 9 }
    };
    ck_assert(job_look_same(&look, &look));
    for (unsigned i = 0; i < 4; i++)
        ck_assert(!job_look_same(&look, &others[i]));
}
END_TEST

static void count_bad(void *ctx, const char *name)
{
    ck_assert_str_eq(name, "a b.yaml");
    ++*(unsigned *)ctx;
}

START_TEST(a_bad_name_is_told_unless_it_is_masked_off)
{
    unsigned bad = 0;
    struct job_files files = { .bad_name = count_bad, .ctx = &bad };
    char link[100];
    put(etc, "a b.yaml");
    snprintf(link, sizeof link, "%s/c d.yaml", etc);
    ck_assert_int_eq(symlink("/dev/null", link), 0);
    for (unsigned i = 0; i < 150; i++) {
        char name[20];
        snprintf(name, sizeof name, "j%03u.yaml", i);
        put(etc, name);
    }
    scan(&files, 1);
    ck_assert_uint_eq(bad, 1);
    ck_assert_uint_eq(files.n, 150);
    ck_assert_str_eq(files.items[149].id, "j149");
    job_files_free(&files);
}
END_TEST

START_TEST(only_the_first_folder_must_be_there)
{
    const char *folders[] = { etc, "/nowhere/at/all" };
    struct job_files files = { 0 };
    struct err err;
    put(etc, "a.yaml");
    ck_assert(job_files_scan(&files, folders, 2, &err));
    ck_assert_uint_eq(files.n, 1);
    job_files_free(&files);
    ck_assert(!job_files_scan(&files, folders + 1, 1, &err));
    ck_assert_str_eq(err.text, "/nowhere/at/all: No such file or directory");
    job_files_free(&files);
}
END_TEST

START_TEST(folders_and_broken_links_are_no_jobs)
{
    char path[100];
    struct job_files files = { 0 };
    snprintf(path, sizeof path, "%s/folder.yaml", etc);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/broken.yaml", etc);
    ck_assert_int_eq(symlink("/nowhere", path), 0);
    scan(&files, 1);
    ck_assert_uint_eq(files.n, 0);
    job_files_free(&files);
}
END_TEST

Suite *jobs_dir_suite(void)
{
    Suite *suite = suite_create("jobs_dir");
    TCase *pure = tcase_create("names"), *disk = tcase_create("folders");
    tcase_add_loop_test(pure, names_are_judged, 0, sizeof names / sizeof names[0]);
    tcase_add_checked_fixture(disk, make, drop);
    tcase_add_test(disk, the_admins_files_mask_the_packages);
    tcase_add_test(disk, a_change_changes_the_look);
    tcase_add_test(disk, each_part_of_a_look_counts);
    tcase_add_test(disk, a_bad_name_is_told_unless_it_is_masked_off);
    tcase_add_test(disk, only_the_first_folder_must_be_there);
    tcase_add_test(disk, folders_and_broken_links_are_no_jobs);
    suite_add_tcase(suite, pure);
    suite_add_tcase(suite, disk);
    return suite;
}
