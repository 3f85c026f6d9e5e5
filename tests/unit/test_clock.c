// links: base
/* RFC 3339 in and out: what the contract takes as an instant, a date, a time, and what it does
 * not. The rows are examples of RFC 3339 section 5.8 and everything that is nearly one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.c"

#define SECOND INT64_C(1000000)

static const struct {
    const char *text;
    int64_t unix_us;
} good_instants[] = {
    {"1970-01-01T00:00:00Z", 0},
    {"1969-12-31T23:59:59Z", -SECOND},
    {"1985-04-12T23:20:50.52Z", 482196050 * SECOND + 520000},
    {"1996-12-19T16:39:57-08:00", 851042397 * SECOND},
    {"1990-12-31T23:59:60Z", 662688000 * SECOND},
    {"1990-12-31T15:59:60-08:00", 662688000 * SECOND},
    {"1937-01-01T12:00:27.87+00:20", -1041337173 * SECOND + 870000},
    {"2000-02-29T00:00:00Z", 951782400 * SECOND},
    {"2027-03-29T09:00:00+02:00", 1806303600 * SECOND},
    {"2027-03-29t07:00:00z", 1806303600 * SECOND},
    {"2027-03-29T07:00:00.123456789Z", 1806303600 * SECOND + 123456},
    {"2027-03-29T07:00:00-00:00", 1806303600 * SECOND},
    {"0000-01-01T00:00:00Z", INT64_C(-62167219200) * SECOND},
    {"9999-12-31T23:59:59.999999Z", INT64_C(253402300799) * SECOND + 999999},
};

static const char *const bad_instants[] = {
    "",
    "T",
    "2027-03-29",
    "09:00:00Z",
    "2027-03-29T09:00:00",
    "2027-03-29 09:00:00Z",
    "2027-02-29T00:00:00Z",
    "1900-02-29T00:00:00Z",
    "2027-13-01T00:00:00Z",
    "2027-00-01T00:00:00Z",
    "2027-01-00T00:00:00Z",
    "2027-04-31T00:00:00Z",
    "2027-01-01T24:00:00Z",
    "2027-01-01T00:60:00Z",
    "2027-01-01T00:00:61Z",
    "2027-03-29T23:59:60Z",
    "2027-03-31T23:58:60Z",
    "2027-03-31T23:59:60+01:00",
    "2027-01-01T00:00:00+24:00",
    "2027-01-01T00:00:00+00:60",
    "2027-01-01T00:00:00+0100",
    "2027-01-01T00:00:00+01",
    "2027-01-01T00:00:00.Z",
    "2027-01-01T00:00:00,5Z",
    "2027-01-01T00:00:00.1234567890Z",
    "2027-01-01T00:00:00ZZ",
    " 2027-01-01T00:00:00Z",
    "2027-01-01T00:00:00Z ",
    "02027-01-01T00:00:00Z",
    "27-01-01T00:00:00Z",
    "now",
    "infinity",
    "2027-1-1T0:0:0Z",
    "+2027-01-01T00:00:00Z",
    "2027-01-01T00:00Z",
    "2027-01-01T00:00:00 01:00",
};

static void an_instant_is_read_to_the_microsecond(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(good_instants); i++) {
        int64_t unix_us = 1;

        if (!clock_read_instant(good_instants[i].text, strlen(good_instants[i].text), &unix_us))
            fail_msg("%s is refused", good_instants[i].text);
        if (unix_us != good_instants[i].unix_us)
            fail_msg("%s reads as %lld", good_instants[i].text, (long long)unix_us);
    }
}

static void what_is_nearly_an_instant_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(bad_instants); i++) {
        int64_t unix_us = 7;

        if (clock_read_instant(bad_instants[i], strlen(bad_instants[i]), &unix_us))
            fail_msg("%s is taken", bad_instants[i]);
        assert_int_equal(unix_us, 7);
    }
}

static void every_prefix_of_an_instant_is_refused_without_reading_on(void **state)
{
    const char *whole = "1990-12-31T23:59:60.5+00:00";
    int64_t unix_us;

    (void)state;
    for (size_t length = 0; length < strlen(whole); length++) {
        char *exact = test_malloc(length + 1);

        memcpy(exact, whole, length);
        assert_false(clock_read_instant(exact, length, &unix_us));
        test_free(exact);
    }
}

static void a_date_is_in_the_calendar(void **state)
{
    (void)state;
    assert_true(clock_is_date("2028-02-29", 10));
    assert_false(clock_is_date("2027-02-29", 10));
    assert_false(clock_is_date("2027-02-2", 9));
    assert_false(clock_is_date("2027-02-28T", 11));
    assert_true(clock_is_date("2000-02-29", 10));
    assert_false(clock_is_date("2100-02-29", 10));
}

static void a_time_has_an_offset(void **state)
{
    (void)state;
    assert_true(clock_is_time("09:00:00Z", 9));
    assert_true(clock_is_time("09:00:00.5+02:00", 16));
    assert_false(clock_is_time("09:00:00", 8));
    assert_false(clock_is_time("09:00", 5));
    assert_false(clock_is_time("24:00:00Z", 9));
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(good_instants); i++) {
        char text[CLOCK_INSTANT_SIZE];
        int64_t unix_us;
        int64_t to_the_ms = good_instants[i].unix_us / 1000 * 1000;

        clock_write_instant(to_the_ms, text);
        assert_true(clock_read_instant(text, strlen(text), &unix_us));
        assert_int_equal(unix_us, to_the_ms);
    }
}

static void http_dates_are_imf_fixdates(void **state)
{
    char text[CLOCK_HTTP_DATE_SIZE];

    (void)state;
    clock_write_http_date(784111777, text);
    assert_string_equal(text, "Sun, 06 Nov 1994 08:49:37 GMT");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_instant_is_read_to_the_microsecond),
        cmocka_unit_test(what_is_nearly_an_instant_is_refused),
        cmocka_unit_test(every_prefix_of_an_instant_is_refused_without_reading_on),
        cmocka_unit_test(a_date_is_in_the_calendar),
        cmocka_unit_test(a_time_has_an_offset),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(http_dates_are_imf_fixdates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
