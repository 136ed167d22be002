/* A Kafka broker that has records without end: prebuilt batches of words, the same again and again,
 * sent without copying; only the base offset, which no checksum covers, differs. For measurements,
 * and for what the mock cluster cannot do: a first offset that moves.
 *
 *   fake_broker [--topic lines] [--partitions 4] [--record 100] [--limit N] [--low AT:TO] [--text]
 *
 * limit: records of a partition (none: without end); low: once offset AT was asked for, offsets below
 * TO are gone. Prints host:port, serves until its standard input ends. Record i of a partition is text
 * number i modulo BATCHES * BATCH_RECORDS; --text prints these texts, a line each, and ends. It knows
 * Fetch 4, ListOffsets 2, Metadata 1, and of a group that it has no commits. What it is told on its
 * standard input, a line each, it does at once and says `ok`:
 *   port N      says that it listens there
 *   end N       the log ends at N: cut, or grown
 *   other AT    from offset AT on other texts stand there
 *   error CODE  what a Fetch says of each partition; 3 also that there is no such topic; 0 = nothing
 *   bad KIND AT the batch at AT: hole (there is none), crc, or 1 GiB long as it says (huge), as its
 *               first record says (record), as the whole answer says (frame)
 *   packed AT CODEC FILE   the batch at AT: this file's bytes are its records, packed by a codec of Kafka's
 *   bad well    no batch is any more
 *   low N       offsets below N are gone
 *   txn AT PRODUCER data|commit|abort
 *               the batch at AT is part of a transaction, or it is one record, the end of it. A client
 *               that reads only what is committed sees nothing behind one that has no end yet */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/list.h"
#include "broker/batch.h"
#include "broker/txn.h"

#define BATCHES 16
#define PIECES_MAX 1000 /* of one answer; two a batch */
#define LINE_BYTES 4096 /* of a command */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* of the broker, while many serve */
static struct broker {
    const char *topic;
    int32_t partitions;
    size_t record;
    int64_t low_at, low_to;
    int64_t limit, low, other_at, error, bad_at;
    char bad[8];        /* which kind */
    struct buf strange; /* the bad batch */
    int port;
    bool is_text;
    struct buf batch[BATCHES]; /* without the base offset's 8 bytes */
} broker = { .topic = "lines",
             .partitions = 4,
             .record = 100,
             .limit = INT64_MAX,
             .low_at = -1,
             .bad_at = -1,
             .other_at = INT64_MAX };

/* ---- answers */

struct answer {
    struct buf out;         /* all but the batches */
    size_t cut[PIECES_MAX]; /* where in out a batch stands */
    const struct buf *at[PIECES_MAX];
    size_t n_cuts;
    bool stable;      /* the client reads only what is committed */
    bool lie;         /* about its length */
    uint32_t wait_ms; /* before it is sent: a broker without news answers late */
};

static int64_t log_end(const struct answer *answer)
{
    int64_t end = broker.limit == INT64_MAX ? INT64_C(1) << 50 : broker.limit;
    const struct txn_slot *last = txn_at(end - BATCH_RECORDS);
    if (last && last->kind != TXN_DATA)
        end = last->at + 1; /* a marker is one record */
    return answer->stable ? txn_stable(end) : end;
}

static void put_broker(struct buf *out)
{
    buf_put_u32(out, 1);
    buf_put_str(out, "127.0.0.1");
    buf_put_u32(out, (uint32_t)broker.port);
}

static void answer_versions(struct reader *in, int16_t version, struct buf *out)
{
    static const uint16_t known[][3] = { { 0, 0, 7 }, { 1, 0, 4 }, { 2, 0, 2 },  { 3, 0, 1 },
                                         { 8, 0, 2 }, { 9, 0, 1 }, { 10, 0, 0 }, { 18, 0, 0 } };
    (void)in;
    buf_put_u16(out, version > 0 ? 35 : 0); /* then the client asks again with version 0 */
    buf_put_u32(out, ARRAY_SIZE(known));
    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        for (int j = 0; j < 3; j++) /* key, first and last version */
            buf_put_u16(out, known[i][j]);
}

static void answer_metadata(int16_t version, struct buf *out)
{
    buf_put_u32(out, 1);
    put_broker(out);
    if (version > 0) {
        buf_put_u16(out, UINT16_MAX); /* no rack */
        buf_put_u32(out, 1);
    }
    buf_put_u32(out, 1);
    buf_put_u16(out, broker.error == 3 ? 3 : 0);
    buf_put_str(out, broker.topic);
    if (version > 0)
        buf_put_u8(out, 0);
    buf_put_u32(out, broker.error == 3 ? 0 : (uint32_t)broker.partitions);
    for (int32_t i = 0; i < broker.partitions && broker.error != 3; i++) {
        buf_put_u16(out, 0);
        buf_put_u32(out, (uint32_t)i);
        buf_put_u32(out, 1);
        buf_put_u32(out, 1);
        buf_put_u32(out, 1);
        buf_put_u32(out, 1);
        buf_put_u32(out, 1);
    }
}

