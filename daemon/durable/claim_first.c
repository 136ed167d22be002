/* Step 1 of a claim: the file `job`, which says whose lineage this is, and on a first start the
 * directory that it names. Several may try at once: the rename of one wins, and what the others made
 * is litter. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/list.h"
#include "durable/claim_parts.h"

static const char *const claim_folders[] = { "wal", "log", "snap", "out", "dead" };

static void claim_make(struct claim *claim);
static void claim_write(struct claim *claim);

void claim_find(struct claim *claim)
{
    strcpy(claim->path, "job");
    claim_ask(claim, CLAIM_FINDING, ASK_ANSWERED, claim->conf.store->ops->touch);
}

static void claim_found(struct claim *claim)
{
    bool there = claim->ask.req.answer == STORE_YES;
    strcpy(claim->path, there ? "job" : "");
    if (there)
        claim_ask(claim, CLAIM_READING, ASK_FATAL_ENDS, claim->conf.store->ops->read);
    else
        claim_ask(claim, CLAIM_CHECKING, ASK_ANSWERED, claim->conf.store->ops->list);
}

static void claim_checked(struct claim *claim)
{
    struct err err;
    struct claim_seen seen = claim_look(claim);
    if (seen.job) {
        claim_find(claim);
    } else if (seen.name) {
        err_code(&err, ERR_FATAL, 350, "%s is there, the file `job` that belongs to it is missing",
                 seen.name);
        claim_odd(claim, &err, claim_find);
    } else {
        claim_make(claim);
    }
}

static void claim_make_next(struct claim *claim)
{
    snprintf(claim->path, sizeof claim->path, "tmp/0.%s/init.%" PRIu32 CLAIM_NEW "/%s",
             claim->directory.nonce, claim->inits, claim_folders[claim->made]);
    claim_ask(claim, CLAIM_MAKING, ASK_UNKNOWN_ENDS, claim->conf.store->ops->mkdirs);
}

/* Under a fresh lineage each time: what was made before is litter. The folders are made below tmp/
 * and renamed to init.<lineage>, which then stays for ever: a MKDIRS that comes twice makes litter
 * below tmp/, a rename that comes twice moves it into init.<lineage>, and init.<lineage>/new, once
 * taken, never comes into being again. */
static void claim_make(struct claim *claim)
{
    claim_random(claim, claim->directory.lineage, FILE_LINEAGE_SIZE);
    claim->inits++;
    claim->made = 0;
    claim_make_next(claim);
}

static void claim_place(struct claim *claim)
{
    snprintf(claim->path, sizeof claim->path, "tmp/0.%s/init.%" PRIu32, claim->directory.nonce,
             claim->inits);
    strcpy(claim->target, CLAIM_INIT);
    claim_hex(claim->directory.lineage, FILE_LINEAGE_SIZE, claim->target + strlen(CLAIM_INIT));
    claim_ask(claim, CLAIM_PLACING, ASK_UNKNOWN_ENDS, claim->conf.store->ops->rename);
}

static void claim_made(struct claim *claim)
{
    if (claim->ask.req.answer != STORE_YES)
        claim_again(claim, "a file is in the way", claim_make);
    else if (++claim->made < ARRAY_SIZE(claim_folders))
        claim_make_next(claim);
    else
        claim_place(claim);
}

static void claim_placed(struct claim *claim)
{
    if (claim->ask.req.answer == STORE_YES)
        claim_write(claim);
    else
        claim_again(claim, "it is not renamed", claim_make);
}

static void claim_write(struct claim *claim)
{
    struct file_head head = { .kind = FILE_JOB };
    directory_want(&claim->directory, &head);
    file_seal(&head, NULL, 0, claim->head, claim->tail);
    claim->pieces[0] = (struct slice){ claim->head, sizeof claim->head };
    claim->pieces[1] = (struct slice){ claim->tail, sizeof claim->tail };
    snprintf(claim->path, sizeof claim->path, "tmp/0.%s/job.%" PRIu32, claim->directory.nonce,
             ++claim->job_tries);
    claim_ask(claim, CLAIM_WRITING, ASK_UNKNOWN_ENDS, claim->conf.store->ops->create);
}

static void claim_written(struct claim *claim)
{
    if (claim->ask.req.answer != STORE_YES) {
        claim_again(claim, "the name is taken", claim_write);
        return;
    }
    strcpy(claim->target, "job");
    claim_ask(claim, CLAIM_NAMING, ASK_ANSWERED, claim->conf.store->ops->rename);
}

static bool claim_read_job(struct claim *claim, struct err *err)
{
    const struct store_req *req = &claim->ask.req;
    struct file_head head;
    struct slice content;
    if (req->answer != STORE_YES) {
        *err = req->err;
        return err_wrap(err, "job");
    }
    if (file_open(buf_slice(&req->data), NULL, &head, &content, err) != FILE_WHOLE)
        return err_wrap(err, "job");
    if (head.kind != FILE_JOB)
        return err_code(err, ERR_FATAL, 350, "job: the file is of another kind");
    if (strcmp(head.job, claim->directory.job) != 0)
        return err_code(err, ERR_FATAL, 301, "the checkpoint belongs to job '%s', this is job '%s'",
                        head.job, claim->directory.job);
    memcpy(claim->directory.lineage, head.lineage, FILE_LINEAGE_SIZE);
    return true;
}

static void claim_job_read(struct claim *claim)
{
    struct err err;
    if (claim->ask.req.answer == STORE_NO) /* by a server that is behind, or it is a directory */
        claim_again(claim, "it is there, and cannot be read", claim_find);
    else if (claim_read_job(claim, &err))
        claim_list(claim);
    else
        claim_end(claim, &err);
}

void claim_first_step(struct claim *claim)
{
    switch ((enum claim_state)sm_state(&claim->sm)) {
        case CLAIM_FINDING:
            claim_found(claim);
            break;
        case CLAIM_CHECKING:
            claim_checked(claim);
            break;
        case CLAIM_MAKING:
            claim_made(claim);
            break;
        case CLAIM_PLACING:
            claim_placed(claim);
            break;
        case CLAIM_WRITING:
            claim_written(claim);
            break;
        case CLAIM_NAMING:
            claim_find(claim);
            break; /* ours or another's: `job` is there */
        default:
            claim_job_read(claim);
            break;
    }
}
