/* Lives here: what makes bytes text. Calls nobody. */
#include "contract/text.h"

#include <stdint.h>
#include <string.h>

#define HIGH_BITS UINT64_C(0x8080808080808080)

/* How many of the first bytes are ASCII, eight at a time. */
static size_t ascii_prefix(const unsigned char *bytes, size_t length)
{
    size_t at = 0;
    uint64_t word;

    for (; at + sizeof(word) <= length; at += sizeof(word)) {
        memcpy(&word, bytes + at, sizeof(word));
        if (word & HIGH_BITS)
            break;
    }
    while (at < length && bytes[at] < 0x80)
        at++;
    return at;
}

static bool is_continuation(unsigned char byte)
{
    return (byte & 0xC0) == 0x80;
}

/* Length of the well-formed multi-byte character at `bytes`, 0 when there is none
 * (Unicode 15, table 3-7). */
static size_t character_length(const unsigned char *bytes, size_t length)
{
    unsigned char lead = bytes[0];
    size_t wanted = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
    unsigned char least = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    unsigned char most = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;

    if (wanted == 0 || wanted > length || bytes[1] < least || bytes[1] > most)
        return 0;
    for (size_t i = 2; i < wanted; i++)
        if (!is_continuation(bytes[i]))
            return 0;
    return wanted;
}

bool text_is_utf8(const char *text, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)text;

    for (size_t at = 0;;) {
        size_t step;

        at += ascii_prefix(bytes + at, length - at);
        if (at == length)
            return true;
        step = character_length(bytes + at, length - at);
        if (step == 0)
            return false;
        at += step;
    }
}

size_t text_code_points(const char *text, size_t length)
{
    size_t count = 0;

    for (size_t i = 0; i < length; i++)
        count += !is_continuation((unsigned char)text[i]);
    return count;
}

static int hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    return -1;
}

bool text_percent_decode(const char *text, size_t length, char *out, size_t *out_length)
{
    size_t written = 0;

    for (size_t at = 0; at < length; at++, written++) {
        int high, low;

        if (text[at] != '%') {
            out[written] = text[at];
            continue;
        }
        if (length - at < 3)
            return false;
        high = hex_digit(text[at + 1]);
        low = hex_digit(text[at + 2]);
        if (high < 0 || low < 0)
            return false;
        out[written] = (char)(high * 16 + low);
        at += 2;
    }
    *out_length = written;
    return true;
}

size_t text_cut(const char *text, size_t length, size_t most)
{
    if (length <= most)
        return length;
    while (most > 0 && is_continuation((unsigned char)text[most]))
        most--;
    return most;
}
