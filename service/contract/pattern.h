/* Regular expressions of `pattern` and `patternProperties`: PCRE2 with the meaning of ECMA-262
 * in its Unicode mode as far as contracts use it (JSON Schema core section 6.4): unanchored,
 * "$" only at the very end, \d \w \s in ASCII, \uXXXX and \u{X}. */
#ifndef CLINICD_CONTRACT_PATTERN_H
#define CLINICD_CONTRACT_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/fault.h"

struct pattern;

/* Compiles into `arena`, just in time to machine code where the machine allows it. NULL and a
 * fault with the position when the expression is wrong. Immutable afterwards. */
const struct pattern *pattern_compile(struct arena *arena, const char *source, size_t length,
                                      struct fault *fault) MUST_CHECK;

/* As it stands in the document. */
const char *pattern_source(const struct pattern *pattern);

/* Room for one match, made at its first use and shared by those of one validation; start with
 * {NULL}, end with pattern_scratch_free. */
struct pattern_scratch {
    void *match;
};

void pattern_scratch_free(struct pattern_scratch *scratch);

/* True when the pattern is found in `text` (well-formed UTF-8). A match that takes more than a
 * fixed number of steps counts as not found: never a hang. So does every text over 4 KiB when
 * the pattern does not begin with "^". */
bool pattern_is_found(const struct pattern *pattern, struct pattern_scratch *scratch,
                      const char *text, size_t length);

#endif
