/* Lives here: strings that grow in an arena, and JSON string quoting. Calls arena only. */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/fault.h"

struct buffer buffer_init(struct arena *arena)
{
    return (struct buffer){arena, arena_alloc(arena, 256), 0, 256};
}

/* Makes room for `more` bytes and the NUL. */
static void buffer_reserve(struct buffer *buffer, size_t more)
{
    size_t needed = buffer->length + more + 1;
    size_t capacity = buffer->capacity;
    char *text;

    ASSERT(needed > more);
    if (needed <= capacity)
        return;
    while (capacity < needed)
        capacity *= 2;
    text = arena_alloc(buffer->arena, capacity);
    memcpy(text, buffer->text, buffer->length + 1);
    buffer->text = text;
    buffer->capacity = capacity;
}

void buffer_add(struct buffer *buffer, const void *bytes, size_t length)
{
    if (length == 0)
        return;
    buffer_reserve(buffer, length);
    memcpy(buffer->text + buffer->length, bytes, length);
    buffer->length += length;
    buffer->text[buffer->length] = '\0';
}

void buffer_add_text(struct buffer *buffer, const char *text)
{
    buffer_add(buffer, text, strlen(text));
}

void buffer_add_char(struct buffer *buffer, char character)
{
    buffer_add(buffer, &character, 1);
}

void buffer_add_format(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    ASSERT(length >= 0);
    buffer_reserve(buffer, (size_t)length);
    va_start(arguments, format);
    vsnprintf(buffer->text + buffer->length, (size_t)length + 1, format, arguments);
    va_end(arguments);
    buffer->length += (size_t)length;
}

/* Bytes of the well-formed UTF-8 sequence at `text` (RFC 3629 section 4), 0 when there is none.
 */
static size_t utf8_sequence(const unsigned char *text, size_t length)
{
    static const struct {
        unsigned char first, last, low, high; /* lead byte, bounds of the second */
        size_t bytes;
    } forms[] = {
        {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };

    for (size_t i = 0; i < LENGTH(forms); i++) {
        if (text[0] < forms[i].first || text[0] > forms[i].last)
            continue;
        if (forms[i].bytes > length)
            return 0;
        if (forms[i].bytes > 1 && (text[1] < forms[i].low || text[1] > forms[i].high))
            return 0;
        for (size_t at = 2; at < forms[i].bytes; at++) {
            if ((text[at] & 0xc0) != 0x80)
                return 0;
        }
        return forms[i].bytes;
    }
    return 0;
}

static void add_escaped(struct buffer *buffer, unsigned char character)
{
    switch (character) {
    case '"':
        buffer_add_text(buffer, "\\\"");
        return;
    case '\\':
        buffer_add_text(buffer, "\\\\");
        return;
    case '\n':
        buffer_add_text(buffer, "\\n");
        return;
    default:
        buffer_add_format(buffer, "\\u%04x", character);
    }
}

void buffer_add_json_text(struct buffer *buffer, const char *text, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t plain = 0; /* bytes before `at` that wait to be copied as they are */
    size_t at = 0;

    buffer_add_char(buffer, '"');
    while (at < length) {
        size_t step = utf8_sequence(bytes + at, length - at);
        bool as_it_is = step > 1 || (step == 1 && bytes[at] >= 0x20 && bytes[at] != '"' &&
                                     bytes[at] != '\\' && bytes[at] != 0x7f);

        if (as_it_is) {
            plain += step;
            at += step;
            continue;
        }
        buffer_add(buffer, bytes + at - plain, plain);
        plain = 0;
        if (step == 0)
            buffer_add_text(buffer, "\xef\xbf\xbd");
        else
            add_escaped(buffer, bytes[at]);
        at++;
    }
    buffer_add(buffer, bytes + at - plain, plain);
    buffer_add_char(buffer, '"');
}
