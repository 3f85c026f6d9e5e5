/*
 * The pool: a fixed number of connections, keepers that open them again for ever, and the queue
 * in front. keeper.c opens, pool.c takes and gives, run.c makes the calls.
 */
#ifndef CLINICD_DB_POOL_H
#define CLINICD_DB_POOL_H

#include "db/connection.h"

struct slot; /* a place for one connection */

/* Waits until `until_ms` for a connection of the lane. NULL and the outcome (DB_BUSY, DB_AWAY)
 * when there is none. Any thread. */
struct slot *pool_take(struct database *database, enum lane lane, int64_t until_ms,
                       enum db_outcome *outcome) MUST_CHECK;

/* Gives it back; what `fate` does not keep is closed and opened anew in the background. */
void pool_give(struct database *database, struct slot *slot, enum fate fate);

struct connection *slot_connection(const struct slot *slot);

/* Immutable after database_open. */
const struct database_settings *pool_settings(const struct database *database);

#endif
