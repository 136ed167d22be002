/* What a NameNode or DataNode answers: verdicts, lists, places to go on, its last words; and URLs of stores. */
#include "base/mem.h"
#include "base/store_url.h"
#include "fuzz.h"
#include "io/http_client.h"
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
    for (size_t i = 1; i < req.n_entries; i++)
        check(strcmp(req.entries[i - 1].name, req.entries[i].name) < 0);
    store_req_free(&req);
}

static void fuzz_urls(struct slice text)
{
    char *copy = mem_strndup(text.ptr, text.len), place[WEBHDFS_PLACE_SIZE];
    struct store_url url;
    struct err err = { 0 };
    struct buf made = { 0 };
    if (webhdfs_url_follow(copy, place))
        check(strncmp(copy, "http://", 7) == 0 && strlen(place) < WEBHDFS_PLACE_SIZE);
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
    struct slice said;
    if (http_last_words(body, &status, &said)) {
        check((const uint8_t *)said.ptr + said.len == input.end && status >= 200);
        webhdfs_refusal(op, status, said);
    }
    struct webhdfs_verdict verdict = webhdfs_refusal(op, status, body);
    check(verdict.answer <= STORE_NO || verdict.err.kind != ERR_NONE);
    verdict = webhdfs_boolean(op, body);
    check(verdict.answer <= STORE_NO || verdict.err.kind != ERR_NONE);
    mem_free(webhdfs_location(body));
    webhdfs_length(body, &length);
    fuzz_list(body);
    fuzz_urls(body);
}
