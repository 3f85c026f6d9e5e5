/* Private to service/serve: the steps of the corridor and what they share. */
#ifndef CLINICD_SERVE_STEPS_H
#define CLINICD_SERVE_STEPS_H

#include "api.h"
#include "serve.h"

/* STEP_ON: the next step. STEP_DONE: the answer is set, the rest is skipped. */
enum step_result { STEP_ON, STEP_DONE };

enum step_result step_frame(struct service *service, struct request *request);
enum step_result step_route(struct service *service, struct request *request);
enum step_result step_authenticate(struct service *service, struct request *request);
enum step_result step_authorize(struct service *service, struct request *request);
enum step_result step_validate(struct service *service, struct request *request);
enum step_result step_run(struct service *service, struct request *request);

/* What every answer gets at the end: Link, CORS, request id, and what the next two do. */
void finish_answer(const struct service *service, struct request *request);

/* ETag, Last-Modified, 304, Cache-Control and Vary. */
void cache_answer(struct request *request);

/* Compresses a large answer for a client that asks for it; its ETag gets the suffix -gzip. */
void encode_answer(struct request *request);

/* Compresses with gzip (RFC 1952) into the arena; NULL when it would not become smaller. */
const char *gzip_bytes(const char *bytes, size_t length, size_t *packed_length,
                       struct arena *arena);

/* GET and HEAD. */
bool request_is_read(const struct request *request);

/* A header that is already on the answer; NULL when it is not. */
const char *answered_header(const struct answer *answer, const char *name);

/* How much an Accept-Encoding value (RFC 9110 section 12.5.3; NULL wants none) wants gzip: 0 to
 * 1000. */
int accept_gzip(const char *accept_encoding);

/* Where an argument of a query comes from. */
enum argument_source {
    ARGUMENT_PARAMETER,
#define ARGUMENT(id, name) ARGUMENT_##id,
#include "serve/argument.h"
#undef ARGUMENT
};

struct argument {
    enum argument_source source;
    const char *parameter; /* of ARGUMENT_PARAMETER */
};

/* A query with the sources of its arguments. */
struct bound_query {
    const struct query *query;
    struct argument *arguments;
};

/* What runs an operation: a handler, or a query. */
struct link {
    const struct handler *handler;
    struct bound_query queries[HANDLER_QUERIES]; /* the handler's; or [0] the only one */
};

/* How often a header of that name came, and its first value through `value` (may be NULL). */
size_t header_count(const struct request *request, const char *name, const char **value);

/* How much the header value `accept` (RFC 9110 section 12.5.1; NULL accepts all) wants
 * `media_type`: 0 to 1000. */
int accept_quality(const char *accept, const char *media_type);

/* The language tags of an Accept-Language value by falling quality as a PostgreSQL array
 * literal ("{fr-BE,fr}"); "{}" for none. Malformed members are skipped, at most 10 kept. */
const char *accept_languages(const char *header, struct arena *arena);

/* The cursor in a list body `{"items": [...], "next": "<cursor>"}`; NULL when it is null or the
 * body is no such list. Looks at the end only. */
const char *body_next_cursor(const char *body, size_t length, struct arena *arena);

#endif
