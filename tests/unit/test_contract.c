// links: base contract gen
/* Loading: what an operation says about itself, which documents must not load and why, and the
 * real document of the service. */
#include <setjmp.h>
#include <stdarg.h>
#include <pthread.h>
#include <stddef.h>
#include <cmocka.h>

#include "contract/contract.c"
#include "base/embed.h"
#include "small_contract.h"

static const char *joined(const char *const *names, char separator, struct arena *arena)
{
    struct buffer text = buffer_init(arena);

    for (size_t i = 0; names[i]; i++) {
        if (i)
            buffer_add_char(&text, separator);
        buffer_add_text(&text, names[i]);
    }
    return text.text;
}

/* An operation in one line. */
static const char *described(const struct operation *operation, struct arena *arena)
{
    struct buffer text = buffer_init(arena);

    buffer_add_format(&text, "%s %s lane=%d max=%zu", operation->method, operation->path,
                      (int)operation->lane, operation->max_body_bytes);
    for (size_t i = 0; operation->scope_sets[i]; i++)
        buffer_add_format(&text, " [%s]", joined(operation->scope_sets[i], ' ', arena));
    buffer_add_format(
        &text, "%s%s%s path=%s all=%s body=%s%s", operation->is_public ? " public" : "",
        operation->takes_idempotency_key ? " key" : "",
        operation->body_required ? " required" : "", joined(operation->path_names, ',', arena),
        joined(operation->parameter_names, ',', arena),
        joined(operation->body_types, ',', arena), operation->body ? " json" : "");
    return text.text;
}

static void test_operations(void **state)
{
    static const struct {
        const char *id, *description;
    } wanted[] = {
        {"readRoot", "GET / lane=0 max=65536 public path= all= body="},
        {"listThings",
         "GET /v1/things lane=1 max=65536 [things:read] path= "
         "all=limit,near,open,q,kind,days,from,page,sort-by,Accept-Language body="},
        {"createThing", "POST /v1/things lane=2 max=2048 [things:write things:read] "
                        "[things:desk] key required path= all=idempotency-key "
                        "body=application/json,application/merge-patch+json json"},
        {"importThings", "POST /v1/things/import lane=0 max=65536 [] path= all= "
                         "body=text/csv,application/x-ndjson"},
        {"archiveThing", "DELETE /v1/things/{thing_id} lane=0 max=65536 [things:read] "
                         "path=thing_id all=thing_id,If-Match body="},
        {"readPart", "GET /v1/things/{thing_id}/parts/{number} lane=0 max=65536 [things:read] "
                     "path=thing_id,number all=number,thing_id body="},
    };
    struct contract *contract = small_contract();
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < LENGTH(wanted); i++) {
        const struct operation *operation = contract_find(contract, wanted[i].id);

        ASSERT(operation);
        assert_string_equal(described(operation, arena), wanted[i].description);
        assert_ptr_equal(contract_operation(contract, operation->index), operation);
    }
    assert_null(contract_find(contract, "setTestClock"));
    assert_null(contract_find(contract, "none"));
    arena_free(arena);
    contract_free(contract);
}

static void test_the_test_clock(void **state)
{
    static char document[16384];
    size_t length = small_document(document, sizeof(document));
    struct contract_options options = {.test_clock = true};
    struct fault fault;
    struct contract *contract = contract_load(document, length, &options, &fault);

    (void)state;
    assert_non_null(contract);
    assert_non_null(contract_find(contract, "setTestClock"));
    assert_false(contract_leaves_out(contract, "setTestClock"));
    contract_free(contract);
    options.test_clock = false;
    contract = contract_load(document, length, &options, &fault);
    assert_non_null(contract);
    assert_null(contract_find(contract, "setTestClock"));
    assert_true(contract_leaves_out(contract, "setTestClock"));
    assert_false(contract_leaves_out(contract, "noSuchOperation"));
    contract_free(contract);
}

#define PATHS(text) "{'security': [], 'paths': " text "}"
#define GET(text) PATHS("{'/a/{b}': {'get': {'operationId': 'o', " text "}}}")
#define B "{'name': 'b', 'in': 'path', 'required': true, 'schema': {'type': 'string'}}"
#define PARAMETER(text) GET("'parameters': [" B ", " text "]")
#define PUT(text) PATHS("{'/a': {'put': {'operationId': 'o', " text "}}}")

