#include "io/webhdfs_list.h"

#include <check.h>
#include <string.h>

#include "base/mem.h"

#define F(name, length)                                                  \
    "{\"pathSuffix\":\"" name "\",\"type\":\"FILE\",\"length\":" #length \
    ",\"modificationTime\":1700000000123,\"owner\":\"u\"}"
#define D(name) \
    "{\"pathSuffix\":\"" name "\",\"type\":\"DIRECTORY\",\"length\":0,\"modificationTime\":5}"
#define PAGE(list, left)                                                                 \
    "{\"DirectoryListing\":{\"partialListing\":{\"FileStatuses\":{\"FileStatus\":[" list \
    "]}},\"remainingEntries\":" #left "}}"
#define WHOLE(list) "{\"FileStatuses\":{\"FileStatus\":[" list "]}}"

static bool add(const char *text, struct store_req *req, struct webhdfs_page *page)
{
    return webhdfs_list_page((struct slice){ text, strlen(text) }, req, page, NULL);
}

START_TEST(pages_are_joined_and_sorted)
{
    struct store_req req = { .n_entries = 0 };
    struct webhdfs_page page;
    ck_assert(add(PAGE(F("b", 2) "," D("a"), 2), &req, &page));
    ck_assert(page.more && !page.is_file);
    ck_assert(add(PAGE(F("b", 2) "," F("B", 18446744073709), 0), &req, &page));
    ck_assert(!page.more);
    webhdfs_list_sort(&req);
    ck_assert_uint_eq(req.n_entries, 3); /* b came twice */
    ck_assert_str_eq(req.entries[0].name, "B");
    ck_assert_uint_eq(req.entries[0].length, 18446744073709);
    ck_assert_int_eq(req.entries[0].modified_ms, 1700000000123);
    ck_assert(req.entries[1].is_directory && !req.entries[2].is_directory);
    store_req_free(&req);
}
END_TEST

START_TEST(a_list_may_be_empty_or_of_a_file)
{
    struct store_req req = { .n_entries = 0 };
    struct webhdfs_page page;
    ck_assert(add(WHOLE(""), &req, &page));
    ck_assert(!page.more && !page.is_file);
    ck_assert(add(WHOLE(F("", 3)), &req, &page));
    ck_assert(page.is_file);
    webhdfs_list_sort(&req);
    ck_assert_uint_eq(req.n_entries, 0);
    store_req_free(&req);
}
END_TEST

START_TEST(what_is_not_a_whole_list_is_refused)
{
    static const char *const texts[] = {
        "",
        "{}",
        "{\"FileStatuses\":{\"FileStatus\":[" F("a", 1),
        WHOLE("{\"pathSuffix\":\"a\"}"),
        WHOLE(F("a/b", 1)),
        WHOLE(F("a", -1)),
        WHOLE("7"),
        "{\"DirectoryListing\":{\"partialListing\":{\"FileStatuses\":{\"FileStatus\":[]}}}}",
        PAGE("", 5),
    };
    struct store_req req = { .n_entries = 0 };
    struct webhdfs_page page;
    ck_assert(!add(texts[_i], &req, &page));
    store_req_free(&req);
}
END_TEST

START_TEST(a_directory_has_at_most_so_many_entries)
{
    struct store_req req = { .n_entries = WEBHDFS_ENTRIES_MAX - 1 };
    struct webhdfs_page page;
    struct err err;
    req.entries = mem_zalloc(req.n_entries * sizeof *req.entries);
    ck_assert(add(WHOLE(F("a", 1)), &req, &page));
    ck_assert_uint_eq(req.n_entries, WEBHDFS_ENTRIES_MAX);
    ck_assert(!webhdfs_list_page(slice_of_text(WHOLE(F("b", 1))), &req, &page, &err));
    ck_assert_uint_eq(err.code, 301);
    ck_assert_int_eq(err.kind, ERR_FATAL);
    store_req_free(&req);
}
END_TEST

Suite *webhdfs_list_suite(void)
{
    Suite *suite = suite_create("webhdfs_list");
    TCase *tcase = tcase_create("webhdfs_list");
    suite_add_tcase(suite, tcase);
    tcase_add_test(tcase, pages_are_joined_and_sorted);
    tcase_add_test(tcase, a_list_may_be_empty_or_of_a_file);
    tcase_add_loop_test(tcase, what_is_not_a_whole_list_is_refused, 0, 9);
    tcase_add_test(tcase, a_directory_has_at_most_so_many_entries);
    return suite;
}
