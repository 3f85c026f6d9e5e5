/*
 * A string that grows, in an arena. `text` is always NUL-terminated and never NULL after
 * buffer_init; it moves when the buffer grows.
 */
#ifndef CLINICD_BASE_BUFFER_H
#define CLINICD_BASE_BUFFER_H

#include <stddef.h>

#include "base/arena.h"

struct buffer {
    struct arena *arena; /* where it grows; not owned */
    char *text;
    size_t length; /* bytes, without the NUL */
    size_t capacity;
};

/* An empty buffer in `arena`. */
struct buffer buffer_init(struct arena *arena);

void buffer_add(struct buffer *buffer, const void *bytes, size_t length);
void buffer_add_text(struct buffer *buffer, const char *text);
void buffer_add_char(struct buffer *buffer, char character);
void buffer_add_format(struct buffer *buffer, const char *format, ...) PRINTF_LIKE(2, 3);

/* Adds `text` as a JSON string with its quotes (RFC 8259 section 7). `text` is UTF-8; bytes
 * that are not come out as U+FFFD, so the result is always valid JSON. */
void buffer_add_json_text(struct buffer *buffer, const char *text, size_t length);

#endif
