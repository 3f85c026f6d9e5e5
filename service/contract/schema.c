/* Lives here: JSON Schema made into nodes and rules, at start-up. Every keyword has a row in
 * keyword_table.h and a compile function here; what is not understood is refused with its
 * place. Calls pattern.c, format.c, value.c and jansson; never runs during a request. */
#include "contract/schema.h"

#include <stdlib.h>
#include <string.h>

#include "contract/pointer.h"
#include "contract/text.h"

#define MEMO_BUCKETS 4096

/* Lists of values in messages end about here. */
#define LIST_MOST 400

/* A schema that was compiled, or is being compiled. */
struct memo {
    struct memo *next;
    const json_t *node;
    struct schema *schema;
};

struct schema_set {
    struct arena *arena;
    json_t *document;
    struct memo *buckets[MEMO_BUCKETS];
};

/* The keyword in work. */
struct work {
    struct schema_set *set;
    json_t *node; /* the schema object */
    struct schema *schema;
    const char *keyword;
    struct fault *fault;
};

/* Reads `value` into `rule`. A rule whose keyword becomes KEYWORD_COUNT is dropped. */
typedef bool compile_function(struct work *work, json_t *value, struct rule *rule);

struct schema_set *schema_set_new(struct arena *arena, json_t *document)
{
    struct schema_set *set = arena_alloc(arena, sizeof(*set));

    set->arena = arena;
    set->document = document;
    return set;
}

static bool refuse(struct work *work, const char *why)
{
    return fault_set(work->fault, "%s/%s: %s", work->schema->place, work->keyword, why);
}

/* Compiles a schema below the keyword; `step` NULL: the keyword's value itself. */
static const struct schema *child(struct work *work, json_t *node, const char *step)
{
    struct arena *arena = work->set->arena;
    const char *place = arena_format(arena, "%s/%s", work->schema->place, work->keyword);

    if (step)
        place = arena_format(arena, "%s/%s", place, pointer_escape(arena, step, strlen(step)));
    return schema_compile(work->set, node, place, work->fault);
}

static const struct schema *indexed_child(struct work *work, json_t *array, size_t index)
{
    return child(work, json_array_get(array, index),
                 arena_format(work->set->arena, "%zu", index));
}

/* ------------------------------------------------------------------ references */

json_t *reference_resolve(json_t *document, const char *reference)
{
    size_t length = strlen(reference);
    char *pointer = malloc(length + 1);
    json_t *found = NULL;

    if (pointer && reference[0] == '#' &&
        text_percent_decode(reference + 1, length - 1, pointer, &length))
        found = pointer_find(document, pointer, length);
    free(pointer);
    return found;
}

static bool compile_reference(struct work *work, json_t *value, struct rule *rule)
{
    const char *reference = json_string_value(value);
    json_t *target;

    if (!reference)
        return refuse(work, "must be a string");
    target = reference_resolve(work->set->document, reference);
    if (!target)
        return fault_set(work->fault, "%s/$ref: \"%s\" points to nothing in this document",
                         work->schema->place, reference);
    rule->is.schema = schema_compile(work->set, target, reference, work->fault);
    return rule->is.schema != NULL;
}

/* ------------------------------------------------------------------ values */

static const struct {
    const char *name;
    const char *text;
    unsigned type;
} types[] = {
    {"string", "a string", TYPE_STRING},  {"integer", "an integer", TYPE_INTEGER},
    {"number", "a number", TYPE_NUMBER},  {"boolean", "true or false", TYPE_BOOLEAN},
    {"object", "an object", TYPE_OBJECT}, {"array", "an array", TYPE_ARRAY},
    {"null", "null", TYPE_NULL},
};

const char *types_text(unsigned wanted, struct arena *arena)
{
    const char *text = NULL;
    const char *last = NULL;

    if ((wanted & TYPE_NUMBER) == TYPE_NUMBER)
        wanted &= ~(unsigned)TYPE_INTEGER;
    for (size_t i = 0; i < LENGTH(types); i++) {
        if (!(wanted & types[i].type))
            continue;
        if (types[i].type == TYPE_NUMBER && !(wanted & TYPE_REAL))
            continue;
        if (last)
            text = text ? arena_format(arena, "%s, %s", text, last) : last;
        last = types[i].text;
    }
    if (!last)
        return "absent";
    return text ? arena_format(arena, "%s or %s", text, last) : last;
}

