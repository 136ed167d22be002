#include "canon.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"

const char *const canon_topics[CANON_TOPICS] = { "lines", "others" };

/* k3 5 is a pair of a key and a number from 0 to 9. */
#define PAIR "map: '(_.value.split(\" \")(0), _.value.split(\" \")(1).toInt)'"

#define WORD_COUNT                          \
    "transformations:\n"                    \
    "  - flatMap: _.value.split(\" \")\n"   \
    "  - map: ((_, batchTime.millis), 1)\n" \
    "  - reduceByKey: _ + _\n"              \
    "outputs:\n"                            \
    "  - print: {num: 1000000}\n"

#define TOTALS                                                               \
    "transformations:\n"                                                     \
    "  - " PAIR                                                              \
    "\n"                                                                     \
    "  - updateStateByKey: {id: totals, func: \"(values, state) => "         \
    "if (values.contains(0)) None else state.getOrElse(0) + values.sum\"}\n" \
    "outputs:\n"                                                             \
    "  - print: {num: 1000000}\n"

#define ORDERS                                                                                \
    "onError: {action: deadLetter, failAbove: 100%}\n"                                        \
    "streams:\n"                                                                              \
    "  orders:\n"                                                                             \
    "    from: lines\n"                                                                       \
    "    transformations:\n"                                                                  \
    "      - map: r => (r.partition, r.offset, r.value.json.user.asString.getOrElse(\"?\"), " \
    "r.value.json.amount.asInt.getOrElse(0))\n"                                               \
    "  dear:\n"                                                                               \
    "    from: orders\n"                                                                      \
    "    transformations:\n"                                                                  \
    "      - filter: _._4 >= 5\n"                                                             \
    "      - map: 'o => o._3 + \" \" + o._1.toString + \":\" + o._2.toString'\n"              \
    "outputs:\n"                                                                              \
    "  - print: {from: orders, num: 1000000}\n"                                               \
    "  - print: {from: dear, num: 3}\n"

#define WINDOW                                                                             \
    "streams:\n"                                                                           \
    "  sums:\n"                                                                            \
    "    from: lines\n"                                                                    \
    "    transformations:\n"                                                               \
    "      - " PAIR                                                                        \
    "\n"                                                                                   \
    "      - reduceByKeyAndWindow: {func: _ + _, windowDuration: $6, slideDuration: $2}\n" \
    "  seen:\n"                                                                            \
    "    from: lines\n"                                                                    \
    "    transformations:\n"                                                               \
    "      - countByWindow: {windowDuration: $3}\n"                                        \
    "outputs:\n"                                                                           \
    "  - print: {from: sums, num: 1000000}\n"                                              \
    "  - print: {from: seen}\n"

#define INVERSE                                                                         \
    "streams:\n"                                                                        \
    "  all:\n"                                                                          \
    "    from: lines\n"                                                                 \
    "    transformations:\n"                                                            \
    "      - " PAIR                                                                     \
    "\n"                                                                                \
    "      - reduceByKeyAndWindow: {func: _ + _, invFunc: _ - _, windowDuration: $4}\n" \
    "  alive:\n"                                                                        \
    "    from: lines\n"                                                                 \
    "    transformations:\n"                                                            \
    "      - map: '(_.value.split(\" \")(0), 1)'\n"                                     \
    "      - reduceByKeyAndWindow: {func: _ + _, invFunc: _ - _, "                      \
    "filterFunc: \"(key, n) => n > 0\", windowDuration: $3}\n"                          \
    "outputs:\n"                                                                        \
    "  - print: {from: all, num: 1000000}\n"                                            \
    "  - print: {from: alive, num: 1000000}\n"

