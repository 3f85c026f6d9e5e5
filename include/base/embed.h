/*
 * The files that travel inside the binary: the contract, the documentation page, migrations,
 * SQL functions and the demo practice. The build collects them (see service/base/embed.awk);
 * names are those of the repository without their top folder:
 *   "openapi.json"  "docs.html"  "migrations/0001_schema.sql"  "functions/01_base.sql"
 *   "demo/10_clinics.sql"  "roles.sql"
 */
#ifndef CLINICD_BASE_EMBED_H
#define CLINICD_BASE_EMBED_H

#include <stddef.h>

/* One file. All three members point into the binary and live as long as the process. */
struct embedded {
    const char *name; /* as above */
    const unsigned char
        *data;   /* the bytes, with one NUL behind them that size does not count */
    size_t size; /* bytes */
};

/* The file of exactly this name, or NULL when there is none. Safe from any thread. */
const struct embedded *embedded_find(const char *name);

/*
 * The files whose names begin with prefix, in name order (byte by byte): index 0 is the first,
 * NULL says that there are no more. An empty prefix lists all. Safe from any thread.
 *
 *     for (size_t i = 0; (file = embedded_list("migrations/", i)); i++)
 */
const struct embedded *embedded_list(const char *prefix, size_t index);

#endif
