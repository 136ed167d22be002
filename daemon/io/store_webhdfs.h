/* The store in HDFS, webhdfs://[user@]nn1:9870[,nn2:9870]/path: Hadoop's WebHDFS over http_client. */
#pragma once
#include <stdbool.h>

#include "base/err.h"

struct loop;
struct store;
struct store_conf;
struct store_url;

/* Makes the store; nothing is asked yet. ERR_BAD_CONFIG, code 305: nobody says who we are; under
 * simple login that is the URL's user or the setting's, never a default. */
bool store_webhdfs_open(struct loop *loop, const struct store_conf *conf,
                        const struct store_url *url, struct store **store, struct err *err);
