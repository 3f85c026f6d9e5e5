/* Lives here: opening and closing an authority, and the way of a token through it: the cache,
 * else the strict reader, and always the clock. */
#include "auth/authority.h"

static const struct {
    const char *slug;
    const char *sentence;
} verdicts[] = {
#define VERDICT(id, slug, sentence) [TOKEN_##id] = {slug, sentence},
#include "tbl/verdict.h"
#undef VERDICT
};

const char *token_verdict_slug(enum token_verdict verdict)
{
    return verdicts[verdict].slug;
}

const char *token_verdict_sentence(enum token_verdict verdict)
{
    return verdicts[verdict].sentence;
}

static bool authority_fill(struct authority *authority,
                           const struct authority_settings *settings, struct fault *fault)
{
    struct arena *arena = authority->arena;

    if (!*settings->issuer)
        return fault_set(fault, "CLINICD_JWT_ISSUER is empty");
    if (!*settings->audience)
        return fault_set(fault, "CLINICD_JWT_AUDIENCE is empty");
    authority->expected = (struct expectation){
        .issuer = arena_copy_text(arena, settings->issuer),
        .audience = arena_copy_text(arena, settings->audience),
        .leeway_seconds = settings->leeway_seconds,
    };
    return keys_open(&authority->keys, settings->keys, settings->algorithms, arena, fault);
}

struct authority *authority_open(const struct authority_settings *settings, struct fault *fault)
{
    struct arena *arena = arena_new();
    struct authority *authority = arena_alloc(arena, sizeof(*authority));

    authority->arena = arena;
    if (!authority_fill(authority, settings, fault)) {
        arena_free(arena);
        return NULL;
    }
    authority->cache = cache_new(settings->cache_entries);
    return authority;
}

void authority_free(struct authority *authority)
{
    if (!authority)
        return;
    cache_free(authority->cache);
    arena_free(authority->arena);
}

/* The claims of an accepted token, remembered or read; the clock is checked either way. */
static enum token_verdict token_judge(struct authority *authority, const char *token,
                                      size_t length, int64_t now, struct arena *arena,
                                      struct claims *claims)
{
    int64_t leeway = authority->expected.leeway_seconds;
    uint8_t digest[DIGEST_SIZE];
    enum token_verdict verdict;

    if (length > TOKEN_MOST_BYTES)
        return TOKEN_TOO_LONG;
    digest_bytes(token, length, digest);
    if (cache_find(authority->cache, digest, arena, claims)) {
        metrics_add(METRIC_TOKEN_CACHE_HITS, 1);
        return claims_judge_time(claims, now, leeway);
    }
    verdict = token_read(&authority->keys, &authority->expected, token, length, arena, claims);
    if (verdict == TOKEN_ACCEPTED)
        verdict = claims_judge_time(claims, now, leeway);
    if (verdict == TOKEN_ACCEPTED)
        cache_store(authority->cache, digest, claims, now - leeway);
    return verdict;
}

enum token_verdict token_verify(struct authority *authority, const char *token, size_t length,
                                int64_t now, struct arena *arena, struct principal *principal)
{
    struct claims claims;
    enum token_verdict verdict = token_judge(authority, token, length, now, arena, &claims);

    if (verdict == TOKEN_ACCEPTED)
        *principal = principal_make(&claims, arena);
    metrics_add(verdict == TOKEN_ACCEPTED ? METRIC_TOKENS_ACCEPTED : METRIC_TOKENS_REFUSED, 1);
    return verdict;
}
