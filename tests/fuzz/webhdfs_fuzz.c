/* What a NameNode or DataNode answers: verdicts, lists, places to go on; and URLs of stores. */
#include "base/mem.h"
#include "base/store_url.h"
#include "fuzz.h"
#include "io/store.h"
#include "io/webhdfs_answer.h"
#include "io/webhdfs_list.h"
#include "io/webhdfs_url.h"

void webhdfs_fuzz(const uint8_t *data, size_t size);

static void fuzz_list(struct slice body)
{
    struct store_req req = { 0 };
    struct webhdfs_page page = { 0 };
    struct err err = { 0 };
    bool ok = webhdfs_list_page(body, &req, &page, &err);
    check(ok || err.kind != ERR_NONE);
    webhdfs_list_sort(&req);
    store_req_free(&req);
}

static void fuzz_urls(struct slice text)
{
    char *copy = mem_strndup(text.ptr, text.len), place[WEBHDFS_PLACE_SIZE];
    struct store_url url;
    struct err err = { 0 };
    struct buf made = { 0 };
    webhdfs_url_follow(copy, place);
    if (store_url_parse(copy, &url, &err) && url.n_servers) {
        webhdfs_url_begin(&made, &url.servers[0], &url, "a b");
        webhdfs_url_place(&url.servers[0], place);
    }
    webhdfs_url_text(&made, copy);
    buf_free(&made);
    mem_free(copy);
}

void webhdfs_fuzz(const uint8_t *data, size_t size)
{
    struct fuzz_input input = { data, data + size };
    enum webhdfs_op op = (enum webhdfs_op)fuzz_pick(&input, WEBHDFS_LENGTH + 1);
    unsigned status = 200 + 2 * fuzz_byte(&input);
    struct slice body = { input.at, (size_t)(input.end - input.at) };
    uint64_t length;
    webhdfs_refusal(op, status, body);
    webhdfs_boolean(op, body);
    mem_free(webhdfs_location(body));
    webhdfs_length(body, &length);
    fuzz_list(body);
    fuzz_urls(body);
}
