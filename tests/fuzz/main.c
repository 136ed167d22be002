/* fuzz DIR [TARGET]: replays DIR/TARGET/… for every target, or one. fuzz FILE TARGET: that input alone. Under libFuzzer the target
 * that FUZZ_TARGET names takes its bytes. */
#include <dirent.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

#if defined(__has_feature)
#if __has_feature(coverage_sanitizer)
#define FUZZING 1
#endif
#endif

#ifdef FUZZING
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct fuzz_target *target;
    const char *name = getenv("FUZZ_TARGET");
    if (!target) {
        target = fuzz_targets;
        while (target->name && (!name || strcmp(target->name, name) != 0))
            target++;
    }
    check(target->name);
    target->run(data, size);
    return 0;
}
#else
static char path[PATH_MAX]; /* being replayed */

static void say_path(int number)
{
    dprintf(STDERR_FILENO, "%s\n", path);
    signal(number, SIG_DFL);
    raise(number);
}

static void replay_file(const struct fuzz_target *target)
{
    FILE *file = fopen(path, "rb");
    struct buf bytes = { 0 };
    size_t n = 1;
    check(file);
    while (n) {
        buf_reserve(&bytes, 4096);
        n = fread(bytes.ptr + bytes.len, 1, 4096, file);
        bytes.len += n;
    }
    fclose(file);
    uint8_t *exact = malloc(bytes.len + 1); /* a step past the end is seen */
    check(exact);
    memcpy(exact, bytes.ptr, bytes.len);
    target->run(exact, bytes.len);
    free(exact);
    buf_free(&bytes);
}

static unsigned replay(const struct fuzz_target *target, const char *root)
{
    unsigned n = 0;
    struct stat about;
    if (stat(root, &about) == 0 && S_ISREG(about.st_mode)) {
        snprintf(path, sizeof path, "%s", root);
        replay_file(target);
        return 1;
    }
    snprintf(path, sizeof path, "%s/%s", root, target->name);
    DIR *dir = opendir(path);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s/%s", root, target->name, entry->d_name);
        replay_file(target);
        n++;
    }
    if (dir)
        closedir(dir);
    if (!n)
        printf("%s: nothing to replay\n", target->name);
    return n;
}

int main(int argc, char **argv)
{
    unsigned passed = 0, failed = 0;
    if (argc < 2)
        return EXIT_FAILURE;
    const char *slash = strrchr(argv[0], '/'), *name = slash ? slash + 1 : argv[0];
    signal(SIGABRT, say_path);
    signal(SIGSEGV, say_path);
    for (const struct fuzz_target *target = fuzz_targets; target->name; target++) {
        if (argc > 2 && strcmp(argv[2], target->name) != 0)
            continue;
        unsigned n = replay(target, argv[1]);
        passed += n;
        failed += !n;
    }
    printf("%s: %u passed, %u failed\n", name, passed, failed);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
#endif
