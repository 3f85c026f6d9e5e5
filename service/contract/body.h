/* Private to service/contract: counting brackets before a parser sees them. */
#ifndef CLINICD_CONTRACT_BODY_H
#define CLINICD_CONTRACT_BODY_H

#include <stddef.h>

#define BODY_DEPTH_MOST 16

/* The deepest nesting of { and [ outside strings in `length` bytes that may be JSON; stops
 * counting beyond BODY_DEPTH_MOST. */
size_t body_depth(const char *bytes, size_t length);

#endif
