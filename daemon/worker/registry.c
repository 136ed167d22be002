#include "worker/registry.h"

#include <string.h>

#include "base/check.h"
#include "base/list.h"
#include "source/kafka.h"
#include "source/source.h"
#include "spec/job.h"

struct registry_row {
    const char *kind; /* as in the job file */
    struct source *(*make)(struct loop *loop, const struct job_spec *spec, uint32_t index,
                           const struct source_events *events, void *ctx);
};
static const struct registry_row registry[] = {
    { .kind = "kafka", .make = kafka_source_new },
};

struct source *registry_open(const struct registry_conf *conf)
{
    const char *kind = conf->spec->sources[conf->index].kind;
    const struct registry_row *row = registry;
    while (strcmp(row->kind, kind) != 0)
        check(++row < registry + ARRAY_SIZE(registry));
    return row->make(conf->loop, conf->spec, conf->index, conf->events, conf->ctx);
}
