/* A file of a job's directory: its envelope, whose sums are set right first, and what stands in an owner's; and the names of files
 * and directories as a listing shows them. */
#include <stdio.h>

#include "base/crc32c.h"
#include "durable/claim_parts.h"
#include "durable/file.h"
#include "durable/recover_parts.h"
#include "fuzz.h"

void file_fuzz(const uint8_t *data, size_t size);

/* What was read, written again, is the same file. */
static void fuzz_again(struct slice bytes, struct file_head head, struct slice content)
{
    uint8_t front[FILE_HEAD_SIZE], tail[FILE_TAIL_SIZE];
    file_seal(&head, &content, 1, front, tail);
    const uint8_t *at = bytes.ptr;
    check(head.length == bytes.len && memcmp(front, at, sizeof front) == 0);
    check(memcmp(tail, at + bytes.len - sizeof tail, sizeof tail) == 0);
}

static void fuzz_envelope(uint8_t *data, size_t size)
{
    struct slice bytes = { data, size }, content;
    struct file_head head;
    struct claim_owner owner;
    struct err err = { 0 };
    if (size >= FILE_HEAD_SIZE + FILE_TAIL_SIZE) {
        be_put_u64(data + 48, size);
        be_put_u32(data + 188, crc32c(0, data, 188));
        be_put_u32(data + size - 4, crc32c(0, data, size - 4));
    }
    if (file_open(bytes, NULL, &head, &content, &err) != FILE_WHOLE) {
        check(err.kind == ERR_FATAL && !claim_owner_read(bytes, &owner));
        return;
    }
    check(content.len == size - FILE_HEAD_SIZE - FILE_TAIL_SIZE);
    check(memchr(head.job, 0, sizeof head.job) && memchr(head.name, 0, sizeof head.name));
    fuzz_again(bytes, head, content);
    if (claim_owner_read(bytes, &owner))
        check(head.kind == FILE_OWNER && memchr(owner.host, 0, sizeof owner.host));
}

#define NAMES_MAX 40u

/* Names up to a 0 each, as a store lists them. */
static void fuzz_names(struct fuzz_input *input)
{
    struct store_entry entries[NAMES_MAX];
    struct arena arena = { 0 };
    size_t n = 0;
    for (; n < NAMES_MAX && input->at < input->end; n++) {
        struct slice name = fuzz_text(input);
        entries[n] = (struct store_entry){ .name = arena_strndup(&arena, name.ptr, name.len),
                                           .is_directory = n % 2 == 0,
                                           .length = n };
    }
    struct store_req req = { .entries = entries, .n_entries = n };
    struct claim claim = { .ask.req = req };
    struct claim_seen seen = claim_look(&claim);
    check((seen.other == NULL) || seen.name);
    struct recovered found = { 0 };
    struct recover recover = { .ask.req = req, .found = &found };
    recover_list_numbers(&recover, &recover.log);
    recover_list_commits(&recover);
    recover_list_outs(&recover);
    for (size_t i = 0; i < recover.log.n; i++)
        check(recover.log.numbers[i] > 0 && recover_has(&recover.log, recover.log.numbers[i]));
    arena_free(&found.arena);
    arena_free(&arena);
}

void file_fuzz(const uint8_t *data, size_t size)
{
    struct fuzz_input input = { data, data + size };
    if (fuzz_pick(&input, 4) == 0) {
        fuzz_names(&input);
        return;
    }
    uint8_t *bytes = fuzz_rest(&input, &size);
    fuzz_envelope(bytes, size);
    free(bytes);
}
