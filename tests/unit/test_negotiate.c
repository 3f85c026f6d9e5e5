// links: base
/* Quality values of Accept and Accept-Language (RFC 9110 section 12). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "serve/negotiate.c"

static const struct {
    const char *accept;
    int quality;
} accepts[] = {
    {NULL, 1000},
    {"", 1000},
    {"  ", 1000},
    {"*/*", 1000},
    {"application/json", 1000},
    {"Application/JSON", 1000},
    {"application/*", 1000},
    {"text/html", 0},
    {"text/html, application/json;q=0.5", 500},
    {"application/json;q=0", 0},
    {"application/json;q=0, */*", 0},
    {"*/*;q=0.1, application/*;q=0.2, application/json;q=0.3", 300},
    {"application/json;charset=utf-8;q=0.7", 700},
    {"application/json ; q=1.000", 1000},
    {"application/json;q=2", 0},
    {"application/json;q=0.5555", 0},
    {"application/jsonp", 0},
    {"application", 0},
    {"*", 0},
    {",,,", 0},
    {";q=1", 0},
};

static void the_most_exact_range_decides(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(accepts); i++) {
        int quality = accept_quality(accepts[i].accept, "application/json");

        if (quality != accepts[i].quality)
            fail_msg("%s: %d", accepts[i].accept, quality);
    }
}

static const struct {
    const char *header;
    const char *tags;
} languages[] = {
    {NULL, "{}"},
    {"", "{}"},
    {"*", "{}"},
    {"fr", "{fr}"},
    {"fr-BE, fr;q=0.9, en;q=0.8", "{fr-BE,fr,en}"},
    {"en;q=0.1, nl;q=0.2, de", "{de,nl,en}"},
    {"en;q=0.5, nl;q=0.5", "{en,nl}"},
    {"fr;q=0, en", "{en}"},
    {"fr;q=x, en", "{en}"},
    {"f{r, en", "{en}"},
    {"\"fr\",en\\", "{}"},
    {"zh-Hant-TW;q=0.3", "{zh-Hant-TW}"},
    {"a,b,c,d,e,f,g,h,i,j,k,l", "{a,b,c,d,e,f,g,h,i,j}"},
    {"a;q=0.1,b,c,d,e,f,g,h,i,j,k", "{b,c,d,e,f,g,h,i,j,k}"},
};

static void languages_come_by_falling_quality_and_safe_for_an_array(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(languages); i++) {
        struct arena *arena = arena_new();

        assert_string_equal(accept_languages(languages[i].header, arena), languages[i].tags);
        arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_most_exact_range_decides),
        cmocka_unit_test(languages_come_by_falling_quality_and_safe_for_an_array),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
