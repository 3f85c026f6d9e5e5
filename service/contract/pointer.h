/* JSON pointers (RFC 6901), read and written. */
#ifndef CLINICD_CONTRACT_POINTER_H
#define CLINICD_CONTRACT_POINTER_H

#include <stddef.h>
#include <jansson.h>

#include "base/arena.h"

struct place; /* schema.h */

/* A step of a pointer with "~" and "/" escaped, in `arena`. */
const char *pointer_escape(struct arena *arena, const char *step, size_t length);

/* What the pointer points to; NULL: nothing. `pointer` is overwritten. */
json_t *pointer_find(json_t *root, char *pointer, size_t length);

#define POINTER_MOST 1024

/* The pointer to a place. Longer ones than POINTER_MOST bytes end at the nearest place above
 * that fits: names come from the client, and fifty pointers must fit into an answer. */
const char *pointer_write(struct arena *arena, const struct place *place);

#endif