static bool add_type(struct work *work, const json_t *name, unsigned *mask)
{
    for (size_t i = 0; json_is_string(name) && i < LENGTH(types); i++) {
        if (strcmp(json_string_value(name), types[i].name) == 0) {
            *mask |= types[i].type;
            return true;
        }
    }
    return refuse(work, "names no type");
}

static bool compile_type(struct work *work, json_t *value, struct rule *rule)
{
    if (!json_is_array(value) && !add_type(work, value, &rule->is.types))
        return false;
    for (size_t i = 0; i < json_array_size(value); i++)
        if (!add_type(work, json_array_get(value, i), &rule->is.types))
            return false;
    rule->text = types_text(rule->is.types, work->set->arena);
    return true;
}

/* A value of the document as people read it: strings bare, others as JSON. */
static void add_value_text(struct buffer *out, json_t *value)
{
    char *text;

    if (json_is_string(value)) {
        buffer_add(out, json_string_value(value), json_string_length(value));
        return;
    }
    if (json_is_number(value) && number_of(value).is_integer) {
        buffer_add_format(out, "%" JSON_INTEGER_FORMAT, number_of(value).integer);
        return;
    }
    text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(15));
    ASSERT(text);
    buffer_add_text(out, text);
    free(text);
}

static bool compile_constant(struct work *work, json_t *value, struct rule *rule)
{
    struct buffer text = buffer_init(work->set->arena);

    add_value_text(&text, value);
    rule->is.json = value;
    rule->text = text.text;
    return true;
}

static bool compile_values(struct work *work, json_t *value, struct rule *rule)
{
    struct buffer text = buffer_init(work->set->arena);

    if (json_array_size(value) == 0)
        return refuse(work, "must be an array of at least one value");
    for (size_t i = 0; i < json_array_size(value) && text.length <= LIST_MOST; i++) {
        buffer_add_text(&text, i ? ", " : "");
        add_value_text(&text, json_array_get(value, i));
    }
    if (text.length > LIST_MOST)
        buffer_add_text(&text, ", ...");
    rule->is.json = value;
    rule->text = text.text;
    return true;
}

/* ------------------------------------------------------------------ numbers and texts */

static bool compile_number(struct work *work, json_t *value, struct rule *rule)
{
    struct buffer text = buffer_init(work->set->arena);

    if (!json_is_number(value))
        return refuse(work, "must be a number");
    add_value_text(&text, value);
    rule->is.number = number_of(value);
    rule->text = text.text;
    return true;
}

static bool compile_divisor(struct work *work, json_t *value, struct rule *rule)
{
    if (!compile_number(work, value, rule))
        return false;
    if (json_number_value(value) <= 0)
        return refuse(work, "must be greater than 0");
    rule->is.decimal = decimal_of(number_of(value));
    return true;
}

static bool compile_count(struct work *work, json_t *value, struct rule *rule)
{
    struct number number = json_is_number(value) ? number_of(value) : (struct number){0};

    if (!number.is_integer || number.integer < 0)
        return refuse(work, "must be an integer of at least 0");
    rule->is.count = (size_t)number.integer;
    return true;
}

static bool compile_count_only(struct work *work, json_t *value, struct rule *rule)
{
    rule->keyword = KEYWORD_COUNT;
    return compile_count(work, value, rule);
}

static bool compile_format(struct work *work, json_t *value, struct rule *rule)
{
    if (!json_is_string(value))
        return refuse(work, "must be a string");
    rule->is.format = format_find(json_string_value(value));
    if (!rule->is.format)
        return fault_set(work->fault, "%s/format: the format \"%s\" is not known",
                         work->schema->place, json_string_value(value));
    return true;
}

/* Compiles `source`, saying where it stands when it is wrong. */
static const struct pattern *compile_expression(struct work *work, const char *source,
                                                size_t length)
{
    struct fault reason;
    const struct pattern *pattern = pattern_compile(work->set->arena, source, length, &reason);

    if (!pattern)
        refuse(work, reason.text);
    return pattern;
}

