/* The drop directories: which files are jobs. `*.yaml` and `*.yml`; the id is the name without the
 * suffix. Ignored: dot files, *~, *.sw?, *.tmp, .dpkg-*, .rpm*, #x#. A file of an earlier folder
 * masks one of the same name in a later one; a link to /dev/null masks and is no job itself. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define JOB_FOLDERS_MAX 2
#define JOB_FILE_ID_SIZE 64   /* with the 0 */
#define JOB_FILE_NAME_SIZE 72 /* id, suffix and the 0 */

bool job_id_good(const char *id, size_t n); /* whether n bytes of a text can be a job's id */
enum job_name { JOB_NAME_GOOD, JOB_NAME_IGNORED, JOB_NAME_BAD /* a job's suffix, but no id */ };
/* Judges a file's name; id is filled when it is good. Pure. */
enum job_name job_name_read(const char *name, char id[JOB_FILE_ID_SIZE]);

struct job_look { /* what a scan sees of a file without reading it */
    uint64_t inode, size;
    int64_t mtime_ns, ctime_ns;
};
/* The same: the file was not touched in between. */
bool job_look_same(const struct job_look *left, const struct job_look *right);

struct job_file {
    char id[JOB_FILE_ID_SIZE], name[JOB_FILE_NAME_SIZE];
    unsigned folder;
    bool null; /* disabled */
    struct job_look look;
};
struct job_files { /* of one scan, by id, then folder, then name; {0} is none */
    struct job_file *items;
    size_t n, cap;
    unsigned folder; /* being scanned */
    void (*bad_name)(void *ctx, const char *name);
    void *ctx;
};
/* Reads the folders (the first must be there); false: nothing is known. bad_name is called for each
 * name that has a job's suffix and is no id. Before a further scan, and in the end,
 * job_files_free(). */
bool job_files_scan(struct job_files *files, const char *const *folders, size_t n, struct err *err);
void job_files_free(struct job_files *files);
