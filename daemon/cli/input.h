/* Lines of a file descriptor, of any length and any bytes: split at \n only, the last may lack it. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct input {
    int fd;
    size_t most;    /* bytes of a line */
    struct buf buf; /* what was read */
    size_t at;      /* where in it the next line begins */
    size_t looked;  /* up to where it holds no end of that line */
    uint64_t bytes; /* of all lines that were given */
    bool ended;
    const char *error; /* why it ended; NULL = it is at its end */
};

/* Borrows fd; a line may be as long as a record. Returns how many bytes there are, 0 = nobody knows. */
uint64_t input_open(struct input *input, int fd);
/* The next line, without its \n; a view until the next call. False: there is none, or an error, or a longer line than may be. */
bool input_next(struct input *input, struct slice *line);
void input_close(struct input *input);
