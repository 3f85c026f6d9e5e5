// links: base auth
/* The strict reader: good tokens of all algorithms and ways to write them, many bad ones that
 * differ from a good one in one thing, the clock, the cache, and libjwt as second opinion. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <jwt.h>

#include "auth/token.c"
#include "auth/authority.h"
#include "token_workshop.h"

#define NOW WORKSHOP_NOW
#define LEEWAY 30

/* One set of keys for all tests; making RSA keys is slow. */
static struct {
    struct workshop shop;
    EVP_PKEY *rsa;
    EVP_PKEY *ec;
    EVP_PKEY *foreign_rsa;
    EVP_PKEY *foreign_ec;
    EVP_PKEY *p384;
    uint8_t secret[48];
    uint8_t second_secret[32];
    const char *keys;
    struct authority *authority; /* without a cache */
} bench;

static struct authority_settings settings_with(const char *keys, const char *algorithms,
                                               size_t cache_entries)
{
    return (struct authority_settings){
        .keys = keys,
        .algorithms = algorithms,
        .issuer = "https://issuer.example",
        .audience = "clinicd",
        .leeway_seconds = LEEWAY,
        .cache_entries = cache_entries,
    };
}

static struct authority *open_with(const char *keys, const char *algorithms,
                                   size_t cache_entries)
{
    struct authority_settings settings = settings_with(keys, algorithms, cache_entries);
    struct fault fault = {""};
    struct authority *authority = authority_open(&settings, &fault);

    if (!authority)
        fail_msg("%s", fault.text);
    return authority;
}

static const char *write_text(const char *name, const char *text)
{
    return workshop_file(&bench.shop, name, text, strlen(text), 0600);
}

static int open_bench(void **state)
{
    struct workshop *shop = &bench.shop;

    (void)state;
    *shop = workshop_open();
    bench.rsa = workshop_rsa(shop, 2048, 65537);
    bench.foreign_rsa = workshop_rsa(shop, 2048, 65537);
    bench.ec = workshop_ec(shop, "P-256");
    bench.foreign_ec = workshop_ec(shop, "P-256");
    bench.p384 = workshop_ec(shop, "P-384");
    random_bytes(bench.secret, sizeof(bench.secret) - 1);
    bench.secret[sizeof(bench.secret) - 1] = '!'; /* no newline that reading would cut */
    random_bytes(bench.second_secret, sizeof(bench.second_secret));
    bench.keys =
        arena_format(shop->arena, "rsa=%s ec=%s hs=secret-file:%s second=secret:%s",
                     write_text("rsa.pem", workshop_private_pem(shop, bench.rsa)),
                     write_text("ec.pem", workshop_private_pem(shop, bench.ec)),
                     workshop_file(shop, "secret", bench.secret, sizeof(bench.secret), 0600),
                     workshop_encode(shop, bench.second_secret, sizeof(bench.second_secret)));
    bench.authority = open_with(bench.keys, "HS256 RS256 ES256", 0);
    return 0;
}

static int close_bench(void **state)
{
    (void)state;
    authority_free(bench.authority);
    workshop_close(&bench.shop);
    return 0;
}

/* ------------------------------------------------------------------ signers */

static const char *sign_es256(const char *text)
{
    return workshop_sign_ec(&bench.shop, text, EVP_sha256(), bench.ec);
}

static const char *sign_rs256(const char *text)
{
    return workshop_sign_rsa(&bench.shop, text, EVP_sha256(), false, bench.rsa);
}

static const char *sign_hs256(const char *text)
{
    return workshop_sign_hmac(&bench.shop, text, EVP_sha256(), bench.secret,
                              sizeof(bench.secret));
}

static const char *sign_hs256_second(const char *text)
{
    return workshop_sign_hmac(&bench.shop, text, EVP_sha256(), bench.second_secret,
                              sizeof(bench.second_secret));
}

static const char *sign_hs512(const char *text)
{
    return workshop_sign_hmac(&bench.shop, text, EVP_sha512(), bench.secret,
                              sizeof(bench.secret));
}

static const char *sign_hs256_with_rsa_public(const char *text)
{
    const char *pem = workshop_public_pem(&bench.shop, bench.rsa);

    return workshop_sign_hmac(&bench.shop, text, EVP_sha256(), pem, strlen(pem));
}

static const char *sign_hs256_with_ec_public(const char *text)
{
    const char *pem = workshop_public_pem(&bench.shop, bench.ec);

    return workshop_sign_hmac(&bench.shop, text, EVP_sha256(), pem, strlen(pem));
}

static const char *sign_hs256_with_nothing(const char *text)
{
    return workshop_sign_hmac(&bench.shop, text, EVP_sha256(), "", 0);
}

static const char *sign_foreign_es256(const char *text)
{
    return workshop_sign_ec(&bench.shop, text, EVP_sha256(), bench.foreign_ec);
}

static const char *sign_foreign_rs256(const char *text)
{
    return workshop_sign_rsa(&bench.shop, text, EVP_sha256(), false, bench.foreign_rsa);
}

static const char *sign_es384(const char *text)
{
    return workshop_sign_ec(&bench.shop, text, EVP_sha384(), bench.p384);
}

static const char *sign_ps256(const char *text)
{
    return workshop_sign_rsa(&bench.shop, text, EVP_sha256(), true, bench.rsa);
}

static const char *sign_rs512(const char *text)
{
    return workshop_sign_rsa(&bench.shop, text, EVP_sha512(), false, bench.rsa);
}

static const char *sign_es256_as_der(const char *text)
{
    uint8_t der[1024];
    size_t length = workshop_signature(bench.ec, EVP_sha256(), false, text, der);

    return workshop_token(&bench.shop, text, der, length);
}

static const char *sign_es256_zeros(const char *text)
{
    static const uint8_t zeros[64];

    return workshop_token(&bench.shop, text, zeros, sizeof(zeros));
}

/* r = n, s = n: zero again, modulo the order of P-256. */
static const char *sign_es256_order(const char *text)
{
    static const uint8_t order[32] = {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00,
                                      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                      0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84,
                                      0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
    uint8_t twice[64];

    memcpy(twice, order, sizeof(order));
    memcpy(twice + sizeof(order), order, sizeof(order));
    return workshop_token(&bench.shop, text, twice, sizeof(twice));
}

/* A good signature of another length: bytes are cut off its end or zeros added. */
static const char *resized(const char *token, size_t length)
{
    const char *dot = strrchr(token, '.');
    uint8_t bytes[1024] = {0};
    size_t old;

    ASSERT(base64url_decode(dot + 1, strlen(dot + 1), bytes, &old));
    return workshop_token(
        &bench.shop, arena_copy(bench.shop.arena, token, (size_t)(dot - token)), bytes, length);
}

static const char *sign_es256_long(const char *text)
{
    return resized(sign_es256(text), 65);
}

static const char *sign_es256_short(const char *text)
{
    return resized(sign_es256(text), 63);
}

static const char *sign_rs256_long(const char *text)
{
    return resized(sign_rs256(text), 257);
}

static const char *sign_rs256_short(const char *text)
{
    return resized(sign_rs256(text), 255);
}

static const char *sign_hs256_long(const char *text)
{
    return resized(sign_hs256(text), 33);
}

static const char *sign_hs256_short(const char *text)
{
    return resized(sign_hs256(text), 16);
}

static const char *sign_with_nothing(const char *text)
{
    return arena_format(bench.shop.arena, "%s.", text);
}

/* -------------------------------------------------------- ways to spoil a token */

static const char *changed(const char *format, const char *token)
{
    struct buffer out = buffer_init(bench.shop.arena);

    for (; *format; format++)
        if (*format == '@')
            buffer_add_text(&out, token);
        else
            buffer_add_char(&out, *format);
    return out.text;
}

static const char *with_fourth_part(const char *token)
{
    return changed("@.e30", token);
}

static const char *with_final_dot(const char *token)
{
    return changed("@.", token);
}

static const char *with_padding(const char *token)
{
    return changed("@==", token);
}

static const char *with_newline(const char *token)
{
    return changed("@\n", token);
}

static const char *with_space_in_front(const char *token)
{
    return changed(" @", token);
}

static const char *with_stray_character(const char *token)
{
    return changed("@*", token);
}

/* The last character of 64 or 256 bytes carries bits that have to be zero. */
static const char *with_trailing_bits(const char *token)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    char *copy = arena_copy_text(bench.shop.arena, token);
    char *last = copy + strlen(copy) - 1;

    *last = strchr(digits, *last)[1];
    return copy;
}