static bool compile_pattern(struct work *work, json_t *value, struct rule *rule)
{
    if (!json_is_string(value))
        return refuse(work, "must be a string");
    rule->text = json_string_value(json_object_get(work->node, "x-wanted"));
    rule->is.pattern =
        compile_expression(work, json_string_value(value), json_string_length(value));
    return rule->is.pattern != NULL;
}

/* ------------------------------------------------------------------ schemas below */

static bool compile_schema(struct work *work, json_t *value, struct rule *rule)
{
    rule->is.schema = child(work, value, NULL);
    return rule->is.schema != NULL;
}

static bool compile_schema_only(struct work *work, json_t *value, struct rule *rule)
{
    rule->keyword = KEYWORD_COUNT;
    return compile_schema(work, value, rule);
}

static bool compile_list(struct work *work, json_t *value, struct schema_list *list)
{
    size_t count = json_array_size(value);

    if (count == 0)
        return refuse(work, "must be an array of at least one schema");
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers is what it is */
    list->items = arena_alloc_array(work->set->arena, count, sizeof(*list->items));
    for (; list->count < count; list->count++) {
        list->items[list->count] = indexed_child(work, value, list->count);
        if (!list->items[list->count])
            return false;
    }
    return true;
}

static bool compile_all_of(struct work *work, json_t *value, struct rule *rule)
{
    return compile_list(work, value, &rule->is.list);
}

static bool compile_choice(struct work *work, json_t *value, struct rule *rule)
{
    rule->is.choice = arena_alloc(work->set->arena, sizeof(*rule->is.choice));
    return compile_list(work, value, &rule->is.choice->branches);
}

/* The schema that another keyword of the same object holds; NULL in `out` when absent. */
static bool sibling_schema(struct work *work, const char *keyword, const struct schema **out)
{
    json_t *node = json_object_get(work->node, keyword);
    struct work other = *work;

    if (!node)
        return true;
    other.keyword = keyword;
    *out = child(&other, node, NULL);
    return *out != NULL;
}

static bool compile_condition(struct work *work, json_t *value, struct rule *rule)
{
    struct condition *condition = arena_alloc(work->set->arena, sizeof(*condition));

    rule->is.condition = condition;
    condition->when = child(work, value, NULL);
    return condition->when && sibling_schema(work, "then", &condition->then) &&
           sibling_schema(work, "else", &condition->otherwise);
}

static bool compile_definitions(struct work *work, json_t *value, struct rule *rule)
{
    rule->keyword = KEYWORD_COUNT;
    if (!json_is_object(value))
        return refuse(work, "must be an object");
    for (void *at = json_object_iter(value); at; at = json_object_iter_next(value, at))
        if (!child(work, json_object_iter_value(at), json_object_iter_key(at)))
            return false;
    return true;
}

static bool compile_annotation(struct work *work, json_t *value, struct rule *rule)
{
    rule->keyword = KEYWORD_COUNT;
    return value != NULL && work != NULL;
}

/* ------------------------------------------------------------------ arrays */

/* True when a keyword that reads its siblings too was already met in this schema. */
static bool already_has(const struct work *work, struct rule *rule, enum keyword keyword)
{
    bool has = schema_rule(work->schema, keyword) != NULL;

    rule->keyword = has ? KEYWORD_COUNT : keyword;
    return has;
}

static bool compile_elements(struct work *work, json_t *value, struct rule *rule)
{
    struct elements *elements = arena_alloc(work->set->arena, sizeof(*elements));
    struct work prefix = *work;

    if (already_has(work, rule, KEYWORD_ITEMS))
        return true;
    rule->is.elements = elements;
    prefix.keyword = "prefixItems";
    value = json_object_get(work->node, prefix.keyword);
    if (value && !compile_list(&prefix, value, &elements->prefix))
        return false;
    return sibling_schema(work, "items", &elements->others);
}