#define SESSIONS                                                                               \
    "transformations:\n"                                                                       \
    "  - " PAIR                                                                                \
    "\n"                                                                                       \
    "  - mapWithState:\n"                                                                      \
    "      id: sessions\n"                                                                     \
    "      timeout: $3\n"                                                                      \
    "      func: \"(key, value, state) => if (value.isEmpty) ((key, 0 - state.getOrElse(0)), " \
    "None) "                                                                                   \
    "else if (value.getOrElse(0) == 0) ((key, 0), None) "                                      \
    "else ((key, state.getOrElse(0) + value.getOrElse(0)), state.getOrElse(0) + "              \
    "value.getOrElse(0))\"\n"                                                                  \
    "outputs:\n"                                                                               \
    "  - print: {num: 1000000}\n"

#define PAIRS_OF_BOTH                               \
    "streams:\n"                                    \
    "  left: {from: lines, transformations: [" PAIR \
    "]}\n"                                          \
    "  right: {from: others, transformations: [" PAIR "]}\n"

#define JOIN                                                            \
    PAIRS_OF_BOTH                                                       \
    "  sums: {from: left, transformations: [reduceByKey: _ + _]}\n"     \
    "  joined: {from: sums, transformations: [fullOuterJoin: right]}\n" \
    "  grouped: {from: left, transformations: [cogroup: right]}\n"      \
    "outputs:\n"                                                        \
    "  - print: {from: joined, num: 1000000}\n"                         \
    "  - print: {from: grouped, num: 1000000}\n"

#define UNION                                                                       \
    PAIRS_OF_BOTH                                                                   \
    "  all: {from: [left, right], transformations: [repartition: 3, groupByKey]}\n" \
    "  keys: {from: left, transformations: [union: [right], map: _._1, distinct, "  \
    "map: '(_, batchTime.millis)', sortByKey: {ascending: false}]}\n"               \
    "outputs:\n"                                                                    \
    "  - print: {from: all, num: 1000000}\n"                                        \
    "  - print: {from: keys, num: 1000000}\n"

/* ---- models */

static int64_t *sums_at(struct canon_model *model, uint64_t tick)
{
    return model->sums[tick % CANON_RING];
}

static int64_t *counts_at(struct canon_model *model, uint64_t tick)
{
    return model->counts[tick % CANON_RING];
}

/* Sums and counts of this tick's keys take the place of those of long ago. */
static void note(struct canon_model *model, const struct canon_batch *batch)
{
    int64_t *sums = sums_at(model, batch->tick), *counts = counts_at(model, batch->tick);
    memset(sums, 0, sizeof model->sums[0]);
    memset(counts, 0, sizeof model->counts[0]);
    for (size_t i = 0; i < batch->n; i++) {
        sums[batch->items[i].key] += batch->items[i].number;
        counts[batch->items[i].key]++;
    }
    model->ever |= batch->n > 0;
}

/* What these ticks had together, the last one included. */
static void look_back(struct canon_model *model, uint64_t tick, uint64_t ticks, int64_t *sums,
                      int64_t *counts)
{
    memset(sums, 0, sizeof model->sums[0]);
    memset(counts, 0, sizeof model->counts[0]);
    for (uint64_t at = tick < ticks ? 1 : tick - ticks + 1; at <= tick; at++)
        for (int key = 0; key < CANON_KEYS; key++) {
            sums[key] += sums_at(model, at)[key];
            counts[key] += counts_at(model, at)[key];
        }
}

static void put(struct canon_show *show, int key, int64_t number)
{
    fprintf(show->out, "('k%d', %lld)", key, (long long)number);
    canon_line(show, -1);
}

static void word_count(struct canon_model *model, const struct canon_batch *batch,
                       struct canon_show *shows)
{
    uint64_t keys[CANON_KEYS] = { 0 }, numbers[10] = { 0 };
    (void)model;
    for (size_t i = 0; i < batch->n; i++) {
        keys[batch->items[i].key]++;
        numbers[batch->items[i].number]++;
    }
    for (int i = 0; i < CANON_KEYS + 10; i++) {
        bool is_key = i < CANON_KEYS;
        uint64_t n = is_key ? keys[i] : numbers[i - CANON_KEYS];
        if (!n)
            continue;
        fprintf(shows->out, "(('%s%d', %lld), %llu)", is_key ? "k" : "",
                is_key ? i : i - CANON_KEYS, (long long)batch->time_ms, (unsigned long long)n);
        canon_line(shows, -1);
    }
}

