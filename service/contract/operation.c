/* Lives here: one operation of the document made into a struct operation, at start-up. Calls
 * parameters.c for its parameters and schema.c for its body. */
#include "contract/operation.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "contract/pointer.h"

#define BODY_BYTES_DEFAULT 65536
#define BODY_BYTES_MOST (16 * 1024 * 1024)
#define CACHE_SECONDS_MOST 86400
#define ANSWER_TYPES 4

/* The operation in work. */
struct work {
    const struct operation_source *source;
    json_t *node;
    const char *place; /* "#/paths/~1v1~1me/get" */
    struct operation *operation;
};

static const char *const no_names[] = {NULL};

static bool refuse(const struct work *work, const char *member, const char *why)
{
    return fault_set(work->source->fault, "%s%s: %s", work->place, member, why);
}

static const char *in_case(struct arena *arena, const char *text, int (*convert)(int))
{
    char *copy = arena_copy_text(arena, text);

    for (char *at = copy; *at; at++)
        *at = (char)convert((unsigned char)*at);
    return copy;
}

/* The texts of an array of strings, NULL at the end; NULL when it is something else. */
static const char *const *read_texts(struct arena *arena, const json_t *array)
{
    const char **texts = arena_alloc_array(arena, json_array_size(array) + 1, sizeof(*texts));

    if (!json_is_array(array))
        return NULL;
    for (size_t i = 0; i < json_array_size(array); i++) {
        texts[i] = json_string_value(json_array_get(array, i));
        if (!texts[i])
            return NULL;
    }
    return texts;
}

/* ------------------------------------------------------------------ identity */

static bool read_path_names(const struct work *work)
{
    const char **names =
        arena_alloc_array(work->source->arena, CONTRACT_PATH_VALUES + 1, sizeof(*names));
    const char *at = work->operation->path;
    size_t count = 0;

    while ((at = strchr(at, '{'))) {
        size_t length = strcspn(at + 1, "}");

        if (count == CONTRACT_PATH_VALUES)
            return refuse(work, "", "the path has too many parameters");
        names[count++] = arena_copy(work->source->arena, at + 1, length);
        at += 1 + length;
    }
    work->operation->path_names = names;
    return true;
}

static bool read_identity(const struct work *work, const char *path, const char *method)
{
    struct operation *operation = work->operation;

    operation->id = json_string_value(json_object_get(work->node, "operationId"));
    operation->path = path;
    operation->method = in_case(work->source->arena, method, toupper);
    if (!operation->id)
        return refuse(work, "", "an operation has an operationId");
    return read_path_names(work);
}

static bool read_lane(const struct work *work)
{
    static const char *const lanes[LANE_COUNT] = {"quick", "search", "booking"};
    const json_t *value = json_object_get(work->node, "x-lane");
    const char *name = json_string_value(value);

    if (!value)
        return true;
    for (enum lane lane = 0; name && lane < LANE_COUNT; lane++) {
        if (strcmp(lanes[lane], name) == 0) {
            work->operation->lane = lane;
            return true;
        }
    }
    return refuse(work, "/x-lane", "must be quick, search or booking");
}

static bool read_body_limit(const struct work *work)
{
    const json_t *value = json_object_get(work->node, "x-max-body-bytes");
    json_int_t limit = value ? json_integer_value(value) : BODY_BYTES_DEFAULT;

    if (limit < 1 || limit > BODY_BYTES_MOST)
        return refuse(work, "/x-max-body-bytes", "must be from 1 to 16777216");
    work->operation->max_body_bytes = (size_t)limit;
    return true;
}

static bool read_cache_seconds(const struct work *work)
{
    const json_t *value = json_object_get(work->node, "x-cache-seconds");
    json_int_t seconds = json_integer_value(value);

    if (value && (!json_is_integer(value) || seconds < 0 || seconds > CACHE_SECONDS_MOST))
        return refuse(work, "/x-cache-seconds", "must be from 0 to 86400");
    work->operation->cache_seconds = (int)seconds;
    return true;
}

/* ------------------------------------------------------------------ security */

/* One requirement object: the scopes of all its schemes. */
static const char *const *read_requirement(const struct work *work, json_t *requirement)
{
    void *at = json_object_iter(requirement);

    if (!at || json_object_iter_next(requirement, at)) {
        refuse(work, "/security", "each requirement names exactly one scheme");
        return NULL;
    }
    if (!json_is_array(json_object_iter_value(at))) {
        refuse(work, "/security", "a scheme has an array of scopes");
        return NULL;
    }
    return read_texts(work->source->arena, json_object_iter_value(at));
}

static bool read_security(const struct work *work)
{
    json_t *own = json_object_get(work->node, "security");
    json_t *list = own ? own : json_object_get(work->source->document, "security");
    size_t count = json_array_size(list);
    const char *const **sets;

    if (!json_is_array(list))
        return refuse(work, "/security", "neither the operation nor the document says who may");
    sets = arena_alloc_array(work->source->arena, count + 1, sizeof(*sets));
    for (size_t i = 0; i < count; i++) {
        sets[i] = read_requirement(work, json_array_get(list, i));
        if (!sets[i])
            return false;
    }
    work->operation->scope_sets = sets;
    work->operation->is_public = count == 0;
    return true;
}

