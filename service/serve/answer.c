/* Lives here: success bodies and problem+json (RFC 9457), also from what the database said.
 * Error texts are written by whoever knows the error; this file only gives them their form. */
#include "serve/steps.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define RETRY_AFTER_SECONDS "1"

static const struct {
    const char *slug;
    int status;
    const char *title;
    const char *explanation;
} problems[] = {
#define PROBLEM(id, slug, status, title, explanation) {slug, status, title, explanation},
#include "tbl/problem.h"
#undef PROBLEM
};

const char *problem_slug(enum problem problem)
{
    return problem < PROBLEM_COUNT ? problems[problem].slug : "";
}

int problem_status(enum problem problem)
{
    return problems[problem].status;
}

const char *problem_title(enum problem problem)
{
    return problems[problem].title;
}

const char *problem_explanation(enum problem problem)
{
    return problems[problem].explanation;
}

enum problem problem_find(const char *slug)
{
    for (size_t i = 0; i < PROBLEM_COUNT; i++) {
        if (strcmp(problems[i].slug, slug) == 0)
            return (enum problem)i;
    }
    return PROBLEM_NONE;
}

void answer_header(struct request *request, const char *name, const char *value)
{
    struct answer *answer = &request->answer;

    for (const char *at = value; *at; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            return;
    }
    for (size_t i = 0; i < answer->header_count; i++) {
        struct header *present = &answer->headers[i];

        if (strcasecmp(present->name, name) == 0) {
            present->value = arena_format(request->arena, "%s, %s", present->value, value);
            return;
        }
    }
    ASSERT(answer->header_count < ANSWER_HEADERS);
    answer->headers[answer->header_count++] = (struct header){name, value};
}

void answer_set(struct request *request, int status, const char *content_type, const char *body,
                size_t length)
{
    request->answer.status = status;
    request->answer.content_type = content_type;
    request->answer.body = body;
    request->answer.length = body ? length : 0;
}

/* Dumps and releases. */
static void answer_dumped(struct request *request, int status, const char *content_type,
                          json_t *value)
{
    char *text = value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;

    ASSERT(text);
    json_decref(value);
    arena_defer(request->arena, free, text);
    answer_set(request, status, content_type, text, strlen(text));
}

void answer_json(struct request *request, int status, json_t *value)
{
    answer_dumped(request, status, "application/json", value);
}

/* Completes `members` (taken over; may be NULL) to a problem and answers it. */
static void answer_members(struct request *request, enum problem problem, const char *detail,
                           json_t *members)
{
    json_t *body =
        json_pack("{s:s, s:s, s:i}", "type",
                  arena_format(request->arena, "/problems/%s", problem_slug(problem)), "title",
                  problem_title(problem), "status", problem_status(problem));

    ASSERT(body);
    if (detail)
        json_object_set_new(body, "detail", json_string(detail));
    if (request->id)
        json_object_set_new(
            body, "instance",
            json_string(arena_format(request->arena, "urn:request:%s", request->id)));
    if (members)
        json_object_update_missing(body, members);
    json_decref(members);
    if (problem_status(problem) == 503)
        answer_header(request, "Retry-After", RETRY_AFTER_SECONDS);
    request->answer.problem = problem;
    answer_dumped(request, problem_status(problem), "application/problem+json", body);
}

void answer_problem(struct request *request, enum problem problem, const char *detail)
{
    answer_members(request, problem, detail, NULL);
}

static json_t *findings_json(const struct findings *findings)
{
    json_t *list = json_array();

    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];

        json_array_append_new(
            list, json_pack("{s:s, s:s}", finding->pointer ? "pointer" : "parameter",
                            finding->pointer ? finding->pointer : finding->parameter, "detail",
                            finding->detail));
    }
    return list;
}

void answer_findings(struct request *request, enum problem problem,
                     const struct findings *findings)
{
    answer_members(request, problem,
                   findings->count == 1 ? findings->items[0].detail
                                        : "several things are wrong; errors lists them",
                   json_pack("{s:o}", "errors", findings_json(findings)));
}

/* As many faults as the contract room finds at most: the contract promises that. */
static void cut_errors(json_t *members)
{
    json_t *errors = json_object_get(members, "errors");

    while (json_array_size(errors) > FINDINGS_MOST)
        json_array_remove(errors, json_array_size(errors) - 1);
}

/* A row with an error status: `{"type": slug, "detail": ..., ...}`. */
static void answer_refusal(struct request *request, const struct db_reply *reply)
{
    json_t *members = reply->body ? json_loadb(reply->body, reply->body_length, 0, NULL) : NULL;
    const char *slug = json_string_value(json_object_get(members, "type"));
    const char *detail = json_string_value(json_object_get(members, "detail"));
    enum problem problem = slug ? problem_find(slug) : PROBLEM_NONE;

    if (problem == PROBLEM_NONE || problem_status(problem) != reply->status) {
        log_line(LOG_ERROR, "a query answered a problem that is not in the table",
                 log_text("operation", request->operation->id), log_text("type", slug),
                 log_number("status", reply->status));
        json_decref(members);
        answer_problem(request, PROBLEM_INTERNAL, NULL);
        return;
    }
    detail = arena_copy_text(request->arena, detail);
    cut_errors(members);
    answer_members(request, problem, detail, members);
}

static void answer_row(struct request *request, const struct db_reply *reply)
{
    if (reply->status >= 400) {
        answer_refusal(request, reply);
        return;
    }
    request->modified = reply->modified;
    if (reply->etag)
        answer_header(request, "ETag", arena_format(request->arena, "\"%s\"", reply->etag));
    if (reply->location)
        answer_header(request, "Location", reply->location);
    if (reply->language)
        answer_header(request, "Content-Language", reply->language);
    if (reply->replayed)
        answer_header(request, "Idempotency-Replayed", "true");
    answer_set(request, reply->status, reply->body ? "application/json" : NULL, reply->body,
               reply->body_length);
}

void answer_database(struct request *request, enum db_outcome outcome,
                     const struct db_reply *reply)
{
    switch (outcome) {
    case DB_ROW:
        answer_row(request, reply);
        return;
    case DB_NO_ROW:
        answer_problem(request, PROBLEM_NOT_FOUND, NULL);
        return;
    case DB_CONFLICT:
        answer_problem(request, PROBLEM_CONFLICT, NULL);
        return;
    case DB_UNKNOWN_REFERENCE:
        answer_problem(request, PROBLEM_UNKNOWN_REFERENCE, NULL);
        return;
    case DB_UNPROCESSABLE:
        metrics_add(METRIC_CONTRACT_MISSED, 1);
        answer_problem(request, PROBLEM_UNPROCESSABLE, "a value is out of its bounds");
        return;
    case DB_FORBIDDEN:
        answer_problem(request, PROBLEM_FORBIDDEN, NULL);
        return;
    case DB_BUSY:
        answer_problem(request, PROBLEM_UNAVAILABLE, "too many requests are waiting");
        return;
    case DB_AWAY:
        answer_problem(request, PROBLEM_UNAVAILABLE, "the database is away");
        return;
    case DB_TIMEOUT:
        answer_problem(request, PROBLEM_UNAVAILABLE, "the query took too long");
        return;
    case DB_BROKEN:
        answer_problem(request, PROBLEM_INTERNAL, NULL);
        return;
    }
}
