#include "memory.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/list.h"
#include "base/mem.h"
#include "durable/directory.h"
#include "io/loop.h"
#include "io/world.h"

struct node {
    char *path;
    bool is_directory;
    struct buf bytes;
    int64_t modified_ms;
};
struct answer {
    struct loop_post post;
    struct list link;
    struct store_req *req;
    struct memory *memory;
};
struct memory {
    struct store store;
    struct node *nodes; /* sorted by path */
    size_t n;
    int64_t clock;
    memory_hook hook;
    void *ctx;
    struct list held;
    unsigned due; /* answers on their way */
    struct {
        const char *op;
        unsigned n;
    } asked[16];
};

static struct memory *of(struct store *store)
{
    return CONTAINER_OF(store, struct memory, store);
}

static struct node *find(struct memory *memory, const char *path)
{
    for (size_t i = 0; i < memory->n; i++) {
        if (strcmp(memory->nodes[i].path, path) == 0)
            return &memory->nodes[i];
    }
    return NULL;
}

static bool below(const char *path, const char *top)
{
    size_t n = strlen(top);
    return strncmp(path, top, n) == 0 && (path[n] == 0 || path[n] == '/' || n == 0);
}

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct node *)a)->path, ((const struct node *)b)->path);
}

static struct node *add(struct memory *memory, const char *path, bool is_directory)
{
    memory->nodes = mem_realloc(memory->nodes, (memory->n + 1) * sizeof *memory->nodes);
    memory->nodes[memory->n++] =
        (struct node){ mem_strdup(path), is_directory, { 0 }, ++memory->clock };
    qsort(memory->nodes, memory->n, sizeof *memory->nodes, compare);
    return find(memory, path);
}

/* False: a file is in the way. */
static bool parents(struct memory *memory, const char *path)
{
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        char *up = mem_strndup(path, (size_t)(slash - path));
        struct node *node = find(memory, up);
        if (!node)
            node = add(memory, up, true);
        bool fits = node->is_directory;
        mem_free(up);
        if (!fits)
            return false;
    }
    return true;
}

static bool act_create(struct memory *memory, struct store_req *req)
{
    if (find(memory, req->path) || !parents(memory, req->path))
        return false;
    struct node *node = add(memory, req->path, false);
    for (uint32_t i = 0; i < req->n_pieces; i++)
        buf_put(&node->bytes, req->pieces[i].ptr, req->pieces[i].len);
    return true;
}

static bool act_rename(struct memory *memory, struct store_req *req)
{
    char *up = mem_strdup(req->target), *slash = strrchr(up, '/');
    if (slash)
        *slash = 0;
    bool parent = !slash || find(memory, up);
    mem_free(up);
    if (!parent || !find(memory, req->path) || find(memory, req->target))
        return false;
    for (size_t i = 0; i < memory->n; i++) {
        char *path = memory->nodes[i].path;
        if (below(path, req->path))
            memory->nodes[i].path = mem_printf("%s%s", req->target, path + strlen(req->path));
    }
    qsort(memory->nodes, memory->n, sizeof *memory->nodes, compare);
    return true;
}

static bool act_touch(struct memory *memory, struct store_req *req)
{
    struct node *node = find(memory, req->path);
    if (node)
        node->modified_ms = ++memory->clock;
    return node;
}

static bool act_mkdirs(struct memory *memory, struct store_req *req)
{
    struct node *node = find(memory, req->path);
    if (!node && parents(memory, req->path))
        node = add(memory, req->path, true);
    return node && node->is_directory;
}

static bool act_list(struct memory *memory, struct store_req *req)
{
    const struct node *top = *req->path ? find(memory, req->path) : NULL;
    size_t n = *req->path ? strlen(req->path) + 1 : 0;
    if (*req->path ? !top || !top->is_directory : memory->n == 0)
        return false;
    req->entries = mem_zalloc((memory->n + 1) * sizeof *req->entries);
    for (size_t i = 0; i < memory->n; i++) {
        const struct node *node = &memory->nodes[i];
        if (!below(node->path, req->path) || node == top || strchr(node->path + n, '/'))
            continue;
        req->entries[req->n_entries++] =
            (struct store_entry){ mem_strdup(node->path + n), node->is_directory, node->bytes.len,
                                  node->modified_ms };
    }
    return true;
}

static bool act_read(struct memory *memory, struct store_req *req)
{
    const struct node *node = find(memory, req->path);
    if (!node || node->is_directory)
        return false;
    buf_put(&req->data, node->bytes.ptr, node->bytes.len);
    return true;
}

static bool act_remove(struct memory *memory, struct store_req *req)
{
    size_t kept = 0;
    for (size_t i = 0; i < memory->n; i++) {
        if (!below(memory->nodes[i].path, req->path))
            memory->nodes[kept++] = memory->nodes[i];
    }
    bool gone = kept < memory->n;
    memory->n = kept;
    return gone;
}

