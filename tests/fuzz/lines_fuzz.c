/* Lines that a program writes (pipe) and that `try` reads: both cut the same bytes into the same lines, and what a String cannot
 * hold is an error of its own. */
#include <sys/mman.h>
#include <unistd.h>

#include "cli/input.h"
#include "column/utf8.h"
#include "fuzz.h"
#include "op/gather.h"
#include "op/pipe.h"

void lines_fuzz(const uint8_t *data, size_t size);

struct wanted { /* of the program */
    struct slice said;
    uint32_t errors;
};

static bool give_bytes(const struct op_run *run, const struct op_child *child, struct buf *output,
                       struct err *err)
{
    const struct wanted *wanted = run->ctx;
    (void)err;
    check(child->input.len);
    buf_put(output, wanted->said.ptr, wanted->said.len);
    return true;
}

static void count_error(const struct op_run *run, const struct op_error *error)
{
    struct wanted *wanted = run->ctx;
    check(error->code == 401 && error->key && error->reason.len);
    wanted->errors++;
}

static void put_line(struct buf *out, struct slice line)
{
    buf_put_u32(out, (uint32_t)line.len);
    buf_put(out, line.ptr, line.len);
}

/* What the operation makes of them. */
static void pipe_lines(struct slice bytes, struct buf *out, uint32_t *errors)
{
    struct arena arena = { 0 };
    struct op_child child = { .place = "transformations[0].pipe" };
    struct op op = { .kind = &op_pipe, .more = &child };
    struct wanted wanted = { .said = bytes };
    struct op_run run = { .arena = &arena, .child = give_bytes, .error = count_error };
    run.ctx = &wanted;
    struct gather *gather = op_pipe.gather->open(&op, 0);
    struct rows rows = rows_of(1);
    struct give give = { 0 };
    column_zero(&arena, &type_string, &rows.column);
    op_pipe.gather->take(gather, &rows, 0, &run);
    op_pipe.gather->judge(gather, &run);
    while (op_pipe.gather->give(gather, &give, &run, &rows))
        for (uint32_t row = 0; row < rows.n; row++)
            put_line(out, column_slice(&rows.column, row));
    op_pipe.gather->free(gather);
    *errors = wanted.errors;
    arena_free(&arena);
}

/* What `try` makes of them, without those that are not UTF-8. */
static void input_lines(struct slice bytes, struct buf *out, uint32_t *errors)
{
    struct input input;
    struct slice line;
    int fd = memfd_create("lines", 0);
    check(fd >= 0 && write(fd, bytes.ptr, bytes.len) == (ssize_t)bytes.len);
    check(lseek(fd, 0, SEEK_SET) == 0 && input_open(&input, fd) == bytes.len);
    for (*errors = 0; input_next(&input, &line);)
        if (utf8_is_valid(line.ptr, line.len))
            put_line(out, line);
        else
            ++*errors;
    check(!input.error && input.bytes == bytes.len);
    input_close(&input);
    close(fd);
}

void lines_fuzz(const uint8_t *data, size_t size)
{
    struct slice bytes = { data, size };
    struct buf piped = { 0 }, read = { 0 };
    uint32_t piped_errors, read_errors;
    pipe_lines(bytes, &piped, &piped_errors);
    input_lines(bytes, &read, &read_errors);
    check(piped_errors == read_errors && fuzz_same(buf_slice(&piped), buf_slice(&read)));
    buf_free(&piped);
    buf_free(&read);
}
