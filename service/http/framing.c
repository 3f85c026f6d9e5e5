/* Lives here: a look at the bytes of a request's head in MHD's buffer, behind its lenient
 * parser. Reads nothing beyond the empty line that ends the head; see framing.h for what it is
 * for. */
#include "http/framing.h"

#include <string.h>

#define LINE_END_BYTES 2
#define VERSION_BYTES 8 /* "HTTP/1.1" */

struct framing framing_begin(const char *target)
{
    const char *version = target + strlen(target) + 1;

    if (strlen(version) != VERSION_BYTES || memcmp(version, "HTTP/1.", 7) != 0)
        return (struct framing){0};
    return (struct framing){.next = version + VERSION_BYTES + LINE_END_BYTES,
                            .is_old = version[VERSION_BYTES - 1] == '0'};
}

void framing_follow(struct framing *framing, const char *name, size_t name_length,
                    const char *value, size_t value_length)
{
    const char *at = name + name_length + 1; /* behind the colon */

    if (!framing->next || framing->next != name) {
        framing->next = NULL;
        return;
    }
    at += strspn(at, " \t");
    framing->next = at == value ? value + value_length + LINE_END_BYTES : NULL;
}

bool framing_is_whole(const struct framing *framing)
{
    const char *last = framing->next;

    return last && last[-1] == '\0' && last[0] == '\0' && last[1] == '\0';
}
