/* Lives here: the quality values of Accept and Accept-Language (RFC 9110 section 12). Pure. */
#include "serve/steps.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LANGUAGES_MOST 10

/* One member of a list header: its value and its quality in thousandths. */
struct preference {
    const char *value;
    size_t length;
    int quality;
};

/* "0", "0.5", "1.000" (RFC 9110 section 12.4.2) in thousandths; -1 when it is none. */
static int quality_read(const char *text, size_t length)
{
    int value = 0;
    int scale = 100;

    if (length == 0 || length > 5 || (text[0] != '0' && text[0] != '1') ||
        (length > 1 && text[1] != '.'))
        return -1;
    value = (text[0] - '0') * 1000;
    for (size_t i = 2; i < length; i++, scale /= 10) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        value += (text[i] - '0') * scale;
    }
    return value > 1000 ? -1 : value;
}

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " \t");
}

static size_t trimmed_length(const char *text, size_t length)
{
    while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
        length--;
    return length;
}

/* Reads the member at *at and moves behind its comma. False at the end. Parameters other than
 * q are passed over. */
static bool preference_next(const char **at, struct preference *preference)
{
    const char *end;
    const char *part;

    *at = skip_blanks(*at);
    if (**at == '\0')
        return false;
    end = *at + strcspn(*at, ",");
    part = *at + strcspn(*at, ",;");
    *preference = (struct preference){*at, trimmed_length(*at, (size_t)(part - *at)), 1000};
    while (part < end) {
        const char *name = skip_blanks(part + 1);
        size_t length = strcspn(name, ",;");

        if (length >= 2 && (name[0] == 'q' || name[0] == 'Q') && name[1] == '=')
            preference->quality = quality_read(name + 2, trimmed_length(name + 2, length - 2));
        part = name + length;
    }
    *at = *end ? end + 1 : end;
    return true;
}

/* How exactly a media range names a type: 3 exactly, 2 by its type, 1 as any, 0 not at all. */
static int range_fit(const struct preference *range, const char *media_type)
{
    size_t slash = strcspn(media_type, "/");

    if (range->length == strlen(media_type) &&
        strncasecmp(range->value, media_type, range->length) == 0)
        return 3;
    if (range->length == slash + 2 && strncasecmp(range->value, media_type, slash + 1) == 0 &&
        range->value[slash + 1] == '*')
        return 2;
    return range->length == 3 && strncmp(range->value, "*/*", 3) == 0 ? 1 : 0;
}

int accept_quality(const char *accept, const char *media_type)
{
    struct preference range;
    int best_fit = 0;
    int quality = 0;

    if (!accept || *skip_blanks(accept) == '\0')
        return 1000;
    while (preference_next(&accept, &range)) {
        int fit = range_fit(&range, media_type);

        if (fit > best_fit && range.quality >= 0) {
            best_fit = fit;
            quality = range.quality;
        }
    }
    return quality;
}

static bool names(const struct preference *preference, const char *word)
{
    return preference->length == strlen(word) &&
           strncasecmp(preference->value, word, preference->length) == 0;
}

int accept_gzip(const char *accept_encoding)
{
    struct preference coding;
    int quality = 0;

    while (accept_encoding && preference_next(&accept_encoding, &coding)) {
        if (coding.quality < 0)
            continue;
        if (names(&coding, "gzip") || names(&coding, "x-gzip"))
            return coding.quality;
        if (names(&coding, "*"))
            quality = coding.quality;
    }
    return quality;
}

/* A language tag that is safe inside an array literal; "*" says nothing and is skipped. */
static bool is_tag(const struct preference *tag)
{
    if (tag->length == 0 || tag->length > 35 || tag->quality <= 0)
        return false;
    for (size_t i = 0; i < tag->length; i++) {
        char letter = tag->value[i];

        if (!(letter >= 'a' && letter <= 'z') && !(letter >= 'A' && letter <= 'Z') &&
            !(letter >= '0' && letter <= '9') && letter != '-')
            return false;
    }
    return true;
}

/* Keeps the list sorted by falling quality; equals stay in their order. */
static size_t insert_tag(struct preference *tags, size_t count, struct preference tag)
{
    size_t at = count;

    if (count == LANGUAGES_MOST && tags[count - 1].quality >= tag.quality)
        return count;
    if (count == LANGUAGES_MOST)
        at = --count;
    while (at > 0 && tags[at - 1].quality < tag.quality) {
        tags[at] = tags[at - 1];
        at--;
    }
    tags[at] = tag;
    return count + 1;
}

const char *accept_languages(const char *header, struct arena *arena)
{
    struct preference tags[LANGUAGES_MOST];
    struct preference tag;
    size_t count = 0;
    struct buffer list = buffer_init(arena);

    while (header && preference_next(&header, &tag)) {
        if (is_tag(&tag))
            count = insert_tag(tags, count, tag);
    }
    buffer_add_char(&list, '{');
    for (size_t i = 0; i < count; i++) {
        buffer_add_text(&list, i ? "," : "");
        buffer_add(&list, tags[i].value, tags[i].length);
    }
    buffer_add_char(&list, '}');
    return list.text;
}
