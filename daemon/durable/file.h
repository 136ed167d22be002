/* The envelope of every file in a job's directory. All numbers are big-endian.
 *
 *     0  8   magic "TIDEMARK"
 *     8  u16 format version, FILE_VERSION
 *    10  u16 kind (enum file_kind)
 *    12  u32 flags: 0
 *    16  16  lineage of the job: random, given once when the job is made
 *    32  u64 epoch of the worker that wrote it
 *    40  u64 index: of a log record or snapshot, the seq of a group commit, an output's batch
 *    48  u64 length of the whole file
 *    56  64  job id, filled up with zeros
 *   120  64  name of the source (wal) or the output's label (out), filled up with zeros
 *   184  u32 0
 *   188  u32 CRC-32C of bytes 0 to 187
 *   192      content
 *   end-4    u32 CRC-32C of all bytes before it
 *
 * A file stands under its name complete, closed and for ever the same, so a reader tells three
 * things apart: whole; damaged (it was ours, its bytes are not what was written); foreign (of
 * another job, lineage, kind, index or format version, or no file of ours at all). */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define FILE_VERSION 1
#define FILE_HEAD_SIZE 192
#define FILE_TAIL_SIZE 4
#define FILE_LENGTH_MAX (64ull << 30) /* of a record or a snapshot: recovery holds it whole */
#define FILE_LINEAGE_SIZE 16
#define FILE_NAME_SIZE 64 /* of a job id, a source's name, a label, with its 0 */

enum file_kind {
    FILE_JOB = 1, /* names the job's first directory; content: empty, the lineage says it */
    FILE_OWNER,   /* who took the job over; content: see claim.h */
    FILE_WAL,     /* a group commit of one source; content: frames, see frame.h */
    FILE_LOG,     /* a record of the batch log; content: see record.h */
    FILE_SNAP,    /* a snapshot; content: see record.h */
    FILE_OUT,     /* an output too large for its record; content: the rendered bytes */
    FILE_DEAD,    /* dead letters of a batch; content: see record.h */
    FILE_KINDS
};

struct file_head {
    enum file_kind kind;
    uint8_t lineage[FILE_LINEAGE_SIZE];
    uint64_t epoch, index;
    uint64_t length;           /* of the whole file, bytes */
    char job[FILE_NAME_SIZE];  /* id */
    char name[FILE_NAME_SIZE]; /* source or label; "" = none */
};

enum file_state {
    FILE_WHOLE,
    FILE_DAMAGED, /* its bytes are not those that were written */
    FILE_FOREIGN, /* whole, but not what should be there; or, with nothing wanted, no file of ours */
};

/* Writes head and tail of a file with this content in pieces; head->length is set here. The file is
 * head, pieces, tail, in this order. */
void file_seal(struct file_head *head, const struct slice *pieces, uint32_t n_pieces,
               uint8_t out_head[FILE_HEAD_SIZE], uint8_t out_tail[FILE_TAIL_SIZE]);
/* The same of a large content whose crc32c() is known: its bytes are not looked at. */
void file_seal_summed(struct file_head *head, uint64_t length, uint32_t crc,
                      uint8_t out_head[FILE_HEAD_SIZE], uint8_t out_tail[FILE_TAIL_SIZE]);
/* Looks at a whole file. `want` says what it should be: kind, lineage, job, index and name must
 * agree (its epoch is not compared); NULL: whatever it is. FILE_WHOLE: *head is filled and *content
 * is a view into bytes. Otherwise err (ERR_FATAL, code 350; 351 for a snapshot) says what is wrong
 * and *content is untouched. */
enum file_state file_open(struct slice bytes, const struct file_head *want, struct file_head *head,
                          struct slice *content, struct err *err);
/* The same of a large file whose last four bytes the caller holds against a crc32c() of all before them; here they are not. */
enum file_state file_open_unsummed(struct slice bytes, const struct file_head *want,
                                   struct file_head *head, struct slice *content, struct err *err);
