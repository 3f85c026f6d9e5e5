// links: base
/* Arena, buffer and digest: memory that dies together, quoting that is always valid JSON,
 * base64url that takes nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>

#include "base.h"

static void pieces_of_every_size_are_zeroed_and_apart(void **state)
{
    struct arena *arena = arena_new();
    unsigned char *pieces[600];

    (void)state;
    for (size_t i = 0; i < LENGTH(pieces); i++) {
        size_t size = i * 37 % 20000;

        pieces[i] = arena_alloc(arena, size + 1);
        assert_int_equal((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
        for (size_t at = 0; at <= size; at++)
            assert_int_equal(pieces[i][at], 0);
        memset(pieces[i], 0xab, size + 1);
    }
    arena_free(arena);
}

static int order[2];
static int released;

static void release(void *object)
{
    order[released++] = *(int *)object;
}

static void deferred_releases_run_last_one_first(void **state)
{
    struct arena *arena = arena_new();
    int first = 1;
    int second = 2;

    (void)state;
    released = 0;
    arena_defer(arena, release, &first);
    arena_defer(arena, release, &second);
    arena_free(arena);
    assert_int_equal(released, 2);
    assert_int_equal(order[0], 2);
    assert_int_equal(order[1], 1);
}

static void a_buffer_grows_and_stays_terminated(void **state)
{
    struct arena *arena = arena_new();
    struct buffer buffer = buffer_init(arena);

    (void)state;
    for (int i = 0; i < 5000; i++)
        buffer_add_format(&buffer, "%d,", i % 10);
    assert_int_equal(buffer.length, 10000);
    assert_int_equal(strlen(buffer.text), 10000);
    assert_memory_equal(buffer.text + 9996, "8,9,", 4);
    arena_free(arena);
}

/* Every pair of bytes, so that every kind of broken UTF-8 comes by. */
static void quoted_text_is_always_json(void **state)
{
    (void)state;
    for (unsigned pair = 0; pair < 65536; pair++) {
        struct arena *arena = arena_new();
        struct buffer buffer = buffer_init(arena);
        char text[3] = {(char)(pair >> 8), (char)(pair & 255), 'x'};
        json_t *value;

        buffer_add_json_text(&buffer, text, sizeof(text));
        value = json_loadb(buffer.text, buffer.length, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        if (!value)
            fail_msg("%02x %02x does not come out as JSON", pair >> 8, pair & 255);
        json_decref(value);
        arena_free(arena);
    }
}

static void well_formed_text_comes_through_unchanged(void **state)
{
    static const char text[] = "Grüße, \"Ελλάδα\"\n\t\\ 😀 \x01";
    struct arena *arena = arena_new();
    struct buffer buffer = buffer_init(arena);
    json_t *value;

    (void)state;
    buffer_add_json_text(&buffer, text, strlen(text));
    value = json_loads(buffer.text, JSON_DECODE_ANY, NULL);
    assert_string_equal(json_string_value(value), text);
    json_decref(value);
    arena_free(arena);
}

static void parts_of_a_digest_do_not_run_together(void **state)
{
    const struct digest_part first[] = {{"ab", 2}, {"c", 1}};
    const struct digest_part second[] = {{"a", 1}, {"bc", 2}};
    uint8_t one[DIGEST_SIZE];
    uint8_t two[DIGEST_SIZE];

    (void)state;
    digest_parts(first, 2, one);
    digest_parts(second, 2, two);
    assert_memory_not_equal(one, two, DIGEST_SIZE);
}

static void sha256_is_the_known_one(void **state)
{
    uint8_t digest[DIGEST_SIZE];
    char hex[DIGEST_HEX_SIZE];

    (void)state;
    digest_bytes("abc", 3, digest); /* FIPS 180-4, example */
    digest_hex(digest, hex);
    assert_string_equal(hex,
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void base64url_goes_round(void **state)
{
    uint8_t bytes[64];
    uint8_t back[64];
    char text[96];

    (void)state;
    random_bytes(bytes, sizeof(bytes));
    for (size_t length = 0; length <= sizeof(bytes); length++) {
        size_t decoded = 99;

        base64url_encode(bytes, length, text);
        assert_int_equal(strlen(text) + 1, base64url_size(length));
        assert_true(base64url_decode(text, strlen(text), back, &decoded));
        assert_int_equal(decoded, length);
        assert_memory_equal(bytes, back, length);
    }
}

static void base64url_takes_nothing_else(void **state)
{
    static const char *const bad[] = {"A",  "AA=", "AA==", "A+BC", "A/BC", "AB C",
                                      "AB", "AAB", "A\n",  "=",    "AAAAA"};
    uint8_t out[16];
    size_t length;

    (void)state;
    for (size_t i = 0; i < LENGTH(bad); i++) {
        if (base64url_decode(bad[i], strlen(bad[i]), out, &length))
            fail_msg("%s is taken", bad[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_of_every_size_are_zeroed_and_apart),
        cmocka_unit_test(deferred_releases_run_last_one_first),
        cmocka_unit_test(a_buffer_grows_and_stays_terminated),
        cmocka_unit_test(quoted_text_is_always_json),
        cmocka_unit_test(well_formed_text_comes_through_unchanged),
        cmocka_unit_test(parts_of_a_digest_do_not_run_together),
        cmocka_unit_test(sha256_is_the_known_one),
        cmocka_unit_test(base64url_goes_round),
        cmocka_unit_test(base64url_takes_nothing_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
