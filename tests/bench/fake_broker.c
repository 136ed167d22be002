/* A Kafka broker that has records without end: prebuilt batches of words, the same again and again,
 * sent without copying; only the base offset, which no checksum covers, differs. For measurements,
 * and for what the mock cluster cannot do: a first offset that moves.
 *
 *   fake_broker [--topic lines] [--partitions 4] [--record 100] [--limit N] [--low AT:TO] [--text]
 *
 * limit: records of a partition (none: without end); low: once offset AT was asked for, offsets below
 * TO are gone. Prints host:port, serves until its standard input ends. Record i of a partition is text
 * number i modulo BATCHES * BATCH_RECORDS; --text prints these texts, a line each, and ends. It knows
 * Fetch 4, ListOffsets 1, Metadata 1, and of a group that it has no commits. What it is told on its
 * standard input, a line each, it does at once and says `ok`:
 *   port N      says that it listens there
 *   end N       the log ends at N: cut, or grown
 *   other AT    from offset AT on other texts stand there
 *   error CODE  what a Fetch says of each partition; 3 also that there is no such topic; 0 = nothing
 *   bad KIND AT the batch at AT: hole (there is none), crc, or 1 GiB long as it says (huge), as its
 *               first record says (record), as the whole answer says (frame); -1 = well again */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/crc32c.h"
#include "base/list.h"

#define BATCHES 16
#define BATCH_RECORDS 1000
#define PIECES_MAX 1000 /* of one answer; two a batch */

