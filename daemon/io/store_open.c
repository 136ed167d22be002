#include <string.h>

#include "base/mem.h"
#include "base/store_url.h"
#include "io/store.h"
#include "io/store_file.h"
#include "io/store_webhdfs.h"

bool store_open(struct loop *loop, const struct store_conf *conf, struct store **store,
                struct err *err)
{
    struct store_url url;
    if (!store_url_parse(conf->url, &url, err))
        return false;
    if (strcmp(url.scheme, "webhdfs") == 0)
        return store_webhdfs_open(loop, conf, &url, store, err);
    *store = store_file_open(loop, &url);
    return true;
}

void store_req_free(struct store_req *req)
{
    for (size_t i = 0; i < req->n_entries; i++)
        mem_free(req->entries[i].name);
    mem_free(req->entries);
    req->entries = NULL;
    req->n_entries = 0;
    buf_free(&req->data);
}
