/* Lives here: minting tokens with libjwt; the only file that includes jwt.h. Every token goes
 * through our own reader before it leaves, so what is minted is accepted. */
#include "auth/authority.h"

#include <stdlib.h>
#include <string.h>

#include <jwt.h>
#include <openssl/bio.h>
#include <openssl/pem.h>

#define LIFETIME_MOST_SECONDS (INT64_C(10) * 366 * 24 * 3600)

static const jwt_alg_t libjwt_algorithms[ALGORITHM_COUNT] = {
    [ALGORITHM_HS256] = JWT_ALG_HS256,
    [ALGORITHM_RS256] = JWT_ALG_RS256,
    [ALGORITHM_ES256] = JWT_ALG_ES256,
};

static const struct key *key_to_sign_with(const struct key_set *keys, const char *id)
{
    for (size_t i = 0; i < keys->count; i++) {
        const struct key *key = &keys->keys[i];

        if (key->can_sign && (!id || (key->id && strcmp(key->id, id) == 0)))
            return key;
    }
    return NULL;
}

/* NULL when a text is not UTF-8. */
static json_t *clinics_claim(const struct token_request *request)
{
    json_t *list;

    if (request->all_clinics)
        return json_string("*");
    list = json_array();
    for (const char *const *clinic = request->clinics; clinic && *clinic; clinic++) {
        if (json_array_append_new(list, json_string(*clinic)) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

/* NULL when a text of the request is not UTF-8. */
static json_t *payload_new(const struct expectation *expected,
                           const struct token_request *request, int64_t now)
{
    json_t *clinics = clinics_claim(request);

    if (!clinics)
        return NULL;
    return json_pack("{s:s, s:s, s:s, s:I, s:I, s:s, s:o}", "iss", expected->issuer, "aud",
                     expected->audience, "sub", request->subject, "iat", (json_int_t)now, "exp",
                     (json_int_t)(now + request->lifetime_seconds), "scope", request->scope,
                     "clinics", clinics);
}

/* libjwt wants a secret as it is and a private key as PEM. */
static bool jwt_take_key(jwt_t *jwt, const struct key *key)
{
    jwt_alg_t algorithm = libjwt_algorithms[key->algorithm];
    BIO *bio;
    char *pem;
    long length;
    bool taken;

    if (key->algorithm == ALGORITHM_HS256)
        return jwt_set_alg(jwt, algorithm, key->secret, (int)key->secret_length) == 0;
    bio = BIO_new(BIO_s_secmem());
    ASSERT(bio && PEM_write_bio_PrivateKey(bio, key->pair, NULL, NULL, 0, NULL, NULL) == 1);
    length = BIO_get_mem_data(bio, &pem);
    taken = jwt_set_alg(jwt, algorithm, (const unsigned char *)pem, (int)length) == 0;
    BIO_free(bio);
    return taken;
}

/* A string for free(), or NULL. */
static char *jwt_sign(const struct key *key, const char *payload)
{
    jwt_t *jwt = NULL;
    char *token = NULL;

    ASSERT(jwt_new(&jwt) == 0);
    if (jwt_take_key(jwt, key) && (!key->id || jwt_add_header(jwt, "kid", key->id) == 0) &&
        jwt_add_grants_json(jwt, payload) == 0)
        token = jwt_encode_str(jwt);
    jwt_free(jwt);
    return token;
}

static char *sign(const struct key *key, const struct expectation *expected,
                  const struct token_request *request, int64_t now)
{
    json_auto_t *payload = payload_new(expected, request, now);
    char *text = payload ? json_dumps(payload, JSON_COMPACT) : NULL;
    char *token = text ? jwt_sign(key, text) : NULL;

    free(text);
    return token;
}

static bool is_accepted(struct authority *authority, const char *token, int64_t now,
                        struct fault *fault)
{
    struct principal principal;
    struct arena *arena = arena_new();
    enum token_verdict verdict =
        token_verify(authority, token, strlen(token), now, arena, &principal);

    arena_free(arena);
    return verdict == TOKEN_ACCEPTED ||
           fault_set(fault, "The token would be refused: %s", token_verdict_sentence(verdict));
}

static char *mint(struct authority *authority, const struct token_request *request, int64_t now,
                  struct fault *fault)
{
    const struct key *key = key_to_sign_with(&authority->keys, request->key_id);
    char *token;

    if (request->lifetime_seconds < 1 || request->lifetime_seconds > LIFETIME_MOST_SECONDS) {
        fault_set(fault, "A token lives from one second to ten years");
        return NULL;
    }
    if (!key) {
        fault_set(fault, "CLINICD_JWT_KEYS: no private key or secret%s to sign with",
                  request->key_id ? " of that name" : "");
        return NULL;
    }
    token = sign(key, &authority->expected, request, now);
    if (!token)
        fault_set(fault, "%s: no token can be made with it; texts have to be UTF-8",
                  key->source);
    else if (is_accepted(authority, token, now, fault))
        return token;
    free(token);
    return NULL;
}

char *token_mint(const struct authority_settings *settings, const struct token_request *request,
                 int64_t now, struct fault *fault)
{
    struct authority *authority = authority_open(settings, fault);
    char *token = authority ? mint(authority, request, now, fault) : NULL;

    authority_free(authority);
    return token;
}
