/* Lives here: what caches are told (RFC 9110 sections 8.8 and 13, RFC 9111). An answer given to
 * a token is that token's own; one given without a token may be kept by anybody for as long as
 * the contract says (x-cache-seconds); what tells of a person is kept by nobody. */
#include "serve/steps.h"

#include <string.h>

/* A second must have passed before Last-Modified can tell two versions apart. */
#define SETTLED_SECONDS 2

static const char *etag_of_bytes(struct request *request)
{
    uint8_t digest[DIGEST_SIZE];
    char text[DIGEST_SIZE * 2];

    digest_bytes(request->answer.body, request->answer.length, digest);
    base64url_encode(digest, 16, text);
    return arena_format(request->arena, "\"%s\"", text);
}

/* True when If-None-Match names the tag, compressed or not (weak comparison, section 13.1.2).
 */
static bool is_known(const char *if_none_match, const char *etag)
{
    size_t length = strlen(etag) - 1; /* without the closing quote */

    if (strcmp(if_none_match, "*") == 0)
        return true;
    for (const char *at = if_none_match; (at = strchr(at, '"')); at++) {
        const char *behind = at + length;

        if (strncmp(at, etag, length) != 0)
            continue;
        if (strncmp(behind, "-gzip", 5) == 0)
            behind += 5;
        if (*behind == '"' && strchr(", \t", behind[1])) /* or the end */
            return true;
    }
    return false;
}

/* If-Modified-Since counts only without If-None-Match, and only as the very date we gave. */
static bool is_unmodified(const struct request *request, const char *last_modified)
{
    const char *since = request_header(request, "If-Modified-Since");

    return since && last_modified && strcmp(since, last_modified) == 0;
}

static const char *add_last_modified(struct request *request)
{
    char *date;

    if (request->modified == 0 || clock_wall_seconds() - request->modified < SETTLED_SECONDS)
        return NULL;
    date = arena_alloc(request->arena, CLOCK_HTTP_DATE_SIZE);
    clock_write_http_date(request->modified, date);
    answer_header(request, "Last-Modified", date);
    return date;
}

static bool has_parameter(const struct operation *operation, const char *name)
{
    for (const char *const *known = operation->parameter_names; known && *known; known++) {
        if (strcmp(*known, name) == 0)
            return true;
    }
    return false;
}

static void add_cache_control(struct request *request, bool is_fresh)
{
    const struct operation *operation = request->operation;

    if (answered_header(&request->answer, "Cache-Control"))
        return;
    if (!is_fresh || request->is_personal)
        answer_header(request, "Cache-Control", "no-store");
    else if (!operation || !request->principal.subject || *request->principal.subject)
        answer_header(request, "Cache-Control", "private, no-cache");
    else if (operation->cache_seconds)
        answer_header(
            request, "Cache-Control",
            arena_format(request->arena, "public, max-age=%d", operation->cache_seconds));
    else
        answer_header(request, "Cache-Control", "no-cache");
}

void cache_answer(struct request *request)
{
    struct answer *answer = &request->answer;
    bool is_fresh = request_is_read(request) && answer->status == 200 && answer->body;
    const char *known = request_header(request, "If-None-Match");
    const char *etag = answered_header(answer, "ETag");
    const char *last_modified;

    add_cache_control(request, is_fresh);
    if (!is_fresh)
        return;
    if (request->operation && !request->operation->is_public)
        answer_header(request, "Vary", "Authorization");
    if (request->operation && has_parameter(request->operation, "lang"))
        answer_header(request, "Vary", "Accept-Language");
    last_modified = add_last_modified(request);
    if (!etag) {
        etag = etag_of_bytes(request);
        answer_header(request, "ETag", etag);
    }
    if (known ? is_known(known, etag) : is_unmodified(request, last_modified))
        answer->status = 304; /* the body stays for encode.c to see, and is dropped there */
}
