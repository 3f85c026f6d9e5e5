// links: base auth
/* The setting CLINICD_JWT_KEYS: what its entries become, what is refused and in which words,
 * and the examples of the RFCs as known answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "auth/keys.c"
#include "auth/token.h"
#include "token_workshop.h"

static struct {
    struct workshop shop;
    EVP_PKEY *rsa;
    EVP_PKEY *ec;
} bench;

static const char *write_text(const char *name, const char *text)
{
    return workshop_file(&bench.shop, name, text, strlen(text), 0600);
}

static const char *encrypted_pem(EVP_PKEY *pair)
{
    BIO *bio = BIO_new(BIO_s_mem());

    ASSERT(PEM_write_bio_PrivateKey(bio, pair, EVP_aes_256_cbc(), (const unsigned char *)"pass",
                                    4, NULL, NULL) == 1);
    return workshop_bio_text(&bench.shop, bio);
}

static void write_pair(const char *name, EVP_PKEY *pair)
{
    write_text(name, workshop_private_pem(&bench.shop, pair));
}

/* A P-256 key whose point is the one at infinity. */
#define INFINITY_PEM                                                                           \
    "-----BEGIN PUBLIC KEY-----\nMBkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDAgAA\n-----END PUBLIC "       \
    "KEY-----\n"

#define SECRET_32 "0123456789abcdef0123456789abcdef"

