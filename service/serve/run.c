/* Lives here: the step that does the work: the operation's handler, or its query. Calls api and
 * db. */
#include "serve/steps.h"

#include <stdlib.h>
#include <string.h>

/* A JSON value as the text of a query argument: strings bare, the rest as JSON. */
static const char *value_text(const json_t *value, struct arena *arena)
{
    char *dumped;
    const char *text;

    if (!value || json_is_null(value))
        return NULL;
    if (json_is_string(value))
        return json_string_value(value);
    dumped = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    ASSERT(dumped);
    text = arena_copy_text(arena, dumped);
    free(dumped);
    return text;
}

/* The body as the contract understood it, not as it was spelled: PostgreSQL reads 15.0 and -0.0
 * as no integers, JSON Schema does. 15 digits, so that 50.84 stays what it is. */
static const char *body_text(const struct request *request)
{
    char *dumped;

    if (!request->input)
        return NULL;
    dumped =
        json_dumps(request->input, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    ASSERT(dumped);
    arena_defer(request->arena, free, dumped);
    return dumped;
}

/* The version in `"5"` or `"5-gzip"` (encode.c); "*" as it is; "-1", which no version is, for a
 * tag that is not ours. */
static const char *entity_tag(const struct request *request, const char *name)
{
    const char *tag = request_header(request, name);
    size_t digits;

    if (!tag || strcmp(tag, "*") == 0)
        return tag;
    digits = tag[0] == '"' ? strspn(tag + 1, "0123456789") : 0;
    if (digits == 0 || digits > 9 ||
        (strcmp(tag + 1 + digits, "\"") != 0 && strcmp(tag + 1 + digits, "-gzip\"") != 0))
        return "-1";
    return arena_copy(request->arena, tag + 1, digits);
}

/* "*" for all languages, else the array of what the client asked for. */
static const char *languages(const struct request *request)
{
    const char *wanted = request_parameter(request, "lang");

    if (wanted && strcmp(wanted, "*") == 0)
        return wanted;
    return accept_languages(wanted ? wanted : request_header(request, "Accept-Language"),
                            request->arena);
}

/* What makes two requests the same: operation, path, and body whatever its white space and
 * order. */
static const char *request_hash(const struct request *request)
{
    char *body =
        request->input ? json_dumps(request->input, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    struct digest_part parts[CONTRACT_PATH_VALUES + 2] = {
        {request->operation->id, strlen(request->operation->id)},
        {body, body ? strlen(body) : 0},
    };
    const char *const *names = request->operation->path_names;
    size_t count = 2;
    uint8_t digest[DIGEST_SIZE];
    char *hex = arena_alloc(request->arena, DIGEST_HEX_SIZE);

    for (size_t i = 0; names[i]; i++) {
        const char *value = request->match.values[i];

        parts[count++] = (struct digest_part){value, strlen(value)};
    }
    digest_parts(parts, count, digest);
    digest_hex(digest, hex);
    free(body);
    return hex;
}

static const char *wall_now(struct arena *arena)
{
    char *text = arena_alloc(arena, CLOCK_INSTANT_SIZE);

    clock_write_instant(clock_wall_us(), text);
    return text;
}

static const char *argument_value(const struct request *request,
                                  const struct argument *argument)
{
    switch (argument->source) {
    case ARGUMENT_PARAMETER:
        return value_text(json_object_get(request->parameters, argument->parameter),
                          request->arena);
    case ARGUMENT_BODY:
        return body_text(request);
    case ARGUMENT_ROWS:
        return request->rows;
    case ARGUMENT_SUB:
        return request->principal.subject;
    case ARGUMENT_SCOPES:
        return request->principal.scope_text;
    case ARGUMENT_CLINICS:
        return request->principal.clinics_text;
    case ARGUMENT_NOW:
        return wall_now(request->arena);
    case ARGUMENT_LANG:
        return languages(request);
    case ARGUMENT_IF_MATCH:
        return entity_tag(request, "If-Match");
    case ARGUMENT_IF_NONE_MATCH:
        return request_header(request, "If-None-Match");
    case ARGUMENT_KEY:
        return request_header(request, "Idempotency-Key");
    case ARGUMENT_HASH:
        return request_header(request, "Idempotency-Key") ? request_hash(request) : NULL;
    case ARGUMENT_REQUEST_ID:
        return request->id;
    }
    return NULL;
}

static bool is_read(const struct request *request)
{
    return strcmp(request->operation->method, "GET") == 0;
}

static enum db_outcome run_bound(struct service *service, struct request *request,
                                 const struct bound_query *bound, enum lane lane,
                                 struct db_reply *reply)
{
    const struct query *query = bound->query;
    const char **values =
        arena_alloc_array(request->arena, query->argument_count + 1, sizeof(*values));
    struct db_call call = {
        .query = query,
        .values = values,
        .lane = lane,
        .is_read = is_read(request),
        .subject = request->principal.subject,
        .scopes = request->principal.scope_text,
        .clinics = request->principal.clinics_text,
        .arena = request->arena,
    };
    int64_t started_us = clock_monotonic_us();
    enum db_outcome outcome;

    for (size_t i = 0; i < query->argument_count; i++)
        values[i] = argument_value(request, &bound->arguments[i]);
    request->is_personal = request->is_personal || query->guarded;
    outcome = db_run(service->database, &call, reply);
    request->database_us += clock_monotonic_us() - started_us;
    return outcome;
}

enum db_outcome request_run_query(struct service *service, struct request *request,
                                  const struct query *query, enum lane lane,
                                  struct db_reply *reply)
{
    const struct link *link = &service->links[request->operation->index];

    for (size_t i = 0; i < HANDLER_QUERIES; i++) {
        if (link->queries[i].query == query)
            return run_bound(service, request, &link->queries[i], lane, reply);
    }
    ASSERT(!"a handler runs only the queries that its table names");
    return DB_BROKEN;
}

enum step_result step_run(struct service *service, struct request *request)
{
    const struct link *link = &service->links[request->operation->index];
    struct db_reply reply = {0};
    enum db_outcome outcome;

    if (link->handler) {
        link->handler->run(service, request);
        return STEP_ON;
    }
    outcome = run_bound(service, request, &link->queries[0], request->operation->lane, &reply);
    answer_database(request, outcome, &reply);
    return STEP_ON;
}
