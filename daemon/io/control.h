/* Door: the daemon's control socket, a unix socket of mode 0660. A client sends one line and reads
 * the answer to the end; the connection is then closed. */
#pragma once
#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

#define CONTROL_REQUEST_MAX 1024      /* bytes of a request with its \n: a verb and its arguments */
#define CONTROL_CLIENTS_MAX 16        /* at once; further ones wait to be taken */
#define CONTROL_SECONDS_MAX 5         /* for a request to come and an answer to be taken */
#define CONTROL_ANSWER_MAX (4u << 20) /* bytes of an answer; the daemon's own, its client checks */

struct control;
struct loop;

/* Appends the answer to a request (without its \n); called on the loop's thread. */
typedef void (*control_cb)(void *ctx, const char *request, struct buf *answer);

/* NULL with a reason when the socket cannot be made, ERR_RETRY when another daemon answers there. A
 * socket that nobody answers is replaced. */
struct control *control_new(struct loop *loop, const char *path, control_cb cb, void *ctx,
                            struct err *err);
/* Removes the socket and drops the clients; it frees itself as the loop turns. NULL is fine. */
void control_free(struct control *control);

/* The client's side: asks and waits for the whole answer. False with ERR_RETRY when no daemon
 * answers at the path. */
bool control_ask(const char *path, const char *request, struct buf *answer, struct err *err);
/* A socket connected to the path, or (listen) bound to it and listening; -1 with a reason. Paths may
 * be longer than an address holds. */
int control_socket(const char *path, bool listen, struct err *err);