static const char *with_standard_base64(const char *token)
{
    char *copy = arena_copy_text(bench.shop.arena, token);

    *(strrchr(copy, '.') + 1) = '+';
    return copy;
}

static const char *without_signature(const char *token)
{
    return arena_copy(bench.shop.arena, token, (size_t)(strrchr(token, '.') - token));
}

static const char *without_payload(const char *token)
{
    return arena_format(bench.shop.arena, "%.*s.%s", (int)(strchr(token, '.') - token), token,
                        strrchr(token, '.'));
}

static const char *without_header(const char *token)
{
    return strchr(token, '.');
}

static const char *only_header(const char *token)
{
    return arena_copy(bench.shop.arena, token, (size_t)(strchr(token, '.') - token));
}

static const char *cut_in_half(const char *token)
{
    return arena_copy(bench.shop.arena, token, strlen(token) / 2);
}

static const char *cut_by_one(const char *token)
{
    return arena_copy(bench.shop.arena, token, strlen(token) - 1);
}

static const char *empty(const char *token)
{
    (void)token;
    return "";
}

static const char *two_dots(const char *token)
{
    (void)token;
    return "..";
}

static const char *some_words(const char *token)
{
    (void)token;
    return "not a token";
}

/* The payload of another token under this signature. */
static const char *with_other_payload(const char *token)
{
    const char *payload = "{\"iss\":\"https://issuer.example\",\"aud\":\"clinicd\","
                          "\"sub\":\"admin\",\"exp\":2000000000,\"clinics\":\"*\"}";

    return arena_format(bench.shop.arena, "%.*s.%s%s", (int)(strchr(token, '.') - token), token,
                        workshop_encode(&bench.shop, payload, strlen(payload)),
                        strrchr(token, '.'));
}

static const char *lengthened(const char *token)
{
    struct buffer out = buffer_init(bench.shop.arena);

    buffer_add_text(&out, token);
    while (out.length <= 8192)
        buffer_add_char(&out, 'A');
    return out.text;
}

static const char *with_dot_for_hyphen(const char *token)
{
    char *copy = arena_copy_text(bench.shop.arena, token);

    copy[3] = '.';
    return copy;
}

/* ------------------------------------------------------------------ good tokens */

#define EC "{\"alg\":\"ES256\",\"kid\":\"ec\"}"
#define RSA_ "{\"alg\":\"RS256\",\"kid\":\"rsa\"}"
#define HS "{\"alg\":\"HS256\",\"kid\":\"hs\"}"

/* The claims that must be there, one by one, to leave one out or to write it otherwise. */
#define ISS "\"iss\":\"https://issuer.example\""
#define AUD "\"aud\":\"clinicd\""
#define SUB "\"sub\":\"partner-a\""
#define EXP "\"exp\":2000000000"
#define PAYLOAD(more) "{" ISS "," AUD "," SUB "," EXP more "}"

#define UUID_A "0190a0b0-0000-7000-8000-00000000000a"
#define UUID_B "0190A0B0-0000-7000-8000-00000000000B"

static const struct {
    const char *name;
    const char *header;
    const char *payload;
    const char *(*sign)(const char *text);
    const char *scope;   /* NULL: "" */
    const char *clinics; /* NULL: "{}" */
    bool libjwt_refuses; /* it knows no typ but JWT */
} good_rows[] = {
    {"ES256", EC, PAYLOAD(""), sign_es256, NULL, NULL, false},
    {"RS256", RSA_, PAYLOAD(""), sign_rs256, NULL, NULL, false},
    {"HS256", HS, PAYLOAD(""), sign_hs256, NULL, NULL, false},
    {"HS256 of the second secret", "{\"alg\":\"HS256\",\"kid\":\"second\"}", PAYLOAD(""),
     sign_hs256_second, NULL, NULL, false},
    {"ES256 without kid", "{\"alg\":\"ES256\"}", PAYLOAD(""), sign_es256, NULL, NULL, false},
    {"RS256 without kid", "{\"alg\":\"RS256\"}", PAYLOAD(""), sign_rs256, NULL, NULL, false},
    {"typ JWT", "{\"alg\":\"ES256\",\"typ\":\"JWT\"}", PAYLOAD(""), sign_es256, NULL, NULL,
     false},
    {"typ jwt", "{\"alg\":\"ES256\",\"typ\":\"jwt\"}", PAYLOAD(""), sign_es256, NULL, NULL,
     false},
    {"typ at+jwt", "{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}", PAYLOAD(""), sign_es256, NULL,
     NULL, true},
    {"typ application/at+jwt", "{\"alg\":\"ES256\",\"typ\":\"application/AT+JWT\"}",
     PAYLOAD(""), sign_es256, NULL, NULL, true},
    {"unknown header members", "{\"alg\":\"ES256\",\"x\":{\"y\":[1]},\"b64\":false}",
     PAYLOAD(""), sign_es256, NULL, NULL, false},
    {"a key in the header is not looked at",
     "{\"alg\":\"ES256\",\"jwk\":{\"kty\":\"oct\",\"k\":\"AA\"},\"jku\":\"https://"
     "evil.example\"}",
     PAYLOAD(""), sign_es256, NULL, NULL, false},
    {"spaces in the JSON", " { \"alg\" : \"ES256\" } ", " " PAYLOAD("") "\r\n", sign_es256,
     NULL, NULL, false},
    {"aud as a list", EC, "{" ISS "," SUB "," EXP ",\"aud\":[\"other\",\"clinicd\"]}",
     sign_es256, NULL, NULL, false},
    {"nbf and iat", EC, PAYLOAD(",\"nbf\":1900000000,\"iat\":1900000000"), sign_es256, NULL,
     NULL, false},
    {"iat in the future", EC, PAYLOAD(",\"iat\":1900009999"), sign_es256, NULL, NULL, false},
    {"exp at 2^53", EC, "{" ISS "," AUD "," SUB ",\"exp\":9007199254740992}", sign_es256, NULL,
     NULL, false},
    {"one scope", EC, PAYLOAD(",\"scope\":\"directory:read\""), sign_es256, "directory:read",
     NULL, false},
    {"scopes", EC, PAYLOAD(",\"scope\":\"bookings:read a!#[]~\""), sign_es256,
     "bookings:read a!#[]~", NULL, false},
    {"empty scope", EC, PAYLOAD(",\"scope\":\"\""), sign_es256, NULL, NULL, false},
    {"all clinics", EC, PAYLOAD(",\"clinics\":\"*\""), sign_es256, NULL, "*", false},
    {"no clinics", EC, PAYLOAD(",\"clinics\":[]"), sign_es256, NULL, NULL, false},
    {"clinics in lower case", EC, PAYLOAD(",\"clinics\":[\"" UUID_A "\",\"" UUID_B "\"]"),
     sign_es256, NULL,
     "{0190a0b0-0000-7000-8000-00000000000a,0190a0b0-0000-7000-8000-00000000000b}", false},
    {"unknown claims", EC, PAYLOAD(",\"jti\":\"1\",\"client_id\":{\"a\":[true,null]}"),
     sign_es256, NULL, NULL, false},
    {"16 deep", EC, PAYLOAD(",\"x\":[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]"), sign_es256, NULL, NULL,
     false},
    {"brackets in a string are not depth", EC,
     PAYLOAD(",\"x\":\"[[[[[[[[[[[[[[[[[[[[\\\"[[[[[[[[[[[[[[[[[[[[\""), sign_es256, NULL, NULL,
     false},
};

