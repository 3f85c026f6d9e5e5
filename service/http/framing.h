/*
 * Private to service/http: was the head of a request written as RFC 9112 wants it, line by
 * line? MHD 0.9.75 takes a bare LF for the end of a line, cuts a value at NUL, ends the head at
 * a header without a name, and adds a folded line to the *name* of the header before it
 * ("Content-Len: 7 CRLF gth" becomes Content-Length), so that a proxy in front may see another
 * request than we do. It parses in place, though: the pointers that it hands out tell where
 * each line stood, and each line must begin two bytes (the CR LF, zeroed by then) behind the
 * last.
 */
#ifndef CLINICD_HTTP_FRAMING_H
#define CLINICD_HTTP_FRAMING_H

#include <stdbool.h>
#include <stddef.h>

/* The head of one request, followed line by line. */
struct framing {
    const char
        *next;   /* where the next line has to begin; NULL: a line was not as it should be */
    bool is_old; /* HTTP/1.0, which has no Transfer-Encoding */
};

/* Begins with the request line. `target` is what MHD's URI callback got: in MHD's buffer, with
 * the version behind it. */
struct framing framing_begin(const char *target);

/* Follows to the next header in order of arrival, as MHD handed it out. */
void framing_follow(struct framing *framing, const char *name, size_t name_length,
                    const char *value, size_t value_length);

/* True when all lines were in order and an empty one came last. */
bool framing_is_whole(const struct framing *framing);

#endif
