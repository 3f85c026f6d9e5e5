// links: base contract
/* Bodies: what is refused before, by and after the parser, and how faults are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "contract/body.c"
#include "small_contract.h"

#define NAME_SO_LONG "\"name\":\"01234567890\""

/* clang-format off */
static const struct {
    const char *body;
    const char *outcome; /* "pointer: detail" lines, or the body again */
} rows[] = {
    {"{\"name\":\"x\"}", "{\"name\":\"x\"}"},
    {" { \"name\" : \"x\" }\r\n", "{\"name\":\"x\"}"},
    {"{\"name\":\"x\",\"count\":1.0,\"parts\":[{\"name\":\"y\",\"count\":-0.0}]}", "{\"name\":\"x\",\"count\":1,\"parts\":[{\"name\":\"y\",\"count\":0}]}"},
    {"{\"name\":\"\\u00e9\\ud83d\\ude00\"}", "{\"name\":\"\xC3\xA9\xF0\x9F\x98\x80\"}"},
    {"{\"name\":\"0123456789\"}", "{\"name\":\"0123456789\"}"},
    {"{\"name\":\"\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\"}", "{\"name\":\"\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\"}"},
    /* not JSON */
    {"", ": is empty; JSON is expected"},
    {" ", ": is not valid JSON: it ends too early at line 1, column 1"},
    {"{", ": is not valid JSON: it ends too early at line 1, column 1"},
    {"{\"name\":\n\"x\",}", ": is not valid JSON: there is a syntax error at line 2, column 5"},
    {"{\"name\":secret}", ": is not valid JSON: there is a syntax error at line 1, column 14"},
    {"{'name':1}", ": is not valid JSON: there is a syntax error at line 1, column 2"},
    {"{\"name\":\"x\"} x", ": is not valid JSON: more follows after its end at line 1, column 14"},
    {"\xEF\xBB\xBF{}", ": is not valid JSON: there is a syntax error at line 1, column 1"},
    {"{\"name\":NaN}", ": is not valid JSON: there is a syntax error at line 1, column 11"},
    {"{\"name\":01}", ": is not valid JSON: there is a syntax error at line 1, column 9"},
    {"{\"name\":1e999}", ": is not valid JSON: a number is out of range at line 1, column 13"},
    {"{\"count\":99999999999999999999}", ": is not valid JSON: a number is out of range at line 1, column 29"},
    {"{\"name\":\"a\\u0000b\"}", ": is not valid JSON: a string contains the NUL character at line 1, column 18"},
    {"{\"a\\u0000b\":1}", ": is not valid JSON: a string contains the NUL character at line 1, column 11"},
    {"{\"name\":\"\\ud800\"}", ": is not valid JSON: there is a syntax error at line 1, column 16"},
    {"{\"name\":\"\t\"}", ": is not valid JSON: there is a syntax error at line 1, column 9"},
    {"{\"name\":\"x\",\"name\":\"y\"}", ": is not valid JSON: an object has the same member twice at line 1, column 18"},
    {"{\"name\":\"\xFF\"}", ": is not valid UTF-8"},
    {"{\"name\":\"\xC0\x80\"}", ": is not valid UTF-8"},
    {"\xFF\xFE{\0}\0", ": is not valid UTF-8"},
    /* the wrong kind */
    {"null", ": must be an object"},
    {"7", ": must be an object"},
    {"\"x\"", ": must be an object"},
    {"[]", ": must be an object"},
    {"true", ": must be an object"},
    /* all faults at once, each at its place, in the body's order */
    {"{}", "/name: is required"},
    {"{\"name\":\"\"}", "/name: must not be empty"},
    {"{" NAME_SO_LONG "}", "/name: must be at most 10 characters long"},
    {"{\"name\":\"<b>\"}", "/name: must match the pattern ^[^<>]*$"},
    {"{\"name\":null}", "/name: must be a string"},
    {"{\"name\":\"x\",\"kind\":\"tiny\"}", "/kind: must be one of: small, large, huge"},
    {"{\"name\":\"x\",\"count\":1.5}", "/count: must be an integer"},
    {"{\"name\":\"x\",\"count\":1e30}", "/count: must be an integer"},
    {"{\"name\":\"x\",\"count\":\"1\"}", "/count: must be an integer"},
    {"{\"name\":\"x\",\"price\":0.07}", "{\"name\":\"x\",\"price\":0.070000000000000007}"},
    {"{\"name\":\"x\",\"price\":19.995}", "/price: must be a multiple of 0.01"},
    {"{\"name\":\"x\",\"start\":\"now\"}", "/start: must be an instant of RFC 3339, such as 2027-03-29T09:00:00+02:00"},
    {"{\"name\":\"x\",\"texts\":{\"en\":1,\"fra\":\"y\"}}", "/texts/fra: has a name that is not allowed here\n/texts/en: must be a string"},
    {"{\"name\":\"x\",\"texts\":{\"aa\":1,\"bb\":2,\"cc\":3,\"dd\":4}}", "/texts: must have at most 3 members"},
    {"{\"name\":\"x\",\"tags\":[\"a\",\"b\",\"a\"]}", "/tags: must not have the same item twice"},
    {"{\"name\":\"x\",\"tags\":[1,\"b\",{}]}", "/tags/0: must be a string\n/tags/2: must be a string"},
    {"{\"name\":\"x\",\"a/b~c\":1}", "/a~1b~0c: must be true or false"},
    {"{\"count\":-1,\"kind\":1}", "/name: is required\n/count: must be at least 0\n/kind: must be a string"},
    {"{\"name\":\"x\",\"a/~\":1}", "/a~1~0: is not a member of this object; known are: name, kind, count, price, start, texts, tags, shape, where, parts, a/b~c"},
    {"{\"name\":\"x\",\"\":1}", "/: is not a member of this object; known are: name, kind, count, price, start, texts, tags, shape, where, parts, a/b~c"},
    {"{\"name\":\"x\",\"parts\":[{\"name\":\"x\"},{\"parts\":[{}]}]}", "/parts/1/name: is required\n/parts/1/parts/0/name: is required"},
    /* the branch that was meant */
    {"{\"name\":\"x\",\"shape\":null}", "{\"name\":\"x\",\"shape\":null}"},
    {"{\"name\":\"x\",\"shape\":{\"form\":\"circle\",\"radius\":2}}", "{\"name\":\"x\",\"shape\":{\"form\":\"circle\",\"radius\":2}}"},
    {"{\"name\":\"x\",\"shape\":{\"form\":\"square\",\"radius\":2}}", "/shape/side: is required\n/shape/radius: is not a member of this object; known are: form, side"},
    {"{\"name\":\"x\",\"shape\":{\"form\":\"circle\",\"radius\":0}}", "/shape/radius: must be more than 0"},
    {"{\"name\":\"x\",\"shape\":{\"form\":\"line\"}}", "/shape/form: must be one of: circle, square"},
    {"{\"name\":\"x\",\"shape\":{}}", "/shape/form: is required\n/shape/radius: is required"},
    {"{\"name\":\"x\",\"shape\":7}", "/shape: must be an object or null"},
    {"{\"name\":\"x\",\"where\":{\"x\":1,\"z\":1}}", "/where/y: is required\n/where/z: is not a member of this object; known are: x, y"},
    {"{\"name\":\"x\",\"where\":{\"street\":1}}", "/where/street: must be a string"},
    {"{\"name\":\"x\",\"where\":[]}", "/where: must be an object"},
};
/* clang-format on */

