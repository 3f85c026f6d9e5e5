/* Lives here: JSON pointers. Calls jansson and the arena. */
#include "contract/pointer.h"

#include <string.h>

#include "contract/schema.h"

static size_t escaped_length(const char *step, size_t length)
{
    size_t escaped = length;

    for (size_t i = 0; i < length; i++)
        escaped += step[i] == '~' || step[i] == '/';
    return escaped;
}

/* Writes the escaped step and returns what follows it. */
static char *write_escaped(char *out, const char *step, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (step[i] == '~' || step[i] == '/') {
            *out++ = '~';
            *out++ = step[i] == '~' ? '0' : '1';
        } else {
            *out++ = step[i];
        }
    }
    return out;
}

const char *pointer_escape(struct arena *arena, const char *step, size_t length)
{
    char *escaped = arena_alloc(arena, escaped_length(step, length) + 1);

    write_escaped(escaped, step, length);
    return escaped;
}

/* Undoes ~1 and ~0 in place; false on another "~". */
static bool unescape(char *step, size_t *length)
{
    size_t written = 0;

    for (size_t i = 0; i < *length; i++, written++) {
        step[written] = step[i];
        if (step[i] != '~')
            continue;
        if (++i == *length || (step[i] != '0' && step[i] != '1'))
            return false;
        step[written] = step[i] == '0' ? '~' : '/';
    }
    *length = written;
    return true;
}

static json_t *find_item(json_t *array, const char *step, size_t length)
{
    size_t index = 0;

    if (length == 0 || length > 9 || (length > 1 && step[0] == '0'))
        return NULL;
    for (size_t i = 0; i < length; i++) {
        if (step[i] < '0' || step[i] > '9')
            return NULL;
        index = index * 10 + (size_t)(step[i] - '0');
    }
    return json_array_get(array, index);
}

json_t *pointer_find(json_t *root, char *pointer, size_t length)
{
    char *end = pointer + length;

    while (root && pointer < end) {
        char *step = pointer + 1;
        char *slash = memchr(step, '/', (size_t)(end - step));
        size_t step_length = (size_t)((slash ? slash : end) - step);

        if (*pointer != '/')
            return NULL;
        pointer = step + step_length;
        if (!unescape(step, &step_length))
            return NULL;
        root = json_is_array(root) ? find_item(root, step, step_length)
                                   : json_object_getn(root, step, step_length);
    }
    return root;
}

static size_t digits_of(size_t number)
{
    size_t digits = 1;

    for (; number >= 10; number /= 10)
        digits++;
    return digits;
}

static size_t step_length(const struct place *place)
{
    return 1 +
           (place->name ? escaped_length(place->name, place->length) : digits_of(place->index));
}

static size_t pointer_length(const struct place *place)
{
    size_t length = 0;

    for (; place->parent; place = place->parent)
        length += step_length(place);
    return length;
}

static void write_index(char *out, size_t index)
{
    for (size_t i = digits_of(index); i > 0; i--, index /= 10)
        out[i - 1] = (char)('0' + index % 10);
}

const char *pointer_write(struct arena *arena, const struct place *place)
{
    size_t at = pointer_length(place);
    char *text;

    for (; at > POINTER_MOST; place = place->parent)
        at -= step_length(place);
    text = arena_alloc(arena, at + 1);
    for (; place->parent; place = place->parent) {
        at -= step_length(place);
        text[at] = '/';
        if (place->name)
            write_escaped(text + at + 1, place->name, place->length);
        else
            write_index(text + at + 1, place->index);
    }
    return text;
}
