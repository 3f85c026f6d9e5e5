/* Lives here: what the payload of a token has to say (RFC 7519 section 4.1, RFC 9068), one
 * small reader per claim. An absent scope or clinics means none, never all. */
#include "auth/token.h"

#include <string.h>

#define TIME_MOST                                                                              \
    (INT64_C(1) << 53) /* beyond it JSON numbers are not exact; a sum never overflows */
#define UUID_LENGTH 36

/* True for an integer that is a time; false also when it is absent. */
static bool read_time(const json_t *claim, int64_t *seconds)
{
    if (!json_is_integer(claim))
        return false;
    *seconds = json_integer_value(claim);
    return *seconds <= TIME_MOST && *seconds >= -TIME_MOST;
}

static bool times_read(const json_t *payload, struct claims *claims)
{
    const json_t *not_before = json_object_get(payload, "nbf");
    const json_t *issued_at = json_object_get(payload, "iat");
    int64_t ignored;

    claims->not_before = INT64_MIN;
    return (!not_before || read_time(not_before, &claims->not_before)) &&
           (!issued_at || read_time(issued_at, &ignored));
}

static bool is_text(const json_t *claim, const char *expected)
{
    const char *text = json_string_value(claim);

    return text && strcmp(text, expected) == 0;
}

/* A string, or a list of strings that holds ours. */
static bool audience_fits(const json_t *claim, const char *audience)
{
    const json_t *member;
    size_t index;
    bool found = is_text(claim, audience);

    json_array_foreach(claim, index, member)
    {
        if (!json_is_string(member))
            return false;
        found = found || is_text(member, audience);
    }
    return found;
}

/* Neither C0 and DEL nor C1, which in UTF-8 is C2 80 to C2 9F. */
static bool has_control(const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at; at++)
        if (*at < 0x20 || *at == 0x7f || (*at == 0xc2 && at[1] < 0xa0))
            return true;
    return false;
}

static bool subject_read(const json_t *claim, struct arena *arena, struct claims *claims)
{
    const char *text = json_string_value(claim);
    size_t length = json_string_length(claim);

    if (!text || length == 0 || length > SUBJECT_MOST_BYTES || has_control(text))
        return false;
    claims->subject = arena_copy(arena, text, length);
    return true;
}

/* RFC 6749 section 3.3: printable ASCII without quote and backslash, single spaces between. */
static bool scope_is_well_formed(const char *text)
{
    char before = ' ';

    for (; *text; before = *text++) {
        if (*text == ' ' ? before == ' '
                         : *text < 0x21 || *text > 0x7e || *text == '"' || *text == '\\')
            return false;
    }
    return before != ' ';
}

static bool scope_read(const json_t *claim, struct arena *arena, struct claims *claims)
{
    const char *text = claim ? json_string_value(claim) : "";

    if (!text || (*text && !scope_is_well_formed(text)))
        return false;
    claims->scope = arena_copy_text(arena, text);
    return true;
}

static bool is_hyphen_place(size_t at)
{
    return at == 8 || at == 13 || at == 18 || at == 23;
}

/* Adds a uuid in lower case; false when it is none. */
static bool add_uuid(struct buffer *out, const json_t *member)
{
    const char *text = json_string_value(member);

    if (!text || json_string_length(member) != UUID_LENGTH)
        return false;
    for (size_t i = 0; i < UUID_LENGTH; i++) {
        char character = text[i];

        if (character >= 'A' && character <= 'F')
            character = (char)(character - 'A' + 'a');
        if (is_hyphen_place(i) ? character != '-' : !strchr("0123456789abcdef", character))
            return false;
        buffer_add_char(out, character);
    }
    return true;
}

/* "*", or a list of uuids; how many is bounded by the length of a token. */
static bool clinics_read(const json_t *claim, struct arena *arena, struct claims *claims)
{
    struct buffer out = buffer_init(arena);
    const json_t *member;
    size_t index;

    claims->clinics = "*";
    if (is_text(claim, "*"))
        return true;
    if (claim && !json_is_array(claim))
        return false;
    buffer_add_char(&out, '{');
    json_array_foreach(claim, index, member)
    {
        if (index > 0)
            buffer_add_char(&out, ',');
        if (!add_uuid(&out, member))
            return false;
    }
    buffer_add_char(&out, '}');
    claims->clinics = out.text;
    return true;
}

enum token_verdict claims_read(const json_t *payload, const struct expectation *expected,
                               struct arena *arena, struct claims *claims)
{
    if (!read_time(json_object_get(payload, "exp"), &claims->expires_at))
        return TOKEN_EXPIRY;
    if (!times_read(payload, claims))
        return TOKEN_TIMES;
    if (!is_text(json_object_get(payload, "iss"), expected->issuer))
        return TOKEN_ISSUER;
    if (!audience_fits(json_object_get(payload, "aud"), expected->audience))
        return TOKEN_AUDIENCE;
    if (!subject_read(json_object_get(payload, "sub"), arena, claims))
        return TOKEN_SUBJECT;
    if (!scope_read(json_object_get(payload, "scope"), arena, claims))
        return TOKEN_SCOPE;
    if (!clinics_read(json_object_get(payload, "clinics"), arena, claims))
        return TOKEN_CLINICS;
    return TOKEN_ACCEPTED;
}

enum token_verdict claims_judge_time(const struct claims *claims, int64_t now,
                                     int64_t leeway_seconds)
{
    if (now - leeway_seconds >= claims->expires_at)
        return TOKEN_EXPIRED;
    if (now + leeway_seconds < claims->not_before)
        return TOKEN_NOT_YET;
    return TOKEN_ACCEPTED;
}
