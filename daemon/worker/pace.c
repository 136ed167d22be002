#include "worker/pace.h"

static bool pace_counts(const struct pace *pace, const struct pace_batch *batch)
{
    if (!(batch->records > 0) || !(batch->processing_ms > 0) ||
        (pace->measured && !(batch->time_ms > pace->last_ms)))
        return false;
    bool is_long =
        batch->processing_ms + batch->scheduling_ms > PACE_LONG_SHARE * pace->conf.batch_ms;
    bool is_limited =
        pace->limit > 0 && batch->records * 1000 > pace->limit * pace->conf.batch_ms / 2;
    return is_long || is_limited;
}

uint64_t pace_step(struct pace *pace, const struct pace_batch *batch)
{
    const struct pace_conf *conf = &pace->conf;
    if (!pace_counts(pace, batch))
        return 0;
    double since_s = (batch->time_ms - pace->last_ms) / 1000;
    double processing = batch->records / batch->processing_ms * 1000;
    double error = pace->rate - processing;
    double piled_up = batch->scheduling_ms * processing / conf->batch_ms;
    double change = (error - pace->error) / since_s;
    bool is_first = !pace->measured;
    pace->measured = true;
    pace->last_ms = batch->time_ms;
    if (is_first) { /* nothing to compare it with */
        pace->rate = processing;
        pace->error = 0;
        return 0;
    }
    double rate = pace->rate - conf->proportional * error - conf->integral * piled_up -
                  conf->derived * change;
    pace->rate = rate > conf->min_rate ? rate : conf->min_rate;
    pace->error = error;
    pace->limit = pace->rate;
    return pace->limit < (double)(1ull << 62) ? (uint64_t)pace->limit : 0;
}
