#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "claimer.h"
#include "durable/claim_parts.h"
#include "durable/publish.h"
#include "io/loop.h"
#include "io/world.h"

START_TEST(a_first_start_makes_the_job_and_owns_it)
{
    struct test test;
    struct claimer claimer;
    test_begin(&test);
    claim_now(&test, &claimer);
    ck_assert_uint_eq(claimer.directory->epoch, 1);
    ck_assert_int_eq(strncmp(claimer.directory->name, "e1.", 3), 0);
    ck_assert(memory_has(test.store, "job"));
    ck_assert_uint_eq(memory_count(test.store, "init."), 1); /* empty, and for ever */
    char path[DIRECTORY_PATH_SIZE];
    directory_path(claimer.directory, path, "owner-1");
    ck_assert(memory_has(test.store, path));
    ck_assert_uint_eq(memory_count(test.store, claimer.directory->name), 7); /* 5 folders, owner */
    ck_assert_uint_eq(claimer.troubles, 0);
    test_end(&test);
}
END_TEST

START_TEST(the_owner_file_says_who)
{
    struct test test;
    struct claimer claimer;
    struct file_head head;
    struct slice content;
    test_begin(&test);
    claim_now(&test, &claimer);
    char path[DIRECTORY_PATH_SIZE];
    directory_path(claimer.directory, path, "owner-1");
    struct buf *file = memory_file(test.store, path);
    ck_assert_int_eq(file_open(buf_slice(file), NULL, &head, &content, NULL), FILE_WHOLE);
    ck_assert_int_eq(head.kind, FILE_OWNER);
    ck_assert_uint_eq(head.epoch, 1);
    struct reader reader = reader_of(content);
    ck_assert_uint_gt(reader_str(&reader).len, 0);
    ck_assert_uint_gt(reader_str(&reader).len, 36);
    ck_assert_uint_gt(reader_u32(&reader), 0);
    ck_assert_mem_eq(reader_str(&reader).ptr, "1.2.3", 5);
    ck_assert_uint_gt(reader_u64(&reader), 1600000000000);
    ck_assert_uint_gt(reader_u64(&reader), 0);
    ck_assert(!reader.bad && reader_left(&reader) == 0);
    test_end(&test);
}
END_TEST

/* A file owner-1 whose host and place have so many bytes. */
static bool owner_reads(size_t host, size_t place, struct claim_owner *owner)
{
    char name[600];
    struct buf content = { 0 }, file = { 0 };
    struct file_head head = { .kind = FILE_OWNER, .epoch = 1, .job = "job" };
    uint8_t front[FILE_HEAD_SIZE], tail[FILE_TAIL_SIZE];
    memset(name, 'h', sizeof name);
    name[host] = 0;
    buf_put_str(&content, name);
    name[host] = 'h';
    name[place] = 0;
    buf_put_str(&content, name);
    buf_put_u32(&content, 42);
    buf_put_str(&content, "1.2.3");
    buf_put_u64(&content, 5);
    struct slice piece = buf_slice(&content);
    file_seal(&head, &piece, 1, front, tail);
    buf_put(&file, front, sizeof front);
    buf_put(&file, piece.ptr, piece.len);
    buf_put(&file, tail, sizeof tail);
    bool read = claim_owner_read(buf_slice(&file), owner);
    buf_free(&content);
    buf_free(&file);
    return read;
}

START_TEST(an_owners_names_have_a_longest)
{
    struct claim_owner owner;
    size_t host = sizeof owner.host - 1, place = sizeof owner.place - 1;
    ck_assert(owner_reads(host, place, &owner));
    ck_assert_uint_eq(strlen(owner.host), host);
    ck_assert_uint_eq(strlen(owner.place), place);
    ck_assert(owner.pid == 42 && owner.epoch == 1 && owner.since_ms == 5);
    ck_assert_uint_eq(owner.boot_ms, UINT64_MAX); /* a file of an older version */
    ck_assert(!owner_reads(host + 1, place, &owner));
    ck_assert(!owner_reads(host, place + 1, &owner));
}
END_TEST

START_TEST(an_owner_is_gone_when_his_process_or_his_place_is)
{
    struct world *world = world_new();
    struct claim_owner owner = { .pid = world_pid(world), .boot_ms = world_boot_ms(world) };
    strcpy(owner.host, world_host(world));
    strcpy(owner.place, world_place(world));
    ck_assert(claim_owner_gone(&owner, world, true)); /* our number: it is ours now */
    owner.pid = (uint32_t)getppid();
    ck_assert(!claim_owner_gone(&owner, world, false));
    owner.boot_ms = 0; /* he began later: it is another's number now */
    ck_assert(claim_owner_gone(&owner, world, true));
    owner.pid = UINT32_MAX;
    ck_assert(claim_owner_gone(&owner, world, true));
    strcat(owner.place, "0");
    ck_assert(claim_owner_gone(&owner, world, false));
    ck_assert(!claim_owner_gone(&owner, world, true));
    strcat(owner.host, "0");
    ck_assert(!claim_owner_gone(&owner, world, false));
    world_free(world);
}
END_TEST

