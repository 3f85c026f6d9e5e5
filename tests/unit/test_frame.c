// links: base serve/answer.c
/* The framing check: no request that two readers could understand differently gets through, and
 * the request id is one that a log and a header can carry. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "serve/frame.c"

#define MOST 4

static const struct {
    const char *story;
    struct header headers[MOST];
    bool unclean;
    int status; /* 0: goes on */
} rows[] = {
    {"no headers", {{0}}, false, 0},
    {"one length", {{"Content-Length", "12"}}, false, 0},
    {"chunked", {{"Transfer-Encoding", "Chunked"}}, false, 0},
    {"two lengths", {{"Content-Length", "1"}, {"content-length", "1"}}, false, 400},
    {"a list of lengths", {{"Content-Length", "1, 1"}}, false, 400},
    {"a signed length", {{"Content-Length", "+1"}}, false, 400},
    {"a negative length", {{"Content-Length", "-1"}}, false, 400},
    {"no digits", {{"Content-Length", ""}}, false, 400},
    {"hexadecimal", {{"Content-Length", "0x10"}}, false, 400},
    {"a length beyond all measure", {{"Content-Length", "99999999999999999999"}}, false, 400},
    {"both", {{"Content-Length", "1"}, {"Transfer-Encoding", "chunked"}}, false, 400},
    {"two codings", {{"Transfer-Encoding", "gzip, chunked"}}, false, 400},
    {"unknown coding", {{"Transfer-Encoding", "identity"}}, false, 400},
    {"coding twice",
     {{"Transfer-Encoding", "chunked"}, {"TRANSFER-ENCODING", "chunked"}},
     false,
     400},
    {"two hosts", {{"Host", "a"}, {"host", "b"}}, false, 400},
    {"control characters", {{0}}, true, 400},
};

static struct request *request_new(const struct header *headers)
{
    struct arena *arena = arena_new();
    struct request *request = arena_alloc(arena, sizeof(*request));

    *request = (struct request){.arena = arena, .headers = headers, .headers_are_clean = true};
    while (request->header_count < MOST && headers[request->header_count].name)
        request->header_count++;
    return request;
}

static void doubtful_framing_is_refused_and_ends_the_connection(void **state)
{
    struct service service = {0};

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct request *request = request_new(rows[i].headers);
        enum step_result result;

        request->headers_are_clean = !rows[i].unclean;
        result = step_frame(&service, request);
        if (request->answer.status != rows[i].status)
            fail_msg("%s: %d", rows[i].story, request->answer.status);
        assert_int_equal(result, rows[i].status ? STEP_DONE : STEP_ON);
        assert_int_equal(request->answer.close, rows[i].status != 0);
        arena_free(request->arena);
    }
}

static void a_host_is_due_since_http_1_1(void **state)
{
    struct header none[MOST] = {{0}};
    struct header host[MOST] = {{"Host", "clinicd"}};

    (void)state;
    for (int due = 0; due < 2; due++) {
        for (int given = 0; given < 2; given++) {
            struct service service = {0};
            struct request *request = request_new(given ? host : none);

            request->host_is_due = due;
            assert_int_equal(step_frame(&service, request),
                             due && !given ? STEP_DONE : STEP_ON);
            assert_int_equal(request->answer.status, due && !given ? 400 : 0);
            arena_free(request->arena);
        }
    }
}

static const struct {
    const char *given;
    bool taken;
} ids[] = {
    {"abc-1.2_3", true}, {"", false},          {"a b", false},
    {"a\"b", false},     {"h\xc3\xa9", false}, {"a,b", false},
};

static void a_request_id_is_taken_only_when_it_is_harmless(void **state)
{
    struct service service = {0};

    (void)state;
    for (size_t i = 0; i < LENGTH(ids); i++) {
        struct header headers[MOST] = {{"x-request-id", ids[i].given}};
        struct request *request = request_new(headers);

        assert_int_equal(step_frame(&service, request), STEP_ON);
        assert_int_equal(strcmp(request->id, ids[i].given) == 0, ids[i].taken);
        if (!ids[i].taken)
            assert_int_equal(strlen(request->id), 32);
        log_set_request(NULL);
        arena_free(request->arena);
    }
}

static void a_crowd_is_told_to_come_back(void **state)
{
    struct service service = {0};
    struct header headers[MOST] = {{0}};
    struct request *request = request_new(headers);

    (void)state;
    request->crowded = true;
    assert_int_equal(step_frame(&service, request), STEP_DONE);
    assert_int_equal(request->answer.status, 503);
    assert_string_equal(request->answer.headers[0].name, "Retry-After");
    arena_free(request->arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(doubtful_framing_is_refused_and_ends_the_connection),
        cmocka_unit_test(a_host_is_due_since_http_1_1),
        cmocka_unit_test(a_request_id_is_taken_only_when_it_is_harmless),
        cmocka_unit_test(a_crowd_is_told_to_come_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
