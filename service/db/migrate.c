/*
 * Brings the schema up to this binary, and runs sets of embedded scripts (the demo practice).
 * As the owner, in a connection of its own; each set is one transaction under one advisory
 * lock, so any number of instances may start at once, and nothing is ever half done. What the
 * server says is shown in full: these are our scripts and no client's data.
 */
#include "db.h"

#include <libpq-fe.h>
#include <string.h>

#include "base/embed.h"
#include "db/connection.h"

/* Any number that nobody else locks: "clinicd" in ASCII. */
#define LOCK_STATEMENT "select pg_advisory_xact_lock(27985222774121316)"

static const char folder[] = "migrations/";

static const char session_settings[] =
    "-c statement_timeout=0 -c lock_timeout=60s -c idle_in_transaction_session_timeout=0 "
    "-c TimeZone=UTC -c search_path=app,public -c client_min_messages=warning";

struct migration {
    PGconn *pg;
    struct arena *arena;
    struct fault *fault;
};

/* ---------------------------------------------------------------- statements and scripts */

static bool result_failed(struct migration *migration, const PGresult *result, const char *what)
{
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
    const char *context = PQresultErrorField(result, PG_DIAG_CONTEXT);
    char sqlstate[6];

    sqlstate_copy(sqlstate, result);
    fault_set(migration->fault, "%s: %s%s%s%s%s%s%s%s", what,
              message ? message : PQerrorMessage(migration->pg), detail ? ": " : "",
              detail ? detail : "", context ? ", in " : "", context ? context : "",
              *sqlstate ? " (" : "", sqlstate, *sqlstate ? ")" : "");
    for (char *at = migration->fault->text; *at; at++)
        if (*at == '\n')
            *at = ' ';
    return false;
}

/* One statement with text arguments; the caller clears the result. NULL after a fault. */
static PGresult *ask(struct migration *migration, const char *statement,
                     const char *const *values, int count)
{
    PGresult *result =
        PQexecParams(migration->pg, statement, count, NULL, values, NULL, NULL, 0);
    ExecStatusType status = PQresultStatus(result);

    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
        return result;
    result_failed(migration, result, "migrating");
    PQclear(result);
    return NULL;
}

static bool run(struct migration *migration, const char *statement)
{
    PGresult *result = ask(migration, statement, NULL, 0);

    PQclear(result);
    return result != NULL;
}

/* "migrations/0001_schema.sql:17", or the number of the statement when the server names no
 * position. */
static const char *script_place(struct migration *migration, const struct embedded *file,
                                const char *position, int done)
{
    const char *text = (const char *)file->data;

    if (position)
        return arena_format(migration->arena, "sql/%s:%d", file->name,
                            1 + line_of_position(text, position));
    return arena_format(migration->arena, "sql/%s, statement %d", file->name, done + 1);
}

/* Runs all statements of a file inside the open transaction. */
static bool script_run(struct migration *migration, const struct embedded *file)
{
    bool good = PQsendQuery(migration->pg, (const char *)file->data);
    PGresult *result;
    int done = 0;

    if (!good)
        return fault_set(migration->fault, "sql/%s: %s", file->name,
                         PQerrorMessage(migration->pg));
    for (; (result = PQgetResult(migration->pg)); PQclear(result)) {
        ExecStatusType status = PQresultStatus(result);

        if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ||
            status == PGRES_EMPTY_QUERY) {
            done++;
        } else if (good) {
            const char *position = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);

            good =
                result_failed(migration, result, script_place(migration, file, position, done));
        }
        if (PQstatus(migration->pg) == CONNECTION_BAD) {
            PQclear(result);
            break;
        }
    }
    if (good && PQtransactionStatus(migration->pg) != PQTRANS_INTRANS)
        return fault_set(
            migration->fault,
            "sql/%s ends the transaction: scripts have no begin, commit or rollback",
            file->name);
    return good;
}

static bool scripts_run(struct migration *migration, const char *prefix)
{
    const struct embedded *file;

    for (size_t i = 0; (file = embedded_list(prefix, i)); i++)
        if (!script_run(migration, file))
            return false;
    return true;
}

/* ---------------------------------------------------------------- migrations */

static const char *short_name(const struct embedded *file)
{
    return file->name + strlen(folder);
}

static bool table_make(struct migration *migration)
{
    PGresult *result = ask(migration, "select to_regnamespace('app') is not null", NULL, 0);
    bool exists = result && *PQgetvalue(result, 0, 0) == 't';

    PQclear(result);
    if (!result)
        return false;
    if (!exists)
        return fault_set(migration->fault,
                         "the database has no schema app: an administrator runs sql/roles.sql "
                         "in it first");
    return run(migration, "create table if not exists app.migration ("
                          "name text collate \"C\" primary key, digest text not null, "
                          "at timestamptz not null default now())") &&
           run(migration,
               "do $$ declare name text; begin for name in select rolname from pg_roles "
               "where rolname in ('clinicd_service', 'clinicd_worker') loop "
               "execute format('grant select on app.migration to %I', name); "
               "end loop; end $$");
}

/* Row of the applied migration of that name; -1: it is not applied. */
static int applied_find(const PGresult *applied, const char *name)
{
    for (int row = 0; row < PQntuples(applied); row++)
        if (strcmp(PQgetvalue(applied, row, 0), name) == 0)
            return row;
    return -1;
}