static enum token_verdict verify_at(struct authority *authority, const char *token, int64_t now)
{
    struct principal principal;

    return token_verify(authority, token, strlen(token), now, bench.shop.arena, &principal);
}

static void expect(const char *name, enum token_verdict got, enum token_verdict wanted)
{
    if (got != wanted)
        fail_msg("%s: %s instead of %s", name, token_verdict_slug(got),
                 token_verdict_slug(wanted));
}

static const char *good_token(size_t row)
{
    return good_rows[row].sign(
        workshop_join(&bench.shop, good_rows[row].header, good_rows[row].payload));
}

static void test_good_tokens(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(good_rows); i++) {
        const char *token = good_token(i);
        struct principal principal = {0};

        expect(good_rows[i].name,
               token_verify(bench.authority, token, strlen(token), NOW, bench.shop.arena,
                            &principal),
               TOKEN_ACCEPTED);
        assert_string_equal(principal.subject, "partner-a");
        assert_string_equal(principal.scope_text, good_rows[i].scope ? good_rows[i].scope : "");
        assert_string_equal(principal.clinics_text,
                            good_rows[i].clinics ? good_rows[i].clinics : "{}");
        assert_int_equal(principal.all_clinics, strcmp(principal.clinics_text, "*") == 0);
    }
}

/* The key as libjwt wants it, for the algorithm that the header names. */
static int decode_with_libjwt(const char *header, const char *token)
{
    const char *pem;
    jwt_t *jwt = NULL;
    int result;

    if (strstr(header, "second"))
        result = jwt_decode(&jwt, token, bench.second_secret, sizeof(bench.second_secret));
    else if (strstr(header, "HS256"))
        result = jwt_decode(&jwt, token, bench.secret, sizeof(bench.secret));
    else {
        pem = workshop_public_pem(&bench.shop, strstr(header, "RS256") ? bench.rsa : bench.ec);
        result = jwt_decode(&jwt, token, (const unsigned char *)pem, (int)strlen(pem));
    }
    if (result == 0)
        assert_string_equal(jwt_get_grant(jwt, "sub"), "partner-a");
    jwt_free(jwt);
    return result;
}

static void test_libjwt_agrees_with_what_is_accepted(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(good_rows); i++) {
        int result = decode_with_libjwt(good_rows[i].header, good_token(i));

        if ((result != 0) != good_rows[i].libjwt_refuses)
            fail_msg("%s: libjwt says %d", good_rows[i].name, result);
    }
}

/* ------------------------------------------------------------------- bad tokens */

#define CLAIM(name, value) PAYLOAD(",\"" name "\":" value)
#define NO_EXP(more) "{" ISS "," AUD "," SUB more "}"
#define NO_ISS(more) "{" AUD "," SUB "," EXP more "}"
#define NO_AUD(more) "{" ISS "," SUB "," EXP more "}"
#define NO_SUB(more) "{" ISS "," AUD "," EXP more "}"
#define TEXT_64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* Each row differs from a good token in one thing. header NULL: EC; payload NULL: good; sign
 * NULL: ES256; spoil NULL: as signed. */
