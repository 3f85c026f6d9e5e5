/*
 * Takes connections out of the pool and gives them back. A free one is handed straight to the
 * first waiter that may take it (queue.h), so that nobody overtakes.
 */
#include "db/pool_inside.h"

struct pool_waiter {
    struct waiter waiter; /* first: the queue knows only this */
    struct slot *slot;    /* what it was handed */
    pthread_cond_t granted;
};

/* ---------------------------------------------------------------- slots; under the lock */

static void gauges_update(const struct database *database)
{
    metrics_set(METRIC_DATABASE_CONNECTIONS, (int64_t)database->queue.up);
    metrics_set(METRIC_DATABASE_WAITING, (int64_t)database->queue.waiting);
}

/* One that served this lane last, else the last one given back: a session has its plans and
 * catalogue entries ready for what it did before, and its first search costs many times a later
 * one. */
static struct slot **slot_choose(struct database *database, enum lane lane)
{
    for (struct slot **at = &database->idle; *at; at = &(*at)->next_idle)
        if ((*at)->lane == lane)
            return at;
    return &database->idle;
}

struct slot *slot_take_idle(struct database *database, enum lane lane)
{
    struct slot **at = slot_choose(database, lane);
    struct slot *slot = *at;

    ASSERT(slot);
    *at = slot->next_idle;
    slot->state = SLOT_TAKEN;
    slot->lane = lane;
    queue_take(&database->queue, lane);
    return slot;
}

void waiters_serve(struct database *database)
{
    struct waiter *waiter;

    while ((waiter = queue_next(&database->queue))) {
        struct pool_waiter *served = (struct pool_waiter *)waiter;

        queue_leave(&database->queue, waiter);
        served->slot = slot_take_idle(database, waiter->lane);
        pthread_cond_signal(&served->granted);
    }
    gauges_update(database);
}

void slot_free(struct database *database, struct slot *slot)
{
    slot->state = SLOT_IDLE;
    slot->next_idle = database->idle;
    database->idle = slot;
}

struct connection *slot_empty(struct database *database, struct slot *slot)
{
    struct connection *connection = slot->connection;

    slot->state = SLOT_DOWN;
    slot->connection = NULL;
    if (database->queue.up == 0) {
        database->down_since_ms = clock_monotonic_ms();
        log_line(LOG_WARNING, "database_down");
    }
    pthread_cond_signal(&database->work);
    return connection;
}

/* After the word that one of them is stale. Closing does not wait, so it may be done here. */
static void idle_drop_all(struct database *database)
{
    database->epoch++;
    while (database->idle) {
        struct slot *slot = database->idle;

        database->idle = slot->next_idle;
        queue_remove(&database->queue);
        connection_close(slot_empty(database, slot));
    }
}

/* A pool that has been down for as long as a request would wait answers at once. */
static bool pool_is_away(const struct database *database)
{
    return database->queue.up == 0 &&
           clock_monotonic_ms() - database->down_since_ms >= database->settings.wait_ms;
}

/* ---------------------------------------------------------------- waiting */

void condition_init(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    ASSERT(pthread_cond_init(condition, &attributes) == 0);
    pthread_condattr_destroy(&attributes);
}

void condition_wait(pthread_cond_t *condition, pthread_mutex_t *lock, int64_t until_ms)
{
    const struct timespec until = {until_ms / 1000, until_ms % 1000 * 1000000};

    pthread_cond_timedwait(condition, lock, &until);
}

static struct slot *slot_wait(struct database *database, enum lane lane, int64_t until_ms)
{
    struct pool_waiter waiter = {.waiter = {.lane = lane}};

    if (!queue_enter(&database->queue, &waiter.waiter))
        return NULL;
    gauges_update(database);
    condition_init(&waiter.granted);
    while (!waiter.slot && clock_monotonic_ms() < until_ms)
        condition_wait(&waiter.granted, &database->lock, until_ms);
    if (!waiter.slot)
        queue_leave(&database->queue, &waiter.waiter);
    pthread_cond_destroy(&waiter.granted);
    gauges_update(database);
    return waiter.slot;
}

/* ---------------------------------------------------------------- take and give */

static struct slot *slot_take(struct database *database, enum lane lane, int64_t until_ms,
                              enum db_outcome *outcome)
{
    struct slot *slot = NULL;

    pthread_mutex_lock(&database->lock);
    if (queue_may_take(&database->queue, lane))
        slot = slot_take_idle(database, lane);
    else if (!database->refused && !pool_is_away(database))
        slot = slot_wait(database, lane, until_ms);
    *outcome = database->queue.up == 0 ? DB_AWAY : DB_BUSY;
    pthread_mutex_unlock(&database->lock);
    return slot;
}

struct slot *pool_take(struct database *database, enum lane lane, int64_t until_ms,
                       enum db_outcome *outcome)
{
    struct slot *slot;

    /* One that died while idle is replaced before anything was sent. */
    while ((slot = slot_take(database, lane, until_ms, outcome)) &&
           !connection_is_alive(slot->connection))
        pool_give(database, slot, FATE_DROP);
    return slot;
}

void pool_give(struct database *database, struct slot *slot, enum fate fate)
{
    struct connection *dropped = NULL;
    bool usable;

    pthread_mutex_lock(&database->lock);
    if (fate == FATE_DROP_ALL && slot->epoch == database->epoch)
        idle_drop_all(database);
    usable = fate == FATE_KEEP && slot->epoch == database->epoch;
    queue_give(&database->queue, slot->lane, usable);
    if (usable)
        slot_free(database, slot);
    else
        dropped = slot_empty(database, slot);
    waiters_serve(database);
    pthread_mutex_unlock(&database->lock);
    connection_close(dropped);
}

struct connection *slot_connection(const struct slot *slot)
{
    return slot->connection;
}

const struct database_settings *pool_settings(const struct database *database)
{
    return &database->settings;
}
