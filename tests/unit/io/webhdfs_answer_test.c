#include "io/webhdfs_answer.h"

#include <check.h>
#include <string.h>

#include "base/mem.h"

#define E(class, message)                          \
    "{\"RemoteException\":{\"exception\":\"" class \
        "\",\"javaClassName\":\"org.apache."       \
        "hadoop." class "\",\"message\":\"" message "\"}}"

/* What real servers said, and what it means. */
static const struct row {
    enum webhdfs_op op;
    unsigned status;
    const char *body;
    enum store_answer answer;
    enum err_kind kind;
    unsigned code;
    enum webhdfs_hint hint;
} rows[] = {
    { WEBHDFS_CREATE, 403,
      E("FileAlreadyExistsException", "/p/f for client 127.0.0.1 already exists\\n\\tat org"),
      STORE_NO, 0, 0, 0 },
    { WEBHDFS_CREATE, 403, E("FileAlreadyExistsException", "/p/d already exists as a directory"),
      STORE_NO, 0, 0, 0 },
    { WEBHDFS_CREATE, 403,
      E("AlreadyBeingCreatedException",
        "Failed to CREATE_FILE /p/f for DFSClient because this file lease is currently owned by"),
      STORE_NO, 0, 0, 0 },
    { WEBHDFS_CREATE, 403, E("RecoveryInProgressException", "Failed to CREATE_FILE"), STORE_NO, 0,
      0, 0 },
    { WEBHDFS_CREATE, 404, E("FileNotFoundException", "Parent directory doesn't exist: /p"),
      STORE_REFUSED, ERR_RETRY, 301, 0 },
    { WEBHDFS_CREATE, 404,
      E("FileNotFoundException",
        "File does not exist: /p/f (inode 16418) Holder DFSClient_NONMAPREDUCE does not have any "
        "open files."),
      STORE_REFUSED, ERR_RETRY, 301, 0 },
    { WEBHDFS_CREATE, 403, E("LeaseExpiredException", "No lease on /p/f"), STORE_REFUSED, ERR_RETRY,
      301, 0 },
    { WEBHDFS_CREATE, 403, E("ParentNotDirectoryException", "/p/f (is not a directory)"),
      STORE_REFUSED, ERR_RETRY, 301, 0 },
    { WEBHDFS_CREATE, 403,
      E("AccessControlException", "Permission denied: user=u, access=WRITE, inode="), STORE_REFUSED,
      ERR_RETRY, 301, 0 },
    { WEBHDFS_CREATE, 403,
      E("IOException", "Specified block size 1000 is less than configured minimum value"),
      STORE_REFUSED, ERR_BAD_CONFIG, 301, 0 },
    { WEBHDFS_CREATE, 403,
      E("IOException", "Requested replication factor of 9999 exceeds maximum of 512"),
      STORE_REFUSED, ERR_BAD_CONFIG, 301, 0 },
    { WEBHDFS_CREATE, 403,
      E("SafeModeException",
        "Cannot create file/p. Name node is in safe mode.\\nThe reported blocks 0"),
      STORE_REFUSED, ERR_RETRY, 310, 0 },
    { WEBHDFS_CREATE, 403,
      E("SafeModeException", "Cannot add block to /p/f. Name node is in safe mode."), STORE_REFUSED,
      ERR_RETRY, 310, 0 },
    { WEBHDFS_CREATE, 403,
      E("ConnectException",
        "Call From h/127.0.0.1 to localhost:8020 failed on connection exception: java.net"),
      STORE_UNKNOWN, ERR_UNKNOWN, 302, 0 },
    { WEBHDFS_CREATE, 403, E("EOFException", "End of File Exception between local host is: "),
      STORE_UNKNOWN, ERR_UNKNOWN, 302, 0 },
    { WEBHDFS_CREATE, 403,
      E("IOException",
        "Failed to find datanode, suggest to check cluster health. excludeDatanodes=127.0.0.1"),
      STORE_REFUSED, ERR_RETRY, 302, WEBHDFS_NO_NODES_LEFT },
    { WEBHDFS_CREATE, 403,
      E("RemoteException",
        "File /p/f could only be written to 0 of the 1 minReplication nodes. There are 1 "
        "datanode(s) running"),
      STORE_REFUSED, ERR_RETRY, 302, WEBHDFS_OTHER_NODE },
    { WEBHDFS_CREATE, 403,
      E("IOException",
        "All datanodes [DatanodeInfoWithStorage[127.0.0.1:9866]] are bad. Aborting..."),
      STORE_REFUSED, ERR_RETRY, 302, WEBHDFS_OTHER_NODE },
    { WEBHDFS_CREATE, 403,
      E("IOException",
        "Unable to close file because the last block does not have enough number of replicas."),
      STORE_UNKNOWN, ERR_UNKNOWN, 302, WEBHDFS_OTHER_NODE },
    { WEBHDFS_CREATE, 403,
      E("IOException", "Failed to replace a bad datanode on the existing pipeline"), STORE_REFUSED,
      ERR_RETRY, 302, WEBHDFS_OTHER_NODE },
    { WEBHDFS_CREATE, 403, E("NotReplicatedYetException", "Not replicated yet: /p/f"),
      STORE_REFUSED, ERR_RETRY, 302, 0 },
    { WEBHDFS_CREATE, 403,
      E("DSQuotaExceededException", "The DiskSpace quota of /p is exceeded: quota = 1 B"),
      STORE_REFUSED, ERR_RETRY, 320, 0 },
    { WEBHDFS_CREATE, 403,
      E("NSQuotaExceededException",
        "The NameSpace quota (directories and files) of directory /p is exceeded"),
      STORE_REFUSED, ERR_RETRY, 320, 0 },
    { WEBHDFS_CREATE, 403, E("SomethingNewException", "what is that"), STORE_UNKNOWN, ERR_UNKNOWN,
      301, 0 },
    { WEBHDFS_CREATE, 500, E("NullPointerException", ""), STORE_UNKNOWN, ERR_UNKNOWN, 301, 0 },
    { WEBHDFS_CREATE, 503, "<html>busy</html>", STORE_UNKNOWN, ERR_UNKNOWN, 302, 0 },
    { WEBHDFS_CREATE, 403, "{\"RemoteException\":{\"exception\":\"SafeMo", STORE_UNKNOWN,
      ERR_UNKNOWN, 302, 0 },
    { WEBHDFS_CREATE, 403, "", STORE_UNKNOWN, ERR_UNKNOWN, 302, 0 },
    { WEBHDFS_CREATE, 401, "<html>Authentication required</html>", STORE_REFUSED, ERR_RETRY, 305,
      0 },
    { WEBHDFS_CREATE, 404, "<html>nginx</html>", STORE_REFUSED, ERR_RETRY, 301, 0 },
    { WEBHDFS_RENAME, 403,
      E("StandbyException", "Operation category WRITE is not supported in state standby. Visit"),
      STORE_REFUSED, ERR_RETRY, 302, WEBHDFS_OTHER_SERVER },
    { WEBHDFS_RENAME, 403,
      E("RetriableException",
        "org.apache.hadoop.hdfs.server.namenode.SafeModeException: Cannot rename. Name node is in "
        "safe mode"),
      STORE_REFUSED, ERR_RETRY, 310, 0 },
    { WEBHDFS_RENAME, 403, E("RetriableException", "NameNode still not started"), STORE_REFUSED,
      ERR_RETRY, 302, 0 },
    { WEBHDFS_RENAME, 403, E("IOException", "Namenode is in startup mode"), STORE_REFUSED,
      ERR_RETRY, 302, 0 },
    { WEBHDFS_RENAME, 403, E("IOException", "Server too busy"), STORE_REFUSED, ERR_RETRY, 302, 0 },
    { WEBHDFS_RENAME, 403, E("ParentNotDirectoryException", "/p/f (is not a directory)"), STORE_NO,
      0, 0, 0 },
    { WEBHDFS_RENAME, 404, E("FileNotFoundException", "rename source /p/f is not found."), STORE_NO,
      0, 0, 0 },
    { WEBHDFS_RENAME, 403, E("IOException", "something else"), STORE_UNKNOWN, ERR_UNKNOWN, 301, 0 },
    { WEBHDFS_RENAME, 400,
      E("IllegalArgumentException", "Invalid value for webhdfs parameter \\\"user.name\\\""),
      STORE_REFUSED, ERR_FATAL, 301, 0 },
    { WEBHDFS_TOUCH, 404, E("FileNotFoundException", "File/Directory /p/f does not exist."),
      STORE_NO, 0, 0, 0 },
    { WEBHDFS_TOUCH, 403, E("AccessControlException", "/p/f (is not a directory)"), STORE_NO, 0, 0,
      0 },
    { WEBHDFS_TOUCH, 404, "Not Found", STORE_REFUSED, ERR_RETRY, 301, 0 },
    { WEBHDFS_TOUCH, 403, E("InvalidToken", "token (token for u: ) can't be found in cache"),
      STORE_REFUSED, ERR_RETRY, 305, 0 },
    { WEBHDFS_TOUCH, 403, E("SecretManager$InvalidToken", "token is expired"), STORE_REFUSED,
      ERR_RETRY, 305, 0 },
    { WEBHDFS_TOUCH, 403, E("InvalidToken", "no words that we know"), STORE_REFUSED, ERR_RETRY, 305,
      0 },
    { WEBHDFS_TOUCH, 401, E("SecurityException", "Failed to obtain user group information"),
      STORE_REFUSED, ERR_RETRY, 305, 0 },
    { WEBHDFS_MKDIRS, 403, E("FileAlreadyExistsException", "Path is not a directory: /p/f"),
      STORE_NO, 0, 0, 0 },
    { WEBHDFS_MKDIRS, 403, E("ParentNotDirectoryException", "/p/f (is not a directory)"), STORE_NO,
      0, 0, 0 },
    { WEBHDFS_LIST, 404, E("FileNotFoundException", "File /p does not exist."), STORE_NO, 0, 0, 0 },
    { WEBHDFS_LIST, 400,
      E("IllegalArgumentException",
        "Invalid value for webhdfs parameter \\\"op\\\": No enum constant"),
      STORE_REFUSED, ERR_FATAL, 301, WEBHDFS_NO_SUCH_OP },
    { WEBHDFS_LIST, 500, "oh", STORE_REFUSED, ERR_RETRY, 302, 0 },
    { WEBHDFS_READ, 403, E("IOException", "No active nodes contain this block"), STORE_REFUSED,
      ERR_RETRY, 302, WEBHDFS_NO_NODES_LEFT },
    { WEBHDFS_READ, 403, E("ConnectException", "Call From"), STORE_REFUSED, ERR_RETRY, 302, 0 },
    { WEBHDFS_READ, 403, E("EOFException", "End of"), STORE_REFUSED, ERR_RETRY, 302, 0 },
    { WEBHDFS_READ, 404, E("FileNotFoundException", "Path is not a file: /p"), STORE_NO, 0, 0, 0 },
    { WEBHDFS_READ, 403, E("WhoKnowsException", "?"), STORE_REFUSED, ERR_RETRY, 301, 0 },
    { WEBHDFS_REMOVE, 403, E("PathIsNotEmptyDirectoryException", "/p is non empty"), STORE_UNKNOWN,
      ERR_UNKNOWN, 301, 0 },
};
#define N_ROWS (sizeof rows / sizeof *rows)

