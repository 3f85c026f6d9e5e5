/* Lives here: what to say when no branch of anyOf or oneOf takes a value. "Fits none of them"
 * helps nobody: the branch that was meant is found by its type, its discriminating member or
 * its few faults, and its faults are told. Runs only for values that are refused. */
#include "contract/schema.h"

#include <string.h>

/* The branches that take a value of this type; others are not worth a word. */
struct candidates {
    const struct schema *first;
    size_t count;
};

static struct candidates find_candidates(const struct schema_list *branches, unsigned type)
{
    struct candidates candidates = {NULL, 0};

    for (size_t i = 0; i < branches->count; i++) {
        if (!(schema_types(branches->items[i]) & type))
            continue;
        if (!candidates.first)
            candidates.first = branches->items[i];
        candidates.count++;
    }
    return candidates;
}

static unsigned all_types(const struct schema_list *branches)
{
    unsigned types = 0;

    for (size_t i = 0; i < branches->count; i++)
        types |= schema_types(branches->items[i]);
    return types;
}

/* "a, b, c": what the discriminating member may be. */
static const char *discriminating_values(const struct choice *choice, struct arena *arena)
{
    struct buffer text = buffer_init(arena);

    for (size_t i = 0; i < choice->branches.count; i++) {
        const struct schema *member =
            schema_member(choice->branches.items[i], choice->discriminator);

        if (!member)
            continue;
        buffer_add_text(&text, text.length ? ", " : "");
        buffer_add_text(&text, schema_values(member)->text);
    }
    return text.text;
}

/* Tells the faults of the branch that the discriminating member chooses. False: the value has
 * no such member. */
static bool explain_by_discriminator(struct run *run, const struct choice *choice,
                                     json_t *value, const struct place *place)
{
    json_t *mark = json_object_get(value, choice->discriminator);
    struct place here = {.parent = place, .name = choice->discriminator};

    if (!mark)
        return false;
    for (size_t i = 0; i < choice->branches.count; i++) {
        const struct schema *branch = choice->branches.items[i];
        const struct schema *member = schema_member(branch, choice->discriminator);

        if (member && run_quietly(run, member, mark)) {
            run_schema(run, branch, value, place);
            return true;
        }
    }
    here.length = strlen(here.name);
    run_refuse(run, &here, "must be one of: %s",
               discriminating_values(choice, run->findings->arena));
    return true;
}

/* The faults that a branch finds, on a list of their own. */
static struct findings try_branch(const struct run *run, const struct schema *branch,
                                  json_t *value, const struct place *place)
{
    struct findings found = {.arena = run->findings->arena};
    struct run trial = {.findings = &found, .parameter = run->parameter};

    run_schema(&trial, branch, value, place);
    pattern_scratch_free(&trial.scratch);
    return found;
}

static void add_all(struct run *run, const struct findings *found)
{
    for (size_t i = 0; i < found->count; i++) {
        const struct finding *finding = &found->items[i];

        if (finding->parameter)
            findings_add_parameter(run->findings, finding->parameter, finding->status,
                                   finding->detail);
        else
            findings_add_pointer(run->findings, finding->pointer, finding->detail);
    }
}

/* Adds "b" to "must be a" as "must be a, or b". */
static void join_detail(struct buffer *text, const char *detail)
{
    static const char must_be[] = "must be ";
    const size_t skip = sizeof(must_be) - 1;

    if (text->length > 0)
        buffer_add_text(text, ", or ");
    if (text->length > skip && strncmp(text->text, must_be, skip) == 0 &&
        strncmp(detail, must_be, skip) == 0)
        detail += skip;
    buffer_add_text(text, detail);
}

/* A text or a number that may have several forms: names them all. */
static void explain_scalar(struct run *run, const struct schema_list *branches, json_t *value,
                           const struct place *place)
{
    struct buffer text = buffer_init(run->findings->arena);

    for (size_t i = 0; i < branches->count; i++) {
        struct run plain = {.findings = run->findings};
        struct place whole = {0};
        struct findings found;

        if (!(schema_types(branches->items[i]) & type_of(value)))
            continue;
        found = try_branch(&plain, branches->items[i], value, &whole);
        if (found.count > 0 && !strstr(text.text, found.items[0].detail))
            join_detail(&text, found.items[0].detail);
    }
    run_refuse(run, place, "%s", text.text);
}

/* The branch with the fewest faults; the first of them. */
static void explain_by_fewest(struct run *run, const struct schema_list *branches,
                              json_t *value, const struct place *place)
{
    struct findings best = {.count = FINDINGS_MOST + 1};

    for (size_t i = 0; i < branches->count; i++) {
        struct findings found;

        if (!(schema_types(branches->items[i]) & type_of(value)))
            continue;
        found = try_branch(run, branches->items[i], value, place);
        if (found.count < best.count)
            best = found;
    }
    add_all(run, &best);
}

void choice_explain(struct run *run, const struct choice *choice, json_t *value,
                    const struct place *place)
{
    const struct schema_list *branches = &choice->branches;
    unsigned type = type_of(value);
    struct candidates candidates = find_candidates(branches, type);

    if (candidates.count == 0)
        run_refuse(run, place, "must be %s",
                   types_text(all_types(branches), run->findings->arena));
    else if (candidates.count == 1)
        run_schema(run, candidates.first, value, place);
    else if (type != TYPE_OBJECT && type != TYPE_ARRAY)
        explain_scalar(run, branches, value, place);
    else if (type != TYPE_OBJECT || !choice->discriminator ||
             !explain_by_discriminator(run, choice, value, place))
        explain_by_fewest(run, branches, value, place);
}
