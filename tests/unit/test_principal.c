// links: base auth
/* Scopes and clinics of a principal: the anonymous one, scope sets, tenants. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "auth/principal.c"

static struct principal principal_of(const char *scope, const char *clinics,
                                     struct arena *arena)
{
    const struct claims claims = {
        .subject = "partner-a", .scope = scope, .clinics = clinics, .expires_at = 7};

    return principal_make(&claims, arena);
}

#define CLINIC_A "0190a0b0-0000-7000-8000-00000000000a"
#define CLINIC_B "0190a0b0-0000-7000-8000-00000000000b"
#define BOTH "{" CLINIC_A "," CLINIC_B "}"

static void test_lists_are_split(void **state)
{
    struct arena *arena = arena_new();
    struct principal principal = principal_of("directory:read bookings:write", BOTH, arena);

    (void)state;
    assert_string_equal(principal.subject, "partner-a");
    assert_string_equal(principal.scopes[0], "directory:read");
    assert_string_equal(principal.scopes[1], "bookings:write");
    assert_null(principal.scopes[2]);
    assert_string_equal(principal.scope_text, "directory:read bookings:write");
    assert_string_equal(principal.clinics[0], CLINIC_A);
    assert_string_equal(principal.clinics[1], CLINIC_B);
    assert_null(principal.clinics[2]);
    assert_string_equal(principal.clinics_text, BOTH);
    assert_false(principal.all_clinics);
    assert_int_equal(principal.expires_at, 7);
    arena_free(arena);
}

static void test_nothing_means_none(void **state)
{
    struct arena *arena = arena_new();
    struct principal principal = principal_of("", "{}", arena);

    (void)state;
    assert_null(principal.scopes[0]);
    assert_null(principal.clinics[0]);
    assert_string_equal(principal.clinics_text, "{}");
    assert_false(principal_has_scope(&principal, ""));
    assert_false(principal_has_scope(&principal, "directory:read"));
    assert_false(principal_may_act_at(&principal, CLINIC_A));
    assert_false(principal_may_act_at(&principal, ""));
    arena_free(arena);
}

static void test_anonymous(void **state)
{
    struct arena *arena = arena_new();
    struct principal principal =
        principal_anonymous("  directory:read  availability:read ", arena);

    (void)state;
    assert_string_equal(principal.subject, "");
    assert_string_equal(principal.scopes[0], "directory:read");
    assert_string_equal(principal.scopes[1], "availability:read");
    assert_null(principal.scopes[2]);
    assert_string_equal(principal.scope_text, "directory:read availability:read");
    assert_true(principal.all_clinics);
    assert_string_equal(principal.clinics_text, "*");
    assert_null(principal.clinics[0]);
    assert_true(principal.expires_at == INT64_MAX);
    assert_true(principal_may_act_at(&principal, CLINIC_A));
    arena_free(arena);
}

static void test_scopes_are_compared_whole(void **state)
{
    struct arena *arena = arena_new();
    struct principal principal = principal_of("bookings:read directory:write", "*", arena);

    (void)state;
    assert_true(principal_has_scope(&principal, "bookings:read"));
    assert_true(principal_has_scope(&principal, "directory:write"));
    assert_false(principal_has_scope(&principal, "bookings"));
    assert_false(principal_has_scope(&principal, "bookings:read "));
    assert_false(principal_has_scope(&principal, "bookings:reader"));
    assert_false(principal_has_scope(&principal, "Bookings:read"));
    assert_false(principal_has_scope(&principal, "bookings:read directory:write"));
    arena_free(arena);
}

static const struct {
    const char *owned;
    bool may_run;
} set_rows[] = {
    {"", false},     {"a", false}, {"b", false},  {"a b", true},
    {"b x a", true}, {"c", true},  {"a c", true}, {"d", false},
};

static void test_one_whole_set_is_needed(void **state)
{
    static const char *const a_and_b[] = {"a", "b", NULL};
    static const char *const only_c[] = {"c", NULL};
    static const char *const *const sets[] = {a_and_b, only_c, NULL};
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < LENGTH(set_rows); i++) {
        struct principal principal = principal_of(set_rows[i].owned, "*", arena);

        if (principal_may_run(&principal, sets) != set_rows[i].may_run)
            fail_msg("scopes '%s'", set_rows[i].owned);
    }
    arena_free(arena);
}

static void test_sets_at_their_edges(void **state)
{
    static const char *const nothing[] = {NULL};
    static const char *const *const no_set[] = {NULL};
    static const char *const *const empty_set[] = {nothing, NULL};
    struct arena *arena = arena_new();
    struct principal principal = principal_of("a", "*", arena);

    (void)state;
    assert_false(principal_may_run(&principal, no_set));
    assert_true(principal_may_run(&principal, empty_set));
    arena_free(arena);
}

static const struct {
    const char *clinic;
    bool may_act;
} clinic_rows[] = {
    {CLINIC_A, true},
    {CLINIC_B, true},
    {"0190A0B0-0000-7000-8000-00000000000A", true},
    {"0190a0B0-0000-7000-8000-00000000000B", true},
    {"0190a0b0-0000-7000-8000-00000000000c", false},
    {"0190a0b0-0000-7000-8000-00000000000", false},
    {CLINIC_A "0", false},
    {"", false},
    {"*", false},
    {BOTH, false},
    {"\x10"
     "190a0b0-0000-7000-8000-00000000000a",
     false},
};

static void test_clinics(void **state)
{
    struct arena *arena = arena_new();
    struct principal principal = principal_of("", BOTH, arena);
    struct principal everywhere = principal_of("", "*", arena);

    (void)state;
    for (size_t i = 0; i < LENGTH(clinic_rows); i++) {
        if (principal_may_act_at(&principal, clinic_rows[i].clinic) != clinic_rows[i].may_act)
            fail_msg("clinic '%s'", clinic_rows[i].clinic);
        assert_true(principal_may_act_at(&everywhere, clinic_rows[i].clinic));
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists_are_split),
        cmocka_unit_test(test_nothing_means_none),
        cmocka_unit_test(test_anonymous),
        cmocka_unit_test(test_scopes_are_compared_whole),
        cmocka_unit_test(test_one_whole_set_is_needed),
        cmocka_unit_test(test_sets_at_their_edges),
        cmocka_unit_test(test_clinics),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