typedef void (*on_partition)(struct reader *in, struct answer *answer);

/* The form that all requests about partitions share, and their answers. */
static void each_partition(struct reader *in, struct answer *answer, on_partition one)
{
    uint32_t topics = reader_u32(in);
    buf_put_u32(&answer->out, topics);
    for (uint32_t t = 0; t < topics && !in->bad; t++) {
        struct slice topic = reader_str(in);
        buf_put_u16(&answer->out, (uint16_t)topic.len);
        buf_put(&answer->out, topic.ptr, topic.len);
        uint32_t partitions = reader_u32(in);
        buf_put_u32(&answer->out, partitions);
        for (uint32_t p = 0; p < partitions && !in->bad; p++)
            one(in, answer);
    }
}

static void one_list(struct reader *in, struct answer *answer)
{
    buf_put_u32(&answer->out, reader_u32(in));
    bool first = (int64_t)reader_u64(in) == -2;
    buf_put_u16(&answer->out, 0);
    buf_put_u64(&answer->out, UINT64_MAX);
    buf_put_u64(&answer->out, (uint64_t)(first ? broker.low : log_end(answer)));
}

static void one_commit(struct reader *in, struct answer *answer)
{
    buf_put_u32(&answer->out, reader_u32(in));
    reader_u64(in);
    reader_str(in);
    buf_put_u16(&answer->out, 0);
}

static void one_committed(struct reader *in, struct answer *answer)
{
    buf_put_u32(&answer->out, reader_u32(in));
    buf_put_u64(&answer->out, UINT64_MAX);
    buf_put_str(&answer->out, "");
    buf_put_u16(&answer->out, 0);
}

/* What stands at an offset where a batch begins; NULL: nothing does. */
static const struct buf *batch_at(int64_t at)
{
    const struct txn_slot *slot = txn_at(at);
    if (at == broker.bad_at)
        return strcmp(broker.bad, "hole") == 0 ? NULL : &broker.strange;
    if (slot)
        return &slot->batch;
    return &broker.batch[(at / BATCH_RECORDS + (at >= broker.other_at)) % BATCHES];
}

/* A marker is one record long: what follows it begins where the next batch would. */
static bool is_behind_marker(int64_t offset)
{
    const struct txn_slot *slot = txn_at(offset / BATCH_RECORDS * BATCH_RECORDS);
    return slot && slot->kind != TXN_DATA && offset > slot->at;
}

/* Batches from this offset on, at most `max` bytes, at least one; returns their bytes. */
static uint32_t put_batches(struct answer *answer, int64_t offset, uint32_t max)
{
    uint32_t bytes = 0;
    int64_t end = log_end(answer);
    int64_t at = (offset / BATCH_RECORDS + is_behind_marker(offset)) * BATCH_RECORDS;
    for (; at < end && answer->n_cuts < PIECES_MAX / 2; at += BATCH_RECORDS) {
        const struct buf *batch = batch_at(at);
        if (batch && bytes && bytes + batch->len + 8 > max)
            break;
        if (!batch)
            continue;
        buf_put_u64(&answer->out, (uint64_t)at);
        answer->cut[answer->n_cuts] = answer->out.len;
        answer->at[answer->n_cuts++] = batch;
        bytes += (uint32_t)batch->len + 8;
    }
    return bytes;
}

static void one_fetch(struct reader *in, struct answer *answer)
{
    struct buf *out = &answer->out;
    buf_put_u32(out, reader_u32(in));
    int64_t offset = (int64_t)reader_u64(in), end = log_end(&(struct answer){ .stable = false });
    uint32_t max = reader_u32(in);
    if (broker.low_at >= 0 && offset >= broker.low_at && broker.low < broker.low_to)
        broker.low = broker.low_to;
    bool out_of_range = !broker.error && (offset < broker.low || offset > end);
    buf_put_u16(out, out_of_range ? 1 : (uint16_t)broker.error);
    buf_put_u64(out, (uint64_t)end);
    buf_put_u64(out, (uint64_t)log_end(answer));
    if (answer->stable)
        txn_put_aborted(out, offset, end);
    else
        buf_put_u32(out, UINT32_MAX); /* who reads all is told of none */
    size_t length_at = out->len;
    buf_put_u32(out, 0);
    if (!out_of_range && !broker.error)
        be_put_u32(out->ptr + length_at, put_batches(answer, offset, max));
}