static void write_keys(void)
{
    struct workshop *shop = &bench.shop;

    write_pair("rsa.pem", bench.rsa);
    write_text("rsa-public.pem", workshop_public_pem(shop, bench.rsa));
    write_pair("ec.pem", bench.ec);
    write_text("ec-public.pem", workshop_public_pem(shop, bench.ec));
    write_text("encrypted.pem", encrypted_pem(bench.ec));
    write_pair("rsa1024.pem", workshop_rsa(shop, 1024, 65537));
    write_pair("rsa2047.pem", workshop_rsa(shop, 2047, 65537));
    write_pair("rsa-e3.pem", workshop_rsa(shop, 2048, 3));
    write_pair("p384.pem", workshop_ec(shop, "P-384"));
    write_pair("k256.pem", workshop_ec(shop, "secp256k1"));
    write_pair("ed25519.pem", workshop_keep(shop, EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")));
    write_text("empty.pem", "");
    write_text("junk.pem", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n");
    write_text("infinity.pem", INFINITY_PEM);
    write_text("certificate.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n");
    write_text("secret", SECRET_32 "\n");
    write_text("secret-crlf", SECRET_32 "\r\n");
    write_text("secret-two", SECRET_32 "\n\n");
    write_text("secret-31", "0123456789abcdef0123456789abcde\n");
    write_text("secret-empty", "");
}

static int open_bench(void **state)
{
    (void)state;
    log_set_level(LOG_ERROR); /* warnings are wanted only where they are the matter */
    bench.shop = workshop_open();
    bench.rsa = workshop_rsa(&bench.shop, 2048, 65537);
    bench.ec = workshop_ec(&bench.shop, "P-256");
    write_keys();
    return 0;
}

static int close_bench(void **state)
{
    (void)state;
    workshop_close(&bench.shop);
    return 0;
}

/* `@` in a setting stands for the folder. */
static const char *in_folder(const char *setting)
{
    struct buffer out = buffer_init(bench.shop.arena);

    for (; *setting; setting++)
        if (*setting == '@')
            buffer_add_text(&out, bench.shop.folder);
        else
            buffer_add_char(&out, *setting);
    return out.text;
}

static struct key_set *open_keys(const char *keys, const char *algorithms, struct fault *fault)
{
    struct key_set *set = arena_alloc(bench.shop.arena, sizeof(*set));

    return keys_open(set, in_folder(keys), algorithms, bench.shop.arena, fault) ? set : NULL;
}

static struct key_set *must_open(const char *keys, const char *algorithms)
{
    struct fault fault = {""};
    struct key_set *set = open_keys(keys, algorithms, &fault);

    if (!set)
        fail_msg("%s: %s", keys, fault.text);
    return set;
}

/* -------------------------------------------------------------------- good settings */

static const struct {
    const char *keys;
    const char *algorithms;
    enum algorithm algorithm; /* of the first key */
    const char *id;           /* of the first key; "?": some thumbprint */
    bool can_sign;
    size_t count;
} good_rows[] = {
    {"@/rsa.pem", "RS256", ALGORITHM_RS256, "?", true, 1},
    {"@/rsa-public.pem", "RS256", ALGORITHM_RS256, "?", false, 1},
    {"@/ec.pem", "ES256", ALGORITHM_ES256, "?", true, 1},
    {"@/ec-public.pem", " ES256 ", ALGORITHM_ES256, "?", false, 1},
    {"2027-a._~=@/ec.pem", "ES256", ALGORITHM_ES256, "2027-a._~", true, 1},
    {"secret-file:@/secret", "HS256", ALGORITHM_HS256, NULL, true, 1},
    {"hs=secret-file:@/secret", "HS256", ALGORITHM_HS256, "hs", true, 1},
    {"secret:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY", "HS256", ALGORITHM_HS256, NULL, true,
     1},
    {"a=secret:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY", "HS256", ALGORITHM_HS256, "a",
     true, 1},
    {"  @/ec.pem   @/rsa.pem\n\tsecret-file:@/secret ", "HS256 RS256 ES256", ALGORITHM_ES256,
     "?", true, 3},
    {"a=@/ec.pem b=@/ec.pem", "ES256 ES256", ALGORITHM_ES256, "a", true, 2},
    {"secret-file:@/secret secret-file:@/secret-crlf", "HS256", ALGORITHM_HS256, NULL, true, 2},
};

static void test_good_settings(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(good_rows); i++) {
        struct key_set *set = must_open(good_rows[i].keys, good_rows[i].algorithms);
        const struct key *key = &set->keys[0];

        assert_int_equal(set->count, good_rows[i].count);
        assert_int_equal(key->algorithm, good_rows[i].algorithm);
        assert_int_equal(key->can_sign, good_rows[i].can_sign);
        assert_int_equal(key->id != NULL, good_rows[i].id != NULL);
        if (good_rows[i].id && good_rows[i].id[0] != '?')
            assert_string_equal(key->id, good_rows[i].id);
        else if (good_rows[i].id)
            assert_int_equal(strlen(key->id), 43);
    }
}

static void test_halves_of_a_pair_have_one_thumbprint(void **state)
{
    struct key_set *private_half = must_open("@/ec.pem", "ES256");
    struct key_set *public_half = must_open("@/ec-public.pem", "ES256");

    (void)state;
    assert_string_equal(private_half->keys[0].id, public_half->keys[0].id);
}

/* One final newline is the editor's, all else is the secret's. */
static void test_final_newline_of_a_secret(void **state)
{
    struct key_set *set = must_open("secret-file:@/secret secret-file:@/secret-crlf "
                                    "secret-file:@/secret-two",
                                    "HS256");

    (void)state;
    assert_int_equal(set->keys[0].secret_length, 32);
    assert_int_equal(set->keys[1].secret_length, 32);
    assert_int_equal(set->keys[2].secret_length, 33);
    assert_memory_equal(set->keys[0].secret, SECRET_32, 32);
}

static void test_finding_keys(void **state)
{
    struct key_set *set = must_open("a=@/ec.pem s=secret-file:@/secret t=secret-file:@/secret",
                                    "HS256 ES256 RS256");

    (void)state;
    assert_ptr_equal(keys_find(set, "a"), &set->keys[0]);
    assert_ptr_equal(keys_find(set, "t"), &set->keys[2]);
    assert_null(keys_find(set, "b"));
    assert_null(keys_find(set, ""));
    assert_ptr_equal(keys_find_only(set, ALGORITHM_ES256), &set->keys[0]);
    assert_null(keys_find_only(set, ALGORITHM_HS256));
    assert_null(keys_find_only(set, ALGORITHM_RS256));
}

/* --------------------------------------------------------------------- bad settings */

static const struct {
    const char *keys;
    const char *algorithms;
    const char *fault; /* a part of it */
} bad_rows[] = {
    {"", "ES256", "no key is left"},
    {"   ", "ES256", "no key is left"},
    {"@/ec.pem", "", "CLINICD_JWT_ALGORITHMS is empty"},
    {"@/ec.pem", "  ", "CLINICD_JWT_ALGORITHMS is empty"},
    {"@/ec.pem", "none", "none is none of HS256"},
    {"@/ec.pem", "ES256 PS256", "PS256 is none of HS256"},
    {"@/ec.pem", "es256", "es256 is none of HS256"},
    {"@/ec.pem", "ES256,RS256", "ES256,RS256 is none of HS256"},
    {"@/ec.pem", "RS256",
     "ec.pem: a key for ES256, which CLINICD_JWT_ALGORITHMS does not list"},
    {"@/rsa.pem", "HS256", "rsa.pem: a key for RS256"},
    {"secret-file:@/secret", "RS256 ES256", "secret: a key for HS256"},
    {"@/absent.pem", "ES256", "absent.pem: No such file"},
    {"secret-file:@/absent", "HS256", "absent: No such file"},
    {"@/absent.json", "ES256", "absent.json: No such file"},
    {"secret-file:/dev/null", "HS256", "/dev/null: not a regular file"},
    {"secret-file:@", "HS256", "not a regular file"},
    {"@/rsa1024.pem", "RS256", "rsa1024.pem: its RSA modulus has fewer than 2048 bits"},
    {"a=@/rsa1024.pem", "RS256", "fewer than 2048 bits"},
    {"@/rsa2047.pem", "RS256", "fewer than 2048 bits"},
    {"@/rsa-e3.pem", "RS256", "rsa-e3.pem: its RSA exponent"},
    {"@/p384.pem", "ES256", "p384.pem: its curve is not P-256"},
    {"@/k256.pem", "ES256", "its curve is not P-256"},
    {"@/infinity.pem", "ES256", "its point is not on the curve"},
    {"@/ed25519.pem", "ES256 RS256", "ed25519.pem: not a PEM file with an RSA or P-256 key"},
    {"@/empty.pem", "ES256", "empty.pem: not a PEM file"},
    {"@/junk.pem", "ES256", "junk.pem: not a PEM file"},
    {"@/certificate.pem", "ES256", "certificate.pem: a certificate"},
    {"@/encrypted.pem", "ES256", "encrypted.pem: the key is encrypted"},
    {"secret-file:@/secret-31", "HS256", "secret-31: the secret has fewer than 32 bytes"},
    {"secret-file:@/secret-empty", "HS256", "fewer than 32 bytes"},
    {"secret-file:@/rsa-public.pem", "HS256 RS256", "it is a PEM key, not a secret"},
    {"secret:c2hvcnQ", "HS256", "entry 1 (secret:): the secret has fewer than 32 bytes"},
    {"secret:", "HS256", "entry 1 (secret:): the secret has fewer than 32 bytes"},
    {"@/ec.pem secret:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", "HS256 ES256",
     "entry 2 (secret:): not base64url"},
    {"secret:hunter2!hunter2!hunter2!hunter2!hunter2!", "HS256", "not base64url"},
    {"https://user:hunter2@issuer.example/jwks.json", "RS256",
     "entry 1: a JWKS by URL is not supported yet"},
    {"http://issuer.example/jwks.json", "RS256", "not supported yet"},
    {"hunter2hunter2hunter2hunter2hunter2", "HS256", "entry 1 is none of PATH.pem"},
    {"@/ec.pem hunter2", "ES256", "entry 2 is none of"},
    {"=@/ec.pem", "ES256", "its name has to have 1 to 255 bytes"},
    {"@/ec.pem @/ec-public.pem", "ES256", "has the same kid as"},
    {"a=@/ec.pem a=secret-file:@/secret", "ES256 HS256", "secret: has the same kid as"},
    {"a=@/keys.json", "ES256", "leave out the name"},
};

/* No message may repeat what could be a secret. */
static void test_bad_settings(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(bad_rows); i++) {
        struct fault fault = {""};

        if (open_keys(bad_rows[i].keys, bad_rows[i].algorithms, &fault))
            fail_msg("%s | %s: accepted", bad_rows[i].keys, bad_rows[i].algorithms);
        if (!strstr(fault.text, bad_rows[i].fault))
            fail_msg("%s | %s: %s", bad_rows[i].keys, bad_rows[i].algorithms, fault.text);
        assert_null(strstr(fault.text, "hunter2"));
        assert_null(strstr(fault.text, "MDEy"));
    }
}

static void test_too_many_keys(void **state)
{
    struct buffer keys = buffer_init(bench.shop.arena);
    struct fault fault = {""};

    (void)state;
    for (int i = 0; i < KEYS_MOST; i++)
        buffer_add_format(&keys, "k%d=secret-file:@/secret ", i);
    assert_int_equal(must_open(keys.text, "HS256")->count, KEYS_MOST);
    buffer_add_text(&keys, "more=secret-file:@/secret");
    assert_null(open_keys(keys.text, "HS256", &fault));
    assert_non_null(strstr(fault.text, "more than 64 keys"));
}

static void test_help_names_every_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < ALGORITHM_COUNT; i++)
        assert_non_null(strstr(authority_keys_help(), algorithm_name((enum algorithm)i)));
    assert_non_null(strstr(authority_keys_help(), ".pem"));
    assert_non_null(strstr(authority_keys_help(), ".json"));
    assert_non_null(strstr(authority_keys_help(), "secret-file:PATH"));
    assert_non_null(strstr(authority_keys_help(), "secret:BASE64URL"));
}

