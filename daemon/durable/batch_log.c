#include "durable/batch_log.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/check.h"
#include "base/mem.h"
#include "durable/publish.h"

struct batch_log {
    struct directory *directory;
    uint64_t index, hash; /* of the last record published */
    bool busy;
    struct slice content; /* of the record under way */
    batch_log_cb cb;
    void *ctx;
};

struct batch_log *batch_log_new(struct directory *directory, uint64_t index, uint64_t hash)
{
    struct batch_log *log = mem_alloc(sizeof *log);
    *log = (struct batch_log){ .directory = directory, .index = index, .hash = hash };
    return log;
}

bool batch_log_busy(const struct batch_log *log)
{
    return log->busy;
}

static void batch_log_published_cb(struct publish *publish)
{
    struct batch_log *log = publish_ctx(publish);
    log->index++;
    log->hash = publish_hash(publish);
    log->busy = false;
    log->cb(log->ctx, log->index, log->hash);
}

void batch_log_append(struct batch_log *log, struct record *record, batch_log_cb cb, void *ctx)
{
    char path[DIRECTORY_PATH_SIZE];
    check(!log->busy);
    log->busy = true;
    log->cb = cb;
    log->ctx = ctx;
    log->content = record_seal(record, log->hash);
    snprintf(path, sizeof path, "log/%" PRIu64, log->index + 1);
    publish_start(&(struct publish_conf){
        .directory = log->directory,
        .class = PUBLISH_RECORD,
        .head = { .kind = FILE_LOG, .index = log->index + 1 },
        .path = path,
        .pieces = &log->content,
        .n_pieces = 1,
        .cb = batch_log_published_cb,
        .ctx = log,
    });
}