static struct broker {
    const char *topic;
    int32_t partitions;
    size_t record;
    int64_t low_at, low_to;
    _Atomic int64_t limit, low, other_at, error, bad_at;
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

/* ---- batches */

static void put_varint(struct buf *out, int64_t value)
{
    uint64_t zigzag = (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
    for (; zigzag >= 0x80; zigzag >>= 7)
        buf_put_u8(out, (uint8_t)(zigzag | 0x80));
    buf_put_u8(out, (uint8_t)zigzag);
}

/* The k-th of 65,536 words comes about as often as 1/k; 100 bytes are some 16 of them. */
static void put_words(struct buf *out, size_t n, uint64_t *seed)
{
    size_t end = out->len + n;
    while (out->len < end) {
        *seed = *seed * 6364136223846793005u + 1442695040888963407u;
        uint32_t word = 1u << (*seed >> 33) % 16;
        word += (uint32_t)(*seed >> 48) % word;
        buf_printf(out, "%.*s%x ", 1 + (int)(word % 4), "word", (unsigned)word);
    }
    out->len = end;
    out->ptr[end - 1] = 'x'; /* never a blank at the end */
}

static void make_batch(struct buf *batch, uint64_t seed)
{
    struct buf records = { 0 }, text = { 0 }, one = { 0 };
    for (int i = 0; i < BATCH_RECORDS; i++) {
        buf_clear(&text);
        buf_clear(&one);
        put_words(&text, broker.record, &seed);
        if (broker.is_text)
            printf("%.*s\n", (int)text.len, (const char *)text.ptr);
        buf_put_u8(&one, 0);
        put_varint(&one, 0);
        put_varint(&one, i);
        put_varint(&one, -1); /* no key */
        put_varint(&one, (int64_t)text.len);
        buf_put(&one, text.ptr, text.len);
        put_varint(&one, 0); /* no headers */
        put_varint(&records, (int64_t)one.len);
        buf_put(&records, one.ptr, one.len);
    }
    struct buf body = { 0 }; /* what the checksum covers */
    buf_put_u16(&body, 0);
    buf_put_u32(&body, BATCH_RECORDS - 1);
    buf_put_u64(&body, 1700000000000);
    buf_put_u64(&body, 1700000000000);
    buf_put_u64(&body, UINT64_MAX); /* no producer, epoch, sequence */
    buf_put_u16(&body, UINT16_MAX);
    buf_put_u32(&body, UINT32_MAX);
    buf_put_u32(&body, BATCH_RECORDS);
    buf_put(&body, records.ptr, records.len);
    buf_put_u32(batch, (uint32_t)body.len + 9);
    buf_put_u32(batch, 0);
    buf_put_u8(batch, 2);
    buf_put_u32(batch, crc32c(0, body.ptr, body.len));
    buf_put(batch, body.ptr, body.len);
    buf_free(&records);
    buf_free(&text);
    buf_free(&one);
    buf_free(&body);
}

static void make_strange(void)
{
    struct buf *batch = &broker.strange;
    buf_clear(batch);
    buf_put(batch, broker.batch[0].ptr, broker.batch[0].len);
    if (strcmp(broker.bad, "crc") == 0)
        batch->ptr[batch->len - 1] ^= 1;
    if (strcmp(broker.bad, "huge") == 0)
        be_put_u32(batch->ptr, 1u << 30);
    if (strcmp(broker.bad, "record") == 0) {
        memcpy(batch->ptr + 53, "\x80\x80\x80\x80\x08", 5);
        be_put_u32(batch->ptr + 9, crc32c(0, batch->ptr + 13, batch->len - 13));
    }
}

/* ---- answers */

struct answer {
    struct buf out;         /* all but the batches */
    size_t cut[PIECES_MAX]; /* where in out a batch stands */
    const struct buf *at[PIECES_MAX];
    size_t n_cuts;
};

static void put_broker(struct buf *out)
{
    buf_put_u32(out, 1);
    buf_put_str(out, "127.0.0.1");
    buf_put_u32(out, (uint32_t)broker.port);
}

static void answer_versions(struct reader *in, int16_t version, struct buf *out)
{
    static const uint16_t known[][3] = { { 0, 0, 7 }, { 1, 0, 4 }, { 2, 0, 1 },  { 3, 0, 1 },
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
    int64_t end = broker.limit == INT64_MAX ? INT64_C(1) << 50 : broker.limit;
    buf_put_u16(&answer->out, 0);
    buf_put_u64(&answer->out, UINT64_MAX);
    buf_put_u64(&answer->out, (uint64_t)(first ? broker.low : end));
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

/* Batches from this offset on, at most `max` bytes, at least one; returns their bytes. */
static uint32_t put_batches(struct answer *answer, int64_t offset, uint32_t max)
{
    uint32_t bytes = 0;
    for (int64_t n = offset / BATCH_RECORDS; answer->n_cuts < PIECES_MAX / 2; n++) {
        int64_t at = n * BATCH_RECORDS;
        const struct buf *batch = &broker.batch[(n + (at >= broker.other_at)) % BATCHES];
        if (at >= broker.limit || (bytes && bytes + batch->len + 8 > max))
            break;
        if (at == broker.bad_at && strcmp(broker.bad, "hole") == 0)
            continue;
        if (at == broker.bad_at)
            batch = &broker.strange;
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
    int64_t offset = (int64_t)reader_u64(in), end = broker.limit;
    uint32_t max = reader_u32(in);
    if (broker.low_at >= 0 && offset >= broker.low_at && broker.low < broker.low_to)
        broker.low = broker.low_to;
    bool out_of_range = !broker.error && (offset < broker.low || offset > end);
    buf_put_u16(out, out_of_range ? 1 : (uint16_t)broker.error);
    buf_put_u64(out, end == INT64_MAX ? 1ull << 50 : (uint64_t)end);
    buf_put_u64(out, end == INT64_MAX ? 1ull << 50 : (uint64_t)end);
    buf_put_u32(out, UINT32_MAX); /* nothing aborted */
    size_t length_at = out->len;
    buf_put_u32(out, 0);
    if (!out_of_range && !broker.error)
        be_put_u32(out->ptr + length_at, put_batches(answer, offset, max));
}

static void answer_fetch(struct reader *in, struct answer *answer)
{
    reader_u32(in);
    uint32_t wait_ms = reader_u32(in);
    reader_bytes(in, 9);
    buf_put_u32(&answer->out, 0);
    each_partition(in, answer, one_fetch);
    if (answer->n_cuts == 0) {
        struct timespec wait = { wait_ms / 1000, wait_ms % 1000 * 1000000 };
        nanosleep(&wait, NULL); /* delay: a broker without news answers late */
    }
}

static bool answer_make(struct reader *in, struct answer *answer)
{
    struct buf *out = &answer->out;
    int16_t key = (int16_t)reader_u16(in), version = (int16_t)reader_u16(in);
    buf_clear(out);
    answer->n_cuts = 0;
    buf_put_u32(out, 0);
    buf_put_u32(out, reader_u32(in));
    reader_str(in); /* the client's name */
    switch (key) {
        case 1:
            answer_fetch(in, answer);
            break;
        case 2:
            reader_u32(in);
            each_partition(in, answer, one_list);
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
    bool lie = answer->n_cuts && broker.bad_at >= 0 && strcmp(broker.bad, "frame") == 0;
    be_put_u32(answer->out.ptr, lie ? 1u << 30 : (uint32_t)total);
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
        if (!answer_make(&in, answer) || !answer_send(fd, answer))
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

static void command(const char *line)
{
    char kind[sizeof broker.bad];
    long at, n;
    if (sscanf(line, "port %ld", &n) == 1)
        broker.port = (int)n;
    if (sscanf(line, "end %ld", &n) == 1)
        broker.limit = n / BATCH_RECORDS * BATCH_RECORDS;
    if (sscanf(line, "other %ld", &n) == 1)
        broker.other_at = n;
    if (sscanf(line, "error %ld", &n) == 1)
        broker.error = n;
    if (sscanf(line, "bad %7s %ld", kind, &at) == 2) {
        memcpy(broker.bad, kind, sizeof kind);
        make_strange();
        broker.bad_at = at;
    }
    printf("ok\n");
    fflush(stdout);
}

int main(int argc, char **argv)
{
    options(argc, argv);
    signal(SIGPIPE, SIG_IGN);
    for (int i = 0; i < BATCHES; i++)
        make_batch(&broker.batch[i], (uint64_t)i + 1);
    if (broker.is_text)
        return 0;
    int fd = listen_anywhere();
    printf("127.0.0.1:%d\n", broker.port);
    fflush(stdout);
    struct pollfd ready[2] = { { .fd = fd, .events = POLLIN }, { .fd = 0, .events = POLLIN } };
    while (poll(ready, 2, -1) > 0 || errno == EINTR) {
        char line[64];
        if (ready[1].revents && !fgets(line, sizeof line, stdin))
            return 0;
        if (ready[1].revents)
            command(line);
        pthread_t thread;
        int client = ready[0].revents ? accept(fd, NULL, NULL) : -1;
        if (client >= 0 && pthread_create(&thread, NULL, serve, (void *)(intptr_t)client) == 0)
            pthread_detach(thread);
    }
    return 1;
}
