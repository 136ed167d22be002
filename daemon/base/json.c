#include "base/json.h"

#include <jansson.h>

/* jansson itself goes 2048 deep. */
static bool json_shallow(struct slice text)
{
    const char *at = text.ptr, *end = at + text.len;
    unsigned depth = 0;
    bool quoted = false;
    for (; at < end; at++) {
        if (quoted && *at == '\\')
            at++;
        else if (*at == '"')
            quoted = !quoted;
        else if (!quoted && (*at == '[' || *at == '{') && ++depth > JSON_DEPTH_MAX)
            return false;
        else if (!quoted && (*at == ']' || *at == '}') && depth)
            depth--;
    }
    return true;
}

struct json *json_parse(struct slice text, struct err *err)
{
    json_error_t error;
    if (text.len > JSON_BYTES_MAX) {
        err_set(err, ERR_FATAL, "JSON of %zu bytes, %u are allowed", text.len, JSON_BYTES_MAX);
        return NULL;
    }
    if (!json_shallow(text)) {
        err_set(err, ERR_FATAL, "JSON is nested deeper than %d", JSON_DEPTH_MAX);
        return NULL;
    }
    json_t *json = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!json)
        err_set(err, ERR_FATAL, "not JSON at byte %d: %s", error.position, error.text);
    return (struct json *)(void *)json;
}

static const json_t *json_of(const struct json *json)
{
    return (const json_t *)(const void *)json;
}

void json_free(struct json *json)
{
    json_decref((json_t *)(void *)json);
}

const struct json *json_get(const struct json *object, const char *name)
{
    return (const struct json *)(void *)json_object_get(json_of(object), name);
}

size_t json_count(const struct json *array)
{
    return json_array_size(json_of(array));
}

const struct json *json_at(const struct json *array, size_t i)
{
    return (const struct json *)(void *)json_array_get(json_of(array), i);
}

const char *json_text(const struct json *text)
{
    return json_string_value(json_of(text));
}

bool json_int(const struct json *number, int64_t *value)
{
    if (!json_is_integer(json_of(number)))
        return false;
    *value = json_integer_value(json_of(number));
    return true;
}

bool json_bool(const struct json *truth, bool *value)
{
    if (!json_is_boolean(json_of(truth)))
        return false;
    *value = json_typeof(json_of(truth)) == JSON_TRUE;
    return true;
}
