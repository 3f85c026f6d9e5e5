/* Lives here: running compiled schemas over values. Each keyword has a row in keyword_table.h
 * and a check here. Allocates only for findings, one block for patterns and one for long
 * arrays of unique items; never quotes the value. Messages are read by people. */
#include "contract/schema.h"

#include <stdlib.h>
#include <string.h>

#include "contract/pointer.h"
#include "contract/text.h"

typedef bool check_function(struct run *run, const struct rule *rule, json_t *value,
                            const struct place *place);

unsigned type_of(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return TYPE_OBJECT;
    case JSON_ARRAY:
        return TYPE_ARRAY;
    case JSON_STRING:
        return TYPE_STRING;
    case JSON_INTEGER:
        return TYPE_INTEGER;
    case JSON_REAL:
        return number_of(value).is_integer ? TYPE_INTEGER : TYPE_REAL;
    case JSON_TRUE:
    case JSON_FALSE:
        return TYPE_BOOLEAN;
    default:
        return TYPE_NULL;
    }
}

/* ------------------------------------------------------------------ findings */

static bool wants_findings(const struct run *run)
{
    return run->findings && run->findings->count < FINDINGS_MOST;
}

/* Inside a parameter people count: "item 3 must be ...". */
static const char *parameter_detail(struct arena *arena, const struct place *place,
                                    const char *detail)
{
    for (; place->parent; place = place->parent)
        if (!place->name)
            detail = arena_format(arena, "item %zu %s", place->index + 1, detail);
    return detail;
}

static void add_finding(struct run *run, const struct place *place, const char *detail)
{
    struct arena *arena = run->findings->arena;

    if (run->parameter)
        findings_add_parameter(run->findings, run->parameter, 400,
                               parameter_detail(arena, place, detail));
    else
        findings_add_pointer(run->findings, pointer_write(arena, place), detail);
}

bool run_refuse(struct run *run, const struct place *place, const char *format, ...)
{
    char detail[1024];
    va_list arguments;
    int length;

    if (!wants_findings(run))
        return false;
    va_start(arguments, format);
    length = vsnprintf(detail, sizeof(detail), format, arguments);
    va_end(arguments);
    if (length >= (int)sizeof(detail))
        detail[text_cut(detail, sizeof(detail) - 1, sizeof(detail) - 4)] = '\0';
    add_finding(run, place, detail);
    return false;
}

static struct place member_place(const struct place *parent, const char *name, size_t length)
{
    return (struct place){.parent = parent, .name = name, .length = length};
}

