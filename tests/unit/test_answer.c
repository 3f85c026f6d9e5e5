// links: base serve/frame.c serve/answer.c serve/caching.c serve/negotiate.c
/* The answer builder: what the database says becomes an answer or a problem, with headers that
 * cannot be split, an ETag, a 304, a link to the next page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "serve/encode.c"
#include "serve/finish.c"

static struct request *request_new(const char *method, const char *target)
{
    static const struct operation operation = {.id = "listThings", .method = "GET"};
    struct arena *arena = arena_new();
    struct request *request = arena_alloc(arena, sizeof(*request));
    const char *query = strchr(target, '?');

    *request = (struct request){.arena = arena,
                                .method = method,
                                .target = target,
                                .id = "r1",
                                .operation = &operation};
    request->match.query = query ? query + 1 : NULL;
    return request;
}

static const char *header(const struct request *request, const char *name)
{
    return answered_header(&request->answer, name);
}

static struct service service_new(const struct config *config)
{
    return (struct service){.config = config};
}

static const struct config no_cors = {.cors_origins = ""};

static json_t *problem_of(const struct request *request)
{
    json_t *problem = json_loadb(request->answer.body, request->answer.length, 0, NULL);

    assert_non_null(problem);
    assert_string_equal(request->answer.content_type, "application/problem+json");
    assert_string_equal(json_string_value(json_object_get(problem, "instance")),
                        "urn:request:r1");
    assert_int_equal(json_integer_value(json_object_get(problem, "status")),
                     request->answer.status);
    return problem;
}

static void each_outcome_of_the_database_has_its_status(void **state)
{
    static const struct {
        enum db_outcome outcome;
        int status;
    } rows[] = {
        {DB_NO_ROW, 404},    {DB_CONFLICT, 409}, {DB_UNKNOWN_REFERENCE, 422},
        {DB_FORBIDDEN, 403}, {DB_BUSY, 503},     {DB_UNPROCESSABLE, 422},
        {DB_AWAY, 503},      {DB_TIMEOUT, 503},  {DB_BROKEN, 500},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct request *request = request_new("GET", "/x");
        struct db_reply reply = {0};

        answer_database(request, rows[i].outcome, &reply);
        assert_int_equal(request->answer.status, rows[i].status);
        json_decref(problem_of(request));
        assert_int_equal(header(request, "Retry-After") != NULL, rows[i].status == 503);
        arena_free(request->arena);
    }
}

static void a_refusing_row_becomes_a_problem_with_its_members(void **state)
{
    static const char body[] =
        "{\"type\":\"slot-taken\",\"detail\":\"d\",\"reasons\":[\"closed\"]}";
    struct request *request = request_new("POST", "/v1/bookings");
    struct db_reply reply = {.status = 409, .body = body, .body_length = strlen(body)};
    json_t *problem;

    (void)state;
    answer_database(request, DB_ROW, &reply);
    problem = problem_of(request);
    assert_string_equal(json_string_value(json_object_get(problem, "type")),
                        "/problems/slot-taken");
    assert_string_equal(json_string_value(json_object_get(problem, "detail")), "d");
    assert_int_equal(json_array_size(json_object_get(problem, "reasons")), 1);
    json_decref(problem);
    arena_free(request->arena);
}

static void a_problem_lists_at_most_as_many_faults_as_promised(void **state)
{
    struct request *request = request_new("POST", "/v1/bookings");
    struct buffer body = buffer_init(request->arena);
    struct db_reply reply = {.status = 422};
    json_t *problem;

    (void)state;
    buffer_add_text(&body, "{\"type\":\"unknown-reference\",\"errors\":[{}");
    for (int i = 1; i < FINDINGS_MOST + 10; i++)
        buffer_add_text(&body, ",{}");
    buffer_add_text(&body, "]}");
    reply.body = body.text;
    reply.body_length = body.length;
    answer_database(request, DB_ROW, &reply);
    problem = problem_of(request);
    assert_int_equal(json_array_size(json_object_get(problem, "errors")), FINDINGS_MOST);
    json_decref(problem);
    arena_free(request->arena);
}

static void a_row_with_an_unknown_problem_is_our_fault(void **state)
{
    static const char *const bodies[] = {"{\"type\":\"no-such\"}", "{}", "[]", "nonsense",
                                         "{\"type\":\"not-found\"}"};

    (void)state;
    for (size_t i = 0; i < LENGTH(bodies); i++) {
        struct request *request = request_new("POST", "/v1/bookings");
        struct db_reply reply = {
            .status = 409, .body = bodies[i], .body_length = strlen(bodies[i])};

        answer_database(request, DB_ROW, &reply);
        assert_int_equal(request->answer.status, 500);
        arena_free(request->arena);
    }
}

static void a_header_value_cannot_start_another_header(void **state)
{
    struct request *request = request_new("GET", "/x");

    (void)state;
    answer_header(request, "Location", "/x\r\nSet-Cookie: y");
    assert_int_equal(request->answer.header_count, 0);
    answer_header(request, "Vary", "Origin");
    answer_header(request, "vary", "Accept");
    assert_int_equal(request->answer.header_count, 1);
    assert_string_equal(header(request, "Vary"), "Origin, Accept");
    arena_free(request->arena);
}

static void a_known_etag_is_answered_304_without_a_body(void **state)
{
    struct service service = service_new(&no_cors);
    struct request *first = request_new("GET", "/x");
    struct request *again = request_new("HEAD", "/x");
    struct request *other = request_new("GET", "/x");
    struct header headers[] = {{"If-None-Match", NULL}};
    struct header longer[] = {{"If-None-Match", NULL}};
    const char *etag;

    (void)state;
    answer_set(first, 200, "application/json", "{}", 2);
    finish_answer(&service, first);
    etag = header(first, "ETag");
    assert_non_null(etag);
    headers[0].value = arena_format(again->arena, "\"zzz\", W/%s ", etag);
    again->headers = headers;
    again->header_count = 1;
    answer_set(again, 200, "application/json", "{}", 2);
    finish_answer(&service, again);
    assert_int_equal(again->answer.status, 304);
    assert_null(again->answer.body);
    assert_string_equal(header(again, "ETag"), etag);
    longer[0].value = arena_format(other->arena, "%sx", etag);
    other->headers = longer;
    other->header_count = 1;
    answer_set(other, 200, "application/json", "{}", 2);
    finish_answer(&service, other);
    assert_int_equal(other->answer.status, 200);
    arena_free(first->arena);
    arena_free(again->arena);
    arena_free(other->arena);
}

static const struct {
    const char *body;
    const char *cursor;
} lists[] = {
    {"{\"items\":[],\"next\":\"abc_-9\"}", "abc_-9"},
    {"{\"items\" : [], \"next\" : \"abc\"}", "abc"},
    {"{\"items\":[],\"next\":null}", NULL},
    {"{\"items\":[\"next\"],\"last\":\"abc\"}", NULL},
    {"{\"a\":\"b\"}", NULL},
    {"\"x\"", NULL},
    {"\"", NULL},
    {"", NULL},
    {"}}}}", NULL},
    {":\"\"", NULL},
    {"{\"items\":[],\"next\":\"a\\\"b\"}", NULL},
};

static void the_next_cursor_is_found_at_the_end_only(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(lists); i++) {
        struct arena *arena = arena_new();
        size_t length = strlen(lists[i].body);
        char *exact = test_malloc(length + 1);
        const char *cursor;

        memcpy(exact, lists[i].body, length);
        cursor = body_next_cursor(exact, length, arena);
        if (lists[i].cursor)
            assert_string_equal(cursor, lists[i].cursor);
        else
            assert_null(cursor);
        test_free(exact);
        arena_free(arena);
    }
}

static void the_link_replaces_the_cursor_and_keeps_the_rest(void **state)
{
    static const char body[] = "{\"items\":[],\"next\":\"NEW\"}";
    struct service service = service_new(&no_cors);
    struct request *request = request_new("GET", "/v1/things?limit=2&cursor=OLD&q=a%20b");

    (void)state;
    answer_set(request, 200, "application/json", body, strlen(body));
    finish_answer(&service, request);
    assert_string_equal(header(request, "Link"),
                        "</v1/things?limit=2&q=a%20b&cursor=NEW>; rel=\"next\"");
    arena_free(request->arena);
}

static void no_link_repeats_whom_the_request_asks_for(void **state)
{
    static const char body[] = "{\"items\":[],\"next\":\"NEW\"}";
    static const char *const personal[] = {"email", NULL};
    static const struct operation operation = {
        .id = "listPeople", .method = "GET", .personal_names = personal};
    struct service service = service_new(&no_cors);

    (void)state;
    for (int named = 0; named < 2; named++) {
        struct request *request = request_new(
            "GET", named ? "/v1/people?%65mail=a%40example.org" : "/v1/people?limit=2");

        request->operation = &operation;
        request->parameters = json_object();
        if (named)
            json_object_set_new(request->parameters, "email", json_string("a@example.org"));
        answer_set(request, 200, "application/json", body, strlen(body));
        finish_answer(&service, request);
        assert_int_equal(header(request, "Link") == NULL, named);
        json_decref(request->parameters);
        arena_free(request->arena);
    }
}

static const char *inflated(const struct answer *answer, size_t *length)
{
    static unsigned char out[65536];
    z_stream stream = {.next_in = (const Bytef *)answer->body,
                       .avail_in = (uInt)answer->length,
                       .next_out = out,
                       .avail_out = sizeof(out)};

    assert_int_equal(inflateInit2(&stream, GZIP_WINDOW), Z_OK);
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
    *length = sizeof(out) - stream.avail_out;
    inflateEnd(&stream);
    return (const char *)out;
}

static void a_large_answer_is_compressed_for_who_asks(void **state)
{
    static char body[5000];
    struct service service = service_new(&no_cors);
    struct request *request = request_new("GET", "/v1/things");
    struct header headers[] = {{"Accept-Encoding", "br, gzip;q=0.5"}};
    size_t length;

    (void)state;
    memset(body, 'a', sizeof(body));
    request->headers = headers;
    request->header_count = 1;
    answer_header(request, "ETag", "\"7\"");
    answer_set(request, 200, "application/json", body, sizeof(body));
    finish_answer(&service, request);
    assert_string_equal(header(request, "Content-Encoding"), "gzip");
    assert_string_equal(header(request, "ETag"), "\"7-gzip\"");
    assert_non_null(strstr(header(request, "Vary"), "Accept-Encoding"));
    assert_true(request->answer.length < 200);
    assert_memory_equal(inflated(&request->answer, &length), body, sizeof(body));
    assert_int_equal(length, sizeof(body));
    arena_free(request->arena);
}

static void what_is_small_dense_or_unasked_stays_as_it_is(void **state)
{
    static char dull[2000];
    static char dense[2048];
    const struct {
        const char *accept;
        const char *body;
        size_t length;
    } rows[] = {{"gzip", dull, 1023},     {"gzip", dense, sizeof(dense)},
                {"identity", dull, 2000}, {"gzip;q=0", dull, 2000},
                {"gzip;q=x", dull, 2000}, {"*;q=0", dull, 2000}};

    (void)state;
    for (size_t at = 0; at < sizeof(dense); at += 256)
        random_bytes(dense + at, 256);
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct service service = service_new(&no_cors);
        struct request *request = request_new("GET", "/v1/things");
        struct header headers[] = {{"Accept-Encoding", rows[i].accept}};

        request->headers = headers;
        request->header_count = 1;
        answer_set(request, 200, "application/json", rows[i].body, rows[i].length);
        finish_answer(&service, request);
        assert_null(header(request, "Content-Encoding"));
        assert_int_equal(request->answer.length, rows[i].length);
        arena_free(request->arena);
    }
}

static void either_tag_of_a_compressed_answer_is_known(void **state)
{
    static char body[2000];
    static const char *const known[] = {"\"7\"", "\"7-gzip\"", "W/\"7-gzip\", \"x\"", "*"};
    static const char *const unknown[] = {"\"71\"", "\"7-gzipp\"", "\"7-br\"", "7",
                                          "\"-gzip\""};

    (void)state;
    memset(body, 'a', sizeof(body));
    for (size_t i = 0; i < LENGTH(known) + LENGTH(unknown); i++) {
        struct service service = service_new(&no_cors);
        struct request *request = request_new("GET", "/v1/things");
        bool is_known_row = i < LENGTH(known);
        struct header headers[] = {
            {"Accept-Encoding", "gzip"},
            {"If-None-Match", is_known_row ? known[i] : unknown[i - LENGTH(known)]}};

        request->headers = headers;
        request->header_count = 2;
        answer_header(request, "ETag", "\"7\"");
        answer_set(request, 200, "application/json", body, sizeof(body));
        finish_answer(&service, request);
        if (request->answer.status != (is_known_row ? 304 : 200))
            fail_msg("%s: %d", headers[1].value, request->answer.status);
        if (is_known_row)
            assert_null(request->answer.body);
        assert_string_equal(header(request, "ETag"), "\"7-gzip\"");
        arena_free(request->arena);
    }
}

static void a_date_is_answered_304_only_when_it_is_the_one_we_gave(void **state)
{
    static const struct {
        const char *since;
        int status;
    } rows[] = {{"Sun, 06 Nov 1994 08:49:37 GMT", 304},
                {"Sun, 06 Nov 1994 08:49:38 GMT", 200},
                {"yesterday", 200}};

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct service service = service_new(&no_cors);
        struct request *request = request_new("GET", "/v1/things");
        struct header headers[] = {{"If-Modified-Since", rows[i].since}};

        request->headers = headers;
        request->header_count = 1;
        request->modified = 784111777;
        answer_set(request, 200, "application/json", "{}", 2);
        finish_answer(&service, request);
        assert_int_equal(request->answer.status, rows[i].status);
        assert_string_equal(header(request, "Last-Modified"), "Sun, 06 Nov 1994 08:49:37 GMT");
        arena_free(request->arena);
    }
}

static void only_what_needed_no_token_is_for_all_caches(void **state)
{
    static const struct operation cached = {.id = "c", .method = "GET", .cache_seconds = 60};
    static const struct operation fresh = {.id = "f", .method = "GET"};
    static const struct {
        const struct operation *operation;
        const char *subject;
        const char *control;
    } rows[] = {{&cached, "", "public, max-age=60"},
                {&fresh, "", "no-cache"},
                {&cached, "partner", "private, no-cache"}};

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct service service = service_new(&no_cors);
        struct request *request = request_new("GET", "/v1/things");

        request->operation = rows[i].operation;
        request->principal.subject = rows[i].subject;
        answer_set(request, 200, "application/json", "{}", 2);
        finish_answer(&service, request);
        assert_string_equal(header(request, "Cache-Control"), rows[i].control);
        assert_string_equal(header(request, "Vary"), "Authorization");
        arena_free(request->arena);
    }
}

static void what_tells_of_a_person_is_kept_by_nobody(void **state)
{
    struct service service = service_new(&no_cors);
    struct request *request = request_new("GET", "/v1/things");

    (void)state;
    request->is_personal = true;
    answer_set(request, 200, "application/json", "{}", 2);
    finish_answer(&service, request);
    assert_string_equal(header(request, "Cache-Control"), "no-store");
    arena_free(request->arena);
}

static void only_configured_origins_are_let_in(void **state)
{
    const struct config config = {.cors_origins = "https://a.example https://b.example"};
    static const struct {
        const char *origin;
        bool allowed;
    } rows[] = {{"https://a.example", true},
                {"https://b.example", true},
                {"https://a.exampl", false},
                {"https://a.example.evil", false},
                {"null", false}};

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct service service = service_new(&config);
        struct request *request = request_new("GET", "/v1/things");
        struct header headers[] = {{"Origin", rows[i].origin}};

        request->headers = headers;
        request->header_count = 1;
        answer_set(request, 200, "application/json", "{}", 2);
        finish_answer(&service, request);
        assert_int_equal(header(request, "Access-Control-Allow-Origin") != NULL,
                         rows[i].allowed);
        assert_non_null(strstr(header(request, "Vary"), "Origin"));
        arena_free(request->arena);
    }
}

static void the_table_of_problems_has_each_slug_once(void **state)
{
    (void)state;
    for (int i = 0; i < PROBLEM_COUNT; i++) {
        assert_int_equal(problem_find(problem_slug((enum problem)i)), i);
        assert_in_range(problem_status((enum problem)i), 400, 599);
    }
    assert_int_equal(problem_find("no-such"), PROBLEM_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_outcome_of_the_database_has_its_status),
        cmocka_unit_test(a_refusing_row_becomes_a_problem_with_its_members),
        cmocka_unit_test(a_problem_lists_at_most_as_many_faults_as_promised),
        cmocka_unit_test(a_row_with_an_unknown_problem_is_our_fault),
        cmocka_unit_test(a_header_value_cannot_start_another_header),
        cmocka_unit_test(a_known_etag_is_answered_304_without_a_body),
        cmocka_unit_test(the_next_cursor_is_found_at_the_end_only),
        cmocka_unit_test(the_link_replaces_the_cursor_and_keeps_the_rest),
        cmocka_unit_test(no_link_repeats_whom_the_request_asks_for),
        cmocka_unit_test(a_large_answer_is_compressed_for_who_asks),
        cmocka_unit_test(what_is_small_dense_or_unasked_stays_as_it_is),
        cmocka_unit_test(either_tag_of_a_compressed_answer_is_known),
        cmocka_unit_test(a_date_is_answered_304_only_when_it_is_the_one_we_gave),
        cmocka_unit_test(only_what_needed_no_token_is_for_all_caches),
        cmocka_unit_test(what_tells_of_a_person_is_kept_by_nobody),
        cmocka_unit_test(only_configured_origins_are_let_in),
        cmocka_unit_test(the_table_of_problems_has_each_slug_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
