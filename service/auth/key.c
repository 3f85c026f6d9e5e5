/* Lives here: one key: how it is bound to its algorithm, whether it is strong enough, and its
 * thumbprint. Calls OpenSSL and base; knows neither files nor settings. */
#include "auth/keys.h"

#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#define RSA_LEAST_BITS 2048 /* RFC 7518 section 3.3 */
#define RSA_MOST_BITS 8192  /* larger ones make every check slow */
#define P256_BYTES 32

static const char *const algorithm_names[ALGORITHM_COUNT] = {
    [ALGORITHM_HS256] = "HS256",
    [ALGORITHM_RS256] = "RS256",
    [ALGORITHM_ES256] = "ES256",
};

const char *algorithm_name(enum algorithm algorithm)
{
    return algorithm_names[algorithm];
}

bool algorithm_read(const char *text, size_t length, enum algorithm *algorithm)
{
    for (size_t i = 0; i < ALGORITHM_COUNT; i++) {
        if (strlen(algorithm_names[i]) == length &&
            memcmp(algorithm_names[i], text, length) == 0) {
            *algorithm = (enum algorithm)i;
            return true;
        }
    }
    return false;
}

static void release_mac(void *mac)
{
    EVP_MAC_CTX_free(mac);
}

static void release_pair(void *pair)
{
    EVP_PKEY_free(pair);
}

static EVP_MAC_CTX *mac_new(const uint8_t *secret, size_t length)
{
    char digest[] = "SHA256";
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *mac = hmac ? EVP_MAC_CTX_new(hmac) : NULL;

    ASSERT(mac && EVP_MAC_init(mac, secret, length, parameters) == 1);
    EVP_MAC_free(hmac);
    return mac;
}

struct secret {
    size_t length;
    uint8_t bytes[];
};

static void release_secret(void *object)
{
    struct secret *secret = object;

    OPENSSL_cleanse(secret->bytes, secret->length);
}

struct key key_from_secret(const void *bytes, size_t length, struct arena *arena)
{
    struct secret *secret = arena_alloc(arena, sizeof(*secret) + length + 1);
    struct key key = {.algorithm = ALGORITHM_HS256, .secret_length = length, .can_sign = true};

    secret->length = length;
    if (length)
        memcpy(secret->bytes, bytes, length);
    arena_defer(arena, release_secret, secret);
    key.secret = secret->bytes;
    key.mac = mac_new(secret->bytes, length);
    arena_defer(arena, release_mac, key.mac);
    return key;
}

bool key_from_pair(EVP_PKEY *pair, struct arena *arena, struct key *key)
{
    int type = EVP_PKEY_get_base_id(pair);

    arena_defer(arena, release_pair, pair);
    *key = (struct key){.pair = pair};
    if (type == EVP_PKEY_RSA)
        key->algorithm = ALGORITHM_RS256;
    else if (type == EVP_PKEY_EC)
        key->algorithm = ALGORITHM_ES256;
    else
        return false;
    return true;
}

static BIGNUM *pair_number(EVP_PKEY *pair, const char *name)
{
    BIGNUM *number = NULL;

    ASSERT(EVP_PKEY_get_bn_param(pair, name, &number) == 1);
    return number;
}

/* FIPS 186-5 section 5.1 asks for an odd exponent over 2^16; OpenSSL takes none over 64 bits
 * with a large modulus. */
static bool rsa_exponent_is_sane(EVP_PKEY *pair)
{
    BIGNUM *exponent = pair_number(pair, OSSL_PKEY_PARAM_RSA_E);
    int bits = BN_num_bits(exponent);
    bool sane = BN_is_odd(exponent) && bits >= 17 && bits <= 64;

    BN_free(exponent);
    return sane;
}

/* OpenSSL's own look: a point on the curve; a modulus that is odd, composite, no prime power,
 * and without small factors. */
static bool pair_is_sound(EVP_PKEY *pair)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, pair, NULL);
    bool sound = context && EVP_PKEY_public_check(context) == 1;

    EVP_PKEY_CTX_free(context);
    ERR_clear_error();
    return sound;
}

static const char *rsa_weakness(EVP_PKEY *pair)
{
    int bits = EVP_PKEY_get_bits(pair);

    if (bits < RSA_LEAST_BITS)
        return "its RSA modulus has fewer than 2048 bits";
    if (bits > RSA_MOST_BITS)
        return "its RSA modulus has more than 8192 bits";
    if (!rsa_exponent_is_sane(pair))
        return "its RSA exponent is not an odd number from 65537 to 64 bits";
    return pair_is_sound(pair) ? NULL : "its RSA modulus is not the product of two primes";
}

static const char *ec_weakness(EVP_PKEY *pair)
{
    char group[64] = "";

    if (EVP_PKEY_get_group_name(pair, group, sizeof(group), NULL) != 1 ||
        strcmp(group, "prime256v1") != 0)
        return "its curve is not P-256";
    return pair_is_sound(pair) ? NULL : "its point is not on the curve";
}

static const char *secret_weakness(const uint8_t *secret, size_t length)
{
    static const char pem[] = "-----BEGIN ";

    if (length < KEY_SECRET_LEAST_BYTES)
        return "the secret has fewer than 32 bytes";
    if (memmem(secret, length, pem, strlen(pem)))
        return "it is a PEM key, not a secret; name the .pem file without secret-file:";
    return NULL;
}

const char *key_weakness(const struct key *key)
{
    switch (key->algorithm) {
    case ALGORITHM_RS256:
        return rsa_weakness(key->pair);
    case ALGORITHM_ES256:
        return ec_weakness(key->pair);
    case ALGORITHM_HS256:
    case ALGORITHM_COUNT:
        break;
    }
    return secret_weakness(key->secret, key->secret_length);
}

/* base64url of a number: in as few bytes as it needs, or in exactly `width` bytes. */
static const char *number_text(EVP_PKEY *pair, const char *name, int width, struct arena *arena)
{
    BIGNUM *number = pair_number(pair, name);
    int length = width ? width : BN_num_bytes(number);
    uint8_t *bytes = arena_alloc(arena, (size_t)length);
    char *text = arena_alloc(arena, base64url_size((size_t)length));

    ASSERT(BN_bn2binpad(number, bytes, length) == length);
    base64url_encode(bytes, (size_t)length, text);
    BN_free(number);
    return text;
}

/* The members that define the key, in alphabetical order and without spaces. */
static const char *thumbprint_input(EVP_PKEY *pair, struct arena *arena)
{
    if (EVP_PKEY_get_base_id(pair) == EVP_PKEY_RSA)
        return arena_format(arena, "{\"e\":\"%s\",\"kty\":\"RSA\",\"n\":\"%s\"}",
                            number_text(pair, OSSL_PKEY_PARAM_RSA_E, 0, arena),
                            number_text(pair, OSSL_PKEY_PARAM_RSA_N, 0, arena));
    return arena_format(arena, "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}",
                        number_text(pair, OSSL_PKEY_PARAM_EC_PUB_X, P256_BYTES, arena),
                        number_text(pair, OSSL_PKEY_PARAM_EC_PUB_Y, P256_BYTES, arena));
}

const char *key_thumbprint(EVP_PKEY *pair, struct arena *arena)
{
    const char *input = thumbprint_input(pair, arena);
    uint8_t digest[DIGEST_SIZE];
    char *text = arena_alloc(arena, base64url_size(DIGEST_SIZE));

    digest_bytes(input, strlen(input), digest);
    base64url_encode(digest, sizeof(digest), text);
    return text;
}
