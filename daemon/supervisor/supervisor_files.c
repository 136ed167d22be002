/* The drop directories against the table of jobs. Hints of inotify set a timer of quiet, then the
 * folders are scanned; besides every `rescan` and on SIGHUP. A change seen after quiet is taken at
 * once; one seen by chance, or while hints do not end, is taken when another look, a quiet later, finds
 * the same. A folder that cannot be read changes nothing. */
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "io/dir.h"
#include "io/proc.h"
#include "supervisor/supervisor_parts.h"

static void files_log(struct supervisor *supervisor, const char *job, const char *event,
                      const char *msg)
{
    log_put(supervisor->conf.log,
            &(struct log_entry){ .level = LOG_WARNING, .job = job, .event = event, .msg = msg });
}

/* ---- one file */

/* Copies the bytes to specs/ID.new. False when that could not be done, which was said. */
static bool file_copy(struct job *job, uint64_t *hash)
{
    char *from = mem_printf("%s/%s", job->supervisor->conf.folders[job->folder], job->name);
    char *to = job_spec_path(job, ".new");
    struct buf bytes = { 0 };
    struct err err;
    bool copied = dir_read(from, SUPERVISOR_SPEC_MAX + 1, &bytes, &err);
    *hash = copied ? hash64(bytes.ptr, bytes.len, 0) : 0;
    if (copied && *hash != job->seen)
        copied = dir_write(to, buf_slice(&bytes), &err) || err.kind == ERR_UNKNOWN; /* in place */
    snprintf(job->trouble, sizeof job->trouble, "%s", copied ? "" : err.text);
    if (!copied)
        files_log(job->supervisor, job->id, "job.unreadable", err.text);
    buf_free(&bytes);
    mem_free(from);
    mem_free(to);
    return copied;
}

static void file_take(struct job *job, const struct job_look *look)
{
    uint64_t hash;
    if (job->check.running == CHECK_NEW) { /* its bytes must stay: take the file behind it */
        check_drop(job);
        job->seen = 0;
        job->glimpsed = false;
        files_hint(job->supervisor);
        return;
    }
    if (!file_copy(job, &hash))
        return; /* the next scan tries again */
    job->look = *look;
    if (hash == job->seen && !job->removed)
        return;
    job->seen = hash;
    job->removed = false;
    job->check.spec = hash;
    check_begin(job, CHECK_NEW);
}

static void file_seen(struct job *job, const struct job_file *file, bool settled)
{
    bool moved = job->folder != file->folder || strcmp(job->name, file->name) != 0;
    bool same = !moved && !job->removed && job_look_same(&job->look, &file->look);
    bool twice = job->glimpsed && job_look_same(&job->glimpse, &file->look);
    job->missed = 0;
    job->glimpsed = !same;
    job->glimpse = file->look;
    if (same)
        return;
    if (!settled && !twice) {
        files_hint(job->supervisor);
        return;
    }
    job->glimpsed = false;
    job->folder = file->folder;
    strcpy(job->name, file->name);
    if (job->removed)
        job->seen = 0;
    file_take(job, &file->look);
}

/* ---- places */

static struct job *files_find(struct supervisor *supervisor, const char *id)
{
    for (uint32_t i = 0; i < supervisor->conf.jobs_max; i++)
        if (supervisor->jobs[i].used && strcmp(supervisor->jobs[i].id, id) == 0)
            return &supervisor->jobs[i];
    return NULL;
}

static struct job *files_place(struct supervisor *supervisor, const struct job_file *file)
{
    uint32_t at = 0;
    while (at < supervisor->conf.jobs_max && supervisor->jobs[at].used)
        at++;
    if (at == supervisor->conf.jobs_max) {
        if (!supervisor->full)
            files_log(supervisor, file->id, "job.refused", "limits.jobs is reached");
        supervisor->full = true;
        return NULL;
    }
    struct job *job = &supervisor->jobs[at];
    struct proc *worker = job->worker, *checker = job->check.proc;
    if (worker) /* else the place is as the kernel gave it, and takes no memory yet */
        memset(job, 0, sizeof *job);
    job->supervisor = supervisor;
    job->used = true;
    job->worker = worker ? worker : proc_new(supervisor->loop);
    job->check.proc = checker ? checker : proc_new(supervisor->loop);
    job->shown.since_ms = supervisor_now_ms(supervisor);
    strcpy(job->id, file->id);
    strcpy(job->name, file->name);
    job->folder = file->folder;
    job->used = job_open(job);
    if (job->used)
        return job;
    files_hint(supervisor); /* a count that is not known must not begin anew: try again */
    return NULL;
}

static void files_twin(struct job *job, const struct job_file *file)
{
    char text[2 * JOB_FILE_NAME_SIZE + 80];
    if (strcmp(job->twin, file->name) == 0)
        return;
    strcpy(job->twin, file->name);
    snprintf(text, sizeof text, "%s and %s have the same id; %s is left out", job->name, file->name,
             file->name);
    files_log(job->supervisor, job->id, "job.twice", text);
}

