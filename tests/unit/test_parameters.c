// links: base contract
/* The query parser and the typing of parameters: what each text becomes, and in which words a
 * wrong one is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "contract/parameters.c"
#include "small_contract.h"

#define ID "0190b1a2-7c3d-7e4f-8a5b-6c7d8e9f0a1b"
#define DEFAULTS "\"limit\":20,\"sort-by\":\"name\""

struct request {
    const char *method, *target;
    const char *header, *value; /* one request header, or NULL */
};

static const char *lookup_header(void *context, const char *name)
{
    const struct request *request = context;

    return request->header && strcasecmp(name, request->header) == 0 ? request->value : NULL;
}

/* "name: detail", a line each; a status other than 400 stands before it. */
static const char *findings_text(const struct findings *findings)
{
    struct buffer text = buffer_init(findings->arena);

    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];

        assert_null(finding->pointer);
        buffer_add_text(&text, i ? "\n" : "");
        if (finding->status != 400)
            buffer_add_format(&text, "%d ", finding->status);
        buffer_add_format(&text, "%s: %s", finding->parameter, finding->detail);
    }
    return text.text;
}

/* The parameters as JSON, or the findings. */
static const char *read_request(const struct contract *contract, struct request request,
                                struct arena *arena)
{
    struct findings findings = {.arena = arena};
    struct route_match match;
    json_t *result;
    char *json;
    const char *text;

    assert_int_equal(contract_route(contract, request.method, request.target, arena, &match),
                     ROUTE_FOUND);
    result = contract_read_parameters(&match, lookup_header, &request, &findings);
    assert_non_null(result);
    json = json_dumps(result, JSON_COMPACT);
    text = findings.count ? findings_text(&findings) : arena_copy_text(arena, json);
    free(json);
    json_decref(result);
    return text;
}

