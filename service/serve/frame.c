/* Lives here: the first step. Is this one unambiguous HTTP request (RFC 9112), who is it in the
 * log, and can it be taken now? Calls base only. */
#include "serve/steps.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define REQUEST_ID_BYTES 128
#define REQUEST_ID_RANDOM_BYTES 16

size_t header_count(const struct request *request, const char *name, const char **value)
{
    size_t count = 0;

    for (size_t i = 0; i < request->header_count; i++) {
        if (strcasecmp(request->headers[i].name, name) != 0)
            continue;
        if (count++ == 0 && value)
            *value = request->headers[i].value;
    }
    return count;
}

const char *request_header(const struct request *request, const char *name)
{
    const char *value = NULL;

    return header_count(request, name, &value) == 1 ? value : NULL;
}

/* Ours when the client sent none that is safe to log and to answer. */
static const char *request_id(const struct request *request)
{
    const char *given = request_header(request, "X-Request-Id");
    uint8_t bytes[DIGEST_SIZE] = {0};
    char *id;

    if (given && *given && strlen(given) <= REQUEST_ID_BYTES &&
        given[strspn(given, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                            "0123456789._-")] == '\0')
        return arena_copy_text(request->arena, given);
    random_bytes(bytes, REQUEST_ID_RANDOM_BYTES);
    id = arena_alloc(request->arena, DIGEST_HEX_SIZE);
    digest_hex(bytes, id);
    id[2 * REQUEST_ID_RANDOM_BYTES] = '\0';
    return id;
}

/* W3C Trace Context, version 00: "00-<32 digits>-<16 digits>-<2 digits>", hexadecimal. */
static const char *traceparent(const struct request *request)
{
    static const char form[] = "00-00000000000000000000000000000000-0000000000000000-00";
    const char *given = request_header(request, "traceparent");

    if (!given || strlen(given) != strlen(form))
        return NULL;
    for (size_t i = 0; form[i]; i++) {
        if (form[i] == '-' ? given[i] != '-' : !strchr("0123456789abcdef", given[i]))
            return NULL;
    }
    return given;
}

static bool is_number(const char *text)
{
    return *text && strlen(text) <= 18 && text[strspn(text, "0123456789")] == '\0';
}

/* The characters of a host and a port (RFC 3986 section 3.2); it may be empty. */
static bool is_host(const char *text)
{
    return text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                             "-._~%!$&'()*+;=:[]")] == '\0';
}

/* What makes two readers of the same bytes see different requests (RFC 9112 sections 6.1, 6.3,
 * 11.2); NULL when nothing does. */
static const char *framing_doubt(const struct request *request)
{
    const char *length = NULL;
    const char *coding = NULL;
    const char *host = NULL;
    size_t lengths = header_count(request, "Content-Length", &length);
    size_t codings = header_count(request, "Transfer-Encoding", &coding);
    size_t hosts = header_count(request, "Host", &host);

    if (!request->headers_are_clean)
        return "the request line or a header is not written as HTTP wants it";
    if (lengths > 1)
        return "Content-Length came more than once";
    if (lengths == 1 && !is_number(length))
        return "Content-Length is no number";
    if (lengths && codings)
        return "Content-Length came with Transfer-Encoding";
    if (codings > 1 || (codings == 1 && strcasecmp(coding, "chunked") != 0))
        return "Transfer-Encoding must be chunked and come once";
    if (hosts > 1)
        return "Host came more than once";
    if (hosts == 0 && request->host_is_due)
        return "Host is missing";
    if (host && !is_host(host))
        return "Host is no host";
    return NULL;
}

enum step_result step_frame(struct service *service, struct request *request)
{
    const char *doubt = framing_doubt(request);

    (void)service;
    request->id = request_id(request);
    request->traceparent = traceparent(request);
    log_set_request(request->id);
    if (request->draining)
        request->answer.close = true;
    if (doubt) {
        answer_problem(request, PROBLEM_MALFORMED_REQUEST, doubt);
        request->answer.close = true;
        return STEP_DONE;
    }
    if (request->crowded) {
        metrics_add(METRIC_CONNECTIONS_REFUSED, 1);
        answer_problem(request, PROBLEM_UNAVAILABLE, "too many requests are in work");
        request->answer.close = true;
        return STEP_DONE;
    }
    return STEP_ON;
}