static struct slice text_of(const char *text)
{
    return (struct slice){ text, strlen(text) };
}

START_TEST(refusals)
{
    const struct row *row = &rows[_i];
    struct webhdfs_verdict verdict = webhdfs_refusal(row->op, row->status, text_of(row->body));
    ck_assert_msg(verdict.answer == row->answer, "%s", verdict.err.text);
    ck_assert_msg(verdict.hint == row->hint, "%s", verdict.err.text);
    if (row->answer == STORE_NO)
        return;
    ck_assert_msg(verdict.err.kind == row->kind, "%s", verdict.err.text);
    ck_assert_msg(verdict.err.code == row->code, "%s", verdict.err.text);
}
END_TEST

START_TEST(words_come_on_one_line_without_the_trace)
{
    struct webhdfs_verdict verdict = webhdfs_refusal(
        WEBHDFS_RENAME, 403,
        text_of(E("SafeModeException",
                  "Cannot rename.\\nIt is off.\\n\\tat org.apache.A(B.java:1)\\n\\tat c")));
    ck_assert_str_eq(verdict.err.text, "403 SafeModeException: Cannot rename. It is off.");
    verdict = webhdfs_refusal(WEBHDFS_RENAME, 502, text_of("<html>"));
    ck_assert_str_eq(verdict.err.text, "502 without WebHDFS' words");
    verdict = webhdfs_refusal(WEBHDFS_RENAME, 401, text_of(""));
    ck_assert_str_eq(verdict.err.text, "401 without WebHDFS' words: it wants another login");
}
END_TEST

