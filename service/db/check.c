/*
 * The checks that must hold before a connection serves anybody. Row security is the second wall
 * between tenants: a role that passes through it is refused, also by way of membership.
 */
#include "db/check.h"

#include <string.h>

#include "base/embed.h"

static const char role_statement[] =
    "select r.rolname, r.rolsuper, r.rolbypassrls, owned.name, (select c.oid from pg_class c"
    "  where c.relname = 'migration' and c.relnamespace = to_regnamespace('app')) "
    "from pg_roles r left join lateral ("
    "  select c.oid::regclass::text as name from pg_class c"
    "  where c.relnamespace = to_regnamespace('app')"
    "    and c.relkind in ('r', 'p', 'v', 'm') and pg_has_role(r.oid, c.relowner, 'member')"
    "  order by 1 limit 1) owned on true "
    "where r.rolname in (session_user, current_user) order by 2 desc, 3 desc, 4 limit 1";

static bool is_true(const PGresult *row, int field)
{
    return *PQgetvalue(row, 0, field) == 't';
}

static bool role_is_harmless(const PGresult *row, struct fault *fault)
{
    const char *role = PQgetvalue(row, 0, 0);

    if (is_true(row, 1))
        return fault_set(fault, "the role %s is a superuser: row security would not hold",
                         role);
    if (is_true(row, 2))
        return fault_set(fault, "the role %s may bypass row security (BYPASSRLS)", role);
    if (!PQgetisnull(row, 0, 3))
        return fault_set(fault,
                         "the role %s owns %s, itself or through a role it is a member of: "
                         "row security would not hold",
                         role, PQgetvalue(row, 0, 3));
    return true;
}

/* The name of the newest migration inside this binary, without its folder; NULL: there is none.
 */
static const char *newest_embedded(void)
{
    static const char folder[] = "migrations/";
    const struct embedded *file, *newest = NULL;

    for (size_t i = 0; (file = embedded_list(folder, i)); i++)
        newest = file;
    return newest ? newest->name + strlen(folder) : NULL;
}

static bool schema_is_new_enough(const PGresult *row, const char *needed, struct fault *fault)
{
    const char *newest = PQgetisnull(row, 0, 0) ? "" : PQgetvalue(row, 0, 0);

    if (strcmp(newest, needed) >= 0)
        return true;
    return fault_set(fault, "the schema is at %s, this program needs %s: run clinicd migrate",
                     *newest ? newest : "its beginning", needed);
}

static enum open_end ask_failed(const char *sqlstate)
{
    /* Only what a look at the catalogue cannot fail with in passing. */
    return strncmp(sqlstate, "42", 2) == 0 ? OPEN_REFUSED : OPEN_AWAY;
}

enum open_end check_connection(struct connection *connection, const struct patience *patience,
                               struct fault *fault)
{
    const char *needed = newest_embedded();
    bool fits, has_schema;
    char sqlstate[6];
    PGresult *row = connection_ask(connection, role_statement, patience, sqlstate, fault);

    if (!row)
        return ask_failed(sqlstate);
    fits = role_is_harmless(row, fault);
    has_schema = !PQgetisnull(row, 0, 4);
    PQclear(row);
    if (!fits)
        return OPEN_REFUSED;
    if (!needed)
        return OPEN_DONE;
    if (!has_schema) {
        fault_set(fault, "the database has no schema of clinicd: run clinicd migrate");
        return OPEN_REFUSED;
    }
    row = connection_ask(connection, "select max(name collate \"C\") from app.migration",
                         patience, sqlstate, fault);
    if (!row)
        return ask_failed(sqlstate);
    fits = schema_is_new_enough(row, needed, fault);
    PQclear(row);
    return fits ? OPEN_DONE : OPEN_REFUSED;
}