static const struct {
    const char *name;
    enum token_verdict verdict;
    const char *header;
    const char *payload;
    const char *(*sign)(const char *text);
    const char *(*spoil)(const char *token);
} bad_rows[] = {
    /* form */
    {"empty", TOKEN_NOT_COMPACT, NULL, NULL, NULL, empty},
    {"two dots", TOKEN_NOT_COMPACT, NULL, NULL, NULL, two_dots},
    {"words", TOKEN_NOT_COMPACT, NULL, NULL, NULL, some_words},
    {"only a header", TOKEN_NOT_COMPACT, NULL, NULL, NULL, only_header},
    {"no header", TOKEN_NOT_COMPACT, NULL, NULL, NULL, without_header},
    {"no payload", TOKEN_NOT_COMPACT, NULL, NULL, NULL, without_payload},
    {"no signature and no dot", TOKEN_NOT_COMPACT, NULL, NULL, NULL, without_signature},
    {"a fourth part", TOKEN_NOT_COMPACT, NULL, NULL, NULL, with_fourth_part},
    {"a final dot", TOKEN_NOT_COMPACT, NULL, NULL, NULL, with_final_dot},
    {"a dot in the header", TOKEN_NOT_COMPACT, NULL, NULL, NULL, with_dot_for_hyphen},
    {"cut in half", TOKEN_NOT_COMPACT, HS, NULL, sign_hs256, cut_in_half},
    {"over 8192 bytes", TOKEN_TOO_LONG, NULL, NULL, NULL, lengthened},
    {"padding", TOKEN_SIGNATURE, NULL, NULL, NULL, with_padding},
    {"a newline at the end", TOKEN_SIGNATURE, NULL, NULL, NULL, with_newline},
    {"a stray character in the signature", TOKEN_SIGNATURE, NULL, NULL, NULL,
     with_stray_character},
    {"trailing bits in the signature", TOKEN_SIGNATURE, NULL, NULL, NULL, with_trailing_bits},
    {"trailing bits in an RSA signature", TOKEN_SIGNATURE, RSA_, NULL, sign_rs256,
     with_trailing_bits},
    {"standard base64 in the signature", TOKEN_SIGNATURE, NULL, NULL, NULL,
     with_standard_base64},
    {"a space in front", TOKEN_BAD_HEADER, NULL, NULL, NULL, with_space_in_front},

    /* header */
    {"header is a list", TOKEN_BAD_HEADER, "[\"ES256\"]", NULL, NULL, NULL},
    {"header is a text", TOKEN_BAD_HEADER, "\"ES256\"", NULL, NULL, NULL},
    {"header is no JSON", TOKEN_BAD_HEADER, "{\"alg\":\"ES256\"", NULL, NULL, NULL},
    {"header with something behind", TOKEN_BAD_HEADER, "{\"alg\":\"ES256\"} {}", NULL, NULL,
     NULL},
    {"header with a byte order mark", TOKEN_BAD_HEADER, "\xef\xbb\xbf{\"alg\":\"ES256\"}", NULL,
     NULL, NULL},
    {"header is not UTF-8", TOKEN_BAD_HEADER, "{\"alg\":\"ES256\",\"x\":\"\xff\"}", NULL, NULL,
     NULL},
    {"alg twice", TOKEN_BAD_HEADER, "{\"alg\":\"none\",\"alg\":\"ES256\"}", NULL, NULL, NULL},
    {"a nested member twice", TOKEN_BAD_HEADER, "{\"alg\":\"ES256\",\"x\":{\"a\":1,\"a\":2}}",
     NULL, NULL, NULL},
    {"header 17 deep", TOKEN_BAD_HEADER,
     "{\"alg\":\"ES256\",\"x\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}", NULL, NULL, NULL},
    {"kid is a number", TOKEN_BAD_HEADER, "{\"alg\":\"ES256\",\"kid\":1}", NULL, NULL, NULL},
    {"kid is null", TOKEN_BAD_HEADER, "{\"alg\":\"ES256\",\"kid\":null}", NULL, NULL, NULL},
    {"kid with NUL", TOKEN_BAD_HEADER, "{\"alg\":\"ES256\",\"kid\":\"ec\\u0000\"}", NULL, NULL,
     NULL},
    {"crit", TOKEN_EXTENSION, "{\"alg\":\"ES256\",\"crit\":[\"exp\"]}", NULL, NULL, NULL},
    {"crit with b64", TOKEN_EXTENSION, "{\"alg\":\"ES256\",\"crit\":[\"b64\"],\"b64\":false}",
     NULL, NULL, NULL},
    {"empty crit", TOKEN_EXTENSION, "{\"alg\":\"ES256\",\"crit\":[]}", NULL, NULL, NULL},
    {"crit is null", TOKEN_EXTENSION, "{\"alg\":\"ES256\",\"crit\":null}", NULL, NULL, NULL},
    {"typ JWE", TOKEN_TYPE, "{\"alg\":\"ES256\",\"typ\":\"JWE\"}", NULL, NULL, NULL},
    {"typ of an id token's logout", TOKEN_TYPE, "{\"alg\":\"ES256\",\"typ\":\"logout+jwt\"}",
     NULL, NULL, NULL},
    {"typ is a number", TOKEN_TYPE, "{\"alg\":\"ES256\",\"typ\":5}", NULL, NULL, NULL},
    {"typ is null", TOKEN_TYPE, "{\"alg\":\"ES256\",\"typ\":null}", NULL, NULL, NULL},

    /* algorithm and key */
    {"alg none", TOKEN_ALGORITHM, "{\"alg\":\"none\"}", NULL, sign_with_nothing, NULL},
    {"alg None", TOKEN_ALGORITHM, "{\"alg\":\"None\"}", NULL, sign_with_nothing, NULL},
    {"alg none with a kid", TOKEN_ALGORITHM, "{\"alg\":\"none\",\"kid\":\"ec\"}", NULL,
     sign_with_nothing, NULL},
    {"alg none with a good signature", TOKEN_ALGORITHM, "{\"alg\":\"none\"}", NULL, NULL, NULL},
    {"alg empty", TOKEN_ALGORITHM, "{\"alg\":\"\"}", NULL, NULL, NULL},
    {"alg missing", TOKEN_ALGORITHM, "{\"kid\":\"ec\"}", NULL, NULL, NULL},
    {"alg is a list", TOKEN_ALGORITHM, "{\"alg\":[\"ES256\"]}", NULL, NULL, NULL},
    {"alg in lower case", TOKEN_ALGORITHM, "{\"alg\":\"es256\"}", NULL, NULL, NULL},
    {"alg with a space", TOKEN_ALGORITHM, "{\"alg\":\"ES256 \"}", NULL, NULL, NULL},
    {"HS512", TOKEN_ALGORITHM, "{\"alg\":\"HS512\",\"kid\":\"hs\"}", NULL, sign_hs512, NULL},
    {"RS512", TOKEN_ALGORITHM, "{\"alg\":\"RS512\",\"kid\":\"rsa\"}", NULL, sign_rs512, NULL},
    {"PS256", TOKEN_ALGORITHM, "{\"alg\":\"PS256\",\"kid\":\"rsa\"}", NULL, sign_ps256, NULL},
    {"ES384", TOKEN_ALGORITHM, "{\"alg\":\"ES384\",\"kid\":\"ec\"}", NULL, sign_es384, NULL},
    {"an unknown kid", TOKEN_KEY_UNKNOWN, "{\"alg\":\"ES256\",\"kid\":\"nobody\"}", NULL, NULL,
     NULL},
    {"an empty kid", TOKEN_KEY_UNKNOWN, "{\"alg\":\"ES256\",\"kid\":\"\"}", NULL, NULL, NULL},
    {"a kid that is a path", TOKEN_KEY_UNKNOWN,
     "{\"alg\":\"HS256\",\"kid\":\"../../../dev/null\"}", NULL, sign_hs256_with_nothing, NULL},
    {"a kid in other letters", TOKEN_KEY_UNKNOWN, "{\"alg\":\"ES256\",\"kid\":\"EC\"}", NULL,
     NULL, NULL},
    {"no kid, two secrets", TOKEN_KEY_UNNAMED, "{\"alg\":\"HS256\"}", NULL, sign_hs256, NULL},
    {"HS256 with the RSA public key, kid of that key", TOKEN_KEY_MISMATCH,
     "{\"alg\":\"HS256\",\"kid\":\"rsa\"}", NULL, sign_hs256_with_rsa_public, NULL},
    {"HS256 with the EC public key, kid of that key", TOKEN_KEY_MISMATCH,
     "{\"alg\":\"HS256\",\"kid\":\"ec\"}", NULL, sign_hs256_with_ec_public, NULL},
    {"RS256 with the kid of the EC key", TOKEN_KEY_MISMATCH,
     "{\"alg\":\"RS256\",\"kid\":\"ec\"}", NULL, sign_rs256, NULL},
    {"ES256 with the kid of a secret", TOKEN_KEY_MISMATCH, "{\"alg\":\"ES256\",\"kid\":\"hs\"}",
     NULL, NULL, NULL},

    /* signature */
    {"HS256 with the RSA public key, kid of a secret", TOKEN_SIGNATURE, HS, NULL,
     sign_hs256_with_rsa_public, NULL},
    {"HS256 with an empty secret", TOKEN_SIGNATURE, HS, NULL, sign_hs256_with_nothing, NULL},
    {"HS256 with the other secret", TOKEN_SIGNATURE, HS, NULL, sign_hs256_second, NULL},
    {"HS256 with SHA-512", TOKEN_SIGNATURE, HS, NULL, sign_hs512, NULL},
    {"HS256 half as long", TOKEN_SIGNATURE, HS, NULL, sign_hs256_short, NULL},
    {"HS256 a byte longer", TOKEN_SIGNATURE, HS, NULL, sign_hs256_long, NULL},
    {"HS256 without a signature", TOKEN_SIGNATURE, HS, NULL, sign_with_nothing, NULL},
    {"RS256 of another key", TOKEN_SIGNATURE, RSA_, NULL, sign_foreign_rs256, NULL},
    {"RS256 of another key, no kid", TOKEN_SIGNATURE, "{\"alg\":\"RS256\"}", NULL,
     sign_foreign_rs256, NULL},
    {"RS256 with PSS padding", TOKEN_SIGNATURE, RSA_, NULL, sign_ps256, NULL},
    {"RS256 with SHA-512", TOKEN_SIGNATURE, RSA_, NULL, sign_rs512, NULL},
    {"RS256 a byte shorter", TOKEN_SIGNATURE, RSA_, NULL, sign_rs256_short, NULL},
    {"RS256 a byte longer", TOKEN_SIGNATURE, RSA_, NULL, sign_rs256_long, NULL},
    {"RS256 without a signature", TOKEN_SIGNATURE, RSA_, NULL, sign_with_nothing, NULL},
    {"ES256 of another key", TOKEN_SIGNATURE, NULL, NULL, sign_foreign_es256, NULL},
    {"ES256 in DER", TOKEN_SIGNATURE, NULL, NULL, sign_es256_as_der, NULL},
    {"ES256 of P-384", TOKEN_SIGNATURE, NULL, NULL, sign_es384, NULL},
    {"ES256 with r and s zero", TOKEN_SIGNATURE, NULL, NULL, sign_es256_zeros, NULL},
    {"ES256 with r and s the order", TOKEN_SIGNATURE, NULL, NULL, sign_es256_order, NULL},
    {"ES256 a byte shorter", TOKEN_SIGNATURE, NULL, NULL, sign_es256_short, NULL},
    {"ES256 a byte longer", TOKEN_SIGNATURE, NULL, NULL, sign_es256_long, NULL},
    {"ES256 without a signature", TOKEN_SIGNATURE, NULL, NULL, sign_with_nothing, NULL},
    {"another payload under the signature", TOKEN_SIGNATURE, NULL, NULL, NULL,
     with_other_payload},
    {"cut by one", TOKEN_SIGNATURE, NULL, NULL, NULL, cut_by_one},

    /* payload */
    {"payload is a list", TOKEN_BAD_PAYLOAD, NULL, "[" PAYLOAD("") "]", NULL, NULL},
    {"payload is a number", TOKEN_BAD_PAYLOAD, NULL, "42", NULL, NULL},
    {"payload is no JSON", TOKEN_BAD_PAYLOAD, NULL, "exp=2000000000", NULL, NULL},
    {"sub twice", TOKEN_BAD_PAYLOAD, NULL, CLAIM("sub", "\"admin\""), NULL, NULL},
    {"exp twice", TOKEN_BAD_PAYLOAD, NULL, CLAIM("exp", "2000000001"), NULL, NULL},
    {"a nested claim twice", TOKEN_BAD_PAYLOAD, NULL, CLAIM("x", "[{\"a\":1,\"a\":1}]"), NULL,
     NULL},
    {"payload 17 deep", TOKEN_BAD_PAYLOAD, NULL, CLAIM("x", "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]"),
     NULL, NULL},
    {"an integer of more than 63 bits", TOKEN_BAD_PAYLOAD, NULL,
     NO_EXP(",\"exp\":9223372036854775808"), NULL, NULL},
    {"NUL in sub", TOKEN_BAD_PAYLOAD, NULL, NO_SUB(",\"sub\":\"a\\u0000b\""), NULL, NULL},
    {"NaN for exp", TOKEN_BAD_PAYLOAD, NULL, NO_EXP(",\"exp\":NaN"), NULL, NULL},

    /* claims */
    {"no exp", TOKEN_EXPIRY, NULL, NO_EXP(""), NULL, NULL},
    {"no claims", TOKEN_EXPIRY, NULL, "{}", NULL, NULL},
    {"exp is a text", TOKEN_EXPIRY, NULL, NO_EXP(",\"exp\":\"2000000000\""), NULL, NULL},
    {"exp is a real", TOKEN_EXPIRY, NULL, NO_EXP(",\"exp\":2000000000.0"), NULL, NULL},
    {"exp with an exponent", TOKEN_EXPIRY, NULL, NO_EXP(",\"exp\":2e9"), NULL, NULL},
    {"exp is null", TOKEN_EXPIRY, NULL, NO_EXP(",\"exp\":null"), NULL, NULL},
    {"exp is true", TOKEN_EXPIRY, NULL, NO_EXP(",\"exp\":true"), NULL, NULL},
    {"exp beyond 2^53", TOKEN_EXPIRY, NULL, NO_EXP(",\"exp\":9007199254740993"), NULL, NULL},
    {"exp at the end of 63 bits", TOKEN_EXPIRY, NULL, NO_EXP(",\"exp\":9223372036854775807"),
     NULL, NULL},
    {"exp at the other end", TOKEN_EXPIRY, NULL, NO_EXP(",\"exp\":-9223372036854775808"), NULL,
     NULL},
    {"nbf is a text", TOKEN_TIMES, NULL, CLAIM("nbf", "\"1\""), NULL, NULL},
    {"nbf is null", TOKEN_TIMES, NULL, CLAIM("nbf", "null"), NULL, NULL},
    {"nbf is a real", TOKEN_TIMES, NULL, CLAIM("nbf", "1.5"), NULL, NULL},
    {"nbf at the end of 63 bits", TOKEN_TIMES, NULL, CLAIM("nbf", "9223372036854775807"), NULL,
     NULL},
    {"iat is a list", TOKEN_TIMES, NULL, CLAIM("iat", "[1]"), NULL, NULL},
    {"no iss", TOKEN_ISSUER, NULL, NO_ISS(""), NULL, NULL},
    {"another iss", TOKEN_ISSUER, NULL, NO_ISS(",\"iss\":\"https://other.example\""), NULL,
     NULL},
    {"iss with a slash", TOKEN_ISSUER, NULL, NO_ISS(",\"iss\":\"https://issuer.example/\""),
     NULL, NULL},
    {"iss in other letters", TOKEN_ISSUER, NULL, NO_ISS(",\"iss\":\"https://ISSUER.example\""),
     NULL, NULL},
    {"iss is a list", TOKEN_ISSUER, NULL, NO_ISS(",\"iss\":[\"https://issuer.example\"]"), NULL,
     NULL},
    {"no aud", TOKEN_AUDIENCE, NULL, NO_AUD(""), NULL, NULL},
    {"another aud", TOKEN_AUDIENCE, NULL, NO_AUD(",\"aud\":\"other\""), NULL, NULL},
    {"aud with more behind", TOKEN_AUDIENCE, NULL, NO_AUD(",\"aud\":\"clinicd other\""), NULL,
     NULL},
    {"empty list for aud", TOKEN_AUDIENCE, NULL, NO_AUD(",\"aud\":[]"), NULL, NULL},
    {"aud lists others", TOKEN_AUDIENCE, NULL, NO_AUD(",\"aud\":[\"a\",\"b\"]"), NULL, NULL},
    {"aud lists a number too", TOKEN_AUDIENCE, NULL, NO_AUD(",\"aud\":[\"clinicd\",1]"), NULL,
     NULL},
    {"aud nested", TOKEN_AUDIENCE, NULL, NO_AUD(",\"aud\":[[\"clinicd\"]]"), NULL, NULL},
    {"aud is an object", TOKEN_AUDIENCE, NULL, NO_AUD(",\"aud\":{\"clinicd\":true}"), NULL,
     NULL},
    {"aud is null", TOKEN_AUDIENCE, NULL, NO_AUD(",\"aud\":null"), NULL, NULL},
    {"no sub", TOKEN_SUBJECT, NULL, NO_SUB(""), NULL, NULL},
    {"empty sub", TOKEN_SUBJECT, NULL, NO_SUB(",\"sub\":\"\""), NULL, NULL},
    {"sub is a number", TOKEN_SUBJECT, NULL, NO_SUB(",\"sub\":7"), NULL, NULL},
    {"sub is null", TOKEN_SUBJECT, NULL, NO_SUB(",\"sub\":null"), NULL, NULL},
    {"sub of 256 bytes", TOKEN_SUBJECT, NULL,
     NO_SUB(",\"sub\":\"" TEXT_64 TEXT_64 TEXT_64 TEXT_64 "\""), NULL, NULL},
    {"sub with a newline", TOKEN_SUBJECT, NULL, NO_SUB(",\"sub\":\"a\\nb\""), NULL, NULL},
    {"sub with DEL", TOKEN_SUBJECT, NULL, NO_SUB(",\"sub\":\"a\\u007f\""), NULL, NULL},
    {"sub with C1", TOKEN_SUBJECT, NULL, NO_SUB(",\"sub\":\"a\\u0085\""), NULL, NULL},
    {"scope is a list", TOKEN_SCOPE, NULL, CLAIM("scope", "[\"directory:read\"]"), NULL, NULL},
    {"scope is null", TOKEN_SCOPE, NULL, CLAIM("scope", "null"), NULL, NULL},
    {"scope is a number", TOKEN_SCOPE, NULL, CLAIM("scope", "1"), NULL, NULL},
    {"scope with two spaces", TOKEN_SCOPE, NULL, CLAIM("scope", "\"a  b\""), NULL, NULL},
    {"scope with a space in front", TOKEN_SCOPE, NULL, CLAIM("scope", "\" a\""), NULL, NULL},
    {"scope with a space behind", TOKEN_SCOPE, NULL, CLAIM("scope", "\"a \""), NULL, NULL},
    {"scope is a space", TOKEN_SCOPE, NULL, CLAIM("scope", "\" \""), NULL, NULL},
    {"scope with a tab", TOKEN_SCOPE, NULL, CLAIM("scope", "\"a\\tb\""), NULL, NULL},
    {"scope with a quote", TOKEN_SCOPE, NULL, CLAIM("scope", "\"a\\\"b\""), NULL, NULL},
    {"scope with a backslash", TOKEN_SCOPE, NULL, CLAIM("scope", "\"a\\\\b\""), NULL, NULL},
    {"scope with DEL", TOKEN_SCOPE, NULL, CLAIM("scope", "\"a\\u007f\""), NULL, NULL},
    {"scope beyond ASCII", TOKEN_SCOPE, NULL, CLAIM("scope", "\"caf\xc3\xa9\""), NULL, NULL},
    {"clinics is a uuid", TOKEN_CLINICS, NULL, CLAIM("clinics", "\"" UUID_A "\""), NULL, NULL},
    {"clinics is null", TOKEN_CLINICS, NULL, CLAIM("clinics", "null"), NULL, NULL},
    {"clinics is true", TOKEN_CLINICS, NULL, CLAIM("clinics", "true"), NULL, NULL},
    {"clinics is empty", TOKEN_CLINICS, NULL, CLAIM("clinics", "\"\""), NULL, NULL},
    {"clinics is an object", TOKEN_CLINICS, NULL, CLAIM("clinics", "{\"*\":1}"), NULL, NULL},
    {"clinics lists a star", TOKEN_CLINICS, NULL, CLAIM("clinics", "[\"*\"]"), NULL, NULL},
    {"clinics lists a number", TOKEN_CLINICS, NULL, CLAIM("clinics", "[1]"), NULL, NULL},
    {"clinics lists no uuid", TOKEN_CLINICS, NULL,
     CLAIM("clinics", "[\"" UUID_A "\",\"0190a0b0-0000-7000-8000-00000000000g\"]"), NULL, NULL},
    {"clinics with more behind", TOKEN_CLINICS, NULL, CLAIM("clinics", "[\"" UUID_A "0\"]"),
     NULL, NULL},
    {"clinics in braces", TOKEN_CLINICS, NULL, CLAIM("clinics", "[\"{" UUID_A "}\"]"), NULL,
     NULL},
    {"clinics without hyphens", TOKEN_CLINICS, NULL,
     CLAIM("clinics", "[\"0190a0b0000070008000000000000000000a\"]"), NULL, NULL},
    {"clinics with a comma", TOKEN_CLINICS, NULL,
     CLAIM("clinics", "[\"0190a0b0-0000-7000-8000-0000000,{}\\\"\\u0031\"]"), NULL, NULL},

    /* clock */
    {"expired", TOKEN_EXPIRED, NULL, NO_EXP(",\"exp\":1899999970"), NULL, NULL},
    {"expired at the epoch", TOKEN_EXPIRED, NULL, NO_EXP(",\"exp\":0"), NULL, NULL},
    {"expired before the epoch", TOKEN_EXPIRED, NULL, NO_EXP(",\"exp\":-1"), NULL, NULL},
    {"not valid yet", TOKEN_NOT_YET, NULL, CLAIM("nbf", "1900000031"), NULL, NULL},
    {"never valid", TOKEN_NOT_YET, NULL, CLAIM("nbf", "2000000001"), NULL, NULL},
};

