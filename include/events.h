/*
 * The door of service/events: the worker. Works that nobody asks for (holds that ran out, what
 * follows the change log) are queries of sql/queries with `-- worker: every n ms`; one thread
 * runs them in turn over a database connection of its own, as a role of its own. Any number of
 * instances work; the database gives each piece to one of them (sql/functions/45_work.sql).
 */
#ifndef CLINICD_EVENTS_H
#define CLINICD_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base.h"
#include "db.h"

struct events;

/* Starts the thread and returns at once, also while the database is away: it is tried again for
 * ever, and logged. `settings`: url, timeout_ms and test_clock are read; the url is that of
 * CLINICD_DATABASE_WORKER_URL. NULL and a fault only for an unusable url. */
struct events *events_start(const struct database_settings *settings,
                            struct fault *fault) MUST_CHECK;

/* True, with a fault, when the database refused the role or a query on the first connection:
 * final, main ends the process. Any thread. */
bool events_are_refused(struct events *events, struct fault *fault);

/* No further work is begun; the call that runs goes on. Does not wait. Any thread. */
void events_finish(struct events *events);

/* The same; then waits `grace_ms` for the call that runs and leaves it after that (the database
 * ends it, or takes it back for whoever works next), and frees everything. NULL is allowed. */
void events_stop(struct events *events, int64_t grace_ms);

/* Connects once and prepares all works, for `clinicd check`. */
enum database_state events_check(const struct database_settings *settings,
                                 struct fault *fault) MUST_CHECK;

#endif
