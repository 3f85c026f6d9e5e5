/* Lives here: loading the OpenAPI document. Walks its paths once, at start-up; operation.c
 * reads each operation, router.c keeps them by path, schema.c compiles what they expect.
 * Everything lives in one arena, immutable, until contract_free. */
#include "contract.h"

#include <stdlib.h>
#include <string.h>

#include "contract/operation.h"
#include "contract/parameters.h"
#include "contract/pointer.h"
#include "contract/router.h"
#include "contract/schema.h"

struct contract {
    struct arena *arena;
    struct route_node *root;
    struct operation *operations;
    size_t count;
    const char **left_out; /* operationIds, NULL where there is none; as long as the arena */
    size_t left_out_count;
    const char *document; /* as it is shown */
    size_t document_length;
};

/* A load in work. */
struct loading {
    struct contract *contract;
    const struct contract_options *options;
    struct operation_source source;
};

/* ------------------------------------------------------------------ paths */

static bool is_method(const char *key)
{
    static const char *const methods[] = {"get", "post", "put", "patch", "delete"};

    for (size_t i = 0; i < LENGTH(methods); i++)
        if (strcmp(methods[i], key) == 0)
            return true;
    return false;
}

static bool is_other_member(const char *key)
{
    static const char *const others[] = {"parameters", "summary", "description", "servers"};

    for (size_t i = 0; i < LENGTH(others); i++)
        if (strcmp(others[i], key) == 0)
            return true;
    return strncmp(key, "x-", 2) == 0;
}

/* x-when: an operation may exist only in some circumstances. */
static bool read_when(const struct loading *loading, json_t *node, const char *path,
                      bool *exists)
{
    const json_t *value = json_object_get(node, "x-when");
    const char *when = json_string_value(value);

    *exists = !value || loading->options->test_clock;
    return !value || (when && strcmp(when, "test-clock") == 0) ||
           fault_set(loading->source.fault, "%s: x-when knows only test-clock", path);
}

static bool load_operation(struct loading *loading, const char *path, json_t *path_item,
                           const char *method, json_t *node)
{
    struct contract *contract = loading->contract;
    struct operation *operation = &contract->operations[contract->count];
    bool exists;

    if (!read_when(loading, node, path, &exists))
        return false;
    if (!exists) {
        contract->left_out[contract->left_out_count++] =
            json_string_value(json_object_get(node, "operationId"));
        return true;
    }
    if (!operation_read(&loading->source, path, path_item, method, node, operation))
        return false;
    if (contract_find(contract, operation->id))
        return fault_set(loading->source.fault, "%s: two operations have this operationId",
                         operation->id);
    operation->index = contract->count++;
    return router_add(contract->root, contract->arena, operation, loading->source.fault);
}

static bool load_path(struct loading *loading, const char *path, json_t *item)
{
    for (void *at = json_object_iter(item); at; at = json_object_iter_next(item, at)) {
        const char *key = json_object_iter_key(at);

        if (is_other_member(key))
            continue;
        if (!is_method(key))
            return fault_set(loading->source.fault, "%s: %s is not known in a path", path, key);
        if (!load_operation(loading, path, item, key, json_object_iter_value(at)))
            return false;
    }
    return true;
}

/* At least as many as there are operations. */
static size_t count_members(json_t *paths)
{
    size_t count = 0;

    for (void *at = json_object_iter(paths); at; at = json_object_iter_next(paths, at))
        count += json_object_size(json_object_iter_value(at));
    return count;
}

static bool load_paths(struct loading *loading)
{
    json_t *paths = json_object_get(loading->source.document, "paths");

    if (!json_is_object(paths))
        return fault_set(loading->source.fault, "#/paths: must be an object");
    loading->contract->operations = arena_alloc_array(
        loading->contract->arena, count_members(paths), sizeof(struct operation));
    loading->contract->left_out =
        arena_alloc_array(loading->contract->arena, count_members(paths), sizeof(const char *));
    for (void *at = json_object_iter(paths); at; at = json_object_iter_next(paths, at))
        if (!load_path(loading, json_object_iter_key(at), json_object_iter_value(at)))
            return false;
    return true;
}

/* ------------------------------------------------------------------ schemas */

/* Those that no operation uses are compiled too: a keyword that is not understood is a fault
 * wherever it stands. */
