#include "supervisor/policy.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/backoff.h"
#include "base/check.h"

void failures_add(struct failures *failures, int64_t at_ms)
{
    failures->at_ms[failures->next] = at_ms;
    failures->next = (failures->next + 1) % REPORT_ATTEMPTS_MAX;
    failures->n += failures->n < REPORT_ATTEMPTS_MAX;
}

uint32_t failures_count(const struct failures *failures, int64_t now_ms, int64_t window_ms)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < failures->n; i++)
        count += window_ms == 0 || failures->at_ms[i] >= now_ms - window_ms;
    return count;
}

void policy_init(struct policy *policy, const char *job, bool once)
{
    size_t before = offsetof(struct policy, failures), behind = before + sizeof policy->failures;
    memset(policy, 0, before);
    policy->failures.n = policy->failures.next = 0; /* its array stays untouched memory */
    memset((char *)policy + behind, 0, sizeof *policy - behind);
    policy->job = job;
    policy->once = once;
}

uint32_t policy_count(const struct policy *policy, int64_t now_ms)
{
    return failures_count(&policy->failures, now_ms, policy->limits.window_ms);
}

static void act(struct policy_actions *actions, struct policy_action action)
{
    check(actions->n < POLICY_ACTIONS_MAX);
    actions->items[actions->n++] = action;
}

static void start(struct policy *policy, int64_t now_ms, struct policy_actions *actions)
{
    policy->phase = POLICY_WORK;
    policy->asked = policy->silent = false;
    policy->started_ms = now_ms;
    act(actions, (struct policy_action){ .kind = POLICY_ACT_START, .standby = policy->fenced });
    policy->fenced = false;
}

static void start_after(struct policy *policy, int64_t now_ms, uint64_t delay_ms,
                        struct policy_actions *actions)
{
    policy->phase = POLICY_WAIT;
    policy->due_ms = now_ms + (int64_t)delay_ms;
    act(actions, (struct policy_action){ .kind = POLICY_ACT_TIMER, .delay_ms = (int64_t)delay_ms });
}

static void rest(struct policy *policy, struct policy_actions *actions)
{
    policy->phase = POLICY_REST;
    act(actions, (struct policy_action){ .kind = POLICY_ACT_TIMER, .delay_ms = -1 });
}

static void ask_to_stop(struct policy *policy, struct policy_actions *actions)
{
    policy->asked = true;
    if (policy->phase != POLICY_WORK)
        return;
    policy->phase = POLICY_STOP;
    act(actions, (struct policy_action){ .kind = POLICY_ACT_TERM });
    act(actions, (struct policy_action){ .kind = POLICY_ACT_TIMER,
                                         .delay_ms = policy->limits.stop_timeout_ms });
}

static void kill_now(struct policy *policy, struct policy_actions *actions)
{
    policy->phase = POLICY_KILL;
    act(actions, (struct policy_action){ .kind = POLICY_ACT_KILL });
    act(actions, (struct policy_action){ .kind = POLICY_ACT_TIMER, .delay_ms = -1 });
}

/* The form of YARN's own message; its full stop stands behind the diagnostics whatever those end
 * in. */
static void fail(struct policy *policy, const char *text, struct policy_actions *actions)
{
    char window[64] = "";
    policy->failed = true;
    policy->wanted = false;
    if (policy->limits.window_ms > 0)
        snprintf(window, sizeof window, " in previous %lld milliseconds",
                 (long long)policy->limits.window_ms);
    snprintf(policy->why, sizeof policy->why,
             "job %s failed %lld times%s due to %s%s%s. Failing the job.", policy->job,
             (long long)policy->limits.max_attempts, window, policy->how, text && *text ? ": " : "",
             text ? text : "");
    act(actions, (struct policy_action){ .kind = POLICY_ACT_FAILED });
    rest(policy, actions);
}

/* The wait before the next attempt; a long one before it makes the wait short again. */
static uint64_t next_wait(struct policy *policy, const struct policy_event *event)
{
    struct backoff backoff = { (uint64_t)policy->limits.backoff_initial_ms,
                               (uint64_t)policy->limits.backoff_max_ms };
    if (event->now_ms - policy->started_ms > policy->limits.backoff_max_ms)
        policy->tries = 0;
    policy->tries++;
    if (policy->counted)
        return backoff_ms(&backoff, policy->tries, event->random);
    if (backoff.initial_ms < POLICY_AGAIN_MS)
        backoff.initial_ms = POLICY_AGAIN_MS;
    return policy->tries == 1 ? 0 : backoff_ms(&backoff, policy->tries - 1, event->random);
}

static void attempt_failed(struct policy *policy, const struct policy_event *event,
                           struct policy_actions *actions)
{
    policy->counted = true;
    failures_add(&policy->failures, event->now_ms);
    act(actions, (struct policy_action){ .kind = POLICY_ACT_ENDED });
    if (policy_count(policy, event->now_ms) >= policy->limits.max_attempts)
        fail(policy, event->kind == POLICY_EXITED ? event->text : NULL, actions);
    else if (policy->once || !policy->wanted)
        rest(policy, actions);
    else
        start_after(policy, event->now_ms, next_wait(policy, event), actions);
}