/* ------------------------------------------------------------------------------ log */

static const char *read_back(int file)
{
    char *text = arena_alloc(bench.shop.arena, 65536);
    ssize_t length = pread(file, text, 65535, 0);

    ASSERT(length >= 0);
    return text;
}

/* What opening `keys` writes to the log; it has to succeed. */
static const char *log_of(const char *keys, const char *algorithms)
{
    FILE *file = tmpfile();
    int old = dup(STDERR_FILENO);
    const char *text;

    ASSERT(file && old >= 0 && dup2(fileno(file), STDERR_FILENO) >= 0);
    log_set_level(LOG_INFO);
    must_open(keys, algorithms);
    log_set_level(LOG_ERROR);
    ASSERT(dup2(old, STDERR_FILENO) >= 0 && close(old) == 0);
    text = read_back(fileno(file));
    fclose(file);
    return text;
}

static void set_mode(const char *name, mode_t mode)
{
    ASSERT(chmod(workshop_path(&bench.shop, name), mode) == 0);
}

static const struct {
    const char *keys;
    const char *file;
    mode_t mode;
    bool warns;
} mode_rows[] = {
    {"secret-file:@/secret", "secret", 0600, false},
    {"secret-file:@/secret", "secret", 0400, false},
    {"secret-file:@/secret", "secret", 0640, false},
    {"secret-file:@/secret", "secret", 0644, true},
    {"secret-file:@/secret", "secret", 0660, true},
    {"@/ec.pem", "ec.pem", 0600, false},
    {"@/ec.pem", "ec.pem", 0644, true},
    {"@/ec-public.pem", "ec-public.pem", 0644, false},
};