static const char *findings_text(const struct findings *findings)
{
    struct buffer text = buffer_init(findings->arena);

    for (size_t i = 0; i < findings->count; i++) {
        assert_null(findings->items[i].parameter);
        assert_int_equal(findings->items[i].status, 400);
        buffer_add_format(&text, "%s%s: %s", i ? "\n" : "", findings->items[i].pointer,
                          findings->items[i].detail);
    }
    return text.text;
}

/* Reads from a copy without a NUL behind it, so that a sanitizer sees every step too far. */
static json_t *read_body(const struct contract *contract, const char *body, size_t length,
                         struct findings *findings)
{
    char *copy = malloc(length ? length : 1);
    json_t *value;

    assert_non_null(copy);
    memcpy(copy, body, length);
    value = contract_read_body(contract_find(contract, "createThing"), copy, length, findings);
    free(copy);
    return value;
}

static const char *outcome(const struct contract *contract, const char *body, size_t length,
                           struct arena *arena)
{
    struct findings findings = {.arena = arena};
    json_t *value = read_body(contract, body, length, &findings);
    const char *text;
    char *json;

    if (!value)
        return findings_text(&findings);
    assert_int_equal(findings.count, 0);
    json = json_dumps(value, JSON_COMPACT);
    text = arena_copy_text(arena, json);
    free(json);
    json_decref(value);
    return text;
}

