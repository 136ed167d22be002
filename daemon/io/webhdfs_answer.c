#include "io/webhdfs_answer.h"

#include <string.h>

#include "base/json.h"
#include "base/list.h"
#include "base/mem.h"

#define WORDS_MAX 600 /* of a peer's message, in our texts */

#define ON(op) (1u << (op))
#define CHANGES                                                                         \
    (ON(WEBHDFS_CREATE) | ON(WEBHDFS_RENAME) | ON(WEBHDFS_TOUCH) | ON(WEBHDFS_MKDIRS) | \
     ON(WEBHDFS_REMOVE))
#define ANY (CHANGES | ON(WEBHDFS_LIST) | ON(WEBHDFS_READ) | ON(WEBHDFS_LENGTH))

struct rule {
    const char *class; /* of the exception, without "Exception"; NULL: any */
    const char *text;  /* is part of the message; NULL: any */
    unsigned ops;      /* ON() */
    enum store_answer answer;
    enum err_kind kind;
    unsigned code;
    enum webhdfs_hint hint;
};

/* The first row that fits counts. An exception that is in no row says nothing about what was done. */
static const struct rule rules[] = {
    /* no, and it never will be by this request */
    { "FileAlreadyExists", NULL, ON(WEBHDFS_CREATE), STORE_NO, ERR_NONE, 0, 0 },
    { "AlreadyBeingCreated", NULL, ON(WEBHDFS_CREATE), STORE_NO, ERR_NONE, 0, 0 },
    { "RecoveryInProgress", NULL, ON(WEBHDFS_CREATE), STORE_NO, ERR_NONE, 0, 0 },
    { "FileAlreadyExists", NULL, ON(WEBHDFS_MKDIRS) | ON(WEBHDFS_RENAME), STORE_NO, ERR_NONE, 0,
      0 },
    { "ParentNotDirectory", NULL, ON(WEBHDFS_MKDIRS) | ON(WEBHDFS_RENAME) | ON(WEBHDFS_TOUCH),
      STORE_NO, ERR_NONE, 0, 0 },
    { "FileNotFound", NULL, ANY & ~ON(WEBHDFS_CREATE) & ~ON(WEBHDFS_MKDIRS), STORE_NO, ERR_NONE, 0,
      0 },
    { "AccessControl", "(is not a directory)", ANY & ~ON(WEBHDFS_CREATE) & ~ON(WEBHDFS_MKDIRS),
      STORE_NO, ERR_NONE, 0, 0 },
    /* the file of this create is gone, or its directory is: who owns the job, a rename will say */
    { "FileNotFound", NULL, ON(WEBHDFS_CREATE), STORE_REFUSED, ERR_RETRY, 301, 0 },
    { "LeaseExpired", NULL, ON(WEBHDFS_CREATE), STORE_REFUSED, ERR_RETRY, 301, 0 },
    { "ParentNotDirectory", NULL, ON(WEBHDFS_CREATE), STORE_REFUSED, ERR_RETRY, 301, 0 },
    /* not this NameNode, or not now */
    { "Standby", NULL, ANY, STORE_REFUSED, ERR_RETRY, 302, WEBHDFS_OTHER_SERVER },
    { "SafeMode", NULL, ANY, STORE_REFUSED, ERR_RETRY, 310, 0 },
    { "Retriable", "afe mode", ANY, STORE_REFUSED, ERR_RETRY, 310, 0 },
    { "Retriable", NULL, ANY, STORE_REFUSED, ERR_RETRY, 302, 0 },
    { "NotReplicatedYet", NULL, ANY, STORE_REFUSED, ERR_RETRY, 302, 0 },
    { NULL, "in startup mode", ANY, STORE_REFUSED, ERR_RETRY, 302, 0 },
    { NULL, "too busy", ANY, STORE_REFUSED, ERR_RETRY, 302, 0 },
    /* a DataNode lost its NameNode on the way: perhaps behind the last call */
    { "Connect", NULL, CHANGES, STORE_UNKNOWN, ERR_UNKNOWN, 302, 0 },
    { "EOF", NULL, CHANGES, STORE_UNKNOWN, ERR_UNKNOWN, 302, 0 },
    { "Connect", NULL, ANY, STORE_REFUSED, ERR_RETRY, 302, 0 },
    { "EOF", NULL, ANY, STORE_REFUSED, ERR_RETRY, 302, 0 },
    /* DataNodes */
    { NULL, "Failed to find datanode", ANY, STORE_REFUSED, ERR_RETRY, 302, WEBHDFS_NO_NODES_LEFT },
    { NULL, "No active nodes contain this block", ANY, STORE_REFUSED, ERR_RETRY, 302,
      WEBHDFS_NO_NODES_LEFT },
    { NULL, "could only be written to 0 of", ANY, STORE_REFUSED, ERR_RETRY, 302,
      WEBHDFS_OTHER_NODE },
    { NULL, "could only be replicated to 0 nodes", ANY, STORE_REFUSED, ERR_RETRY, 302,
      WEBHDFS_OTHER_NODE },
    { NULL, "not sufficiently replicated", ANY, STORE_REFUSED, ERR_RETRY, 302, WEBHDFS_OTHER_NODE },
    { NULL, "All datanodes", ANY, STORE_REFUSED, ERR_RETRY, 302, WEBHDFS_OTHER_NODE },
    { NULL, "Unable to close file", CHANGES, STORE_UNKNOWN, ERR_UNKNOWN, 302, WEBHDFS_OTHER_NODE },
    { NULL, "Failed to replace a bad datanode", ANY, STORE_REFUSED, ERR_RETRY, 302,
      WEBHDFS_OTHER_NODE },
    /* the operator's matter */
    { "DSQuotaExceeded", NULL, ANY, STORE_REFUSED, ERR_RETRY, 320, 0 },
    { "NSQuotaExceeded", NULL, ANY, STORE_REFUSED, ERR_RETRY, 320, 0 },
    { "QuotaByStorageTypeExceeded", NULL, ANY, STORE_REFUSED, ERR_RETRY, 320, 0 },
    { NULL, "The directory item limit", ANY, STORE_REFUSED, ERR_RETRY, 320, 0 },
    { "AccessControl", NULL, ANY, STORE_REFUSED, ERR_RETRY, 301, 0 },
    { "InvalidToken", NULL, ANY, STORE_REFUSED, ERR_RETRY, 305, 0 },
    { NULL, "can't be found in cache", ANY, STORE_REFUSED, ERR_RETRY, 305, 0 },
    { NULL, "is expired", ANY, STORE_REFUSED, ERR_RETRY, 305, 0 },
    { "Security", NULL, ANY, STORE_REFUSED, ERR_RETRY, 305, 0 },
    { "Authorization", NULL, ANY, STORE_REFUSED, ERR_RETRY, 305, 0 },
    { "Authentication", NULL, ANY, STORE_REFUSED, ERR_RETRY, 305, 0 },
    /* the user's, or ours */
    { NULL, "Specified block size", ANY, STORE_REFUSED, ERR_BAD_CONFIG, 301, 0 },
    { NULL, "Requested replication factor", ANY, STORE_REFUSED, ERR_BAD_CONFIG, 301, 0 },
    { "IllegalArgument", "parameter \"op\"", ANY, STORE_REFUSED, ERR_FATAL, 301,
      WEBHDFS_NO_SUCH_OP },
    { "IllegalArgument", NULL, ANY, STORE_REFUSED, ERR_FATAL, 301, 0 },
    { "UnsupportedOperation", NULL, ANY, STORE_REFUSED, ERR_FATAL, 301, 0 },
};

