/* Lives here: regular expressions. The only file that includes pcre2.h. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "contract/pattern.h"

#include <pcre2.h>

/* The most steps from one position of the text, about a millisecond, and the most memory. */
#define STEPS_MOST 200000
/* PCRE2 counts anew at each position. An expression without "^" starts at all of them: it is
 * searched with fewer steps, and not in longer texts. */
#define SEARCH_STEPS_MOST 20000
#define SEARCH_BYTES_MOST 4096
#define DEPTH_MOST 2000
#define HEAP_KIB_MOST 1024

#define ECMA_OPTIONS                                                                           \
    (PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_ALT_BSUX | PCRE2_ALLOW_EMPTY_CLASS |             \
     PCRE2_MATCH_UNSET_BACKREF | PCRE2_NEVER_BACKSLASH_C)

struct pattern {
    pcre2_code *code;
    pcre2_match_context *limits; /* only read by matches */
    const char *source;
    size_t longest; /* texts with more bytes count as not matching */
};

static void code_release(void *code)
{
    pcre2_code_free(code);
}

static void limits_release(void *limits)
{
    pcre2_match_context_free(limits);
}

static pcre2_code *compile_ecma(const char *source, size_t length, int *error, size_t *offset)
{
    pcre2_compile_context *dialect = pcre2_compile_context_create(NULL);
    pcre2_code *code;

    ASSERT(dialect);
    pcre2_set_newline(dialect, PCRE2_NEWLINE_ANYCRLF);
    pcre2_set_compile_extra_options(dialect, PCRE2_EXTRA_ALT_BSUX);
    code = pcre2_compile((PCRE2_SPTR)source, length, ECMA_OPTIONS, error, offset, dialect);
    pcre2_compile_context_free(dialect);
    return code;
}

static bool is_anchored(const pcre2_code *code)
{
    uint32_t options = 0;

    pcre2_pattern_info(code, PCRE2_INFO_ALLOPTIONS, &options);
    return (options & PCRE2_ANCHORED) != 0;
}

static void set_limits(struct pattern *pattern)
{
    bool anchored = is_anchored(pattern->code);

    pattern->longest = anchored ? SIZE_MAX : SEARCH_BYTES_MOST;
    pattern->limits = pcre2_match_context_create(NULL);
    ASSERT(pattern->limits);
    pcre2_set_match_limit(pattern->limits, anchored ? STEPS_MOST : SEARCH_STEPS_MOST);
    pcre2_set_depth_limit(pattern->limits, DEPTH_MOST);
    pcre2_set_heap_limit(pattern->limits, HEAP_KIB_MOST);
}

const struct pattern *pattern_compile(struct arena *arena, const char *source, size_t length,
                                      struct fault *fault)
{
    struct pattern *pattern = arena_alloc(arena, sizeof(*pattern));
    int error;
    size_t offset;

    pattern->source = arena_copy(arena, source, length);
    pattern->code = compile_ecma(source, length, &error, &offset);
    if (!pattern->code) {
        PCRE2_UCHAR reason[120] = "";

        pcre2_get_error_message(error, reason, sizeof(reason));
        fault_set(fault, "the pattern does not compile: %s at offset %zu", (char *)reason,
                  offset);
        return NULL;
    }
    arena_defer(arena, code_release, pattern->code);
    pcre2_jit_compile(pattern->code, PCRE2_JIT_COMPLETE); /* without it, it interprets */
    set_limits(pattern);
    arena_defer(arena, limits_release, pattern->limits);
    return pattern;
}

const char *pattern_source(const struct pattern *pattern)
{
    return pattern->source;
}

void pattern_scratch_free(struct pattern_scratch *scratch)
{
    pcre2_match_data_free(scratch->match);
    scratch->match = NULL;
}

bool pattern_is_found(const struct pattern *pattern, struct pattern_scratch *scratch,
                      const char *text, size_t length)
{
    if (length > pattern->longest)
        return false;
    if (!scratch->match)
        scratch->match = pcre2_match_data_create(1, NULL);
    ASSERT(scratch->match);
    return pcre2_match(pattern->code, (PCRE2_SPTR)text, length, 0, PCRE2_NO_UTF_CHECK,
                       scratch->match, pattern->limits) >= 0;
}
