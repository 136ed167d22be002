/* The loop. Happy path: timers stand in one list by the time they are due, with one libuv timer set
 * for the first; posts go on a stack without a lock, one async handle wakes the loop, which turns
 * the stack round and runs it. A turn runs only the timers that were due when it began, and 2 ms of
 * posts: the rest comes after the sockets had their turn. Failure modes: none that a caller could
 * see; what libuv refuses here is a bug or a process without file descriptors. Close: loop_free()
 * closes its own handles; a handle that another door left open is a bug and ends the process. */
#include "io/loop_uv.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/check.h"
#include "base/mem.h"
#include "io/loop.h"
#include "io/world.h"

#define SIGNALS_MAX 16 /* watched at once; a daemon knows half a dozen */
#define POSTS_US 2000  /* of a turn, for posts */

struct loop_signal {
    uv_signal_t handle;
    loop_signal_cb cb;
    void *ctx;
};

struct loop {
    uv_loop_t uv;
    uv_timer_t timer; /* runs while timers is not empty */
    uv_async_t async; /* "there are posts" */
    struct world *world;
    struct list
        timers; /* of struct loop_timer, by due_ms; equal ones in the order of their start */
    _Atomic(struct loop_post *) sent;     /* the newest first */
    struct loop_post *ready, **ready_end; /* taken from sent, the oldest first */
    struct loop_signal signals[SIGNALS_MAX];
    unsigned n_signals;
};

/* ---- timers */

static void loop_timer_fired(uv_timer_t *handle);

static void loop_timer_arm(struct loop *loop)
{
    struct list *first = list_first(&loop->timers);
    if (!first) {
        uv_timer_stop(&loop->timer);
        return;
    }
    uint64_t due_ms = LIST_ITEM(first, struct loop_timer, link)->due_ms, now_ms = loop_now_ms(loop);
    uv_update_time(&loop->uv);
    /* never 0: a 0 started inside a timer's callback runs again before any socket (libuv
     * before 1.48) */
    check(uv_timer_start(&loop->timer, loop_timer_fired, due_ms > now_ms ? due_ms - now_ms : 1,
                         0) == 0);
}

static void loop_timer_fired(uv_timer_t *handle)
{
    struct loop *loop = CONTAINER_OF(handle, struct loop, timer);
    uint64_t now_ms = loop_now_ms(loop);
    for (struct list *first; (first = list_first(&loop->timers));) {
        struct loop_timer *timer = LIST_ITEM(first, struct loop_timer, link);
        if (timer->due_ms > now_ms)
            break;
        loop_timer_cb cb = timer->cb;
        list_remove(&timer->link);
        timer->cb = NULL;
        cb(timer); /* may start and stop any timer; what it starts is due later than now_ms */
    }
    loop_timer_arm(loop);
}

void loop_timer_start(struct loop *loop, struct loop_timer *timer, uint64_t delay_ms,
                      loop_timer_cb cb)
{
    check(cb);
    loop_timer_stop(loop, timer);
    timer->cb = cb;
    timer->due_ms = loop_now_ms(loop) + (delay_ms ? delay_ms : 1);
    struct list *where = &loop->timers; /* from the end: a new timer is mostly a late one */
    while (where->prev != &loop->timers &&
           LIST_ITEM(where->prev, struct loop_timer, link)->due_ms > timer->due_ms)
        where = where->prev;
    list_add_before(where, &timer->link);
    if (list_first(&loop->timers) == &timer->link)
        loop_timer_arm(loop);
}

void loop_timer_stop(struct loop *loop, struct loop_timer *timer)
{
    if (!loop_timer_active(timer))
        return;
    list_remove(&timer->link);
    timer->cb = NULL;
    if (list_empty(&loop->timers))
        uv_timer_stop(&loop->timer);
}

/* ---- posts */

void loop_post(struct loop *loop, struct loop_post *post)
{
    check(post->cb);
    struct loop_post *newest = atomic_load_explicit(&loop->sent, memory_order_relaxed);
    do
        post->next = newest;
    /* uncovered: another thread's post came in between */
    while (!atomic_compare_exchange_weak_explicit(&loop->sent, &newest, post, memory_order_release,
                                                  memory_order_relaxed));
    if (!newest) /* else who put the first one wakes the loop */
        check(uv_async_send(&loop->async) == 0);
}

static void loop_posts_take(
    struct loop *loop) /* the stack, turned round, behind those that are ready */
{
    struct loop_post *post = atomic_exchange_explicit(&loop->sent, NULL, memory_order_acquire);
    struct loop_post *oldest = NULL, *newest = post;
    while (post) {
        struct loop_post *next = post->next;
        post->next = oldest;
        oldest = post;
        post = next;
    }
    if (oldest) {
        *loop->ready_end = oldest;
        loop->ready_end = &newest->next;
    }
}

