/* Lives here: formats of strings, a reader each, listed in the table at the end. Calls
 * base/clock.h for dates and times and inet_pton for addresses; pure otherwise. */
#include "contract/format.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/clock.h"

#define HOSTNAME_MOST 253
#define LABEL_MOST 63
#define EMAIL_MOST 254
#define EMAIL_LOCAL_MOST 64

/* What is left to read. */
struct rest {
    const char *at;
    const char *end;
};

static bool at_end(const struct rest *rest)
{
    return rest->at == rest->end;
}

static bool next_is(const struct rest *rest, char wanted)
{
    return rest->at < rest->end && *rest->at == wanted;
}

static bool take(struct rest *rest, char wanted)
{
    if (!next_is(rest, wanted))
        return false;
    rest->at++;
    return true;
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static bool is_alphanumeric(char byte)
{
    return is_letter(byte) || is_digit(byte);
}

static bool is_hexadecimal(char byte)
{
    return is_digit(byte) || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
}

static bool is_one_of(char byte, const char *set)
{
    return byte != '\0' && strchr(set, byte) != NULL;
}

static size_t take_digits(struct rest *rest)
{
    const char *start = rest->at;

    while (!at_end(rest) && is_digit(*rest->at))
        rest->at++;
    return (size_t)(rest->at - start);
}

/* ------------------------------------------------------------------ time */

static bool fits_date_time(const char *text, size_t length)
{
    int64_t unix_us;

    return clock_read_instant(text, length, &unix_us);
}

/* Digits with their units, in this order, each at most once: "1Y2M" of "YMD". */
static bool take_units(struct rest *rest, const char *units, int *taken)
{
    while (!at_end(rest) && is_digit(*rest->at)) {
        take_digits(rest);
        while (*units && !next_is(rest, *units))
            units++;
        if (!*units)
            return false;
        units++;
        rest->at++;
        ++*taken;
    }
    return true;
}

/* RFC 3339 appendix A. */
static bool fits_duration(const char *text, size_t length)
{
    struct rest rest = {text, text + length};
    int days = 0;
    int times = 0;

    if (!take(&rest, 'P'))
        return false;
    if (length > 2 && text[length - 1] == 'W')
        return take_digits(&rest) == length - 2;
    if (!take_units(&rest, "YMD", &days))
        return false;
    if (take(&rest, 'T') && (!take_units(&rest, "HMS", &times) || times == 0))
        return false;
    return at_end(&rest) && days + times > 0;
}

/* ------------------------------------------------------------------ hosts */

static bool fits_address(int family, const char *text, size_t length)
{
    char copy[INET6_ADDRSTRLEN];
    unsigned char address[sizeof(struct in6_addr)];

    if (length >= sizeof(copy) || memchr(text, '\0', length))
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    return inet_pton(family, copy, address) == 1;
}

static bool fits_ipv4(const char *text, size_t length)
{
    return fits_address(AF_INET, text, length);
}

static bool fits_ipv6(const char *text, size_t length)
{
    return fits_address(AF_INET6, text, length);
}

/* A label of RFC 1123 section 2.1. */
static bool take_label(struct rest *rest)
{
    const char *start = rest->at;

    while (!at_end(rest) && (is_alphanumeric(*rest->at) || *rest->at == '-'))
        rest->at++;
    return rest->at > start && rest->at - start <= LABEL_MOST && *start != '-' &&
           rest->at[-1] != '-';
}

static bool fits_hostname(const char *text, size_t length)
{
    struct rest rest = {text, text + length};

    if (length > HOSTNAME_MOST || !take_label(&rest))
        return false;
    while (take(&rest, '.'))
        if (!take_label(&rest))
            return false;
    return at_end(&rest);
}

/* ------------------------------------------------------------------ e-mail (RFC 5321 4.1.2) */

static bool is_atom_character(char byte)
{
    return is_alphanumeric(byte) || is_one_of(byte, "!#$%&'*+-/=?^_`{|}~");
}

static bool take_dot_string(struct rest *rest)
{
    do {
        const char *start = rest->at;

        while (!at_end(rest) && is_atom_character(*rest->at))
            rest->at++;
        if (rest->at == start)
            return false;
    } while (take(rest, '.'));
    return true;
}

static bool take_quoted_string(struct rest *rest)
{
    rest->at++;
    while (!at_end(rest) && *rest->at != '"') {
        if (*rest->at == '\\' && ++rest->at == rest->end)
            return false;
        if (*rest->at < ' ' || *rest->at > '~')
            return false;
        rest->at++;
    }
    return take(rest, '"');
}

static bool fits_address_literal(const char *text, size_t length)
{
    static const char ipv6[] = "IPv6:";
    const size_t tag = sizeof(ipv6) - 1;

    if (length > tag && memcmp(text, ipv6, tag) == 0)
        return fits_ipv6(text + tag, length - tag);
    return fits_ipv4(text, length);
}

static bool fits_email(const char *text, size_t length)
{
    struct rest rest = {text, text + length};
    size_t domain;

    if (length > EMAIL_MOST)
        return false;
    if (!(next_is(&rest, '"') ? take_quoted_string(&rest) : take_dot_string(&rest)))
        return false;
    if (rest.at - text > EMAIL_LOCAL_MOST || !take(&rest, '@') || at_end(&rest))
        return false;
    domain = (size_t)(rest.end - rest.at);
    if (*rest.at == '[' && rest.end[-1] == ']' && domain > 2)
        return fits_address_literal(rest.at + 1, domain - 2);
    return fits_hostname(rest.at, domain);
}

/* ------------------------------------------------------------------ URI (RFC 3986) */

static const char unreserved_marks[] = "-._~";
static const char sub_delimiters[] = "!$&'()*+,;=";

static bool take_percent_encoded(struct rest *rest)
{
    if (rest->end - rest->at < 3 || !is_hexadecimal(rest->at[1]) ||
        !is_hexadecimal(rest->at[2]))
        return false;
    rest->at += 3;
    return true;
}

/* Takes unreserved characters, sub-delimiters, %XX and those of `also`; false on a bad %. */
static bool take_characters(struct rest *rest, const char *also)
{
    while (!at_end(rest)) {
        char byte = *rest->at;

        if (byte == '%') {
            if (!take_percent_encoded(rest))
                return false;
        } else if (is_alphanumeric(byte) || is_one_of(byte, unreserved_marks) ||
                   is_one_of(byte, sub_delimiters) || is_one_of(byte, also)) {
            rest->at++;
        } else {
            break;
        }
    }
    return true;
}

/* "[" IPv6address "]"; future kinds of address are not taken. */
static bool take_ip_literal(struct rest *rest)
{
    const char *close = memchr(rest->at, ']', (size_t)(rest->end - rest->at));

    if (!close || !fits_ipv6(rest->at + 1, (size_t)(close - rest->at) - 1))
        return false;
    rest->at = close + 1;
    return true;
}

static const char *authority_end(const struct rest *rest)
{
    const char *at = rest->at;

    while (at < rest->end && !is_one_of(*at, "/?#"))
        at++;
    return at;
}

/* [ userinfo "@" ] host [ ":" port ] */
static bool take_authority(struct rest *rest)
{
    struct rest part = {rest->at, authority_end(rest)};
    const char *user_end = memchr(part.at, '@', (size_t)(part.end - part.at));

    if (user_end) {
        struct rest user = {part.at, user_end};

        if (!take_characters(&user, ":") || !at_end(&user))
            return false;
        part.at = user_end + 1;
    }
    if (next_is(&part, '[') ? !take_ip_literal(&part) : !take_characters(&part, ""))
        return false;
    if (take(&part, ':'))
        take_digits(&part);
    rest->at = part.end;
    return at_end(&part);
}

static bool take_scheme(struct rest *rest)
{
    const char *at = rest->at;

    if (at == rest->end || !is_letter(*at))
        return false;
    while (at < rest->end && (is_alphanumeric(*at) || is_one_of(*at, "+-.")))
        at++;
    if (at == rest->end || *at != ':')
        return false;
    rest->at = at + 1;
    return true;
}

static bool begins_with_slashes(const struct rest *rest)
{
    return rest->end - rest->at >= 2 && rest->at[0] == '/' && rest->at[1] == '/';
}

/* What follows the scheme. */
static bool take_hierarchy(struct rest *rest)
{
    if (begins_with_slashes(rest)) {
        rest->at += 2;
        if (!take_authority(rest))
            return false;
    }
    if (!take_characters(rest, ":@/"))
        return false;
    if (take(rest, '?') && !take_characters(rest, ":@/?"))
        return false;
    if (take(rest, '#') && !take_characters(rest, ":@/?"))
        return false;
    return at_end(rest);
}

static bool fits_uri(const char *text, size_t length)
{
    struct rest rest = {text, text + length};

    return take_scheme(&rest) && take_hierarchy(&rest);
}

/* The first segment of a relative reference holds no colon: "a:b" would be a scheme. */
static bool begins_with_colon_segment(const struct rest *rest)
{
    for (const char *at = rest->at; at < rest->end && !is_one_of(*at, "/?#"); at++)
        if (*at == ':')
            return true;
    return false;
}

static bool fits_uri_reference(const char *text, size_t length)
{
    struct rest rest = {text, text + length};

    if (!take_scheme(&rest) && begins_with_colon_segment(&rest))
        return false;
    return take_hierarchy(&rest);
}

/* ------------------------------------------------------------------ identifiers */

static bool fits_uuid(const char *text, size_t length)
{
    if (length != 36)
        return false;
    for (size_t i = 0; i < length; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (dash ? text[i] != '-' : !is_hexadecimal(text[i]))
            return false;
    }
    return true;
}

static bool fits_json_pointer(const char *text, size_t length)
{
    if (length > 0 && text[0] != '/')
        return false;
    for (size_t i = 0; i < length; i++)
        if (text[i] == '~' && (i + 1 == length || (text[i + 1] != '0' && text[i + 1] != '1')))
            return false;
    return true;
}

/* clang-format off */
static const struct format formats[] = {
    {"date",          "a date of the calendar, such as 2027-03-29",                    clock_is_date},
    {"date-time",     "an instant of RFC 3339, such as 2027-03-29T09:00:00+02:00",     fits_date_time},
    {"time",          "a time of RFC 3339, such as 09:00:00Z",                         clock_is_time},
    {"duration",      "a duration of RFC 3339, such as P1D or PT30M",                  fits_duration},
    {"uuid",          "a UUID, such as 0190b1a2-7c3d-7e4f-8a5b-6c7d8e9f0a1b",          fits_uuid},
    {"email",         "an e-mail address",                                             fits_email},
    {"uri",           "a URI with its scheme, such as https://example.org/",           fits_uri},
    {"uri-reference", "a URI or a relative reference",                                 fits_uri_reference},
    {"hostname",      "a host name",                                                   fits_hostname},
    {"ipv4",          "an IPv4 address",                                               fits_ipv4},
    {"ipv6",          "an IPv6 address",                                               fits_ipv6},
    {"json-pointer",  "a JSON pointer",                                                fits_json_pointer},
};
/* clang-format on */

const struct format *format_find(const char *name)
{
    for (size_t i = 0; i < LENGTH(formats); i++)
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    return NULL;
}
