/*
 * The door of service/contract: the OpenAPI document as routing table and validator.
 * Pure: jansson and memory, no sockets, no database. A loaded contract is immutable and may be
 * used by any number of threads.
 */
#ifndef CLINICD_CONTRACT_H
#define CLINICD_CONTRACT_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "base.h"

struct contract;
struct parameter_table; /* compiled parameters of one operation; private */
struct schema;          /* a compiled JSON Schema; private */

/* Which connections of the pool an operation may use (x-lane). */
enum lane { LANE_QUICK, LANE_SEARCH, LANE_BOOKING, LANE_COUNT };

#define CONTRACT_PATH_VALUES 8

/* One operation of the document. */
struct operation {
    const char *id;        /* operationId */
    const char *method;    /* upper case */
    const char *path;      /* template, "/v1/clinics/{clinic_id}" */
    size_t index;          /* 0 .. contract_operation_count() - 1 */
    enum lane lane;        /* x-lane, quick when absent */
    size_t max_body_bytes; /* x-max-body-bytes, 65536 when absent */
    int cache_seconds;     /* x-cache-seconds: how long anybody may keep an answer that was
                              given without a token; 0 when absent */
    bool is_public;        /* security: [] - no token looked at */
    const char *const *const *scope_sets; /* NULL-terminated list of NULL-terminated scope
                                             lists: a principal needs all scopes of one list */
    const char *const
        *path_names; /* names of the path's parameters in order, NULL at the end */
    const char *const *parameter_names; /* names of all parameters, NULL at the end */
    const char *const *personal_names;  /* of those whose value tells who somebody is
                                           (x-personal), NULL at the end */
    const char *const *body_types;      /* accepted media types, lower case, NULL at the end;
                                           an empty list: the operation takes no body */
    const char *const *answer_types;    /* media types of its successes, lower case, in the
                                           document's order, NULL at the end */
    bool body_required;
    bool takes_idempotency_key;
    const struct parameter_table *parameters;
    const struct schema *body; /* NULL: no body or not JSON */
    bool body_is_rows;         /* application/x-ndjson: `body` is the schema of one line */
};

struct contract_options {
    bool test_clock; /* operations with x-when: test-clock exist */
};

/* Compiles the bundled document (JSON, OpenAPI 3.1, references only within it). NULL and a
 * fault that names the place for: JSON errors, a schema keyword or format that the validator
 * does not know, a dangling $ref, a schema that refers to itself without end, a pattern that
 * does not compile, two operations with one id, an operation without `security` (its own or the
 * document's), a default that does not fit, path templates that cannot be told apart. The
 * document's bytes may go away afterwards. */
struct contract *contract_load(const char *document, size_t length,
                               const struct contract_options *options,
                               struct fault *fault) MUST_CHECK;
void contract_free(struct contract *contract);

/* The document as JSON text, without the operations that do not exist here (x-when). Lives as
 * long as the contract. */
const char *contract_document(const struct contract *contract, size_t *length);

size_t contract_operation_count(const struct contract *contract);
const struct operation *contract_operation(const struct contract *contract, size_t index);
/* NULL when there is none of that id. */
const struct operation *contract_find(const struct contract *contract, const char *id);
/* Whether the document has this operation, but not in these circumstances (x-when). */
bool contract_leaves_out(const struct contract *contract, const char *id);

enum route {
    ROUTE_FOUND,
    ROUTE_NO_PATH,   /* 404 */
    ROUTE_NO_METHOD, /* 405: the path is known, `allow` says with which methods */
    ROUTE_BAD_TARGET /* 400: `detail` says what is wrong with the request target */
};

struct route_match {
    const struct operation *operation;        /* set when ROUTE_FOUND */
    const char *values[CONTRACT_PATH_VALUES]; /* decoded path values, in the arena */
    const char *query;  /* what follows "?" in `target`, undecoded; NULL when there is no "?" */
    const char *allow;  /* "GET, HEAD, OPTIONS", set when ROUTE_NO_METHOD or ROUTE_FOUND */
    const char *detail; /* set when ROUTE_BAD_TARGET; quotes nothing of the target */
};

/* Finds the operation for a method and a raw request target (origin-form or absolute-form,
 * RFC 9112 section 3.2; split before decoding). HEAD finds GET's operation. A literal segment
 * wins over a parameter. Refuses %00, control characters, bad %XX, invalid UTF-8, empty
 * segments (//), "." and "..", more than 16 segments, and targets over 8 KiB; a slash at the
 * end is another path (404). Methods are case-sensitive (RFC 9110 section 9.1). OPTIONS on a
 * known path gives ROUTE_NO_METHOD with `allow`: the caller answers it. */
enum route contract_route(const struct contract *contract, const char *method,
                          const char *target, struct arena *arena,
                          struct route_match *match) MUST_CHECK;

/* One fault of the input. Exactly one of pointer and parameter is set. */
struct finding {
    const char *pointer;   /* JSON pointer into the body (RFC 6901); "" is the whole body. A
                              missing member is told at its own place. One that would be longer
                              than 1 KiB ends at the nearest place above */
    const char *parameter; /* name of a path, query or header parameter; "" when it has none
                              that can be shown */
    const char *detail;    /* what is wrong, never quoting the value */
    int status;            /* 400, or what x-missing-status says (428) */
};

#define FINDINGS_MOST 50

/* All faults at once, up to FINDINGS_MOST; start with {.arena = arena}. */
struct findings {
    struct arena *arena;
    struct finding items[FINDINGS_MOST];
    size_t count;
};

/* Adds a fault of the body or of a parameter (the texts are copied). What is known already and
 * further ones than FINDINGS_MOST are dropped. */
void findings_add_pointer(struct findings *findings, const char *pointer, const char *detail);
void findings_add_parameter(struct findings *findings, const char *parameter, int status,
                            const char *detail);

/* Looks a request header up: one value or NULL; `context` is the caller's. */
typedef const char *header_lookup(void *context, const char *name);

/* Reads and checks path values, query and header parameters of `match->operation`. Returns a
 * new reference to an object with a typed member per parameter that was given or has a
 * default (arrays for repeatable ones; 5.0 is the integer 5); the caller decrefs. Faults go to
 * `findings`; then the object is incomplete. Unknown and needlessly repeated query parameters
 * are faults; %XX is decoded once, "+" is a space unless it begins the value or the UTC offset
 * of an instant; "a=" is the empty string. At most 100 query parameters. */
json_t *contract_read_parameters(const struct route_match *match, header_lookup *lookup,
                                 void *context, struct findings *findings) MUST_CHECK;

/* Parses and checks a JSON body: UTF-8, no duplicate members, no NUL, nesting at most 16
 * (counted before parsing), then the operation's schema. Returns a new reference or NULL; NULL
 * or any finding means refused. An empty body is refused: call it only when there is one. Reals
 * without a fraction come out as integers, so that what passed `type: integer` is one. */
json_t *contract_read_body(const struct operation *operation, const char *bytes, size_t length,
                           struct findings *findings) MUST_CHECK;

#endif
