/* Job files from texts, for the tests of spec/job_*.c. */
#pragma once
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "spec/job.h"

static struct arena arena;
static struct diags diags;
static struct job_spec *spec;
static struct buf printed;

static const char *variable(void *ctx, const char *name)
{
    (void)ctx;
    return strcmp(name, "KAFKA_HOST") == 0 ? "k1:9092" : NULL;
}

static bool file(void *ctx, struct expand_file *file)
{
    (void)ctx;
    file->value = "hunter2\n";
    file->reason = "No such file or directory";
    return strcmp(file->name, "password") == 0;
}

static inline bool parse_with(const char *id, const char *text, const struct yaml_node *defaults)
{
    static const struct expand_env expand = { .variable = variable, .file = file };
    const struct job_env env = { .expand = &expand, .defaults = defaults, .memory_max = 1 };
    if (!defaults)
        arena_reset(&arena);
    diags = (struct diags){ .arena = &arena, .file = "j.yaml", .source = { text, strlen(text) } };
    return job_parse(&arena, id, &env, &diags, &spec);
}

static inline bool parse(const char *text)
{
    return parse_with("j", text, NULL);
}

static inline const char *findings(enum diag_format format)
{
    buf_clear(&printed);
    diag_print(&diags, format, false, &printed);
    return buf_text(&printed);
}

static inline void clean(void)
{
    arena_free(&arena);
    buf_free(&printed);
}

/* A file is as good as it should be: true, or all that was found is `said`. */
static inline void expect(const char *text, const char *said)
{
    bool good = parse(text);
    ck_assert_str_eq(findings(DIAG_GNU), said);
    ck_assert_msg(good == !strstr(said, "error["), "%s", said);
}

#define KAFKA "kafka: {bootstrap.servers: \"b:1\", group.id: g, topics: {lines: 1}}"
#define SOURCES "sources:\n  - " KAFKA "\n"
#define PRINT "outputs: [print]\n"
