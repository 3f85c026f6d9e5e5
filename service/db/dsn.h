/*
 * Connection parameters: the libpq connection string of the configuration, below it what
 * clinicd wants on every connection (dsn.c lists it with the reasons).
 */
#ifndef CLINICD_DB_DSN_H
#define CLINICD_DB_DSN_H

#include "db.h"

/* Parallel, NULL-terminated arrays for PQconnectStartParams. */
struct dsn_parameters {
    const char *const *keywords;
    const char *const *values;
};

struct dsn {
    int64_t connect_ms; /* for one attempt over all hosts, from connect_timeout */
    size_t hosts;
    /* [i] tries host i first: libpq's non-blocking connect stays with a host that is silent, so
     * the next attempt has to begin elsewhere. */
    struct dsn_parameters *from_host;
};

/* Reads `url`; `settings` is a command-line like "-c jit=off -c ..." that follows the options
 * given in the url. All memory is in `arena`. False and a fault, which never quotes the url (it
 * may hold a password), when libpq cannot read it. `name` is the setting it came from. */
bool dsn_read(struct dsn *dsn, const char *name, const char *url, const char *application,
              const char *settings, struct arena *arena, struct fault *fault) MUST_CHECK;

/* The same for connections that serve or work: session settings with the time limits of
 * `settings`. */
bool dsn_read_for_service(struct dsn *dsn, const char *name, const char *application,
                          const struct database_settings *settings, struct arena *arena,
                          struct fault *fault) MUST_CHECK;

#endif
