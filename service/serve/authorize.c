/* Lives here: the step that decides whether this principal may run this operation at this
 * clinic. What it may see of the data is the query's and the row policies' affair. */
#include "serve/steps.h"

#include <string.h>

/* One set of scopes that would do, space separated. */
static const char *scopes_wanted(const struct request *request)
{
    struct buffer list = buffer_init(request->arena);
    const char *const *const *sets = request->operation->scope_sets;

    for (size_t i = 0; sets[0] && sets[0][i]; i++) {
        buffer_add_text(&list, i ? " " : "");
        buffer_add_text(&list, sets[0][i]);
    }
    return list.text;
}

static enum step_result refuse_scope(struct request *request)
{
    const char *scopes = scopes_wanted(request);

    if (*request->principal.subject == '\0') {
        answer_header(request, "WWW-Authenticate", "Bearer realm=\"clinicd\"");
        answer_problem(request, PROBLEM_UNAUTHORIZED, "this needs a token");
        return STEP_DONE;
    }
    answer_header(request, "WWW-Authenticate",
                  arena_format(request->arena,
                               "Bearer realm=\"clinicd\", error=\"insufficient_scope\", "
                               "scope=\"%s\"",
                               scopes));
    answer_problem(request, PROBLEM_INSUFFICIENT_SCOPE,
                   arena_format(request->arena, "this needs the scope %s", scopes));
    return STEP_DONE;
}

/* The value of the path parameter clinic_id, NULL when the path has none. */
static const char *clinic_of_path(const struct request *request)
{
    const char *const *names = request->operation->path_names;

    for (size_t i = 0; names[i]; i++) {
        if (strcmp(names[i], "clinic_id") == 0)
            return request->match.values[i];
    }
    return NULL;
}

enum step_result step_authorize(struct service *service, struct request *request)
{
    const char *clinic;

    (void)service;
    if (request->operation->is_public)
        return STEP_ON;
    if (!principal_may_run(&request->principal, request->operation->scope_sets))
        return refuse_scope(request);
    clinic = clinic_of_path(request);
    if (clinic && !principal_may_act_at(&request->principal, clinic)) {
        answer_problem(request, PROBLEM_CLINIC_NOT_ALLOWED, NULL);
        return STEP_DONE;
    }
    return STEP_ON;
}