static const char *bad_token(size_t row)
{
    const char *header = bad_rows[row].header ? bad_rows[row].header : EC;
    const char *payload = bad_rows[row].payload ? bad_rows[row].payload : PAYLOAD("");
    const char *text = workshop_join(&bench.shop, header, payload);
    const char *token = bad_rows[row].sign ? bad_rows[row].sign(text) : sign_es256(text);

    return bad_rows[row].spoil ? bad_rows[row].spoil(token) : token;
}

/* With a cache and without; twice, as a refused token must not be remembered. */
static void test_bad_tokens(void **state)
{
    struct authority *caching = open_with(bench.keys, "HS256 RS256 ES256", 64);

    (void)state;
    assert_true(LENGTH(bad_rows) >= 60);
    for (size_t i = 0; i < LENGTH(bad_rows); i++) {
        const char *token = bad_token(i);
        struct principal principal = {.subject = "untouched"};

        expect(bad_rows[i].name,
               token_verify(bench.authority, token, strlen(token), NOW, bench.shop.arena,
                            &principal),
               bad_rows[i].verdict);
        assert_string_equal(principal.subject, "untouched");
        expect(bad_rows[i].name, verify_at(caching, token, NOW), bad_rows[i].verdict);
        expect(bad_rows[i].name, verify_at(caching, token, NOW), bad_rows[i].verdict);
    }
    authority_free(caching);
}

