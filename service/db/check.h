/*
 * Start-up checks on a new connection: who we are there, and whether the schema fits.
 */
#ifndef CLINICD_DB_CHECK_H
#define CLINICD_DB_CHECK_H

#include "db/connection.h"

/* OPEN_REFUSED and a fault when the role could bypass row security or owns tables, or when the
 * schema is missing or older than this binary's migrations. */
enum open_end check_connection(struct connection *connection, const struct patience *patience,
                               struct fault *fault) MUST_CHECK;

#endif
