// links: base
/* The queue in front of the connections: lanes, the place kept for bookings, order, bounds. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "../../service/db/queue.c"

static struct queue queue_of(size_t connections, size_t searches)
{
    struct queue queue = {.searches = searches, .most = 3};

    for (size_t i = 0; i < connections; i++)
        queue_add(&queue);
    return queue;
}

static size_t take_all(struct queue *queue, enum lane lane)
{
    size_t taken = 0;

    for (; queue_may_take(queue, lane); taken++)
        queue_take(queue, lane);
    return taken;
}

static void one_is_kept_for_bookings(void **state)
{
    struct queue queue = queue_of(4, 2);

    (void)state;
    assert_int_equal(take_all(&queue, LANE_QUICK), 3);
    assert_false(queue_may_take(&queue, LANE_SEARCH));
    assert_int_equal(take_all(&queue, LANE_BOOKING), 1);
    assert_int_equal(queue.free, 0);
}

static void bookings_may_use_all(void **state)
{
    struct queue queue = queue_of(4, 2);

    (void)state;
    assert_int_equal(take_all(&queue, LANE_BOOKING), 4);
    assert_false(queue_may_take(&queue, LANE_QUICK));
    queue_give(&queue, LANE_BOOKING, true);
    assert_true(queue_may_take(&queue, LANE_QUICK));
}

static void searches_are_limited(void **state)
{
    struct queue queue = queue_of(8, 2);

    (void)state;
    assert_int_equal(take_all(&queue, LANE_SEARCH), 2);
    assert_int_equal(take_all(&queue, LANE_QUICK), 5);
    queue_give(&queue, LANE_SEARCH, true);
    assert_true(queue_may_take(&queue, LANE_SEARCH));
}

/* With a single connection left nothing can be kept: everyone shares it. */
static void last_connection_is_shared(void **state)
{
    struct queue queue = queue_of(2, 1);

    (void)state;
    queue_take(&queue, LANE_QUICK);
    assert_false(queue_may_take(&queue, LANE_QUICK));
    queue_give(&queue, LANE_QUICK, false);
    assert_int_equal(queue.up, 1);
    assert_true(queue_may_take(&queue, LANE_QUICK));
    assert_true(queue_may_take(&queue, LANE_SEARCH));
    queue_remove(&queue);
    assert_false(queue_may_take(&queue, LANE_BOOKING));
}

/* Two quick requests out, then one connection breaks: the rest is for bookings. */
static void place_is_kept_while_connections_are_down(void **state)
{
    struct queue queue = queue_of(4, 2);

    (void)state;
    queue_take(&queue, LANE_QUICK);
    queue_take(&queue, LANE_QUICK);
    queue_remove(&queue);
    assert_false(queue_may_take(&queue, LANE_QUICK));
    assert_true(queue_may_take(&queue, LANE_BOOKING));
}

static void first_come_first_served(void **state)
{
    struct queue queue = queue_of(0, 1);
    struct waiter waiters[3] = {
        {.lane = LANE_QUICK}, {.lane = LANE_QUICK}, {.lane = LANE_BOOKING}};

    (void)state;
    for (size_t i = 0; i < 3; i++)
        assert_true(queue_enter(&queue, &waiters[i]));
    assert_null(queue_next(&queue));
    queue_add(&queue);
    assert_ptr_equal(queue_next(&queue), &waiters[0]);
    queue_leave(&queue, &waiters[0]);
    assert_ptr_equal(queue_next(&queue), &waiters[1]);
}

/* A search at the head that must wait for another search holds nobody up. */
static void blocked_lane_is_passed(void **state)
{
    struct queue queue = queue_of(4, 1);
    struct waiter search = {.lane = LANE_SEARCH}, quick = {.lane = LANE_QUICK};

    (void)state;
    queue_take(&queue, LANE_SEARCH);
    assert_true(queue_enter(&queue, &search));
    assert_true(queue_enter(&queue, &quick));
    assert_ptr_equal(queue_next(&queue), &quick);
    queue_give(&queue, LANE_SEARCH, true);
    assert_ptr_equal(queue_next(&queue), &search);
}

static void queue_is_bounded(void **state)
{
    struct queue queue = queue_of(0, 1);
    struct waiter waiters[4] = {{.lane = LANE_QUICK}};

    (void)state;
    for (size_t i = 0; i < 3; i++)
        assert_true(queue_enter(&queue, &waiters[i]));
    assert_false(queue_enter(&queue, &waiters[3]));
    queue_leave(&queue, &waiters[1]);
    assert_int_equal(queue.waiting, 2);
    assert_true(queue_enter(&queue, &waiters[3]));
}

static void leaving_keeps_the_order(void **state)
{
    static const size_t orders[][3] = {{0, 1, 2}, {1, 0, 2}, {2, 1, 0}, {1, 2, 0}};

    (void)state;
    for (size_t i = 0; i < LENGTH(orders); i++) {
        struct queue queue = queue_of(2, 1);
        struct waiter waiters[3] = {{.lane = LANE_QUICK}};
        bool here[3] = {true, true, true};

        for (size_t j = 0; j < 3; j++)
            assert_true(queue_enter(&queue, &waiters[j]));
        for (size_t j = 0; j < 3; j++) {
            size_t first = 0;

            while (!here[first])
                first++;
            assert_ptr_equal(queue_next(&queue), &waiters[first]);
            queue_leave(&queue, &waiters[orders[i][j]]);
            here[orders[i][j]] = false;
        }
        assert_null(queue_next(&queue));
        assert_null(queue.last);
        assert_int_equal(queue.waiting, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_is_kept_for_bookings),
        cmocka_unit_test(bookings_may_use_all),
        cmocka_unit_test(searches_are_limited),
        cmocka_unit_test(last_connection_is_shared),
        cmocka_unit_test(place_is_kept_while_connections_are_down),
        cmocka_unit_test(first_come_first_served),
        cmocka_unit_test(blocked_lane_is_passed),
        cmocka_unit_test(queue_is_bounded),
        cmocka_unit_test(leaving_keeps_the_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
