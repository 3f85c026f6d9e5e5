/* Lives here: JWKS text becomes keys (RFC 7517, RFC 7518 section 6), wherever the text came
 * from. Private members of RSA and EC keys are not read: a JWKS verifies, a PEM file signs. */
#include "auth/keys.h"

#include <string.h>

#include <jansson.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#define P256_BYTES 32

struct octets {
    uint8_t *bytes;
    size_t length;
};

/* A member as bytes; false when it is absent, no string, empty or not base64url. */
static bool jwk_octets(const json_t *jwk, const char *name, struct arena *arena,
                       struct octets *octets)
{
    const json_t *member = json_object_get(jwk, name);
    size_t length = json_string_length(member);

    if (length == 0)
        return false;
    octets->bytes = arena_alloc(arena, length);
    return base64url_decode(json_string_value(member), length, octets->bytes, &octets->length);
}

/* Takes over `builder`. NULL when OpenSSL does not take the parameters for a public key. */
static EVP_PKEY *pair_from_parameters(const char *type, OSSL_PARAM_BLD *builder)
{
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY *pair = NULL;

    ASSERT(parameters && context && EVP_PKEY_fromdata_init(context) == 1);
    if (EVP_PKEY_fromdata(context, &pair, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
        pair = NULL;
    ERR_clear_error();
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    return pair;
}

static EVP_PKEY *pair_from_rsa(const struct octets *modulus, const struct octets *exponent)
{
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    BIGNUM *n = BN_bin2bn(modulus->bytes, (int)modulus->length, NULL);
    BIGNUM *e = BN_bin2bn(exponent->bytes, (int)exponent->length, NULL);
    EVP_PKEY *pair;

    ASSERT(builder && n && e &&
           OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
           OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) == 1);
    pair = pair_from_parameters("RSA", builder);
    BN_free(n);
    BN_free(e);
    return pair;
}

/* A point of P-256, uncompressed (SEC 1 section 2.3.3). */
static EVP_PKEY *pair_from_point(const struct octets *x, const struct octets *y)
{
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    uint8_t point[1 + 2 * P256_BYTES] = {4};

    memcpy(point + 1, x->bytes, P256_BYTES);
    memcpy(point + 1 + P256_BYTES, y->bytes, P256_BYTES);
    ASSERT(builder &&
           OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1",
                                           0) == 1 &&
           OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point,
                                            sizeof(point)) == 1);
    return pair_from_parameters("EC", builder);
}

/* The readers of each `kty` return NULL when `key` is filled, else why it is skipped. */
static const char *jwk_read_rsa(const json_t *jwk, struct arena *arena, struct key *key)
{
    struct octets modulus;
    struct octets exponent;
    EVP_PKEY *pair;

    if (!jwk_octets(jwk, "n", arena, &modulus) || !jwk_octets(jwk, "e", arena, &exponent))
        return "n or e is not base64url";
    pair = pair_from_rsa(&modulus, &exponent);
    return pair && key_from_pair(pair, arena, key) ? NULL : "n and e are no RSA key";
}

static const char *jwk_read_ec(const json_t *jwk, struct arena *arena, struct key *key)
{
    const char *curve = json_string_value(json_object_get(jwk, "crv"));
    struct octets x;
    struct octets y;
    EVP_PKEY *pair;

    if (!curve || strcmp(curve, "P-256") != 0)
        return "its curve is not P-256";
    if (!jwk_octets(jwk, "x", arena, &x) || !jwk_octets(jwk, "y", arena, &y) ||
        x.length != P256_BYTES || y.length != P256_BYTES)
        return "x or y is not base64url of 32 bytes";
    pair = pair_from_point(&x, &y);
    return pair && key_from_pair(pair, arena, key) ? NULL : "x and y are no point of P-256";
}

