/* States of an earlier version of the job that this one does not go on from: dropped by the user's word, or refused. */
#pragma once
#include "base/buf.h"

struct batcher;
struct diags;
struct recovered;
struct voice;

struct discard {      /* what the user said */
    const char *list; /* states to drop: ID or JOB/ID, with commas between; NULL = none */
    const char *job;  /* whose states these are */
};

/* Takes them out of what recovery found, and says so. */
void states_drop(const struct discard *discard, struct recovered *recovered, struct voice *voice);
/* The next record says that they are gone: from there on no recovery finds them. */
void states_note(const struct discard *discard, struct batcher *batcher);
/* Says what the job cannot go on from: a line each in the log, and all of it, as far as it fits, to the supervisor. */
void states_refuse(struct diags *diags, struct voice *voice);
