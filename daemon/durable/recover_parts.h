/* What recover.c (the flow), recover_list.c (what the folders hold) and recover_record.c (reading
 * records, and what they say) share. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/sm.h"
#include "durable/ask.h"
#include "durable/recover.h"

#define RECOVER_AT_ONCE 8 /* records that are read ahead: a record is read in 10 ms */

enum recover_state {
    RECOVER_SNAPSHOTS, /* listing snap/, log/, wal/, out/ */
    RECOVER_LOG,
    RECOVER_WAL,
    RECOVER_OUT,
    RECOVER_LOADING, /* the newest snapshot that is valid */
    RECOVER_BACK,    /* the record it stands for, and older ones with outputs to deliver */
    RECOVER_RECORDS, /* those behind it */
    RECOVER_ENDED,
    RECOVER_STATES
};

struct recover_numbers { /* of files named by numbers, ascending */
    uint64_t *numbers;
    size_t n;
    uint64_t bytes; /* of all of them */
};
struct recover_commit { /* a file wal/<source>-<seq> */
    const char *source;
    uint64_t seq;
};
struct recover_slot { /* one record that is read */
    struct recover *recover;
    struct ask ask;
    char path[DIRECTORY_PATH_SIZE];
    bool busy, done;
};

struct recover {
    struct sm sm;
    struct directory *directory;
    recover_cb cb;
    void *ctx;
    struct recovered *found;
    struct recover_numbers snaps, log;
    struct recover_commit *commits;
    size_t n_commits;
    const char **outs; /* names in out/ */
    size_t n_outs;
    const char **named; /* those of them that records name */
    size_t n_named;
    size_t snaps_left; /* that were not tried yet */
    uint64_t back;     /* the record that is read in RECOVER_BACK */
    uint64_t back_hash;
    uint64_t next_sent, next_read, last; /* in RECOVER_RECORDS */
    struct ask ask;
    char path[DIRECTORY_PATH_SIZE];
    struct recover_slot slots[RECOVER_AT_ONCE];
    size_t outputs_cap, named_cap, states_cap;
};

/* Numbers of the entries just listed: "1", "2", …; what has another name is not ours. */
void recover_list_numbers(struct recover *recover, struct recover_numbers *numbers);
void recover_list_commits(struct recover *recover);
void recover_list_outs(struct recover *recover);
bool recover_has(const struct recover_numbers *numbers, uint64_t number);
/* The log behind the snapshot has no hole. False: ERR_FATAL. */
bool recover_check_log(const struct recover *recover, struct err *err);
/* The group commits behind those that were taken, without a hole; fills in found->sources. */
bool recover_check_wal(struct recover *recover, struct err *err);
void recover_clean(struct recover *recover); /* deletes what nobody needs */

/* Opens the record log/<index> as it was read. *content views into what ask brought. */
bool recover_open(const struct recover *recover, const struct ask *ask, uint64_t index,
                  struct slice *content, struct err *err);
/* Keeps the outputs of a record that are not delivered as far as is known, and the names in out/.
 * *first is the number of its first batch; unchanged when there is none. */
bool recover_gather(struct recover *recover, struct slice content, uint64_t *first,
                    struct err *err);
/* Keeps what a snapshot that was loaded says about states. */
void recover_gather_states(struct recover *recover, struct slice content);
/* Keeps both of a record that was applied. */
void recover_gather_applied(struct recover *recover, struct slice content);
void recover_settle_outputs(struct recover *recover); /* drops what was noted as delivered later */
