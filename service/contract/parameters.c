/* Lives here: path, query and header parameters. First half: read from the document at
 * start-up. Second half: a request's texts become typed values by their schema and are checked.
 * Everything of the request is hostile bytes until it has passed. Calls text.c, schema.c,
 * validate.c. */
#include "contract/parameters.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "contract/text.h"

#define QUERY_PARAMETERS_MOST 100

/* How much of an unknown parameter's name an answer shows. */
#define NAME_SHOWN_BYTES 64

/* ------------------------------------------------------------------ compiling */

/* A parameter in work. */
struct compilation {
    struct schema_set *set;
    struct arena *arena;
    json_t *document;
    const char *place; /* of the operation */
    const char *const *path_names;
    struct parameter_table *table;
    struct fault *fault;
};

/* The parameter behind a $ref to components/parameters; its place goes to `place`. */
static json_t *follow_reference(const struct compilation *work, json_t *node,
                                const char **place)
{
    const char *reference = json_string_value(json_object_get(node, "$ref"));

    if (!reference)
        return node;
    *place = reference;
    node = reference_resolve(work->document, reference);
    if (!json_is_object(node))
        fault_set(work->fault, "%s: \"%s\" points to nothing in this document", work->place,
                  reference);
    return json_is_object(node) ? node : NULL;
}

static bool is_known_member(const char *name)
{
    static const char *const known[] = {"name",    "in",       "required",     "schema",
                                        "style",   "explode",  "description",  "deprecated",
                                        "example", "examples", "allowReserved"};

    for (size_t i = 0; i < LENGTH(known); i++)
        if (strcmp(known[i], name) == 0)
            return true;
    return strncmp(name, "x-", 2) == 0;
}

static bool check_members(const struct compilation *work, json_t *node, const char *place)
{
    for (void *at = json_object_iter(node); at; at = json_object_iter_next(node, at))
        if (!is_known_member(json_object_iter_key(at)))
            return fault_set(work->fault, "%s/%s: not known in a parameter", place,
                             json_object_iter_key(at));
    return true;
}

static bool read_path_index(const struct compilation *work, struct parameter *parameter,
                            const char *place)
{
    for (; work->path_names[parameter->path_index]; parameter->path_index++)
        if (strcmp(work->path_names[parameter->path_index], parameter->name) == 0)
            return parameter->required ||
                   fault_set(work->fault, "%s/required: a path parameter is required", place);
    return fault_set(work->fault, "%s: %s has no {%s} in its path", place, work->place,
                     parameter->name);
}

static bool read_in(const struct compilation *work, json_t *node, struct parameter *parameter,
                    const char *place)
{
    const char *in = json_string_value(json_object_get(node, "in"));
    const char *style = json_string_value(json_object_get(node, "style"));
    json_t *explode = json_object_get(node, "explode");

    if (!in ||
        (strcmp(in, "path") != 0 && strcmp(in, "query") != 0 && strcmp(in, "header") != 0))
        return fault_set(work->fault, "%s/in: must be path, query or header", place);
    parameter->in = *in == 'p' ? IN_PATH : *in == 'q' ? IN_QUERY : IN_HEADER;
    if (style && strcmp(style, parameter->in == IN_QUERY ? "form" : "simple") != 0)
        return fault_set(work->fault, "%s/style: only form (query) and simple are known",
                         place);
    parameter->splits = parameter->in != IN_QUERY || json_is_false(explode);
    return parameter->in != IN_PATH || read_path_index(work, parameter, place);
}

static bool read_missing_status(const struct compilation *work, json_t *node,
                                struct parameter *parameter, const char *place)
{
    const json_t *status = json_object_get(node, "x-missing-status");
    json_int_t value = status ? json_integer_value(status) : 400;

    if (value < 400 || value > 499)
        return fault_set(work->fault, "%s/x-missing-status: must be from 400 to 499", place);
    parameter->missing_status = (int)value;
    return true;
}

static bool read_schema(const struct compilation *work, json_t *node,
                        struct parameter *parameter, const char *place)
{
    json_t *schema = json_object_get(node, "schema");

    if (!schema)
        return fault_set(work->fault, "%s: a parameter has a schema", place);
    parameter->fallback = json_object_get(schema, "default");
    parameter->schema = schema_compile(
        work->set, schema, arena_format(work->arena, "%s/schema", place), work->fault);
    return parameter->schema != NULL;
}

