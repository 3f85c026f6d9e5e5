// links: base
/* The SQLSTATE table: what each verdict of PostgreSQL becomes, and what may run again. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "../../service/db/outcome.c"

enum { YES = 1, NO = 0 };

/* again: after the first attempt, for a read and for a write; most: tries in all. */
static const struct {
    const char *sqlstate;
    enum db_outcome outcome;
    int read_again, write_again, most;
    enum fate fate;
} rows[] = {
    {"23P01", DB_CONFLICT, NO, NO, 1, FATE_KEEP},
    {"23505", DB_CONFLICT, NO, NO, 1, FATE_KEEP},
    {"23503", DB_UNKNOWN_REFERENCE, NO, NO, 1, FATE_KEEP},
    {"23502", DB_UNPROCESSABLE, NO, NO, 1, FATE_KEEP},
    {"23514", DB_UNPROCESSABLE, NO, NO, 1, FATE_KEEP},
    {"23000", DB_BROKEN, NO, NO, 1, FATE_KEEP},
    {"22P02", DB_UNPROCESSABLE, NO, NO, 1, FATE_KEEP},
    {"22023", DB_UNPROCESSABLE, NO, NO, 1, FATE_KEEP},
    {"40001", DB_BUSY, YES, YES, 3, FATE_KEEP},
    {"40P01", DB_BUSY, YES, YES, 3, FATE_KEEP},
    {"40000", DB_BROKEN, NO, NO, 1, FATE_KEEP},
    {"55P03", DB_BUSY, YES, YES, 2, FATE_KEEP},
    {"57014", DB_TIMEOUT, NO, NO, 1, FATE_KEEP},
    {"53100", DB_BUSY, NO, NO, 1, FATE_KEEP},
    {"53300", DB_BUSY, NO, NO, 1, FATE_KEEP},
    {"58030", DB_BUSY, NO, NO, 1, FATE_KEEP},
    {"57P01", DB_AWAY, YES, NO, 2, FATE_DROP},
    {"57P02", DB_AWAY, YES, NO, 2, FATE_DROP},
    {"57P03", DB_AWAY, YES, NO, 2, FATE_DROP},
    {"08006", DB_AWAY, YES, NO, 2, FATE_DROP},
    {"25006", DB_AWAY, YES, YES, 2, FATE_DROP_ALL},
    {"26000", DB_AWAY, YES, YES, 2, FATE_DROP},
    {"0A000", DB_BROKEN, YES, YES, 2, FATE_DROP},
    {"42501", DB_FORBIDDEN, NO, NO, 1, FATE_KEEP},
    {"42P01", DB_BROKEN, NO, NO, 1, FATE_KEEP},
    {"P0001", DB_BROKEN, NO, NO, 1, FATE_KEEP},
    {"XX000", DB_BROKEN, NO, NO, 1, FATE_KEEP},
    {"", DB_BROKEN, NO, NO, 1, FATE_KEEP},
};

static int tries(const struct decision *decision, bool is_read)
{
    int attempts = 1;

    while (outcome_allows_again(decision, is_read, attempts))
        attempts++;
    return attempts;
}

static void each_sqlstate(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct decision decision = outcome_decide(RUN_ERROR, rows[i].sqlstate);

        print_message("%s\n", rows[i].sqlstate);
        assert_int_equal(decision.outcome, rows[i].outcome);
        assert_int_equal(decision.fate, rows[i].fate);
        assert_int_equal(tries(&decision, true), rows[i].read_again ? rows[i].most : 1);
        assert_int_equal(tries(&decision, false), rows[i].write_again ? rows[i].most : 1);
    }
}

static void lost_write_is_in_doubt(void **state)
{
    struct decision decision = outcome_decide(RUN_LOST, "");

    (void)state;
    assert_int_equal(decision.outcome, DB_AWAY);
    assert_int_equal(decision.fate, FATE_DROP);
    assert_int_equal(tries(&decision, false), 1);
    assert_int_equal(tries(&decision, true), 2);
}

/* A connection that broke counts as lost, whatever it managed to say before. */
static void end_is_looked_at_before_sqlstate(void **state)
{
    (void)state;
    assert_int_equal(outcome_decide(RUN_LOST, "40001").again, AGAIN_READS);
    assert_int_equal(outcome_decide(RUN_EXPIRED, "40001").outcome, DB_TIMEOUT);
    assert_int_equal(outcome_decide(RUN_EXPIRED, "").fate, FATE_DROP);
    assert_int_equal(outcome_decide(RUN_ODD, "").outcome, DB_BROKEN);
    assert_int_equal(outcome_decide(RUN_ROW, "").outcome, DB_ROW);
    assert_int_equal(outcome_decide(RUN_NO_ROW, "").outcome, DB_NO_ROW);
}

static void every_outcome_has_a_name(void **state)
{
    (void)state;
    for (int outcome = DB_ROW; outcome <= DB_BROKEN; outcome++)
        assert_non_null(db_outcome_name((enum db_outcome)outcome));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_sqlstate),
        cmocka_unit_test(lost_write_is_in_doubt),
        cmocka_unit_test(end_is_looked_at_before_sqlstate),
        cmocka_unit_test(every_outcome_has_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
