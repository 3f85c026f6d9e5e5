/* Lives here: from a request target to an operation. A trie over segments, built from the
 * document at start-up, immutable afterwards. A match takes one allocation: the decoded path.
 * Calls text.c and the arena; knows no HTTP beyond the request line. */
#include "contract/router.h"

#include <string.h>
#include <strings.h>

#include "contract/text.h"

#define SEGMENTS_MOST 16
#define TARGET_MOST 8192

enum { METHOD_GET, METHOD_HEAD, METHOD_POST, METHOD_PUT, METHOD_PATCH, METHOD_DELETE };

static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};

struct segment {
    const char *text;
    size_t length;
};

struct route_child {
    struct segment segment;
    struct route_node *node;
};

struct route_node {
    struct route_child *literals; /* by length, then bytes */
    size_t literal_count;
    struct route_node *parameter; /* below any other segment; NULL: none */
    const struct operation *operations[LENGTH(methods)]; /* HEAD is GET's */
    const char *allow; /* "GET, HEAD, OPTIONS"; NULL: no path ends here */
};

/* ------------------------------------------------------------------ building */

struct route_node *router_new(struct arena *arena)
{
    return arena_alloc(arena, sizeof(struct route_node));
}

static int compare_segments(const struct segment *left, const struct segment *right)
{
    if (left->length != right->length)
        return left->length < right->length ? -1 : 1;
    return memcmp(left->text, right->text, left->length);
}

static struct route_node *find_literal(const struct route_node *node,
                                       const struct segment *segment)
{
    size_t from = 0;
    size_t to = node->literal_count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;
        int order = compare_segments(&node->literals[middle].segment, segment);

        if (order == 0)
            return node->literals[middle].node;
        if (order < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return NULL;
}

static struct route_node *add_literal(struct route_node *node, struct arena *arena,
                                      const struct segment *segment)
{
    struct route_node *known = find_literal(node, segment);
    struct route_child *grown;
    size_t at = 0;

    if (known)
        return known;
    grown = arena_alloc_array(arena, node->literal_count + 1, sizeof(*grown));
    for (;
         at < node->literal_count && compare_segments(&node->literals[at].segment, segment) < 0;
         at++)
        grown[at] = node->literals[at];
    grown[at].segment.text = arena_copy(arena, segment->text, segment->length);
    grown[at].segment.length = segment->length;
    grown[at].node = router_new(arena);
    for (size_t i = at; i < node->literal_count; i++)
        grown[i + 1] = node->literals[i];
    node->literals = grown;
    node->literal_count++;
    return grown[at].node;
}

static bool is_template(const struct segment *segment)
{
    return segment->length > 2 && segment->text[0] == '{' &&
           segment->text[segment->length - 1] == '}';
}

static struct route_node *add_child(struct route_node *node, struct arena *arena,
                                    const struct segment *segment)
{
    if (!is_template(segment))
        return add_literal(node, arena, segment);
    if (!node->parameter)
        node->parameter = router_new(arena);
    return node->parameter;
}

/* True for a segment that a template may have: "{name}", or text without braces. */
static bool is_clear(const struct segment *segment)
{
    size_t inside = is_template(segment) ? 1 : 0;

    for (size_t i = inside; i + inside < segment->length; i++)
        if (strchr("{}%?#", segment->text[i]))
            return false;
    return segment->length > 0;
}

static const char *allowed_methods(const struct route_node *node, struct arena *arena)
{
    struct buffer text = buffer_init(arena);

    for (size_t i = 0; i < LENGTH(methods); i++)
        if (node->operations[i])
            buffer_add_format(&text, "%s, ", methods[i]);
    buffer_add_text(&text, "OPTIONS");
    return text.text;
}

static size_t method_find(const char *method)
{
    size_t i = 0;

    while (i < LENGTH(methods) && strcmp(methods[i], method) != 0)
        i++;
    return i;
}

static bool set_operation(struct route_node *node, struct arena *arena,
                          const struct operation *operation, struct fault *fault)
{
    size_t method = method_find(operation->method);

    ASSERT(method < LENGTH(methods));
    if (node->operations[method])
        return fault_set(fault, "%s %s: cannot be told apart from %s", operation->method,
                         operation->path, node->operations[method]->path);
    node->operations[method] = operation;
    if (method == METHOD_GET)
        node->operations[METHOD_HEAD] = operation;
    node->allow = allowed_methods(node, arena);
    return true;
}

bool router_add(struct route_node *root, struct arena *arena, const struct operation *operation,
                struct fault *fault)
{
    const char *at = operation->path;
    size_t depth = 0;

    if (*at != '/')
        return fault_set(fault, "%s: a path begins with a slash", at);
    if (strcmp(at, "/") == 0)
        return set_operation(root, arena, operation, fault);
    while (*at) {
        struct segment segment = {at + 1, strcspn(at + 1, "/")};

        if (!is_clear(&segment))
            return fault_set(fault, "%s: a segment is either text or one {name}",
                             operation->path);
        if (++depth > SEGMENTS_MOST)
            return fault_set(fault, "%s: has more than %d segments", operation->path,
                             SEGMENTS_MOST);
        root = add_child(root, arena, &segment);
        at = segment.text + segment.length;
    }
    return set_operation(root, arena, operation, fault);
}

/* ------------------------------------------------------------------ reading the target */

/* The path of a request, split and decoded. */
struct request_path {
    struct segment segments[SEGMENTS_MOST];
    size_t count;
};

/* NULL, or what is wrong with bytes that may stand nowhere in a target. */
static const char *find_forbidden(const char *target, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)target[i];

        if (byte <= ' ' || byte == 0x7F)
            return "the request target contains a space or a control character";
        if (byte == '#')
            return "the request target contains a fragment";
    }
    return NULL;
}