static void test_exposed_files_are_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(mode_rows); i++) {
        const char *log;

        set_mode(mode_rows[i].file, mode_rows[i].mode);
        log = log_of(mode_rows[i].keys, strstr(mode_rows[i].keys, "ec") == mode_rows[i].keys
                                            ? "ES256"
                                            : "HS256 ES256");
        if ((strstr(log, "key-file-exposed") != NULL) != mode_rows[i].warns)
            fail_msg("%s at %o: %s", mode_rows[i].file, mode_rows[i].mode, log);
        assert_null(strstr(log, "0123456789abcdef"));
        set_mode(mode_rows[i].file, 0600);
    }
}

static void test_algorithm_without_key_is_told(void **state)
{
    const char *log = log_of("@/ec.pem", "ES256 RS256");

    (void)state;
    assert_non_null(strstr(log, "algorithm-without-key"));
    assert_non_null(strstr(log, "RS256"));
    assert_null(strstr(log, "ES256"));
}

/* ----------------------------------------------------------------------------- JWKS */

/* RFC 7638 section 3.1 */
#define RFC7638_N                                                                              \
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_B" \
    "JECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_F" \
    "DW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4" \
    "vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"

/* RFC 7515 appendices A.1, A.2, A.3: one payload, three keys */
#define RFC7515_PAYLOAD                                                                        \
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0" \
    "cnVlfQ"