static bool same_parameter(const struct parameter *left, const struct parameter *right)
{
    if (left->in != right->in)
        return false;
    return left->in == IN_HEADER ? strcasecmp(left->name, right->name) == 0
                                 : strcmp(left->name, right->name) == 0;
}

/* Where the parameter goes: over the path's one of the same name, else at the end. */
static struct parameter *find_slot(struct parameter_table *table,
                                   const struct parameter *parameter)
{
    for (size_t i = 0; i < table->count; i++)
        if (same_parameter(&table->items[i], parameter))
            return &table->items[i];
    return table->count < PARAMETERS_MOST ? &table->items[table->count++] : NULL;
}

static bool read_parameter(struct compilation *work, json_t *node, const char *place)
{
    struct parameter parameter = {0};
    struct parameter *slot;

    node = follow_reference(work, node, &place);
    if (!node)
        return false;
    parameter.name = json_string_value(json_object_get(node, "name"));
    if (!parameter.name)
        return fault_set(work->fault, "%s: a parameter has a name", place);
    parameter.length = strlen(parameter.name);
    parameter.required = json_is_true(json_object_get(node, "required"));
    parameter.personal = json_is_true(json_object_get(node, "x-personal"));
    parameter.unless = json_string_value(json_object_get(node, "x-missing-unless"));
    if (!check_members(work, node, place) || !read_in(work, node, &parameter, place) ||
        !read_missing_status(work, node, &parameter, place) ||
        !read_schema(work, node, &parameter, place))
        return false;
    slot = find_slot(work->table, &parameter);
    if (!slot)
        return fault_set(work->fault, "%s: more than %d parameters", work->place,
                         PARAMETERS_MOST);
    *slot = parameter;
    return true;
}

static bool read_list(struct compilation *work, json_t *owner, const char *place)
{
    json_t *list = json_object_get(owner, "parameters");

    for (size_t i = 0; i < json_array_size(list); i++)
        if (!read_parameter(work, json_array_get(list, i),
                            arena_format(work->arena, "%s/parameters/%zu", place, i)))
            return false;
    return true;
}

static bool path_names_are_declared(const struct compilation *work)
{
    for (size_t i = 0; work->path_names[i]; i++) {
        bool found = false;

        for (size_t k = 0; k < work->table->count && !found; k++)
            found =
                work->table->items[k].in == IN_PATH && work->table->items[k].path_index == i;
        if (!found)
            return fault_set(work->fault, "%s: the path parameter %s is not declared",
                             work->place, work->path_names[i]);
    }
    return true;
}

static const char *list_query_names(const struct parameter_table *table, struct arena *arena)
{
    struct buffer text = buffer_init(arena);

    for (size_t i = 0; i < table->count; i++) {
        if (table->items[i].in != IN_QUERY)
            continue;
        buffer_add_text(&text, text.length ? ", " : "");
        buffer_add_text(&text, table->items[i].name);
    }
    return text.text;
}

struct parameter_table *parameters_compile(struct schema_set *set, struct arena *arena,
                                           json_t *document, json_t *path_item,
                                           json_t *operation, const char *place,
                                           const char *const *path_names, struct fault *fault)
{
    struct compilation work = {
        .set = set,
        .arena = arena,
        .document = document,
        .place = place,
        .path_names = path_names,
        .table = arena_alloc(arena, sizeof(*work.table)),
        .fault = fault,
    };

    work.table->items = arena_alloc_array(arena, PARAMETERS_MOST, sizeof(struct parameter));
    if (!read_list(&work, path_item, place) || !read_list(&work, operation, place) ||
        !path_names_are_declared(&work))
        return NULL;
    work.table->known_text = list_query_names(work.table, arena);
    return work.table;
}

