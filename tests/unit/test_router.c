// links: base contract
/* The router: which operation a request target means, and which targets no two readers should
 * have to agree on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "contract/router.c"
#include "small_contract.h"

#define ID "0190b1a2-7c3d-7e4f-8a5b-6c7d8e9f0a1b"

struct row {
    const char *method, *target;
    enum route route;
    const char *outcome; /* the operation, the allowed methods, or part of the detail */
    const char *values[2];
    const char *query;
};

/* clang-format off */
static const struct row rows[] = {
    {"GET", "/", ROUTE_FOUND, "readRoot", {NULL}, NULL},
    {"GET", "/v1/things", ROUTE_FOUND, "listThings", {NULL}, NULL},
    {"HEAD", "/v1/things", ROUTE_FOUND, "listThings", {NULL}, NULL},
    {"POST", "/v1/things", ROUTE_FOUND, "createThing", {NULL}, NULL},
    {"GET", "/v1/things?", ROUTE_FOUND, "listThings", {NULL}, ""},
    {"GET", "/v1/things?a=%2F/b?c&..", ROUTE_FOUND, "listThings", {NULL}, "a=%2F/b?c&.."},
    {"GET", "/v1/things/" ID, ROUTE_FOUND, "readThing", {ID}, NULL},
    {"DELETE", "/v1/things/" ID, ROUTE_FOUND, "archiveThing", {ID}, NULL},
    {"GET", "/v1/things/a+b%20c", ROUTE_FOUND, "readThing", {"a+b c"}, NULL},
    {"GET", "/v1/things/a%2Fb", ROUTE_FOUND, "readThing", {"a/b"}, NULL},
    {"GET", "/v1/things/%252F", ROUTE_FOUND, "readThing", {"%2F"}, NULL},
    {"GET", "/v1/things/...", ROUTE_FOUND, "readThing", {"..."}, NULL},
    {"GET", "/v1/things/caf%C3%A9", ROUTE_FOUND, "readThing", {"caf\xC3\xA9"}, NULL},
    {"GET", "/v1/things/x/parts/7", ROUTE_FOUND, "readPart", {"x", "7"}, NULL},
    {"GET", "/%761/th%69ngs", ROUTE_FOUND, "listThings", {NULL}, NULL},
    {"GET", "/v1/caf%c3%a9", ROUTE_FOUND, "readCafe", {NULL}, NULL},
    {"GET", "/v1/caf\xC3\xA9", ROUTE_FOUND, "readCafe", {NULL}, NULL},
    /* a literal wins, and where it leads nowhere the parameter is tried */
    {"POST", "/v1/things/import", ROUTE_FOUND, "importThings", {NULL}, NULL},
    {"GET", "/v1/things/import", ROUTE_NO_METHOD, "POST, OPTIONS", {NULL}, NULL},
    {"GET", "/v1/things/special/parts", ROUTE_FOUND, "listSpecialParts", {NULL}, NULL},
    {"GET", "/v1/things/special/parts/1", ROUTE_FOUND, "readPart", {"special", "1"}, NULL},
    {"GET", "/v1/things/special", ROUTE_FOUND, "readThing", {"special"}, NULL},
    {"GET", "/v1/things/import/parts/1", ROUTE_FOUND, "readPart", {"import", "1"}, NULL},
    /* absolute-form */
    {"GET", "http://example.org/v1/things?q=1", ROUTE_FOUND, "listThings", {NULL}, "q=1"},
    {"GET", "HTTPS://example.org:443/v1/things", ROUTE_FOUND, "listThings", {NULL}, NULL},
    {"GET", "http://example.org", ROUTE_FOUND, "readRoot", {NULL}, NULL},
    {"GET", "http://example.org?x", ROUTE_FOUND, "readRoot", {NULL}, "x"},
    {"GET", "http:///v1/things", ROUTE_BAD_TARGET, "neither", {NULL}, NULL},
    {"GET", "ftp://example.org/v1/things", ROUTE_BAD_TARGET, "neither", {NULL}, NULL},
    {"GET", "v1/things", ROUTE_BAD_TARGET, "neither", {NULL}, NULL},
    {"GET", "", ROUTE_BAD_TARGET, "neither", {NULL}, NULL},
    {"GET", "?a=b", ROUTE_BAD_TARGET, "neither", {NULL}, NULL},
    {"CONNECT", "example.org:443", ROUTE_BAD_TARGET, "neither", {NULL}, NULL},
    {"OPTIONS", "*", ROUTE_NO_METHOD, "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS", {NULL}, NULL},
    {"GET", "*", ROUTE_BAD_TARGET, "OPTIONS only", {NULL}, NULL},
    /* methods */
    {"OPTIONS", "/v1/things", ROUTE_NO_METHOD, "GET, HEAD, POST, OPTIONS", {NULL}, NULL},
    {"PUT", "/v1/things", ROUTE_NO_METHOD, "GET, HEAD, POST, OPTIONS", {NULL}, NULL},
    {"get", "/v1/things", ROUTE_NO_METHOD, "GET, HEAD, POST, OPTIONS", {NULL}, NULL},
    {"", "/v1/things", ROUTE_NO_METHOD, "GET, HEAD, POST, OPTIONS", {NULL}, NULL},
    {"HEAD", "/v1/things/import", ROUTE_NO_METHOD, "POST, OPTIONS", {NULL}, NULL},
    /* no such path */
    {"GET", "/v1", ROUTE_NO_PATH, NULL, {NULL}, NULL},
    {"GET", "/v2/things", ROUTE_NO_PATH, NULL, {NULL}, NULL},
    {"GET", "/V1/things", ROUTE_NO_PATH, NULL, {NULL}, NULL},
    {"GET", "/v1/things/", ROUTE_NO_PATH, NULL, {NULL}, NULL},
    {"GET", "/v1/things/x/", ROUTE_NO_PATH, NULL, {NULL}, NULL},
    {"GET", "/v1/things/x/parts", ROUTE_NO_PATH, NULL, {NULL}, NULL},
    {"GET", "/v1/thing", ROUTE_NO_PATH, NULL, {NULL}, NULL},
    {"GET", "/v1/things%2Fx", ROUTE_NO_PATH, NULL, {NULL}, NULL},
    {"GET", "/v1/things/{thing_id}/x", ROUTE_NO_PATH, NULL, {NULL}, NULL},
    {"POST", "/v1/test-clock", ROUTE_NO_PATH, NULL, {NULL}, NULL},
    {"GET", "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16", ROUTE_NO_PATH, NULL, {NULL}, NULL},
    /* hostile */
    {"GET", "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17", ROUTE_BAD_TARGET, "more than 16", {NULL}, NULL},
    {"GET", "//v1/things", ROUTE_BAD_TARGET, "empty", {NULL}, NULL},
    {"GET", "//", ROUTE_BAD_TARGET, "empty", {NULL}, NULL},
    {"GET", "/v1//things", ROUTE_BAD_TARGET, "empty", {NULL}, NULL},
    {"GET", "/v1/./things", ROUTE_BAD_TARGET, "\"..\"", {NULL}, NULL},
    {"GET", "/v1/things/..", ROUTE_BAD_TARGET, "\"..\"", {NULL}, NULL},
    {"GET", "/v1/things/%2e%2E/x", ROUTE_BAD_TARGET, "\"..\"", {NULL}, NULL},
    {"GET", "/v1/things/%2e", ROUTE_BAD_TARGET, "\"..\"", {NULL}, NULL},
    {"GET", "/v1/things/%00", ROUTE_BAD_TARGET, "control", {NULL}, NULL},
    {"GET", "/v1/things/a%00b", ROUTE_BAD_TARGET, "control", {NULL}, NULL},
    {"GET", "/v1/things/%0d%0a", ROUTE_BAD_TARGET, "control", {NULL}, NULL},
    {"GET", "/v1/things/%7F", ROUTE_BAD_TARGET, "control", {NULL}, NULL},
    {"GET", "/v1/things/a b", ROUTE_BAD_TARGET, "control", {NULL}, NULL},
    {"GET", "/v1/things?a\tb", ROUTE_BAD_TARGET, "control", {NULL}, NULL},
    {"GET", "/v1/things#x", ROUTE_BAD_TARGET, "fragment", {NULL}, NULL},
    {"GET", "/v1/things?a#x", ROUTE_BAD_TARGET, "fragment", {NULL}, NULL},
    {"GET", "/v1/things/%", ROUTE_BAD_TARGET, "hexadecimal", {NULL}, NULL},
    {"GET", "/v1/things/%4", ROUTE_BAD_TARGET, "hexadecimal", {NULL}, NULL},
    {"GET", "/v1/things/%4/x", ROUTE_BAD_TARGET, "hexadecimal", {NULL}, NULL},
    {"GET", "/v1/things/%zz", ROUTE_BAD_TARGET, "hexadecimal", {NULL}, NULL},
    {"GET", "/v1/things/%u0041", ROUTE_BAD_TARGET, "hexadecimal", {NULL}, NULL},
    {"GET", "/v1/things/%ff", ROUTE_BAD_TARGET, "UTF-8", {NULL}, NULL},
    {"GET", "/v1/things/%c0%af", ROUTE_BAD_TARGET, "UTF-8", {NULL}, NULL},
    {"GET", "/v1/things/%ed%a0%80", ROUTE_BAD_TARGET, "UTF-8", {NULL}, NULL},
    {"GET", "/v1/things/%f4%90%80%80", ROUTE_BAD_TARGET, "UTF-8", {NULL}, NULL},
    {"GET", "/v1/things/\xff", ROUTE_BAD_TARGET, "UTF-8", {NULL}, NULL},
    {"GET", "/v1/things/%e2%82", ROUTE_BAD_TARGET, "UTF-8", {NULL}, NULL},
    {"GET", "/no/such/%ff", ROUTE_BAD_TARGET, "UTF-8", {NULL}, NULL},
};
/* clang-format on */