static const char *jwk_read_oct(const json_t *jwk, struct arena *arena, struct key *key)
{
    struct octets secret;

    if (!jwk_octets(jwk, "k", arena, &secret))
        return "k is not base64url";
    *key = key_from_secret(secret.bytes, secret.length, arena);
    OPENSSL_cleanse(secret.bytes, secret.length);
    return NULL;
}

/* True when key_ops is absent or lists what we do with the key: verify, or with a secret sign.
 */
static bool jwk_may_verify(const json_t *jwk)
{
    const json_t *operations = json_object_get(jwk, "key_ops");
    const json_t *operation;
    size_t index;

    if (!operations)
        return true;
    json_array_foreach(operations, index, operation)
    {
        const char *name = json_string_value(operation);

        if (name && (strcmp(name, "verify") == 0))
            return true;
    }
    return false;
}

/* A member that, when there, has to be this text. */
static bool member_agrees(const json_t *jwk, const char *name, const char *expected)
{
    const json_t *member = json_object_get(jwk, name);
    const char *text = json_string_value(member);

    return !member || (text && strcmp(text, expected) == 0);
}

static const char *jwk_read_id(const json_t *jwk, struct arena *arena, struct key *key)
{
    const json_t *member = json_object_get(jwk, "kid");
    size_t length = json_string_length(member);

    if (!member)
        return NULL;
    if (length == 0 || length > KEY_ID_MOST_BYTES)
        return "its kid is not a string of 1 to 255 bytes";
    key->id = arena_copy_text(arena, json_string_value(member));
    return NULL;
}

static const struct {
    const char *type;
    const char *(*read)(const json_t *jwk, struct arena *arena, struct key *key);
} readers[] = {
    {"RSA", jwk_read_rsa},
    {"EC", jwk_read_ec},
    {"oct", jwk_read_oct},
};

/* RFC 7517 section 5: keys that are not understood are skipped. NULL, or why. */
static const char *jwk_read(const json_t *jwk, struct arena *arena, struct key *key)
{
    const char *type = json_string_value(json_object_get(jwk, "kty"));
    const char *reason = "its kty is none of RSA, EC, oct";

    if (!member_agrees(jwk, "use", "sig") || !jwk_may_verify(jwk))
        return "it is not for signatures";
    for (size_t i = 0; type && i < LENGTH(readers); i++)
        if (strcmp(readers[i].type, type) == 0)
            reason = readers[i].read(jwk, arena, key);
    if (reason)
        return reason;
    if (!member_agrees(jwk, "alg", algorithm_name(key->algorithm)))
        return "its alg is not supported";
    return jwk_read_id(jwk, arena, key);
}

static bool jwks_add(struct key_set *set, const json_t *jwk, size_t index, const char *source,
                     struct fault *fault)
{
    struct key key = {0};
    const char *reason = jwk_read(jwk, set->arena, &key);

    if (!reason && !keys_accept(set, key.algorithm))
        reason = "its algorithm is not in CLINICD_JWT_ALGORITHMS";
    if (reason) {
        log_line(LOG_WARNING, "key-skipped", log_text("source", source),
                 log_number("key", (int64_t)index + 1), log_text("reason", reason));
        return true;
    }
    key.source = arena_format(set->arena, "%s, key %zu", source, index + 1);
    return keys_add(set, &key, fault);
}

bool keys_add_jwks(struct key_set *set, const char *text, size_t length, const char *source,
                   bool *holds_secrets, struct fault *fault)
{
    json_auto_t *document = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
    const json_t *keys = json_object_get(document, "keys");
    const json_t *jwk;
    size_t index;

    if (!json_is_array(keys))
        return fault_set(fault, "CLINICD_JWT_KEYS: %s: not a JWKS (a JSON object with keys)",
                         source);
    json_array_foreach(keys, index, jwk)
    {
        if (json_object_get(jwk, "k") || json_object_get(jwk, "d"))
            *holds_secrets = true;
        if (!jwks_add(set, jwk, index, source, fault))
            return false;
    }
    return true;
}
