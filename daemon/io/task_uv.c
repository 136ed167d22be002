/* A thread for each task. Happy path: step, wait for mail, a wake-up or the time the step asked
 * for, step again. Failure modes: none. Close: the step returns TASK_END, its last act is to post
 * `ended`, task_free() joins the thread. */
#include <errno.h>
#include <time.h>

#include "base/check.h"
#include "base/mem.h"
#include "io/loop.h"
#include "io/task.h"
#include "io/thread.h"

#define TASK_WAIT_MS_MAX \
    3600000u /* a longer wait is one of an hour: a step may come early, never wrongly */

struct task {
    struct loop *loop;
    task_step step;
    void *ctx;
    struct loop_post *ended;
    pthread_t thread;
    pthread_mutex_t mutex; /* over all below */
    pthread_cond_t cond;
    struct mail *first, **end; /* mail nobody has taken yet */
    bool woken;                /* since the last step began */
};

static void task_wait(struct task *task, uint64_t wait_ms)
{
    struct timespec until;
    check(clock_gettime(CLOCK_MONOTONIC, &until) == 0);
    if (wait_ms > TASK_WAIT_MS_MAX)
        wait_ms = TASK_WAIT_MS_MAX;
    until.tv_nsec += (long)(wait_ms % 1000) * 1000000;
    until.tv_sec += (time_t)(wait_ms / 1000) + until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&task->mutex);
    while (wait_ms && !task->woken)
        if (pthread_cond_timedwait(&task->cond, &task->mutex, &until) == ETIMEDOUT)
            break;
    task->woken = false;
    pthread_mutex_unlock(&task->mutex);
}

static void *task_run(void *ctx)
{
    struct task *task = ctx;
    for (uint64_t wait_ms; (wait_ms = task->step(task->ctx)) != TASK_END;)
        task_wait(task, wait_ms);
    loop_post(task->loop, task->ended);
    return NULL;
}

struct task *task_start(struct loop *loop, const char *name, task_step step, void *ctx,
                        struct loop_post *ended)
{
    struct task *task = mem_alloc(sizeof *task);
    *task = (struct task){ .loop = loop, .step = step, .ctx = ctx, .ended = ended };
    task->end = &task->first;
    check(pthread_mutex_init(&task->mutex, NULL) == 0);
    thread_cond_init(&task->cond);
    task->thread = thread_start(name, task_run, task);
    return task;
}

void task_post(struct task *task, struct mail *mail)
{
    mail->next = NULL;
    pthread_mutex_lock(&task->mutex);
    *task->end = mail;
    task->end = &mail->next;
    task->woken = true;
    pthread_cond_signal(&task->cond);
    pthread_mutex_unlock(&task->mutex);
}

struct mail *task_take(struct task *task)
{
    pthread_mutex_lock(&task->mutex);
    struct mail *first = task->first;
    task->first = NULL;
    task->end = &task->first;
    pthread_mutex_unlock(&task->mutex);
    return first;
}

void task_wake(struct task *task)
{
    pthread_mutex_lock(&task->mutex);
    task->woken = true;
    pthread_cond_signal(&task->cond);
    pthread_mutex_unlock(&task->mutex);
}

void task_free(struct task *task)
{
    if (!task)
        return;
    thread_join(task->thread);
    pthread_cond_destroy(&task->cond);
    pthread_mutex_destroy(&task->mutex);
    mem_free(task);
}
