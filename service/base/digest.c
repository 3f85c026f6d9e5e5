/* Lives here: SHA-256 over OpenSSL, hexadecimal, base64url, randomness. The only file outside
 * service/auth that includes OpenSSL. */
#include "base/digest.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <sys/random.h>

#include "base/fault.h"

/* Fetched once, by the first digest, and kept for ever: EVP_sha256() would be looked up in the
 * provider again at each digest, which takes longer than the digest of a token. */
static EVP_MD *sha256;
static pthread_once_t sha256_once = PTHREAD_ONCE_INIT;

static void sha256_fetch(void)
{
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    ASSERT(sha256);
}

static const EVP_MD *digest_method(void)
{
    pthread_once(&sha256_once, sha256_fetch);
    return sha256;
}

void digest_parts(const struct digest_part *parts, size_t count, uint8_t out[DIGEST_SIZE])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool done = context && EVP_DigestInit_ex(context, digest_method(), NULL) == 1;

    for (size_t i = 0; done && i < count; i++) {
        uint8_t length[8];

        for (size_t at = 0; at < sizeof(length); at++)
            length[at] = (uint8_t)((uint64_t)parts[i].length >> (8 * at));
        done = EVP_DigestUpdate(context, length, sizeof(length)) == 1 &&
               EVP_DigestUpdate(context, parts[i].bytes, parts[i].length) == 1;
    }
    done = done && EVP_DigestFinal_ex(context, out, NULL) == 1;
    EVP_MD_CTX_free(context);
    ASSERT(done);
}

void digest_bytes(const void *bytes, size_t length, uint8_t out[DIGEST_SIZE])
{
    ASSERT(EVP_Digest(bytes, length, out, NULL, digest_method(), NULL) == 1);
}

void digest_hex(const uint8_t digest[DIGEST_SIZE], char out[DIGEST_HEX_SIZE])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < DIGEST_SIZE; i++) {
        out[2 * i] = digits[digest[i] >> 4];
        out[2 * i + 1] = digits[digest[i] & 15];
    }
    out[DIGEST_HEX_SIZE - 1] = '\0';
}

/* The six bits of a base64url character (RFC 4648 table 2), -1 when it is none. */
static int base64url_value(char character)
{
    if (character >= 'A' && character <= 'Z')
        return character - 'A';
    if (character >= 'a' && character <= 'z')
        return character - 'a' + 26;
    if (character >= '0' && character <= '9')
        return character - '0' + 52;
    return character == '-' ? 62 : character == '_' ? 63 : -1;
}

bool base64url_decode(const char *text, size_t length, uint8_t *out, size_t *out_length)
{
    uint32_t bits = 0;
    unsigned held = 0; /* bits that wait for a whole byte */
    size_t written = 0;

    if (length % 4 == 1)
        return false;
    for (size_t i = 0; i < length; i++) {
        int value = base64url_value(text[i]);

        if (value < 0)
            return false;
        bits = (bits << 6) | (uint32_t)value;
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[written++] = (uint8_t)(bits >> held);
            bits &= (1u << held) - 1;
        }
    }
    if (bits != 0)
        return false;
    *out_length = written;
    return true;
}

size_t base64url_size(size_t length)
{
    return length / 3 * 4 + (length % 3 ? length % 3 + 1 : 0) + 1;
}

void base64url_encode(const void *bytes, size_t length, char *out)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const uint8_t *in = bytes;
    uint32_t bits = 0;
    unsigned held = 0;

    for (size_t i = 0; i < length; i++) {
        bits = (bits << 8) | in[i];
        held += 8;
        while (held >= 6) {
            held -= 6;
            *out++ = digits[(bits >> held) & 63];
        }
        bits &= (1u << held) - 1;
    }
    if (held)
        *out++ = digits[(bits << (6 - held)) & 63];
    *out = '\0';
}

void random_bytes(void *out, size_t length)
{
    ASSERT(length <= 256);
    ASSERT(getrandom(out, length, 0) == (ssize_t)length);
}