static size_t sibling_count(const struct work *work, const char *keyword, size_t fallback)
{
    const json_t *value = json_object_get(work->node, keyword);

    if (!json_is_number(value) || !number_of(value).is_integer)
        return fallback; /* a wrong one is refused as a keyword of its own */
    return (size_t)number_of(value).integer;
}

static bool compile_containment(struct work *work, json_t *value, struct rule *rule)
{
    struct containment *containment = arena_alloc(work->set->arena, sizeof(*containment));

    rule->is.containment = containment;
    containment->least = sibling_count(work, "minContains", 1);
    containment->most = sibling_count(work, "maxContains", SIZE_MAX);
    containment->schema = child(work, value, NULL);
    return containment->schema != NULL;
}

static bool compile_unique(struct work *work, json_t *value, struct rule *rule)
{
    if (!json_is_boolean(value))
        return refuse(work, "must be true or false");
    if (!json_is_true(value))
        rule->keyword = KEYWORD_COUNT;
    random_bytes(rule->is.seed, sizeof(rule->is.seed));
    return true;
}

/* ------------------------------------------------------------------ objects */

static bool compile_names(struct work *work, json_t *value, struct name_list *names)
{
    size_t count = json_array_size(value);

    if (!json_is_array(value))
        return refuse(work, "must be an array of names");
    names->items = arena_alloc_array(work->set->arena, count, sizeof(*names->items));
    for (; names->count < count; names->count++) {
        const json_t *name = json_array_get(value, names->count);

        if (!json_is_string(name))
            return refuse(work, "must be an array of names");
        names->items[names->count] =
            (struct name){json_string_value(name), json_string_length(name)};
    }
    return true;
}

static bool compile_required(struct work *work, json_t *value, struct rule *rule)
{
    return compile_names(work, value, &rule->is.names);
}

static struct name iterated_name(void *at)
{
    return (struct name){json_object_iter_key(at), json_object_iter_key_len(at)};
}

static bool compile_dependency(struct work *work, void *at, struct dependency *dependency)
{
    json_t *value = json_object_iter_value(at);

    dependency->name = iterated_name(at);
    if (strcmp(work->keyword, "dependentRequired") == 0)
        return compile_names(work, value, &dependency->required);
    dependency->schema = child(work, value, dependency->name.text);
    return dependency->schema != NULL;
}

static bool compile_dependencies(struct work *work, json_t *value, struct rule *rule)
{
    struct dependencies *dependencies = arena_alloc(work->set->arena, sizeof(*dependencies));

    if (!json_is_object(value))
        return refuse(work, "must be an object");
    rule->is.dependencies = dependencies;
    dependencies->items = arena_alloc_array(work->set->arena, json_object_size(value),
                                            sizeof(*dependencies->items));
    for (void *at = json_object_iter(value); at; at = json_object_iter_next(value, at))
        if (!compile_dependency(work, at, &dependencies->items[dependencies->count++]))
            return false;
    return true;
}

static int compare_names(const struct name *left, const struct name *right)
{
    if (left->length != right->length)
        return left->length < right->length ? -1 : 1;
    return memcmp(left->text, right->text, left->length);
}

static int by_name(const void *left, const void *right)
{
    return compare_names(&((const struct member *)left)->name,
                         &((const struct member *)right)->name);
}

static bool compile_known(struct work *work, json_t *value, struct members *members)
{
    struct buffer text = buffer_init(work->set->arena);

    if (!json_is_object(value))
        return refuse(work, "must be an object");
    members->known =
        arena_alloc_array(work->set->arena, json_object_size(value), sizeof(*members->known));
    for (void *at = json_object_iter(value); at; at = json_object_iter_next(value, at)) {
        struct member *member = &members->known[members->known_count++];

        member->name = iterated_name(at);
        member->schema = child(work, json_object_iter_value(at), member->name.text);
        if (!member->schema)
            return false;
        buffer_add_text(&text, text.length ? ", " : "");
        buffer_add(&text, member->name.text, member->name.length);
    }
    members->known_text = text.text;
    qsort(members->known, members->known_count, sizeof(*members->known), by_name);
    return true;
}

