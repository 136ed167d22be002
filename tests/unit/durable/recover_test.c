#include "durable/recover.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "column/block.h"
#include "durable/batch_log.h"
#include "durable/snapshot.h"
#include "durable/trim.h"
#include "durable/wal.h"
#include "memory.h"

#define TOP "e1.00112233445566ff/"
#define TEXT(literal)               \
    {                               \
        literal, sizeof literal - 1 \
    }

struct job { /* what a worker does, as far as its directory sees it */
    struct test test;
    struct directory *directory;
    struct batch_log *log;
    struct wal *wal;
    struct progress progress;
    uint64_t chain; /* behind each group commit */
    bool flag;
    struct record record;
    struct err err;
    struct recovered *found;
};

static void logged_cb(void *ctx, uint64_t index, uint64_t hash)
{
    struct job *job = ctx;
    struct slice content = buf_slice(&job->record.bytes);
    ck_assert(progress_apply(&job->progress, content, index, hash, &job->err));
    record_clear(&job->record);
    job->flag = true;
}

static void append(struct job *job)
{
    job->flag = false;
    batch_log_append(job->log, &job->record, logged_cb, job);
    ck_assert(batch_log_busy(job->log));
    test_until(&job->test, &job->flag);
}

static void published_cb(void *ctx, struct wal *wal, struct list *blocks)
{
    struct job *job = ctx;
    job->chain = wal_chain(wal);
    for (struct list *link; (link = list_first(blocks));) {
        list_remove(link);
        block_free(CONTAINER_OF(link, struct block, link));
    }
    job->flag = true;
}

/* The first record: the beginning. */
static void begin(struct job *job)
{
    *job = (struct job){ .flag = false };
    test_begin(&job->test);
    job->directory = test_directory(&job->test);
    job->log = batch_log_new(job->directory, 0, 0);
    job->wal = wal_new(&(struct wal_conf){
        .directory = job->directory, .source = "k", .published = published_cb, .ctx = job });
    record_put(&job->record, &(struct entry){ .kind = ENTRY_START, .start = { 1000, 500, 7 } });
    record_put(&job->record, &(struct entry){ .kind = ENTRY_POSITION,
                                              .position = { TEXT("k"), TEXT("t"), 0, 0 } });
    append(job);
}

static void receive(struct job *job)
{
    struct block *block = block_new(10, 1);
    block->topic = "t";
    ck_assert(block_append(block, &(struct block_record){
                                      .value = "x",
                                      .value_len = 1,
                                      .offset = (int64_t)wal_seq(job->wal),
                                  }));
    job->flag = false;
    wal_add(job->wal, block);
    test_until(&job->test, &job->flag);
}

static void put_batch(struct job *job)
{
    uint64_t number = job->progress.batch + 1, seq = wal_seq(job->wal);
    record_put(&job->record,
               &(struct entry){ .kind = ENTRY_BATCH,
                                .batch = { number, 1000 + (int64_t)number * 500, 1, 0 } });
    record_put(&job->record,
               &(struct entry){ .kind = ENTRY_TAKEN, .taken = { TEXT("k"), seq, job->chain } });
    record_put(&job->record, &(struct entry){ .kind = ENTRY_RANGE,
                                              .range = { TEXT("k"), TEXT("t"), 0, (int64_t)seq - 1,
                                                         (int64_t)seq, 1 } });
    record_put(&job->record,
               &(struct entry){ .kind = ENTRY_OUTPUT, .output = { TEXT("print"), TEXT("out") } });
}

/* One block, one batch that takes it; delivered says up to which batch the output is. */
static void batch(struct job *job, uint64_t delivered)
{
    receive(job);
    put_batch(job);
    if (delivered)
        record_put(&job->record, &(struct entry){ .kind = ENTRY_DELIVERED,
                                                  .delivered = { TEXT("print"), delivered } });
    append(job);
}

static void saved_cb(void *ctx, uint64_t index, const struct err *err)
{
    struct job *job = ctx;
    ck_assert_uint_eq(index, job->progress.index);
    job->err = *err;
    job->flag = true;
}

static void save(struct job *job)
{
    struct record *record = mem_zalloc(sizeof *record);
    progress_save(&job->progress, record);
    job->flag = false;
    snapshot_start(&(struct snapshot_job){ .directory = job->directory,
                                           .content = record,
                                           .index = job->progress.index,
                                           .hash = job->progress.hash,
                                           .cb = saved_cb,
                                           .ctx = job });
    test_until(&job->test, &job->flag);
}