static void answer_fetch(struct reader *in, struct answer *answer)
{
    reader_u32(in);
    uint32_t wait_ms = reader_u32(in);
    reader_bytes(in, 8);
    answer->stable = reader_u8(in) == 1;
    buf_put_u32(&answer->out, 0);
    each_partition(in, answer, one_fetch);
    answer->lie = answer->n_cuts && broker.bad_at >= 0 && strcmp(broker.bad, "frame") == 0;
    answer->wait_ms = answer->n_cuts ? 0 : wait_ms;
}

static void answer_list(struct reader *in, int16_t version, struct answer *answer)
{
    reader_u32(in);
    answer->stable = version >= 2 && reader_u8(in) == 1;
    if (version >= 2)
        buf_put_u32(&answer->out, 0); /* it does not slow anybody down */
    each_partition(in, answer, one_list);
}

static bool answer_make(struct reader *in, struct answer *answer)
{
    struct buf *out = &answer->out;
    int16_t key = (int16_t)reader_u16(in), version = (int16_t)reader_u16(in);
    buf_clear(out);
    answer->n_cuts = answer->wait_ms = answer->lie = 0;
    buf_put_u32(out, 0);
    buf_put_u32(out, reader_u32(in));
    reader_str(in); /* the client's name */
    switch (key) {
        case 1:
            answer_fetch(in, answer);
            break;
        case 2:
            answer_list(in, version, answer);
            break;
        case 3:
            answer_metadata(version, out);
            break;
        case 8:
            reader_str(in);
            reader_u32(in);
            reader_str(in);
            reader_u64(in);
            each_partition(in, answer, one_commit);
            break;
        case 9:
            reader_str(in);
            each_partition(in, answer, one_committed);
            break;
        case 10:
            buf_put_u16(out, 0);
            put_broker(out);
            break;
        case 18:
            answer_versions(in, version, out);
            return true;
        default:
            return false;
    }
    return !in->bad;
}

/* ---- connections */

static bool read_all(int fd, void *to, size_t n)
{
    for (uint8_t *at = to; n;) {
        ssize_t got = read(fd, at, n);
        if (got <= 0)
            return false;
        at += got;
        n -= (size_t)got;
    }
    return true;
}

static bool write_all(int fd, struct iovec *piece, size_t n)
{
    while (n) {
        ssize_t put = writev(fd, piece, n > 1000 ? 1000 : (int)n);
        if (put <= 0)
            return false;
        for (; n && (size_t)put >= piece->iov_len; piece++, n--)
            put -= (ssize_t)piece->iov_len;
        if (n) {
            piece->iov_base = (uint8_t *)piece->iov_base + put;
            piece->iov_len -= (size_t)put;
        }
    }
    return true;
}

static bool answer_now(struct reader *in, struct answer *answer)
{
    pthread_mutex_lock(&mutex);
    bool known = answer_make(in, answer);
    pthread_mutex_unlock(&mutex);
    struct timespec wait = { answer->wait_ms / 1000, answer->wait_ms % 1000 * 1000000 };
    nanosleep(&wait, NULL); /* delay: what wait_ms says */
    return known;
}

static bool answer_send(int fd, struct answer *answer)
{
    static _Thread_local struct iovec piece[2 * PIECES_MAX + 1];
    size_t n = 0, from = 0, total = answer->out.len - 4;
    for (size_t i = 0; i < answer->n_cuts; i++) {
        piece[n++] = (struct iovec){ answer->out.ptr + from, answer->cut[i] - from };
        piece[n++] = (struct iovec){ answer->at[i]->ptr, answer->at[i]->len };
        from = answer->cut[i];
        total += answer->at[i]->len;
    }
    piece[n++] = (struct iovec){ answer->out.ptr + from, answer->out.len - from };
    be_put_u32(answer->out.ptr, answer->lie ? 1u << 30 : (uint32_t)total);
    return write_all(fd, piece, n);
}

static void *serve(void *ctx)
{
    int fd = (int)(intptr_t)ctx, one = 1;
    struct answer *answer = calloc(1, sizeof *answer);
    uint8_t head[4], *body = NULL;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    while (answer && read_all(fd, head, 4) && be_u32(head) < 1u << 20) {
        body = realloc(body, be_u32(head));
        if (!body || !read_all(fd, body, be_u32(head)))
            break;
        struct reader in = reader_of((struct slice){ body, be_u32(head) });
        if (!answer_now(&in, answer) || !answer_send(fd, answer))
            break;
    }
    close(fd);
    if (answer)
        buf_free(&answer->out);
    free(answer);
    free(body);
    return NULL;
}

