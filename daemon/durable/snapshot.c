/* Happy path: publish snap/<index>, read it back, the bytes are those that were written, cb. A
 * snapshot that cannot be read back as it was written is reported, and stays: the job goes on from
 * the one before it. */
#include "durable/snapshot.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/mem.h"
#include "durable/ask.h"
#include "durable/publish.h"

struct snapshot {
    struct snapshot_job job;
    struct slice bytes; /* of the content */
    uint64_t written;   /* hash of the file */
    struct ask ask;     /* reads it back */
    char path[DIRECTORY_PATH_SIZE];
};

static bool snapshot_verify(const struct snapshot *snapshot, struct err *err)
{
    const struct store_req *req = &snapshot->ask.req;
    struct file_head want = { .kind = FILE_SNAP, .index = snapshot->job.index }, head;
    struct slice content;
    if (req->answer == STORE_NO)
        return err_code(err, ERR_FATAL, 351, "it is not there");
    if (req->answer != STORE_YES) {
        *err = req->err;
        return false;
    }
    directory_want(snapshot->job.directory, &want);
    if (file_open(buf_slice(&req->data), &want, &head, &content, err) != FILE_WHOLE)
        return false;
    if (record_hash(buf_slice(&req->data)) != snapshot->written)
        return err_code(err, ERR_FATAL, 351, "other bytes than were written");
    return true;
}

static void snapshot_read_cb(struct ask *ask)
{
    struct snapshot *snapshot = CONTAINER_OF(ask, struct snapshot, ask);
    struct err err = { .kind = ERR_NONE };
    if (!snapshot_verify(snapshot, &err))
        err_wrap(&err, "snapshot %s, read back", snapshot->path);
    snapshot->job.cb(snapshot->job.ctx, snapshot->job.index, &err);
    ask_done(ask);
    record_free(snapshot->job.content);
    mem_free(snapshot->job.content);
    mem_free(snapshot);
}

static void snapshot_published_cb(struct publish *publish)
{
    struct snapshot *snapshot = publish_ctx(publish);
    snapshot->written = publish_hash(publish);
    snapshot->ask.directory = snapshot->job.directory;
    snapshot->ask.ends = ASK_OWN | ASK_FATAL_ENDS;
    snapshot->ask.req = (struct store_req){ .path = snapshot->path, .length_max = SIZE_MAX };
    ask_start(&snapshot->ask, snapshot->job.directory->store->ops->read, snapshot_read_cb);
}

void snapshot_start(const struct snapshot_job *job)
{
    struct snapshot *snapshot = mem_zalloc(sizeof *snapshot);
    char path[DIRECTORY_PATH_SIZE];
    snapshot->job = *job;
    snapshot->bytes = record_seal(job->content, job->hash);
    snprintf(path, sizeof path, "snap/%" PRIu64, job->index);
    directory_path(job->directory, snapshot->path, "%s", path);
    publish_start(&(struct publish_conf){
        .directory = job->directory,
        .class = PUBLISH_OTHER,
        .head = { .kind = FILE_SNAP, .index = job->index },
        .path = path,
        .pieces = &snapshot->bytes,
        .n_pieces = 1,
        .cb = snapshot_published_cb,
        .ctx = snapshot,
    });
}