static bool act_lock(struct memory *memory, struct store_req *req)
{
    (void)memory, (void)req;
    return true;
}

static void answer_cb(struct loop_post *post)
{
    struct answer *answer = CONTAINER_OF(post, struct answer, post);
    struct store_req *req = answer->req;
    answer->memory->due--;
    mem_free(answer);
    req->cb(req);
}

static void send(struct answer *answer)
{
    answer->memory->due++;
    loop_post(answer->memory->store.loop, &answer->post);
}

static void ask(struct store *store, struct store_req *req, const char *op,
                bool (*act)(struct memory *memory, struct store_req *req))
{
    struct memory *memory = of(store);
    struct answer *answer = mem_zalloc(sizeof *answer);
    unsigned at = 0;
    while (memory->asked[at].op && strcmp(memory->asked[at].op, op) != 0)
        at++;
    memory->asked[at].op = op;
    memory->asked[at].n++;
    enum memory_fault fault = memory->hook ? memory->hook(memory->ctx, op, req) : MEMORY_FINE;
    answer->post.cb = answer_cb;
    answer->req = req;
    answer->memory = memory;
    req->data = (struct buf){ 0 };
    req->entries = NULL;
    req->n_entries = 0;
    bool refused = fault == MEMORY_REFUSE || fault == MEMORY_BREAK;
    bool done = !refused && fault != MEMORY_LOSE && act(memory, req);
    req->answer = done ? STORE_YES : STORE_NO;
    if (refused || fault == MEMORY_LOSE || fault == MEMORY_MUTE) {
        req->answer = refused ? STORE_REFUSED : STORE_UNKNOWN;
        err_set(&req->err,
                fault == MEMORY_REFUSE ? ERR_RETRY
                : refused              ? ERR_FATAL
                                       : ERR_UNKNOWN,
                "%s %s: %s", op, req->path, refused ? "refused" : "no answer");
    }
    if (fault == MEMORY_HOLD)
        list_add_tail(&memory->held, &answer->link);
    else
        send(answer);
}