START_TEST(the_next_owner_takes_the_directory_of_a_dead_one)
{
    struct test test;
    struct claimer one, two;
    test_begin(&test);
    claim_now(&test, &one);
    claim_now(&test, &two);
    ck_assert_uint_eq(two.directory->epoch, 2);
    ck_assert(!memory_has(test.store, one.directory->name));
    ck_assert_mem_eq(one.directory->lineage, two.directory->lineage, FILE_LINEAGE_SIZE);
    ck_assert_uint_eq(two.waitings, 0);
    test_end(&test);
}
END_TEST

static void ignore_cb(struct publish *publish)
{
    ck_abort_msg("published by %s", ((struct claimer *)publish_ctx(publish))->directory->name);
}

START_TEST(the_old_owner_publishes_nothing_and_learns_it)
{
    struct test test;
    struct claimer one, two;
    test_begin(&test);
    claim_now(&test, &one);
    claim_now(&test, &two);
    publish_start(&(struct publish_conf){ .directory = one.directory,
                                          .class = PUBLISH_RECORD,
                                          .head = { .kind = FILE_LOG, .index = 1 },
                                          .path = "log/1",
                                          .cb = ignore_cb,
                                          .ctx = &one });
    test_until(&test, &one.fenced);
    ck_assert_uint_eq(memory_count(test.store, one.directory->name), 0);
    ck_assert(!two.fenced);
    test_end(&test);
}
END_TEST

START_TEST(litter_of_lower_epochs_is_deleted)
{
    struct test test;
    struct claimer one, two;
    test_begin(&test);
    claim_now(&test, &one);
    ck_assert_uint_eq(memory_count(test.store, "tmp/1."), 1);
    claim_now(&test, &two);
    for (int i = 0; i < 500 && memory_count(test.store, "tmp/1."); i++)
        test_turns(&test, 2);
    ck_assert_uint_eq(memory_count(test.store, "tmp/0."), 0);
    ck_assert_uint_eq(memory_count(test.store, "tmp/1."), 0);
    ck_assert_uint_eq(memory_count(test.store, "tmp/2."), 1);
    test_end(&test);
}
END_TEST

START_TEST(a_living_owner_is_left_in_peace_until_he_is_silent)
{
    struct test test;
    struct claimer one, two = { .dead = false };
    test_begin(&test);
    claim_now(&test, &one);
    claim_for(&test, &two, "orders");
    test_until(&test, &two.waits);
    ck_assert_uint_eq(two.owner.epoch, 1);
    char path[DIRECTORY_PATH_SIZE];
    directory_path(one.directory, path, "owner-1");
    for (int i = 0; i < 16; i++) { /* longer than his patience */
        test_turns(&test, 100);
        memory_stir(test.store, path);
        ck_assert(!two.done);
    }
    test_until(&test, &two.done);
    ck_assert_uint_eq(two.directory->epoch, 2);
    ck_assert_uint_eq(two.waitings, 1);
    test_end(&test);
}
END_TEST

/* What moves all the time is no record's. */
START_TEST(nothing_but_a_record_is_a_sign_of_life_there)
{
    static const char *const others[] = { "log/-1", "log/x" };
    struct test test;
    struct claimer one, two = { .dead = false };
    char path[DIRECTORY_PATH_SIZE];
    test_begin(&test);
    claim_now(&test, &one);
    for (unsigned i = 0; i < 2; i++) {
        directory_path(one.directory, path, "%s", others[i]);
        memory_put(test.store, path);
    }
    claim_for(&test, &two, "orders");
    test_until(&test, &two.waits);
    for (unsigned i = 0; i < 300 && !two.done; i++) {
        directory_path(one.directory, path, "%s", others[i % 2]);
        if (memory_has(test.store, path))
            memory_stir(test.store, path);
        test_turns(&test, 100);
    }
    ck_assert(two.done);
    test_end(&test);
}
END_TEST

/* He may have died between the rename of the directory and his owner file. */
START_TEST(an_owner_who_has_not_signed_is_waited_for_unless_he_died_here)
{
    struct test test;
    struct claimer one, two = { .dead = _i == 1 };
    test_begin(&test);
    claim_now(&test, &one);
    char path[DIRECTORY_PATH_SIZE];
    directory_path(one.directory, path, "owner-1");
    memory_drop(test.store, path);
    claim_for(&test, &two, "orders");
    test_until(&test, &two.done);
    ck_assert_uint_eq(two.waitings, _i == 0);
    ck_assert(!*two.owner.host && two.directory->epoch == 2);
    test_end(&test);
}
END_TEST

/* What an owner signs comes late, if ever. */
static enum memory_fault late_hook(void *ctx, const char *op, const struct store_req *req)
{
    (void)ctx;
    bool signs = strcmp(op, "create") == 0 && strstr(req->path, "owner-2");
    return signs ? MEMORY_HOLD : MEMORY_FINE;
}