/* Files of one id, [at, end): the one that is known already, else the first. */
static void files_of_id(struct supervisor *supervisor, const struct job_file *at,
                        const struct job_file *end, bool settled)
{
    struct job *job = files_find(supervisor, at->id);
    const struct job_file *chosen = at;
    for (const struct job_file *file = at; job && !job->removed && file < end; file++)
        if (file->folder == job->folder && strcmp(file->name, job->name) == 0)
            chosen = file;
    if (!job)
        job = files_place(supervisor, chosen);
    if (!job)
        return;
    file_seen(job, chosen, settled);
    if (end - at == 1)
        job->twin[0] = '\0';
    for (const struct job_file *file = at; file < end; file++)
        if (file != chosen)
            files_twin(job, file);
}

static void files_missed(struct job *job, bool settled)
{
    if (job->removed)
        return;
    if (++job->missed < 2 && !settled) {
        files_hint(job->supervisor);
        return;
    }
    job->removed = true;
    job->glimpsed = false;
    job->accepted = job->before = 0;
    static const char *const suffixes[] = { ".new", ".old", "" };
    for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
        char *path = job_spec_path(job, suffixes[i]);
        dir_remove(path);
        mem_free(path);
    }
    log_put(job->supervisor->conf.log,
            &(struct log_entry){ .level = LOG_INFO,
                                 .job = job->id,
                                 .event = "job.removed",
                                 .fields = { LOG_TEXT("file", job->name) },
                                 .msg = "its data stays" });
    check_drop(job);
    job_step(job, &(struct policy_event){ .kind = POLICY_UNTAKE });
}

static bool files_has(const struct job_files *files, const char *id)
{
    for (size_t i = 0; i < files->n; i++)
        if (strcmp(files->items[i].id, id) == 0)
            return true;
    return false;
}

/* ---- the whole */

static void files_bad_name(void *ctx, const char *name)
{
    struct supervisor *supervisor = ctx;
    char text[400];
    snprintf(text, sizeof text, "%.255s: a job's id is 1 to 63 letters, digits, '_' and '-'", name);
    files_log(supervisor, NULL, "job.badname", text);
}

static void files_compare(struct supervisor *supervisor, const struct job_files *files,
                          bool settled)
{
    for (size_t at = 0, end; at < files->n; at = end) {
        for (end = at + 1; end < files->n;)
            if (strcmp(files->items[at].id, files->items[end].id) == 0)
                end++;
            else
                break;
        files_of_id(supervisor, &files->items[at], &files->items[end], settled);
    }
    for (uint32_t i = 0; i < supervisor->conf.jobs_max; i++)
        if (supervisor->jobs[i].used && !files_has(files, supervisor->jobs[i].id))
            files_missed(&supervisor->jobs[i], settled);
}

struct sweep { /* of specs/ at the start: what no job file stands for any more */
    const struct job_files *files;
    struct buf names; /* ended by 0 each */
};

static void files_sweep_one(void *ctx, const struct dir_entry *entry)
{
    struct sweep *sweep = ctx;
    char id[JOB_FILE_ID_SIZE];
    size_t n = strcspn(entry->name, ".");
    if (n >= sizeof id)
        return;
    memcpy(id, entry->name, n);
    id[n] = '\0';
    if (!files_has(sweep->files, id))
        buf_put(&sweep->names, entry->name, strlen(entry->name) + 1);
}

static void files_sweep(struct supervisor *supervisor, const struct job_files *files)
{
    struct sweep sweep = { .files = files };
    char *folder = mem_printf("%s/specs", supervisor->conf.state);
    dir_scan(folder, files_sweep_one, &sweep, NULL);
    for (size_t at = 0; at < sweep.names.len;) {
        const char *name = (const char *)sweep.names.ptr + at;
        char *path = mem_printf("%s/%s", folder, name);
        dir_remove(path);
        mem_free(path);
        at += strlen(name) + 1;
    }
    buf_free(&sweep.names);
    mem_free(folder);
}

void files_scan(struct supervisor *supervisor, bool hinted)
{
    struct job_files files = { .bad_name = files_bad_name, .ctx = supervisor };
    struct err err;
    bool settled = !supervisor->scanned || (hinted && supervisor->watched);
    if (job_files_scan(&files, supervisor->conf.folders, supervisor->conf.n_folders, &err)) {
        supervisor->generation++;
        supervisor->full = supervisor->full && files.n > supervisor->conf.jobs_max;
        supervisor->unreadable = false;
        files_compare(supervisor, &files, settled);
        if (!supervisor->scanned)
            files_sweep(supervisor, &files);
        supervisor->scanned = true;
    } else if (!supervisor->unreadable) {
        supervisor->unreadable = true;
        files_log(supervisor, NULL, "jobs.unreadable", err.text);
    }
    job_files_free(&files);
    supervisor_settle(supervisor);
}