static void totals(struct canon_model *model, const struct canon_batch *batch,
                   struct canon_show *shows)
{
    bool zero[CANON_KEYS] = { false };
    for (size_t i = 0; i < batch->n; i++) {
        const struct canon_item *item = &batch->items[i];
        zero[item->key] |= item->number == 0;
        model->has[item->key] = true;
        model->value[item->key] += item->number;
    }
    for (int key = 0; key < CANON_KEYS; key++) {
        if (zero[key])
            model->has[key] = false, model->value[key] = 0;
        if (model->has[key])
            put(shows, key, model->value[key]);
    }
}

static void orders(struct canon_model *model, const struct canon_batch *batch,
                   struct canon_show *shows)
{
    (void)model;
    shows[1].num = CANON_NUM;
    for (size_t i = 0; i < batch->n; i++) {
        const struct canon_item *item = &batch->items[i];
        if (item->bad)
            continue;
        fprintf(shows[0].out, "(%d, %lld, 'k%d', %d)", (int)item->partition,
                (long long)item->offset, item->key, item->number);
        canon_line(&shows[0], (int)item->partition);
        if (item->number < 5)
            continue;
        fprintf(shows[1].out, "k%d %d:%lld", item->key, (int)item->partition,
                (long long)item->offset);
        canon_line(&shows[1], (int)item->partition);
    }
}

static void window(struct canon_model *model, const struct canon_batch *batch,
                   struct canon_show *shows)
{
    int64_t sums[CANON_KEYS], counts[CANON_KEYS], n = 0;
    note(model, batch);
    look_back(model, batch->tick, 6, sums, counts);
    shows[0].shown = batch->tick % 2 == 0;
    for (int key = 0; key < CANON_KEYS && shows[0].shown; key++)
        if (counts[key])
            put(&shows[0], key, sums[key]);
    look_back(model, batch->tick, 3, sums, counts);
    for (int key = 0; key < CANON_KEYS; key++)
        n += counts[key];
    if (!model->ever)
        return;
    fprintf(shows[1].out, "%lld", (long long)n);
    canon_line(&shows[1], -1);
}

static void inverse(struct canon_model *model, const struct canon_batch *batch,
                    struct canon_show *shows)
{
    int64_t sums[CANON_KEYS], counts[CANON_KEYS];
    note(model, batch);
    look_back(model, batch->tick, 4, sums, counts);
    for (int key = 0; key < CANON_KEYS; key++) {
        model->has[key] |= counts[key] > 0; /* it stays for ever */
        if (model->has[key])
            put(&shows[0], key, sums[key]);
    }
    look_back(model, batch->tick, 3, sums, counts);
    for (int key = 0; key < CANON_KEYS; key++)
        if (counts[key])
            put(&shows[1], key, counts[key]);
}

static void sessions(struct canon_model *model, const struct canon_batch *batch,
                     struct canon_show *shows)
{
    for (size_t i = 0; i < batch->n; i++) {
        const struct canon_item *item = &batch->items[i];
        int64_t before = model->has[item->key] ? model->value[item->key] : 0;
        model->has[item->key] = item->number != 0;
        model->value[item->key] = item->number ? before + item->number : 0;
        model->touched_ms[item->key] = batch->time_ms;
        fprintf(shows->out, "('k%d', %lld)", item->key, (long long)model->value[item->key]);
        canon_line(shows, item->key);
    }
    for (int key = 0; key < CANON_KEYS; key++) {
        if (!model->has[key] || model->touched_ms[key] >= batch->time_ms - 3 * batch->interval_ms)
            continue;
        fprintf(shows->out, "('k%d', %lld)", key, -(long long)model->value[key]);
        canon_line(shows, key);
        model->has[key] = false;
    }
}

