/* Happy path: sum the content, publish snap/<index>, read it back, the bytes are those that were written, cb. What is done with
 * all of a snapshot's bytes is done in turns, so that no batch waits for it. A snapshot that cannot be read back as it was
 * written is reported, and stays: the job goes on from the one before it. Close: the process' end. */
#include "durable/snapshot.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/crc32c.h"
#include "base/mem.h"
#include "base/sm.h"
#include "durable/ask.h"
#include "durable/publish.h"
#include "io/loop.h"

enum snapshot_state {
    SNAPSHOT_SUMMING,    /* the checksum of the content */
    SNAPSHOT_PUBLISHING, /* until it is there */
    SNAPSHOT_DROPPING,   /* the content was written, and is not needed to read it back */
    SNAPSHOT_READING,    /* until it was read */
    SNAPSHOT_CHECKING,   /* the checksum of what was read */
    SNAPSHOT_FREEING,    /* what was read */
    SNAPSHOT_STATES
};
static const struct sm_state snapshot_states[SNAPSHOT_STATES] = {
    [SNAPSHOT_SUMMING] = { "summing", SM_TO(SNAPSHOT_PUBLISHING) | SM_TO(SNAPSHOT_DROPPING) },
    [SNAPSHOT_PUBLISHING] = { "publishing", SM_TO(SNAPSHOT_DROPPING) },
    [SNAPSHOT_DROPPING] = { "dropping", SM_TO(SNAPSHOT_READING) | SM_TO(SNAPSHOT_FREEING) },
    [SNAPSHOT_READING] = { "reading", SM_TO(SNAPSHOT_CHECKING) | SM_TO(SNAPSHOT_FREEING) },
    [SNAPSHOT_CHECKING] = { "checking", SM_TO(SNAPSHOT_FREEING) },
    [SNAPSHOT_FREEING] = { "freeing", 0 },
};

struct snapshot {
    struct sm sm;
    struct snapshot_job job;
    struct loop_timer turn;
    struct slice *pieces; /* of the content */
    uint32_t n_pieces;
    uint32_t done;  /* pieces that are summed */
    size_t length;  /* of them all; then bytes of the file that are checked */
    uint32_t crc;   /* so far: of the content, of what was read */
    uint32_t tail;  /* of the file as written */
    struct ask ask; /* reads it back */
    bool is_written;
    struct err err;
    char path[DIRECTORY_PATH_SIZE];
};

static void snapshot_turn_cb(struct loop_timer *timer);

static void snapshot_turn(struct snapshot *snapshot)
{
    loop_timer_start(snapshot->job.directory->loop, &snapshot->turn, SNAPSHOT_TURN_MS,
                     snapshot_turn_cb);
}

/* ---- written */

static void snapshot_published_cb(struct publish *publish)
{
    struct snapshot *snapshot = publish_ctx(publish);
    snapshot->tail = publish_crc(publish);
    snapshot->is_written = true;
    sm_move(&snapshot->sm, SNAPSHOT_DROPPING);
    snapshot_turn(snapshot);
}

static void snapshot_publish(struct snapshot *snapshot)
{
    char path[DIRECTORY_PATH_SIZE];
    snprintf(path, sizeof path, "snap/%" PRIu64, snapshot->job.index);
    sm_move(&snapshot->sm, SNAPSHOT_PUBLISHING);
    publish_start(&(struct publish_conf){
        .directory = snapshot->job.directory,
        .class = PUBLISH_OTHER,
        .head = { .kind = FILE_SNAP, .index = snapshot->job.index },
        .path = path,
        .pieces = snapshot->pieces,
        .n_pieces = snapshot->n_pieces,
        .crc = &snapshot->crc,
        .cb = snapshot_published_cb,
        .ctx = snapshot,
    });
}

static bool snapshot_fits(const struct snapshot *snapshot, struct err *err)
{
    uint64_t bytes = FILE_HEAD_SIZE + FILE_TAIL_SIZE;
    for (uint32_t i = 0; i < snapshot->n_pieces; i++)
        bytes += snapshot->pieces[i].len;
    return bytes <= FILE_LENGTH_MAX ||
           err_code(err, ERR_FATAL, 407,
                    "it would have %" PRIu64 " bytes, and no more than %llu can be read again",
                    bytes, FILE_LENGTH_MAX);
}

static void snapshot_sum(struct snapshot *snapshot)
{
    for (size_t n = 0; snapshot->done < snapshot->n_pieces && n < SNAPSHOT_TURN_BYTES;) {
        const struct slice *piece = &snapshot->pieces[snapshot->done++];
        snapshot->crc = crc32c(snapshot->crc, piece->ptr, piece->len);
        snapshot->length += piece->len;
        n += piece->len;
    }
    if (snapshot->done < snapshot->n_pieces)
        snapshot_turn(snapshot);
    else
        snapshot_publish(snapshot);
}

/* ---- read back */