/* clang-format off */
static const struct {
    const char *query, *outcome;
} queries[] = {
    {"", "{" DEFAULTS "}"},
    {"&", "{" DEFAULTS "}"},
    {"limit=5&&", "{\"limit\":5,\"sort-by\":\"name\"}"},
    /* integers */
    {"limit=5", "{\"limit\":5,\"sort-by\":\"name\"}"},
    {"limit=5.0", "{\"limit\":5,\"sort-by\":\"name\"}"},
    {"limit=1e1", "{\"limit\":10,\"sort-by\":\"name\"}"},
    {"limit=%35", "{\"limit\":5,\"sort-by\":\"name\"}"},
    {"%6Cimit=5", "{\"limit\":5,\"sort-by\":\"name\"}"},
    {"limit=5.5", "limit: must be an integer"},
    {"limit=0", "limit: must be at least 1"},
    {"limit=101", "limit: must be at most 100"},
    {"limit=-0", "limit: must be at least 1"},
    {"limit=05", "limit: must be an integer"},
    {"limit=+5", "limit: must be an integer"},
    {"limit= 5", NULL},
    {"limit=%205", "limit: must be an integer"},
    {"limit=0x5", "limit: must be an integer"},
    {"limit=1e", "limit: must be an integer"},
    {"limit=1.", "limit: must be an integer"},
    {"limit=.5", "limit: must be an integer"},
    {"limit=-", "limit: must be an integer"},
    {"limit=nan", "limit: must be an integer"},
    {"limit=inf", "limit: must be an integer"},
    {"limit=1e400", "limit: must be an integer"},
    {"limit=99999999999999999999", "limit: must be an integer"},
    {"limit=9223372036854775807", "limit: must be at most 100"},
    {"limit=", "limit: must be an integer"},
    {"limit", "limit: must be an integer"},
    {"limit=true", "limit: must be an integer"},
    {"limit=1&limit=2", "limit: is given more than once"},
    {"limit=1&limit=x", "limit: is given more than once"},
    /* numbers, truth, text */
    {"near=50.84", "{\"near\":50.840000000000003," DEFAULTS "}"},
    {"near=-1e-2", "{\"near\":-0.01," DEFAULTS "}"},
    {"near=50.84,4.43", "near: must be a number"},
    {"near=1e999", "near: must be a number"},
    {"open=true", "{\"open\":true," DEFAULTS "}"},
    {"open=false", "{\"open\":false," DEFAULTS "}"},
    {"open=True", "open: must be true or false"},
    {"open=1", "open: must be true or false"},
    {"q=12", "{\"q\":\"12\"," DEFAULTS "}"},
    {"q=a+b", "{\"q\":\"a b\"," DEFAULTS "}"},
    {"q=a++b+", "{\"q\":\"a  b \"," DEFAULTS "}"},
    {"q=+32+2", "{\"q\":\"+32 2\"," DEFAULTS "}"},
    {"q=a%2Bb", "{\"q\":\"a+b\"," DEFAULTS "}"},
    {"q=+", "{\"q\":\"+\"," DEFAULTS "}"},
    {"q=1+2:3", "{\"q\":\"1 2:3\"," DEFAULTS "}"},
    {"q=a=b", "{\"q\":\"a=b\"," DEFAULTS "}"},
    {"q=%26%3D%2B", "{\"q\":\"&=+\"," DEFAULTS "}"},
    {"q=%2541", "{\"q\":\"%41\"," DEFAULTS "}"},
    {"q=%C3%A9t%C3%A9", "{\"q\":\"\xC3\xA9t\xC3\xA9\"," DEFAULTS "}"},
    {"q=%F0%9F%98%80%F0%9F%98%80%F0%9F%98%80%F0%9F%98%80%F0%9F%98%80", "{\"q\":\"\xF0\x9F\x98\x80\xF0\x9F\x98\x80\xF0\x9F\x98\x80\xF0\x9F\x98\x80\xF0\x9F\x98\x80\"," DEFAULTS "}"},
    {"q=%0A", "{\"q\":\"\\n\"," DEFAULTS "}"},
    {"q=", "q: must not be empty"},
    {"q=toolong", "q: must be at most 5 characters long"},
    {"q=%00", "q: contains the NUL character"},
    {"q=a%00b", "q: contains the NUL character"},
    {"q=%FF", "q: is not valid UTF-8"},
    {"q=%C0%80", "q: is not valid UTF-8"},
    {"q=%ED%A0%80", "q: is not valid UTF-8"},
    {"q=%", "q: has a \"%\" without two hexadecimal digits"},
    {"q=%4", "q: has a \"%\" without two hexadecimal digits"},
    {"q=%GG", "q: has a \"%\" without two hexadecimal digits"},
    {"q=%FF&q=a", "q: is not valid UTF-8\nq: is given more than once"},
    {"sort-by=size", "{\"sort-by\":\"size\",\"limit\":20}"},
    /* arrays */
    {"kind=small", "{\"kind\":[\"small\"]," DEFAULTS "}"},
    {"kind=small&limit=20&kind=large", "{\"kind\":[\"small\",\"large\"]," DEFAULTS "}"},
    {"kind=small,large", "kind: item 1 must be one of: small, large, huge"},
    {"kind=small&kind=tiny", "kind: item 2 must be one of: small, large, huge"},
    {"kind=small&kind=small", "kind: must not have the same item twice"},
    {"kind=small&kind=large&kind=huge&kind=small", "kind: must have at most 3 items"},
    {"kind=", "kind: item 1 must be one of: small, large, huge"},
    {"kind=small&kind=%FE", "kind: is not valid UTF-8"},
    {"days=1,2,3", "{\"days\":[1,2,3]," DEFAULTS "}"},
    {"days=1", "{\"days\":[1]," DEFAULTS "}"},
    {"days=1%2C2", "{\"days\":[1,2]," DEFAULTS "}"},
    {"days=1,9,x,", "days: item 2 must be at most 7\ndays: item 3 must be an integer\ndays: item 4 must be an integer"},
    {"days=1&days=2", "days: is given more than once"},
    /* several forms */
    {"from=2027-03-22", "{\"from\":\"2027-03-22\"," DEFAULTS "}"},
    {"from=2027-03-22T09:00:00+02:00", "{\"from\":\"2027-03-22T09:00:00+02:00\"," DEFAULTS "}"},
    {"from=2027-03-22T09:00:00+02%3A00", "{\"from\":\"2027-03-22T09:00:00+02:00\"," DEFAULTS "}"},
    {"from=2027-03-22T09%3a00%3a00+02%3a00", "{\"from\":\"2027-03-22T09:00:00+02:00\"," DEFAULTS "}"},
    {"from=2027-03-22T09:00:00%2B02:00", "{\"from\":\"2027-03-22T09:00:00+02:00\"," DEFAULTS "}"},
    {"from=2027-02-30", "from: must be a date of the calendar, such as 2027-03-29, or an instant of RFC 3339, such as 2027-03-29T09:00:00+02:00"},
    {"page=7", "{\"page\":7," DEFAULTS "}"},
    {"page=007", "{\"page\":\"007\"," DEFAULTS "}"},
    {"page=last", "{\"page\":\"last\"," DEFAULTS "}"},
    {"page=first", "page: must be one of: last, 007"},
    /* unknown ones, several faults at once */
    {"x=1", "x: is not a query parameter of this operation; known are: limit, near, open, q, kind, days, from, page, sort-by"},
    {"Limit=1", "Limit: is not a query parameter of this operation; known are: limit, near, open, q, kind, days, from, page, sort-by"},
    {"Accept-Language=fr", "Accept-Language: is not a query parameter of this operation; known are: limit, near, open, q, kind, days, from, page, sort-by"},
    {"kind[]=small", "kind[]: is not a query parameter of this operation; known are: limit, near, open, q, kind, days, from, page, sort-by"},
    {"=1", ": is not a query parameter of this operation; known are: limit, near, open, q, kind, days, from, page, sort-by"},
    {"%00=1", ": is not a query parameter of this operation; known are: limit, near, open, q, kind, days, from, page, sort-by"},
    {"%FF=1", ": is not a query parameter of this operation; known are: limit, near, open, q, kind, days, from, page, sort-by"},
    {"%=1", ": a name has a \"%\" without two hexadecimal digits"},
    {"limit%00=1", ": is not a query parameter of this operation; known are: limit, near, open, q, kind, days, from, page, sort-by"},
    {"open=maybe&limit=0&q=", "limit: must be at least 1\nopen: must be true or false\nq: must not be empty"},
};
/* clang-format on */