/* The numbers that a key has in a topic, in order: [5, 0, 7]. */
static size_t list(const struct canon_batch *batch, int topic, int key, FILE *out)
{
    size_t n = 0;
    for (size_t i = 0; i < batch->n; i++)
        if (batch->items[i].topic == topic && batch->items[i].key == key)
            fprintf(out, "%s%d", n++ ? ", " : "", batch->items[i].number);
    return n;
}

static size_t count(const struct canon_batch *batch, int topic, int key, int64_t *sum)
{
    size_t n = 0;
    *sum = 0;
    for (size_t i = 0; i < batch->n; i++) {
        const struct canon_item *item = &batch->items[i];
        if (item->topic != topic || item->key != key)
            continue;
        *sum += item->number;
        n++;
    }
    return n;
}

static void join_key(const struct canon_batch *batch, int key, struct canon_show *show)
{
    int64_t sum, other;
    size_t left = count(batch, 0, key, &sum), right = count(batch, 1, key, &other);
    if (left && !right) {
        fprintf(show->out, "('k%d', (%lld, None))", key, (long long)sum);
        canon_line(show, key);
    }
    for (size_t i = 0; i < batch->n; i++) {
        const struct canon_item *item = &batch->items[i];
        if (item->topic != 1 || item->key != key)
            continue;
        fprintf(show->out, "('k%d', (", key);
        if (left)
            fprintf(show->out, "%lld", (long long)sum);
        fprintf(show->out, "%s, %d))", left ? "" : "None", item->number);
        canon_line(show, key);
    }
}

static void join(struct canon_model *model, const struct canon_batch *batch,
                 struct canon_show *shows)
{
    (void)model;
    for (int key = 0; key < CANON_KEYS; key++) {
        int64_t sum;
        join_key(batch, key, &shows[0]);
        if (!count(batch, 0, key, &sum) && !count(batch, 1, key, &sum))
            continue;
        fprintf(shows[1].out, "('k%d', ([", key);
        list(batch, 0, key, shows[1].out);
        fprintf(shows[1].out, "], [");
        list(batch, 1, key, shows[1].out);
        fprintf(shows[1].out, "]))");
        canon_line(&shows[1], -1);
    }
}

static void both(struct canon_model *model, const struct canon_batch *batch,
                 struct canon_show *shows)
{
    (void)model;
    for (int key = CANON_KEYS; key-- > 0;) {
        int64_t sum;
        size_t left = count(batch, 0, key, &sum), right = count(batch, 1, key, &sum);
        if (!left && !right)
            continue;
        fprintf(shows[0].out, "('k%d', [", key);
        list(batch, 0, key, shows[0].out);
        fprintf(shows[0].out, "%s", left && right ? ", " : "");
        list(batch, 1, key, shows[0].out);
        fprintf(shows[0].out, "])");
        canon_line(&shows[0], -1);
        fprintf(shows[1].out, "('k%d', %lld)", key, (long long)batch->time_ms);
        canon_line(&shows[1], 0);
    }
}

const struct canon_job canon_jobs[CANON_JOBS] = {
    { "word count", WORD_COUNT, 1, 1, false, word_count },
    { "updateStateByKey", TOTALS, 1, 1, false, totals },
    { "dead letters, two outputs", ORDERS, 1, 2, true, orders },
    { "window", WINDOW, 1, 2, false, window },
    { "inverse window", INVERSE, 1, 2, false, inverse },
    { "mapWithState", SESSIONS, 1, 1, false, sessions },
    { "join", JOIN, 2, 2, false, join },
    { "union", UNION, 2, 2, false, both },
};