static void assert_same(const char *wanted, const char *got)
{
    if (wanted)
        assert_string_equal(got ? got : "(nothing)", wanted);
    else
        assert_null(got);
}

static void check_row(const struct row *row, const struct route_match *match, enum route route)
{
    assert_int_equal(route, row->route);
    if (route == ROUTE_FOUND)
        assert_string_equal(match->operation->id, row->outcome);
    if (route == ROUTE_NO_METHOD)
        assert_string_equal(match->allow, row->outcome);
    if (route == ROUTE_BAD_TARGET)
        assert_non_null(strstr(match->detail, row->outcome));
    if (route != ROUTE_FOUND)
        return;
    for (size_t i = 0; i < LENGTH(row->values) && match->operation->path_names[i]; i++)
        assert_same(row->values[i], match->values[i]);
    assert_same(row->query, match->query);
    assert_non_null(strstr(match->allow, "OPTIONS"));
}

static void test_targets(void **state)
{
    struct contract *contract = small_contract();

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct arena *arena = arena_new();
        struct route_match match;
        enum route route =
            contract_route(contract, rows[i].method, rows[i].target, arena, &match);

        print_message("%s %s\n", rows[i].method, rows[i].target);
        check_row(&rows[i], &match, route);
        arena_free(arena);
    }
    contract_free(contract);
}