static bool snapshot_look(const struct snapshot *snapshot, struct err *err)
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
    if (file_open_unsummed(buf_slice(&req->data), &want, &head, &content, err) != FILE_WHOLE)
        return false;
    uint32_t crc = be_u32((const uint8_t *)content.ptr + content.len);
    if (content.len != snapshot->length || crc != snapshot->tail)
        return err_code(err, ERR_FATAL, 351, "other bytes than were written");
    return true;
}

static void snapshot_read_cb(struct ask *ask)
{
    struct snapshot *snapshot = CONTAINER_OF(ask, struct snapshot, ask);
    bool good = snapshot_look(snapshot, &snapshot->err);
    snapshot->length = snapshot->crc = 0;
    sm_move(&snapshot->sm, good ? SNAPSHOT_CHECKING : SNAPSHOT_FREEING);
    snapshot_turn(snapshot);
}

static void snapshot_drop(struct snapshot *snapshot)
{
    for (size_t n = 0; snapshot->job.content && n < SNAPSHOT_TURN_BYTES;) {
        struct record *part = snapshot->job.content;
        snapshot->job.content = part->next;
        n += part->bytes.cap;
        record_free(part);
        mem_free(part);
    }
    if (snapshot->job.content) {
        snapshot_turn(snapshot);
        return;
    }
    if (!snapshot->is_written) {
        sm_move(&snapshot->sm, SNAPSHOT_FREEING);
        snapshot_turn(snapshot);
        return;
    }
    snapshot->ask.directory = snapshot->job.directory;
    snapshot->ask.ends = ASK_OWN | ASK_FATAL_ENDS;
    snapshot->ask.req = (struct store_req){ .path = snapshot->path, .length_max = FILE_LENGTH_MAX };
    sm_move(&snapshot->sm, SNAPSHOT_READING);
    ask_start(&snapshot->ask, snapshot->job.directory->store->ops->read, snapshot_read_cb);
}

static void snapshot_check(struct snapshot *snapshot)
{
    const struct buf *data = &snapshot->ask.req.data;
    size_t left = data->len - FILE_TAIL_SIZE - snapshot->length;
    size_t n = left < SNAPSHOT_TURN_BYTES ? left : SNAPSHOT_TURN_BYTES;
    snapshot->crc = crc32c(snapshot->crc, data->ptr + snapshot->length, n);
    snapshot->length += n;
    if (n == left) {
        if (snapshot->crc != snapshot->tail)
            err_code(&snapshot->err, ERR_FATAL, 351,
                     "the checksum of the file's %zu bytes does not fit", data->len);
        sm_move(&snapshot->sm, SNAPSHOT_FREEING);
    }
    snapshot_turn(snapshot);
}

/* From its end on, as long as it is large. */
static void snapshot_free(struct snapshot *snapshot)
{
    struct buf *data = &snapshot->ask.req.data;
    if (data->cap > SNAPSHOT_TURN_BYTES) {
        data->cap -= SNAPSHOT_TURN_BYTES;
        data->len = data->len < data->cap ? data->len : data->cap;
        data->ptr = mem_realloc(data->ptr, data->cap);
        snapshot_turn(snapshot);
        return;
    }
    if (snapshot->err.kind != ERR_NONE)
        err_wrap(&snapshot->err, "snapshot %s%s", snapshot->path,
                 snapshot->is_written ? ", read back" : "");
    snapshot->job.cb(snapshot->job.ctx, snapshot->job.index, &snapshot->err);
    ask_done(&snapshot->ask);
    mem_free(snapshot->pieces);
    mem_free(snapshot);
}

static void snapshot_turn_cb(struct loop_timer *timer)
{
    struct snapshot *snapshot = CONTAINER_OF(timer, struct snapshot, turn);
    switch (sm_state(&snapshot->sm)) {
        case SNAPSHOT_SUMMING:
            snapshot_sum(snapshot);
            break;
        case SNAPSHOT_DROPPING:
            snapshot_drop(snapshot);
            break;
        case SNAPSHOT_CHECKING:
            snapshot_check(snapshot);
            break;
        case SNAPSHOT_FREEING:
            snapshot_free(snapshot);
            break;
    }
}

void snapshot_start(const struct snapshot_job *job)
{
    struct snapshot *snapshot = mem_zalloc(sizeof *snapshot);
    snapshot->job = *job;
    snapshot->err.kind = ERR_NONE;
    snapshot->n_pieces = record_parts(job->content);
    snapshot->pieces = mem_alloc(snapshot->n_pieces * sizeof *snapshot->pieces);
    record_seal_parts(job->content, job->hash, snapshot->pieces);
    directory_path(job->directory, snapshot->path, "snap/%" PRIu64, job->index);
    sm_init(&snapshot->sm, snapshot_states, SNAPSHOT_SUMMING);
    if (snapshot_fits(snapshot, &snapshot->err)) {
        snapshot_sum(snapshot);
        return;
    }
    sm_move(&snapshot->sm, SNAPSHOT_DROPPING);
    snapshot_turn(snapshot);
}
