#include "io/version.h"

#include <curl/curl.h>
#include <jansson.h>
#include <librdkafka/rdkafka.h>
#include <lz4.h>
#include <stddef.h>
#include <uv.h>
#include <yaml.h>

static const char *curl_number(void)
{
    return curl_version_info(CURLVERSION_NOW)->version;
}

struct version version_of(unsigned row)
{
    static const struct {
        const char *name;
        const char *(*number)(void);
    } libraries[] = {
        { "libcurl", curl_number },      { "libjansson", jansson_version_str },
        { "liblz4", LZ4_versionString }, { "librdkafka", rd_kafka_version_str },
        { "libuv", uv_version_string },  { "libyaml", yaml_get_version_string },
    };
    if (row >= sizeof libraries / sizeof *libraries)
        return (struct version){ NULL, NULL };
    return (struct version){ libraries[row].name, libraries[row].number() };
}
