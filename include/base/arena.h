/*
 * Memory that dies with one request (or one start-up): allocate, never free piece by piece.
 * An arena belongs to one thread at a time. Running out of memory ends the process with a
 * message, so nothing here returns NULL.
 */
#ifndef CLINICD_BASE_ARENA_H
#define CLINICD_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "base/attributes.h"

struct arena;

/* A new, empty arena; the caller frees it with arena_free. */
struct arena *arena_new(void) MUST_CHECK;

/* Runs the deferred functions, last one first, and frees everything. NULL is allowed. */
void arena_free(struct arena *arena);

/* `size` zeroed bytes, aligned for any type. `size` 0 gives a valid pointer. */
void *arena_alloc(struct arena *arena, size_t size) MUST_CHECK;

/* `count` zeroed elements of `size` bytes; a product that overflows ends the process. */
void *arena_alloc_array(struct arena *arena, size_t count, size_t size) MUST_CHECK;

/* A copy of `length` bytes with a NUL behind them. `bytes` may be NULL when length is 0. */
char *arena_copy(struct arena *arena, const void *bytes, size_t length) MUST_CHECK;

/* A copy of a C string; NULL gives NULL. */
char *arena_copy_text(struct arena *arena, const char *text) MUST_CHECK;

/* A formatted string. */
char *arena_format(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3) MUST_CHECK;

/* Calls `release(object)` when the arena is freed: for foreign handles such as json_t. */
void arena_defer(struct arena *arena, void (*release)(void *object), void *object);

#endif
