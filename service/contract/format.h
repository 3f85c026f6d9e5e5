/* The formats that the validator asserts (JSON Schema validation section 7.3, with the
 * format-assertion vocabulary). An unknown format stops the start. */
#ifndef CLINICD_CONTRACT_FORMAT_H
#define CLINICD_CONTRACT_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

struct format {
    const char *name;
    const char *wanted; /* "must be " + wanted */
    bool (*fits)(const char *text, size_t length);
};

/* NULL when there is none of that name. */
const struct format *format_find(const char *name);

#endif
