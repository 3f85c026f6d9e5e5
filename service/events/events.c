/*
 * The worker's thread: connect, run the work that is due, rest until the next one is. What is
 * to be done and how much of it is decided in SQL; this file only asks, in good time. Words of
 * the server come no further than start-up faults; the log gets names of ours.
 */
#include "events.h"

#include <jansson.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "events/pace.h"

enum { TELL_AGAIN_MS = 30000 }; /* a failure that lasts is logged so often */

static const char setting[] = "CLINICD_DATABASE_WORKER_URL";

struct work {
    const struct query *query; /* one of db_queries with idle_ms > 0 */
    int64_t told_ms;           /* when a failure was logged; 0: it goes well */
};

/* Of the worker's thread alone, except what is marked. */
struct events {
    struct db_line *line;
    struct work *works;
    struct pace *paces; /* of the works */
    size_t count;
    struct pace connecting;
    int64_t away_told_ms; /* when it was logged that there is no connection; 0: there is one */
    bool was_connected;
    int stop_fd; /* readable: begin nothing more; any thread writes */
    int cut_fd;  /* readable: give up what runs; any thread writes */
    pthread_t thread;
    struct fault refusal;   /* written before `refused` */
    atomic_bool is_refused; /* any thread reads */
};

static uint32_t chance(void)
{
    uint32_t number;

    random_bytes(&number, sizeof number);
    return number;
}

/* True once per TELL_AGAIN_MS while `told_ms` is not set back to 0. */
static bool is_to_be_told(int64_t *told_ms)
{
    int64_t now_ms = clock_monotonic_ms();

    if (*told_ms && now_ms - *told_ms < TELL_AGAIN_MS)
        return false;
    *told_ms = now_ms;
    return true;
}

/* ---------------------------------------------------------------- the connection */

static bool is_stopping(const struct events *events)
{
    struct pollfd stop = {events->stop_fd, POLLIN, 0};

    return poll(&stop, 1, 0) > 0;
}

/* A fault says whose connection it was: the pool's words are the same. */
static enum database_state line_connect(struct db_line *line, int cancel_fd,
                                        struct fault *fault)
{
    struct fault found = {""};
    enum database_state state = db_line_connect(line, cancel_fd, &found);

    if (state != DATABASE_READY)
        fault_set(fault, "%s: %s", setting, found.text);
    return state;
}

/* Before the first connection a refusal is final; later it may be a migration on its way. */
static void connect_failed(struct events *events, enum database_state state,
                           const struct fault *fault)
{
    if (state == DATABASE_REFUSED && !events->was_connected) {
        events->refusal = *fault;
        atomic_store(&events->is_refused, true);
        return;
    }
    pace_after(&events->connecting, PACE_FAILED, clock_monotonic_ms(), 0, chance());
    if (!is_stopping(events) && is_to_be_told(&events->away_told_ms))
        log_line(LOG_WARNING, "work_has_no_database", log_text("reason", fault->text));
}

static bool connect_now(struct events *events)
{
    struct fault fault;
    enum database_state state = line_connect(events->line, events->stop_fd, &fault);

    metrics_set(METRIC_WORK_CONNECTED, state == DATABASE_READY);
    if (state != DATABASE_READY) {
        connect_failed(events, state, &fault);
        return false;
    }
    if (events->away_told_ms)
        log_line(LOG_INFO, "work_has_its_database_again");
    events->away_told_ms = 0;
    events->connecting = (struct pace){0};
    events->was_connected = true;
    return true;
}

/* ---------------------------------------------------------------- one work */

/* What the row says: {"done": n}, and of the query that measures {"lag_ms": n}. -1: neither. */
static int64_t reply_read(const struct db_reply *reply)
{
    json_auto_t *body =
        reply->body ? json_loadb(reply->body, reply->body_length, JSON_REJECT_DUPLICATES, NULL)
                    : NULL;
    const json_t *done = json_object_get(body, "done");
    const json_t *lag_ms = json_object_get(body, "lag_ms");

    if (json_is_integer(lag_ms))
        metrics_work_lag(json_integer_value(lag_ms));
    if (json_is_integer(done))
        return json_integer_value(done);
    return json_is_integer(lag_ms) ? 0 : -1;
}

static void work_tell(struct events *events, size_t index, enum db_outcome outcome,
                      const struct db_reply *reply)
{
    const struct query *work = events->works[index].query;

    if (!is_to_be_told(&events->works[index].told_ms))
        return;
    log_line(LOG_WARNING, "work_failed", log_text("work", work->name),
             log_text("outcome", db_outcome_name(outcome)),
             log_text("sqlstate", reply->sqlstate), log_text("constraint", reply->constraint),
             log_text("file", work->file), log_number("line", reply->line),
             log_number("run_us", reply->run_us),
             log_number("failures", events->paces[index].failures));
}

