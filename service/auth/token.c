/* Lives here: the strict reader of a compact JWS (RFC 7515 section 5.2, RFC 8725). The header
 * chooses among our keys and nothing else: jku, x5u, jwk and their like are never followed. */
#include "auth/token.h"

#include <string.h>
#include <strings.h>

#define DECODED_MOST_BYTES (TOKEN_MOST_BYTES / 4 * 3)
#define JSON_MOST_DEPTH 16

struct span {
    const char *text;
    size_t length;
};

struct parts {
    struct span header;
    struct span payload;
    struct span signature;
    struct span signed_text; /* header, dot, payload */
};

/* Three parts and two dots; only the signature may be empty, as that of `none` is. */
static bool parts_split(const char *token, size_t length, struct parts *parts)
{
    const char *end = token + length;
    const char *first = length ? memchr(token, '.', length) : NULL;
    const char *second = first ? memchr(first + 1, '.', (size_t)(end - first - 1)) : NULL;

    if (!second || memchr(second + 1, '.', (size_t)(end - second - 1)))
        return false;
    parts->header = (struct span){token, (size_t)(first - token)};
    parts->payload = (struct span){first + 1, (size_t)(second - first - 1)};
    parts->signature = (struct span){second + 1, (size_t)(end - second - 1)};
    parts->signed_text = (struct span){token, (size_t)(second - token)};
    return parts->header.length > 0 && parts->payload.length > 0;
}

/* jansson recurses: brackets are counted before it may. */
static bool json_is_shallow(const uint8_t *text, size_t length)
{
    bool in_string = false;
    int depth = 0;

    for (size_t i = 0; i < length; i++) {
        if (in_string && text[i] == '\\')
            i++;
        else if (text[i] == '"')
            in_string = !in_string;
        else if (!in_string && (text[i] == '{' || text[i] == '['))
            depth++;
        else if (!in_string && (text[i] == '}' || text[i] == ']'))
            depth--;
        if (depth > JSON_MOST_DEPTH)
            return false;
    }
    return true;
}

/* A part as a JSON object, to be freed by the caller; NULL when it is anything else. */
static json_t *part_read(struct span part)
{
    uint8_t text[DECODED_MOST_BYTES];
    size_t length;
    json_t *object;

    if (!base64url_decode(part.text, part.length, text, &length) ||
        !json_is_shallow(text, length))
        return NULL;
    object = json_loadb((const char *)text, length, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(object))
        return object;
    json_decref(object);
    return NULL;
}

/* `typ` is optional (RFC 7515 section 4.1.9); access tokens of RFC 9068 say at+jwt. */
static bool type_is_accepted(const json_t *type)
{
    static const char *const accepted[] = {"JWT", "application/jwt", "at+jwt",
                                           "application/at+jwt"};
    const char *text = json_string_value(type);

    for (size_t i = 0; text && i < LENGTH(accepted); i++)
        if (strcasecmp(text, accepted[i]) == 0)
            return true;
    return !type;
}

/* The key of this `kid`; without one the only key there is for the algorithm. */
static enum token_verdict key_choose(const struct key_set *keys, enum algorithm algorithm,
                                     const json_t *id, const struct key **key)
{
    if (id && !json_is_string(id))
        return TOKEN_BAD_HEADER;
    *key = id ? keys_find(keys, json_string_value(id)) : keys_find_only(keys, algorithm);
    if (!*key)
        return id ? TOKEN_KEY_UNKNOWN : TOKEN_KEY_UNNAMED;
    return (*key)->algorithm == algorithm ? TOKEN_ACCEPTED : TOKEN_KEY_MISMATCH;
}

static enum token_verdict header_read(const struct key_set *keys, struct span part,
                                      const struct key **key)
{
    json_auto_t *header = part_read(part);
    const json_t *name = json_object_get(header, "alg");
    enum algorithm algorithm;

    if (!header)
        return TOKEN_BAD_HEADER;
    if (json_object_get(header, "crit"))
        return TOKEN_EXTENSION;
    if (!type_is_accepted(json_object_get(header, "typ")))
        return TOKEN_TYPE;
    if (!json_is_string(name) ||
        !algorithm_read(json_string_value(name), json_string_length(name), &algorithm) ||
        !keys_accept(keys, algorithm))
        return TOKEN_ALGORITHM;
    return key_choose(keys, algorithm, json_object_get(header, "kid"), key);
}

static bool parts_are_signed(const struct parts *parts, const struct key *key)
{
    uint8_t signature[DECODED_MOST_BYTES];
    size_t length;

    return base64url_decode(parts->signature.text, parts->signature.length, signature,
                            &length) &&
           signature_verify(key, parts->signed_text.text, parts->signed_text.length, signature,
                            length);
}

enum token_verdict token_read(const struct key_set *keys, const struct expectation *expected,
                              const char *token, size_t length, struct arena *arena,
                              struct claims *claims)
{
    struct parts parts;
    const struct key *key = NULL;
    json_auto_t *payload = NULL;
    enum token_verdict verdict;

    ASSERT(length <= TOKEN_MOST_BYTES);
    if (!parts_split(token, length, &parts))
        return TOKEN_NOT_COMPACT;
    verdict = header_read(keys, parts.header, &key);
    if (verdict != TOKEN_ACCEPTED)
        return verdict;
    if (!parts_are_signed(&parts, key))
        return TOKEN_SIGNATURE;
    payload = part_read(parts.payload);
    return payload ? claims_read(payload, expected, arena, claims) : TOKEN_BAD_PAYLOAD;
}
