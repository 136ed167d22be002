#include "past.h"

#include <check.h>
#include <string.h>

#include "base/mem.h"
#include "column/block.h"
#include "durable/snapshot.h"

static void logged_cb(void *ctx, uint64_t index, uint64_t hash)
{
    struct past *past = ctx;
    struct slice content = buf_slice(&past->record.bytes);
    ck_assert(progress_apply(&past->progress, content, index, hash, &past->err));
    record_clear(&past->record);
    past->flag = true;
}

void past_append(struct past *past)
{
    past->flag = false;
    batch_log_append(past->log, &past->record, logged_cb, past);
    ck_assert(batch_log_busy(past->log));
    test_until(&past->test, &past->flag);
}

static void published_cb(void *ctx, struct wal *wal, struct list *blocks)
{
    struct past *past = ctx;
    past->chain = wal_chain(wal);
    for (struct list *link; (link = list_first(blocks));) {
        list_remove(link);
        block_free(CONTAINER_OF(link, struct block, link));
    }
    past->flag = true;
}

void past_begin(struct past *past)
{
    *past = (struct past){ .flag = false };
    test_begin(&past->test);
    past->directory = test_directory(&past->test);
    past->log = batch_log_new(past->directory, 0, 0);
    past->wal = wal_new(&(struct wal_conf){
        .directory = past->directory, .source = "k", .published = published_cb, .ctx = past });
    record_put(&past->record, &(struct entry){ .kind = ENTRY_START, .start = { 1000, 500, 7 } });
    record_put(&past->record, &(struct entry){ .kind = ENTRY_POSITION,
                                               .position = { TEXT("k"), TEXT("t"), 0, 0 } });
    past_append(past);
}

void past_receive(struct past *past)
{
    struct block *block = block_new(10, 1);
    block->topic = "t";
    ck_assert(block_append(block, &(struct block_record){
                                      .value = "x",
                                      .value_len = 1,
                                      .offset = (int64_t)wal_seq(past->wal),
                                  }));
    past->flag = false;
    wal_add(past->wal, block);
    test_until(&past->test, &past->flag);
}

void past_put_batch(struct past *past)
{
    uint64_t number = past->progress.batch + 1, seq = wal_seq(past->wal);
    record_put(&past->record,
               &(struct entry){ .kind = ENTRY_BATCH,
                                .batch = { number, 1000 + (int64_t)number * 500, 1, 0 } });
    record_put(&past->record,
               &(struct entry){ .kind = ENTRY_TAKEN, .taken = { TEXT("k"), seq, past->chain } });
    record_put(&past->record, &(struct entry){ .kind = ENTRY_RANGE,
                                               .range = { TEXT("k"), TEXT("t"), 0, (int64_t)seq - 1,
                                                          (int64_t)seq, 1 } });
    record_put(&past->record,
               &(struct entry){ .kind = ENTRY_OUTPUT, .output = { TEXT("print"), TEXT("out") } });
}

void past_batch(struct past *past, uint64_t delivered)
{
    past_receive(past);
    past_put_batch(past);
    if (delivered)
        record_put(&past->record, &(struct entry){ .kind = ENTRY_DELIVERED,
                                                   .delivered = { TEXT("print"), delivered } });
    past_append(past);
}

static void saved_cb(void *ctx, uint64_t index, const struct err *err)
{
    struct past *past = ctx;
    ck_assert_uint_eq(index, past->progress.index);
    past->err = *err;
    past->flag = true;
}

void past_save(struct past *past)
{
    struct record *record = mem_zalloc(sizeof *record);
    progress_save(&past->progress, record);
    past->flag = false;
    snapshot_start(&(struct snapshot_job){ .directory = past->directory,
                                           .content = record,
                                           .index = past->progress.index,
                                           .hash = past->progress.hash,
                                           .cb = saved_cb,
                                           .ctx = past });
    test_until(&past->test, &past->flag);
}

static void recovered_cb(void *ctx, struct recovered *recovered, const struct err *err)
{
    struct past *past = ctx;
    ck_assert(!recovered == (err->kind != ERR_NONE));
    past->found = recovered;
    past->err = *err;
    past->flag = true;
}

void past_recover(struct past *past)
{
    past->flag = false;
    recover_start(past->directory, recovered_cb, past);
    test_until(&past->test, &past->flag);
}

void past_is_whole(struct past *past)
{
    ck_assert_msg(past->err.kind == ERR_NONE, "%s", past->err.text);
    const struct progress *found = &past->found->progress, *want = &past->progress;
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

void past_is_refused(struct past *past, const char *text, unsigned code)
{
    ck_assert_int_eq(past->err.kind, ERR_FATAL);
    ck_assert_msg(strstr(past->err.text, text), "%s", past->err.text);
    ck_assert_uint_eq(past->err.code, code);
}
