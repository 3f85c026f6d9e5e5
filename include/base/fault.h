/*
 * Why start-up, a command or a check failed, in words for the person who runs the service.
 * Written once by whoever knows the reason; callers pass it on. Never shown to API clients.
 */
#ifndef CLINICD_BASE_FAULT_H
#define CLINICD_BASE_FAULT_H

#include <stdbool.h>

#include "base/attributes.h"

struct fault {
    char text[1024]; /* one sentence without a final newline; longer texts are cut */
};

/* Formats the reason into `fault` (not NULL). Always returns false, so that a failing
 * function can `return fault_set(fault, "...")`. Any thread. */
bool fault_set(struct fault *fault, const char *format, ...) PRINTF_LIKE(2, 3);

/* Ends the process with SIGABRT after writing `what`, `file` and `line` to stderr. */
void fault_abort(const char *what, const char *file, int line) NO_RETURN;

/* A condition that only a bug of ours can break: checked in production too. */
#define ASSERT(condition) ((condition) ? (void)0 : fault_abort(#condition, __FILE__, __LINE__))

#endif