static bool compile_pattern_members(struct work *work, json_t *value, struct members *members)
{
    if (!json_is_object(value))
        return refuse(work, "must be an object");
    members->patterns = arena_alloc_array(work->set->arena, json_object_size(value),
                                          sizeof(*members->patterns));
    for (void *at = json_object_iter(value); at; at = json_object_iter_next(value, at)) {
        struct pattern_member *member = &members->patterns[members->pattern_count++];
        struct name name = iterated_name(at);

        member->pattern = compile_expression(work, name.text, name.length);
        if (!member->pattern)
            return false;
        member->schema = child(work, json_object_iter_value(at), name.text);
        if (!member->schema)
            return false;
    }
    return true;
}

static bool compile_members(struct work *work, json_t *value, struct rule *rule)
{
    struct members *members = arena_alloc(work->set->arena, sizeof(*members));
    struct work other = *work;

    if (already_has(work, rule, KEYWORD_PROPERTIES))
        return true;
    rule->is.members = members;
    members->known_text = "";
    other.keyword = "properties";
    value = json_object_get(work->node, other.keyword);
    if (value && !compile_known(&other, value, members))
        return false;
    other.keyword = "patternProperties";
    value = json_object_get(work->node, other.keyword);
    if (value && !compile_pattern_members(&other, value, members))
        return false;
    return sibling_schema(work, "additionalProperties", &members->additional);
}

/* ------------------------------------------------------------------ a whole schema */

static const struct {
    const char *name;
    compile_function *compile;
} keywords[] = {
#define KEYWORD(id, name, compile, check, applies_to, ends) {name, compile_##compile},
#include "contract/keyword_table.h"
#undef KEYWORD
};

static enum keyword keyword_find(const char *name)
{
    enum keyword keyword = 0;

    while (keyword < KEYWORD_COUNT && strcmp(keywords[keyword].name, name) != 0)
        keyword++;
    return keyword;
}

/* Keeps the rules in the order of the table. */
static void insert_rule(struct schema *schema, struct rule rule)
{
    size_t at = schema->rule_count++;

    for (; at > 0 && schema->rules[at - 1].keyword > rule.keyword; at--)
        schema->rules[at] = schema->rules[at - 1];
    schema->rules[at] = rule;
}

static bool compile_keyword(struct work *work, json_t *value)
{
    enum keyword keyword = keyword_find(work->keyword);
    struct rule rule = {.keyword = keyword};

    if (strncmp(work->keyword, "x-", 2) == 0)
        return true;
    if (keyword == KEYWORD_COUNT)
        return refuse(work, "this keyword is not known to the validator");
    if (!keywords[keyword].compile(work, value, &rule))
        return false;
    if (rule.keyword != KEYWORD_COUNT)
        insert_rule(work->schema, rule);
    return true;
}

static bool compile_object(struct schema_set *set, json_t *node, struct schema *schema,
                           struct fault *fault)
{
    struct work work = {.set = set, .node = node, .schema = schema, .fault = fault};

    schema->rules =
        arena_alloc_array(set->arena, json_object_size(node), sizeof(*schema->rules));
    for (void *at = json_object_iter(node); at; at = json_object_iter_next(node, at)) {
        work.keyword = json_object_iter_key(at);
        if (!compile_keyword(&work, json_object_iter_value(at)))
            return false;
    }
    return true;
}

static struct memo **memo_bucket(struct schema_set *set, const json_t *node)
{
    return &set->buckets[((uintptr_t)node >> 5) % MEMO_BUCKETS];
}

static struct schema *memo_find(struct schema_set *set, const json_t *node)
{
    for (struct memo *memo = *memo_bucket(set, node); memo; memo = memo->next)
        if (memo->node == node)
            return memo->schema;
    return NULL;
}

static struct schema *memo_add(struct schema_set *set, const json_t *node, const char *place)
{
    struct memo *memo = arena_alloc(set->arena, sizeof(*memo));
    struct memo **bucket = memo_bucket(set, node);

    memo->schema = arena_alloc(set->arena, sizeof(*memo->schema));
    memo->schema->place = arena_copy_text(set->arena, place);
    memo->schema->mark = arena_alloc(set->arena, sizeof(*memo->schema->mark));
    memo->node = node;
    memo->next = *bucket;
    *bucket = memo;
    return memo->schema;
}

