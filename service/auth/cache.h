/*
 * Private to service/auth: accepted tokens, remembered by their SHA-256 so that the costly
 * checks run once per token. Bounded; may forget at any moment. Any thread.
 */
#ifndef CLINICD_AUTH_CACHE_H
#define CLINICD_AUTH_CACHE_H

#include "auth/token.h"

struct cache;

/* Room for `entries` tokens, rounded down to a multiple of 4 (a few hundred bytes each, at most
 * about 12 kB). NULL when that is none; the functions below take NULL as a cache that remembers
 * nothing. */
struct cache *cache_new(size_t entries);
void cache_free(struct cache *cache);

/* Copies the claims of a remembered token into `arena`. The clock is the caller's business. */
bool cache_find(struct cache *cache, const uint8_t digest[DIGEST_SIZE], struct arena *arena,
                struct claims *claims) MUST_CHECK;

/* Remembers a token that is accepted at `now` (Unix seconds), in place of one that has expired
 * or, when its neighbours are all alive, of the one that came first. */
void cache_store(struct cache *cache, const uint8_t digest[DIGEST_SIZE],
                 const struct claims *claims, int64_t now);

#endif