/* clang-format off */
static const struct {
    const char *document, *fault;
} refused[] = {
    {"{", "the contract is not valid JSON: line 1, column 1"},
    {"[]", "#/paths: must be an object"},
    {"{'paths': {}, 'paths': {}}", "duplicate"},
    {"{'paths': {'/a': {'get': {'operationId': 'o'}}}}", "#/paths/~1a/get/security: neither the operation nor the document says who may"},
    {PATHS("{'/a': {'get': {}}}"), "#/paths/~1a/get: an operation has an operationId"},
    {PATHS("{'/a': {'trace': {}}}"), "/a: trace is not known in a path"},
    {PATHS("{'/a': {'get': {'operationId': 'o'}, 'put': {'operationId': 'o'}}}"), "o: two operations have this operationId"},
    {PATHS("{'/a/{b}': {'get': {'operationId': 'o', 'parameters': [" B "]}}, '/a/{c}': {'get': {'operationId': 'p', 'parameters': [{'name': 'c', 'in': 'path', 'required': true, 'schema': true}]}}}"), "GET /a/{c}: cannot be told apart from /a/{b}"},
    {PATHS("{'/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}': {'get': {'operationId': 'o'}}}"), "the path has too many parameters"},
    {GET("'x-lane': 'fast'"), "/x-lane: must be quick, search or booking"},
    {GET("'x-lane': 1"), "/x-lane: must be quick, search or booking"},
    {GET("'x-max-body-bytes': 0"), "/x-max-body-bytes: must be from 1 to"},
    {GET("'x-max-body-bytes': '9'"), "/x-max-body-bytes: must be from 1 to"},
    {GET("'x-when': 'full-moon'"), "x-when knows only test-clock"},
    {GET("'security': [{}]"), "/security: each requirement names exactly one scheme"},
    {GET("'security': [{'a': [], 'b': []}]"), "/security: each requirement names exactly one scheme"},
    {GET("'security': [{'a': 'x'}]"), "/security: a scheme has an array of scopes"},
    {GET("'parameters': []"), "#/paths/~1a~1{b}/get: the path parameter b is not declared"},
    {PARAMETER("{'$ref': '#/components/parameters/none'}"), "\"#/components/parameters/none\" points to nothing"},
    {PARAMETER("{'in': 'query', 'schema': true}"), "/parameters/1: a parameter has a name"},
    {PARAMETER("{'name': 'c', 'in': 'cookie', 'schema': true}"), "/parameters/1/in: must be path, query or header"},
    {PARAMETER("{'name': 'c', 'in': 'query'}"), "/parameters/1: a parameter has a schema"},
    {PARAMETER("{'name': 'c', 'in': 'query', 'content': {}}"), "/parameters/1/content: not known in a parameter"},
    {PARAMETER("{'name': 'c', 'in': 'query', 'style': 'deepObject', 'schema': true}"), "/parameters/1/style: only form"},
    {PARAMETER("{'name': 'c', 'in': 'path', 'required': true, 'schema': true}"), "has no {c} in its path"},
    {PATHS("{'/a/{b}': {'get': {'operationId': 'o', 'parameters': [{'name': 'b', 'in': 'path', 'schema': true}]}}}"), "a path parameter is required"},
    {PARAMETER("{'name': 'c', 'in': 'query', 'x-missing-status': 200, 'schema': true}"), "/x-missing-status: must be from 400 to 499"},
    {PARAMETER("{'name': 'c', 'in': 'header', 'x-missing-unless': 'd', 'schema': true}"), "o: x-missing-unless: there is no parameter d"},
    {PARAMETER("{'name': 'c', 'in': 'query', 'schema': {'type': 'object'}}"), "o: the parameter c must not be an object"},
    {PARAMETER("{'name': 'c', 'in': 'query', 'schema': {'type': 'integer', 'default': 'x'}}"), "o: the default of c does not fit its schema"},
    {PARAMETER("{'name': 'c', 'in': 'query', 'schema': {'format': 'phone'}}"), "#/paths/~1a~1{b}/get/parameters/1/schema/format: the format \"phone\" is not known"},
    {PATHS("{'/a/{b}': {'get': {'operationId': 'o', 'parameters': [{'name': 'b', 'in': 'path', 'required': true, 'schema': {'type': 'array'}}]}}}"), "o: the path parameter b must not be an array"},
    {PUT("'requestBody': {'$ref': '#/none'}"), "/requestBody: must be an object, or a $ref to one"},
    {PUT("'requestBody': {}"), "/requestBody: a body has a media type"},
    {PUT("'requestBody': {'content': {'application/json': {}}}"), "/requestBody: a JSON body has a schema"},
    {PUT("'requestBody': {'content': {'application/json': {'schema': true}, 'a/b+json': {'schema': false}}}"), "/requestBody: its JSON media types have different schemas"},
    {PUT("'requestBody': {'content': {'application/json': {'schema': {'a': 1}}}}"), "#/paths/~1a/put/requestBody/content/application~1json/schema/a: this keyword is not known"},
    {"{'security': [], 'paths': {}, 'components': {'schemas': {'a': {'properties': {'b': {'max': 1}}}}}}", "#/components/schemas/a/properties/b/max: this keyword is not known"},
};
/* clang-format on */

