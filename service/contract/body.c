/* Lives here: from the bytes of a body to a checked value. jansson's own depth limit (2,048)
 * is too generous for our stacks, so nesting is counted before it parses. Calls jansson,
 * validate.c, value.c. */
#include "contract/body.h"

#include <jansson.h>

#include "contract.h"
#include "contract/schema.h"
#include "contract/text.h"

/* Where the string that begins after `at` ends: on its closing quote, or at the end. */
static size_t skip_string(const char *bytes, size_t length, size_t at)
{
    for (at++; at < length && bytes[at] != '"'; at++)
        if (bytes[at] == '\\')
            at++;
    return at;
}

size_t body_depth(const char *bytes, size_t length)
{
    size_t depth = 0;
    size_t deepest = 0;

    for (size_t at = 0; at < length && deepest <= BODY_DEPTH_MOST; at++) {
        char byte = bytes[at];

        if (byte == '"')
            at = skip_string(bytes, length, at);
        else if (byte == '{' || byte == '[')
            depth++;
        else if ((byte == '}' || byte == ']') && depth > 0)
            depth--;
        if (depth > deepest)
            deepest = depth;
    }
    return deepest;
}

static const char *error_reason(const json_error_t *error)
{
    switch (json_error_code(error)) {
    case json_error_duplicate_key:
        return "an object has the same member twice";
    case json_error_numeric_overflow:
        return "a number is out of range";
    case json_error_null_character:
    case json_error_null_byte_in_key:
        return "a string contains the NUL character";
    case json_error_premature_end_of_input:
        return "it ends too early";
    case json_error_end_of_input_expected:
        return "more follows after its end";
    case json_error_out_of_memory:
        return "it is too large";
    default:
        return "there is a syntax error";
    }
}

static json_t *parse(const char *bytes, size_t length, struct findings *findings)
{
    json_error_t error;
    json_t *value = json_loadb(bytes, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);

    if (!value)
        findings_add_pointer(findings, "",
                             arena_format(findings->arena,
                                          "is not valid JSON: %s at line %d, column %d",
                                          error_reason(&error), error.line, error.column));
    return value;
}

static json_t *read_value(const char *bytes, size_t length, struct findings *findings)
{
    if (length == 0)
        findings_add_pointer(findings, "", "is empty; JSON is expected");
    else if (!text_is_utf8(bytes, length))
        findings_add_pointer(findings, "", "is not valid UTF-8");
    else if (body_depth(bytes, length) > BODY_DEPTH_MOST)
        findings_add_pointer(findings, "", "is nested more than 16 levels deep");
    else
        return parse(bytes, length, findings);
    return NULL;
}

json_t *contract_read_body(const struct operation *operation, const char *bytes, size_t length,
                           struct findings *findings)
{
    json_t *value = read_value(bytes, length, findings);

    if (!value)
        return NULL;
    if (operation->body && !schema_check(operation->body, value, findings, NULL)) {
        json_decref(value);
        return NULL;
    }
    return value_normalise(value);
}
