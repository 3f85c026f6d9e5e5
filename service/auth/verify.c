/* Lives here: signatures in the form that JWS gives them (RFC 7518 sections 3.2 to 3.4),
 * checked by OpenSSL. The key decides the algorithm; the token has no say. */
#include "auth/token.h"

#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#define HS256_BYTES 32
#define P256_BYTES 32

static bool hmac_verify(const struct key *key, const char *text, size_t length,
                        const uint8_t *signature, size_t signature_length)
{
    uint8_t expected[HS256_BYTES];
    size_t expected_length = 0;
    EVP_MAC_CTX *mac = EVP_MAC_CTX_dup(key->mac);

    ASSERT(mac && EVP_MAC_update(mac, (const uint8_t *)text, length) == 1 &&
           EVP_MAC_final(mac, expected, &expected_length, sizeof(expected)) == 1 &&
           expected_length == sizeof(expected));
    EVP_MAC_CTX_free(mac);
    return signature_length == sizeof(expected) &&
           CRYPTO_memcmp(expected, signature, sizeof(expected)) == 0;
}

/* RSASSA-PKCS1-v1_5 or ECDSA in DER; OpenSSL refuses an RSA signature of another length. */
static bool pair_verify(EVP_PKEY *pair, const char *text, size_t length,
                        const uint8_t *signature, size_t signature_length)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good;

    ASSERT(context && EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, pair) == 1);
    good = EVP_DigestVerify(context, signature, signature_length, (const uint8_t *)text,
                            length) == 1;
    EVP_MD_CTX_free(context);
    if (!good)
        ERR_clear_error();
    return good;
}

/* JWS writes r and s as 32 bytes each, OpenSSL reads them as DER. */
static bool ecdsa_verify(const struct key *key, const char *text, size_t length,
                         const uint8_t *signature, size_t signature_length)
{
    uint8_t *der = NULL;
    ECDSA_SIG *pair;
    int der_length;
    bool good;

    if (signature_length != 2 * P256_BYTES)
        return false;
    pair = ECDSA_SIG_new();
    ASSERT(pair && ECDSA_SIG_set0(pair, BN_bin2bn(signature, P256_BYTES, NULL),
                                  BN_bin2bn(signature + P256_BYTES, P256_BYTES, NULL)) == 1);
    der_length = i2d_ECDSA_SIG(pair, &der);
    ECDSA_SIG_free(pair);
    ASSERT(der_length > 0);
    good = pair_verify(key->pair, text, length, der, (size_t)der_length);
    OPENSSL_free(der);
    return good;
}

bool signature_verify(const struct key *key, const char *text, size_t length,
                      const uint8_t *signature, size_t signature_length)
{
    switch (key->algorithm) {
    case ALGORITHM_HS256:
        return hmac_verify(key, text, length, signature, signature_length);
    case ALGORITHM_RS256:
        return pair_verify(key->pair, text, length, signature, signature_length);
    case ALGORITHM_ES256:
        return ecdsa_verify(key, text, length, signature, signature_length);
    case ALGORITHM_COUNT:
        break;
    }
    return false;
}