static void test_every_verdict_is_tested(void **state)
{
    (void)state;
#define VERDICT(id, slug, sentence) TOKEN_##id,
    static const enum token_verdict all[] = {
#include "tbl/verdict.h"
    };
#undef VERDICT

    for (size_t i = 1; i < LENGTH(all); i++) {
        bool seen = false;

        for (size_t row = 0; row < LENGTH(bad_rows); row++)
            seen = seen || bad_rows[row].verdict == all[i];
        if (!seen)
            fail_msg("no bad token is refused as %s", token_verdict_slug(all[i]));
    }
}

static void test_verdicts_fit_a_quoted_string(void **state)
{
    (void)state;
    for (int i = 0; i <= TOKEN_NOT_YET; i++) {
        const char *sentence = token_verdict_sentence((enum token_verdict)i);

        assert_true(strlen(sentence) > 10);
        for (const char *at = sentence; *at; at++)
            assert_true(*at >= 0x20 && *at <= 0x7e && *at != '"' && *at != '\\');
        for (int other = 0; other < i; other++)
            assert_string_not_equal(token_verdict_slug((enum token_verdict)i),
                                    token_verdict_slug((enum token_verdict)other));
    }
}

static void test_bytes_that_are_no_text(void **state)
{
    static const char with_nul[] = "e30.e30.\0AAA";
    struct principal principal;

    (void)state;
    expect("no bytes at all",
           token_verify(bench.authority, NULL, 0, NOW, bench.shop.arena, &principal),
           TOKEN_NOT_COMPACT);
    expect("NUL inside",
           token_verify(bench.authority, with_nul, sizeof(with_nul) - 1, NOW, bench.shop.arena,
                        &principal),
           TOKEN_ALGORITHM);
}

/* No character of a token can be changed, and no token can be cut, anywhere. */
static void test_no_character_may_change(void **state)
{
    (void)state;
    for (size_t row = 0; row < 3; row++) {
        char *token = arena_copy_text(bench.shop.arena, good_token(row));
        size_t length = strlen(token);
        struct principal principal;

        for (size_t i = 0; i < length; i++) {
            char old = token[i];

            token[i] = old == 'A' ? 'B' : 'A';
            assert_int_not_equal(verify_at(bench.authority, token, NOW), TOKEN_ACCEPTED);
            token[i] = old;
            assert_int_not_equal(
                token_verify(bench.authority, token, i, NOW, bench.shop.arena, &principal),
                TOKEN_ACCEPTED);
        }
        assert_int_equal(verify_at(bench.authority, token, NOW), TOKEN_ACCEPTED);
    }
}

/* A token of exactly 8192 bytes is read, one of 8193 is not. */
static void test_longest_token(void **state)
{
    (void)state;
    for (size_t fill = 5800; fill < 6100; fill++) {
        const char *payload = arena_format(
            bench.shop.arena, "{" ISS "," AUD "," SUB "," EXP ",\"x\":\"%0*d\"}", (int)fill, 0);
        const char *token = sign_hs256(workshop_join(&bench.shop, HS, payload));

        expect("long", verify_at(bench.authority, token, NOW),
               strlen(token) <= 8192 ? TOKEN_ACCEPTED : TOKEN_TOO_LONG);
        if (strlen(token) > 8192) {
            assert_true(strlen(token) <= 8194);
            return;
        }
    }
    fail_msg("no token was longer than 8192 bytes");
}