static const char *applied_newest(const PGresult *applied)
{
    int rows = PQntuples(applied);

    return rows ? PQgetvalue(applied, rows - 1, 0) : "";
}

static bool migration_apply(struct migration *migration, const struct embedded *file,
                            const char *digest)
{
    const char *const values[] = {short_name(file), digest};
    PGresult *result;

    if (!script_run(migration, file))
        return false;
    result =
        ask(migration, "insert into app.migration (name, digest) values ($1, $2)", values, 2);
    PQclear(result);
    return result != NULL;
}

/* Applies one file unless it is there; refuses to rewrite history. */
static bool migration_step(struct migration *migration, const struct embedded *file,
                           const PGresult *applied, int *count)
{
    int row = applied_find(applied, short_name(file));
    uint8_t bytes[DIGEST_SIZE];
    char digest[DIGEST_HEX_SIZE];

    digest_bytes(file->data, file->size, bytes);
    digest_hex(bytes, digest);
    if (row >= 0 && strcmp(PQgetvalue(applied, row, 1), digest) == 0)
        return true;
    if (row >= 0)
        return fault_set(migration->fault,
                         "sql/%s is not what was applied to this database: an applied "
                         "migration never changes, write a new one",
                         file->name);
    if (strcmp(short_name(file), applied_newest(applied)) < 0)
        return fault_set(migration->fault,
                         "sql/%s comes before %s, which is applied: give it a later number",
                         file->name, applied_newest(applied));
    ++*count;
    return migration_apply(migration, file, digest);
}

/* Is the schema ahead of this binary? Then a newer version is at work beside it, and its
 * functions must not be turned back. */
static bool schema_is_newer(const PGresult *applied)
{
    const struct embedded *file, *newest = NULL;

    for (size_t i = 0; (file = embedded_list(folder, i)); i++)
        newest = file;
    return strcmp(applied_newest(applied), newest ? short_name(newest) : "") > 0;
}

static bool applied_are_known(struct migration *migration, const PGresult *applied)
{
    for (int row = 0; row < PQntuples(applied); row++) {
        const char *name = PQgetvalue(applied, row, 0);

        if (!embedded_find(arena_format(migration->arena, "%s%s", folder, name)))
            return fault_set(migration->fault,
                             "migration %s was applied to this database, and this program does "
                             "not have it",
                             name);
    }
    return true;
}

static bool migrations_run(struct migration *migration, const PGresult *applied, int *count)
{
    const struct embedded *file;

    if (schema_is_newer(applied)) {
        log_line(LOG_WARNING, "schema_is_newer", log_text("schema", applied_newest(applied)));
        return true;
    }
    if (!applied_are_known(migration, applied))
        return false;
    for (size_t i = 0; (file = embedded_list(folder, i)); i++)
        if (!migration_step(migration, file, applied, count))
            return false;
    return scripts_run(migration, "functions/");
}

static bool migrate_body(struct migration *migration, int *count)
{
    PGresult *applied;
    bool good;

    if (!table_make(migration))
        return false;
    applied = ask(migration, "select name, digest from app.migration order by name", NULL, 0);
    good = applied && migrations_run(migration, applied, count);
    PQclear(applied);
    return good;
}

/* ---------------------------------------------------------------- connection and transaction
 */

static void notice_drop(void *context, const PGresult *result)
{
    (void)context, (void)result;
}

static bool migration_connect(struct migration *migration, const char *url)
{
    struct dsn dsn;
    const char *line_end;

    if (!dsn_read(&dsn, "CLINICD_DATABASE_OWNER_URL", url, "clinicd migrate", session_settings,
                  migration->arena, migration->fault))
        return false;
    migration->pg = PQconnectdbParams(dsn.from_host[0].keywords, dsn.from_host[0].values, 0);
    if (PQstatus(migration->pg) == CONNECTION_OK) {
        PQsetNoticeReceiver(migration->pg, notice_drop, NULL);
        return true;
    }
    line_end = PQerrorMessage(migration->pg);
    return fault_set(migration->fault, "no connection as the owner: %.*s",
                     (int)strcspn(line_end, "\n"), line_end);
}

/* Everything between begin and commit. */
static bool migration_transact(struct migration *migration, const char *prefix, int *count)
{
    if (!run(migration, "begin") || !run(migration, LOCK_STATEMENT))
        return false;
    if (prefix ? !scripts_run(migration, prefix) : !migrate_body(migration, count))
        return false;
    return run(migration, "commit");
}

static bool migration_run(const char *url, const char *prefix, int *count, struct fault *fault)
{
    struct migration migration = {NULL, arena_new(), fault};
    bool good =
        migration_connect(&migration, url) && migration_transact(&migration, prefix, count);

    PQfinish(migration.pg); /* what is not committed is undone */
    arena_free(migration.arena);
    return good;
}

bool db_migrate(const char *owner_url, int *applied, struct fault *fault)
{
    *applied = 0;
    return migration_run(owner_url, NULL, applied, fault);
}

bool db_run_scripts(const char *owner_url, const char *prefix, struct fault *fault)
{
    int none = 0;

    return migration_run(owner_url, prefix, &none, fault);
}
