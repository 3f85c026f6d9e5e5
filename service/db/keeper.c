/*
 * The life of the pool: opened, kept, closed. Keepers are threads that open what is down and
 * look at what is idle. After a failure only one of them tries at a time, with a delay that
 * doubles, so that a database that comes back is not run over by every instance at once.
 */
#include "db/pool_inside.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "db/check.h"

enum {
    LOOK_MS = 1000,       /* how often idle connections are looked at */
    PREPARE_MS = 5000,    /* for checks and preparing on a new connection */
    RETRY_LEAST_MS = 50,  /* delay after the first failure to connect */
    RETRY_MOST_MS = 5000, /* it doubles up to here */
};

/* ---------------------------------------------------------------- opening one */

/* What opening a connection found out. */
struct opened {
    struct connection *connection; /* NULL unless OPEN_DONE */
    enum open_end end;
    struct fault fault;
};

static enum open_end connection_begin(struct database *database, size_t first_host,
                                      struct opened *opened)
{
    struct patience patience = {clock_monotonic_ms() + database->dsn.connect_ms,
                                database->cancel_fd};
    enum open_end end;

    opened->connection = connection_open(&database->dsn, first_host, &patience, &opened->fault);
    if (!opened->connection)
        return OPEN_AWAY;
    patience.until_ms = clock_monotonic_ms() + PREPARE_MS;
    end = check_connection(opened->connection, &patience, &opened->fault);
    if (end == OPEN_DONE)
        end = connection_prepare(opened->connection, false, &patience, &opened->fault);
    return end;
}

static void opened_make(struct database *database, size_t first_host, struct opened *opened)
{
    opened->end = connection_begin(database, first_host, opened);
    if (opened->end != OPEN_DONE) {
        connection_close(opened->connection);
        opened->connection = NULL;
    }
}

/* Half of the delay is by chance: instances that lost the database together come back apart. */
static int64_t retry_delay_ms(unsigned failures)
{
    int64_t delay = RETRY_LEAST_MS;
    uint32_t chance;

    for (unsigned i = 1; i < failures && delay < RETRY_MOST_MS; i++)
        delay *= 2;
    if (delay > RETRY_MOST_MS)
        delay = RETRY_MOST_MS;
    random_bytes(&chance, sizeof chance);
    return delay / 2 + (int64_t)(chance % (uint64_t)(delay / 2 + 1));
}

/* ---------------------------------------------------------------- under the lock */

static void opened_keep(struct database *database, struct slot *slot, struct opened *opened)
{
    slot->connection = opened->connection;
    slot_free(database, slot);
    queue_add(&database->queue);
    if (slot->was_open)
        metrics_add(METRIC_DATABASE_RECONNECTS, 1);
    slot->was_open = true;
    if (database->queue.up == 1)
        log_line(LOG_INFO, "database_up");
    database->was_ready = true;
    database->failures = 0;
    waiters_serve(database);
    pthread_cond_broadcast(&database->news);
    pthread_cond_broadcast(&database->work);
}

/* Before the first connection a refusal is final; later it may be a migration on its way. */
static void opened_lose(struct database *database, struct slot *slot, struct opened *opened)
{
    int64_t delay = retry_delay_ms(++database->failures);

    slot->state = SLOT_DOWN;
    database->first_host++;
    database->next_try_ms = clock_monotonic_ms() + delay;
    if (opened->end == OPEN_REFUSED && !database->was_ready) {
        database->refused = true;
        database->refusal = opened->fault;
        pthread_cond_broadcast(&database->news);
    } else if (!database->closing) {
        log_line(LOG_WARNING, "database_connect_failed", log_text("reason", opened->fault.text),
                 log_number("failures", database->failures), log_number("retry_ms", delay));
    }
}

static void slot_open(struct database *database, struct slot *slot)
{
    struct opened opened = {.connection = NULL};
    size_t first_host = database->first_host;

    slot->state = SLOT_OPENING;
    slot->epoch = database->epoch;
    database->opening++;
    pthread_mutex_unlock(&database->lock);
    opened_make(database, first_host, &opened);
    pthread_mutex_lock(&database->lock);
    database->opening--;
    if (opened.connection)
        opened_keep(database, slot, &opened);
    else
        opened_lose(database, slot, &opened);
}

/* The slot to open now; NULL when there is none, or it is too early. */
static struct slot *slot_to_open(const struct database *database, int64_t now)
{
    if (database->refused || now < database->next_try_ms ||
        (database->failures > 0 && database->opening > 0))
        return NULL;
    for (size_t i = 0; i < database->slot_count; i++)
        if (database->slots[i].state == SLOT_DOWN)
            return &database->slots[i];
    return NULL;
}

/* Finds the idle connections that the other side has closed before a request does. */
static void idle_look(struct database *database)
{
    struct slot **link = &database->idle;

    while (*link) {
        struct slot *slot = *link;

        if (connection_is_alive(slot->connection)) {
            link = &slot->next_idle;
            continue;
        }
        *link = slot->next_idle;
        queue_remove(&database->queue);
        connection_close(slot_empty(database, slot));
    }
    waiters_serve(database);
    database->next_look_ms = clock_monotonic_ms() + LOOK_MS;
}