/* The files of those before him, who are dead, are in his directory as well. */
START_TEST(an_owner_who_signs_late_is_not_taken_for_the_one_before_him)
{
    struct test test;
    struct claimer one, two = { .dead = true }, three = { .dead_to = 1 };
    test_begin(&test);
    claim_now(&test, &one);
    memory_on(test.store, late_hook, NULL);
    claim_for(&test, &two, "orders");
    while (!memory_find(test.store, "e2."))
        test_turns(&test, 1);
    claim_for(&test, &three, "orders");
    for (int i = 0; i < 500 && !three.waits && !three.done; i++)
        test_turns(&test, 2);
    ck_assert(!three.done && three.owner.epoch == 2 && !*three.owner.host);
    memory_release(test.store);
    test_until(&test, &two.done);
    for (int i = 0; i < 500 && three.waitings < 2 && !three.done; i++)
        test_turns(&test, 2);
    ck_assert(!three.done && three.owner.epoch == 2 && *three.owner.host);
    three.dead_to = 2;
    test_until(&test, &three.done);
    ck_assert_uint_eq(three.directory->epoch, 3);
    test_end(&test);
}
END_TEST

START_TEST(where_the_lock_excludes_others_nobody_is_waited_for)
{
    struct test test;
    struct claimer one, two = { .dead = false };
    test_begin(&test);
    test.store->excludes = true;
    claim_now(&test, &one);
    claim_for(&test, &two, "orders");
    test_until(&test, &two.done);
    ck_assert(two.waitings == 0 && two.directory->epoch == 2);
    test_end(&test);
}
END_TEST

START_TEST(files_of_another_job_are_refused)
{
    struct test test;
    struct claimer one, two = { .dead = true };
    test_begin(&test);
    claim_now(&test, &one);
    claim_for(&test, &two, "payments");
    test_until(&test, &two.done);
    ck_assert_int_eq(two.err.kind, ERR_FATAL);
    ck_assert_uint_eq(two.err.code, 301);
    ck_assert_ptr_nonnull(strstr(two.err.text, "'orders'"));
    ck_assert_ptr_nonnull(strstr(two.err.text, "'payments'"));
    ck_assert(memory_has(test.store, one.directory->name));
    test_end(&test);
}
END_TEST

START_TEST(two_first_starts_make_one_job)
{
    struct test test;
    struct claimer one = { .dead = true }, two = { .dead = true };
    test_begin(&test);
    claim_for(&test, &one, "orders");
    claim_for(&test, &two, "orders");
    test_until(&test, &one.done);
    test_until(&test, &two.done);
    ck_assert_uint_eq(memory_count(test.store, "job"), 1);
    unsigned owned = (one.err.kind == ERR_NONE) + (two.err.kind == ERR_NONE);
    ck_assert_uint_ge(owned, 1);
    if (owned == 2) /* one after the other: then the later one has fenced the earlier one */
        ck_assert_uint_eq(one.directory->epoch + two.directory->epoch, 3);
    else
        ck_assert_int_eq(one.directory ? two.err.kind : one.err.kind, ERR_FENCED);
    test_end(&test);
}
END_TEST

/* The rename of the directory is done, and undone by a failover before the owner file. */
static enum memory_fault undo_hook(void *ctx, const char *op, const struct store_req *req)
{
    struct test *test = ctx;
    if (strcmp(op, "create") == 0 && strstr(req->path, "owner-") && test->fences++ == 0)
        memory_move(test->store, memory_find(test->store, "e1."), "e0.00000000000000aa");
    return MEMORY_FINE;
}

START_TEST(a_take_over_that_was_undone_owns_nothing)
{
    struct test test;
    struct claimer claimer = { .dead = true };
    test_begin(&test);
    memory_on(test.store, undo_hook, &test);
    claim_for(&test, &claimer, "orders");
    test_until(&test, &claimer.done);
    ck_assert_int_eq(claimer.err.kind, ERR_FENCED);
    test_end(&test);
}
END_TEST

#define TEST(name) tcase_add_test(tcase, name)
Suite *claim_suite(void)
{
    Suite *suite = suite_create("claim");
    TCase *tcase = tcase_create("claim");
    suite_add_tcase(suite, tcase);
    tcase_set_timeout(tcase, 60);
    TEST(an_owners_names_have_a_longest);
    TEST(a_first_start_makes_the_job_and_owns_it);
    TEST(the_owner_file_says_who);
    TEST(an_owner_is_gone_when_his_process_or_his_place_is);
    TEST(the_next_owner_takes_the_directory_of_a_dead_one);
    TEST(the_old_owner_publishes_nothing_and_learns_it);
    TEST(litter_of_lower_epochs_is_deleted);
    TEST(a_living_owner_is_left_in_peace_until_he_is_silent);
    TEST(nothing_but_a_record_is_a_sign_of_life_there);
    tcase_add_loop_test(tcase, an_owner_who_has_not_signed_is_waited_for_unless_he_died_here, 0, 2);
    TEST(an_owner_who_signs_late_is_not_taken_for_the_one_before_him);
    TEST(where_the_lock_excludes_others_nobody_is_waited_for);
    TEST(files_of_another_job_are_refused);
    TEST(two_first_starts_make_one_job);
    TEST(a_take_over_that_was_undone_owns_nothing);
    return suite;
}
