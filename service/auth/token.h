/*
 * Private to service/auth: from the text of a token to what it claims.
 */
#ifndef CLINICD_AUTH_TOKEN_H
#define CLINICD_AUTH_TOKEN_H

#include <jansson.h>

#include "auth.h"
#include "auth/keys.h"

#define TOKEN_MOST_BYTES 8192
#define SUBJECT_MOST_BYTES 255

/* What a token says once it is accepted; all that is remembered of it. */
struct claims {
    const char *subject;
    const char *scope;   /* names separated by single spaces; "" for none */
    const char *clinics; /* "*" or "{uuid,uuid}" in lower case */
    int64_t expires_at;  /* Unix seconds */
    int64_t not_before;  /* Unix seconds; INT64_MIN when the token has no nbf */
};

/* What tokens have to say. */
struct expectation {
    const char *issuer;
    const char *audience;
    int64_t leeway_seconds;
};

/* Checks all but the clock and the length, which is at most TOKEN_MOST_BYTES. TOKEN_ACCEPTED
 * fills `claims` from `arena`. */
enum token_verdict token_read(const struct key_set *keys, const struct expectation *expected,
                              const char *token, size_t length, struct arena *arena,
                              struct claims *claims) MUST_CHECK;

/* Checks the members of a payload whose signature is good; all but the clock. */
enum token_verdict claims_read(const json_t *payload, const struct expectation *expected,
                               struct arena *arena, struct claims *claims) MUST_CHECK;

/* TOKEN_ACCEPTED, TOKEN_EXPIRED or TOKEN_NOT_YET (RFC 7519 sections 4.1.4 and 4.1.5). */
enum token_verdict claims_judge_time(const struct claims *claims, int64_t now,
                                     int64_t leeway_seconds) MUST_CHECK;

/* True when `signature` is that of `text` by `key`, in the form that JWS gives it. */
bool signature_verify(const struct key *key, const char *text, size_t length,
                      const uint8_t *signature, size_t signature_length) MUST_CHECK;

/* The principal of accepted claims, whose texts live in `arena`. */
struct principal principal_make(const struct claims *claims, struct arena *arena);

#endif
