/* Lives here: what every answer gets on its way out, whichever step made it: Link (RFC 8288),
 * CORS, the request id; caching.c and encode.c do the rest. */
#include "serve/steps.h"

#include <string.h>
#include <strings.h>

#define EXPOSED                                                                                \
    "ETag, Location, Link, Retry-After, Content-Language, X-Request-Id, "                      \
    "Idempotency-Replayed, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset"
#define ALLOWED_HEADERS                                                                        \
    "Authorization, Content-Type, Accept-Language, If-Match, If-None-Match, "                  \
    "Idempotency-Key, X-Request-Id, traceparent"

const char *answered_header(const struct answer *answer, const char *name)
{
    for (size_t i = 0; i < answer->header_count; i++) {
        if (strcasecmp(answer->headers[i].name, name) == 0)
            return answer->headers[i].value;
    }
    return NULL;
}

bool request_is_read(const struct request *request)
{
    return strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0;
}

const char *body_next_cursor(const char *body, size_t length, struct arena *arena)
{
    static const char name[] = "\"next\"";
    const size_t name_length = sizeof(name) - 1;
    size_t end = length; /* behind the closing quote of the cursor */
    size_t start;        /* behind its opening quote */
    size_t key;          /* behind the name */

    while (end > 0 && strchr("} \n", body[end - 1]))
        end--;
    if (end < 2 || body[end - 1] != '"')
        return NULL;
    for (start = end - 1; start > 0 && !strchr("\"\\", body[start - 1]); start--)
        ;
    if (start == 0 || body[start - 1] != '"')
        return NULL;
    for (key = start - 1; key > 0 && strchr(": ", body[key - 1]); key--)
        ;
    if (key < name_length || memcmp(body + key - name_length, name, name_length) != 0)
        return NULL;
    return arena_copy(arena, body + start, end - 1 - start);
}

/* The query without its cursor, ending in "&" unless empty. */
static void add_query(struct buffer *link, const char *query)
{
    while (query && *query) {
        size_t length = strcspn(query, "&");

        if (length && strncmp(query, "cursor=", 7) != 0) {
            buffer_add(link, query, length);
            buffer_add_char(link, '&');
        }
        query += length + (query[length] == '&');
    }
}

/* What somebody is looked up by does not belong into a header that proxies and tools write
 * down; and without it the link would lead to other people's page. So there is none: `next` of
 * the body, sent with the same parameters, leads on. */
static bool asks_for_a_person(const struct request *request)
{
    for (const char *const *name = request->operation->personal_names; name && *name; name++) {
        if (json_object_get(request->parameters, *name))
            return true;
    }
    return false;
}

void answer_next(struct request *request, const char *cursor)
{
    struct buffer link = buffer_init(request->arena);

    if (strpbrk(request->target, "<>\"") || asks_for_a_person(request))
        return;
    buffer_add_char(&link, '<');
    buffer_add(&link, request->target, strcspn(request->target, "?"));
    buffer_add_char(&link, '?');
    add_query(&link, request->match.query);
    buffer_add_format(&link, "cursor=%s>; rel=\"next\"", cursor);
    answer_header(request, "Link", link.text);
}

/* A page that says itself where the next one begins. */
static void add_link(struct request *request)
{
    const struct answer *answer = &request->answer;
    const char *cursor;

    if (!request_is_read(request) || answer->status != 200 || !request->operation ||
        request->operation->is_public)
        return;
    cursor = body_next_cursor(answer->body, answer->length, request->arena);
    if (cursor)
        answer_next(request, cursor);
}

static bool is_origin_allowed(const char *allowed, const char *origin)
{
    size_t length = strlen(origin);

    for (const char *at = allowed; *at; at += strcspn(at, " "), at += strspn(at, " ")) {
        size_t candidate = strcspn(at, " ");

        if ((candidate == 1 && *at == '*') ||
            (candidate == length && strncasecmp(at, origin, length) == 0))
            return true;
    }
    return false;
}

/* The Fetch standard's CORS protocol; tokens travel in a header, so no credentials. */
static void add_cors(const struct service *service, struct request *request)
{
    const char *allowed = service->config->cors_origins;
    const char *origin = request_header(request, "Origin");
    const char *allow = request->match.allow;

    if (*allowed == '\0')
        return;
    answer_header(request, "Vary", "Origin");
    if (!origin || !is_origin_allowed(allowed, origin))
        return;
    answer_header(request, "Access-Control-Allow-Origin", origin);
    answer_header(request, "Access-Control-Expose-Headers", EXPOSED);
    if (strcmp(request->method, "OPTIONS") == 0 && allow &&
        request_header(request, "Access-Control-Request-Method")) {
        answer_header(request, "Access-Control-Allow-Methods", allow);
        answer_header(request, "Access-Control-Allow-Headers", ALLOWED_HEADERS);
        answer_header(request, "Access-Control-Max-Age", "600");
    }
}

void finish_answer(const struct service *service, struct request *request)
{
    add_link(request);
    cache_answer(request);
    encode_answer(request);
    add_cors(service, request);
    answer_header(request, "X-Request-Id", request->id);
    answer_header(request, "X-Content-Type-Options", "nosniff");
    if (request->answer.close)
        answer_header(request, "Connection", "close");
}