static void test_refused_documents(void **state)
{
    struct contract_options options = {.test_clock = true};

    (void)state;
    for (size_t i = 0; i < LENGTH(refused); i++) {
        struct arena *arena = arena_new();
        char *document = arena_copy_text(arena, refused[i].document);
        struct fault fault = {""};

        for (char *at = document; (at = strchr(at, '\'')); at++)
            *at = '"';
        print_message("%s\n", document);
        assert_null(contract_load(document, strlen(document), &options, &fault));
        if (!strstr(fault.text, refused[i].fault))
            fail_msg("\"%s\" does not say \"%s\"", fault.text, refused[i].fault);
        arena_free(arena);
    }
}

/* The document that travels in the binary loads, and some of its routes answer. */
static void test_the_real_document(void **state)
{
    const struct embedded *file = embedded_find("openapi.json");
    struct contract_options options = {.test_clock = true};
    struct arena *arena = arena_new();
    struct fault fault = {""};
    struct route_match match;
    struct contract *contract;

    (void)state;
    assert_non_null(file);
    contract = contract_load((const char *)file->data, file->size, &options, &fault);
    assert_string_equal(fault.text, "");
    assert_non_null(contract);
    assert_true(contract_operation_count(contract) > 40);
    assert_int_equal(contract_route(contract, "GET", "/v1/availability?from=x", arena, &match),
                     ROUTE_FOUND);
    assert_string_equal(match.operation->id, "findAvailability");
    assert_int_equal(match.operation->lane, LANE_SEARCH);
    assert_int_equal(contract_route(contract, "POST", "/v1/bookings", arena, &match),
                     ROUTE_FOUND);
    assert_string_equal(match.operation->id, "createBooking");
    assert_true(match.operation->takes_idempotency_key);
    contract_free(contract);
    arena_free(arena);
}

#define ROUNDS 300

/* One reader of the shared contract: good requests and bad ones. */
static void *read_requests(void *shared)
{
    const struct contract *contract = shared;
    static const char bad[] = "{\"kind\":\"x\",\"shape\":{\"form\":\"circle\"},\"tags\":[1,1]}";
    static const char good[] = "{\"name\":\"x\",\"kind\":\"small\",\"price\":19.99}";
    size_t refusals = 0;

    for (int i = 0; i < ROUNDS; i++) {
        struct findings findings = {.arena = arena_new()};
        const struct operation *create = contract_find(contract, "createThing");
        struct route_match match;
        bool found = contract_route(contract, "GET", "/v1/things?kind=small&from=x&limit=7",
                                    findings.arena, &match) == ROUTE_FOUND;

        ASSERT(found);
        json_decref(contract_read_parameters(&match, NULL, NULL, &findings));
        json_decref(contract_read_body(create, good, sizeof(good) - 1, &findings));
        ASSERT(findings.count == 1);
        json_decref(contract_read_body(create, bad, sizeof(bad) - 1, &findings));
        refusals += findings.count;
        arena_free(findings.arena);
    }
    ASSERT(refusals == (size_t)ROUNDS * 7);
    return NULL;
}

/* A loaded contract is only read: the thread sanitizer has nothing to say. */
static void test_many_threads(void **state)
{
    struct contract *contract = small_contract();
    pthread_t threads[4];

    (void)state;
    for (size_t i = 0; i < LENGTH(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_requests, contract), 0);
    for (size_t i = 0; i < LENGTH(threads); i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    contract_free(contract);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_operations),        cmocka_unit_test(test_the_test_clock),
        cmocka_unit_test(test_refused_documents), cmocka_unit_test(test_the_real_document),
        cmocka_unit_test(test_many_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