static void test_only_configured_algorithms(void **state)
{
    const char *keys =
        arena_format(bench.shop.arena, "hs=secret-file:%s/secret", bench.shop.folder);
    struct authority *only_secret = open_with(keys, "HS256", 0);

    (void)state;
    expect("HS256", verify_at(only_secret, good_token(2), NOW), TOKEN_ACCEPTED);
    expect("ES256", verify_at(only_secret, good_token(0), NOW), TOKEN_ALGORITHM);
    expect("RS256", verify_at(only_secret, good_token(1), NOW), TOKEN_ALGORITHM);
    authority_free(only_secret);
}

static void test_secret_without_name(void **state)
{
    const char *keys =
        arena_format(bench.shop.arena, "secret-file:%s/secret", bench.shop.folder);
    struct authority *authority = open_with(keys, "HS256", 0);

    (void)state;
    expect("no kid",
           verify_at(authority,
                     sign_hs256(workshop_join(&bench.shop, "{\"alg\":\"HS256\"}", PAYLOAD(""))),
                     NOW),
           TOKEN_ACCEPTED);
    expect("a kid", verify_at(authority, good_token(2), NOW), TOKEN_KEY_UNKNOWN);
    authority_free(authority);
}

/* ------------------------------------------------------------ the clock, the cache */

static const struct {
    int64_t offset; /* of now against exp 1900000100 and nbf 1900000000 */
    enum token_verdict verdict;
} clock_rows[] = {
    {-1000, TOKEN_NOT_YET},        {-LEEWAY - 1, TOKEN_NOT_YET},
    {-LEEWAY, TOKEN_ACCEPTED},     {0, TOKEN_ACCEPTED},
    {99, TOKEN_ACCEPTED},          {100 + LEEWAY - 1, TOKEN_ACCEPTED},
    {100 + LEEWAY, TOKEN_EXPIRED}, {10000, TOKEN_EXPIRED},
};

#define SHORT_LIVED "{" ISS "," AUD "," SUB ",\"nbf\":1900000000,\"exp\":1900000100}"

static int64_t cache_hits(void)
{
    struct arena *arena = arena_new();
    struct buffer out = buffer_init(arena);
    long long hits = -1;
    const char *line;

    metrics_write(&out);
    line = strstr(out.text, "\nclinicd_token_cache_hits_total ");
    assert_non_null(line);
    hits = strtoll(strchr(line + 1, ' '), NULL, 10);
    arena_free(arena);
    return hits;
}

/* The same moments for a token that is read and for one that is remembered. */
static void test_clock(void **state)
{
    struct authority *caching = open_with(bench.keys, "HS256 RS256 ES256", 8);
    const char *token = sign_es256(workshop_join(&bench.shop, EC, SHORT_LIVED));
    int64_t before;

    (void)state;
    expect("remember", verify_at(caching, token, NOW), TOKEN_ACCEPTED);
    before = cache_hits();
    for (size_t i = 0; i < LENGTH(clock_rows); i++) {
        expect("read", verify_at(bench.authority, token, NOW + clock_rows[i].offset),
               clock_rows[i].verdict);
        expect("remembered", verify_at(caching, token, NOW + clock_rows[i].offset),
               clock_rows[i].verdict);
    }
    assert_int_equal(cache_hits() - before, LENGTH(clock_rows));
    authority_free(caching);
}

static void test_clock_without_bounds(void **state)
{
    (void)state;
    expect("long ago", verify_at(bench.authority, good_token(0), 0), TOKEN_ACCEPTED);
    expect("at exp", verify_at(bench.authority, good_token(0), 2000000000 + LEEWAY),
           TOKEN_EXPIRED);
}

static void test_remembered_principal_is_the_same(void **state)
{
    struct authority *caching = open_with(bench.keys, "HS256 RS256 ES256", 8);
    const char *token = sign_es256(workshop_join(
        &bench.shop, EC,
        PAYLOAD(",\"scope\":\"a b\",\"clinics\":[\"" UUID_A "\",\"" UUID_B "\"]")));
    struct arena *arena = arena_new();
    struct principal principal;

    (void)state;
    expect("read", token_verify(caching, token, strlen(token), NOW, arena, &principal),
           TOKEN_ACCEPTED);
    arena_free(arena); /* the cache must not point into it */
    arena = arena_new();
    expect("remembered", token_verify(caching, token, strlen(token), NOW, arena, &principal),
           TOKEN_ACCEPTED);
    authority_free(caching); /* nor the principal into the cache */
    assert_string_equal(principal.subject, "partner-a");
    assert_string_equal(principal.scope_text, "a b");
    assert_string_equal(principal.scopes[1], "b");
    assert_null(principal.scopes[2]);
    assert_string_equal(principal.clinics[1], "0190a0b0-0000-7000-8000-00000000000b");
    assert_null(principal.clinics[2]);
    assert_int_equal(principal.expires_at, 2000000000);
    arena_free(arena);
}

static const char *numbered_token(size_t number)
{
    return sign_hs256(workshop_join(
        &bench.shop, HS,
        arena_format(bench.shop.arena,
                     "{" ISS "," AUD ",\"sub\":\"partner-%zu\",\"exp\":2000000000}", number)));
}

/* Sweeps over `tokens`; returns how many of them came from the cache. */
static int64_t hits_in_sweep(struct authority *authority, const char *const *tokens,
                             size_t count)
{
    int64_t before = cache_hits();

    for (size_t i = 0; i < count; i++)
        expect("sweep", verify_at(authority, tokens[i], NOW), TOKEN_ACCEPTED);
    return cache_hits() - before;
}

static void test_cache_is_bounded(void **state)
{
    static const size_t sizes[] = {0, 1, 3, 4, 9, 64};
    const char *tokens[300];

    (void)state;
    for (size_t i = 0; i < LENGTH(tokens); i++)
        tokens[i] = numbered_token(i);
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        struct authority *authority = open_with(bench.keys, "HS256 RS256 ES256", sizes[i]);
        int64_t hits;

        assert_int_equal(hits_in_sweep(authority, tokens, LENGTH(tokens)), 0);
        hits = 0; /* what is remembered now, asked for without remembering more */
        for (size_t at = 0; at < LENGTH(tokens); at++) {
            uint8_t digest[DIGEST_SIZE];
            struct claims claims;

            digest_bytes(tokens[at], strlen(tokens[at]), digest);
            hits += cache_find(authority->cache, digest, bench.shop.arena, &claims);
        }
        assert_true(hits == (int64_t)(sizes[i] / 4 * 4));
        assert_int_equal(hits_in_sweep(authority, tokens + 299, 1), sizes[i] >= 4);
        authority_free(authority);
    }
}

static void test_expired_give_way_first(void **state)
{
    struct cache *cache = cache_new(4);
    struct claims claims = {"s", "", "{}", 0, INT64_MIN};
    uint8_t digest[DIGEST_SIZE] = {0};

    (void)state;
    for (uint8_t i = 0; i < 4; i++) {
        digest[8] = i;
        claims.expires_at = i == 2 ? 50 : 1000;
        cache_store(cache, digest, &claims, 10);
    }
    digest[8] = 4;
    claims.expires_at = 1000;
    cache_store(cache, digest, &claims, 50);
    for (uint8_t i = 0; i < 5; i++) {
        digest[8] = i;
        assert_int_equal(cache_find(cache, digest, bench.shop.arena, &claims), i != 2);
    }
    cache_free(cache);
}

