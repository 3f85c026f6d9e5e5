/* The compiled parameters of an operation. Private to service/contract. */
#ifndef CLINICD_CONTRACT_PARAMETERS_H
#define CLINICD_CONTRACT_PARAMETERS_H

#include <jansson.h>

#include "contract.h"
#include "contract/schema.h"

#define PARAMETERS_MOST 64

enum parameter_place { IN_PATH, IN_QUERY, IN_HEADER };

struct parameter {
    const char *name;
    size_t length;
    enum parameter_place in;
    size_t path_index; /* of path_names and route_match.values, when IN_PATH */
    bool required;
    bool personal;      /* x-personal: the value tells who somebody is */
    bool splits;        /* an array written as a,b,c in one value (explode: false, headers) */
    int missing_status; /* x-missing-status, 400 when absent */
    const char *unless; /* x-missing-unless: needed when that other one is absent; NULL: none */
    const struct schema *schema;
    const struct schema *items; /* of an array; NULL: anything, or no array */
    unsigned types;             /* that the schema lets pass */
    json_t *fallback;           /* of the document: `default`; NULL: none */
};

struct parameter_table {
    struct parameter *items; /* room for PARAMETERS_MOST */
    size_t count;
    const char *known_text; /* names of the query parameters, "a, b, c" */
};

/* Reads the parameters of an operation: its own, and those of its path that it does not
 * override. `place` is the operation's place in the document. `path_names` ends with NULL;
 * each must be declared, and nothing else as a path parameter. Call parameters_finish when
 * all schemas are compiled. */
struct parameter_table *parameters_compile(struct schema_set *set, struct arena *arena,
                                           json_t *document, json_t *path_item,
                                           json_t *operation, const char *place,
                                           const char *const *path_names,
                                           struct fault *fault) MUST_CHECK;

/* Takes over what needs complete schemas: types, and whether defaults pass. */
bool parameters_finish(const struct parameter_table *table, const char *operation_id,
                       struct fault *fault) MUST_CHECK;

#endif
