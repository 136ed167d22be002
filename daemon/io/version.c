#define PCRE2_CODE_UNIT_WIDTH 8
#include "io/version.h"

#include <curl/curl.h>
#include <jansson.h>
#include <librdkafka/rdkafka.h>
#include <lua.h>
#include <lz4.h>
#include <pcre2.h>
#include <stddef.h>
#include <string.h>
#include <uv.h>
#include <yaml.h>

static const char *curl_number(void)
{
    return curl_version_info(CURLVERSION_NOW)->version;
}

static const char *pcre2_number(void)
{
    static char number[64]; /* "10.42 2022-12-11" takes 17 */
    pcre2_config(PCRE2_CONFIG_VERSION, number);
    number[strcspn(number, " ")] = 0;
    return number;
}

static const char *lua_number(void)
{
    return &LUA_RELEASE[sizeof "Lua " - 1]; /* it says no more at run time */
}

struct version version_of(unsigned row)
{
    static const struct {
        const char *name;
        const char *(*number)(void);
    } libraries[] = {
        { "libcurl", curl_number },     { "libjansson", jansson_version_str },
        { "liblua", lua_number },       { "liblz4", LZ4_versionString },
        { "libpcre2", pcre2_number },   { "librdkafka", rd_kafka_version_str },
        { "libuv", uv_version_string }, { "libyaml", yaml_get_version_string },
    };
    if (row >= sizeof libraries / sizeof *libraries)
        return (struct version){ NULL, NULL };
    return (struct version){ libraries[row].name, libraries[row].number() };
}