/* Once all are alive the oldest goes first: of eight the last four are left. */
static void test_the_oldest_give_way_next(void **state)
{
    struct cache *cache = cache_new(4);
    struct claims claims = {"s", "", "{}", 1000, INT64_MIN};
    uint8_t digest[DIGEST_SIZE] = {0};

    (void)state;
    for (digest[8] = 0; digest[8] < 8; digest[8]++)
        cache_store(cache, digest, &claims, 10);
    for (digest[8] = 0; digest[8] < 8; digest[8]++)
        assert_int_equal(cache_find(cache, digest, bench.shop.arena, &claims), digest[8] >= 4);
    cache_free(cache);
}

struct runner {
    pthread_t thread;
    struct authority *authority;
    const char *const *tokens;
    size_t count;
    size_t wrong;
};

/* Asks for all tokens in turn and for the first one in between, as a busy partner does. */
static void *run(void *argument)
{
    struct runner *runner = argument;

    for (size_t i = 0; i < 4000; i++) {
        const char *token = runner->tokens[i % 2 ? 0 : i / 2 % runner->count];
        struct arena *arena = arena_new();
        struct principal principal;

        if (token_verify(runner->authority, token, strlen(token), NOW, arena, &principal) !=
                TOKEN_ACCEPTED ||
            strncmp(principal.subject, "partner-", 8) != 0)
            runner->wrong++;
        arena_free(arena);
    }
    return NULL;
}

static void test_threads_share_the_cache(void **state)
{
    struct authority *authority = open_with(bench.keys, "HS256 RS256 ES256", 16);
    struct runner runners[4];
    const char *tokens[40];

    (void)state;
    for (size_t i = 0; i < LENGTH(tokens); i++)
        tokens[i] = numbered_token(i);
    for (size_t i = 0; i < LENGTH(runners); i++) {
        runners[i] =
            (struct runner){.authority = authority, .tokens = tokens, .count = LENGTH(tokens)};
        assert_int_equal(pthread_create(&runners[i].thread, NULL, run, &runners[i]), 0);
    }
    for (size_t i = 0; i < LENGTH(runners); i++) {
        assert_int_equal(pthread_join(runners[i].thread, NULL), 0);
        assert_int_equal(runners[i].wrong, 0);
    }
    authority_free(authority);
}

/* ------------------------------------------------------------------ libjwt mints */

static const char *const one_clinic[] = {UUID_B, NULL};

static const struct token_request good_request = {
    .subject = "partner-a",
    .scope = "directory:read bookings:write",
    .clinics = one_clinic,
    .lifetime_seconds = 3600,
};

static void check_minted(const char *key_id, const char *algorithm)
{
    struct authority_settings settings = settings_with(bench.keys, "HS256 RS256 ES256", 0);
    struct token_request request = good_request;
    struct principal principal;
    struct fault fault = {""};
    char *token;
    json_t *header;

    request.key_id = key_id;
    token = token_mint(&settings, &request, NOW, &fault);
    if (!token)
        fail_msg("%s: %s", key_id, fault.text);
    header = part_read((struct span){token, (size_t)(strchr(token, '.') - token)});
    assert_string_equal(json_string_value(json_object_get(header, "alg")), algorithm);
    assert_string_equal(json_string_value(json_object_get(header, "kid")), key_id);
    json_decref(header);
    expect(
        key_id,
        token_verify(bench.authority, token, strlen(token), NOW, bench.shop.arena, &principal),
        TOKEN_ACCEPTED);
    assert_string_equal(principal.scope_text, good_request.scope);
    assert_string_equal(principal.clinics_text, "{0190a0b0-0000-7000-8000-00000000000b}");
    assert_int_equal(principal.expires_at, NOW + 3600);
    assert_int_equal(decode_with_libjwt(algorithm, token), 0);
    free(token);
}

static void test_minted_tokens_are_accepted(void **state)
{
    (void)state;
    check_minted("rsa", "RS256");
    check_minted("ec", "ES256");
    check_minted("hs", "HS256");
}

/* Tokens made by libjwt alone, with nothing of ours but the key. */
static void test_tokens_of_libjwt_are_accepted(void **state)
{
    const char *pem = workshop_private_pem(&bench.shop, bench.ec);
    jwt_t *jwt = NULL;
    char *token;

    (void)state;
    assert_int_equal(jwt_new(&jwt), 0);
    assert_int_equal(
        jwt_set_alg(jwt, JWT_ALG_ES256, (const unsigned char *)pem, (int)strlen(pem)), 0);
    assert_int_equal(jwt_add_grants_json(jwt, PAYLOAD("")), 0);
    token = jwt_encode_str(jwt);
    assert_non_null(token);
    expect("libjwt", verify_at(bench.authority, token, NOW), TOKEN_ACCEPTED);
    free(token);
    jwt_free(jwt);
}

static const char *const no_uuid[] = {"here", NULL};
static const char *const no_utf8[] = {"\xff", NULL};

static const struct {
    const char *name;
    struct token_request request;
    const char *fault; /* a part of it */
} bad_requests[] = {
    {"no sub", {"", "", NULL, true, 60, NULL}, "sub"},
    {"two spaces", {"a", "b  c", NULL, true, 60, NULL}, "scope"},
    {"no uuid", {"a", "", no_uuid, false, 60, NULL}, "clinics"},
    {"clinic not UTF-8", {"a", "", no_utf8, false, 60, NULL}, "UTF-8"},
    {"sub not UTF-8", {"\xff", "", NULL, true, 60, NULL}, "UTF-8"},
    {"no lifetime", {"a", "", NULL, true, 0, NULL}, "lives"},
    {"past", {"a", "", NULL, true, -5, NULL}, "lives"},
    {"for ever", {"a", "", NULL, true, INT64_MAX, NULL}, "lives"},
    {"unknown key", {"a", "", NULL, true, 60, "nobody"}, "of that name"},
};

static void test_nothing_bad_is_minted(void **state)
{
    struct authority_settings settings = settings_with(bench.keys, "HS256 RS256 ES256", 0);

    (void)state;
    for (size_t i = 0; i < LENGTH(bad_requests); i++) {
        struct fault fault = {""};

        assert_null(token_mint(&settings, &bad_requests[i].request, NOW, &fault));
        if (!strstr(fault.text, bad_requests[i].fault))
            fail_msg("%s: %s", bad_requests[i].name, fault.text);
    }
}

static void test_public_keys_cannot_mint(void **state)
{
    const char *path = write_text("public.pem", workshop_public_pem(&bench.shop, bench.ec));
    struct authority_settings settings = settings_with(path, "ES256", 0);
    struct fault fault = {""};

    (void)state;
    assert_null(token_mint(&settings, &good_request, NOW, &fault));
    assert_non_null(strstr(fault.text, "no private key or secret"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_tokens),
        cmocka_unit_test(test_libjwt_agrees_with_what_is_accepted),
        cmocka_unit_test(test_bad_tokens),
        cmocka_unit_test(test_every_verdict_is_tested),
        cmocka_unit_test(test_verdicts_fit_a_quoted_string),
        cmocka_unit_test(test_bytes_that_are_no_text),
        cmocka_unit_test(test_no_character_may_change),
        cmocka_unit_test(test_longest_token),
        cmocka_unit_test(test_only_configured_algorithms),
        cmocka_unit_test(test_secret_without_name),
        cmocka_unit_test(test_clock),
        cmocka_unit_test(test_clock_without_bounds),
        cmocka_unit_test(test_remembered_principal_is_the_same),
        cmocka_unit_test(test_cache_is_bounded),
        cmocka_unit_test(test_expired_give_way_first),
        cmocka_unit_test(test_the_oldest_give_way_next),
        cmocka_unit_test(test_threads_share_the_cache),
        cmocka_unit_test(test_minted_tokens_are_accepted),
        cmocka_unit_test(test_tokens_of_libjwt_are_accepted),
        cmocka_unit_test(test_nothing_bad_is_minted),
        cmocka_unit_test(test_public_keys_cannot_mint),
    };

    return cmocka_run_group_tests(tests, open_bench, close_bench);
}