static struct place item_place(const struct place *parent, size_t index)
{
    return (struct place){.parent = parent, .index = index};
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

/* ------------------------------------------------------------------ any value */

static bool check_schema(struct run *run, const struct rule *rule, json_t *value,
                         const struct place *place)
{
    return run_schema(run, rule->is.schema, value, place);
}

static bool check_type(struct run *run, const struct rule *rule, json_t *value,
                       const struct place *place)
{
    return (type_of(value) & rule->is.types) ||
           run_refuse(run, place, "must be %s", rule->text);
}

static bool check_constant(struct run *run, const struct rule *rule, json_t *value,
                           const struct place *place)
{
    return value_equal(value, rule->is.json) ||
           run_refuse(run, place, "must be: %s", rule->text);
}

static bool check_values(struct run *run, const struct rule *rule, json_t *value,
                         const struct place *place)
{
    for (size_t i = 0; i < json_array_size(rule->is.json); i++)
        if (value_equal(value, json_array_get(rule->is.json, i)))
            return true;
    return run_refuse(run, place, "must be one of: %s", rule->text);
}

/* ------------------------------------------------------------------ numbers */

static int compare(const json_t *value, const struct rule *rule)
{
    return number_compare(number_of(value), rule->is.number);
}

static bool check_minimum(struct run *run, const struct rule *rule, json_t *value,
                          const struct place *place)
{
    return compare(value, rule) >= 0 ||
           run_refuse(run, place, "must be at least %s", rule->text);
}

static bool check_maximum(struct run *run, const struct rule *rule, json_t *value,
                          const struct place *place)
{
    return compare(value, rule) <= 0 ||
           run_refuse(run, place, "must be at most %s", rule->text);
}

static bool check_above(struct run *run, const struct rule *rule, json_t *value,
                        const struct place *place)
{
    return compare(value, rule) > 0 ||
           run_refuse(run, place, "must be more than %s", rule->text);
}

static bool check_below(struct run *run, const struct rule *rule, json_t *value,
                        const struct place *place)
{
    return compare(value, rule) < 0 ||
           run_refuse(run, place, "must be less than %s", rule->text);
}

static bool check_multiple(struct run *run, const struct rule *rule, json_t *value,
                           const struct place *place)
{
    return decimal_is_multiple(decimal_of(number_of(value)), rule->is.decimal) ||
           run_refuse(run, place, "must be a multiple of %s", rule->text);
}

/* ------------------------------------------------------------------ texts */

/* There are never more characters than bytes, and never fewer than a quarter. */
static bool check_max_length(struct run *run, const struct rule *rule, json_t *value,
                             const struct place *place)
{
    size_t bytes = json_string_length(value);
    size_t most = rule->is.count;

    if (bytes <= most || text_code_points(json_string_value(value), bytes) <= most)
        return true;
    return run_refuse(run, place, "must be at most %zu character%s long", most, plural(most));
}

static bool check_min_length(struct run *run, const struct rule *rule, json_t *value,
                             const struct place *place)
{
    size_t bytes = json_string_length(value);
    size_t least = rule->is.count;

    if (bytes >= least &&
        (bytes / 4 >= least || text_code_points(json_string_value(value), bytes) >= least))
        return true;
    if (least == 1)
        return run_refuse(run, place, "must not be empty");
    return run_refuse(run, place, "must be at least %zu characters long", least);
}

static bool check_format(struct run *run, const struct rule *rule, json_t *value,
                         const struct place *place)
{
    return rule->is.format->fits(json_string_value(value), json_string_length(value)) ||
           run_refuse(run, place, "must be %s", rule->is.format->wanted);
}

static bool check_pattern(struct run *run, const struct rule *rule, json_t *value,
                          const struct place *place)
{
    if (pattern_is_found(rule->is.pattern, &run->scratch, json_string_value(value),
                         json_string_length(value)))
        return true;
    if (rule->text)
        return run_refuse(run, place, "must be %s", rule->text);
    return run_refuse(run, place, "must match the pattern %s",
                      pattern_source(rule->is.pattern));
}

/* ------------------------------------------------------------------ arrays */

static bool check_max_items(struct run *run, const struct rule *rule, json_t *value,
                            const struct place *place)
{
    return json_array_size(value) <= rule->is.count ||
           run_refuse(run, place, "must have at most %zu item%s", rule->is.count,
                      plural(rule->is.count));
}

static bool check_min_items(struct run *run, const struct rule *rule, json_t *value,
                            const struct place *place)
{
    return json_array_size(value) >= rule->is.count ||
           run_refuse(run, place, "must have at least %zu item%s", rule->is.count,
                      plural(rule->is.count));
}

static bool check_elements(struct run *run, const struct rule *rule, json_t *value,
                           const struct place *place)
{
    const struct elements *elements = rule->is.elements;
    bool fits = true;

    for (size_t i = 0; i < json_array_size(value) && (fits || wants_findings(run)); i++) {
        const struct schema *schema =
            i < elements->prefix.count ? elements->prefix.items[i] : elements->others;
        struct place here = item_place(place, i);

        if (schema)
            fits &= run_schema(run, schema, json_array_get(value, i), &here);
    }
    return fits;
}

static bool check_containment(struct run *run, const struct rule *rule, json_t *value,
                              const struct place *place)
{
    const struct containment *wanted = rule->is.containment;
    size_t found = 0;

    for (size_t i = 0; i < json_array_size(value) && found <= wanted->most; i++)
        found += run_quietly(run, wanted->schema, json_array_get(value, i));
    if (found < wanted->least)
        return run_refuse(run, place, "must have at least %zu item%s of the kind described",
                          wanted->least, plural(wanted->least));
    return found <= wanted->most ||
           run_refuse(run, place, "must have at most %zu item%s of the kind described",
                      wanted->most, plural(wanted->most));
}

static bool check_unique(struct run *run, const struct rule *rule, json_t *value,
                         const struct place *place)
{
    return !value_has_twins(value, rule->is.seed) ||
           run_refuse(run, place, "must not have the same item twice");
}

/* ------------------------------------------------------------------ objects */

static bool check_max_members(struct run *run, const struct rule *rule, json_t *value,
                              const struct place *place)
{
    return json_object_size(value) <= rule->is.count ||
           run_refuse(run, place, "must have at most %zu member%s", rule->is.count,
                      plural(rule->is.count));
}

static bool check_min_members(struct run *run, const struct rule *rule, json_t *value,
                              const struct place *place)
{
    return json_object_size(value) >= rule->is.count ||
           run_refuse(run, place, "must have at least %zu member%s", rule->is.count,
                      plural(rule->is.count));
}

/* `why` follows "is required"; a missing member is reported at the place where it belongs. */
static bool require(struct run *run, const struct name_list *names, json_t *value,
                    const struct place *place, const char *why)
{
    bool fits = true;

    for (size_t i = 0; i < names->count; i++) {
        const struct name *name = &names->items[i];
        struct place here = member_place(place, name->text, name->length);

        if (!json_object_getn(value, name->text, name->length))
            fits = run_refuse(run, &here, "is required%s", why);
    }
    return fits;
}

static bool check_required(struct run *run, const struct rule *rule, json_t *value,
                           const struct place *place)
{
    return require(run, &rule->is.names, value, place, "");
}

static bool check_dependency(struct run *run, const struct dependency *dependency,
                             json_t *value, const struct place *place)
{
    char why[128];

    if (dependency->schema)
        return run_schema(run, dependency->schema, value, place);
    snprintf(why, sizeof(why), " when %.100s is given", dependency->name.text);
    return require(run, &dependency->required, value, place, why);
}

static bool check_dependencies(struct run *run, const struct rule *rule, json_t *value,
                               const struct place *place)
{
    const struct dependencies *dependencies = rule->is.dependencies;
    bool fits = true;

    for (size_t i = 0; i < dependencies->count; i++) {
        const struct dependency *dependency = &dependencies->items[i];

        if (json_object_getn(value, dependency->name.text, dependency->name.length))
            fits &= check_dependency(run, dependency, value, place);
    }
    return fits;
}

static bool name_fits(struct run *run, const struct schema *schema, const char *name,
                      size_t length)
{
    json_t *text = json_stringn_nocheck(name, length);
    bool fits;

    ASSERT(text);
    fits = run_quietly(run, schema, text);
    json_decref(text);
    return fits;
}

static bool check_names(struct run *run, const struct rule *rule, json_t *value,
                        const struct place *place)
{
    bool fits = true;

    for (void *at = json_object_iter(value); at && (fits || wants_findings(run));
         at = json_object_iter_next(value, at)) {
        struct place here =
            member_place(place, json_object_iter_key(at), json_object_iter_key_len(at));

        if (!name_fits(run, rule->is.schema, here.name, here.length))
            fits = run_refuse(run, &here, "has a name that is not allowed here");
    }
    return fits;
}

static int compare_name(const struct name *name, const struct place *place)
{
    if (name->length != place->length)
        return name->length < place->length ? -1 : 1;
    return memcmp(name->text, place->name, place->length);
}

static const struct schema *known_member(const struct members *members,
                                         const struct place *here)
{
    size_t from = 0;
    size_t to = members->known_count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;
        int order = compare_name(&members->known[middle].name, here);

        if (order == 0)
            return members->known[middle].schema;
        if (order < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return NULL;
}

static bool refuse_member(struct run *run, const struct members *members,
                          const struct place *here)
{
    if (members->known_count == 0)
        return run_refuse(run, here, "is not a member of this object");
    return run_refuse(run, here, "is not a member of this object; known are: %s",
                      members->known_text);
}

static bool check_member(struct run *run, const struct members *members, json_t *value,
                         const struct place *here)
{
    const struct schema *known = known_member(members, here);
    bool fits = !known || run_schema(run, known, value, here);
    bool is_known = known != NULL;

    for (size_t i = 0; i < members->pattern_count; i++) {
        const struct pattern_member *member = &members->patterns[i];

        if (!pattern_is_found(member->pattern, &run->scratch, here->name, here->length))
            continue;
        is_known = true;
        fits &= run_schema(run, member->schema, value, here);
    }
    if (is_known || !members->additional)
        return fits;
    if (members->additional->refuses_all)
        return refuse_member(run, members, here);
    return run_schema(run, members->additional, value, here);
}

static bool check_members(struct run *run, const struct rule *rule, json_t *value,
                          const struct place *place)
{
    bool fits = true;

    for (void *at = json_object_iter(value); at && (fits || wants_findings(run));
         at = json_object_iter_next(value, at)) {
        struct place here =
            member_place(place, json_object_iter_key(at), json_object_iter_key_len(at));

        fits &= check_member(run, rule->is.members, json_object_iter_value(at), &here);
    }
    return fits;
}

/* ------------------------------------------------------------------ schemas together */

static bool check_all_of(struct run *run, const struct rule *rule, json_t *value,
                         const struct place *place)
{
    bool fits = true;

    for (size_t i = 0; i < rule->is.list.count && (fits || wants_findings(run)); i++)
        fits &= run_schema(run, rule->is.list.items[i], value, place);
    return fits;
}

/* Branches that take the value, counted up to `most`. */
static size_t branches_that_fit(struct run *run, const struct schema_list *branches,
                                json_t *value, size_t most)
{
    size_t fitting = 0;

    for (size_t i = 0; i < branches->count && fitting < most; i++)
        fitting += run_quietly(run, branches->items[i], value);
    return fitting;
}

static bool check_any_of(struct run *run, const struct rule *rule, json_t *value,
                         const struct place *place)
{
    if (branches_that_fit(run, &rule->is.choice->branches, value, 1) == 1)
        return true;
    if (wants_findings(run))
        choice_explain(run, rule->is.choice, value, place);
    return false;
}

static bool check_one_of(struct run *run, const struct rule *rule, json_t *value,
                         const struct place *place)
{
    size_t fitting = branches_that_fit(run, &rule->is.choice->branches, value, 2);

    if (fitting > 1)
        return run_refuse(run, place,
                          "fits more than one of the forms of which it may have one");
    if (fitting == 0 && wants_findings(run))
        choice_explain(run, rule->is.choice, value, place);
    return fitting == 1;
}

static bool check_not(struct run *run, const struct rule *rule, json_t *value,
                      const struct place *place)
{
    return !run_quietly(run, rule->is.schema, value) ||
           run_refuse(run, place, "has a form that is not allowed here");
}

static bool check_condition(struct run *run, const struct rule *rule, json_t *value,
                            const struct place *place)
{
    const struct condition *condition = rule->is.condition;
    const struct schema *next =
        run_quietly(run, condition->when, value) ? condition->then : condition->otherwise;

    return !next || run_schema(run, next, value, place);
}

/* For the rows of keywords that leave no rule: they are read together with another one, or
 * only annotate. */
static bool check_none(struct run *run, const struct rule *rule, json_t *value,
                       const struct place *place)
{
    return run && rule && value && place;
}

/* ------------------------------------------------------------------ a whole schema */

static const struct {
    check_function *check;
    unsigned applies_to;
    bool ends;
} checks[] = {
#define KEYWORD(id, name, compile, check, applies_to, ends) {check_##check, applies_to, ends},
#include "contract/keyword_table.h"
#undef KEYWORD
};

bool run_schema(struct run *run, const struct schema *schema, json_t *value,
                const struct place *place)
{
    unsigned type = type_of(value);
    bool fits = true;

    if (schema->refuses_all)
        return run_refuse(run, place, "is not allowed here");
    for (size_t i = 0; i < schema->rule_count; i++) {
        const struct rule *rule = &schema->rules[i];

        if (!(checks[rule->keyword].applies_to & type) ||
            checks[rule->keyword].check(run, rule, value, place))
            continue;
        fits = false;
        if (checks[rule->keyword].ends || !wants_findings(run))
            break;
    }
    return fits;
}

bool run_quietly(struct run *run, const struct schema *schema, json_t *value)
{
    struct place here = {0};
    struct run quiet = {.scratch = run->scratch};
    bool fits = run_schema(&quiet, schema, value, &here);

    run->scratch = quiet.scratch;
    return fits;
}

bool schema_check(const struct schema *schema, json_t *value, struct findings *findings,
                  const char *parameter)
{
    struct run run = {.findings = findings, .parameter = parameter};
    struct place whole = {0};
    bool fits = run_schema(&run, schema, value, &whole);

    pattern_scratch_free(&run.scratch);
    return fits;
}
