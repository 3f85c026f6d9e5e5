/* Lives here: the words of a failed start-up, and the end of the process when a rule of our
 * own is broken. Calls nobody. */
#include "base/fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

bool fault_set(struct fault *fault, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(fault->text, sizeof(fault->text), format, arguments);
    va_end(arguments);
    return false;
}

void fault_abort(const char *what, const char *file, int line)
{
    fprintf(stderr, "clinicd: %s:%d: this must be true: %s\n", file, line, what);
    abort();
}