static bool finish(struct parameter *parameter, const char *operation_id, struct fault *fault)
{
    parameter->types = schema_types(parameter->schema);
    if (parameter->types != TYPE_ANY && (parameter->types & TYPE_OBJECT))
        return fault_set(fault, "%s: the parameter %s must not be an object", operation_id,
                         parameter->name);
    if (parameter->in == IN_PATH && parameter->types != TYPE_ANY &&
        (parameter->types & TYPE_ARRAY))
        return fault_set(fault, "%s: the path parameter %s must not be an array", operation_id,
                         parameter->name);
    if (parameter->types == TYPE_ANY)
        parameter->types = TYPE_STRING;
    parameter->items = schema_items(parameter->schema);
    if (parameter->fallback &&
        !schema_check(parameter->schema, parameter->fallback, NULL, parameter->name))
        return fault_set(fault, "%s: the default of %s does not fit its schema", operation_id,
                         parameter->name);
    return true;
}

/* True when `name`, matched as headers are, is a parameter; its index goes to `index`. */
static bool find_by_name(const struct parameter_table *table, const char *name, size_t *index)
{
    for (*index = 0; *index < table->count; ++*index)
        if (strcasecmp(table->items[*index].name, name) == 0)
            return true;
    return false;
}

bool parameters_finish(const struct parameter_table *table, const char *operation_id,
                       struct fault *fault)
{
    for (size_t i = 0; i < table->count; i++) {
        const char *unless = table->items[i].unless;
        size_t other;

        if (!finish(&table->items[i], operation_id, fault))
            return false;
        if (unless && !find_by_name(table, unless, &other))
            return fault_set(fault, "%s: x-missing-unless: there is no parameter %s",
                             operation_id, unless);
    }
    return true;
}

/* ------------------------------------------------------------------ typing */

/* True for a number as JSON spells it (RFC 8259 section 6). */
static bool is_json_number(const char *text)
{
    static const char digits[] = "0123456789";
    size_t whole;

    text += *text == '-';
    whole = strspn(text, digits);
    if (whole == 0 || (whole > 1 && *text == '0'))
        return false;
    text += whole;
    if (*text == '.') {
        size_t fraction = strspn(text + 1, digits);

        if (fraction == 0)
            return false;
        text += 1 + fraction;
    }
    if (*text == 'e' || *text == 'E') {
        size_t sign = text[1] == '+' || text[1] == '-';
        size_t exponent = strspn(text + 1 + sign, digits);

        if (exponent == 0)
            return false;
        text += 1 + sign + exponent;
    }
    return *text == '\0';
}

/* The number that `text` spells, or NULL. */
static json_t *read_number(const char *text)
{
    json_t *number;
    long long integer;
    char *end;

    if (!is_json_number(text))
        return NULL;
    errno = 0;
    integer = strtoll(text, &end, 10);
    if (*end == '\0' && errno == 0)
        return json_integer(integer);
    number = json_real(strtod(text, NULL)); /* NULL when infinite */
    return number ? value_normalise(number) : NULL;
}

/* The value that `text` spells for a schema of these types; text where it spells none, so that
 * the schema says what it wanted. NULL when it is not UTF-8. */
static json_t *read_typed(const char *text, size_t length, unsigned types,
                          const struct schema *schema)
{
    json_t *value = NULL;

    if (types & TYPE_NUMBER)
        value = read_number(text);
    if (!value && (types & TYPE_BOOLEAN) && strcmp(text, "true") == 0)
        value = json_true();
    if (!value && (types & TYPE_BOOLEAN) && strcmp(text, "false") == 0)
        value = json_false();
    if (value && (types & TYPE_STRING) && !schema_check(schema, value, NULL, "")) {
        json_decref(value);
        value = NULL;
    }
    return value ? value : json_stringn(text, length);
}

/* ------------------------------------------------------------------ reading a request */

/* One request's parameters in work. */
struct reading {
    const struct parameter_table *table;
    const struct route_match *match;
    struct findings *findings;
    json_t *result;
    bool seen[PARAMETERS_MOST];
};

static bool refuse(struct reading *reading, const char *name, const char *detail)
{
    findings_add_parameter(reading->findings, name, 400, detail);
    return false;
}

static bool set_value(struct reading *reading, const struct parameter *parameter, json_t *value)
{
    ASSERT(value);
    ASSERT(json_object_setn_new_nocheck(reading->result, parameter->name, parameter->length,
                                        value) == 0);
    return true;
}