/* Asks one idle connection something, for a frozen server looks alive from outside: so that
 * /readyz tells of it before a client does. One that does not answer speaks for all. */
static void idle_ask(struct database *database)
{
    struct patience patience = {clock_monotonic_ms() + database->settings.timeout_ms,
                                database->cancel_fd};
    struct fault fault;
    char sqlstate[6];
    struct slot *slot;
    PGresult *answer;

    if (!queue_may_take(&database->queue, LANE_QUICK))
        return; /* whoever has them will find out */
    slot = slot_take_idle(database, LANE_QUICK);
    pthread_mutex_unlock(&database->lock);
    answer = connection_ask(slot->connection, "select 1", &patience, sqlstate, &fault);
    pool_give(database, slot, answer ? FATE_KEEP : FATE_DROP_ALL);
    PQclear(answer);
    pthread_mutex_lock(&database->lock);
}

static int64_t keeper_wake_ms(const struct database *database, int64_t now)
{
    if (database->failures > 0 && database->next_try_ms > now &&
        database->next_try_ms < database->next_look_ms)
        return database->next_try_ms;
    return database->next_look_ms;
}

static void *keeper_run(void *context)
{
    struct database *database = context;

    pthread_mutex_lock(&database->lock);
    while (!database->closing) {
        int64_t now = clock_monotonic_ms();
        struct slot *slot = slot_to_open(database, now);

        if (slot)
            slot_open(database, slot);
        else if (now >= database->next_look_ms) {
            idle_look(database);
            idle_ask(database);
        } else
            condition_wait(&database->work, &database->lock, keeper_wake_ms(database, now));
    }
    pthread_mutex_unlock(&database->lock);
    return NULL;
}

/* ---------------------------------------------------------------- the door */

static void settings_complete(struct database_settings *settings)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t count = cores > 0 ? (size_t)cores : 1;

    if (settings->connections == 0)
        settings->connections = 4 * count;
    if (settings->searches == 0)
        settings->searches = count;
    settings->url = NULL; /* read by now, and the caller's */
}

static void keepers_start(struct database *database)
{
    size_t most = database->slot_count < KEEPERS ? database->slot_count : KEEPERS;

    for (; database->keeper_count < most; database->keeper_count++)
        ASSERT(pthread_create(&database->keepers[database->keeper_count], NULL, keeper_run,
                              database) == 0);
}

struct database *database_open(const struct database_settings *settings, struct fault *fault)
{
    struct database *database = calloc(1, sizeof *database);

    ASSERT(database);
    database->arena = arena_new();
    database->settings = *settings;
    if (!dsn_read_for_service(&database->dsn, "CLINICD_DATABASE_URL", "clinicd", settings,
                              database->arena, fault)) {
        arena_free(database->arena);
        free(database);
        return NULL;
    }
    settings_complete(&database->settings);
    database->slot_count = database->settings.connections;
    database->slots =
        arena_alloc_array(database->arena, database->slot_count, sizeof *database->slots);
    database->queue.searches = database->settings.searches;
    database->queue.most = database->settings.queue;
    database->cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    ASSERT(database->cancel_fd >= 0);
    ASSERT(pthread_mutex_init(&database->lock, NULL) == 0);
    condition_init(&database->work);
    condition_init(&database->news);
    database->down_since_ms = clock_monotonic_ms();
    keepers_start(database);
    return database;
}

void database_free(struct database *database)
{
    if (!database)
        return;
    pthread_mutex_lock(&database->lock);
    database->closing = true;
    pthread_cond_broadcast(&database->work);
    pthread_mutex_unlock(&database->lock);
    ASSERT(eventfd_write(database->cancel_fd, 1) == 0);
    for (size_t i = 0; i < database->keeper_count; i++)
        pthread_join(database->keepers[i], NULL);
    for (size_t i = 0; i < database->slot_count; i++)
        connection_close(database->slots[i].connection);
    pthread_cond_destroy(&database->work);
    pthread_cond_destroy(&database->news);
    pthread_mutex_destroy(&database->lock);
    close(database->cancel_fd);
    arena_free(database->arena);
    free(database);
}

static enum database_state state_now(const struct database *database)
{
    if (database->refused)
        return DATABASE_REFUSED;
    return database->queue.up > 0 ? DATABASE_READY : DATABASE_AWAY;
}

enum database_state database_wait_ready(struct database *database, int64_t wait_ms,
                                        struct fault *fault)
{
    int64_t until_ms = clock_monotonic_ms() + wait_ms;
    enum database_state state;

    pthread_mutex_lock(&database->lock);
    while ((state = state_now(database)) == DATABASE_AWAY && clock_monotonic_ms() < until_ms)
        condition_wait(&database->news, &database->lock, until_ms);
    if (state == DATABASE_REFUSED)
        *fault = database->refusal;
    pthread_mutex_unlock(&database->lock);
    return state;
}

enum database_state database_state(struct database *database)
{
    enum database_state state;

    pthread_mutex_lock(&database->lock);
    state = state_now(database);
    pthread_mutex_unlock(&database->lock);
    return state;
}
