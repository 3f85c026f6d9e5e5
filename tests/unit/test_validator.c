// links: base contract
/* The validator beyond the official suite: schemas that must not load, exact numbers, patterns
 * that would run for ever, loops, and the words of its findings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "contract/schema.c"

static void document_release(void *document)
{
    json_decref(document);
}

/* The schema of `text`, with ' for ". NULL and a fault when it is refused. */
static const struct schema *compile(struct arena *arena, const char *text, struct fault *fault)
{
    char *json = arena_copy_text(arena, text);
    struct schema_set *set;
    const struct schema *schema;
    json_error_t error;
    json_t *document;

    for (char *at = json; (at = strchr(at, '\'')); at++)
        *at = '"';
    document = json_loads(json, JSON_DECODE_ANY, &error);
    if (!document)
        fail_msg("%s: %s", json, error.text);
    arena_defer(arena, document_release, document);
    set = schema_set_new(arena, document);
    schema = schema_compile(set, document, "#", fault);
    return schema && schema_set_finish(set, fault) ? schema : NULL;
}

/* clang-format off */
static const struct {
    const char *schema, *fault; /* NULL: it refers to itself, told at any place of the circle */
} refused[] = {
    {"{'typ': 'string'}", "#/typ: this keyword is not known to the validator"},
    {"{'properties': {'a/b': {'items': {'nullable': true}}}}", "#/properties/a~1b/items/nullable: this keyword is not known to the validator"},
    {"{'$defs': {'unused': {'maxLenght': 1}}}", "#/$defs/unused/maxLenght: this keyword is not known to the validator"},
    {"{'unevaluatedProperties': false}", "#/unevaluatedProperties: this keyword is not known to the validator"},
    {"{'$id': 'http://example.org/'}", "#/$id: this keyword is not known to the validator"},
    {"{'then': {'x': 1}}", "#/then/x: this keyword is not known to the validator"},
    {"{'type': 'strnig'}", "#/type: names no type"},
    {"{'type': ['string', 7]}", "#/type: names no type"},
    {"{'format': 'phone'}", "#/format: the format \"phone\" is not known"},
    {"{'format': 1}", "#/format: must be a string"},
    {"{'pattern': '('}", "#/pattern: the pattern does not compile: missing closing parenthesis at offset 1"},
    {"{'patternProperties': {'[': true}}", "#/patternProperties: the pattern does not compile: missing terminating ] for character class at offset 1"},
    {"{'pattern': 1}", "#/pattern: must be a string"},
    {"{'$ref': '#/$defs/none'}", "#/$ref: \"#/$defs/none\" points to nothing in this document"},
    {"{'$ref': 'other.json'}", "#/$ref: \"other.json\" points to nothing in this document"},
    {"{'$ref': '#/%zz'}", "#/$ref: \"#/%zz\" points to nothing in this document"},
    {"{'$ref': 7}", "#/$ref: must be a string"},
    {"{'$ref': '#'}", "#: this schema refers to itself without end"},
    {"{'allOf': [{'$ref': '#'}]}", NULL},
    {"{'not': {'anyOf': [true, {'$ref': '#'}]}}", NULL},
    {"{'properties': {'a': {'$ref': '#/$defs/b'}}, '$defs': {'b': {'oneOf': [{'if': {'$ref': '#/$defs/b'}}]}}}", NULL},
    {"{'dependentSchemas': {'a': {'$ref': '#'}}}", NULL},
    {"{'minLength': -1}", "#/minLength: must be an integer of at least 0"},
    {"{'minLength': 1.5}", "#/minLength: must be an integer of at least 0"},
    {"{'maxContains': 'x'}", "#/maxContains: must be an integer of at least 0"},
    {"{'minimum': '1'}", "#/minimum: must be a number"},
    {"{'multipleOf': 0}", "#/multipleOf: must be greater than 0"},
    {"{'enum': []}", "#/enum: must be an array of at least one value"},
    {"{'enum': 'x'}", "#/enum: must be an array of at least one value"},
    {"{'anyOf': []}", "#/anyOf: must be an array of at least one schema"},
    {"{'anyOf': {}}", "#/anyOf: must be an array of at least one schema"},
    {"{'items': 7}", "#/items: a schema must be an object, true or false"},
    {"{'items': [true]}", "#/items: a schema must be an object, true or false"},
    {"{'prefixItems': {}}", "#/prefixItems: must be an array of at least one schema"},
    {"{'additionalProperties': 'no'}", "#/additionalProperties: a schema must be an object, true or false"},
    {"{'properties': []}", "#/properties: must be an object"},
    {"{'required': 'a'}", "#/required: must be an array of names"},
    {"{'required': [1]}", "#/required: must be an array of names"},
    {"{'dependentRequired': {'a': 'b'}}", "#/dependentRequired: must be an array of names"},
    {"{'uniqueItems': 1}", "#/uniqueItems: must be true or false"},
    {"7", "#: a schema must be an object, true or false"},
};
/* clang-format on */

