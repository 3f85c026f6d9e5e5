/*
 * The door of service/db: connections, named queries, outcomes, migrations. The only room that
 * knows libpq. One request is one round trip: settings, query and Sync in one pipeline.
 * Requests share the pool (struct database); the worker has a line of its own (struct db_line).
 */
#ifndef CLINICD_DB_H
#define CLINICD_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base.h"
#include "contract.h" /* enum lane */

/* A named query, made from sql/queries at build time. */
struct query {
    const char *name;
    const char *text;
    const char *const *arguments; /* names of $1..$n, NULL-terminated */
    size_t argument_count;
    bool guarded;     /* `-- guard: principal`: row policies see who asks */
    const char *file; /* "sql/queries/locations.sql" and the line of `-- name:` */
    int line;
    int idle_ms; /* `-- worker: every 250 ms`: the worker runs it, and rests so long when there
                    was nothing to do; 0: a query of operations */
};

extern const struct query db_queries[];
extern const size_t db_query_count;
/* NULL when there is none of that name. */
const struct query *db_query_find(const char *name);

struct database; /* the pool */

struct database_settings {
    const char *url;
    size_t connections; /* 0: four per core, at least 4 */
    size_t searches;    /* most connections that LANE_SEARCH holds at once; 0: one per core */
    size_t queue;       /* most requests that wait */
    int64_t wait_ms;    /* longest wait for a connection */
    int64_t timeout_ms; /* longest query, as statement_timeout and as a deadline of ours */
    bool test_clock;    /* sets app.test_clock = on on every connection */
};

/* Starts the pool; its keepers connect in the background and reconnect with back-off for ever.
 * Returns at once, also while the database is away. NULL and a fault only for an unusable url.
 */
struct database *database_open(const struct database_settings *settings,
                               struct fault *fault) MUST_CHECK;

/* Waits until the first connection is up and all queries are prepared, at most `wait_ms`.
 * DATABASE_REFUSED: the database is there, but a query does not prepare, its columns are not
 * the agreed ones, the schema is missing or older than this binary, or the role could bypass
 * row security; `fault` says which. */
enum database_state { DATABASE_READY, DATABASE_AWAY, DATABASE_REFUSED };
enum database_state database_wait_ready(struct database *database, int64_t wait_ms,
                                        struct fault *fault);

/* The present state, without waiting. Any thread. A refusal is final: main ends the process. */
enum database_state database_state(struct database *database);

/* Closes all connections; no call may be running. */
void database_free(struct database *database);

enum db_outcome {
    DB_ROW,               /* one row: status and body are set */
    DB_NO_ROW,            /* 404 */
    DB_CONFLICT,          /* a unique or exclusion constraint decided: 409 */
    DB_UNKNOWN_REFERENCE, /* a foreign key decided: 422 */
    DB_UNPROCESSABLE,     /* a check or a value was refused that the contract let pass: 422 */
    DB_FORBIDDEN,         /* 42501: 403, and an alarm in the log */
    DB_BUSY,              /* queue full or wait too long, locks, resources: 503 */
    DB_AWAY,              /* no connection, or lost before the answer: 503 */
    DB_TIMEOUT,           /* 503 */
    DB_BROKEN             /* anything else: 500 */
};

struct db_call {
    const struct query *query;
    const char *const *values; /* argument_count texts, NULL for SQL null */
    enum lane lane;
    bool is_read;                           /* may be sent again after a lost connection */
    const char *subject, *scopes, *clinics; /* for guarded queries; NULL otherwise */
    struct arena *arena;                    /* the reply's texts are copied into it */
};

struct db_reply {
    int status;       /* of DB_ROW */
    const char *body; /* JSON text; NULL: none */
    size_t body_length;
    const char *etag; /* these three NULL when absent */
    const char *location;
    const char *language;
    bool replayed;
    int64_t modified;       /* Unix seconds of the last change of what was read; 0: not said */
    char sqlstate[6];       /* "" when none */
    const char *constraint; /* name of the constraint that decided; NULL */
    int line;               /* of query->file where the server found the fault; 0: unknown */
    int attempts;
    int64_t wait_us, run_us; /* for a connection; on the wire */
};

/* Runs one named query in one transaction and one round trip. Waits at most wait_ms for a
 * connection and timeout_ms per attempt. Any thread. */
enum db_outcome db_run(struct database *database, const struct db_call *call,
                       struct db_reply *reply) MUST_CHECK;

/* One connection for one thread, besides the pool: for the queries of the worker (idle_ms > 0),
 * which are prepared on it and nowhere else. It is opened when it is wanted. Not for two
 * threads at a time. */
struct db_line;

/* `name` is the setting that the url comes from; of the settings url, timeout_ms and test_clock
 * are read. No connection is made yet. NULL and a fault for an unusable url. */
struct db_line *db_line_new(const char *name, const struct database_settings *settings,
                            struct fault *fault) MUST_CHECK;

/* Makes sure that it is connected, one attempt when it is not. `cancel_fd`: readable when it
 * should give up; -1: none. DATABASE_AWAY and DATABASE_REFUSED with a fault, as for
 * database_wait_ready. */
enum database_state db_line_connect(struct db_line *line, int cancel_fd,
                                    struct fault *fault) MUST_CHECK;

/* Runs one query of the worker on a line that is connected: one transaction, one attempt, at
 * most timeout_ms. After DB_AWAY and DB_TIMEOUT, or when `cancel_fd` cut it, the line has to be
 * connected anew; the server may have committed or not, so a work must bear to run again. */
enum db_outcome db_line_run(struct db_line *line, const struct query *query, int cancel_fd,
                            struct arena *arena, struct db_reply *reply) MUST_CHECK;

/* Closes and frees; NULL is allowed. */
void db_line_free(struct db_line *line);

/* "busy": an outcome for the log. */
const char *db_outcome_name(enum db_outcome outcome);

/* Applies what is missing of `migrations` (name order) under an advisory lock, then all
 * `functions`, in one transaction each set; records names and digests and refuses a changed
 * old migration. The scripts come from embedded files. Returns false and a fault with file and
 * position. */
bool db_migrate(const char *owner_url, int *applied, struct fault *fault) MUST_CHECK;

/* Runs the embedded scripts whose names start with `prefix` ("demo/") in name order in one
 * transaction. */
bool db_run_scripts(const char *owner_url, const char *prefix, struct fault *fault) MUST_CHECK;

#endif