START_TEST(booleans)
{
    ck_assert_int_eq(webhdfs_boolean(WEBHDFS_RENAME, text_of("{\"boolean\":true}")).answer,
                     STORE_YES);
    ck_assert_int_eq(webhdfs_boolean(WEBHDFS_RENAME, text_of("{\"boolean\":false}")).answer,
                     STORE_NO);
    ck_assert_int_eq(webhdfs_boolean(WEBHDFS_RENAME, text_of("{\"boolean\":")).answer,
                     STORE_UNKNOWN);
    ck_assert_int_eq(webhdfs_boolean(WEBHDFS_REMOVE, text_of("")).answer, STORE_UNKNOWN);
    ck_assert_int_eq(webhdfs_boolean(WEBHDFS_RENAME, text_of("")).err.kind, ERR_UNKNOWN);
}
END_TEST

START_TEST(locations_and_lengths)
{
    uint64_t length = 7;
    char *location =
        webhdfs_location(text_of("{\"Location\":\"http://dn:1/webhdfs/v1/a?x=%252C\"}"));
    ck_assert_str_eq(location, "http://dn:1/webhdfs/v1/a?x=%252C");
    mem_free(location);
    ck_assert_ptr_null(webhdfs_location(text_of("{\"Location\":1}")));
    ck_assert_ptr_null(webhdfs_location(text_of("")));
    ck_assert(
        webhdfs_length(text_of("{\"FileStatus\":{\"length\":42,\"type\":\"FILE\"}}"), &length));
    ck_assert_uint_eq(length, 42);
    ck_assert(!webhdfs_length(text_of("{\"FileStatus\":{\"length\":0,\"type\":\"DIRECTORY\"}}"),
                              &length));
    ck_assert(
        !webhdfs_length(text_of("{\"FileStatus\":{\"length\":-1,\"type\":\"FILE\"}}"), &length));
}
END_TEST

Suite *webhdfs_answer_suite(void)
{
    Suite *suite = suite_create("webhdfs_answer");
    TCase *tcase = tcase_create("webhdfs_answer");
    suite_add_tcase(suite, tcase);
    tcase_add_loop_test(tcase, refusals, 0, N_ROWS);
    tcase_add_test(tcase, words_come_on_one_line_without_the_trace);
    tcase_add_test(tcase, booleans);
    tcase_add_test(tcase, locations_and_lengths);
    return suite;
}
