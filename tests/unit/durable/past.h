/* A job's past for tests of recovery: what a worker does, as far as its directory sees it, and what recovery then finds. */
#pragma once
#include "durable/batch_log.h"
#include "durable/recover.h"
#include "durable/wal.h"
#include "memory.h"

#define TOP "e1.00112233445566ff/"
#define TEXT(literal)               \
    {                               \
        literal, sizeof literal - 1 \
    }

struct past { /* what a worker does, as far as its directory sees it */
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
void past_begin(struct past *past);     /* the first record: the beginning */
void past_append(struct past *past);    /* appends past->record */
void past_receive(struct past *past);   /* one block of one record, in the write-ahead log */
void past_put_batch(struct past *past); /* into past->record: a batch that takes it */
/* One block, one batch that takes it; delivered says up to which batch the output is, 0 = nothing. */
void past_batch(struct past *past, uint64_t delivered);
void past_save(struct past *past);     /* a snapshot; past->err says how it went */
void past_recover(struct past *past);  /* past->found, past->err */
void past_is_whole(struct past *past); /* what was found is past->progress */
void past_is_refused(struct past *past, const char *text, unsigned code);
