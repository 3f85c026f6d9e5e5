// links: base auth
/* Prints how fast tokens are checked: each algorithm without a cache, and remembered, on one
 * thread and on several that share one token. Not a test: nothing is judged here.
 *
 *     build/release/bench/bench_token [threads]
 */
#include <pthread.h>

#include "auth.h"
#include "../unit/token_workshop.h"

#define NOW WORKSHOP_NOW
#define THREADS_MOST 64
#define RUN_US 400000

struct runner {
    pthread_t thread;
    struct authority *authority;
    const char *token;
    uint64_t checks;
};

static void *run(void *argument)
{
    struct runner *runner = argument;
    size_t length = strlen(runner->token);
    int64_t end = clock_monotonic_us() + RUN_US;

    while (clock_monotonic_us() < end) {
        for (int i = 0; i < 32; i++) {
            struct arena *arena = arena_new();
            struct principal principal;

            ASSERT(token_verify(runner->authority, runner->token, length, NOW, arena,
                                &principal) == TOKEN_ACCEPTED);
            arena_free(arena);
        }
        runner->checks += 32;
    }
    return NULL;
}

/* Checks a second on `count` threads. */
static double speed(struct authority *authority, const char *token, size_t count)
{
    struct runner runners[THREADS_MOST];
    uint64_t checks = 0;

    for (size_t i = 0; i < count; i++) {
        runners[i] = (struct runner){.authority = authority, .token = token};
        ASSERT(pthread_create(&runners[i].thread, NULL, run, &runners[i]) == 0);
    }
    for (size_t i = 0; i < count; i++) {
        ASSERT(pthread_join(runners[i].thread, NULL) == 0);
        checks += runners[i].checks;
    }
    return (double)checks * 1e6 / RUN_US;
}

static void print(const char *name, struct authority *authority, const char *token,
                  size_t threads)
{
    double one = speed(authority, token, 1);
    double many = speed(authority, token, threads);

    printf("%-16s %4zu bytes %9.2f us %10.0f/s %2zu threads %10.0f/s\n", name, strlen(token),
           1e6 / one, one, threads, many);
}

static struct authority *open_authority(const char *keys, size_t cache_entries)
{
    const struct authority_settings settings = {.keys = keys,
                                                .algorithms = "HS256 RS256 ES256",
                                                .issuer = "clinicd",
                                                .audience = "clinicd",
                                                .leeway_seconds = 30,
                                                .cache_entries = cache_entries};
    struct fault fault = {""};
    struct authority *authority = authority_open(&settings, &fault);

    if (!authority) {
        fprintf(stderr, "%s\n", fault.text);
        exit(1);
    }
    return authority;
}

static const char *mint(struct workshop *shop, const char *keys, const char *key_id)
{
    static const char *const clinics[] = {"0190a0b0-0000-7000-8000-00000000000a",
                                          "0190a0b0-0000-7000-8000-00000000000b", NULL};
    const struct authority_settings settings = {.keys = keys,
                                                .algorithms = "HS256 RS256 ES256",
                                                .issuer = "clinicd",
                                                .audience = "clinicd"};
    const struct token_request request = {
        .subject = "partner-a",
        .scope = "directory:read availability:read bookings:read bookings:write",
        .clinics = clinics,
        .lifetime_seconds = 3600,
        .key_id = key_id,
    };
    struct fault fault = {""};
    char *token = token_mint(&settings, &request, NOW, &fault);

    ASSERT(token);
    arena_defer(shop->arena, free, token);
    return token;
}

static const char *write_keys(struct workshop *shop)
{
    const char *rsa = workshop_private_pem(shop, workshop_rsa(shop, 2048, 65537));
    const char *ec = workshop_private_pem(shop, workshop_ec(shop, "P-256"));
    uint8_t secret[32];

    random_bytes(secret, sizeof(secret));
    return arena_format(shop->arena, "rsa=%s ec=%s hs=secret:%s",
                        workshop_file(shop, "rsa.pem", rsa, strlen(rsa), 0600),
                        workshop_file(shop, "ec.pem", ec, strlen(ec), 0600),
                        workshop_encode(shop, secret, sizeof(secret)));
}

int main(int count, char **arguments)
{
    unsigned long threads = count > 1 ? strtoul(arguments[1], NULL, 10) : 4;
    struct workshop shop = workshop_open();
    const char *keys = write_keys(&shop);
    struct authority *plain = open_authority(keys, 0);
    struct authority *caching = open_authority(keys, 4096);

    ASSERT(threads >= 1 && threads <= THREADS_MOST);
    print("HS256", plain, mint(&shop, keys, "hs"), threads);
    print("RS256 (2048)", plain, mint(&shop, keys, "rsa"), threads);
    print("ES256", plain, mint(&shop, keys, "ec"), threads);
    print("remembered HS256", caching, mint(&shop, keys, "hs"), threads);
    print("remembered RS256", caching, mint(&shop, keys, "rsa"), threads);
    print("remembered ES256", caching, mint(&shop, keys, "ec"), threads);
    authority_free(plain);
    authority_free(caching);
    workshop_close(&shop);
    return 0;
}
