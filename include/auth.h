/*
 * The door of service/auth: who asks, and what they may do. Verification is a strict reader
 * over OpenSSL; libjwt only mints. See RFC 7515, 7517, 7518, 7519, 8725 and 9068.
 */
#ifndef CLINICD_AUTH_H
#define CLINICD_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base.h"

/* Who asks. Immutable; all members live in the arena that it was verified into. */
struct principal {
    const char *subject;        /* `sub`; "" for an anonymous request */
    const char *const *scopes;  /* NULL-terminated */
    const char *scope_text;     /* space separated, in the token's order */
    bool all_clinics;           /* `clinics` is "*" */
    const char *const *clinics; /* lower-case uuids, NULL-terminated; empty when all_clinics */
    const char *clinics_text;   /* "*" or "{uuid,uuid}", a PostgreSQL array literal */
    int64_t expires_at;         /* Unix seconds; INT64_MAX for an anonymous request */
};

struct authority; /* keys, algorithms, claims to expect, and the cache of accepted tokens */

struct authority_settings {
    const char *keys;       /* setting CLINICD_JWT_KEYS */
    const char *algorithms; /* setting CLINICD_JWT_ALGORITHMS */
    const char *issuer;
    const char *audience;
    int64_t leeway_seconds;
    size_t cache_entries; /* most tokens remembered, in fours; 0: no cache */
};

/* Reads and parses the keys once. NULL and a fault that names the file (never key material)
 * when a key cannot be read, is too weak (RSA < 2048 bits, secret < 32 bytes), fits none of the
 * algorithms, two keys share a kid, an algorithm is unknown or no key is left. Keys of a JWKS
 * that are not for signatures of an accepted algorithm are skipped with a log line. */
struct authority *authority_open(const struct authority_settings *settings,
                                 struct fault *fault) MUST_CHECK;
void authority_free(struct authority *authority);

/* What CLINICD_JWT_KEYS may say, for `clinicd help keys`. */
const char *authority_keys_help(void);

/* Why a token was refused: a slug for logs and a sentence for error_description. */
enum token_verdict {
#define VERDICT(id, slug, sentence) TOKEN_##id,
#include "tbl/verdict.h"
#undef VERDICT
};

const char *token_verdict_slug(enum token_verdict verdict);
const char *token_verdict_sentence(enum token_verdict verdict);

/* Verifies a compact JWS at `now` (Unix seconds). TOKEN_ACCEPTED fills `principal` from
 * `arena`; otherwise it is left alone. Counts the METRIC_TOKEN* itself. Any thread. */
enum token_verdict token_verify(struct authority *authority, const char *token, size_t length,
                                int64_t now, struct arena *arena,
                                struct principal *principal) MUST_CHECK;

/* The principal of requests without a token: `scope_text` from the settings, all clinics. */
struct principal principal_anonymous(const char *scope_text, struct arena *arena);

bool principal_has_scope(const struct principal *principal, const char *scope);

/* True when all scopes of one of the lists are there (struct operation, scope_sets). */
bool principal_may_run(const struct principal *principal, const char *const *const *scope_sets);

/* True when the token may act at this clinic; `clinic_id` in any case of letters. */
bool principal_may_act_at(const struct principal *principal, const char *clinic_id);

struct token_request {
    const char *subject;
    const char *scope;          /* space separated */
    const char *const *clinics; /* NULL-terminated; ignored when all_clinics */
    bool all_clinics;
    int64_t lifetime_seconds;
    const char *key_id; /* NULL: the first key that can sign */
};

/* Mints a token with libjwt from the settings' first private key or secret. Returns a string
 * for free(), or NULL and a fault, also when token_verify would refuse it. */
char *token_mint(const struct authority_settings *settings, const struct token_request *request,
                 int64_t now, struct fault *fault) MUST_CHECK;

#endif
