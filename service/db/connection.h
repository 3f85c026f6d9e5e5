/*
 * One connection to PostgreSQL: opened and used without ever blocking past a deadline of ours
 * (keepalives do not see a frozen server, whose kernel goes on acknowledging). It is in
 * pipeline mode all its life. One thread at a time.
 */
#ifndef CLINICD_DB_CONNECTION_H
#define CLINICD_DB_CONNECTION_H

#include <libpq-fe.h>

#include "db/dsn.h"
#include "db/outcome.h"

struct connection;

/* How long to wait, on the monotonic clock, and what may end it earlier. */
struct patience {
    int64_t until_ms;
    int cancel_fd; /* readable: give up; -1: none */
};

/* OPEN_REFUSED: asking again would not help (the role, the schema, a query). */
enum open_end { OPEN_DONE, OPEN_AWAY, OPEN_REFUSED };

/* Connects, trying `first_host` first. NULL and a fault. */
struct connection *connection_open(const struct dsn *dsn, size_t first_host,
                                   const struct patience *patience,
                                   struct fault *fault) MUST_CHECK;

/* Closes and frees; NULL is allowed. */
void connection_close(struct connection *connection);

/* Prepares the named queries of operations, or those of the worker, in one round trip and
 * checks their parameters and columns. */
enum open_end connection_prepare(struct connection *connection, bool for_worker,
                                 const struct patience *patience,
                                 struct fault *fault) MUST_CHECK;

/* Runs one statement without arguments, for start-up checks. The caller clears the result. NULL
 * and a fault on any error, with its SQLSTATE (or "") in `sqlstate`. */
PGresult *connection_ask(struct connection *connection, const char *statement,
                         const struct patience *patience, char sqlstate[6],
                         struct fault *fault) MUST_CHECK;

/* Runs a named query as one transaction in one round trip: settings for row policies, query,
 * Sync. Fills `reply` (its texts live as long as call->arena). After RUN_LOST and RUN_EXPIRED
 * the connection is good for closing only. */
enum run_end connection_run(struct connection *connection, const struct db_call *call,
                            const struct patience *patience, struct db_reply *reply) MUST_CHECK;

/* False when an idle connection turns out to be closed by the other side. No waiting. */
bool connection_is_alive(struct connection *connection) MUST_CHECK;

/* Copies the SQLSTATE of a failed result, "" when it has none. */
void sqlstate_copy(char sqlstate[6], const PGresult *result);

/* The line on which the character `position` (from 1, as PostgreSQL counts) of `text` stands.
 */
int line_of_position(const char *text, const char *position);

#endif
