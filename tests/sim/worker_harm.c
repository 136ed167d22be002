/* Files of a job that are not as they were: each bit turned over, each cut short, each deleted, put in another's place or put
 * back from earlier. Whatever is done to one file, the next worker either says which file is damaged and publishes nothing, or
 * does not need it; with the file mended, everything comes out right. It never needs a group commit whose bytes are damaged:
 * Kafka still has the records. Each harm is done to a copy of one simulation, a fork. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "base/hash.h"
#include "parts.h"
#include "worker_sim.h"

#define HDFS "webhdfs://nn/job"
#define FILES_MAX 256
#define WHOLE 8       /* of so many harms that were named, one is followed to the end */
#define HARM_MS 60000 /* so long a worker may take to say what is wrong, or to go on */

struct harmed {
    struct tally *tally;
    size_t n;
    struct harmed_file {
        char path[128]; /* below the job's directory: log/3; or job */
        char *bytes;
        size_t len;
        bool newest; /* of its folder: without it nobody can know that it was there */
    } files[FILES_MAX];
};

struct harm { /* what is done to files[file] */
    enum census kind;
    size_t file, at; /* bit, byte, or other file; SIZE_MAX: none */
};

static void seen_file(void *ctx, const char *path, struct slice bytes)
{
    struct harmed *harmed = ctx;
    const char *name = path[0] == 'e' ? strchr(path, '/') : NULL;
    if ((!name && strcmp(path, "job") != 0) || harmed->n == FILES_MAX)
        return;
    struct harmed_file *file = &harmed->files[harmed->n++];
    snprintf(file->path, sizeof file->path, "%s", name ? name + 1 : path);
    file->bytes = sim_alloc(bytes.len);
    file->len = bytes.len;
    memcpy(file->bytes, bytes.ptr, bytes.len);
}

static size_t folder_len(const struct harmed_file *file)
{
    const char *slash = strrchr(file->path, '/');
    return slash ? (size_t)(slash - file->path) + 1 : 0;
}

static unsigned long long number_of(const struct harmed_file *file)
{
    const char *digits = file->path + strlen(file->path);
    while (digits > file->path && digits[-1] >= '0' && digits[-1] <= '9')
        digits--;
    return strtoull(digits, NULL, 10);
}

static bool same_folder(const struct harmed_file *a, const struct harmed_file *b)
{
    size_t n = folder_len(a);
    return n && folder_len(b) == n && memcmp(a->path, b->path, n) == 0;
}

static void mark_newest(struct harmed *harmed)
{
    for (size_t i = 0; i < harmed->n; i++) {
        struct harmed_file *file = &harmed->files[i];
        file->newest = true;
        for (size_t j = 0; j < harmed->n; j++)
            if (same_folder(file, &harmed->files[j]) &&
                number_of(&harmed->files[j]) > number_of(file))
                file->newest = false;
    }
}

/* ---- in the fork */

static void directory_now(void *ctx, const char *path, struct slice bytes)
{
    const char *slash = strchr(path, '/');
    (void)bytes;
    if (path[0] == 'e' && slash)
        snprintf(ctx, 128, "%.*s", (int)(slash - path), path);
}

static void put(struct harmed *harmed, const struct harmed_file *file, struct slice bytes)
{
    struct sim_store *store = sim_store(harmed->tally->sim, HDFS);
    char directory[128] = "", path[300];
    sim_store_walk(store, "", directory_now, directory);
    if (folder_len(file) || strncmp(file->path, "owner", 5) == 0)
        snprintf(path, sizeof path, "%s/%s", directory, file->path);
    else
        snprintf(path, sizeof path, "%s", file->path);
    sim_store_put(store, path, bytes);
}

static void mend(struct harmed *harmed, const struct harmed_file *file)
{
    put(harmed, file, (struct slice){ file->bytes, file->len });
}

static void do_harm(struct harmed *harmed, const struct harm *harm)
{
    const struct harmed_file *file = &harmed->files[harm->file];
    const struct harmed_file *other = &harmed->files[harm->at < harmed->n ? harm->at : 0];
    struct slice bytes = { file->bytes, file->len };
    char *copy = sim_alloc(file->len + 1);
    memcpy(copy, file->bytes, file->len);
    if (harm->kind == CENSUS_FLIPS) {
        copy[harm->at / 8] ^= (char)(1 << harm->at % 8);
        bytes.ptr = copy;
    } else if (harm->kind == CENSUS_CUTS) {
        bytes.len = harm->at;
    } else if (harm->at == SIZE_MAX) {
        bytes = (struct slice){ NULL, 0 };
    } else {
        bytes = (struct slice){ other->bytes, other->len };
    }
    put(harmed, file, bytes);
    free(copy);
}

static bool over(void *ctx)
{
    const struct tally *tally = ctx;
    return !tally->workers[0] || tally->recovered;
}

