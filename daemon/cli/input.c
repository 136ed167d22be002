#include "cli/input.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "worker/rehearsal.h"

#define READ_BYTES (256u << 10) /* at once */

uint64_t input_open(struct input *input, int fd)
{
    struct stat stat_of;
    *input = (struct input){ .fd = fd, .most = REHEARSAL_RECORD_MAX };
    bool known = fstat(fd, &stat_of) == 0 && S_ISREG(stat_of.st_mode);
    return known ? (uint64_t)stat_of.st_size : 0;
}

/* Reads more behind what there is; what was given already makes room. */
static void input_fill(struct input *input)
{
    size_t left = input->buf.len - input->at;
    if (input->at && left)
        memmove(input->buf.ptr, input->buf.ptr + input->at, left);
    input->looked -= input->at;
    input->buf.len = left;
    input->at = 0;
    buf_reserve(&input->buf, READ_BYTES);
    ssize_t n;
    do
        n = read(input->fd, input->buf.ptr + input->buf.len, READ_BYTES);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        input->error = strerror(errno);
    input->ended = n == 0;
    input->buf.len += n > 0 ? (size_t)n : 0;
}

static bool input_long(struct input *input)
{
    input->error = "a line is longer than a record may be, 10^9 bytes";
    return false;
}

static bool input_give(struct input *input, size_t end, struct slice *line)
{
    if (end - input->at > input->most)
        return input_long(input);
    *line = (struct slice){ input->buf.ptr + input->at, end - input->at };
    input->bytes += line->len + (end < input->buf.len);
    input->at = input->looked = end < input->buf.len ? end + 1 : end;
    return true;
}

bool input_next(struct input *input, struct slice *line)
{
    for (;;) {
        size_t n = input->buf.len - input->looked;
        const uint8_t *from = input->buf.ptr + input->looked;
        const uint8_t *end = n ? memchr(from, '\n', n) : NULL;
        if (end)
            return input_give(input, (size_t)(end - input->buf.ptr), line);
        input->looked = input->buf.len;
        if (input->ended && input->at < input->buf.len)
            return input_give(input, input->buf.len, line);
        if (input->ended || input->error)
            return false;
        if (input->looked - input->at > input->most)
            return input_long(input);
        input_fill(input);
    }
}

void input_close(struct input *input)
{
    buf_free(&input->buf);
}