static int listen_anywhere(void)
{
    struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof name;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&name, size) != 0 || listen(fd, 64) != 0 ||
        getsockname(fd, (struct sockaddr *)&name, &size) != 0) {
        perror("fake_broker");
        exit(1);
    }
    broker.port = ntohs(name.sin_port);
    return fd;
}

static void options(int argc, char **argv)
{
    static const struct option known[] = { { "topic", 1, NULL, 't' },
                                           { "partitions", 1, NULL, 'p' },
                                           { "record", 1, NULL, 'r' },
                                           { "limit", 1, NULL, 'n' },
                                           { "low", 1, NULL, 'l' },
                                           { "text", 0, NULL, 'x' },
                                           { 0 } };
    for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        switch (c) {
            case 't':
                broker.topic = optarg;
                break;
            case 'p':
                broker.partitions = atoi(optarg);
                break;
            case 'r':
                broker.record = (size_t)atoi(optarg);
                break;
            case 'n':
                broker.limit = atoll(optarg) / BATCH_RECORDS * BATCH_RECORDS;
                break;
            case 'x':
                broker.is_text = true;
                break;
            case 'l':
                if (sscanf(optarg, "%ld:%ld", &broker.low_at, &broker.low_to) == 2)
                    break;
                /* fall through */
            default:
                fputs(
                    "usage: fake_broker [--topic T] [--partitions N] [--record BYTES] [--limit N] "
                    "[--low AT:TO] [--text]\n",
                    stderr);
                exit(64);
        }
    }
}

static void transaction(int64_t at, int64_t producer, const char *kind)
{
    enum txn_kind as = strcmp(kind, "commit") == 0  ? TXN_COMMIT
                       : strcmp(kind, "abort") == 0 ? TXN_ABORT
                                                    : TXN_DATA;
    if (!txn_add(at, producer, as, &broker.batch[at / BATCH_RECORDS % BATCHES]))
        fputs("fake_broker: too many transactions\n", stderr);
}

static void command(const char *line)
{
    char kind[sizeof broker.bad], path[LINE_BYTES];
    long at, n;
    if (sscanf(line, "port %ld", &n) == 1)
        broker.port = (int)n;
    if (sscanf(line, "end %ld", &n) == 1)
        broker.limit = n / BATCH_RECORDS * BATCH_RECORDS;
    if (sscanf(line, "other %ld", &n) == 1)
        broker.other_at = n;
    if (sscanf(line, "error %ld", &n) == 1)
        broker.error = n;
    if (sscanf(line, "low %ld", &n) == 1)
        broker.low = n;
    if (sscanf(line, "txn %ld %ld %7s", &at, &n, kind) == 3)
        transaction(at, n, kind);
    if (strcmp(line, "bad well\n") == 0)
        broker.bad_at = -1;
    if (sscanf(line, "bad %7s %ld", kind, &at) == 2) {
        broker.bad_at = at;
        memcpy(broker.bad, kind, sizeof kind);
        buf_clear(&broker.strange);
        batch_spoil(&broker.strange, &broker.batch[0], kind);
    }
    if (sscanf(line, "packed %ld %ld %s", &at, &n, path) == 3) {
        broker.bad_at = at;
        strcpy(broker.bad, "packed");
        buf_clear(&broker.strange);
        batch_packed(&broker.strange, (uint8_t)n, path);
    }
    printf("ok\n");
    fflush(stdout);
}

int main(int argc, char **argv)
{
    options(argc, argv);
    signal(SIGPIPE, SIG_IGN);
    for (int i = 0; i < BATCHES; i++)
        batch_make(&broker.batch[i], (uint64_t)i + 1, broker.record, broker.is_text);
    if (broker.is_text)
        return 0;
    int fd = listen_anywhere();
    printf("127.0.0.1:%d\n", broker.port);
    fflush(stdout);
    struct pollfd ready[2] = { { .fd = fd, .events = POLLIN }, { .fd = 0, .events = POLLIN } };
    while (poll(ready, 2, -1) > 0 || errno == EINTR) {
        char line[LINE_BYTES];
        if (ready[1].revents && !fgets(line, sizeof line, stdin))
            return 0;
        if (ready[1].revents) {
            pthread_mutex_lock(&mutex);
            command(line);
            pthread_mutex_unlock(&mutex);
        }
        pthread_t thread;
        int client = ready[0].revents ? accept(fd, NULL, NULL) : -1;
        if (client >= 0 && pthread_create(&thread, NULL, serve, (void *)(intptr_t)client) == 0)
            pthread_detach(thread);
    }
    return 1;
}