static void work_run(struct events *events, size_t index)
{
    const struct query *work = events->works[index].query;
    struct arena *arena = arena_new();
    struct db_reply reply;
    enum db_outcome outcome = db_line_run(events->line, work, events->cut_fd, arena, &reply);
    int64_t done = outcome == DB_ROW ? reply_read(&reply) : -1;
    enum pace_end end = done < 0 ? PACE_FAILED : done == 0 ? PACE_NOTHING : PACE_DID;

    pace_after(&events->paces[index], end, clock_monotonic_ms(), work->idle_ms, chance());
    metrics_work(index, work->name, done);
    if (end == PACE_FAILED)
        work_tell(events, index, outcome, &reply);
    else
        events->works[index].told_ms = 0;
    arena_free(arena);
}

/* ---------------------------------------------------------------- the thread */

/* False when it is time to stop. */
static bool rest_until(const struct events *events, int64_t due_ms)
{
    struct pollfd stop = {events->stop_fd, POLLIN, 0};
    int64_t left = due_ms - clock_monotonic_ms();

    return poll(&stop, 1, left <= 0 ? 0 : (int)(left > 60000 ? 60000 : left)) <= 0;
}

static void *events_run(void *context)
{
    struct events *events = context;

    while (!atomic_load(&events->is_refused) && rest_until(events, events->connecting.due_ms)) {
        while (connect_now(events)) {
            size_t next = pace_next(events->paces, events->count);

            if (!rest_until(events, events->paces[next].due_ms))
                return NULL;
            if (events->paces[next].due_ms <= clock_monotonic_ms())
                work_run(events, next);
        }
    }
    return NULL;
}

/* ---------------------------------------------------------------- the door */

/* How many there are; into `works`, unless it is NULL. */
static size_t works_find(struct work *works)
{
    size_t count = 0;

    for (size_t i = 0; i < db_query_count; i++) {
        if (db_queries[i].idle_ms == 0)
            continue;
        if (works)
            works[count].query = &db_queries[i];
        count++;
    }
    return count;
}

static void events_free(struct events *events)
{
    db_line_free(events->line);
    free(events->works);
    free(events->paces);
    close(events->stop_fd);
    close(events->cut_fd);
    free(events);
}

struct events *events_start(const struct database_settings *settings, struct fault *fault)
{
    struct db_line *line = db_line_new(setting, settings, fault);
    struct events *events;

    if (!line)
        return NULL;
    events = calloc(1, sizeof *events);
    ASSERT(events);
    events->line = line;
    events->count = works_find(NULL);
    ASSERT(events->count > 0);
    events->works = calloc(events->count, sizeof *events->works);
    events->paces = calloc(events->count, sizeof *events->paces);
    ASSERT(events->works && events->paces);
    works_find(events->works);
    events->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    events->cut_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    ASSERT(events->stop_fd >= 0 && events->cut_fd >= 0);
    ASSERT(pthread_create(&events->thread, NULL, events_run, events) == 0);
    log_line(LOG_INFO, "work_started", log_number("works", (int64_t)events->count));
    return events;
}

bool events_are_refused(struct events *events, struct fault *fault)
{
    if (!events || !atomic_load(&events->is_refused))
        return false;
    *fault = events->refusal;
    return true;
}

void events_finish(struct events *events)
{
    if (events)
        ASSERT(eventfd_write(events->stop_fd, 1) == 0);
}

void events_stop(struct events *events, int64_t grace_ms)
{
    struct timespec until;
    bool is_cut;

    if (!events)
        return;
    events_finish(events);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += grace_ms / 1000;
    until.tv_nsec += grace_ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    is_cut = pthread_timedjoin_np(events->thread, NULL, &until) != 0;
    if (is_cut) {
        ASSERT(eventfd_write(events->cut_fd, 1) == 0);
        pthread_join(events->thread, NULL);
    }
    log_line(LOG_INFO, "work_stopped", log_number("cut", is_cut));
    events_free(events);
}

enum database_state events_check(const struct database_settings *settings, struct fault *fault)
{
    struct db_line *line = db_line_new(setting, settings, fault);
    enum database_state state = line ? line_connect(line, -1, fault) : DATABASE_REFUSED;

    db_line_free(line);
    return state;
}
