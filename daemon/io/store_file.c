/* The local store's threads. Happy path: a request is queued, the first free thread runs it and
 * puts it on `done`, one post takes all that is done to the loop, which calls back. Requests may
 * finish in any order; who needs an order waits for the first before asking for the second.
 * Failure modes: those of the calls, see store_disk.h. Close: once nothing is pending the threads
 * end, the lock is let go, and the callback fires. */
#include "io/store_file.h"

#include <unistd.h>

#include "base/check.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/store_url.h"
#include "io/loop.h"
#include "io/store.h"
#include "io/store_disk.h"
#include "io/thread.h"

typedef enum store_answer (*disk_call)(struct store_disk *disk, struct store_req *req);

struct job { /* one request under way: its `door` */
    struct job *next;
    struct store_req *req;
    disk_call call;
};

struct job_queue {
    struct job *first, **end;
};

struct store_file {
    struct store store;
    struct store_disk disk;
    struct loop_post post;
    uint32_t pending; /* requests that have not called back; the loop's */
    void (*close_cb)(void *ctx);
    void *close_ctx;
    pthread_t threads[STORE_FILE_THREADS];
    pthread_mutex_t mutex; /* over all below */
    pthread_cond_t cond;   /* there is something to do, or it is over */
    struct job_queue todo, done;
    bool posted; /* the post is on its way */
    bool closing;
};

static void queue_init(struct job_queue *queue)
{
    queue->first = NULL;
    queue->end = &queue->first;
}

static void queue_put(struct job_queue *queue, struct job *job)
{
    job->next = NULL;
    *queue->end = job;
    queue->end = &job->next;
}

static struct job *queue_take(struct job_queue *queue)
{
    struct job *job = queue->first;
    if (!job)
        return NULL;
    queue->first = job->next;
    if (!job->next)
        queue->end = &queue->first;
    return job;
}

static void file_wake_loop(struct store_file *file) /* under the mutex */
{
    if (!file->posted)
        loop_post(file->store.loop, &file->post);
    file->posted = true;
}

static void *file_run(void *ctx)
{
    struct store_file *file = ctx;
    pthread_mutex_lock(&file->mutex);
    for (;;) {
        struct job *job = queue_take(&file->todo);
        if (!job && file->closing)
            break;
        if (!job) {
            pthread_cond_wait(&file->cond, &file->mutex);
            continue;
        }
        pthread_mutex_unlock(&file->mutex);
        job->req->answer = job->call(&file->disk, job->req);
        pthread_mutex_lock(&file->mutex);
        queue_put(&file->done, job);
        file_wake_loop(file);
    }
    pthread_mutex_unlock(&file->mutex);
    return NULL;
}

static void file_free(struct store_file *file)
{
    for (unsigned i = 0; i < STORE_FILE_THREADS; i++)
        thread_join(file->threads[i]);
    int lock_fd = atomic_load(&file->disk.lock_fd);
    if (lock_fd >= 0)
        close(lock_fd);
    check(pthread_cond_destroy(&file->cond) == 0);
    check(pthread_mutex_destroy(&file->mutex) == 0);
    mem_free(file->disk.root);
    mem_free(file);
}

static void file_done_cb(struct loop_post *post)
{
    struct store_file *file = CONTAINER_OF(post, struct store_file, post);
    pthread_mutex_lock(&file->mutex);
    struct job *job = file->done.first;
    queue_init(&file->done);
    file->posted = false;
    pthread_mutex_unlock(&file->mutex);
    while (job) {
        struct job *next = job->next;
        struct store_req *req = job->req;
        mem_free(job);
        file->pending--;
        req->door = NULL;
        req->cb(req); /* may ask for more, may close */
        job = next;
    }
    pthread_mutex_lock(&file->mutex);
    bool over = file->closing && !file->pending && !file->posted;
    pthread_mutex_unlock(&file->mutex);
    if (!over)
        return;
    void (*cb)(void *ctx) = file->close_cb;
    void *ctx = file->close_ctx;
    file_free(file);
    cb(ctx);
}

static void file_ask(struct store *store, struct store_req *req, disk_call call)
{
    struct store_file *file = CONTAINER_OF(store, struct store_file, store);
    check(req->cb && !file->close_cb);
    struct job *job = mem_alloc(sizeof *job);
    *job = (struct job){ .req = req, .call = call };
    req->door = job;
    req->err = (struct err){ .kind = ERR_NONE };
    req->data = (struct buf){ 0 };
    req->entries = NULL;
    req->n_entries = 0;
    file->pending++;
    pthread_mutex_lock(&file->mutex);
    queue_put(&file->todo, job);
    pthread_cond_signal(&file->cond);
    pthread_mutex_unlock(&file->mutex);
}

static void file_create(struct store *store, struct store_req *req)
{
    file_ask(store, req, store_disk_create);
}

static void file_rename(struct store *store, struct store_req *req)
{
    file_ask(store, req, store_disk_rename);
}

static void file_touch(struct store *store, struct store_req *req)
{
    file_ask(store, req, store_disk_touch);
}

static void file_mkdirs(struct store *store, struct store_req *req)
{
    file_ask(store, req, store_disk_mkdirs);
}

static void file_list(struct store *store, struct store_req *req)
{
    file_ask(store, req, store_disk_list);
}

static void file_read(struct store *store, struct store_req *req)
{
    file_ask(store, req, store_disk_read);
}

static void file_remove(struct store *store, struct store_req *req)
{
    check(*req->path); /* the root holds the lock */
    file_ask(store, req, store_disk_remove);
}

static void file_lock(struct store *store, struct store_req *req)
{
    file_ask(store, req, store_disk_lock);
}

static void file_close(struct store *store, void (*cb)(void *ctx), void *ctx)
{
    struct store_file *file = CONTAINER_OF(store, struct store_file, store);
    check(cb && !file->close_cb);
    file->close_cb = cb;
    file->close_ctx = ctx;
    pthread_mutex_lock(&file->mutex);
    file->closing = true;
    pthread_cond_broadcast(&file->cond);
    file_wake_loop(file);
    pthread_mutex_unlock(&file->mutex);
}

static const struct store_ops file_ops = {
    .scheme = "file",
    .create = file_create,
    .rename = file_rename,
    .touch = file_touch,
    .mkdirs = file_mkdirs,
    .list = file_list,
    .read = file_read,
    .remove = file_remove,
    .lock = file_lock,
    .close = file_close,
};

struct store *store_file_open(struct loop *loop, const struct store_url *url)
{
    struct store_file *file = mem_zalloc(sizeof *file);
    file->store = (struct store){ .ops = &file_ops, .loop = loop, .excludes = true };
    file->disk.root = mem_strdup(url->path);
    atomic_init(&file->disk.lock_fd, -1);
    file->post.cb = file_done_cb;
    queue_init(&file->todo);
    queue_init(&file->done);
    check(pthread_mutex_init(&file->mutex, NULL) == 0);
    check(pthread_cond_init(&file->cond, NULL) == 0);
    for (unsigned i = 0; i < STORE_FILE_THREADS; i++)
        file->threads[i] = thread_start("store", file_run, file);
    return &file->store;
}