static void recovered_cb(void *ctx, struct recovered *recovered, const struct err *err)
{
    struct job *job = ctx;
    ck_assert(!recovered == (err->kind != ERR_NONE));
    job->found = recovered;
    job->err = *err;
    job->flag = true;
}

static void recover(struct job *job)
{
    job->flag = false;
    recover_start(job->directory, recovered_cb, job);
    test_until(&job->test, &job->flag);
}

static void is_whole(struct job *job)
{
    ck_assert_msg(job->err.kind == ERR_NONE, "%s", job->err.text);
    const struct progress *found = &job->found->progress, *want = &job->progress;
    ck_assert_uint_eq(found->index, want->index);
    ck_assert_uint_eq(found->hash, want->hash);
    ck_assert_uint_eq(found->batch, want->batch);
    ck_assert_int_eq(found->batch_ms, want->batch_ms);
    ck_assert_uint_eq(found->records, want->records);
    ck_assert_uint_eq(found->hash_seed, want->hash_seed);
    ck_assert_uint_eq(found->n_partitions, want->n_partitions);
    if (want->n_partitions)
        ck_assert_int_eq(found->partitions[0].offset, want->partitions[0].offset);
}

static void is_refused(struct job *job, const char *text, unsigned code)
{
    ck_assert_int_eq(job->err.kind, ERR_FATAL);
    ck_assert_msg(strstr(job->err.text, text), "%s", job->err.text);
    ck_assert_uint_eq(job->err.code, code);
}

START_TEST(nothing_is_a_job_that_has_not_begun)
{
    struct job job = { .flag = false };
    test_begin(&job.test);
    job.directory = test_directory(&job.test);
    recover(&job);
    is_whole(&job);
    ck_assert(!job.found->progress.started);
    ck_assert_uint_eq(job.found->records + job.found->n_sources + job.found->n_outputs, 0);
    test_end(&job.test);
}
END_TEST

START_TEST(records_give_the_progress_back)
{
    struct job job;
    begin(&job);
    for (unsigned i = 0; i < 25; i++)
        batch(&job, i);
    recover(&job);
    is_whole(&job);
    ck_assert_uint_eq(job.found->records, 26);
    ck_assert_uint_eq(job.found->log_first, 1);
    ck_assert_uint_eq(job.found->n_outputs, 1); /* of batch 25: 24 are noted */
    ck_assert_uint_eq(job.found->outputs[0].number, 25);
    ck_assert_str_eq(job.found->outputs[0].label, "print");
    ck_assert_uint_eq(job.found->outputs[0].bytes.len, 3);
    test_end(&job.test);
}
END_TEST

START_TEST(what_no_batch_took_is_found_and_the_rest_deleted)
{
    struct job job;
    begin(&job);
    batch(&job, 0);
    batch(&job, 0);
    receive(&job);
    receive(&job);
    ck_assert_uint_eq(memory_count(job.test.store, TOP "wal/"), 4);
    recover(&job);
    is_whole(&job);
    ck_assert_uint_eq(job.found->n_sources, 1);
    ck_assert_str_eq(job.found->sources[0].name, "k");
    ck_assert_uint_eq(job.found->sources[0].first, 3);
    ck_assert_uint_eq(job.found->sources[0].last, 4);
    ck_assert_uint_eq(job.found->n_outputs, 2);
    for (int i = 0; i < 500 && memory_count(job.test.store, TOP "wal/") > 2; i++)
        test_turns(&job.test, 2);
    ck_assert(memory_has(job.test.store, TOP "wal/k-3"));
    ck_assert_uint_eq(memory_count(job.test.store, TOP "wal/"), 2);
    test_end(&job.test);
}
END_TEST

START_TEST(a_snapshot_stands_for_the_records_before_it)
{
    struct job job;
    begin(&job);
    batch(&job, 0);
    batch(&job, 1);
    save(&job);
    ck_assert_int_eq(job.err.kind, ERR_NONE);
    batch(&job, 2);
    memory_drop(job.test.store, TOP "log/1");
    memory_drop(job.test.store, TOP "log/2");
    recover(&job);
    is_whole(&job);
    ck_assert_uint_eq(job.found->snapshot, 3);
    ck_assert_uint_eq(job.found->n_snapshots, 1);
    ck_assert_uint_eq(job.found->records, 1);
    ck_assert_uint_eq(job.found->log_first, 3);
    test_end(&job.test);
}
END_TEST