/* Appends an item of an array parameter. */
static bool add_item(struct reading *reading, const struct parameter *parameter,
                     const char *text, size_t length)
{
    unsigned types = parameter->items ? schema_types(parameter->items) : TYPE_STRING;
    json_t *array = json_object_getn(reading->result, parameter->name, parameter->length);
    json_t *item =
        read_typed(text, length, types == TYPE_ANY ? TYPE_STRING : types, parameter->items);

    if (!item)
        return refuse(reading, parameter->name, "is not valid UTF-8");
    if (!array) {
        array = json_array();
        set_value(reading, parameter, array);
    }
    ASSERT(json_array_append_new(array, item) == 0);
    return true;
}

static void trim(char **text, size_t *length)
{
    while (*length > 0 && (**text == ' ' || **text == '\t')) {
        ++*text;
        --*length;
    }
    while (*length > 0 && ((*text)[*length - 1] == ' ' || (*text)[*length - 1] == '\t'))
        --*length;
    (*text)[*length] = '\0';
}

/* Adds each part of "a,b,c"; `text` is overwritten. */
static bool add_split_items(struct reading *reading, const struct parameter *parameter,
                            char *text)
{
    while (text) {
        size_t length = strcspn(text, ",");
        char *next = text[length] ? text + length + 1 : NULL;

        text[length] = '\0';
        if (parameter->in == IN_HEADER)
            trim(&text, &length);
        if (!add_item(reading, parameter, text, length))
            return false;
        text = next;
    }
    return true;
}

/* Takes one value of a parameter; `text` ends with a NUL and may be overwritten. */
static bool take_value(struct reading *reading, size_t index, char *text, size_t length)
{
    const struct parameter *parameter = &reading->table->items[index];
    bool is_array = (parameter->types & TYPE_ARRAY) != 0;
    bool was_seen = reading->seen[index];
    json_t *value;

    reading->seen[index] = true;
    if (strlen(text) != length)
        return refuse(reading, parameter->name, "contains the NUL character");
    if (was_seen && (!is_array || parameter->splits))
        return refuse(reading, parameter->name, "is given more than once");
    if (is_array)
        return parameter->splits ? add_split_items(reading, parameter, text)
                                 : add_item(reading, parameter, text, length);
    value = read_typed(text, length, parameter->types, parameter->schema);
    if (!value)
        return refuse(reading, parameter->name, "is not valid UTF-8");
    return set_value(reading, parameter, value);
}

/* A name from the request as an answer may show it: valid, short. */
static const char *shown_name(struct reading *reading, const char *name, size_t length)
{
    struct arena *arena = reading->findings->arena;
    size_t shown = text_cut(name, length, NAME_SHOWN_BYTES);

    if (memchr(name, '\0', length) || !text_is_utf8(name, length))
        return "";
    if (shown == length)
        return name;
    return arena_format(arena, "%s...", arena_copy(arena, name, shown));
}

static bool refuse_unknown(struct reading *reading, const char *name, size_t length)
{
    const char *known = reading->table->known_text;
    const char *detail = "is not a query parameter of this operation; it has none";

    if (*known)
        detail =
            arena_format(reading->findings->arena,
                         "is not a query parameter of this operation; known are: %s", known);
    return refuse(reading, shown_name(reading, name, length), detail);
}

static size_t find_query_parameter(const struct parameter_table *table, const char *name,
                                   size_t length)
{
    size_t i = 0;

    while (i < table->count &&
           (table->items[i].in != IN_QUERY || table->items[i].length != length ||
            memcmp(table->items[i].name, name, length) != 0))
        i++;
    return i;
}

/* A decoded copy with a NUL behind it; NULL for a bad %XX. */
static char *decode(struct arena *arena, const char *text, size_t length, size_t *decoded)
{
    char *copy = arena_copy(arena, text, length);

    if (!memchr(text, '%', length)) {
        *decoded = length;
        return copy;
    }
    if (!text_percent_decode(copy, length, copy, decoded))
        return NULL;
    copy[*decoded] = '\0';
    return copy;
}

/* True for "+02:00" and "+02%3A00" at the end of a value. */
static bool is_offset(const char *text, size_t length)
{
    size_t colon = length == 8 && strncasecmp(text + 3, "%3A", 3) == 0 ? 3 : 1;

    return length == 5 + colon && strspn(text + 1, "0123456789") >= 2 &&
           (colon == 3 || text[3] == ':') && strspn(text + 3 + colon, "0123456789") >= 2;
}