static void add_hash(void *ctx, const char *path, struct slice bytes)
{
    const char *slash = path[0] == 'e' ? strchr(path, '/') : NULL;
    if (slash && strncmp(slash, "/owner", 6) != 0)
        *(uint64_t *)ctx += hash64(bytes.ptr, bytes.len, hash64(slash, strlen(slash), 0));
}

/* A hash of what a job is: its log, blocks, snapshots, whoever has it. */
static uint64_t job_hash(struct harmed *harmed)
{
    uint64_t hash = 0;
    sim_store_walk(sim_store(harmed->tally->sim, HDFS), "", add_hash, &hash);
    return hash;
}

/* Does the worker go on, or say what is wrong? Then it must have left everything as it was, and all comes out once the file is
 * mended: as that is then the same for all harms, it is tried after some. */
static void judge(struct harmed *harmed, const struct harm *harm)
{
    struct tally *tally = harmed->tally;
    const struct harmed_file *file = &harmed->files[harm->file];
    uint64_t before = job_hash(harmed);
    do_harm(harmed, harm);
    tally->harmed = file->path;
    tally->recovered = tally->named = false;
    tally->stopping = false;
    tally_start(tally, 0);
    sim_run(tally->sim, HARM_MS, over, tally);
    if (!tally->recovered) {
        sim_expect(tally->sim, harm->kind == CENSUS_SHUFFLES || strncmp(file->path, "wal/", 4) != 0,
                   "%s is damaged, and nobody read its records from Kafka again", file->path);
        sim_expect(tally->sim, !tally->workers[0] && tally->named,
                   "%s is damaged, and nobody said so", file->path);
        mend(harmed, file);
        sim_expect(tally->sim, job_hash(harmed) == before, "who found %s damaged changed the job",
                   file->path);
        if (harm->kind != CENSUS_SHUFFLES && harm->at / sim_step % WHOLE)
            return;
    }
    tally->spoiled = tally->recovered;
    tally->harmed = NULL;
    tally_start(tally, 0);
    tally_finish(tally);
}

/* ---- all harms of a kind */

static void try(struct harmed *harmed, const struct harm *harm)
{
    struct sim *sim = harmed->tally->sim;
    int status = 0;
    if (*sim->failure)
        return;
    fflush(stdout);
    pid_t pid = fork();
    check(pid >= 0);
    if (pid == 0) {
        judge(harmed, harm);
        if (*sim->failure)
            printf("harm: kind %d, file %zu %s, at %zu: %s\n", (int)harm->kind, harm->file,
                   harmed->files[harm->file].path, harm->at, sim->failure);
        fflush(stdout);
        _exit(*sim->failure ? 1 : 0);
    }
    check(waitpid(pid, &status, 0) == pid);
    census_note(harm->kind);
    sim_expect(sim, status == 0, "%s harmed, kind %d at %zu: status %d",
               harmed->files[harm->file].path, (int)harm->kind, harm->at, status);
}

/* Every n-th, so that one run of `make check` tries some and the next ones, by other seeds, the rest. */
static void try_each(struct harmed *harmed, enum census kind, size_t file, size_t n)
{
    for (size_t at = harmed->tally->sim->seed % sim_step; at < n; at += sim_step)
        try(harmed, &(struct harm){ kind, file, at });
}

static void try_others(struct harmed *harmed, size_t file)
{
    if (!harmed->files[file].newest)
        try(harmed, &(struct harm){ CENSUS_SHUFFLES, file, SIZE_MAX });
    for (size_t other = 0; other < harmed->n; other++)
        if (other != file && same_folder(&harmed->files[file], &harmed->files[other]))
            try(harmed, &(struct harm){ CENSUS_SHUFFLES, file, other });
}

void worker_harm(struct sim *sim)
{
    sim->faults = (struct sim_faults){ .latency_us = 2000, .give_up_ms = 1000, .late_ms = 20000 };
    struct harmed *harmed = sim_alloc(sizeof *harmed);
    struct tally *tally = harmed->tally = tally_new(sim, HDFS);
    tally_start(tally, 0);
    sim_run(sim, 1500 + sim_below(sim, 2500), NULL, NULL);
    tally->stopping = true; /* not started again by itself */
    if (tally->workers[0])
        sim_kill(tally->workers[0]);
    sim_store_walk(sim_store(sim, HDFS), "", seen_file, harmed);
    mark_newest(harmed);
    for (size_t i = 0; i < harmed->n && !*sim->failure; i++) {
        try_each(harmed, CENSUS_FLIPS, i, harmed->files[i].len * 8);
        try_each(harmed, CENSUS_CUTS, i, harmed->files[i].len);
        try_others(harmed, i);
    }
    for (size_t i = 0; i < harmed->n; i++)
        free(harmed->files[i].bytes);
    free(harmed);
    tally_free(tally);
}
