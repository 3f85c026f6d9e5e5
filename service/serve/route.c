/* Lives here: the step that finds the operation, and the answers that need none: OPTIONS, 404,
 * 405. Calls contract. */
#include "serve/steps.h"

#include <string.h>

enum step_result step_route(struct service *service, struct request *request)
{
    struct route_match *match = &request->match;

    switch (contract_route(service->contract, request->method, request->target, request->arena,
                           match)) {
    case ROUTE_FOUND:
        request->operation = match->operation;
        return STEP_ON;
    case ROUTE_NO_PATH:
        answer_problem(request, PROBLEM_NOT_FOUND, "no resource has this path");
        return STEP_DONE;
    case ROUTE_BAD_TARGET:
        answer_problem(request, PROBLEM_MALFORMED_REQUEST, match->detail);
        return STEP_DONE;
    case ROUTE_NO_METHOD:
        answer_header(request, "Allow", match->allow);
        if (strcmp(request->method, "OPTIONS") == 0)
            answer_set(request, 204, NULL, NULL, 0);
        else
            answer_problem(request, PROBLEM_METHOD_NOT_ALLOWED,
                           arena_format(request->arena, "this path takes %s", match->allow));
        return STEP_DONE;
    }
    return STEP_DONE;
}
