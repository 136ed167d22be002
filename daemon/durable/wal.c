/* Happy path: a block comes, the post fires at the end of the loop's turn, all that came becomes one
 * group commit; what comes while one is created gathers for the next, which starts when it is put
 * in place, when there is enough for a whole one, or, where creates take long, when half of that time
 * is over: a block then waits for one create and a half, not for two. The publishes share a lane: they are put in
 * place, and reported, in order.
 *
 * A group's frames are written from the blocks themselves: the group holds only headers and rows. */
#include "durable/wal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "column/block.h"
#include "durable/frame.h"
#include "durable/publish.h"
#include "io/loop.h"

#define WAL_SLOW_MS \
    100 /* creates that take so long overlap; shorter ones are not worth more files */

struct wal {
    struct wal_conf conf;
    char source[FILE_NAME_SIZE];
    struct publish_lane lane;
    struct list gathering;         /* blocks */
    uint64_t gathered, waiting;    /* bytes of them; and with those under way */
    uint64_t seq, chain;           /* last published */
    uint64_t next_seq, next_chain; /* as of the last group that was started */
    uint32_t under_way;            /* groups */
    struct loop_post post;         /* at the end of this turn: start a group */
    struct loop_timer timer;       /* half a create is over */
    uint64_t begun_ms;             /* when the newest group was started */
    bool posted;
};

struct wal_group {
    struct wal *wal;
    struct list blocks;
    struct buf heads; /* headers and rows of the frames */
    struct slice *pieces;
    uint64_t seq, chain, bytes;
};

static uint64_t wal_size(const struct block *block)
{
    return FRAME_HEAD_SIZE + (uint64_t)block->count * BLOCK_ROW_SIZE + block->used;
}

/* Takes from what has gathered as much as one file may hold, one block at least. */
static struct wal_group *wal_cut(struct wal *wal, uint32_t *n)
{
    struct wal_group *group = mem_zalloc(sizeof *group);
    group->wal = wal;
    list_init(&group->blocks);
    *n = 0;
    for (struct list *link; (link = list_first(&wal->gathering)); ++*n) {
        uint64_t size = wal_size(CONTAINER_OF(link, struct block, link));
        if (*n > 0 && group->bytes + size > WAL_GROUP_BYTES)
            break;
        list_remove(link);
        list_add_tail(&group->blocks, link);
        group->bytes += size;
    }
    wal->gathered -= group->bytes;
    return group;
}

/* Encodes the frames: two pieces each, what the group holds and what the block holds. */
static void wal_encode(struct wal_group *group, uint32_t n)
{
    uint64_t chain = group->wal->next_chain;
    size_t *ends = mem_alloc(n * sizeof *ends), from = 0;
    uint32_t i = 0;
    group->seq = group->wal->next_seq + 1;
    LIST_EACH(link, &group->blocks)
    {
        struct block *block = CONTAINER_OF(link, struct block, link);
        block->seq = group->seq;
        block->frame = i;
        frame_encode(block, &chain, &group->heads);
        ends[i++] = group->heads.len;
    }
    group->chain = chain;
    group->pieces = mem_alloc(2 * n * sizeof *group->pieces);
    i = 0;
    LIST_EACH(link, &group->blocks)
    {
        const struct block *block = CONTAINER_OF(link, struct block, link);
        group->pieces[2 * i] = (struct slice){ group->heads.ptr + from, ends[i] - from };
        group->pieces[2 * i + 1] = (struct slice){ block->bytes, block->used };
        from = ends[i++];
    }
    mem_free(ends);
}

static void wal_step(struct wal *wal);

static void wal_published_cb(struct publish *publish)
{
    struct wal_group *group = publish_ctx(publish);
    struct wal *wal = group->wal;
    check(group->seq == wal->seq + 1);
    wal->seq = group->seq;
    wal->chain = group->chain;
    wal->waiting -= group->bytes;
    wal->under_way--;
    wal->conf.published(wal->conf.ctx, wal, &group->blocks);
    check(list_empty(&group->blocks));
    buf_free(&group->heads);
    mem_free(group->pieces);
    mem_free(group);
    wal_step(wal);
}