static bool load_components(struct loading *loading)
{
    json_t *schemas =
        json_object_get(json_object_get(loading->source.document, "components"), "schemas");
    struct arena *arena = loading->contract->arena;

    for (void *at = json_object_iter(schemas); at; at = json_object_iter_next(schemas, at)) {
        const char *name =
            pointer_escape(arena, json_object_iter_key(at), json_object_iter_key_len(at));

        if (!schema_compile(loading->source.set, json_object_iter_value(at),
                            arena_format(arena, "#/components/schemas/%s", name),
                            loading->source.fault))
            return false;
    }
    return true;
}

static bool finish_parameters(struct loading *loading)
{
    struct contract *contract = loading->contract;

    for (size_t i = 0; i < contract->count; i++) {
        const struct operation *operation = &contract->operations[i];

        if (!parameters_finish(operation->parameters, operation->id, loading->source.fault))
            return false;
    }
    return true;
}

/* ------------------------------------------------------------------ the whole */

static void document_release(void *document)
{
    json_decref(document);
}

static json_t *parse(const char *document, size_t length, struct fault *fault)
{
    json_error_t error;
    json_t *parsed = json_loadb(document, length, JSON_REJECT_DUPLICATES, &error);

    if (!parsed)
        fault_set(fault, "the contract is not valid JSON: line %d, column %d: %s", error.line,
                  error.column, error.text);
    return parsed;
}

/* Takes the methods out of a path that have no operation here. */
static void drop_methods(const struct contract *contract, json_t *item)
{
    const char *key;
    json_t *node;
    void *next;

    json_object_foreach_safe(item, next, key, node)
    {
        const char *id = json_string_value(json_object_get(node, "operationId"));

        if (is_method(key) && id && !contract_find(contract, id))
            json_object_del(item, key);
    }
}

static bool has_method(json_t *item)
{
    for (void *at = json_object_iter(item); at; at = json_object_iter_next(item, at))
        if (is_method(json_object_iter_key(at)))
            return true;
    return false;
}

/* Keeps the document as clients are shown it: without operations that do not exist here. */
static bool keep_document(struct loading *loading)
{
    struct contract *contract = loading->contract;
    json_t *shown = json_deep_copy(loading->source.document);
    json_t *paths = json_object_get(shown, "paths");
    const char *path;
    json_t *item;
    void *next;
    char *text;

    json_object_foreach_safe(paths, next, path, item)
    {
        drop_methods(contract, item);
        if (!has_method(item))
            json_object_del(paths, path);
    }
    text = json_dumps(shown, JSON_COMPACT);
    json_decref(shown);
    if (!text)
        return fault_set(loading->source.fault, "the contract cannot be written out");
    arena_defer(contract->arena, free, text);
    contract->document = text;
    contract->document_length = strlen(text);
    return true;
}

static bool load(struct loading *loading)
{
    return load_paths(loading) && load_components(loading) &&
           schema_set_finish(loading->source.set, loading->source.fault) &&
           finish_parameters(loading) && keep_document(loading);
}

struct contract *contract_load(const char *document, size_t length,
                               const struct contract_options *options, struct fault *fault)
{
    json_t *parsed = parse(document, length, fault);
    struct loading loading = {.options = options};
    struct arena *arena;

    if (!parsed)
        return NULL;
    arena = arena_new();
    arena_defer(arena, document_release, parsed);
    loading.source = (struct operation_source){
        .arena = arena,
        .set = schema_set_new(arena, parsed),
        .document = parsed,
        .fault = fault,
    };
    loading.contract = arena_alloc(arena, sizeof(*loading.contract));
    loading.contract->arena = arena;
    loading.contract->root = router_new(arena);
    if (load(&loading))
        return loading.contract;
    arena_free(arena);
    return NULL;
}

void contract_free(struct contract *contract)
{
    if (contract)
        arena_free(contract->arena);
}

const char *contract_document(const struct contract *contract, size_t *length)
{
    *length = contract->document_length;
    return contract->document;
}

size_t contract_operation_count(const struct contract *contract)
{
    return contract->count;
}

const struct operation *contract_operation(const struct contract *contract, size_t index)
{
    ASSERT(index < contract->count);
    return &contract->operations[index];
}

const struct operation *contract_find(const struct contract *contract, const char *id)
{
    for (size_t i = 0; i < contract->count; i++)
        if (strcmp(contract->operations[i].id, id) == 0)
            return &contract->operations[i];
    return NULL;
}

bool contract_leaves_out(const struct contract *contract, const char *id)
{
    for (size_t i = 0; i < contract->left_out_count; i++)
        if (contract->left_out[i] && strcmp(contract->left_out[i], id) == 0)
            return true;
    return false;
}

enum route contract_route(const struct contract *contract, const char *method,
                          const char *target, struct arena *arena, struct route_match *match)
{
    return router_match(contract->root, method, target, arena, match);
}
