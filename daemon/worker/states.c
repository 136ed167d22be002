#include "worker/states.h"

#include <stdio.h>
#include <string.h>

#include "base/diag.h"
#include "durable/recover.h"
#include "worker/batcher.h"
#include "worker/voice.h"

#define STATE_ID_MAX 63

/* The next of the list that is about this job; *at moves behind it. False: there is none. */
static bool discard_next(const struct discard *discard, const char **at, struct slice *id)
{
    size_t job = strlen(discard->job);
    while (*at && **at) {
        const char *word = *at;
        size_t n = strcspn(word, ","), from = 0;
        const char *slash = memchr(word, '/', n);
        if (slash)
            from = (size_t)(slash - word) + 1;
        *at += n + (word[n] == ',');
        *id = (struct slice){ word + from, n - from };
        if (!slash || (from == job + 1 && memcmp(word, discard->job, job) == 0))
            return true;
    }
    return false;
}

void states_drop(const struct discard *discard, struct recovered *recovered, struct voice *voice)
{
    const char *at = discard->list;
    char name[STATE_ID_MAX + 1];
    for (struct slice id; discard_next(discard, &at, &id);) {
        bool found = recovered_drop_state(recovered, id);
        snprintf(name, sizeof name, "%.*s", (int)id.len, (const char *)id.ptr);
        voice_log(voice, &(struct log_entry){ .level = LOG_WARNING,
                                              .event = found ? "state.discarded" : "state.unknown",
                                              .fields = { LOG_TEXT("id", name) },
                                              .msg = found ? NULL
                                                           : "nothing is dropped: there is no "
                                                             "state of this id" });
    }
}

void states_note(const struct discard *discard, struct batcher *batcher)
{
    const char *at = discard->list;
    for (struct slice id; discard_next(discard, &at, &id);)
        batcher_note(batcher, &(struct entry){ .kind = ENTRY_DELTA, .delta = { .id = id } });
}

void states_refuse(struct diags *diags, struct voice *voice)
{
    struct buf text = { 0 };
    for (size_t i = 0; i < diags->n; i++)
        if (!diags->items[i].warning)
            voice_log(voice, &(struct log_entry){ .level = LOG_ERROR,
                                                  .event = "state.refused",
                                                  .code = diags->items[i].code,
                                                  .msg = diags->items[i].text });
    diag_print(diags, DIAG_HUMAN, false, &text);
    voice_rejected(voice, (int64_t)diag_errors(diags), buf_text(&text));
    buf_free(&text);
}