const struct schema *schema_compile(struct schema_set *set, json_t *node, const char *place,
                                    struct fault *fault)
{
    struct schema *schema = memo_find(set, node);

    if (schema)
        return schema;
    schema = memo_add(set, node, place);
    if (json_is_boolean(node)) {
        schema->refuses_all = json_is_false(node);
        return schema;
    }
    if (!json_is_object(node)) {
        fault_set(fault, "%s: a schema must be an object, true or false", place);
        return NULL;
    }
    return compile_object(set, node, schema, fault) ? schema : NULL;
}

/* ------------------------------------------------------------------ looking into them */

const struct rule *schema_rule(const struct schema *schema, enum keyword keyword)
{
    for (size_t i = 0; i < schema->rule_count; i++)
        if (schema->rules[i].keyword == keyword)
            return &schema->rules[i];
    return NULL;
}

static unsigned list_types(const struct schema_list *list)
{
    unsigned mask = 0;

    for (size_t i = 0; i < list->count; i++)
        mask |= schema_types(list->items[i]);
    return mask;
}

static unsigned values_types(const json_t *values)
{
    unsigned mask = 0;

    for (size_t i = 0; i < json_array_size(values); i++)
        mask |= type_of(json_array_get(values, i));
    return mask;
}

static unsigned rule_types(const struct rule *rule)
{
    unsigned mask = TYPE_ANY;

    if (rule->keyword == KEYWORD_REF)
        return schema_types(rule->is.schema);
    if (rule->keyword == KEYWORD_TYPE)
        return rule->is.types;
    if (rule->keyword == KEYWORD_CONST)
        return type_of(rule->is.json);
    if (rule->keyword == KEYWORD_ENUM)
        return values_types(rule->is.json);
    if (rule->keyword == KEYWORD_ANY_OF || rule->keyword == KEYWORD_ONE_OF)
        return list_types(&rule->is.choice->branches);
    for (size_t i = 0; rule->keyword == KEYWORD_ALL_OF && i < rule->is.list.count; i++)
        mask &= schema_types(rule->is.list.items[i]);
    return mask;
}

unsigned schema_types(const struct schema *schema)
{
    unsigned mask = schema->refuses_all ? 0 : TYPE_ANY;

    for (size_t i = 0; i < schema->rule_count; i++)
        mask &= rule_types(&schema->rules[i]);
    return mask;
}

/* The first of the keyword's rules on the way along $ref. */
static const struct rule *rule_behind_references(const struct schema *schema,
                                                 enum keyword keyword)
{
    while (schema) {
        const struct rule *rule = schema_rule(schema, keyword);
        const struct rule *reference = schema_rule(schema, KEYWORD_REF);

        if (rule)
            return rule;
        schema = reference ? reference->is.schema : NULL;
    }
    return NULL;
}

static int key_by_name(const void *key, const void *member)
{
    return compare_names(key, &((const struct member *)member)->name);
}

const struct schema *schema_member(const struct schema *schema, const char *name)
{
    const struct rule *rule = rule_behind_references(schema, KEYWORD_PROPERTIES);
    struct name key = {name, strlen(name)};
    const struct member *member =
        rule ? bsearch(&key, rule->is.members->known, rule->is.members->known_count,
                       sizeof(struct member), key_by_name)
             : NULL;

    return member ? member->schema : NULL;
}

const struct rule *schema_values(const struct schema *schema)
{
    const struct rule *constant = rule_behind_references(schema, KEYWORD_CONST);

    return constant ? constant : rule_behind_references(schema, KEYWORD_ENUM);
}

static const struct schema *items_of_branches(const struct schema_list *branches)
{
    for (size_t i = 0; i < branches->count; i++)
        if (schema_types(branches->items[i]) & TYPE_ARRAY)
            return schema_items(branches->items[i]);
    return NULL;
}

const struct schema *schema_items(const struct schema *schema)
{
    const struct rule *rule = rule_behind_references(schema, KEYWORD_ITEMS);

    if (rule)
        return rule->is.elements->others;
    rule = rule_behind_references(schema, KEYWORD_ANY_OF);
    if (!rule)
        rule = rule_behind_references(schema, KEYWORD_ONE_OF);
    return rule ? items_of_branches(&rule->is.choice->branches) : NULL;
}