START_TEST(outputs_owed_from_before_the_snapshot_are_found)
{
    struct job job;
    begin(&job);
    for (unsigned i = 0; i < 6; i++)
        batch(&job, i == 2 ? 2 : 0);
    save(&job);
    batch(&job, 0);
    recover(&job);
    is_whole(&job);
    ck_assert_uint_eq(job.found->n_outputs, 5); /* of batches 3 to 7 */
    for (unsigned i = 0; i < 5; i++)
        ck_assert_uint_eq(job.found->outputs[i].number, i + 3);
    test_end(&job.test);
}
END_TEST

START_TEST(outputs_are_not_looked_for_where_the_log_was_trimmed)
{
    struct job job;
    begin(&job);
    for (unsigned i = 0; i < 6; i++) /* an output that the job has no longer: nobody delivers it */
        batch(&job, 0);
    save(&job);
    memory_drop(job.test.store, TOP "log/4");
    recover(&job);
    is_whole(&job);
    ck_assert_uint_eq(job.found->n_outputs, 3);
    test_end(&job.test);
}
END_TEST

START_TEST(a_snapshot_without_its_record_is_a_log_that_is_gone)
{
    struct job job;
    begin(&job);
    batch(&job, 0);
    save(&job);
    memory_drop(job.test.store, TOP "log/1");
    memory_drop(job.test.store, TOP "log/2");
    recover(&job);
    is_refused(&job, TOP "log/2: the record is missing", 350);
    test_end(&job.test);
}
END_TEST

START_TEST(a_damaged_snapshot_gives_way_to_the_one_before)
{
    struct job job;
    begin(&job);
    batch(&job, 0);
    save(&job);
    batch(&job, 1);
    save(&job);
    memory_file(job.test.store, TOP "snap/3")->ptr[200] ^= 1;
    recover(&job);
    is_whole(&job);
    ck_assert_uint_eq(job.found->snapshot, 2);
    memory_file(job.test.store, TOP "snap/2")->ptr[200] ^= 1;
    recover(&job);
    is_whole(&job);
    ck_assert_uint_eq(job.found->snapshot, 0);
    memory_drop(job.test.store, TOP "log/1");
    recover(&job);
    is_refused(&job, TOP "snap/2: the checksum", 351);
    test_end(&job.test);
}
END_TEST

static const struct damage {
    const char *drop, *flip, *text;
} damages[] = {
    { TOP "log/2", NULL, "log/2 to 2 are missing, the log goes to 4" },
    { TOP "log/1", NULL, "log/1 to 1 are missing" },
    { NULL, TOP "log/3", TOP "log/3: the checksum" },
    { TOP "log", NULL, "the folder " TOP "log is missing" },
    { TOP "wal/k-5", NULL, "wal/k-5 to 5 are missing" },
    { TOP "wal/k-4", NULL, "wal/k-4 to 4 are missing" },
    { TOP "log/4", NULL, "wal/k-3 to 3 are missing" }, /* deleted when batch 3 had taken it */
};

START_TEST(what_is_missing_or_damaged_is_named)
{
    struct job job;
    const struct damage *damage = &damages[_i];
    begin(&job);
    for (unsigned i = 0; i < 3; i++)
        batch(&job, 0);
    for (unsigned i = 0; i < 3; i++)
        receive(&job);
    memory_drop(job.test.store, TOP "wal/k-3");
    if (damage->drop)
        memory_drop(job.test.store, damage->drop);
    if (damage->flip)
        memory_file(job.test.store, damage->flip)->ptr[210] ^= 4;
    recover(&job);
    is_refused(&job, damage->text, 350);
    test_end(&job.test);
}
END_TEST

struct rival { /* takes the directory before a record is read, and loses it to a failover */
    struct job *job;
    bool was, has;
};

static enum memory_fault rival_hook(void *ctx, const char *op, const struct store_req *req)
{
    struct rival *rival = ctx;
    static const char ours[] = "e1.00112233445566ff", theirs[] = "e2.0000000000000001";
    if (strcmp(op, "read") == 0 && !rival->was) {
        rival->was = rival->has = true;
        memory_move(rival->job->test.store, ours, theirs);
    } else if (strcmp(op, "touch") == 0 && strcmp(req->path, ours) == 0 && rival->has) {
        rival->has = false;
        memory_move(rival->job->test.store, theirs, ours);
    }
    return MEMORY_FINE;
}

START_TEST(a_directory_that_was_away_has_lost_nothing)
{
    struct job job;
    struct rival rival = { &job, false, false };
    begin(&job);
    batch(&job, 0);
    memory_on(job.test.store, rival_hook, &rival);
    recover(&job);
    is_whole(&job);
    ck_assert(rival.was && !rival.has);
    memory_on(job.test.store, NULL, NULL);
    test_end(&job.test);
}
END_TEST