static void test_bodies(void **state)
{
    struct contract *contract = small_contract();

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct arena *arena = arena_new();

        print_message("%s\n", rows[i].body);
        assert_string_equal(outcome(contract, rows[i].body, strlen(rows[i].body), arena),
                            rows[i].outcome);
        arena_free(arena);
    }
    contract_free(contract);
}

static void test_a_raw_nul(void **state)
{
    static const char body[] = "{\"name\":\"a\0b\"}";
    struct contract *contract = small_contract();
    struct arena *arena = arena_new();

    (void)state;
    assert_string_equal(outcome(contract, body, sizeof(body) - 1, arena),
                        ": is not valid JSON: there is a syntax error at line 1, column 10");
    assert_string_equal(outcome(contract, "{}\0", 3, arena),
                        ": is not valid JSON: more follows after its end at line 1, column 3");
    arena_free(arena);
    contract_free(contract);
}

static void test_depth_is_counted_outside_strings(void **state)
{
    static const struct {
        const char *text;
        size_t depth;
    } depths[] = {
        {"", 0},
        {"1", 0},
        {"[]", 1},
        {"[{}]", 2},
        {"\"[[[[\"", 0},
        {"[\"\\\"[[\"]", 1},
        {"[\"\\\\\",[]]", 2},
        {"]]][", 1},
        {"[][][]", 1},
        {"\"[", 0},
        {"\"\\", 0},
        {"{\"[\":[[]]}", 3},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(depths); i++)
        assert_int_equal(body_depth(depths[i].text, strlen(depths[i].text)), depths[i].depth);
}

/* `opens` repeated, then `closes`. */
static const char *nest(struct arena *arena, const char *opens, const char *closes,
                        size_t depth)
{
    struct buffer text = buffer_init(arena);

    for (size_t i = 0; i < depth; i++)
        buffer_add_text(&text, opens);
    for (size_t i = 0; i < depth; i++)
        buffer_add_text(&text, closes);
    return text.text;
}

static void test_deep_nesting(void **state)
{
    static const struct {
        const char *opens, *closes;
        size_t depth;
        const char *wanted;
    } nests[] = {
        {"[", "]", 16, ": must be an object"},
        {"[", "]", 17, ": is nested more than 16 levels deep"},
        {"[", "", 60000, ": is nested more than 16 levels deep"},
        {"{\"a\":", "}", 60000, ": is nested more than 16 levels deep"},
        {"[{\"a\":", "}]", 9, ": is nested more than 16 levels deep"},
    };
    struct contract *contract = small_contract();
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < LENGTH(nests); i++) {
        const char *body = nest(arena, nests[i].opens, nests[i].closes, nests[i].depth);

        assert_string_equal(outcome(contract, body, strlen(body), arena), nests[i].wanted);
    }
    arena_free(arena);
    contract_free(contract);
}

/* A body full of faults gets a bounded answer. */
static void test_too_many_faults(void **state)
{
    struct contract *contract = small_contract();
    struct arena *arena = arena_new();
    struct buffer body = buffer_init(arena);
    struct findings findings = {.arena = arena};

    (void)state;
    buffer_add_text(&body, "{\"name\":\"x\",\"parts\":[{}");
    for (size_t i = 0; i < 10000; i++)
        buffer_add_text(&body, ",{}");
    buffer_add_text(&body, "]}");
    assert_null(read_body(contract, body.text, body.length, &findings));
    assert_int_equal(findings.count, FINDINGS_MOST);
    assert_string_equal(findings.items[FINDINGS_MOST - 1].pointer, "/parts/49/name");
    arena_free(arena);
    contract_free(contract);
}

/* Names come from the client: a pointer that would be long ends above. */
static void test_long_names(void **state)
{
    struct contract *contract = small_contract();
    struct arena *arena = arena_new();
    struct buffer body = buffer_init(arena);
    struct findings findings = {.arena = arena};

    (void)state;
    buffer_add_text(&body, "{\"name\":\"x\",\"texts\":{\"");
    for (size_t i = 0; i < 60000; i++)
        buffer_add_char(&body, 'n');
    buffer_add_text(&body, "\":1}}");
    assert_null(read_body(contract, body.text, body.length, &findings));
    assert_int_equal(findings.count, 2);
    assert_string_equal(findings.items[0].pointer, "/texts");
    assert_string_equal(findings.items[1].pointer, "/texts");
    arena_free(arena);
    contract_free(contract);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bodies),
        cmocka_unit_test(test_a_raw_nul),
        cmocka_unit_test(test_depth_is_counted_outside_strings),
        cmocka_unit_test(test_deep_nesting),
        cmocka_unit_test(test_too_many_faults),
        cmocka_unit_test(test_long_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