/* ------------------------------------------------------------------ when all are compiled */

enum { MARK_NEW, MARK_OPEN, MARK_DONE };

static bool schema_ends(const struct schema *schema, struct fault *fault);

static bool list_ends(const struct schema_list *list, struct fault *fault)
{
    for (size_t i = 0; i < list->count; i++)
        if (!schema_ends(list->items[i], fault))
            return false;
    return true;
}

static bool dependencies_end(const struct dependencies *dependencies, struct fault *fault)
{
    for (size_t i = 0; i < dependencies->count; i++)
        if (!schema_ends(dependencies->items[i].schema, fault))
            return false;
    return true;
}

static bool condition_ends(const struct condition *condition, struct fault *fault)
{
    return schema_ends(condition->when, fault) && schema_ends(condition->then, fault) &&
           schema_ends(condition->otherwise, fault);
}

/* Follows what applies to the very same value. */
static bool rule_ends(const struct rule *rule, struct fault *fault)
{
    switch (rule->keyword) {
    case KEYWORD_REF:
    case KEYWORD_NOT:
        return schema_ends(rule->is.schema, fault);
    case KEYWORD_ALL_OF:
        return list_ends(&rule->is.list, fault);
    case KEYWORD_ANY_OF:
    case KEYWORD_ONE_OF:
        return list_ends(&rule->is.choice->branches, fault);
    case KEYWORD_IF:
        return condition_ends(rule->is.condition, fault);
    case KEYWORD_DEPENDENT_SCHEMAS:
        return dependencies_end(rule->is.dependencies, fault);
    default:
        return true;
    }
}

static bool schema_ends(const struct schema *schema, struct fault *fault)
{
    if (!schema || *schema->mark == MARK_DONE)
        return true;
    if (*schema->mark == MARK_OPEN)
        return fault_set(fault, "%s: this schema refers to itself without end", schema->place);
    *schema->mark = MARK_OPEN;
    for (size_t i = 0; i < schema->rule_count; i++)
        if (!rule_ends(&schema->rules[i], fault))
            return false;
    *schema->mark = MARK_DONE;
    return true;
}

/* True when every branch that takes objects has `name` with const or enum. */
static bool tells_apart(const struct schema_list *branches, const char *name)
{
    for (size_t i = 0; i < branches->count; i++) {
        const struct schema *member;

        if (!(schema_types(branches->items[i]) & TYPE_OBJECT))
            continue;
        member = schema_member(branches->items[i], name);
        if (!member || !schema_values(member))
            return false;
    }
    return true;
}

static const struct members *first_members(const struct schema_list *branches)
{
    for (size_t i = 0; i < branches->count; i++) {
        const struct rule *rule =
            rule_behind_references(branches->items[i], KEYWORD_PROPERTIES);

        if (rule)
            return rule->is.members;
    }
    return NULL;
}

static void find_discriminator(struct choice *choice)
{
    const struct members *members = first_members(&choice->branches);

    for (size_t i = 0; members && i < members->known_count && !choice->discriminator; i++)
        if (tells_apart(&choice->branches, members->known[i].name.text))
            choice->discriminator = members->known[i].name.text;
}

static void prepare_choices(const struct schema *schema)
{
    for (size_t i = 0; i < schema->rule_count; i++) {
        enum keyword keyword = schema->rules[i].keyword;

        if (keyword == KEYWORD_ANY_OF || keyword == KEYWORD_ONE_OF)
            find_discriminator(schema->rules[i].is.choice);
    }
}

bool schema_set_finish(struct schema_set *set, struct fault *fault)
{
    for (size_t i = 0; i < MEMO_BUCKETS; i++)
        for (struct memo *memo = set->buckets[i]; memo; memo = memo->next)
            if (!schema_ends(memo->schema, fault))
                return false;
    for (size_t i = 0; i < MEMO_BUCKETS; i++)
        for (struct memo *memo = set->buckets[i]; memo; memo = memo->next)
            prepare_choices(memo->schema);
    return true;
}