static bool class_fits(const char *class, const char *name)
{
    size_t n = strlen(name);
    return strncmp(class, name, n) == 0 && (!class[n] || strcmp(class + n, "Exception") == 0);
}

static bool rule_fits(const struct rule *rule, enum webhdfs_op op, const char *class,
                      const char *words)
{
    return (rule->ops & ON(op)) && (!rule->class || class_fits(class, rule->class)) &&
           (!rule->text || strstr(words, rule->text));
}

/* A message without the Java trace that a DataNode puts behind it. */
static char *answer_words(const char *message)
{
    const char *trace = strstr(message, "\n\tat ");
    size_t n = trace ? (size_t)(trace - message) : strlen(message);
    return mem_strndup(message, n < WORDS_MAX ? n : WORDS_MAX);
}

static bool answer_changes(enum webhdfs_op op)
{
    return (CHANGES & ON(op)) != 0;
}

/* No exception that we know: an operation that changes something is perhaps done. */
static void verdict_open(struct webhdfs_verdict *verdict, enum webhdfs_op op, unsigned code)
{
    verdict->answer = answer_changes(op) ? STORE_UNKNOWN : STORE_REFUSED;
    verdict->err.kind = answer_changes(op) ? ERR_UNKNOWN : ERR_RETRY;
    verdict->err.code = (uint16_t)code;
}

