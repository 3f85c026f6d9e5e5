// links: base
/* Connection strings: what is added, what may be overridden, and hosts that take turns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../service/db/dsn.c"

static struct dsn dsn_of(const char *url, struct arena *arena)
{
    struct fault fault = {""};
    struct dsn dsn = {0};

    if (!dsn_read(&dsn, "NAME", url, "clinicd", "-c jit=off", arena, &fault))
        fail_msg("%s", fault.text);
    return dsn;
}

static const char *value(const struct dsn *dsn, size_t host, const char *keyword)
{
    const struct dsn_parameters *parameters = &dsn->from_host[host];

    for (size_t i = 0; parameters->keywords[i]; i++)
        if (strcmp(parameters->keywords[i], keyword) == 0)
            return parameters->values[i];
    return "";
}

static void what_is_not_given_is_added(void **state)
{
    struct arena *arena = arena_new();
    struct dsn dsn = dsn_of("host=a dbname=clinicd", arena);

    (void)state;
    assert_string_equal(value(&dsn, 0, "host"), "a");
    assert_string_equal(value(&dsn, 0, "dbname"), "clinicd");
    assert_string_equal(value(&dsn, 0, "application_name"), "clinicd");
    assert_string_equal(value(&dsn, 0, "client_encoding"), "UTF8");
    assert_string_equal(value(&dsn, 0, "options"), "-c jit=off");
    assert_string_equal(value(&dsn, 0, "target_session_attrs"), "read-write");
    assert_string_equal(value(&dsn, 0, "keepalives_idle"), "2");
    assert_string_equal(value(&dsn, 0, "tcp_user_timeout"), "3000");
    assert_int_equal(dsn.connect_ms, 3000);
    arena_free(arena);
}

static void what_is_given_wins(void **state)
{
    struct arena *arena = arena_new();
    struct dsn dsn = dsn_of("postgresql://u@a/d?target_session_attrs=any&connect_timeout=7&"
                            "application_name=mine&client_encoding=LATIN1&options=-c%20x.y%3D1",
                            arena);

    (void)state;
    assert_string_equal(value(&dsn, 0, "target_session_attrs"), "any");
    assert_string_equal(value(&dsn, 0, "application_name"), "mine");
    assert_int_equal(dsn.connect_ms, 7000);
    assert_string_equal(value(&dsn, 0, "client_encoding"), "UTF8"); /* but not this */
    assert_string_equal(value(&dsn, 0, "options"), "-c x.y=1 -c jit=off");
    arena_free(arena);
}

static void hosts_take_turns_with_their_ports(void **state)
{
    struct arena *arena = arena_new();
    struct dsn dsn = dsn_of("host=a,b,c port=1,2,3 dbname=d", arena);

    (void)state;
    assert_int_equal(dsn.hosts, 3);
    assert_string_equal(value(&dsn, 0, "host"), "a,b,c");
    assert_string_equal(value(&dsn, 1, "host"), "b,c,a");
    assert_string_equal(value(&dsn, 1, "port"), "2,3,1");
    assert_string_equal(value(&dsn, 2, "host"), "c,a,b");
    assert_string_equal(value(&dsn, 2, "port"), "3,1,2");
    dsn = dsn_of("host=a,b port=5433 dbname=d", arena);
    assert_string_equal(value(&dsn, 1, "host"), "b,a");
    assert_string_equal(value(&dsn, 1, "port"), "5433");
    arena_free(arena);
}

static void what_libpq_cannot_read_is_refused_unquoted(void **state)
{
    static const char *const bad[] = {"", "hosts=secret", "postgres://u:sec%zzret@h/d",
                                      "just words secret"};
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < LENGTH(bad); i++) {
        struct fault fault = {""};
        struct dsn dsn;

        assert_false(dsn_read(&dsn, "NAME", bad[i], "clinicd", "", arena, &fault));
        assert_non_null(strstr(fault.text, "NAME"));
        assert_null(strstr(fault.text, "ret"));
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_given_is_added),
        cmocka_unit_test(what_is_given_wins),
        cmocka_unit_test(hosts_take_turns_with_their_ports),
        cmocka_unit_test(what_libpq_cannot_read_is_refused_unquoted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
