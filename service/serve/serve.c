/* Lives here: the corridor. An array of named steps, one loop, one log line. It calls the steps
 * in their files; what a step may use, the steps before it have set. */
#include "serve/steps.h"

#include <string.h>

static const struct step {
    const char *name;
    enum step_result (*run)(struct service *service, struct request *request);
} steps[] = {
    {"frame", step_frame},
    {"route", step_route},
    {"authenticate", step_authenticate},
    {"authorize", step_authorize},
    {"validate", step_validate},
    {"run", step_run},
};

/* The method as the log may name it: others are whatever the client likes to send. */
static const char *method_known(const char *method)
{
    static const char *const known[] = {"GET",   "HEAD",   "POST",   "PUT",
                                        "PATCH", "DELETE", "OPTIONS"};

    for (size_t i = 0; i < LENGTH(known); i++) {
        if (strcmp(known[i], method) == 0)
            return known[i];
    }
    return "other";
}

static void log_request(const struct request *request, int64_t duration_us)
{
    const struct answer *answer = &request->answer;

    log_line(answer->status >= 500 ? LOG_WARNING : LOG_INFO, "request",
             log_text("method", method_known(request->method)),
             log_text("operation", request->operation ? request->operation->id : NULL),
             log_number("status", answer->status), log_text("step", request->step),
             log_text("problem", problem_slug(answer->problem)),
             log_number("duration_us", duration_us),
             log_number("database_us", request->database_us),
             log_number("bytes", (int64_t)answer->length),
             log_text("traceparent", request->traceparent));
}

void serve_request(struct service *service, struct request *request)
{
    int64_t duration_us;

    request->answer.problem = PROBLEM_NONE;
    for (size_t i = 0; i < LENGTH(steps); i++) {
        request->step = steps[i].name;
        if (steps[i].run(service, request) == STEP_DONE)
            break;
    }
    if (request->answer.status == 0)
        answer_problem(request, PROBLEM_INTERNAL, NULL);
    finish_answer(service, request);
    duration_us = clock_monotonic_us() - request->started_us;
    metrics_request(request->answer.status, duration_us);
    log_request(request, duration_us);
    log_set_request(NULL);
}
