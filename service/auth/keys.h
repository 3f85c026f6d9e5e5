/*
 * Private to service/auth: the keys that tokens are checked with. Read and parsed once at
 * start, immutable afterwards, each bound to one algorithm (RFC 8725 section 3.1), so that any
 * thread may use them and no token can choose how its key is used.
 */
#ifndef CLINICD_AUTH_KEYS_H
#define CLINICD_AUTH_KEYS_H

#include <openssl/types.h>

#include "base.h"

enum algorithm { ALGORITHM_HS256, ALGORITHM_RS256, ALGORITHM_ES256, ALGORITHM_COUNT };

#define KEY_SECRET_LEAST_BYTES 32 /* RFC 7518 section 3.2 */
#define KEY_ID_MOST_BYTES 255
#define KEYS_MOST 64

struct key {
    enum algorithm algorithm; /* the only one that it is used with */
    const char *id;           /* `kid`; NULL: it has none */
    const char *source;       /* for messages: a file or "entry 2"; never key material */
    EVP_PKEY *pair;        /* RS256, ES256: the public key, with its private half if can_sign */
    EVP_MAC_CTX *mac;      /* HS256: HMAC-SHA-256 ready with the secret, to be duplicated */
    const uint8_t *secret; /* HS256: for minting */
    size_t secret_length;
    bool can_sign;
};

struct key_set {
    struct arena *arena; /* owns what the keys point to, and frees it */
    unsigned algorithms; /* bit 1 << enum algorithm: accepted */
    size_t count;
    struct key keys[KEYS_MOST];
};

/* "HS256" and so on. */
const char *algorithm_name(enum algorithm algorithm);

/* False when `text` names none that is supported; "none" never is. */
bool algorithm_read(const char *text, size_t length, enum algorithm *algorithm) MUST_CHECK;

bool keys_accept(const struct key_set *set, enum algorithm algorithm);

/* Reads the settings CLINICD_JWT_KEYS and CLINICD_JWT_ALGORITHMS into `set`. */
bool keys_open(struct key_set *set, const char *keys, const char *algorithms,
               struct arena *arena, struct fault *fault) MUST_CHECK;

/* Adds the keys of a JWKS (RFC 7517 section 5) wherever its text came from; those that are not
 * for signatures, or not of an accepted algorithm, are skipped with a log line. `holds_secrets`
 * becomes true when the text holds more than public keys. */
bool keys_add_jwks(struct key_set *set, const char *text, size_t length, const char *source,
                   bool *holds_secrets, struct fault *fault) MUST_CHECK;

/* Adds the keys of one entry of CLINICD_JWT_KEYS, its `number`th. `text` lives in set->arena.
 */
bool keys_add_entry(struct key_set *set, const char *text, size_t number,
                    struct fault *fault) MUST_CHECK;

/* Checks the key's strength and that its kid is new, and takes it over. */
bool keys_add(struct key_set *set, const struct key *key, struct fault *fault) MUST_CHECK;

/* The key of this kid, or NULL. */
const struct key *keys_find(const struct key_set *set, const char *id);

/* The one key of this algorithm; NULL when there is none or more than one. */
const struct key *keys_find_only(const struct key_set *set, enum algorithm algorithm);

/* Makes a key of `secret` (copied into `arena`), or of `pair` (owned by `arena` from now on).
 * key_from_pair returns false when it fits none of the algorithms. */
struct key key_from_secret(const void *secret, size_t length, struct arena *arena);
bool key_from_pair(EVP_PKEY *pair, struct arena *arena, struct key *key) MUST_CHECK;

/* NULL when the key is strong enough to be used, else what is wrong with it. */
const char *key_weakness(const struct key *key);

/* RFC 7638: base64url of the SHA-256 of the public members, for RSA and P-256 keys. */
const char *key_thumbprint(EVP_PKEY *pair, struct arena *arena);

#endif
