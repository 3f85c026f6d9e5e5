/* Lives here: who asks, and whether that is enough. Pure memory. */
#include "auth/token.h"

#include <string.h>

/* More pieces than there are separators cannot be, by one. */
static size_t pieces_at_most(const char *text, const char *separators)
{
    size_t count = 1;

    for (; *text; text++)
        count += strchr(separators, *text) != NULL;
    return count;
}

/* Splits `text` at any of `separators`; empty pieces do not count. */
static const char *const *split(const char *text, const char *separators, struct arena *arena)
{
    char *copy = arena_copy_text(arena, text);
    const char **pieces =
        arena_alloc_array(arena, pieces_at_most(text, separators) + 1, sizeof(*pieces));
    size_t count = 0;

    for (char *at = copy + strspn(copy, separators); *at; at += strspn(at, separators)) {
        pieces[count++] = at;
        at += strcspn(at, separators);
        if (*at)
            *at++ = '\0';
    }
    return pieces;
}

struct principal principal_make(const struct claims *claims, struct arena *arena)
{
    bool all_clinics = strcmp(claims->clinics, "*") == 0;

    return (struct principal){
        .subject = claims->subject,
        .scopes = split(claims->scope, " ", arena),
        .scope_text = claims->scope,
        .all_clinics = all_clinics,
        .clinics = split(all_clinics ? "" : claims->clinics, "{,}", arena),
        .clinics_text = claims->clinics,
        .expires_at = claims->expires_at,
    };
}

/* People write settings: single spaces, and none at the ends. */
static const char *tidied(const char *scope_text, struct arena *arena)
{
    struct buffer out = buffer_init(arena);

    for (const char *const *scope = split(scope_text, " ", arena); *scope; scope++) {
        if (out.length > 0)
            buffer_add_char(&out, ' ');
        buffer_add_text(&out, *scope);
    }
    return out.text;
}

struct principal principal_anonymous(const char *scope_text, struct arena *arena)
{
    const struct claims claims = {
        .subject = "",
        .scope = tidied(scope_text, arena),
        .clinics = "*",
        .expires_at = INT64_MAX,
    };

    return principal_make(&claims, arena);
}

bool principal_has_scope(const struct principal *principal, const char *scope)
{
    for (const char *const *own = principal->scopes; *own; own++)
        if (strcmp(*own, scope) == 0)
            return true;
    return false;
}

static bool has_all(const struct principal *principal, const char *const *scopes)
{
    for (; *scopes; scopes++)
        if (!principal_has_scope(principal, *scopes))
            return false;
    return true;
}

bool principal_may_run(const struct principal *principal, const char *const *const *scope_sets)
{
    for (; *scope_sets; scope_sets++)
        if (has_all(principal, *scope_sets))
            return true;
    return false;
}

/* ASCII only and in no locale; `lower` is in lower case already. */
static bool is_same_uuid(const char *lower, const char *text)
{
    for (; *lower; lower++, text++)
        if (*lower != *text && !(*text >= 'A' && *text <= 'F' && *lower == *text - 'A' + 'a'))
            return false;
    return *text == '\0';
}

bool principal_may_act_at(const struct principal *principal, const char *clinic_id)
{
    for (const char *const *own = principal->clinics; *own; own++)
        if (is_same_uuid(*own, clinic_id))
            return true;
    return principal->all_clinics;
}
