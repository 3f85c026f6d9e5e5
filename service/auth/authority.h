/* Private to service/auth: what an open authority holds. */
#ifndef CLINICD_AUTH_AUTHORITY_H
#define CLINICD_AUTH_AUTHORITY_H

#include "auth/cache.h"
#include "auth/token.h"

struct authority {
    struct arena *arena; /* owns this struct too */
    struct expectation expected;
    struct key_set keys; /* immutable once open */
    struct cache *cache; /* NULL: none */
};

#endif
