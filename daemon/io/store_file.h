/* The store in a local directory, file:///path: a few writer threads of its own, so that neither
 * the loop nor libuv's pool ever waits for a disk. */
#pragma once

struct loop;
struct store;
struct store_url;

/* Threads of one store: writes in flight, 3 blocks and a batch record, each waiting for its fsync. */
#define STORE_FILE_THREADS 4

/* Makes the store; nothing is touched yet. */
struct store *store_file_open(struct loop *loop, const struct store_url *url);