static void verdict_exception(struct webhdfs_verdict *verdict, enum webhdfs_op op,
                              const char *class, const char *words)
{
    for (unsigned i = 0; i < ARRAY_SIZE(rules); i++) {
        const struct rule *rule = &rules[i];
        if (!rule_fits(rule, op, class, words))
            continue;
        verdict->answer = rule->answer;
        verdict->hint = rule->hint;
        verdict->err.kind = rule->kind;
        verdict->err.code = (uint16_t)rule->code;
        return;
    }
    verdict_open(verdict, op, 301);
}

/* An answer that is not WebHDFS': a login filter's, a gateway's, or another server's altogether. */
static void verdict_bare(struct webhdfs_verdict *verdict, enum webhdfs_op op, unsigned status)
{
    bool before = status == 401 || status == 404 || status == 405; /* it never got to HDFS */
    if (!before) {
        verdict_open(verdict, op, 302);
        return;
    }
    verdict->answer = STORE_REFUSED;
    err_code(&verdict->err, ERR_RETRY, status == 401 ? 305 : 301, "%u without WebHDFS' words: %s",
             status,
             status == 401 ? "it wants another login" : "is this the NameNode's HTTP address?");
}

struct webhdfs_verdict webhdfs_refusal(enum webhdfs_op op, unsigned status, struct slice body)
{
    struct webhdfs_verdict verdict = { .answer = STORE_UNKNOWN };
    struct json *json = json_parse(body, NULL);
    const struct json *remote = json_get(json, "RemoteException");
    const char *class = json_text(json_get(remote, "exception"));
    const char *message = json_text(json_get(remote, "message"));
    if (class) {
        char *words = answer_words(message ? message : "");
        err_set(&verdict.err, ERR_RETRY, "%u %s: %s", status, class, words);
        verdict_exception(&verdict, op, class, words);
        mem_free(words);
    } else {
        err_set(&verdict.err, ERR_RETRY, "%u without WebHDFS' words", status);
        verdict_bare(&verdict, op, status);
    }
    json_free(json);
    return verdict;
}

struct webhdfs_verdict webhdfs_boolean(enum webhdfs_op op, struct slice body)
{
    struct webhdfs_verdict verdict = { .answer = STORE_YES };
    struct json *json = json_parse(body, NULL);
    bool done = false;
    if (!json_bool(json_get(json, "boolean"), &done)) {
        err_set(&verdict.err, ERR_RETRY, "200 without a whole answer");
        verdict_open(&verdict, op, 302);
    } else if (!done) {
        verdict.answer = STORE_NO;
    }
    json_free(json);
    return verdict;
}

char *webhdfs_location(struct slice body)
{
    struct json *json = json_parse(body, NULL);
    const char *text = json_text(json_get(json, "Location"));
    char *location = text ? mem_strdup(text) : NULL;
    json_free(json);
    return location;
}

bool webhdfs_length(struct slice body, uint64_t *length)
{
    struct json *json = json_parse(body, NULL);
    const struct json *status = json_get(json, "FileStatus");
    const char *type = json_text(json_get(status, "type"));
    int64_t value;
    bool found = type && strcmp(type, "FILE") == 0 &&
                 json_int(json_get(status, "length"), &value) && value >= 0;
    if (found)
        *length = (uint64_t)value;
    json_free(json);
    return found;
}
