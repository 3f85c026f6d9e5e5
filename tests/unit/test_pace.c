// links: base
/* The worker's pace: when a work is due next, and which is first. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "../../service/events/pace.c"

/* The wait after `times` runs with this end, from a work that has just done something. */
static int64_t wait_after(enum pace_end end, int times, int64_t idle_ms, uint32_t chance)
{
    struct pace pace = {0};

    pace_after(&pace, PACE_DID, 0, idle_ms, 0);
    for (int i = 0; i < times; i++)
        pace_after(&pace, end, 1000, idle_ms, chance);
    return pace.due_ms - 1000;
}

static void while_there_is_something_to_do_it_goes_on(void **state)
{
    (void)state;
    assert_int_equal(wait_after(PACE_DID, 1, 250, 0), PACE_BUSY_MS);
    assert_int_equal(wait_after(PACE_DID, 50, 250, UINT32_MAX), PACE_BUSY_MS);
}

static void when_nothing_is_left_it_waits_longer_and_longer(void **state)
{
    static const struct {
        int times;
        int64_t idle_ms, wait_ms;
    } rows[] = {
        {1, 250, 4}, {2, 250, 8}, {6, 250, 128},      {7, 250, 250},        {1000, 250, 250},
        {1, 3, 3},   {5, 1, 1},   {14, 60000, 32768}, {1000, 60000, 60000}, {1, 60000, 4},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(wait_after(PACE_NOTHING, rows[i].times, rows[i].idle_ms, 0),
                         rows[i].wait_ms);
}

static void a_work_that_never_ran_rests_by_itself(void **state)
{
    struct pace pace = {0};

    (void)state;
    pace_after(&pace, PACE_NOTHING, 100, 250, 0);
    assert_int_equal(pace.due_ms, 104);
}

static void something_to_do_makes_it_quick_again(void **state)
{
    struct pace pace = {0};

    (void)state;
    for (int i = 0; i < 20; i++)
        pace_after(&pace, PACE_NOTHING, 0, 250, 0);
    pace_after(&pace, PACE_DID, 5000, 250, 0);
    assert_int_equal(pace.due_ms, 5000 + PACE_BUSY_MS);
    pace_after(&pace, PACE_NOTHING, 6000, 250, 0);
    assert_int_equal(pace.due_ms, 6004);
}

static void failures_back_off_and_are_forgotten(void **state)
{
    struct pace pace = {0};

    (void)state;
    assert_int_equal(wait_after(PACE_FAILED, 1, 250, 0), PACE_FAILED_LEAST_MS);
    assert_int_equal(wait_after(PACE_FAILED, 2, 250, 0), 2 * PACE_FAILED_LEAST_MS);
    assert_int_equal(wait_after(PACE_FAILED, 1000, 250, 0), PACE_FAILED_MOST_MS);
    for (int i = 0; i < 5; i++)
        pace_after(&pace, PACE_FAILED, 0, 250, 0);
    assert_int_equal(pace.failures, 5);
    pace_after(&pace, PACE_NOTHING, 0, 250, 0);
    assert_int_equal(pace.failures, 0);
    assert_in_range(pace.due_ms, 1, 250);
}

/* Whatever the chance: a quarter of an idle wait at most, half of one after a failure. */
static void chance_keeps_instances_apart(void **state)
{
    (void)state;
    for (uint32_t chance = 0; chance < 1000; chance++) {
        assert_in_range(wait_after(PACE_NOTHING, 20, 200, chance), 150, 200);
        assert_in_range(wait_after(PACE_FAILED, 1, 200, chance), 50, 100);
    }
    assert_int_equal(wait_after(PACE_NOTHING, 20, 200, 50), 150);
    assert_int_equal(wait_after(PACE_NOTHING, 20, 200, 51), 200);
    assert_in_range(wait_after(PACE_NOTHING, 20, 200, UINT32_MAX), 150, 200);
}

static void whoever_waits_longest_comes_first(void **state)
{
    const struct pace paces[] = {
        {.due_ms = 30}, {.due_ms = 10}, {.due_ms = 20}, {.due_ms = 10}};

    (void)state;
    assert_int_equal(pace_next(paces, 1), 0);
    assert_int_equal(pace_next(paces, 4), 1);
    assert_int_equal(pace_next(paces + 2, 2), 1);
}

/* One that always has something to do does not keep the others from their turn. */
static void nobody_is_passed_over(void **state)
{
    struct pace paces[3] = {{0}};
    int runs[3] = {0};

    (void)state;
    for (int64_t now_ms = 1; now_ms < 10000; now_ms++) {
        size_t next = pace_next(paces, 3);

        runs[next]++;
        pace_after(&paces[next], next == 0 ? PACE_DID : PACE_NOTHING, now_ms, 20, 0);
    }
    assert_true(runs[0] > 3000);
    assert_true(runs[1] > 300 && runs[2] > 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(while_there_is_something_to_do_it_goes_on),
        cmocka_unit_test(when_nothing_is_left_it_waits_longer_and_longer),
        cmocka_unit_test(a_work_that_never_ran_rests_by_itself),
        cmocka_unit_test(something_to_do_makes_it_quick_again),
        cmocka_unit_test(failures_back_off_and_are_forgotten),
        cmocka_unit_test(chance_keeps_instances_apart),
        cmocka_unit_test(whoever_waits_longest_comes_first),
        cmocka_unit_test(nobody_is_passed_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