static enum route route_long(const struct contract *contract, size_t length)
{
    struct arena *arena = arena_new();
    char *target = arena_alloc(arena, length + 1);
    struct route_match match;
    enum route route;

    memset(target, 'a', length);
    memcpy(target, "/v1/things/", 11);
    route = contract_route(contract, "GET", target, arena, &match);
    arena_free(arena);
    return route;
}

static void test_the_longest_target(void **state)
{
    struct contract *contract = small_contract();

    (void)state;
    assert_int_equal(route_long(contract, 8192), ROUTE_FOUND);
    assert_int_equal(route_long(contract, 8193), ROUTE_BAD_TARGET);
    assert_int_equal(route_long(contract, 1000000), ROUTE_BAD_TARGET);
    contract_free(contract);
}

/* Templates that the trie refuses, with what it says. */
static void test_templates(void **state)
{
    static const struct {
        const char *first, *second, *wanted;
    } templates[] = {
        {"/a/{x}", "/a/{y}", "cannot be told apart"},
        {"/a", "/a", "cannot be told apart"},
        {"/a/{x}.json", NULL, "either text or one {name}"},
        {"/a/x{y}", NULL, "either text or one {name}"},
        {"/a/{x}{y}", NULL, "either text or one {name}"},
        {"/a/{}", NULL, "either text or one {name}"},
        {"/a//b", NULL, "either text or one {name}"},
        {"/a/", NULL, "either text or one {name}"},
        {"/a?b", NULL, "either text or one {name}"},
        {"a", NULL, "begins with a slash"},
        {"", NULL, "begins with a slash"},
        {"/a/{x}/b", "/a/{y}/c", NULL},
        {"/a/{x}", "/a/b", NULL},
        {"/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17", NULL, "more than 16"},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(templates); i++) {
        struct arena *arena = arena_new();
        struct operation one = {.method = "GET", .path = templates[i].first};
        struct operation other = {.method = "GET", .path = templates[i].second};
        struct route_node *root = router_new(arena);
        struct fault fault = {""};
        bool good = router_add(root, arena, &one, &fault) &&
                    (!other.path || router_add(root, arena, &other, &fault));

        assert_int_equal(good, templates[i].wanted == NULL);
        if (!good)
            assert_non_null(strstr(fault.text, templates[i].wanted));
        arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_the_longest_target),
        cmocka_unit_test(test_templates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
