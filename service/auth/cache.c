/* Lives here: the table of accepted tokens. Set-associative: the digest names a set of a few
 * slots. Each set has its own read-write lock and readers share it, so that requests with one
 * busy token do not queue; a writer that would have to wait gives up, as remembering is only a
 * favour to the next request. Measured in tests/bench/bench_token.c. */
#include "auth/cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS_PER_SET 4

struct slot {
    uint8_t digest[DIGEST_SIZE];
    char *texts; /* subject, scope, clinics, each with its NUL; NULL: the slot is empty */
    size_t subject_size; /* bytes, with the NUL */
    size_t scope_size;
    size_t clinics_size;
    int64_t expires_at;
    int64_t not_before;
};

struct set {
    pthread_rwlock_t lock;
    size_t next; /* the slot that gives way when all are alive */
    struct slot slots[SLOTS_PER_SET];
};

struct cache {
    size_t sets_count;
    struct set sets[];
};

struct cache *cache_new(size_t entries)
{
    size_t sets = entries / SLOTS_PER_SET;
    struct cache *cache;

    if (sets == 0)
        return NULL;
    cache = calloc(1, sizeof(*cache) + sets * sizeof(cache->sets[0]));
    ASSERT(cache);
    cache->sets_count = sets;
    for (size_t i = 0; i < sets; i++)
        ASSERT(pthread_rwlock_init(&cache->sets[i].lock, NULL) == 0);
    return cache;
}

void cache_free(struct cache *cache)
{
    for (size_t i = 0; cache && i < cache->sets_count; i++) {
        for (size_t at = 0; at < SLOTS_PER_SET; at++)
            free(cache->sets[i].slots[at].texts);
        pthread_rwlock_destroy(&cache->sets[i].lock);
    }
    free(cache);
}

static struct set *set_of(struct cache *cache, const uint8_t digest[DIGEST_SIZE])
{
    uint64_t number;

    memcpy(&number, digest, sizeof(number));
    return &cache->sets[number % cache->sets_count];
}

static void slot_copy(const struct slot *slot, struct arena *arena, struct claims *claims)
{
    const char *texts = arena_copy(
        arena, slot->texts, slot->subject_size + slot->scope_size + slot->clinics_size - 1);

    *claims = (struct claims){
        .subject = texts,
        .scope = texts + slot->subject_size,
        .clinics = texts + slot->subject_size + slot->scope_size,
        .expires_at = slot->expires_at,
        .not_before = slot->not_before,
    };
}

bool cache_find(struct cache *cache, const uint8_t digest[DIGEST_SIZE], struct arena *arena,
                struct claims *claims)
{
    struct set *set;
    bool found = false;

    if (!cache)
        return false;
    set = set_of(cache, digest);
    pthread_rwlock_rdlock(&set->lock);
    for (size_t i = 0; i < SLOTS_PER_SET && !found; i++) {
        const struct slot *slot = &set->slots[i];

        found = slot->texts && memcmp(slot->digest, digest, DIGEST_SIZE) == 0;
        if (found)
            slot_copy(slot, arena, claims);
    }
    pthread_rwlock_unlock(&set->lock);
    return found;
}

static void slot_fill(struct slot *slot, const uint8_t digest[DIGEST_SIZE],
                      const struct claims *claims)
{
    *slot = (struct slot){
        .subject_size = strlen(claims->subject) + 1,
        .scope_size = strlen(claims->scope) + 1,
        .clinics_size = strlen(claims->clinics) + 1,
        .expires_at = claims->expires_at,
        .not_before = claims->not_before,
    };
    memcpy(slot->digest, digest, DIGEST_SIZE);
    slot->texts = malloc(slot->subject_size + slot->scope_size + slot->clinics_size);
    ASSERT(slot->texts);
    memcpy(slot->texts, claims->subject, slot->subject_size);
    memcpy(slot->texts + slot->subject_size, claims->scope, slot->scope_size);
    memcpy(slot->texts + slot->subject_size + slot->scope_size, claims->clinics,
           slot->clinics_size);
}

/* The token's own slot if it is there already, else an empty or expired one, else the next. */
static struct slot *slot_choose(struct set *set, const uint8_t digest[DIGEST_SIZE], int64_t now)
{
    struct slot *chosen = NULL;

    for (size_t i = 0; i < SLOTS_PER_SET; i++) {
        struct slot *slot = &set->slots[i];

        if (slot->texts && memcmp(slot->digest, digest, DIGEST_SIZE) == 0)
            return slot;
        if (!chosen && (!slot->texts || slot->expires_at <= now))
            chosen = slot;
    }
    if (chosen)
        return chosen;
    chosen = &set->slots[set->next];
    set->next = (set->next + 1) % SLOTS_PER_SET;
    return chosen;
}

void cache_store(struct cache *cache, const uint8_t digest[DIGEST_SIZE],
                 const struct claims *claims, int64_t now)
{
    struct slot fresh;
    struct slot *slot;
    struct set *set;
    char *old;

    if (!cache)
        return;
    slot_fill(&fresh, digest, claims);
    set = set_of(cache, digest);
    if (pthread_rwlock_trywrlock(&set->lock) != 0) {
        free(fresh.texts);
        return;
    }
    slot = slot_choose(set, digest, now);
    old = slot->texts;
    *slot = fresh;
    pthread_rwlock_unlock(&set->lock);
    free(old);
}
