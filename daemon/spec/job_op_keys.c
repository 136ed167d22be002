/* The keys of operations that remember. */
#include "spec/job_parts.h"

#define KEY(key, kind, field, what) \
    .name = key, .type = kind, .at = offsetof(struct job_args, field), .help = what

#define ID KEY("id", SCHEMA_TEXT, id, "under which its state is saved"), .example = "totals"
#define INITIAL                                                                               \
    KEY("initial", SCHEMA_LIST, initial, "states before the first batch: [[key, state], …]"), \
        .example = "[[a, 1]]"
#define STATE_TYPE                                                                               \
    KEY("stateType", SCHEMA_ANY, state_type, "of the state, where it cannot be known: \"Int\""), \
        .example = "Int"
#define WINDOW                                                                                    \
    KEY("windowDuration", SCHEMA_DURATION, window_ms, "how far it looks back"), .example = "30s", \
                                                                                .min = 1
#define SLIDE                                                                                  \
    KEY("slideDuration", SCHEMA_DURATION, slide_ms, "how often; default: the stream's slide"), \
        .example = "10s", .min = 1

const struct schema_key job_update_keys[] = {
    { ID, .required = true },
    { KEY("func", SCHEMA_EXPRESSION, func,
          "(values, state) => the new state; None removes the key"),
      .example = "\"(values, state) => state.getOrElse(0) + values.sum\"", .required = true },
    { INITIAL },
    { STATE_TYPE },
    { 0 },
};

const struct schema_key job_map_state_keys[] = {
    { ID, .required = true },
    { KEY("func", SCHEMA_EXPRESSION, func, "(key, value, state) => (out, new state)"),
      .example = "\"(key, value, state) => ((key, value), value)\"", .required = true },
    { KEY("timeout", SCHEMA_DURATION, timeout_ms, "a key that is not touched for longer goes"),
      .example = "30m", .min = 1 },
    { INITIAL },
    { STATE_TYPE },
    { 0 },
};

const struct schema_key job_window_keys[] = {
    { WINDOW, .required = true },
    { SLIDE },
    { ID },
    { 0 },
};

#define FOLDS                                                                                   \
    { KEY("func", SCHEMA_EXPRESSION, func, "of two values, as for reduce"), .example = "_ + _", \
      .required = true },                                                                       \
    {                                                                                           \
        KEY("invFunc", SCHEMA_EXPRESSION, inv_func, "takes the second value out of the first"), \
            .example = "_ - _"                                                                  \
    }

const struct schema_key job_reduce_window_keys[] = {
    FOLDS, { WINDOW, .required = true }, { SLIDE }, { ID }, { 0 },
};

const struct schema_key job_reduce_by_key_window_keys[] = {
    FOLDS,
    { KEY("filterFunc", SCHEMA_EXPRESSION, filter_func, "(key, value) => is the key kept?"),
      .example = "\"(key, value) => value > 0\"" },
    { WINDOW, .required = true },
    { SLIDE },
    { ID },
    { 0 },
};
