/* What an answer of WebHDFS means. NameNodes and DataNodes say 403 for nearly everything: an answer
 * is judged by the class and the text of its RemoteException, never by the status alone. Pure; the
 * statuses, classes and texts are those of Hadoop 2.7 to 3.5. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "io/store.h"

enum webhdfs_op {
    WEBHDFS_CREATE, /* either step; a yes is the first step's Location or the second's 201 */
    WEBHDFS_RENAME,
    WEBHDFS_TOUCH, /* SETTIMES */
    WEBHDFS_MKDIRS,
    WEBHDFS_LIST,
    WEBHDFS_READ,   /* OPEN, either step */
    WEBHDFS_REMOVE, /* DELETE */
    WEBHDFS_LENGTH, /* GETFILESTATUS */
};

enum webhdfs_hint { /* what else a refusal says */
                    WEBHDFS_NO_HINT,
                    WEBHDFS_OTHER_SERVER, /* this NameNode is not the one to ask; nothing was done */
                    WEBHDFS_OTHER_NODE,   /* a DataNode failed: leave it out at the next try */
                    WEBHDFS_NO_NODES_LEFT, /* no DataNode is left, perhaps as too many were left out */
                    WEBHDFS_NO_SUCH_OP,    /* an older release */
};

struct webhdfs_verdict {
    enum store_answer answer;
    enum webhdfs_hint hint;
    struct err
        err; /* STORE_UNKNOWN, STORE_REFUSED: "403 SafeModeException: words", with its code */
};

/* A refusal: an answer with status >= 300, but for a redirect that was asked for. */
struct webhdfs_verdict webhdfs_refusal(enum webhdfs_op op, unsigned status, struct slice body);
/* {"boolean": true or false} of RENAME, MKDIRS, DELETE with status 200. */
struct webhdfs_verdict webhdfs_boolean(enum webhdfs_op op, struct slice body);
/* {"Location": "…"}; NULL when it is not there. mem_free() it. */
char *webhdfs_location(struct slice body);
/* {"FileStatus": {"length": …}} of a file. */
bool webhdfs_length(struct slice body, uint64_t *length);