static void loop_posts_run(uv_async_t *handle)
{
    struct loop *loop = CONTAINER_OF(handle, struct loop, async);
    uint64_t end_us = world_mono_us(loop->world) + POSTS_US;
    loop_posts_take(loop);
    while (loop->ready && world_mono_us(loop->world) < end_us) {
        struct loop_post *post = loop->ready;
        loop->ready = post->next;
        if (!loop->ready)
            loop->ready_end = &loop->ready;
        post->cb(post); /* gone from here on */
    }
    if (loop->ready)
        check(uv_async_send(&loop->async) == 0);
}

void loop_post_cancel(struct loop *loop, struct loop_post *post)
{
    loop_posts_take(loop);
    for (struct loop_post **at = &loop->ready; *at; at = &(*at)->next) {
        if (*at != post)
            continue;
        *at = post->next;
        if (!post->next)
            loop->ready_end = at;
        break;
    }
    if (loop->ready)
        check(uv_async_send(&loop->async) == 0);
}

/* ---- what cannot be done without */

/* What libuv takes file descriptors for. */
static void loop_need(int failed)
{
    if (failed)
        check_spent("no event loop", uv_strerror(failed), "open files (ulimit -n, LimitNOFILE=)");
}

/* Whether there are as many as libuv takes first: it aborts without a word when it gets no pipe for
 * signals. */
static int loop_probe(void)
{
    int fds[3] = { open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC), -1, -1 };
    int failed = fds[0] < 0 || pipe2(fds + 1, O_CLOEXEC) != 0 ? -errno : 0;
    for (unsigned i = 0; i < ARRAY_SIZE(fds); i++)
        if (fds[i] >= 0)
            close(fds[i]);
    return failed;
}

/* ---- signals */

static void loop_signal_came(uv_signal_t *handle, int number)
{
    struct loop_signal *watch = CONTAINER_OF(handle, struct loop_signal, handle);
    watch->cb(watch->ctx, number);
}

void loop_signals(struct loop *loop, const int *numbers, unsigned n, loop_signal_cb cb, void *ctx)
{
    for (unsigned i = 0; i < n; i++) {
        check(loop->n_signals < SIGNALS_MAX);
        struct loop_signal *watch = &loop->signals[loop->n_signals++];
        watch->cb = cb;
        watch->ctx = ctx;
        loop_need(uv_signal_init(&loop->uv, &watch->handle));
        loop_need(uv_signal_start(&watch->handle, loop_signal_came, numbers[i]));
    }
}

/* ---- the whole */

struct loop *loop_new(struct world *world)
{
    struct loop *loop = mem_zalloc(sizeof *loop);
    loop->world = world;
    list_init(&loop->timers);
    loop->ready_end = &loop->ready;
    check(signal(SIGPIPE, SIG_IGN) !=
          SIG_ERR); /* a peer that goes away is an error of that write, not our end */
    check(signal(SIGXFSZ, SIG_IGN) != SIG_ERR); /* so is a file that may not grow */
    loop_need(loop_probe());
    loop_need(uv_loop_init(&loop->uv));
    check(uv_timer_init(&loop->uv, &loop->timer) == 0);
    loop_need(uv_async_init(&loop->uv, &loop->async, loop_posts_run));
    return loop;
}

void loop_run(struct loop *loop)
{
    uv_run(&loop->uv, UV_RUN_DEFAULT); /* the async handle keeps it alive until loop_stop() */
}

void loop_stop(struct loop *loop)
{
    uv_stop(&loop->uv);
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    uv_close((uv_handle_t *)&loop->timer, NULL);
    uv_close((uv_handle_t *)&loop->async, NULL);
    for (unsigned i = 0; i < loop->n_signals; i++)
        uv_close((uv_handle_t *)&loop->signals[i].handle, NULL);
    /* uncovered: a signal that comes in this moment closes a turn later */
    for (unsigned turn = 0; uv_run(&loop->uv, UV_RUN_NOWAIT) != 0; turn++)
        check(turn < 100);
    check(uv_loop_close(&loop->uv) == 0); /* else a door has left a handle open */
    mem_free(loop);
}

struct world *loop_world(struct loop *loop)
{
    return loop->world;
}

uint64_t loop_now_ms(struct loop *loop)
{
    return world_mono_us(loop->world) / 1000;
}

uv_loop_t *uv_of_loop(struct loop *loop)
{
    return &loop->uv;
}