static void test_queries(void **state)
{
    struct contract *contract = small_contract();

    (void)state;
    for (size_t i = 0; i < LENGTH(queries); i++) {
        struct arena *arena = arena_new();
        const char *target = arena_format(arena, "/v1/things?%s", queries[i].query);
        struct route_match match;

        print_message("%s\n", queries[i].query);
        if (!queries[i].outcome)
            assert_int_equal(contract_route(contract, "GET", target, arena, &match),
                             ROUTE_BAD_TARGET);
        else
            assert_string_equal(
                read_request(contract, (struct request){"GET", target, NULL, NULL}, arena),
                queries[i].outcome);
        arena_free(arena);
    }
    contract_free(contract);
}

/* clang-format off */
static const struct {
    struct request request;
    const char *outcome;
} requests[] = {
    {{"GET", "/v1/things/" ID, NULL, NULL}, "{\"thing_id\":\"" ID "\"}"},
    {{"GET", "/v1/things/x", NULL, NULL}, "thing_id: must be a UUID, such as " ID},
    {{"GET", "/v1/things/" ID "?q=1", NULL, NULL}, "q: is not a query parameter of this operation; it has none"},
    {{"GET", "/v1/things/" ID "?thing_id=1", NULL, NULL}, "thing_id: is not a query parameter of this operation; it has none"},
    {{"GET", "/v1/things/x/parts/7", NULL, NULL}, "{\"number\":7,\"thing_id\":\"x\"}"},
    {{"GET", "/v1/things/9/parts/x", NULL, NULL}, "number: must be an integer"},
    {{"DELETE", "/v1/things/" ID, NULL, NULL}, "If-Match: is required"},
    {{"DELETE", "/v1/things/" ID, "if-match", "\"3\""}, "{\"thing_id\":\"" ID "\",\"If-Match\":\"\\\"3\\\"\"}"},
    {{"DELETE", "/v1/things/" ID, "If-Match", "\xE9"}, "If-Match: is not valid UTF-8"},
    {{"GET", "/v1/things/special/parts", NULL, NULL}, "428 If-Match: is required"},
    {{"GET", "/v1/things/special/parts", "if-none-match", "*"}, "{\"If-None-Match\":\"*\"}"},
    {{"GET", "/v1/things/special/parts", "If-None-Match", "\"1\""}, "If-None-Match: must be: *"},
    {{"GET", "/v1/things/special/parts", "If-Match", "\"1\""}, "{\"If-Match\":\"\\\"1\\\"\"}"},
    {{"POST", "/v1/things", NULL, NULL}, "428 idempotency-key: is required"},
    {{"POST", "/v1/things", "Idempotency-Key", "short"}, "idempotency-key: must be at least 8 characters long"},
    {{"POST", "/v1/things", "IDEMPOTENCY-KEY", "12345678"}, "{\"idempotency-key\":\"12345678\"}"},
    {{"GET", "/v1/things", "Accept-Language", "fr, nl ,en"}, "{\"Accept-Language\":[\"fr\",\"nl\",\"en\"]," DEFAULTS "}"},
    {{"GET", "/v1/things", "Accept-Language", "fr,nl-BE-x"}, "Accept-Language: item 2 must be at most 5 characters long"},
    {{"POST", "/v1/things/import?x", NULL, NULL}, "x: is not a query parameter of this operation; it has none"},
};
/* clang-format on */

