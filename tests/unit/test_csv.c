// links: base
/* The CSV reader on good and hostile bytes. A row of the table is one input and what is read
 * from it: fields between bars, records between slashes, with the line where each begins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/csv.c"
#include "base/buffer.h"

static const char *read_all(struct arena *arena, const char *bytes, size_t length)
{
    struct buffer out = buffer_init(arena);
    struct csv csv = csv_open(bytes, length);
    struct csv_record record;

    while (csv_next(&csv, arena, &record)) {
        buffer_add_format(&out, "%s%zu:", out.length ? "/" : "", record.line);
        for (size_t i = 0; i < record.count; i++) {
            buffer_add_text(&out, i ? "|" : "");
            buffer_add(&out, record.fields[i].text, record.fields[i].length);
        }
        if (record.fault)
            buffer_add_format(&out, "!%s", record.fault);
    }
    return out.text;
}

static void test_inputs(void **state)
{
    static const struct {
        const char *input;
        const char *wanted;
    } rows[] = {
        {"", ""},
        {"\n\r\n\n", ""},
        {"a", "1:a"},
        {"a,b\r\nc,d\r\n", "1:a|b/2:c|d"},
        {"a,b\nc,d", "1:a|b/2:c|d"},
        {"\xef\xbb\xbf"
         "a,b\n",
         "1:a|b"},
        {"a\n\xef\xbb\xbf"
         "b\n",
         "1:a/2:\xef\xbb\xbf"
         "b"},
        {"a\n\n\nb\n", "1:a/4:b"},
        {",\n", "1:|"},
        {"a,\n,b\n", "1:a|/2:|b"},
        {"\"\"\n", "1:"},
        {"\"a\",\"b\"\n", "1:a|b"},
        {"\"a,b\"\n", "1:a,b"},
        {"\"a\"\"b\"\n", "1:a\"b"},
        {"\"\"\"\"\n", "1:\""},
        {"\"\"\"a\"\"\",x\n", "1:\"a\"|x"},
        {"\"a\nb\",c\nd\n", "1:a\nb|c/3:d"},
        {"\"a\r\nb\"\r\nc\r\n", "1:a\r\nb/3:c"},
        {" a , b \n", "1: a | b "},
        {"\xc3\xbc,\xff\n", "1:\xc3\xbc|\xff"},
        {"a\"b,c\nd,e\n", "1:!a quote stands inside a field that is not quoted/2:d|e"},
        {"\"a\"b,c\nd\n",
         "1:a!something stands between a closing quote and the next comma/2:d"},
        {"\"a\" ,c\nd\n",
         "1:a!something stands between a closing quote and the next comma/2:d"},
        {"a\rb\nc\n", "1:a!a carriage return stands without a line feed/2:c"},
        {"a\r", "1:a!a carriage return stands without a line feed"},
        {"\"a\r\n", "1:!a quote is not closed within 64 KiB: nothing after it can be read"},
        {"a,\"b\n", "1:a!a quote is not closed within 64 KiB: nothing after it can be read"},
        {"\"", "1:!a quote is not closed within 64 KiB: nothing after it can be read"},
        {"\"\"\"", "1:!a quote is not closed within 64 KiB: nothing after it can be read"},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct arena *arena = arena_new();

        assert_string_equal(read_all(arena, rows[i].input, strlen(rows[i].input)),
                            rows[i].wanted);
        arena_free(arena);
    }
}

static void test_nul_is_a_byte(void **state)
{
    struct arena *arena = arena_new();
    struct csv csv = csv_open("a\0b\n", 4);
    struct csv_record record;

    (void)state;
    assert_true(csv_next(&csv, arena, &record));
    assert_int_equal(record.fields[0].length, 3);
    assert_false(csv_next(&csv, arena, &record));
    arena_free(arena);
}

/* `count` times the letter, with one more text behind. */
static char *many(struct arena *arena, char letter, size_t count, const char *behind)
{
    struct buffer text = buffer_init(arena);

    for (size_t i = 0; i < count; i++)
        buffer_add_char(&text, letter);
    buffer_add_text(&text, behind);
    return text.text;
}

static void test_bounds(void **state)
{
    struct arena *arena = arena_new();
    struct csv_record record;
    const char *text;
    struct csv csv;

    (void)state;
    text = many(arena, ',', CSV_FIELDS_MOST - 1, "\n");
    csv = csv_open(text, strlen(text));
    assert_true(csv_next(&csv, arena, &record));
    assert_null(record.fault);
    assert_int_equal(record.count, CSV_FIELDS_MOST);

    text = many(arena, ',', CSV_FIELDS_MOST, "\nb\n");
    csv = csv_open(text, strlen(text));
    assert_true(csv_next(&csv, arena, &record));
    assert_string_equal(record.fault, "it has more than 512 fields");
    assert_true(csv_next(&csv, arena, &record));
    assert_int_equal(record.count, 1);

    text = many(arena, 'a', CSV_RECORD_BYTES_MOST + 1, "\nb\n");
    csv = csv_open(text, strlen(text));
    assert_true(csv_next(&csv, arena, &record));
    assert_string_equal(record.fault, "it is longer than 64 KiB");
    assert_true(csv_next(&csv, arena, &record));
    assert_null(record.fault);
    arena_free(arena);
}

/* Any bytes: the reader ends, and stays within them (the sanitizers look). */
static void test_any_bytes(void **state)
{
    static const char letters[] = "a,\"\r\n";

    (void)state;
    srandom(20270329);
    for (int round = 0; round < 20000; round++) {
        size_t length = (size_t)random() % 12;
        char *bytes = malloc(length + 1);
        struct arena *arena = arena_new();

        assert_non_null(bytes);
        for (size_t i = 0; i < length; i++)
            bytes[i] = letters[random() % 5];
        assert_non_null(read_all(arena, bytes, length));
        arena_free(arena);
        free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inputs),
        cmocka_unit_test(test_nul_is_a_byte),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_any_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