#define RFC7515_K                                                                              \
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
#define RFC7515_N                                                                              \
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt" \
    "0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSX" \
    "ndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5" \
    "IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"
#define RFC7515_X "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define RFC7515_Y "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"

static const struct {
    const char *jwk;
    const char *header;
    const char *signature;
} rfc_rows[] = {
    {"{\"kty\":\"oct\",\"k\":\"" RFC7515_K "\"}", "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9",
     "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"},
    {"{\"kty\":\"RSA\",\"n\":\"" RFC7515_N "\",\"e\":\"AQAB\"}", "eyJhbGciOiJSUzI1NiJ9",
     "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W"
     "2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkS"
     "jtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnv"
     "Wh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"},
    {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" RFC7515_X "\",\"y\":\"" RFC7515_Y "\"}",
     "eyJhbGciOiJFUzI1NiJ9",
     "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"},
};

static const char *jwks_of(const char *jwk)
{
    return arena_format(bench.shop.arena, "{\"keys\":[%s]}", jwk);
}

static void test_signatures_of_the_rfc(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(rfc_rows); i++) {
        const char *text =
            arena_format(bench.shop.arena, "%s.%s", rfc_rows[i].header, RFC7515_PAYLOAD);
        struct key_set *set;
        uint8_t signature[512];
        size_t length;

        write_text("rfc.json", jwks_of(rfc_rows[i].jwk));
        set = must_open("@/rfc.json", "HS256 RS256 ES256");
        assert_int_equal(set->count, 1);
        assert_null(set->keys[0].id);
        assert_true(base64url_decode(rfc_rows[i].signature, strlen(rfc_rows[i].signature),
                                     signature, &length));
        assert_true(signature_verify(&set->keys[0], text, strlen(text), signature, length));
        assert_false(
            signature_verify(&set->keys[0], text, strlen(text) - 1, signature, length));
        signature[length - 1] ^= 1;
        assert_false(signature_verify(&set->keys[0], text, strlen(text), signature, length));
    }
}