static void describe_end(struct policy *policy, const struct policy_event *event)
{
    char how[100];
    if (event->kind == POLICY_UNBORN)
        snprintf(how, sizeof how, "could not be started: %.70s",
                 event->text ? event->text : "unknown reason");
    else if (event->signal)
        snprintf(how, sizeof how, "signal %d (%.60s)", event->signal, strsignal(event->signal));
    else
        snprintf(how, sizeof how, "exit status %d%s", event->status,
                 event->status == CHECK_SPENT ? " (no memory, thread or file left)" : "");
    char *name = event->signal ? strchr(how, '(') : NULL;
    if (name)
        name[1] = (char)tolower(name[1]); /* within a sentence */
    snprintf(policy->how, sizeof policy->how, "%s%s",
             policy->silent ? "no sign of progress; ended with " : "", how);
}

/* The worker has ended as we asked: not counted, whatever its status. */
static void ended_as_asked(struct policy *policy, const struct policy_event *event,
                           struct policy_actions *actions)
{
    act(actions, (struct policy_action){ .kind = POLICY_ACT_ENDED });
    if (policy->wanted) {
        act(actions, (struct policy_action){ .kind = POLICY_ACT_TIMER, .delay_ms = -1 });
        start(policy, event->now_ms, actions);
        return;
    }
    rest(policy, actions);
    act(actions, (struct policy_action){ .kind = POLICY_ACT_RESTED });
}

static void ended(struct policy *policy, const struct policy_event *event,
                  struct policy_actions *actions)
{
    bool clean = event->signal == 0 && !policy->silent;
    describe_end(policy, event);
    policy->counted = false;
    policy->done = policy->once && clean && event->status == WORKER_DONE;
    if (policy->asked) {
        ended_as_asked(policy, event, actions);
    } else if (clean && event->status == WORKER_REJECTED) {
        act(actions, (struct policy_action){ .kind = POLICY_ACT_ENDED });
        rest(policy, actions);
        act(actions, (struct policy_action){ .kind = POLICY_ACT_REJECTED });
    } else if (policy->done) {
        act(actions, (struct policy_action){ .kind = POLICY_ACT_ENDED });
        rest(policy, actions);
        act(actions, (struct policy_action){ .kind = POLICY_ACT_RESTED });
    } else if (policy->fenced || (clean && event->status == WORKER_AGAIN)) {
        act(actions, (struct policy_action){ .kind = POLICY_ACT_ENDED });
        start_after(policy, event->now_ms, next_wait(policy, event), actions);
    } else {
        attempt_failed(policy, event, actions);
    }
}

static void unborn(struct policy *policy, const struct policy_event *event,
                   struct policy_actions *actions)
{
    describe_end(policy, event);
    attempt_failed(policy, event, actions);
}

static void accepted(struct policy *policy, const struct policy_event *event,
                     struct policy_actions *actions)
{
    policy->limits = *event->limits;
    if (event->changed) {
        policy->failures.n = policy->failures.next = 0;
        policy->failed = policy->fenced = false;
        policy->tries = 0;
        act(actions, (struct policy_action){ .kind = POLICY_ACT_RECOUNT });
    }
    policy->wanted = policy->limits.enabled && !policy->failed;
    if (policy->phase > POLICY_WAIT) {
        if (event->changed || !policy->wanted)
            ask_to_stop(policy, actions);
    } else if (!policy->wanted) {
        rest(policy, actions);
    } else if (policy->phase == POLICY_REST || event->changed) {
        act(actions, (struct policy_action){ .kind = POLICY_ACT_TIMER, .delay_ms = -1 });
        start(policy, event->now_ms, actions);
    }
}

static void timer(struct policy *policy, const struct policy_event *event,
                  struct policy_actions *actions)
{
    if (policy->phase == POLICY_WAIT)
        start(policy, event->now_ms, actions);
    else if (policy->phase == POLICY_STOP || policy->phase == POLICY_KILL)
        kill_now(policy, actions);
}

static void silent(struct policy *policy, struct policy_actions *actions)
{
    if (policy->phase != POLICY_WORK)
        return;
    policy->silent = true;
    policy->phase = POLICY_KILL;
    act(actions, (struct policy_action){ .kind = POLICY_ACT_ABORT });
    act(actions, (struct policy_action){ .kind = POLICY_ACT_TIMER, .delay_ms = POLICY_ABORT_MS });
}

static void untake(struct policy *policy, struct policy_actions *actions)
{
    policy->wanted = false;
    if (policy->phase > POLICY_WAIT) {
        ask_to_stop(policy, actions);
        return;
    }
    rest(policy, actions);
    act(actions, (struct policy_action){ .kind = POLICY_ACT_RESTED });
}

void policy_step(struct policy *policy, const struct policy_event *event,
                 struct policy_actions *actions)
{
    actions->n = 0;
    bool alive = policy->phase > POLICY_WAIT;
    check(alive || (event->kind != POLICY_EXITED && event->kind != POLICY_UNBORN));
    switch (event->kind) {
        case POLICY_ACCEPTED:
            accepted(policy, event, actions);
            break;
        case POLICY_TIMER:
            timer(policy, event, actions);
            break;
        case POLICY_LIMITS:
            policy->limits = *event->limits;
            break;
        case POLICY_FENCED:
            policy->fenced = policy->fenced || alive;
            break;
        case POLICY_SILENT:
            silent(policy, actions);
            break;
        case POLICY_EXITED:
            ended(policy, event, actions);
            break;
        case POLICY_UNBORN:
            unborn(policy, event, actions);
            break;
        case POLICY_UNTAKE:
            untake(policy, actions);
            break;
        case POLICY_NOW:
            if (alive)
                kill_now(policy, actions);
            break;
    }
}
