#include "cli/test_report.h"

#include <stdio.h>
#include <string.h>

#include "base/quote.h"
#include "base/scan.h"

/* ---- XML */

/* XML 1.0 has no way to write most control characters. */
static bool in_xml(uint32_t point)
{
    return point >= 0x20 ? point != 0xfffe && point != 0xffff : point == '\n' || point == '\t';
}

static void xml_put(struct buf *out, struct slice text)
{
    const uint8_t *at = text.ptr, *end = at + text.len;
    while (at < end) {
        uint32_t point = 0;
        size_t n = scan_utf8(at, end, &point);
        if (!n || !in_xml(point))
            buf_puts(out, "\xef\xbf\xbd");
        else if (point == '<')
            buf_puts(out, "&lt;");
        else if (point == '>')
            buf_puts(out, "&gt;");
        else if (point == '&')
            buf_puts(out, "&amp;");
        else if (point == '"')
            buf_puts(out, "&quot;");
        else
            buf_put(out, at, n);
        at += n ? n : 1;
    }
}

static void xml_attribute(struct buf *out, const char *name, const char *value)
{
    buf_printf(out, " %s=\"", name);
    xml_put(out, (struct slice){ value, strlen(value) });
    buf_puts(out, "\"");
}

static void xml_case(struct test_report *report, const struct test_result *result)
{
    struct buf *out = &report->suite;
    buf_puts(out, "    <testcase");
    xml_attribute(out, "classname", result->job);
    xml_attribute(out, "name", result->name);
    xml_attribute(out, "file", result->file);
    buf_printf(out, " line=\"%u\" time=\"%.3f\"", result->line, result->seconds);
    if (result->passed) {
        buf_puts(out, "/>\n");
        return;
    }
    buf_puts(out, ">\n      <failure message=\"other results than expected\">");
    xml_put(out, result->said);
    buf_puts(out, "</failure>\n    </testcase>\n");
}

/* ---- JSON */

static void json_member(struct buf *out, const char *name, struct slice value)
{
    buf_printf(out, "\"%s\":", name);
    quote_put(out, value.ptr, value.len);
}

static void json_case(struct test_report *report, const struct test_result *result)
{
    struct buf *out = &report->json;
    buf_puts(out, report->suite_tests ? ",{" : "{");
    json_member(out, "name", slice_of_text(result->name));
    buf_printf(out, ",\"line\":%u,\"passed\":%s", result->line, result->passed ? "true" : "false");
    if (!result->passed) {
        buf_puts(out, ",");
        json_member(out, "said", result->said);
    }
    buf_puts(out, "}");
}

/* ---- for people */

static void human_case(const struct test_report *report, const struct test_result *result)
{
    if (report->cli->json || (result->passed && report->cli->quiet))
        return;
    printf("%s  %s: %s", result->passed ? "ok    " : "FAILED", result->job, result->name);
    if (!result->passed)
        printf(" (%s:%u)", result->file, result->line);
    printf("\n%.*s", (int)result->said.len, result->said.len ? (const char *)result->said.ptr : "");
}

/* ---- */

static void begin_file(struct test_report *report)
{
    struct buf *out = &report->json;
    buf_puts(out, out->len ? ",{" : "{");
    json_member(out, "file", slice_of_text(report->file));
    buf_puts(out, ",");
    json_member(out, "job", slice_of_text(report->job));
}

void test_report_begin(struct test_report *report, const char *file, const char *job)
{
    report->file = file;
    report->job = job;
    report->suite_tests = report->suite_failed = 0;
    buf_clear(&report->suite);
    begin_file(report);
    buf_puts(&report->json, ",\"valid\":true,\"tests\":[");
}

void test_report_add(struct test_report *report, const struct test_result *result)
{
    human_case(report, result);
    json_case(report, result);
    xml_case(report, result);
    report->suite_tests++;
    report->suite_failed += !result->passed;
    report->passed += result->passed;
    report->failed += !result->passed;
}

static void xml_suite(struct test_report *report, unsigned errors)
{
    struct buf *out = &report->junit;
    buf_puts(out, "  <testsuite");
    xml_attribute(out, "name", report->job);
    buf_printf(out, " tests=\"%u\" failures=\"%u\" errors=\"%u\">\n", report->suite_tests + errors,
               report->suite_failed, errors);
    if (report->suite.len)
        buf_put(out, report->suite.ptr, report->suite.len);
    buf_puts(out, "  </testsuite>\n");
}

void test_report_end(struct test_report *report)
{
    buf_puts(&report->json, "]}");
    xml_suite(report, 0);
}

void test_report_invalid(struct test_report *report)
{
    struct buf *out = &report->suite;
    report->invalid++;
    report->suite_tests = report->suite_failed = 0;
    begin_file(report);
    buf_puts(&report->json, ",\"valid\":false,\"tests\":[]}");
    buf_clear(out);
    buf_puts(out, "    <testcase");
    xml_attribute(out, "classname", report->job);
    xml_attribute(out, "name", report->file);
    buf_puts(out, ">\n      <error message=\"the file is not valid\"/>\n    </testcase>\n");
    xml_suite(report, 1);
}

static bool write_junit(struct test_report *report, const char *path)
{
    FILE *file = fopen(path, "we");
    if (!file)
        return false;
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n", file);
    fputs(buf_text(&report->junit), file);
    fputs("</testsuites>\n", file);
    int failed = ferror(file);
    return !(fclose(file) | failed);
}

bool test_report_finish(struct test_report *report, const char *junit)
{
    if (report->cli->json)
        printf("{\"version\":1,\"passed\":%u,\"failed\":%u,\"files\":[%s]}\n", report->passed,
               report->failed, buf_text(&report->json));
    else
        printf("%u passed, %u failed\n", report->passed, report->failed);
    return !junit || write_junit(report, junit);
}

void test_report_free(struct test_report *report)
{
    buf_free(&report->json);
    buf_free(&report->junit);
    buf_free(&report->suite);
}
