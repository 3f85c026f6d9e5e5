// links: base contract
/* The official JSON Schema test suite, draft 2020-12, as Debian packages it
 * (libtest-json-schema-acceptance-perl). For every keyword and format that the validator
 * supports all tests must pass; the counts are pinned, so that a test that gets lost shows.
 *
 * "refused": tests whose schema does not compile, because it uses a keyword or a reference that
 * contracts do not need ($id and its relatives, unevaluated*, references to other documents).
 * Such a schema stops the start and is never half obeyed, so it is no failure; the number is
 * pinned too. VERBOSE=1 lists them.
 *
 * Not run, since nothing in them is supported: anchor, content, defs (all of its tests refer to
 * the metaschema), dynamicRef, id, refRemote, unevaluatedItems, unevaluatedProperties,
 * unknownKeyword, vocabulary; and of the optional ones those about other formats, other drafts,
 * \p{Letter} and non-ASCII \s in patterns, and integers beyond 64 bits.
 * There are no exceptions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "contract/validate.c"

#define SUITE_DEFAULT                                                                          \
    "/usr/share/perl5/auto/share/dist/Test-JSON-Schema-Acceptance/tests/draft2020-12"

struct group {
    const char *file;
    size_t passed;
    size_t refused;
};

/* clang-format off */
static const struct group groups[] = {
    {"additionalProperties",            16,  0},
    {"allOf",                           30,  0},
    {"anyOf",                           18,  0},
    {"boolean_schema",                  18,  0},
    {"const",                           50,  0},
    {"contains",                        21,  0},
    {"default",                          7,  0},
    {"dependentRequired",               20,  0},
    {"dependentSchemas",                16,  0},
    {"enum",                            33,  0},
    {"exclusiveMaximum",                 4,  0},
    {"exclusiveMinimum",                 4,  0},
    {"format",                          72, 42},
    {"if-then-else",                    26,  0},
    {"infinite-loop-detection",          2,  0},
    {"items",                           27,  0},
    {"maxContains",                     12,  0},
    {"maxItems",                         6,  0},
    {"maxLength",                        7,  0},
    {"maxProperties",                   10,  0},
    {"maximum",                          8,  0},
    {"minContains",                     28,  0},
    {"minItems",                         6,  0},
    {"minLength",                        7,  0},
    {"minProperties",                    8,  0},
    {"minimum",                         11,  0},
    {"multipleOf",                      10,  0},
    {"not",                             12,  2},
    {"oneOf",                           27,  0},
    {"pattern",                          9,  0},
    {"patternProperties",               23,  0},
    {"prefixItems",                     11,  0},
    {"properties",                      28,  0},
    {"propertyNames",                   10,  0},
    {"ref",                             30, 42},
    {"required",                        16,  0},
    {"type",                            80,  0},
    {"uniqueItems",                     68,  0},
    {"optional/non-bmp-regex",          12,  0},
    {"optional/format/date",            47,  0},
    {"optional/format/date-time",       25,  0},
    {"optional/format/duration",        25,  0},
    {"optional/format/email",           22,  0},
    {"optional/format/hostname",        18,  0},
    {"optional/format/ipv4",            15,  0},
    {"optional/format/ipv6",            40,  0},
    {"optional/format/json-pointer",    38,  0},
    {"optional/format/time",            45,  0},
    {"optional/format/uri",             26,  0},
    {"optional/format/uri-reference",   13,  0},
    {"optional/format/uuid",            21,  0},
};
/* clang-format on */

struct counts {
    size_t passed, failed, refused;
};

static struct counts all; /* for the closing line */

static const char *text_of(const json_t *object, const char *member)
{
    return json_string_value(json_object_get(object, member));
}

/* Findings and the quick yes or no must agree, and a refusal must have a reason. */
static bool agrees(const struct schema *schema, json_t *value, bool expected)
{
    struct findings findings = {.arena = arena_new()};
    bool fits = schema_check(schema, value, &findings, NULL);
    bool agreed = fits == expected && fits == (findings.count == 0) &&
                  schema_check(schema, value, NULL, NULL) == fits;

    arena_free(findings.arena);
    return agreed;
}

static void try_test(const struct group *group, const char *story, const struct schema *schema,
                     const json_t *test, struct counts *counts)
{
    if (agrees(schema, json_object_get(test, "data"),
               json_is_true(json_object_get(test, "valid")))) {
        counts->passed++;
    } else {
        counts->failed++;
        print_message("%s: FAILED: %s: %s\n", group->file, story, text_of(test, "description"));
    }
}

static void try_case(const struct group *group, const json_t *one, struct counts *counts)
{
    struct arena *arena = arena_new();
    json_t *root = json_object_get(one, "schema");
    json_t *tests = json_object_get(one, "tests");
    struct schema_set *set = schema_set_new(arena, root);
    struct fault fault;
    const struct schema *schema = schema_compile(set, root, "#", &fault);

    if (schema && schema_set_finish(set, &fault)) {
        for (size_t i = 0; i < json_array_size(tests); i++)
            try_test(group, text_of(one, "description"), schema, json_array_get(tests, i),
                     counts);
    } else {
        counts->refused += json_array_size(tests);
        if (getenv("VERBOSE"))
            print_message("%s: refused: %s: %s\n", group->file, text_of(one, "description"),
                          fault.text);
    }
    arena_free(arena);
}

static json_t *load(const struct group *group)
{
    const char *suite = getenv("SCHEMA_SUITE");
    char path[512];
    json_error_t error;
    json_t *cases;

    snprintf(path, sizeof(path), "%s/%s.json", suite ? suite : SUITE_DEFAULT, group->file);
    cases = json_load_file(path, JSON_ALLOW_NUL, &error);
    if (!cases)
        fail_msg("%s: %s (is libtest-json-schema-acceptance-perl installed?)", path,
                 error.text);
    return cases;
}

static void test_group(void **state)
{
    const struct group *group = *state;
    json_t *cases = load(group);
    struct counts counts = {0};

    for (size_t i = 0; i < json_array_size(cases); i++)
        try_case(group, json_array_get(cases, i), &counts);
    json_decref(cases);
    print_message("schema suite: %-29s %4zu passed, %zu failed, %zu refused\n", group->file,
                  counts.passed, counts.failed, counts.refused);
    all.passed += counts.passed;
    all.failed += counts.failed;
    all.refused += counts.refused;
    assert_int_equal(counts.failed, 0);
    assert_int_equal(counts.passed, group->passed);
    assert_int_equal(counts.refused, group->refused);
}

static int print_total(void **state)
{
    (void)state;
    print_message("schema suite: %zu passed, %zu failed, %zu refused\n", all.passed, all.failed,
                  all.refused);
    return 0;
}

int main(void)
{
    static struct group copies[LENGTH(groups)];
    static struct CMUnitTest tests[LENGTH(groups)];

    for (size_t i = 0; i < LENGTH(groups); i++) {
        copies[i] = groups[i];
        tests[i] = (struct CMUnitTest){
            .name = groups[i].file, .test_func = test_group, .initial_state = &copies[i]};
    }
    return cmocka_run_group_tests_name("schema suite", tests, NULL, print_total);
}
