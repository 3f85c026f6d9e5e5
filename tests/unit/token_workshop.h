/*
 * A workshop for token tests: keys made at run time, files in a folder of their own, and a
 * signer that signs any header and payload as told, so that bad tokens differ from good ones
 * in one thing only. Failures end the process: a test without its tools proves nothing.
 */
#ifndef CLINICD_TESTS_TOKEN_WORKSHOP_H
#define CLINICD_TESTS_TOKEN_WORKSHOP_H

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "base.h"

#define WORKSHOP_NOW INT64_C(1900000000) /* 2030-03-17 */

struct workshop {
    struct arena *arena;
    const char *folder;
};

static inline struct workshop workshop_open(void)
{
    struct workshop shop = {.arena = arena_new()};
    char *folder = arena_copy_text(shop.arena, "/tmp/clinicd-keys-XXXXXX");

    ASSERT(mkdtemp(folder));
    shop.folder = folder;
    return shop;
}

static inline void workshop_close(struct workshop *shop)
{
    DIR *folder = opendir(shop->folder);
    struct dirent *entry;

    ASSERT(folder);
    while ((entry = readdir(folder)) != NULL)
        if (entry->d_name[0] != '.')
            ASSERT(unlinkat(dirfd(folder), entry->d_name, 0) == 0);
    closedir(folder);
    ASSERT(rmdir(shop->folder) == 0);
    arena_free(shop->arena);
}

static inline const char *workshop_path(struct workshop *shop, const char *name)
{
    return arena_format(shop->arena, "%s/%s", shop->folder, name);
}

static inline const char *workshop_file(struct workshop *shop, const char *name,
                                        const void *bytes, size_t length, mode_t mode)
{
    const char *path = workshop_path(shop, name);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    ASSERT(file >= 0 && write(file, bytes, length) == (ssize_t)length);
    ASSERT(fchmod(file, mode) == 0 && close(file) == 0);
    return path;
}

static inline void workshop_release_pair(void *pair)
{
    EVP_PKEY_free(pair);
}

static inline EVP_PKEY *workshop_keep(struct workshop *shop, EVP_PKEY *pair)
{
    ASSERT(pair);
    arena_defer(shop->arena, workshop_release_pair, pair);
    return pair;
}

static inline EVP_PKEY *workshop_rsa(struct workshop *shop, unsigned bits, unsigned exponent)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    EVP_PKEY *pair = NULL;
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_uint(OSSL_PKEY_PARAM_RSA_BITS, &bits),
        OSSL_PARAM_construct_uint(OSSL_PKEY_PARAM_RSA_E, &exponent),
        OSSL_PARAM_construct_end(),
    };

    ASSERT(context && EVP_PKEY_keygen_init(context) == 1 &&
           EVP_PKEY_CTX_set_params(context, parameters) == 1 &&
           EVP_PKEY_generate(context, &pair) == 1);
    EVP_PKEY_CTX_free(context);
    return workshop_keep(shop, pair);
}

static inline EVP_PKEY *workshop_ec(struct workshop *shop, const char *curve)
{
    return workshop_keep(shop, EVP_EC_gen(curve));
}

static inline const char *workshop_bio_text(struct workshop *shop, BIO *bio)
{
    char *bytes;
    long length = BIO_get_mem_data(bio, &bytes);
    const char *text = arena_copy(shop->arena, bytes, (size_t)length);

    BIO_free(bio);
    return text;
}

static inline const char *workshop_private_pem(struct workshop *shop, EVP_PKEY *pair)
{
    BIO *bio = BIO_new(BIO_s_mem());

    ASSERT(PEM_write_bio_PrivateKey(bio, pair, NULL, NULL, 0, NULL, NULL) == 1);
    return workshop_bio_text(shop, bio);
}

static inline const char *workshop_public_pem(struct workshop *shop, EVP_PKEY *pair)
{
    BIO *bio = BIO_new(BIO_s_mem());

    ASSERT(PEM_write_bio_PUBKEY(bio, pair) == 1);
    return workshop_bio_text(shop, bio);
}

static inline const char *workshop_encode(struct workshop *shop, const void *bytes,
                                          size_t length)
{
    char *text = arena_alloc(shop->arena, base64url_size(length));

    base64url_encode(bytes, length, text);
    return text;
}

static inline const char *workshop_join(struct workshop *shop, const char *header,
                                        const char *payload)
{
    return arena_format(shop->arena, "%s.%s", workshop_encode(shop, header, strlen(header)),
                        workshop_encode(shop, payload, strlen(payload)));
}

/* header.payload.signature, the signature as it is. */
static inline const char *workshop_token(struct workshop *shop, const char *signed_text,
                                         const void *signature, size_t length)
{
    return arena_format(shop->arena, "%s.%s", signed_text,
                        workshop_encode(shop, signature, length));
}

static inline const char *workshop_sign_hmac(struct workshop *shop, const char *signed_text,
                                             const EVP_MD *digest, const void *secret,
                                             size_t secret_length)
{
    uint8_t signature[EVP_MAX_MD_SIZE];
    unsigned length = 0;

    ASSERT(HMAC(digest, secret, (int)secret_length, (const uint8_t *)signed_text,
                strlen(signed_text), signature, &length));
    return workshop_token(shop, signed_text, signature, length);
}

/* What OpenSSL makes of it: PKCS#1 or PSS for RSA, DER for EC. Returns its length. */
static inline size_t workshop_signature(EVP_PKEY *pair, const EVP_MD *digest, bool pss,
                                        const char *signed_text, uint8_t out[1024])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *key_context = NULL;
    size_t length = 1024;

    ASSERT(context && EVP_DigestSignInit(context, &key_context, digest, NULL, pair) == 1);
    if (pss)
        ASSERT(EVP_PKEY_CTX_set_rsa_padding(key_context, RSA_PKCS1_PSS_PADDING) == 1);
    ASSERT(EVP_DigestSign(context, out, &length, (const uint8_t *)signed_text,
                          strlen(signed_text)) == 1);
    EVP_MD_CTX_free(context);
    return length;
}

static inline const char *workshop_sign_rsa(struct workshop *shop, const char *signed_text,
                                            const EVP_MD *digest, bool pss, EVP_PKEY *pair)
{
    uint8_t signature[1024];
    size_t length = workshop_signature(pair, digest, pss, signed_text, signature);

    return workshop_token(shop, signed_text, signature, length);
}

/* r and s of `half` bytes each, as JWS wants them. */
static inline void workshop_split_der(const uint8_t *der, size_t length, int half, uint8_t *out)
{
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &der, (long)length);

    ASSERT(signature && BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, half) == half &&
           BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + half, half) == half);
    ECDSA_SIG_free(signature);
}

static inline const char *workshop_sign_ec(struct workshop *shop, const char *signed_text,
                                           const EVP_MD *digest, EVP_PKEY *pair)
{
    int half = (EVP_PKEY_get_bits(pair) + 7) / 8;
    uint8_t signature[256];
    uint8_t der[1024];
    size_t length = workshop_signature(pair, digest, false, signed_text, der);

    workshop_split_der(der, length, half, signature);
    return workshop_token(shop, signed_text, signature, (size_t)half * 2);
}

#endif