static void wal_begin(struct wal *wal)
{
    uint32_t n;
    char path[DIRECTORY_PATH_SIZE];
    struct wal_group *group = wal_cut(wal, &n);
    wal_encode(group, n);
    wal->next_seq = group->seq;
    wal->next_chain = group->chain;
    wal->begun_ms = loop_now_ms(wal->conf.directory->loop);
    wal->under_way++;
    snprintf(path, sizeof path, "wal/%s-%" PRIu64, wal->source, group->seq);
    struct publish_conf conf = {
        .directory = wal->conf.directory,
        .lane = &wal->lane,
        .class = PUBLISH_BLOCK,
        .head = { .kind = FILE_WAL, .index = group->seq },
        .path = path,
        .pieces = group->pieces,
        .n_pieces = 2 * n,
        .cb = wal_published_cb,
        .ctx = group,
    };
    memcpy(conf.head.name, wal->source, sizeof conf.head.name);
    publish_start(&conf);
}

static void wal_timer_cb(struct loop_timer *timer)
{
    wal_step(CONTAINER_OF(timer, struct wal, timer));
}

/* May a group start beside those under way? If not yet, the timer is set to when it may. */
static bool wal_may(struct wal *wal)
{
    const struct directory *directory = wal->conf.directory;
    if (wal->under_way == 0 || wal->gathered >= WAL_GROUP_BYTES)
        return true;
    uint64_t since = loop_now_ms(directory->loop) - wal->begun_ms, half = directory->create_ms / 2;
    if (directory->create_ms < WAL_SLOW_MS)
        return false;
    if (since < half)
        loop_timer_start(directory->loop, &wal->timer, half - since, wal_timer_cb);
    return since >= half;
}

/* Starts groups as long as there are blocks and they may. */
static void wal_step(struct wal *wal)
{
    const struct directory *directory = wal->conf.directory;
    while (!directory->is_fenced && wal->under_way < directory->places &&
           !list_empty(&wal->gathering) && wal_may(wal))
        wal_begin(wal);
}

static void wal_post_cb(struct loop_post *post)
{
    struct wal *wal = CONTAINER_OF(post, struct wal, post);
    wal->posted = false;
    wal_step(wal);
}

struct wal *wal_new(const struct wal_conf *conf)
{
    struct wal *wal = mem_zalloc(sizeof *wal);
    check(strlen(conf->source) < sizeof wal->source);
    wal->conf = *conf;
    strcpy(wal->source, conf->source);
    wal->conf.source = wal->source;
    wal->seq = wal->next_seq = conf->seq;
    wal->chain = wal->next_chain = conf->chain;
    wal->post.cb = wal_post_cb;
    publish_lane_init(&wal->lane);
    list_init(&wal->gathering);
    return wal;
}

void wal_add(struct wal *wal, struct block *block)
{
    check(block->count > 0);
    list_add_tail(&wal->gathering, &block->link);
    wal->gathered += wal_size(block);
    wal->waiting += wal_size(block);
    if (!wal->posted)
        loop_post(wal->conf.directory->loop, &wal->post);
    wal->posted = true;
}

uint64_t wal_waiting(const struct wal *wal)
{
    return wal->waiting;
}

uint64_t wal_seq(const struct wal *wal)
{
    return wal->seq;
}

uint64_t wal_chain(const struct wal *wal)
{
    return wal->chain;
}

void wal_free(struct wal *wal)
{
    if (!wal)
        return;
    check(!wal->posted && wal->under_way == 0 && list_empty(&wal->gathering));
    loop_timer_stop(wal->conf.directory->loop, &wal->timer);
    mem_free(wal);
}
