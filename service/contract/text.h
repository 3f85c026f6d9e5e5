/* Bytes as text: UTF-8 and percent-encoding. Everything takes (pointer, length) of bytes that
 * nobody has checked yet; nothing here allocates. */
#ifndef CLINICD_CONTRACT_TEXT_H
#define CLINICD_CONTRACT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

/* True for well-formed UTF-8 (RFC 3629: no overlong forms, surrogates, or values beyond
 * U+10FFFF). */
bool text_is_utf8(const char *text, size_t length) MUST_CHECK;

/* Code points of well-formed UTF-8. */
size_t text_code_points(const char *text, size_t length);

/* Decodes each %XX once (RFC 3986 section 2.1) into `out`, which has room for `length` bytes
 * and may be `text` itself. Returns false on "%" without two hexadecimal digits. */
bool text_percent_decode(const char *text, size_t length, char *out,
                         size_t *out_length) MUST_CHECK;

/* The most bytes, at most `most`, that end between two characters of `text`. */
size_t text_cut(const char *text, size_t length, size_t most);

#endif
