/*
 * A connection of one thread's own, besides the pool: opened when it is wanted, checked and
 * prepared like the pool's, and closed by the first call that broke it. Nobody opens it again
 * in the background; its owner decides when to try.
 */
#include "db/check.h"

#include <stdlib.h>

enum { PREPARE_MS = 5000 }; /* for checks and preparing on a new connection */

struct db_line {
    struct arena *arena; /* of dsn */
    struct dsn dsn;
    int64_t timeout_ms;
    size_t first_host;             /* where the next attempt begins */
    struct connection *connection; /* NULL: none */
};

struct db_line *db_line_new(const char *name, const struct database_settings *settings,
                            struct fault *fault)
{
    struct db_line *line = calloc(1, sizeof *line);

    ASSERT(line);
    line->arena = arena_new();
    line->timeout_ms = settings->timeout_ms;
    if (dsn_read_for_service(&line->dsn, name, "clinicd worker", settings, line->arena, fault))
        return line;
    db_line_free(line);
    return NULL;
}

void db_line_free(struct db_line *line)
{
    if (!line)
        return;
    connection_close(line->connection);
    arena_free(line->arena);
    free(line);
}

static void line_drop(struct db_line *line)
{
    connection_close(line->connection);
    line->connection = NULL;
}

static enum open_end line_open(struct db_line *line, int cancel_fd, struct fault *fault)
{
    struct patience patience = {clock_monotonic_ms() + line->dsn.connect_ms, cancel_fd};
    enum open_end end;

    line->connection = connection_open(&line->dsn, line->first_host++, &patience, fault);
    if (!line->connection)
        return OPEN_AWAY;
    patience.until_ms = clock_monotonic_ms() + PREPARE_MS;
    end = check_connection(line->connection, &patience, fault);
    if (end == OPEN_DONE)
        end = connection_prepare(line->connection, true, &patience, fault);
    return end;
}

enum database_state db_line_connect(struct db_line *line, int cancel_fd, struct fault *fault)
{
    enum open_end end;

    if (line->connection && connection_is_alive(line->connection))
        return DATABASE_READY;
    line_drop(line);
    end = line_open(line, cancel_fd, fault);
    if (end == OPEN_DONE)
        return DATABASE_READY;
    line_drop(line);
    return end == OPEN_REFUSED ? DATABASE_REFUSED : DATABASE_AWAY;
}

enum db_outcome db_line_run(struct db_line *line, const struct query *query, int cancel_fd,
                            struct arena *arena, struct db_reply *reply)
{
    static const char *const no_values[] = {NULL};
    const struct db_call call = {.query = query, .values = no_values, .arena = arena};
    const int64_t start_us = clock_monotonic_us();
    const struct patience patience = {start_us / 1000 + line->timeout_ms, cancel_fd};
    struct decision decision;

    ASSERT(line->connection && query->idle_ms > 0);
    *reply = (struct db_reply){.attempts = 1};
    decision = outcome_decide(connection_run(line->connection, &call, &patience, reply),
                              reply->sqlstate);
    reply->run_us = clock_monotonic_us() - start_us;
    if (decision.fate != FATE_KEEP)
        line_drop(line);
    return decision.outcome;
}
