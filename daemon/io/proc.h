/* Door: child processes. A child gets standard input from /dev/null and, as descriptor 3, the end of
 * a pipe whose lines come back here; all other descriptors are closed on exec. Nothing is allocated
 * by a start: a struct proc is made once and runs one child after another. Children are started from
 * the main thread only: PR_SET_PDEATHSIG fires when the thread that forked ends. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct loop;
struct proc;

struct proc_end { /* how a child ended */
    bool born;    /* false: it could not be started, `err` says why */
    int status;   /* its exit status, when signal is 0 */
    int signal;   /* that ended it */
    struct err err;
};
/* Bytes that the child wrote to its descriptor 3; valid during the call. */
typedef void (*proc_read_cb)(void *ctx, struct slice bytes);
/* Once for each start, after the last proc_read_cb, never from inside proc_start(): the child is
 * gone and reaped, and may be started anew from here. */
typedef void (*proc_end_cb)(void *ctx, const struct proc_end *end);

struct proc_spec {       /* borrowed during proc_start() only */
    const char *program; /* a path, or a name that PATH finds */
    char *const *argv;   /* with the program's name first and NULL last */
    int out_fd, err_fd;  /* its standard output and error */
    proc_read_cb read_cb;
    proc_end_cb end_cb;
    void *ctx;
};

struct proc *proc_new(struct loop *loop); /* one at rest */
void proc_start(struct proc *proc, const struct proc_spec *spec);
bool proc_active(const struct proc *proc); /* started, and end_cb was not called yet */
uint32_t proc_pid(const struct proc *proc);
/* Sends a signal; nothing happens when the child is gone, so that a pid used again is never hit. */
void proc_signal(struct proc *proc, int number);
void proc_free(struct proc *proc); /* not while active; NULL is fine */

/* What a child calls first thing: it dies when its parent does (PR_SET_PDEATHSIG), and a terminal's
 * ^C reaches only the parent. False when the parent, whose pid it was told, is gone already. */
bool proc_bind_to_parent(uint32_t parent_pid);
