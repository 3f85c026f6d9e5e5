/* Lives here: the set of keys, from the settings CLINICD_JWT_KEYS and CLINICD_JWT_ALGORITHMS.
 * An entry is read in key_entry.c, JWKS text in jwk.c, one key is judged in key.c. */
#include "auth/keys.h"

#include <string.h>

#define BLANK " \t\r\n"

bool keys_accept(const struct key_set *set, enum algorithm algorithm)
{
    return (set->algorithms & (1u << algorithm)) != 0;
}

const struct key *keys_find(const struct key_set *set, const char *id)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->keys[i].id && strcmp(set->keys[i].id, id) == 0)
            return &set->keys[i];
    return NULL;
}

const struct key *keys_find_only(const struct key_set *set, enum algorithm algorithm)
{
    const struct key *found = NULL;

    for (size_t i = 0; i < set->count; i++) {
        if (set->keys[i].algorithm != algorithm)
            continue;
        if (found)
            return NULL;
        found = &set->keys[i];
    }
    return found;
}

bool keys_add(struct key_set *set, const struct key *key, struct fault *fault)
{
    const struct key *other = key->id ? keys_find(set, key->id) : NULL;
    const char *weakness;

    if (!keys_accept(set, key->algorithm))
        return fault_set(
            fault,
            "CLINICD_JWT_KEYS: %s: a key for %s, which CLINICD_JWT_ALGORITHMS does "
            "not list",
            key->source, algorithm_name(key->algorithm));
    if (other)
        return fault_set(fault, "CLINICD_JWT_KEYS: %s: has the same kid as %s", key->source,
                         other->source);
    if (set->count == KEYS_MOST)
        return fault_set(fault, "CLINICD_JWT_KEYS: more than %d keys", KEYS_MOST);
    weakness = key_weakness(key);
    if (weakness)
        return fault_set(fault, "CLINICD_JWT_KEYS: %s: %s", key->source, weakness);
    set->keys[set->count++] = *key;
    return true;
}

static bool algorithms_open(struct key_set *set, const char *list, struct fault *fault)
{
    for (const char *at = list + strspn(list, BLANK); *at; at += strspn(at, BLANK)) {
        size_t length = strcspn(at, BLANK);
        enum algorithm algorithm;

        if (!algorithm_read(at, length, &algorithm))
            return fault_set(fault,
                             "CLINICD_JWT_ALGORITHMS: %.*s is none of HS256, RS256, ES256",
                             (int)(length < 40 ? length : 40), at);
        set->algorithms |= 1u << algorithm;
        at += length;
    }
    if (!set->algorithms)
        return fault_set(fault,
                         "CLINICD_JWT_ALGORITHMS is empty; list what to accept of HS256, "
                         "RS256, ES256");
    return true;
}

static void warn_of_unused(const struct key_set *set)
{
    for (unsigned i = 0; i < ALGORITHM_COUNT; i++) {
        bool has_key = false;

        for (size_t at = 0; at < set->count; at++)
            has_key = has_key || set->keys[at].algorithm == i;
        if (keys_accept(set, (enum algorithm)i) && !has_key)
            log_line(LOG_WARNING, "algorithm-without-key",
                     log_text("algorithm", algorithm_name((enum algorithm)i)));
    }
}

bool keys_open(struct key_set *set, const char *keys, const char *algorithms,
               struct arena *arena, struct fault *fault)
{
    size_t number = 0;

    *set = (struct key_set){.arena = arena};
    if (!algorithms_open(set, algorithms, fault))
        return false;
    for (const char *at = keys + strspn(keys, BLANK); *at; at += strspn(at, BLANK)) {
        size_t length = strcspn(at, BLANK);

        if (!keys_add_entry(set, arena_copy(arena, at, length), ++number, fault))
            return false;
        at += length;
    }
    if (set->count == 0)
        return fault_set(fault,
                         "CLINICD_JWT_KEYS: no key is left that tokens can be checked with");
    warn_of_unused(set);
    return true;
}