static size_t scheme_length(const char *target)
{
    if (strncasecmp(target, "http://", 7) == 0)
        return 7;
    return strncasecmp(target, "https://", 8) == 0 ? 8 : 0;
}

/* Where the path begins in origin-form or absolute-form; NULL for the other forms. An
 * absolute-form without a path means "/". */
static const char *find_path(const char *target)
{
    size_t scheme = scheme_length(target);
    const char *path;

    if (*target == '/')
        return target;
    if (scheme == 0)
        return NULL;
    path = target + scheme + strcspn(target + scheme, "/?");
    return path == target + scheme ? NULL : path;
}

static const char *check_segment(const char *text, size_t length, bool is_plain)
{
    if (length <= 2 && memcmp(text, "..", length) == 0)
        return "the path contains a segment that is empty, \".\" or \"..\"";
    if (is_plain)
        return NULL;
    if (!text_is_utf8(text, length))
        return "the path is not valid UTF-8";
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7F)
            return "the path contains a control character";
    return NULL;
}

/* Splits, then decodes in place; each segment ends with a NUL of its own. A final slash gives
 * an empty last segment, which no template has. NULL, or what is wrong. */
static const char *split(char *path, size_t length, struct request_path *out)
{
    char *end = path + length;
    char *at = path;

    if (length <= 1)
        return NULL;
    while (at < end) {
        char *text = at + 1;
        size_t raw = strcspn(text, "/");
        bool is_plain = true;
        size_t decoded = raw;
        const char *wrong;

        for (size_t i = 0; i < raw && is_plain; i++)
            is_plain = text[i] != '%' && (unsigned char)text[i] < 0x80;
        at = text + raw;
        if (out->count == SEGMENTS_MOST)
            return "the path has more than 16 segments";
        if (!is_plain && !text_percent_decode(text, raw, text, &decoded))
            return "the path has a \"%\" without two hexadecimal digits";
        wrong = raw == 0 && at == end ? NULL : check_segment(text, decoded, is_plain);
        if (wrong)
            return wrong;
        text[decoded] = '\0';
        out->segments[out->count++] = (struct segment){text, decoded};
    }
    return NULL;
}

/* ------------------------------------------------------------------ matching */

/* The node where the path ends; values of parameters on the way. A literal wins; where it
 * leads nowhere, the parameter is tried. */
static const struct route_node *walk(const struct route_node *node,
                                     const struct request_path *path, size_t at,
                                     const char **values, size_t value_count)
{
    const struct route_node *found = NULL;

    if (at == path->count)
        return node->allow ? node : NULL;
    if (node->literal_count > 0) {
        const struct route_node *literal = find_literal(node, &path->segments[at]);

        if (literal)
            found = walk(literal, path, at + 1, values, value_count);
    }
    if (found || !node->parameter || path->segments[at].length == 0 ||
        value_count == CONTRACT_PATH_VALUES)
        return found;
    values[value_count] = path->segments[at].text;
    return walk(node->parameter, path, at + 1, values, value_count + 1);
}

static enum route refuse(struct route_match *match, const char *detail)
{
    match->detail = detail;
    return ROUTE_BAD_TARGET;
}

static enum route match_asterisk(const char *method, struct route_match *match)
{
    if (strcmp(method, "OPTIONS") != 0)
        return refuse(match, "the request target \"*\" is for OPTIONS only");
    match->allow = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
    return ROUTE_NO_METHOD;
}

static enum route match_method(const struct route_node *node, const char *method,
                               struct route_match *match)
{
    size_t index = method_find(method);

    match->allow = node->allow;
    if (index == LENGTH(methods) || !node->operations[index])
        return ROUTE_NO_METHOD;
    match->operation = node->operations[index];
    return ROUTE_FOUND;
}

enum route router_match(const struct route_node *root, const char *method, const char *target,
                        struct arena *arena, struct route_match *match)
{
    size_t length = strnlen(target, TARGET_MOST + 1);
    struct request_path path;
    const struct route_node *node;
    const char *start, *wrong;
    size_t path_length;

    *match = (struct route_match){0};
    if (length > TARGET_MOST)
        return refuse(match, "the request target is longer than 8192 bytes");
    wrong = find_forbidden(target, length);
    if (wrong)
        return refuse(match, wrong);
    if (strcmp(target, "*") == 0)
        return match_asterisk(method, match);
    start = find_path(target);
    if (!start)
        return refuse(match, "the request target is neither a path nor an http address");
    path_length = strcspn(start, "?");
    match->query = start[path_length] ? start + path_length + 1 : NULL;
    path.count = 0;
    wrong = split(arena_copy(arena, start, path_length), path_length, &path);
    if (wrong)
        return refuse(match, wrong);
    node = walk(root, &path, 0, match->values, 0);
    return node ? match_method(node, method, match) : ROUTE_NO_PATH;
}