static void test_refused_schemas(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(refused); i++) {
        struct arena *arena = arena_new();
        struct fault fault = {""};

        print_message("%s\n", refused[i].schema);
        assert_null(compile(arena, refused[i].schema, &fault));
        if (refused[i].fault)
            assert_string_equal(fault.text, refused[i].fault);
        else
            assert_non_null(strstr(fault.text, "refers to itself without end"));
        arena_free(arena);
    }
}

/* clang-format off */
static const struct {
    const char *schema, *value, *findings;
} told[] = {
    /* words */
    {"{'type': ['integer', 'null']}", "'x'", ": must be an integer or null"},
    {"{'type': ['string', 'number', 'null']}", "[]", ": must be a string, a number or null"},
    {"{'const': {'a': [1.0]}}", "{'a': [1]}", ""},
    {"{'const': 'a'}", "'b'", ": must be: a"},
    {"{'enum': [1, null, 'a', [true]]}", "2", ": must be one of: 1, null, a, [true]"},
    {"{'maxLength': 1}", "'ab'", ": must be at most 1 character long"},
    {"{'maxItems': 1}", "[1, 2]", ": must have at most 1 item"},
    {"{'contains': {'type': 'string'}}", "[1]", ": must have at least 1 item of the kind described"},
    {"{'contains': true, 'maxContains': 1}", "[1, 2]", ": must have at most 1 item of the kind described"},
    {"{'not': {'type': 'string'}}", "''", ": has a form that is not allowed here"},
    {"{'properties': {'a': false}}", "{'a': 1}", "/a: is not allowed here"},
    {"{'additionalProperties': false}", "{'a': 1}", "/a: is not a member of this object"},
    {"{'dependentRequired': {'from': ['to']}}", "{'from': 1}", "/to: is required when from is given"},
    {"{'oneOf': [{'type': 'number'}, {'minimum': 1}]}", "2", ": fits more than one of the forms of which it may have one"},
    {"{'if': {'required': ['a']}, 'then': {'required': ['b']}, 'else': {'required': ['c']}}", "{'a': 1}", "/b: is required"},
    {"{'if': {'required': ['a']}, 'then': {'required': ['b']}, 'else': {'required': ['c']}}", "{}", "/c: is required"},
    /* once each */
    {"{'allOf': [{'required': ['a']}, {'required': ['a', 'b']}]}", "{}", "/a: is required\n/b: is required"},
    /* siblings of $ref apply */
    {"{'$defs': {'s': {'type': 'string'}}, 'properties': {'a': {'$ref': '#/$defs/s', 'minLength': 2}}}", "{'a': 'x'}", "/a: must be at least 2 characters long"},
    {"{'properties': {'child': {'$ref': '#'}}, 'required': ['n']}", "{'n': 1, 'child': {'child': {'n': 1}}}", "/child/n: is required"},
    /* choices: by type, by discriminator, by the fewest faults, all forms of a text */
    {"{'anyOf': [{'type': 'string', 'maxLength': 1}, {'type': 'array', 'items': {'type': 'integer'}}]}", "[1, 'x', 2, true]", "/1: must be an integer\n/3: must be an integer"},
    {"{'anyOf': [{'type': 'string'}, {'type': 'array'}]}", "1", ": must be a string or an array"},
    {"{'anyOf': [{'type': 'string', 'format': 'date'}, {'const': 'today'}, {'type': 'null'}]}", "'x'", ": must be a date of the calendar, such as 2027-03-29, or must be: today"},
    {"{'oneOf': [{'properties': {'t': {'enum': ['a', 'b']}, 'n': {'type': 'integer'}}}, {'properties': {'t': {'const': 'c'}, 'n': {'type': 'string'}}}]}", "{'t': 'b', 'n': 'x'}", "/n: must be an integer"},
    {"{'oneOf': [{'properties': {'t': {'enum': ['a', 'b']}}}, {'properties': {'t': {'const': 'c'}}}]}", "{'t': 'd'}", "/t: must be one of: a, b, c"},
    {"{'anyOf': [{'required': ['a', 'b', 'c']}, {'required': ['d']}]}", "{}", "/d: is required"},
    {"{'anyOf': [{'allOf': [{'type': 'object', 'required': ['a']}]}, {'type': 'null'}]}", "{}", "/a: is required"},
    /* numbers by their value */
    {"{'type': 'integer'}", "1.0", ""},
    {"{'type': 'integer'}", "9223372036854775807", ""},
    {"{'type': 'integer'}", "1e19", ": must be an integer"},
    {"{'maximum': 9007199254740992}", "9007199254740993", ": must be at most 9007199254740992"},
    {"{'maximum': 9007199254740992.0}", "9007199254740993", ": must be at most 9007199254740992"},
    {"{'minimum': 0.1}", "0.1", ""},
    {"{'exclusiveMinimum': -0.5}", "-1", ": must be more than -0.5"},
    {"{'uniqueItems': true}", "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1.0]", ": must not have the same item twice"},
    {"{'uniqueItems': true}", "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, '1', true, null, [], {}, [[]], '']", ""},
    {"{'uniqueItems': true}", "[1, 2, 3, 4, 5, 6, 7, 8, {'a': 1, 'b': 2}, {'b': 2, 'a': 1.0}]", ": must not have the same item twice"},
    {"{'multipleOf': 0.01}", "19.99", ""},
    {"{'multipleOf': 0.01}", "1e300", ""},
    {"{'multipleOf': 0.01}", "-0.29", ""},
    {"{'multipleOf': 0.01}", "0.295", ": must be a multiple of 0.01"},
    {"{'multipleOf': 0.1}", "0.30000000000000004", ": must be a multiple of 0.1"},
    {"{'multipleOf': 5}", "-9223372036854775808", ": must be a multiple of 5"},
    {"{'multipleOf': 1e-300}", "3", ""},
    {"{'multipleOf': 7e300}", "1e-300", ": must be a multiple of 7e300"},
    {"{'multipleOf': 7e300}", "0", ""},
    /* patterns: unanchored, by code points, "$" only at the very end */
    {"{'pattern': 'b'}", "'abc'", ""},
    {"{'pattern': '^[0-9]$', 'x-wanted': 'one digit'}", "'x'", ": must be one digit"},
    {"{'pattern': '^[0-9]', 'format': 'date'}", "'x'", ": must be a date of the calendar, such as 2027-03-29"},
    {"{'pattern': '^a$'}", "'a\\n'", ": must match the pattern ^a$"},
    {"{'pattern': '^.$'}", "'\xF0\x9F\x98\x80'", ""},
    {"{'pattern': '^\\\\u00e9\\\\u{1F600}\\\\x41$'}", "'\xC3\xA9\xF0\x9F\x98\x80" "A'", ""},
    {"{'pattern': '^\\\\d$'}", "'\xD9\xA3'", ": must match the pattern ^\\d$"},
    {"{'pattern': '^[^]$'}", "'\\n'", ""},
    {"{'pattern': '^\\\\p{Lu}+$'}", "'\xC3\x89" "A'", ""},
};
/* clang-format on */