static void test_thumbprint_of_the_rfc(void **state)
{
    struct key_set *set;

    (void)state;
    write_text("rfc.json",
               jwks_of("{\"kty\":\"RSA\",\"n\":\"" RFC7638_N
                       "\",\"e\":\"AQAB\",\"alg\":\"RS256\",\"kid\":\"2011-04-29\"}"));
    set = must_open("@/rfc.json", "RS256");
    assert_string_equal(set->keys[0].id, "2011-04-29");
    assert_string_equal(key_thumbprint(set->keys[0].pair, bench.shop.arena),
                        "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

#define JWK_EC                                                                                 \
    "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" RFC7515_X "\",\"y\":\"" RFC7515_Y "\""
#define JWK_RSA "\"kty\":\"RSA\",\"n\":\"" RFC7515_N "\",\"e\":\"AQAB\""
#define JWK_OCT "\"kty\":\"oct\",\"k\":\"" RFC7515_K "\""
#define KEPT "{" JWK_EC ",\"kid\":\"kept\"},"

/* Each stands behind a key that is kept; `reason` NULL: it is kept too. */
static const struct {
    const char *jwk;
    const char *reason;
} skipped_rows[] = {
    {"{" JWK_RSA ",\"use\":\"sig\",\"alg\":\"RS256\"}", NULL},
    {"{" JWK_RSA ",\"key_ops\":[\"verify\"]}", NULL},
    {"{" JWK_RSA ",\"x5c\":[\"AAAA\"],\"x5u\":\"https://evil.example\"}", NULL},
    {"{" JWK_OCT ",\"alg\":\"HS256\",\"key_ops\":[\"sign\",\"verify\"]}", NULL},
    {"{" JWK_EC ",\"d\":\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI\"}", NULL},
    {"{" JWK_RSA ",\"alg\":\"PS256\"}", "its alg is not supported"},
    {"{" JWK_RSA ",\"alg\":\"RSA-OAEP\"}", "its alg is not supported"},
    {"{" JWK_RSA ",\"alg\":\"HS256\"}", "its alg is not supported"},
    {"{" JWK_EC ",\"alg\":\"ECDH-ES\"}", "its alg is not supported"},
    {"{" JWK_EC ",\"alg\":256}", "its alg is not supported"},
    {"{" JWK_RSA ",\"use\":\"enc\"}", "it is not for signatures"},
    {"{" JWK_RSA ",\"key_ops\":[\"encrypt\"]}", "it is not for signatures"},
    {"{" JWK_RSA ",\"key_ops\":\"verify\"}", "it is not for signatures"},
    {"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_"
     "7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}",
     "its kty is none of RSA, EC, oct"},
    {"{\"kty\":5}", "its kty is none of RSA, EC, oct"},
    {"{}", "its kty is none of RSA, EC, oct"},
    {"7", "its kty is none of RSA, EC, oct"},
    {"{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"AA\",\"y\":\"AA\"}", "its curve is not P-256"},
    {"{\"kty\":\"EC\",\"x\":\"" RFC7515_X "\",\"y\":\"" RFC7515_Y "\"}",
     "its curve is not P-256"},
    {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" RFC7515_X "\"}", "32 bytes"},
    {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" RFC7515_X "\",\"y\":\"AAAA\"}", "32 bytes"},
    {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAA\",\"y\":\"" RFC7515_Y "\"}", "32 bytes"},
    {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" RFC7515_X "=\",\"y\":\"" RFC7515_Y "\"}",
     "32 bytes"},
    {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" RFC7515_Y "\",\"y\":\"" RFC7515_X "\"}",
     "no point of P-256"},
    {"{\"kty\":\"RSA\",\"n\":\"" RFC7515_N "\"}", "n or e is not base64url"},
    {"{\"kty\":\"RSA\",\"n\":\"a+b/\",\"e\":\"AQAB\"}", "n or e is not base64url"},
    {"{\"kty\":\"oct\"}", "k is not base64url"},
    {"{\"kty\":\"oct\",\"k\":7}", "k is not base64url"},
    {"{" JWK_RSA ",\"kid\":7}", "its kid is not a string"},
    {"{" JWK_RSA ",\"kid\":\"\"}", "its kid is not a string"},
};

static void test_jwks_skips_what_it_cannot_use(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(skipped_rows); i++) {
        const char *jwk = arena_format(bench.shop.arena, KEPT "%s", skipped_rows[i].jwk);
        const char *reason = skipped_rows[i].reason;
        const char *log;

        write_text("keys.json", jwks_of(jwk));
        log = log_of("@/keys.json", "HS256 RS256 ES256");
        if ((strstr(log, "key-skipped") == NULL) != (reason == NULL) ||
            (reason && !strstr(log, reason)))
            fail_msg("%s: %s", jwk, log);
        assert_int_equal(must_open("@/keys.json", "HS256 RS256 ES256")->count, reason ? 1 : 2);
        assert_null(strstr(log, RFC7515_K));
    }
}

static void test_jwks_skips_other_algorithms(void **state)
{
    const char *log;

    (void)state;
    write_text("keys.json", jwks_of(KEPT "{" JWK_RSA "}"));
    log = log_of("@/keys.json", "ES256");
    assert_non_null(strstr(log, "its algorithm is not in CLINICD_JWT_ALGORITHMS"));
}

static void test_jwks_verifies_and_only_its_secrets_sign(void **state)
{
    struct key_set *set;

    (void)state;
    write_text("keys.json",
               jwks_of("{" JWK_EC ",\"d\":\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI\"},"
                       "{" JWK_OCT "}"));
    set = must_open("@/keys.json", "ES256 HS256");
    assert_false(set->keys[0].can_sign);
    assert_true(set->keys[1].can_sign);
    assert_int_equal(set->keys[1].secret_length, 64);
}

static void test_jwks_with_secrets_is_watched(void **state)
{
    (void)state;
    write_text("keys.json", jwks_of("{" JWK_OCT "}"));
    set_mode("keys.json", 0644);
    assert_non_null(strstr(log_of("@/keys.json", "HS256"), "key-file-exposed"));
    write_text("keys.json", jwks_of("{" JWK_EC "}"));
    set_mode("keys.json", 0644);
    assert_null(strstr(log_of("@/keys.json", "ES256"), "key-file-exposed"));
}

static const struct {
    const char *document;
    const char *fault; /* a part of it */
} jwks_rows[] = {
    {"", "not a JWKS"},
    {"{", "not a JWKS"},
    {"[]", "not a JWKS"},
    {"{\"keys\":{}}", "not a JWKS"},
    {"{" JWK_EC "}", "not a JWKS"},
    {"{\"keys\":[],\"keys\":[]}", "not a JWKS"},
    {"{\"keys\":[]}", "no key is left"},
    {"{\"keys\":[{\"kty\":\"OKP\"}]}", "no key is left"},
    {"{\"keys\":[{" JWK_EC ",\"kid\":\"a\"},{" JWK_RSA ",\"kid\":\"a\"}]}",
     "key 2: has the same kid as"},
    {"{\"keys\":[{\"kty\":\"oct\",\"k\":\"c2hvcnQ\"}]}", "fewer than 32 bytes"},
    {"{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}]}", "fewer than 2048 bits"},
    {"{\"keys\":[{\"kty\":\"RSA\",\"n\":\"" RFC7515_N "\",\"e\":\"Aw\"}]}", "RSA exponent"},
    {"{\"keys\":[{\"kty\":\"RSA\",\"n\":\"" RFC7515_N "\",\"e\":\"AQAA\"}]}", "RSA exponent"},
    {"{\"keys\":[{\"kty\":\"RSA\",\"n\":\"" RFC7515_N "\",\"e\":\"AQ\"}]}", "RSA exponent"},
    {"{\"keys\":[{\"kty\":\"RSA\",\"n\":\"" RFC7515_N "\",\"e\":\"" RFC7515_X "\"}]}",
     "RSA exponent"},
    {"{\"keys\":[{\"kty\":\"RSA\",\"n\":\"" RFC7515_N RFC7515_N "\",\"e\":\"AQAB\"}]}",
     "key 1: its RSA modulus"},
    {"{\"keys\":[{\"kty\":\"RSA\",\"n\":\"" RFC7515_N RFC7515_N RFC7515_N RFC7515_N RFC7515_N
     "\",\"e\":\"AQAB\"}]}",
     "more than 8192 bits"},
};

static void test_bad_jwks(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(jwks_rows); i++) {
        struct fault fault = {""};

        write_text("bad.json", jwks_rows[i].document);
        if (open_keys("@/bad.json", "HS256 RS256 ES256", &fault) ||
            !strstr(fault.text, jwks_rows[i].fault))
            fail_msg("%s: %s", jwks_rows[i].document, fault.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_settings),
        cmocka_unit_test(test_halves_of_a_pair_have_one_thumbprint),
        cmocka_unit_test(test_final_newline_of_a_secret),
        cmocka_unit_test(test_finding_keys),
        cmocka_unit_test(test_bad_settings),
        cmocka_unit_test(test_too_many_keys),
        cmocka_unit_test(test_help_names_every_form),
        cmocka_unit_test(test_exposed_files_are_told),
        cmocka_unit_test(test_algorithm_without_key_is_told),
        cmocka_unit_test(test_signatures_of_the_rfc),
        cmocka_unit_test(test_thumbprint_of_the_rfc),
        cmocka_unit_test(test_jwks_skips_what_it_cannot_use),
        cmocka_unit_test(test_jwks_skips_other_algorithms),
        cmocka_unit_test(test_jwks_verifies_and_only_its_secrets_sign),
        cmocka_unit_test(test_jwks_with_secrets_is_watched),
        cmocka_unit_test(test_bad_jwks),
    };

    return cmocka_run_group_tests(tests, open_bench, close_bench);
}
