#include "worker/registry.h"

#include <string.h>

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

bool registry_open(const struct registry_conf *conf, struct source **source, struct err *err)
{
    const char *kind = conf->spec->sources[conf->index].kind;
    for (size_t i = 0; i < ARRAY_SIZE(registry); i++)
        if (strcmp(registry[i].kind, kind) == 0) {
            *source =
                registry[i].make(conf->loop, conf->spec, conf->index, conf->events, conf->ctx);
            return true;
        }
    return err_code(err, ERR_BAD_CONFIG, 250, "%s is known, but not supported yet", kind);
}
