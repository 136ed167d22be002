/* A job's directory in a temporary folder, for tests of what reads one: files of the batch log and snapshots, whole or spoilt. */
#pragma once
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/demo_watch.h"
#include "durable/file.h"
#include "durable/record.h"

static char job_dir[64];

static inline void job_dir_make(void)
{
    strcpy(job_dir, "/tmp/tidemark-unit-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(job_dir));
}

static inline void job_dir_remove(void)
{
    demo_watch_remove(job_dir);
}

/* The path of a name in it, until the next call but three. */
static inline const char *job_dir_path(const char *name)
{
    static char paths[4][200];
    static unsigned turn;
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", job_dir, name);
    return path;
}

static inline void job_dir_folder(const char *name)
{
    ck_assert_int_eq(mkdir(job_dir_path(name), 0700), 0);
}

static inline void job_dir_append(const char *name, const void *bytes, size_t n)
{
    FILE *file = fopen(job_dir_path(name), "a");
    ck_assert_ptr_nonnull(file);
    fwrite(bytes, 1, n, file);
    ck_assert_int_eq(fclose(file), 0);
}

static inline void job_dir_text(const char *name, const char *text)
{
    job_dir_append(name, text, strlen(text));
}

/* Seals a record's content into a file of its own and forgets it. */
static inline void job_dir_record(const char *name, enum file_kind kind, struct record *record)
{
    uint8_t head_bytes[FILE_HEAD_SIZE], tail[FILE_TAIL_SIZE];
    struct file_head head = { .kind = kind, .epoch = 1, .index = strtoull(name, NULL, 10) };
    struct slice content = record_seal(record, 0);
    file_seal(&head, &content, 1, head_bytes, tail);
    job_dir_append(name, head_bytes, sizeof head_bytes);
    job_dir_append(name, content.ptr, content.len);
    job_dir_append(name, tail, sizeof tail);
    record_free(record);
    *record = (struct record){ 0 };
}

/* Changes the byte at `at` of a file; behind its end: cuts half of it off. */
static inline void job_dir_spoil(const char *name, size_t at)
{
    FILE *file = fopen(job_dir_path(name), "r+");
    struct stat stat_of;
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fstat(fileno(file), &stat_of), 0);
    if (at >= (size_t)stat_of.st_size) {
        ck_assert_int_eq(ftruncate(fileno(file), stat_of.st_size / 2), 0);
    } else {
        fseek(file, (long)at, SEEK_SET);
        int byte = fgetc(file);
        fseek(file, (long)at, SEEK_SET);
        fputc(byte ^ 1, file);
    }
    ck_assert_int_eq(fclose(file), 0);
}

#define PAIR_INT "u\0\2si" /* the type (String, Int), as column/pack.h has it; 5 bytes */
#define PAIR_DOUBLE "u\0\2sd"
#define PAIR_SIZE 5

/* The whole of a state that updateStateByKey would have written, of so many keys; type NULL: it was dropped. */
static inline void put_state(struct record *record, const char *id, uint64_t keys, const char *type)
{
    struct buf bytes = { 0 };
    struct entry entry = { .kind = ENTRY_DELTA, .delta = { .id = slice_of_text(id) } };
    if (type) {
        buf_put_u8(&bytes, 1);
        buf_put_u8(&bytes, 1);
        buf_put_u64(&bytes, keys);
        buf_put_str(&bytes, "updateStateByKey");
        buf_put(&bytes, type, PAIR_SIZE);
        entry.delta.bytes = buf_slice(&bytes);
    }
    record_put(record, &entry);
    buf_free(&bytes);
}