static const char *findings_text(const struct findings *findings)
{
    struct buffer text = buffer_init(findings->arena);

    for (size_t i = 0; i < findings->count; i++)
        buffer_add_format(&text, "%s%s: %s", i ? "\n" : "", findings->items[i].pointer,
                          findings->items[i].detail);
    return text.text;
}

static json_t *value_of(struct arena *arena, const char *text)
{
    char *json = arena_copy_text(arena, text);
    json_t *value;

    for (char *at = json; (at = strchr(at, '\'')); at++)
        *at = '"';
    value = json_loads(json, JSON_DECODE_ANY, NULL);
    assert_non_null(value);
    return value;
}

static void test_what_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(told); i++) {
        struct arena *arena = arena_new();
        struct findings findings = {.arena = arena};
        json_t *value = value_of(arena, told[i].value);
        struct fault fault = {""};
        const struct schema *schema = compile(arena, told[i].schema, &fault);

        print_message("%s %s\n", told[i].schema, told[i].value);
        assert_string_equal(fault.text, "");
        assert_int_equal(schema_check(schema, value, &findings, NULL),
                         *told[i].findings == '\0');
        assert_string_equal(findings_text(&findings), told[i].findings);
        assert_int_equal(schema_check(schema, value, NULL, NULL), findings.count == 0);
        json_decref(value);
        arena_free(arena);
    }
}

