/* An operation read from the document. Private to service/contract. */
#ifndef CLINICD_CONTRACT_OPERATION_H
#define CLINICD_CONTRACT_OPERATION_H

#include <jansson.h>

#include "contract.h"
#include "contract/parameters.h"
#include "contract/schema.h"

/* What reading operations needs. */
struct operation_source {
    struct arena *arena;
    struct schema_set *set;
    json_t *document;
    struct fault *fault;
};

/* Reads the operation at `node`, which stands under `method` (lower case) of `path_item`. */
bool operation_read(const struct operation_source *source, const char *path, json_t *path_item,
                    const char *method, json_t *node, struct operation *operation) MUST_CHECK;

#endif
