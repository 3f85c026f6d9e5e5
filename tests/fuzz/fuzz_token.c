// links: base auth
/* Fuzzing the token reader. The first byte chooses: the rest is a token as it came; or a
 * payload under a good header; or a header and, after a newline, a payload; the latter two
 * well signed, so that what lies behind the signature is reached. Whatever is accepted has to
 * keep the promises of the door, and to be remembered as it was read.
 *
 *     clang-14 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -std=c17
 *         -D_GNU_SOURCE -Iinclude -Iservice tests/fuzz/fuzz_token.c service/auth/(*).c
 *         service/base/{arena,buffer,clock,digest,fault,log,metrics}.c -ljansson -ljwt -lcrypto
 *         -o fuzz_token && ./fuzz_token -max_len=9000 -max_total_time=60
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "auth.h"

#define NOW INT64_C(1900000000)
#define HEADER "{\"alg\":\"HS256\",\"kid\":\"fuzz\"}"
#define SECRET "a secret of the fuzzer, no other" /* 32 bytes */
#define SECRET_BASE64URL "YSBzZWNyZXQgb2YgdGhlIGZ1enplciwgbm8gb3RoZXI"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct authority *authority_new(size_t cache_entries)
{
    const struct authority_settings settings = {.keys = "fuzz=secret:" SECRET_BASE64URL,
                                                .algorithms = "HS256",
                                                .issuer = "i",
                                                .audience = "a",
                                                .leeway_seconds = 30,
                                                .cache_entries = cache_entries};
    struct fault fault;
    struct authority *authority = authority_open(&settings, &fault);

    ASSERT(authority);
    return authority;
}

static const char *encoded(const void *bytes, size_t length, struct arena *arena)
{
    char *text = arena_alloc(arena, base64url_size(length));

    base64url_encode(bytes, length, text);
    return text;
}

static const char *signed_token(const void *header, size_t header_length, const void *payload,
                                size_t payload_length, struct arena *arena)
{
    const char *text = arena_format(arena, "%s.%s", encoded(header, header_length, arena),
                                    encoded(payload, payload_length, arena));
    uint8_t signature[EVP_MAX_MD_SIZE];
    unsigned length = 0;

    ASSERT(HMAC(EVP_sha256(), SECRET, (int)strlen(SECRET), (const uint8_t *)text, strlen(text),
                signature, &length));
    return arena_format(arena, "%s.%s", text, encoded(signature, length, arena));
}

static const char *token_of(const uint8_t *data, size_t size, struct arena *arena)
{
    const uint8_t *rest = data + 1;
    const uint8_t *newline;

    if (data[0] % 3 == 0)
        return arena_copy(arena, rest, size - 1);
    if (data[0] % 3 == 1)
        return signed_token(HEADER, strlen(HEADER), rest, size - 1, arena);
    newline = memchr(rest, '\n', size - 1);
    if (!newline)
        return signed_token(rest, size - 1, "{}", 2, arena);
    return signed_token(rest, (size_t)(newline - rest), newline + 1,
                        (size_t)(data + size - newline - 1), arena);
}

static void check_list(const char *const *list, const char *text)
{
    for (; *list; list++)
        ASSERT(**list && strstr(text, *list));
}

static void check(const struct principal *principal)
{
    size_t length = strlen(principal->subject);

    ASSERT(length >= 1 && length <= 255);
    for (size_t i = 0; i < length; i++)
        ASSERT((unsigned char)principal->subject[i] >= 0x20 && principal->subject[i] != 0x7f);
    ASSERT(principal->expires_at > NOW - 30);
    ASSERT(principal->all_clinics == (strcmp(principal->clinics_text, "*") == 0));
    ASSERT(!principal->all_clinics || !principal->clinics[0]);
    check_list(principal->scopes, principal->scope_text);
    check_list(principal->clinics, principal->clinics_text);
    for (const char *const *clinic = principal->clinics; *clinic; clinic++)
        ASSERT(strlen(*clinic) == 36 && principal_may_act_at(principal, *clinic));
}

static void check_same(const struct principal *one, const struct principal *other)
{
    ASSERT(strcmp(one->subject, other->subject) == 0);
    ASSERT(strcmp(one->scope_text, other->scope_text) == 0);
    ASSERT(strcmp(one->clinics_text, other->clinics_text) == 0);
    ASSERT(one->expires_at == other->expires_at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct authority *plain; /* opened once: each input would pay for it otherwise */
    static struct authority *caching;
    struct arena *arena;
    struct principal read;
    struct principal remembered;
    enum token_verdict verdict;
    const char *token;

    if (size == 0)
        return 0;
    plain = plain ? plain : authority_new(0);
    caching = caching ? caching : authority_new(64);
    arena = arena_new();
    token = token_of(data, size, arena);
    verdict = token_verify(plain, token, strlen(token), NOW, arena, &read);
    if (verdict == TOKEN_ACCEPTED)
        check(&read);
    for (int i = 0; i < 2; i++) {
        ASSERT(token_verify(caching, token, strlen(token), NOW, arena, &remembered) == verdict);
        if (verdict == TOKEN_ACCEPTED)
            check_same(&read, &remembered);
    }
    arena_free(arena);
    return 0;
}