START_TEST(records_swapped_with_another_life_are_found)
{
    struct job job, other;
    begin(&other);
    batch(&other, 0);
    batch(&other, 1);
    struct buf *file = memory_file(other.test.store, TOP "log/2");
    uint8_t bytes[1000];
    size_t n = file->len;
    ck_assert_uint_le(n, sizeof bytes);
    memcpy(bytes, file->ptr, n);
    test_end(&other.test);
    begin(&job);
    record_put(&job.record, &(struct entry){ .kind = ENTRY_POSITION,
                                             .position = { TEXT("k"), TEXT("t"), 1, 0 } });
    append(&job);
    batch(&job, 0);
    file = memory_file(job.test.store, TOP "log/2");
    buf_clear(file);
    buf_put(file, bytes, n); /* a proper record 2 behind the same first one */
    recover(&job);
    is_refused(&job, "another record stood before", 350);
    test_end(&job.test);
}
END_TEST

START_TEST(outputs_that_nobody_names_are_deleted)
{
    struct job job;
    begin(&job);
    receive(&job);
    put_batch(&job);
    record_put(&job.record, &(struct entry){ .kind = ENTRY_OUTFILE,
                                             .outfile = { TEXT("f"), TEXT("1-1-f-0"), 1, 2 } });
    append(&job);
    memory_put(job.test.store, TOP "out/1-1-f-0");
    memory_put(job.test.store, TOP "out/1-2-f-0");
    recover(&job);
    is_whole(&job);
    for (int i = 0; i < 500 && memory_has(job.test.store, TOP "out/1-2-f-0"); i++)
        test_turns(&job.test, 2);
    ck_assert(!memory_has(job.test.store, TOP "out/1-2-f-0"));
    ck_assert(memory_has(job.test.store, TOP "out/1-1-f-0"));
    test_end(&job.test);
}
END_TEST

START_TEST(a_snapshot_that_cannot_be_read_back_is_told)
{
    struct job job;
    begin(&job);
    batch(&job, 0);
    memory_put(job.test.store,
               TOP "snap/2"); /* so that the rename says no and the touch says yes */
    save(&job);
    is_refused(&job, "snapshot " TOP "snap/2, read back", 351);
    test_end(&job.test);
}
END_TEST

START_TEST(files_are_trimmed_a_few_at_a_time)
{
    struct job job;
    begin(&job);
    for (unsigned i = 0; i < 9; i++)
        batch(&job, i);
    struct trim *trim = trim_new(job.directory);
    trim_log(trim, 1, 9);
    trim_wal(trim, "k", 1, 8);
    trim_wal(trim, "k", 5, 4); /* none */
    ck_assert_uint_eq(trim_waiting(trim), 17);
    ck_assert_uint_eq(memory_asked(job.test.store, "remove"), 4);
    for (int i = 0; i < 500 && trim_waiting(trim); i++)
        test_turns(&job.test, 2);
    ck_assert(memory_has(job.test.store, TOP "log/10") &&
              memory_has(job.test.store, TOP "wal/k-9"));
    ck_assert_uint_eq(memory_count(job.test.store, TOP "log/"), 1);
    ck_assert_uint_eq(memory_count(job.test.store, TOP "wal/"), 1);
    trim_free(trim);
    test_end(&job.test);
}
END_TEST

#define TEST(name) tcase_add_test(tcase, name)
Suite *recover_suite(void)
{
    Suite *suite = suite_create("recover");
    TCase *tcase = tcase_create("recover");
    suite_add_tcase(suite, tcase);
    tcase_set_timeout(tcase, 30);
    TEST(nothing_is_a_job_that_has_not_begun);
    TEST(records_give_the_progress_back);
    TEST(what_no_batch_took_is_found_and_the_rest_deleted);
    TEST(a_snapshot_stands_for_the_records_before_it);
    TEST(outputs_owed_from_before_the_snapshot_are_found);
    TEST(outputs_are_not_looked_for_where_the_log_was_trimmed);
    TEST(a_snapshot_without_its_record_is_a_log_that_is_gone);
    TEST(a_damaged_snapshot_gives_way_to_the_one_before);
    tcase_add_loop_test(tcase, what_is_missing_or_damaged_is_named, 0,
                        sizeof damages / sizeof damages[0]);
    TEST(a_directory_that_was_away_has_lost_nothing);
    TEST(records_swapped_with_another_life_are_found);
    TEST(outputs_that_nobody_names_are_deleted);
    TEST(a_snapshot_that_cannot_be_read_back_is_told);
    TEST(files_are_trimmed_a_few_at_a_time);
    return suite;
}