/* ------------------------------------------------------------------ parameters */

static void list_parameters(const struct work *work)
{
    const struct parameter_table *table = work->operation->parameters;
    const char **names =
        arena_alloc_array(work->source->arena, table->count + 1, sizeof(*names));
    const char **personal =
        arena_alloc_array(work->source->arena, table->count + 1, sizeof(*personal));

    work->operation->personal_names = personal;
    for (size_t i = 0; i < table->count; i++) {
        names[i] = table->items[i].name;
        if (table->items[i].personal)
            *personal++ = names[i];
        if (table->items[i].in == IN_HEADER && strcasecmp(names[i], "Idempotency-Key") == 0)
            work->operation->takes_idempotency_key = true;
    }
    work->operation->parameter_names = names;
}

static bool read_parameters(const struct work *work, json_t *path_item)
{
    work->operation->parameters = parameters_compile(
        work->source->set, work->source->arena, work->source->document, path_item, work->node,
        work->place, work->operation->path_names, work->source->fault);
    if (work->operation->parameters)
        list_parameters(work);
    return work->operation->parameters != NULL;
}

/* ------------------------------------------------------------------ body */

static bool is_json_type(const char *type)
{
    size_t length = strlen(type);

    return strcmp(type, "application/json") == 0 ||
           (length > 5 && strcmp(type + length - 5, "+json") == 0);
}

/* Its schema, if it has one, is that of a line: OpenAPI 3.1 has no word for it. */
static bool is_rows(const char *type, const json_t *media)
{
    return strcmp(type, "application/x-ndjson") == 0 && json_object_get(media, "schema");
}

/* The schema of one JSON media type; those of one operation must be the same. */
static bool read_body_schema(const struct work *work, json_t *media, const char *place,
                             json_t **chosen)
{
    json_t *schema = json_object_get(media, "schema");

    if (!schema)
        return refuse(work, "/requestBody", "a JSON body has a schema");
    if (*chosen)
        return json_equal(*chosen, schema) ||
               refuse(work, "/requestBody", "its JSON media types have different schemas");
    *chosen = schema;
    work->operation->body =
        schema_compile(work->source->set, schema, place, work->source->fault);
    return work->operation->body != NULL;
}

static bool read_content(const struct work *work, json_t *content, const char *place)
{
    struct arena *arena = work->source->arena;
    const char **types =
        arena_alloc_array(arena, json_object_size(content) + 1, sizeof(*types));
    json_t *chosen = NULL;
    size_t count = 0;

    for (void *at = json_object_iter(content); at; at = json_object_iter_next(content, at)) {
        const char *type = in_case(arena, json_object_iter_key(at), tolower);

        types[count++] = type;
        if (is_rows(type, json_object_iter_value(at)))
            work->operation->body_is_rows = true;
        if ((is_json_type(type) || is_rows(type, json_object_iter_value(at))) &&
            !read_body_schema(work, json_object_iter_value(at),
                              arena_format(arena, "%s/content/%s/schema", place,
                                           pointer_escape(arena, type, strlen(type))),
                              &chosen))
            return false;
    }
    work->operation->body_types = types;
    return count > 0 || refuse(work, "/requestBody", "a body has a media type");
}

static bool read_body(const struct work *work)
{
    json_t *body = json_object_get(work->node, "requestBody");
    const char *reference = json_string_value(json_object_get(body, "$ref"));
    const char *place = reference
                            ? reference
                            : arena_format(work->source->arena, "%s/requestBody", work->place);

    work->operation->body_types = no_names;
    if (!body)
        return true;
    if (reference)
        body = reference_resolve(work->source->document, reference);
    if (!json_is_object(body))
        return refuse(work, "/requestBody", "must be an object, or a $ref to one");
    work->operation->body_required = json_is_true(json_object_get(body, "required"));
    return read_content(work, json_object_get(body, "content"), place);
}

/* The media types of the answers that are no problem. */
static void read_answer_types(const struct work *work)
{
    const char **types =
        arena_alloc_array(work->source->arena, ANSWER_TYPES + 1, sizeof(*types));
    json_t *responses = json_object_get(work->node, "responses");
    const char *status;
    json_t *response;
    size_t count = 0;

    json_object_foreach(responses, status, response)
    {
        json_t *content = json_object_get(response, "content");

        if (status[0] != '2')
            continue;
        for (void *at = json_object_iter(content); at && count < ANSWER_TYPES;
             at = json_object_iter_next(content, at))
            types[count++] = in_case(work->source->arena, json_object_iter_key(at), tolower);
    }
    work->operation->answer_types = types;
}

bool operation_read(const struct operation_source *source, const char *path, json_t *path_item,
                    const char *method, json_t *node, struct operation *operation)
{
    struct work work = {
        .source = source,
        .node = node,
        .place = arena_format(source->arena, "#/paths/%s/%s",
                              pointer_escape(source->arena, path, strlen(path)), method),
        .operation = operation,
    };

    read_answer_types(&work);
    return read_identity(&work, path, method) && read_lane(&work) && read_body_limit(&work) &&
           read_cache_seconds(&work) && read_security(&work) &&
           read_parameters(&work, path_item) && read_body(&work);
}
