#include <inttypes.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "column/block.h"
#include "durable/ask.h"
#include "durable/frame.h"
#include "durable/wal.h"

struct wal_reading {
    struct wal_read read;
    struct ask ask;
    char path[DIRECTORY_PATH_SIZE];
};

static bool wal_reading_open(struct wal_reading *reading, struct wal_back *back)
{
    const struct store_req *req = &reading->ask.req;
    struct file_head want = { .kind = FILE_WAL, .index = reading->read.seq }, head;
    struct slice content;
    if (req->answer == STORE_NO)
        return err_code(&back->err, ERR_FATAL, 350, "it is missing");
    if (req->answer != STORE_YES) {
        back->err = req->err;
        return false;
    }
    directory_want(reading->read.directory, &want);
    strcpy(want.name, reading->read.source);
    enum file_state state = file_open(buf_slice(&req->data), &want, &head, &content, &back->err);
    bool whole = state == FILE_WHOLE && frame_decode_all(content, reading->read.topics,
                                                         &back->chain, &back->blocks, &back->err);
    back->damaged = !whole && state != FILE_FOREIGN;
    if (!whole)
        return false;
    LIST_EACH(link, &back->blocks)
    CONTAINER_OF(link, struct block, link)->seq = reading->read.seq;
    return true;
}

static void wal_reading_cb(struct ask *ask)
{
    struct wal_reading *reading = CONTAINER_OF(ask, struct wal_reading, ask);
    struct wal_read read = reading->read;
    struct wal_back back = { .chain = read.chain };
    list_init(&back.blocks);
    if (!wal_reading_open(reading, &back))
        err_wrap(&back.err, "%s", reading->path);
    ask_done(ask);
    mem_free(reading);
    read.cb(read.ctx, &back);
}

void wal_read_start(const struct wal_read *read)
{
    struct wal_reading *reading = mem_zalloc(sizeof *reading);
    check(strlen(read->source) < FILE_NAME_SIZE);
    reading->read = *read;
    directory_path(read->directory, reading->path, "wal/%s-%" PRIu64, read->source, read->seq);
    reading->ask.directory = read->directory;
    reading->ask.ends = ASK_OWN | ASK_FATAL_ENDS;
    reading->ask.req = (struct store_req){ .path = reading->path, .length_max = WAL_FILE_MAX };
    ask_start(&reading->ask, read->directory->store->ops->read, wal_reading_cb);
}
