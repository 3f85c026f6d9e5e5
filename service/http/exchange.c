/* Lives here: the hand-over of one request from ulfius to the corridor and of its answer back.
 * Reads the headers from MHD itself, as ulfius's map loses duplicates and spelling. */
#include "http/exchange.h"

#include <string.h>
#include <strings.h>

#include "http/framing.h"

#define HEADERS_MOST 128

/* A connection has a thread of its own, so the request at hand is found here: set at the first
 * line, read when the body is whole. */
static _Thread_local struct MHD_Connection *current_connection;
static _Thread_local struct framing current_framing;

void *exchange_first_line(void *context, const char *target, struct MHD_Connection *connection)
{
    struct http *http = context;
    struct visit *visit = visit_of(connection);
    void *state = ulfius_uri_logger(NULL, target);

    current_connection = connection;
    current_framing = framing_begin(target);
    if (visit)
        visit_begin(&http->visits, visit, state);
    return state;
}

void exchange_completed(void *context, struct MHD_Connection *connection, void **state,
                        enum MHD_RequestTerminationCode code)
{
    struct http *http = context;
    struct visit *visit = visit_of(connection);

    mhd_request_completed(NULL, connection, state, code);
    if (visit) {
        visit->pending = NULL;
        visit_end(&http->visits, visit);
    }
}

/* A token of RFC 9110 section 5.6.2. */
static bool is_field_name(const char *name, size_t length)
{
    return length > 0 && strlen(name) == length &&
           strspn(name, "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                        "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == length;
}

/* No control characters but tab (RFC 9110 section 5.5). */
static bool is_field_value(const char *value, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char character = (unsigned char)value[i];

        if ((character < 0x20 && character != '\t') || character == 0x7f)
            return false;
    }
    return true;
}

struct header_list {
    struct request *request;
    struct header *headers;
};

static enum MHD_Result take_header(void *context, enum MHD_ValueKind kind, const char *name,
                                   size_t name_length, const char *value, size_t value_length)
{
    struct header_list *list = context;
    struct request *request = list->request;

    (void)kind;
    value = value ? value : "";
    framing_follow(&current_framing, name, name_length, value, value_length);
    if (request->header_count == HEADERS_MOST || !is_field_name(name, name_length) ||
        !is_field_value(value, value_length)) {
        request->headers_are_clean = false;
        return MHD_NO;
    }
    list->headers[request->header_count++] =
        (struct header){arena_copy(request->arena, name, name_length),
                        arena_copy(request->arena, value, value_length)};
    return MHD_YES;
}

static bool has_header(const struct request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++) {
        if (strcasecmp(request->headers[i].name, name) == 0)
            return true;
    }
    return false;
}

static void take_headers(struct request *request, struct MHD_Connection *connection)
{
    struct header_list list = {
        request, arena_alloc_array(request->arena, HEADERS_MOST, sizeof(struct header))};

    request->headers = list.headers;
    request->headers_are_clean = true;
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, take_header, &list);
    request->host_is_due = !current_framing.is_old;
    if (!framing_is_whole(&current_framing) || strpbrk(request->target, " \t") ||
        (current_framing.is_old && has_header(request, "Transfer-Encoding")))
        request->headers_are_clean = false;
}

static void take_request(struct http *http, const struct _u_request *in,
                         struct request *request)
{
    request->method = in->http_verb;
    request->target = in->http_url;
    request->body_length = in->binary_body_length;
    request->body = arena_copy(request->arena, in->binary_body, in->binary_body_length);
    request->started_us = clock_monotonic_us();
    request->draining = atomic_load(&http->draining);
    request->crowded = atomic_load(&http->visits.open) > http->connection_limit;
    take_headers(request, current_connection);
}

static void give_answer(const struct answer *answer, struct _u_response *out)
{
    if (answer->body)
        ulfius_set_binary_body_response(out, (unsigned)answer->status, answer->body,
                                        answer->length);
    else
        ulfius_set_empty_body_response(out, (unsigned)answer->status);
    if (answer->content_type)
        u_map_put(out->map_header, "Content-Type", answer->content_type);
    for (size_t i = 0; i < answer->header_count; i++)
        u_map_put(out->map_header, answer->headers[i].name, answer->headers[i].value);
}

int exchange_run(const struct _u_request *in, struct _u_response *out, void *context)
{
    struct http *http = context;
    struct visit *visit = visit_of(current_connection);
    struct arena *arena = arena_new();
    struct request *request = arena_alloc(arena, sizeof(*request));

    if (visit)
        visit_work(visit);
    request->arena = arena;
    take_request(http, in, request);
    serve_request(http->service, request);
    give_answer(&request->answer, out);
    arena_free(arena);
    if (visit)
        visit_answer(&http->visits, visit);
    return U_CALLBACK_COMPLETE;
}
