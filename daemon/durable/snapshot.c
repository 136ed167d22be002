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
    struct slice *pieces; /* of the content */
    size_t length;        /* of them all */
    uint32_t crc;         /* of the file */
    struct ask ask;       /* reads it back */
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
    uint32_t crc = be_u32((const uint8_t *)content.ptr + content.len);
    if (content.len != snapshot->length || crc != snapshot->crc)
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
    mem_free(snapshot->pieces);
    mem_free(snapshot);
}

/* The content was written, and is not needed to read it back. */
static void snapshot_drop_content(struct snapshot *snapshot)
{
    for (struct record *part = snapshot->job.content, *next; part; part = next) {
        next = part->next;
        record_free(part);
        mem_free(part);
    }
}

static void snapshot_published_cb(struct publish *publish)
{
    struct snapshot *snapshot = publish_ctx(publish);
    snapshot->crc = publish_crc(publish);
    snapshot_drop_content(snapshot);
    snapshot->ask.directory = snapshot->job.directory;
    snapshot->ask.ends = ASK_OWN | ASK_FATAL_ENDS;
    snapshot->ask.req = (struct store_req){ .path = snapshot->path, .length_max = SIZE_MAX };
    ask_start(&snapshot->ask, snapshot->job.directory->store->ops->read, snapshot_read_cb);
}

void snapshot_start(const struct snapshot_job *job)
{
    struct snapshot *snapshot = mem_zalloc(sizeof *snapshot);
    char path[DIRECTORY_PATH_SIZE];
    uint32_t n = record_parts(job->content);
    snapshot->job = *job;
    snapshot->pieces = mem_alloc(n * sizeof *snapshot->pieces);
    record_seal_parts(job->content, job->hash, snapshot->pieces);
    for (uint32_t i = 0; i < n; i++)
        snapshot->length += snapshot->pieces[i].len;
    snprintf(path, sizeof path, "snap/%" PRIu64, job->index);
    directory_path(job->directory, snapshot->path, "%s", path);
    publish_start(&(struct publish_conf){
        .directory = job->directory,
        .class = PUBLISH_OTHER,
        .head = { .kind = FILE_SNAP, .index = job->index },
        .path = path,
        .pieces = snapshot->pieces,
        .n_pieces = n,
        .cb = snapshot_published_cb,
        .ctx = snapshot,
    });
}
