/* A server of one thread that follows a script: each step takes one request and answers it. In an
 * answer PORT stands for the server's own port. */
#pragma once
#include <arpa/inet.h>
#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define TINY_STEPS 32
#define TINY_HEAD 8192

enum tiny_then { TINY_KEEP, TINY_CLOSE, TINY_RESET, TINY_HANG, TINY_ENDLESS };
struct tiny_step {
    const char *answer;  /* NULL: none */
    size_t skip_body;    /* bytes of the request's body that are left unread before the answer */
    enum tiny_then then; /* HANG: until the client closes; ENDLESS: more and more bytes */
};
struct tiny {
    int listener;
    unsigned port;
    pthread_t thread;
    struct tiny_step steps[TINY_STEPS];
    unsigned n_steps;
    atomic_uint n_taken; /* requests */
    char heads[TINY_STEPS][TINY_HEAD];
    size_t bodies[TINY_STEPS];
};

static inline size_t tiny_body(const char *head)
{
    const char *line = strcasestr(head, "content-length:");
    return line ? strtoul(line + 15, NULL, 10) : 0;
}

/* Reads a request; false: there is none any more. */
static inline bool tiny_take(struct tiny *tiny, int fd, size_t skip)
{
    char *head = tiny->heads[tiny->n_taken], bytes[65536];
    size_t n = 0;
    while (n < TINY_HEAD - 1 && (n < 4 || memcmp(head + n - 4, "\r\n\r\n", 4) != 0)) {
        if (recv(fd, head + n, 1, 0) != 1)
            return false;
        n++;
    }
    head[n] = 0;
    size_t left = tiny_body(head), got = 0;
    left = left > skip ? left - skip : 0;
    while (got < left) {
        ssize_t part = recv(fd, bytes, left - got < sizeof bytes ? left - got : sizeof bytes, 0);
        if (part <= 0)
            return false;
        got += (size_t)part;
    }
    tiny->bodies[tiny->n_taken++] = got;
    return true;
}

static inline void tiny_say(struct tiny *tiny, int fd, const char *text)
{
    const char *port;
    char digits[8];
    snprintf(digits, sizeof digits, "%u", tiny->port);
    while (text && (port = strstr(text, "PORT"))) {
        send(fd, text, (size_t)(port - text), MSG_NOSIGNAL);
        send(fd, digits, strlen(digits), MSG_NOSIGNAL);
        text = port + 4;
    }
    if (text)
        send(fd, text, strlen(text), MSG_NOSIGNAL);
}

static inline void tiny_end(int fd, enum tiny_then then)
{
    struct linger now = { .l_onoff = 1 };
    char bytes[65536] = { 0 };
    while (then == TINY_ENDLESS && send(fd, bytes, sizeof bytes, MSG_NOSIGNAL) > 0)
        continue;
    while (then == TINY_HANG && recv(fd, bytes, sizeof bytes, 0) > 0)
        continue;
    if (then == TINY_RESET)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(fd);
}

static inline void *tiny_run(void *ctx)
{
    struct tiny *tiny = ctx;
    int fd = -1;
    for (unsigned i = 0; i < tiny->n_steps; i++) {
        const struct tiny_step *step = &tiny->steps[i];
        if (fd < 0 && (fd = accept(tiny->listener, NULL, NULL)) < 0)
            return NULL;
        if (tiny_take(tiny, fd, step->skip_body)) {
            tiny_say(tiny, fd, step->answer);
        } else { /* the client closed a kept connection: the same step for the next one */
            close(fd);
            fd = -1;
            i--;
            continue;
        }
        if (step->then == TINY_KEEP)
            continue;
        tiny_end(fd, step->then);
        fd = -1;
    }
    if (fd >= 0)
        close(fd);
    return NULL;
}

/* Listens; the thread begins with tiny_start(). */
static inline void tiny_open(struct tiny *tiny)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof at;
    memset(tiny, 0, sizeof *tiny);
    tiny->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(tiny->listener, (struct sockaddr *)&at, n), 0);
    ck_assert_int_eq(listen(tiny->listener, 64), 0);
    ck_assert_int_eq(getsockname(tiny->listener, (struct sockaddr *)&at, &n), 0);
    tiny->port = ntohs(at.sin_port);
}

static inline void tiny_start(struct tiny *tiny, const struct tiny_step *steps, unsigned n)
{
    memcpy(tiny->steps, steps, n * sizeof *steps);
    tiny->n_steps = n;
    ck_assert_int_eq(pthread_create(&tiny->thread, NULL, tiny_run, tiny), 0);
}

static inline void tiny_stop(struct tiny *tiny)
{
    if (tiny->listener < 0)
        return; /* already */
    shutdown(tiny->listener, SHUT_RDWR);
    if (tiny->n_steps)
        pthread_join(tiny->thread, NULL);
    close(tiny->listener);
    tiny->listener = -1;
}