static void test_path_and_headers(void **state)
{
    struct contract *contract = small_contract();

    (void)state;
    for (size_t i = 0; i < LENGTH(requests); i++) {
        struct arena *arena = arena_new();

        print_message("%s %s\n", requests[i].request.method, requests[i].request.target);
        assert_string_equal(read_request(contract, requests[i].request, arena),
                            requests[i].outcome);
        arena_free(arena);
    }
    contract_free(contract);
}

/* `count` times "kind=small", as a query. */
static const char *read_many(const struct contract *contract, struct arena *arena,
                             const char *pair, size_t count)
{
    struct buffer target = buffer_init(arena);

    buffer_add_text(&target, "/v1/things?");
    for (size_t i = 0; i < count; i++)
        buffer_add_format(&target, "%s&", pair);
    return read_request(contract, (struct request){"GET", target.text, NULL, NULL}, arena);
}

static void test_many_parameters(void **state)
{
    struct contract *contract = small_contract();
    struct arena *arena = arena_new();

    (void)state;
    assert_string_equal(read_many(contract, arena, "kind=small", 100),
                        "kind: must have at most 3 items");
    assert_string_equal(read_many(contract, arena, "kind=small", 101),
                        ": there are more than 100 query parameters\n"
                        "kind: must have at most 3 items");
    arena_free(arena);
    contract_free(contract);
}

/* Names come from the client: answers show little of them, and whole characters. */
static void test_a_long_unknown_name(void **state)
{
    struct contract *contract = small_contract();
    struct arena *arena = arena_new();
    struct buffer target = buffer_init(arena);
    const char *text;

    (void)state;
    buffer_add_text(&target, "/v1/things?a");
    for (size_t i = 0; i < 1000; i++)
        buffer_add_text(&target, "%C3%A9");
    text = read_request(contract, (struct request){"GET", target.text, NULL, NULL}, arena);
    assert_memory_equal(text, "a\xC3\xA9\xC3\xA9", 5);
    assert_ptr_equal(strstr(text, "..."), text + 63);
    arena_free(arena);
    contract_free(contract);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_queries),
        cmocka_unit_test(test_path_and_headers),
        cmocka_unit_test(test_many_parameters),
        cmocka_unit_test(test_a_long_unknown_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
