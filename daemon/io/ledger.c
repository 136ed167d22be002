#include "io/ledger.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/mem.h"
#include "io/dir.h"

struct ledger {
    char *path;
    int fd; /* -1: not open, or given up */
};

struct ledger *ledger_new(const char *path)
{
    struct ledger *ledger = mem_alloc(sizeof *ledger);
    *ledger = (struct ledger){ .path = mem_strdup(path), .fd = -1 };
    return ledger;
}

bool ledger_load(struct ledger *ledger, struct buf *out, struct err *err)
{
    size_t before = out->len;
    if (!dir_has(ledger->path))
        return true;
    if (!dir_read(ledger->path, LEDGER_BYTES_MAX + 1, out, err))
        return false;
    if (out->len - before > LEDGER_BYTES_MAX)
        return err_set(err, ERR_FATAL, "%s: longer than %u bytes", ledger->path, LEDGER_BYTES_MAX);
    return true;
}

bool ledger_replace(struct ledger *ledger, struct slice bytes, struct err *err)
{
    dir_close(ledger->fd);
    ledger->fd = -1;
    if (!dir_write(ledger->path, bytes, err))
        return false;
    ledger->fd = dir_open_append(ledger->path, err);
    return ledger->fd >= 0;
}

bool ledger_append(struct ledger *ledger, struct slice lines, struct err *err)
{
    check(ledger->fd >= 0);
    ssize_t n = write(ledger->fd, lines.ptr, lines.len);
    if (n == (ssize_t)lines.len && fdatasync(ledger->fd) == 0)
        return true;
    err_set(err, ERR_UNKNOWN, "%s: %s", ledger->path,
            n >= 0 && n < (ssize_t)lines.len ? "no space left" : strerror(errno));
    dir_close(ledger->fd);
    ledger->fd = -1;
    return false;
}

bool ledger_is_open(const struct ledger *ledger)
{
    return ledger->fd >= 0;
}

void ledger_free(struct ledger *ledger)
{
    if (!ledger)
        return;
    dir_close(ledger->fd);
    mem_free(ledger->path);
    mem_free(ledger);
}
