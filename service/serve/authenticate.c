/* Lives here: the step that learns who asks (RFC 6750). Calls auth. */
#include "serve/steps.h"

#include <string.h>
#include <strings.h>

static enum step_result refuse(struct request *request, const char *error, const char *detail)
{
    const char *challenge = "Bearer realm=\"clinicd\"";

    if (error)
        challenge = arena_format(
            request->arena, "Bearer realm=\"clinicd\", error=\"%s\", error_description=\"%s\"",
            error, detail);
    answer_header(request, "WWW-Authenticate", challenge);
    answer_problem(request, PROBLEM_UNAUTHORIZED, detail);
    return STEP_DONE;
}

/* No token: whoever the settings let in, else the bare challenge (RFC 6750 section 3.1). */
static enum step_result take_anonymous(const struct service *service, struct request *request)
{
    if (*service->config->anonymous_scopes == '\0')
        return refuse(request, NULL, "a token is needed");
    request->principal = principal_anonymous(service->config->anonymous_scopes, request->arena);
    return STEP_ON;
}

enum step_result step_authenticate(struct service *service, struct request *request)
{
    const char *value = NULL;
    enum token_verdict verdict;

    if (request->operation->is_public)
        return STEP_ON;
    switch (header_count(request, "Authorization", &value)) {
    case 0:
        return take_anonymous(service, request);
    case 1:
        break;
    default:
        return refuse(request, "invalid_request", "Authorization came more than once");
    }
    if (strncasecmp(value, "Bearer ", 7) != 0)
        return refuse(request, "invalid_request", "Authorization must be Bearer and a token");
    value += 7;
    value += strspn(value, " ");
    verdict = token_verify(service->authority, value, strlen(value), clock_wall_seconds(),
                           request->arena, &request->principal);
    if (verdict == TOKEN_ACCEPTED)
        return STEP_ON;
    log_line(LOG_INFO, "token refused", log_text("verdict", token_verdict_slug(verdict)));
    return refuse(request, "invalid_token", token_verdict_sentence(verdict));
}
