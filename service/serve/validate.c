/* Lives here: the step that holds the input against the contract. All faults of parameters and
 * body are answered at once. Calls contract. */
#include "serve/steps.h"

#include <string.h>
#include <strings.h>

static void release_json(void *value)
{
    json_decref(value);
}

static const char *lookup(void *context, const char *name)
{
    return request_header(context, name);
}

/* True when the Content-Type is one that the operation takes, parameters (charset) aside. */
static bool is_media_type_taken(const struct request *request)
{
    const char *type = request_header(request, "Content-Type");
    size_t length;

    if (!type)
        return false;
    length = strcspn(type, "; \t");
    for (const char *const *taken = request->operation->body_types; *taken; taken++) {
        if (strlen(*taken) == length && strncasecmp(*taken, type, length) == 0)
            return true;
    }
    return false;
}

static enum step_result check_size(struct request *request)
{
    size_t limit = request->operation->max_body_bytes;

    if (request->body_length <= limit)
        return STEP_ON;
    answer_problem(request, PROBLEM_BODY_TOO_LARGE,
                   arena_format(request->arena, "the body may have at most %zu bytes", limit));
    request->answer.close = true;
    return STEP_DONE;
}

static enum step_result check_media_type(struct request *request)
{
    const char *const *types = request->operation->body_types;

    if (request->body_length == 0 || is_media_type_taken(request))
        return STEP_ON;
    answer_problem(request, PROBLEM_UNSUPPORTED_MEDIA_TYPE,
                   *types ? arena_format(request->arena, "send the body as %s", *types)
                          : "this operation takes no body");
    return STEP_DONE;
}

const char *request_media_type(const struct request *request)
{
    static const char *const only_json[] = {"application/json", NULL};
    const char *const *types = request->operation->answer_types;
    const char *accept = NULL;
    const char *best = NULL;
    int best_quality = 0;

    if (header_count(request, "Accept", &accept) != 1)
        accept = NULL;
    for (types = types && *types ? types : only_json; *types; types++) {
        int quality = accept_quality(accept, *types);

        if (quality > best_quality) {
            best_quality = quality;
            best = *types;
        }
    }
    return best;
}

/* What this operation answers with, as far as Accept is concerned. */
static enum step_result check_accept(struct request *request)
{
    if (request->operation->is_public || request_media_type(request))
        return STEP_ON;
    answer_problem(request, PROBLEM_NOT_ACCEPTABLE,
                   "the contract lists the media types of the answers");
    return STEP_DONE;
}

static void read_body(struct request *request, struct findings *findings)
{
    const struct operation *operation = request->operation;

    if (request->body_length == 0) {
        if (operation->body_required)
            findings_add_pointer(findings, "", "a body is required");
        return;
    }
    if (!operation->body || operation->body_is_rows)
        return; /* rows are checked one by one, by the handler */
    request->input =
        contract_read_body(operation, request->body, request->body_length, findings);
    if (request->input)
        arena_defer(request->arena, release_json, request->input);
}

/* 428 counts only when nothing else is wrong. */
static enum problem problem_of(const struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        if (findings->items[i].status != 428)
            return PROBLEM_INVALID_REQUEST;
    }
    return PROBLEM_PRECONDITION_REQUIRED;
}

enum step_result step_validate(struct service *service, struct request *request)
{
    struct findings *findings = arena_alloc(request->arena, sizeof(*findings));

    (void)service;
    findings->arena = request->arena;
    if (check_size(request) == STEP_DONE || check_media_type(request) == STEP_DONE ||
        check_accept(request) == STEP_DONE)
        return STEP_DONE;
    request->parameters = contract_read_parameters(&request->match, lookup, request, findings);
    if (request->parameters)
        arena_defer(request->arena, release_json, request->parameters);
    read_body(request, findings);
    if (findings->count) {
        answer_findings(request, problem_of(findings), findings);
        return STEP_DONE;
    }
    return STEP_ON;
}

const char *request_parameter(const struct request *request, const char *name)
{
    return json_string_value(json_object_get(request->parameters, name));
}
