// links: base
/* Settings: defaults, environment over file, and refusals that name the setting and never its
 * value. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/config.c"

static int clear(void **state)
{
    static char *nothing[] = {NULL};

    (void)state;
    environ = nothing;
    return 0;
}

static void write_file(char *path, const char *text)
{
    int file = mkstemp(path);

    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), strlen(text));
    close(file);
}

static void without_anything_the_defaults_hold(void **state)
{
    struct config config;
    struct fault fault;

    (void)state;
    assert_true(config_load(&config, &fault));
    assert_string_equal(config.listen, "127.0.0.1:8080");
    assert_int_equal(config.connection_limit, 512);
    assert_false(config.test_clock);
}

static void the_environment_wins_over_the_file(void **state)
{
    char path[] = "/tmp/clinicd-settings-XXXXXX";
    struct config config;
    struct fault fault = {""};

    (void)state;
    write_file(path, "# ours\nCLINICD_LISTEN=127.0.0.1:1\n\n  CLINICD_TEST_CLOCK=on\n");
    setenv("CLINICD_CONFIG", path, 1);
    setenv("CLINICD_LISTEN", "127.0.0.1:2", 1);
    if (!config_load(&config, &fault))
        fail_msg("%s", fault.text);
    assert_string_equal(config.listen, "127.0.0.1:2");
    assert_true(config.test_clock);
    unlink(path);
}

static void a_refusal_names_the_setting_and_not_its_value(void **state)
{
    static const char *const bad[][2] = {
        {"CLINICD_CONNECTION_LIMIT", "s3cret"},
        {"CLINICD_CONNECTION_LIMIT", "3"},
        {"CLINICD_CONNECTION_LIMIT", "99999999999999999999"},
        {"CLINICD_CONNECTION_LIMIT", ""},
        {"CLINICD_TEST_CLOCK", "s3cret"},
        {"CLINICD_LISTN", "s3cret"},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(bad); i++) {
        struct config config;
        struct fault fault = {""};

        setenv(bad[i][0], bad[i][1], 1);
        assert_false(config_load(&config, &fault));
        assert_non_null(strstr(fault.text, bad[i][0]));
        assert_null(strstr(fault.text, "s3cret"));
        unsetenv(bad[i][0]);
    }
}

static void a_file_that_is_wrong_is_refused_by_line(void **state)
{
    static const char *const bad[] = {"CLINICD_LISTEN=127.0.0.1:1\nnonsense\n",
                                      "\nCLINICD_LISTN=x\n"};

    (void)state;
    for (size_t i = 0; i < LENGTH(bad); i++) {
        char path[] = "/tmp/clinicd-settings-XXXXXX";
        struct config config;
        struct fault fault = {""};

        write_file(path, bad[i]);
        setenv("CLINICD_CONFIG", path, 1);
        assert_false(config_load(&config, &fault));
        assert_non_null(strstr(fault.text, ":2:"));
        unlink(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(without_anything_the_defaults_hold, clear),
        cmocka_unit_test_setup(the_environment_wins_over_the_file, clear),
        cmocka_unit_test_setup(a_refusal_names_the_setting_and_not_its_value, clear),
        cmocka_unit_test_setup(a_file_that_is_wrong_is_refused_by_line, clear),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