/* Patterns that backtrack without end are refusals within their limit of steps, whether they
 * are tried at one position of the text or at each. */
static void test_a_pattern_has_limits(void **state)
{
    static const struct {
        const char *schema;
        size_t length;
    } slow[] = {
        {"{'pattern': '^(a+)+$'}", 60000},
        {"{'pattern': '(a+)+$'}", 60000},
        {"{'pattern': '(a+)+$'}", 4000},
        {"{'pattern': '(a|b|ab)*c'}", 4000},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(slow); i++) {
        struct arena *arena = arena_new();
        struct fault fault;
        const struct schema *schema = compile(arena, slow[i].schema, &fault);
        char *text = arena_alloc(arena, slow[i].length + 1);
        int64_t started = clock_monotonic_ms();
        json_t *value;

        memset(text, 'a', slow[i].length);
        text[slow[i].length - 1] = '!';
        value = json_string(text);
        assert_false(schema_check(schema, value, NULL, NULL));
        assert_true(clock_monotonic_ms() - started < 5000);
        json_decref(value);
        arena_free(arena);
    }
}

/* 20,000 objects without a twin are told apart in a moment, not in their square. */
static void test_many_unique_items(void **state)
{
    struct arena *arena = arena_new();
    struct fault fault;
    const struct schema *schema = compile(arena, "{'uniqueItems': true}", &fault);
    int64_t started = clock_monotonic_ms();
    json_t *array = json_array();

    (void)state;
    for (int i = 0; i < 20000; i++)
        assert_int_equal(json_array_append_new(array, json_pack("{s:i}", "n", i)), 0);
    assert_true(schema_check(schema, array, NULL, NULL));
    assert_int_equal(json_array_append(array, json_array_get(array, 7)), 0);
    assert_false(schema_check(schema, array, NULL, NULL));
    assert_true(clock_monotonic_ms() - started < 2000);
    json_decref(array);
    arena_free(arena);
}

static void test_types_through_references_and_choices(void **state)
{
    static const struct {
        const char *schema;
        unsigned types;
    } schemas[] = {
        {"{}", TYPE_ANY},
        {"{'type': 'number'}", TYPE_NUMBER},
        {"{'$ref': '#/$defs/a', '$defs': {'a': {'type': 'boolean'}}}", TYPE_BOOLEAN},
        {"{'anyOf': [{'type': 'integer'}, {'type': 'string'}]}", TYPE_INTEGER | TYPE_STRING},
        {"{'allOf': [{'type': 'number'}, {'type': ['integer', 'null']}]}", TYPE_INTEGER},
        {"{'enum': [1, 'a', 1.5]}", TYPE_NUMBER | TYPE_STRING},
        {"{'const': []}", TYPE_ARRAY},
        {"false", 0},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(schemas); i++) {
        struct arena *arena = arena_new();
        struct fault fault;
        const struct schema *schema = compile(arena, schemas[i].schema, &fault);

        assert_non_null(schema);
        assert_int_equal(schema_types(schema), schemas[i].types);
        arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused_schemas),
        cmocka_unit_test(test_what_is_told),
        cmocka_unit_test(test_a_pattern_has_limits),
        cmocka_unit_test(test_many_unique_items),
        cmocka_unit_test(test_types_through_references_and_choices),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