/* A copy in which "+" is the space that forms and URLSearchParams mean by it. It stays itself
 * where it begins a value (+32 2 ...) or the UTC offset of an instant: nobody means a space
 * there, and many forget to escape it. */
static const char *read_plus(struct arena *arena, const char *raw, size_t length)
{
    char *copy;

    if (!memchr(raw, '+', length))
        return raw;
    copy = arena_copy(arena, raw, length);
    for (size_t at = 1; at < length; at++)
        if (copy[at] == '+' && !is_offset(copy + at, length - at))
            copy[at] = ' ';
    return copy;
}

/* "name=value", or "name" alone with an empty value. */
static bool take_pair(struct reading *reading, const char *pair, size_t length)
{
    struct arena *arena = reading->findings->arena;
    const char *equals = memchr(pair, '=', length);
    size_t name_length = equals ? (size_t)(equals - pair) : length;
    const char *raw = equals ? equals + 1 : "";
    size_t raw_length = equals ? length - name_length - 1 : 0;
    char *name = decode(arena, pair, name_length, &name_length);
    size_t value_length, index;
    char *value;

    if (!name)
        return refuse(reading, "", "a name has a \"%\" without two hexadecimal digits");
    index = find_query_parameter(reading->table, name, name_length);
    if (index == reading->table->count)
        return refuse_unknown(reading, name, name_length);
    value = decode(arena, read_plus(arena, raw, raw_length), raw_length, &value_length);
    if (value)
        return take_value(reading, index, value, value_length);
    reading->seen[index] = true;
    return refuse(reading, name, "has a \"%\" without two hexadecimal digits");
}

static void read_query(struct reading *reading, const char *query)
{
    size_t count = 0;

    while (query) {
        size_t length = strcspn(query, "&");

        if (length > 0 && ++count > QUERY_PARAMETERS_MOST) {
            refuse(reading, "", "there are more than 100 query parameters");
            return;
        }
        if (length > 0)
            take_pair(reading, query, length);
        query = query[length] ? query + length + 1 : NULL;
    }
}

/* The raw text of a path or header parameter; NULL when it is absent. */
static const char *outside_query(const struct reading *reading,
                                 const struct parameter *parameter, header_lookup *lookup,
                                 void *context)
{
    if (parameter->in == IN_PATH)
        return reading->match->values[parameter->path_index];
    return parameter->in == IN_HEADER && lookup ? lookup(context, parameter->name) : NULL;
}

static void read_others(struct reading *reading, header_lookup *lookup, void *context)
{
    for (size_t i = 0; i < reading->table->count; i++) {
        const char *text = outside_query(reading, &reading->table->items[i], lookup, context);

        if (text)
            take_value(reading, i, arena_copy_text(reading->findings->arena, text),
                       strlen(text));
    }
}

static bool is_given(const struct reading *reading, const char *name)
{
    size_t index;

    return find_by_name(reading->table, name, &index) && reading->seen[index];
}

static bool is_missed(const struct reading *reading, const struct parameter *parameter)
{
    return parameter->required || (parameter->unless && !is_given(reading, parameter->unless));
}

static void complete(struct reading *reading, size_t index)
{
    const struct parameter *parameter = &reading->table->items[index];
    json_t *value = json_object_getn(reading->result, parameter->name, parameter->length);

    if (value)
        schema_check(parameter->schema, value, reading->findings, parameter->name);
    else if (reading->seen[index])
        return; /* a fault is told already */
    else if (is_missed(reading, parameter))
        findings_add_parameter(reading->findings, parameter->name, parameter->missing_status,
                               "is required");
    else if (parameter->fallback)
        set_value(reading, parameter, json_deep_copy(parameter->fallback));
}

json_t *contract_read_parameters(const struct route_match *match, header_lookup *lookup,
                                 void *context, struct findings *findings)
{
    struct reading reading = {.table = match->operation->parameters,
                              .match = match,
                              .findings = findings,
                              .result = json_object()};

    ASSERT(reading.result);
    read_query(&reading, match->query);
    read_others(&reading, lookup, context);
    for (size_t i = 0; i < reading.table->count; i++)
        complete(&reading, i);
    return reading.result;
}