#define OP(name)                                                          \
    static void memory_##name(struct store *store, struct store_req *req) \
    {                                                                     \
        ask(store, req, #name, act_##name);                               \
    }
OP(create)
OP(rename)
OP(touch)
OP(mkdirs)
OP(list)
OP(read)
OP(remove)
OP(lock)

static void memory_cancel(struct store *store, struct store_req *req)
{
    LIST_EACH(link, &of(store)->held)
    {
        struct answer *answer = CONTAINER_OF(link, struct answer, link);
        if (answer->req != req)
            continue;
        list_remove(link);
        send(answer);
        return;
    }
}

static const struct store_ops memory_ops = {
    .scheme = "memory",
    .create = memory_create,
    .rename = memory_rename,
    .touch = memory_touch,
    .mkdirs = memory_mkdirs,
    .list = memory_list,
    .read = memory_read,
    .remove = memory_remove,
    .lock = memory_lock,
    .cancel = memory_cancel,
};

struct store *memory_new(struct loop *loop)
{
    struct memory *memory = mem_zalloc(sizeof *memory);
    memory->store = (struct store){ .ops = &memory_ops, .loop = loop };
    list_init(&memory->held);
    return &memory->store;
}

void memory_on(struct store *store, memory_hook hook, void *ctx)
{
    of(store)->hook = hook;
    of(store)->ctx = ctx;
}

void memory_release(struct store *store)
{
    for (struct list *link; (link = list_first(&of(store)->held));) {
        list_remove(link);
        send(CONTAINER_OF(link, struct answer, link));
    }
}

bool memory_has(struct store *store, const char *path)
{
    return find(of(store), path) != NULL;
}

struct buf *memory_file(struct store *store, const char *path)
{
    struct node *node = find(of(store), path);
    return node && !node->is_directory ? &node->bytes : NULL;
}

void memory_drop(struct store *store, const char *path)
{
    ck_assert(act_remove(of(store), &(struct store_req){ .path = path }));
}

void memory_move(struct store *store, const char *path, const char *target)
{
    ck_assert(act_rename(of(store), &(struct store_req){ .path = path, .target = target }));
}

void memory_put(struct store *store, const char *path)
{
    ck_assert(act_create(of(store), &(struct store_req){ .path = path }));
}

void memory_stir(struct store *store, const char *path)
{
    ck_assert(act_touch(of(store), &(struct store_req){ .path = path }));
}

unsigned memory_count(struct store *store, const char *front)
{
    unsigned n = 0;
    for (size_t i = 0; i < of(store)->n; i++)
        n += strncmp(of(store)->nodes[i].path, front, strlen(front)) == 0;
    return n;
}

const char *memory_find(struct store *store, const char *front)
{
    for (size_t i = 0; i < of(store)->n; i++) {
        if (strncmp(of(store)->nodes[i].path, front, strlen(front)) == 0)
            return of(store)->nodes[i].path;
    }
    return NULL;
}

unsigned memory_asked(struct store *store, const char *op)
{
    for (unsigned at = 0; of(store)->asked[at].op; at++) {
        if (strcmp(of(store)->asked[at].op, op) == 0)
            return of(store)->asked[at].n;
    }
    return 0;
}

/* ---- the loop */

void test_begin(struct test *test)
{
    *test = (struct test){ .loop = loop_new(world_new()) };
    test->domain = mem_domain_new();
    mem_domain_enter(test->domain);
    test->store = memory_new(test->loop);
}

void test_end(struct test *test)
{
    struct world *world = loop_world(test->loop);
    mem_domain_enter(NULL);
    loop_free(test->loop);
    mem_domain_drop(test->domain);
    world_free(world);
}

struct until {
    struct test *test;
    struct loop_timer timer;
    const bool *flag;
    uint64_t end_ms;
};

static bool over(const struct until *until)
{
    if (until->flag && *until->flag)
        return true;
    bool late = loop_now_ms(until->test->loop) >= until->end_ms;
    return late &&
           (until->flag || !of(until->test->store)->due); /* a busy machine turns it less often */
}

static void until_cb(struct loop_timer *timer)
{
    struct until *until = CONTAINER_OF(timer, struct until, timer);
    if (over(until))
        loop_stop(until->test->loop);
    else
        loop_timer_start(until->test->loop, timer, 1, until_cb);
}

static void run(struct test *test, const bool *flag, uint64_t ms)
{
    struct until until = { .test = test, .flag = flag };
    until.end_ms = loop_now_ms(test->loop) + ms;
    loop_timer_start(test->loop, &until.timer, 1, until_cb);
    loop_run(test->loop);
}

void test_until(struct test *test, const bool *flag)
{
    run(test, flag, 50000);
    ck_assert(*flag);
}

void test_turns(struct test *test, unsigned ms)
{
    run(test, NULL, ms);
}

static void trouble_cb(void *ctx, const struct err *err, uint64_t next_ms)
{
    struct test *test = ctx;
    ck_assert((err->kind == ERR_NONE) == (next_ms == 0));
    if (err->kind == ERR_NONE)
        test->reliefs++;
    else
        test->failures++;
    snprintf(test->trouble, sizeof test->trouble, "%.150s", err->text);
}

static void fenced_cb(void *ctx, const struct err *err)
{
    struct test *test = ctx;
    ck_assert(err->kind == ERR_FENCED && err->code == 360);
    test->fences++;
}

struct directory *test_directory(struct test *test)
{
    static const char *const folders[] = { "wal", "log", "snap", "out", "dead" };
    struct directory *directory = mem_zalloc(sizeof *directory);
    *directory = (struct directory){ .store = test->store,
                                     .loop = test->loop,
                                     .job = "orders",
                                     .lineage = "lineage",
                                     .epoch = 1,
                                     .nonce = "00112233445566ff",
                                     .name = "e1.00112233445566ff",
                                     .trouble = trouble_cb,
                                     .fenced = fenced_cb,
                                     .ctx = test,
                                     .places = 4 };
    list_init(&directory->waiting);
    for (unsigned i = 0; i < ARRAY_SIZE(folders); i++) {
        char path[DIRECTORY_PATH_SIZE];
        directory_path(directory, path, "%s", folders[i]);
        ck_assert(act_mkdirs(of(test->store), &(struct store_req){ .path = path }));
    }
    return directory;
}

/* ---- and that it is a store */

START_TEST(rename_moves_all_below_and_replaces_nothing)
{
    struct test test;
    test_begin(&test);
    struct memory *memory = of(test.store);
    ck_assert(act_create(memory, &(struct store_req){ .path = "a/b/c" }));
    ck_assert(!act_create(memory, &(struct store_req){ .path = "a/b/c" }));
    ck_assert(act_create(memory, &(struct store_req){ .path = "ab" }));
    ck_assert(!act_rename(memory, &(struct store_req){ .path = "a", .target = "x/y" }));
    ck_assert(!act_rename(memory, &(struct store_req){ .path = "a", .target = "ab" }));
    ck_assert(act_rename(memory, &(struct store_req){ .path = "a", .target = "z" }));
    ck_assert(memory_has(test.store, "z/b/c") && !memory_has(test.store, "a"));
    ck_assert(memory_has(test.store, "ab"));
    ck_assert_uint_eq(memory_count(test.store, "z"), 3);
    test_end(&test);
}
END_TEST

Suite *memory_suite(void)
{
    Suite *suite = suite_create("memory");
    TCase *tcase = tcase_create("memory");
    suite_add_tcase(suite, tcase);
    tcase_add_test(tcase, rename_moves_all_below_and_replaces_nothing);
    return suite;
}
