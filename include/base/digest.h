/* SHA-256, hexadecimal, base64url (RFC 4648 section 5, no padding), random bytes. Any thread.
 */
#ifndef CLINICD_BASE_DIGEST_H
#define CLINICD_BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

#define DIGEST_SIZE 32
#define DIGEST_HEX_SIZE (2 * DIGEST_SIZE + 1)

struct digest_part {
    const void *bytes; /* may be NULL when length is 0 */
    size_t length;
};

/* SHA-256 over the parts, each preceded by its length as 8 bytes little-endian, so that
 * ("ab","c") and ("a","bc") differ. For keys of our own, not for interchange. */
void digest_parts(const struct digest_part *parts, size_t count, uint8_t out[DIGEST_SIZE]);

/* Plain SHA-256 of `length` bytes. */
void digest_bytes(const void *bytes, size_t length, uint8_t out[DIGEST_SIZE]);

/* 64 lower-case hexadecimal characters and a NUL. */
void digest_hex(const uint8_t digest[DIGEST_SIZE], char out[DIGEST_HEX_SIZE]);

/* Decodes strict base64url without padding, white space or non-zero trailing bits. `out` has
 * room for length * 3 / 4 bytes. Returns false on any other input. */
bool base64url_decode(const char *text, size_t length, uint8_t *out,
                      size_t *out_length) MUST_CHECK;

/* Bytes that base64url_encode writes for `length` bytes, with the NUL. */
size_t base64url_size(size_t length);
void base64url_encode(const void *bytes, size_t length, char *out);

/* Fills `out` from the kernel's generator; ends the process if there is none. */
void random_bytes(void *out, size_t length);

#endif
