/*
 * The door of service/serve: the corridor that every request walks, and the request itself.
 * http fills the first part of a request, calls serve_request, and sends the answer.
 */
#ifndef CLINICD_SERVE_H
#define CLINICD_SERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "auth.h"
#include "base.h"
#include "contract.h"
#include "db.h"

enum problem {
#define PROBLEM(id, slug, status, title, explanation) PROBLEM_##id,
#include "tbl/problem.h"
#undef PROBLEM
    PROBLEM_COUNT,
    PROBLEM_NONE = PROBLEM_COUNT
};

struct header {
    const char *name;
    const char *value;
};

#define ANSWER_HEADERS 32

/* What leaves. Texts live in the request's arena or for ever. */
struct answer {
    int status; /* 0 until somebody answered */
    const char *content_type;
    const char *body; /* NULL: none */
    size_t length;
    struct header headers[ANSWER_HEADERS];
    size_t header_count;
    bool close;           /* the connection must not be used again */
    enum problem problem; /* PROBLEM_NONE for a success; for the log */
};

/* One request on its way. A step may use what the steps before it have set. */
struct request {
    /* set by http; strings live until the answer is sent */
    struct arena *arena;
    const char *method;
    const char *target;           /* raw, with its query */
    const struct header *headers; /* as they came, duplicates included */
    size_t header_count;
    bool headers_are_clean; /* false: the request line or a header is not as HTTP wants it */
    bool host_is_due;       /* since HTTP/1.1 */
    const char *body;
    size_t body_length; /* one more than the largest limit when the body was longer */
    int64_t started_us; /* monotonic */
    bool draining;      /* the service is about to stop */
    bool crowded;       /* more requests in work than the service takes */

    /* set by frame */
    const char *id;          /* X-Request-Id, taken or made */
    const char *traceparent; /* NULL when absent */

    /* set by route; NULL until then */
    const struct operation *operation;
    struct route_match match;

    /* set by authenticate */
    struct principal principal;

    /* set by validate; owned by the request, released with the arena */
    json_t *parameters; /* typed members by parameter name */
    json_t *input;      /* the body; NULL when there is none */
    const char *rows;   /* JSON that a handler made for the argument of that name */

    /* set along the way */
    int64_t database_us;
    int64_t modified; /* Unix seconds of the last change of what is answered; 0: not known */
    bool is_personal; /* the answer tells of a person: no cache may keep it */
    struct answer answer;
    const char *step; /* name of the step where it ended */
};

struct link; /* what runs an operation; private to serve */

/* What requests share. Immutable after service_link, except what hides behind the pointers. */
struct service {
    const struct config *config;
    struct contract *contract;
    struct authority *authority;
    struct database *database;
    struct link *links; /* by operation index */
    size_t largest_body_bytes;
    const char *openapi; /* the contract as it is shown */
    size_t openapi_length;
    struct arena *arena; /* what lives as long as the service */
};

/* Joins operations with queries and handlers. False and a fault that names it for: an
 * operation with neither or with both, a query or handler of no operation, a query argument
 * that is no parameter of its operation and no request argument. */
bool service_link(struct service *service, struct fault *fault) MUST_CHECK;

/* Walks the steps; afterwards request->answer is complete and the log line is written. Any
 * thread; waits at most as long as the database room may. */
void serve_request(struct service *service, struct request *request);

/* ---- for handlers (service/api) ---- */

/* The value of the one header of that name (case-insensitive); NULL when it is absent or came
 * more than once. */
const char *request_header(const struct request *request, const char *name);

/* The validated parameter as a string; NULL when it was not given or is no string. */
const char *request_parameter(const struct request *request, const char *name);

/* The media type that Accept likes best of those that the operation answers with; the first of
 * the contract when it likes several. NULL when it takes none. */
const char *request_media_type(const struct request *request);

/* Runs a query in a lane with the operation's arguments and keeps the time. The reply's texts
 * live in the request's arena. */
enum db_outcome request_run_query(struct service *service, struct request *request,
                                  const struct query *query, enum lane lane,
                                  struct db_reply *reply) MUST_CHECK;

/* Makes the answer of what the database said: success body, problem, 404, 503. */
void answer_database(struct request *request, enum db_outcome outcome,
                     const struct db_reply *reply);

/* An answer with a body that lives in the arena or for ever; NULL body for none. */
void answer_set(struct request *request, int status, const char *content_type, const char *body,
                size_t length);

/* An answer with a JSON value; takes over the reference. */
void answer_json(struct request *request, int status, json_t *value);

/* A problem with a detail (NULL: none) of our own words. */
void answer_problem(struct request *request, enum problem problem, const char *detail);

/* The same with `errors` from findings. */
void answer_findings(struct request *request, enum problem problem,
                     const struct findings *findings);

/* Adds a header, or a further value to the one that is there (", "); both texts live in the
 * arena or for ever. A value with control characters is dropped (it would hide all headers
 * behind it). */
void answer_header(struct request *request, const char *name, const char *value);

/* Adds the Link (RFC 8288) to the page that begins at the cursor: the request's own target. For
 * bodies that have no member `next`; the others get it by themselves. */
void answer_next(struct request *request, const char *cursor);

/* The row of the table. */
const char *problem_slug(enum problem problem);
int problem_status(enum problem problem);
const char *problem_title(enum problem problem);
const char *problem_explanation(enum problem problem);
/* PROBLEM_NONE when there is none of that slug. */
enum problem problem_find(const char *slug);

#endif
