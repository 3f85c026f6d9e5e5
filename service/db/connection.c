/*
 * Talks the pipeline protocol over one non-blocking libpq connection. What the server says in
 * words (PQerrorMessage, DETAIL) can hold clients' data: words go into start-up faults only,
 * never into the log or an answer of a running service.
 */
#include "db/connection.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

enum {
#define COLUMN(name, required, type) COLUMN_##name,
#include "tbl/column.h"
#undef COLUMN
    COLUMN_COUNT
};

enum { ABSENT = -1 };

/* Where the agreed columns of one prepared query are. */
struct shape {
    int at[COLUMN_COUNT]; /* ABSENT when the query has none of that name */
};

struct connection {
    PGconn *pg;
    struct shape *shapes; /* of db_queries, by index */
};

static const char guard_name[] = "clinicd_guard";
static const char guard_text[] = "select set_config('app.sub', $1::text, true), "
                                 "set_config('app.scopes', $2::text, true), "
                                 "set_config('app.clinics', $3::text, true)";

/* ---------------------------------------------------------------- waiting */

/* Waits for the socket; false when the deadline passed or `cancel_fd` says to give up. */
static bool socket_wait(int socket, short events, const struct patience *patience)
{
    struct pollfd fds[2] = {{socket, events, 0}, {patience->cancel_fd, POLLIN, 0}};

    for (;;) {
        int64_t left = patience->until_ms - clock_monotonic_ms();
        int ready = left <= 0 ? 0 : poll(fds, 2, (int)(left > 60000 ? 60000 : left));

        if (ready > 0)
            return !fds[1].revents;
        if (left <= 0 || (ready < 0 && errno != EINTR))
            return false;
    }
}

enum pipeline_end { PIPELINE_RESULT, PIPELINE_LOST, PIPELINE_EXPIRED };

/* Sends what is left to send and waits for the next result, which is NULL between two
 * statements. */
static enum pipeline_end pipeline_next(struct connection *connection,
                                       const struct patience *patience, PGresult **result)
{
    PGconn *pg = connection->pg;

    for (;;) {
        int unsent = PQflush(pg);

        if (unsent < 0)
            return PIPELINE_LOST;
        if (!PQisBusy(pg))
            break;
        if (!socket_wait(PQsocket(pg), (short)(POLLIN | (unsent ? POLLOUT : 0)), patience))
            return PIPELINE_EXPIRED;
        if (!PQconsumeInput(pg))
            return PIPELINE_LOST;
    }
    *result = PQgetResult(pg);
    if (!*result && PQstatus(pg) == CONNECTION_BAD)
        return PIPELINE_LOST;
    return PIPELINE_RESULT;
}

/* A receiver of the pipeline's results in order; takes them over. `statement` counts from 0. */
typedef void result_receiver(void *context, size_t statement, PGresult *result);

/* Reads until the Sync that confirms the commit. Errors of the commit itself (deferred
 * constraints, serialization) come as one more result between the last statement and it. */
static enum pipeline_end pipeline_read(struct connection *connection,
                                       const struct patience *patience,
                                       result_receiver *receive, void *context)
{
    size_t statement = 0, nothing = 0;

    for (;;) {
        PGresult *result = NULL;
        enum pipeline_end end = pipeline_next(connection, patience, &result);

        if (end != PIPELINE_RESULT)
            return end;
        if (!result) {
            statement++;
            if (++nothing > 2)
                return PIPELINE_LOST; /* out of step: never seen, and never to be trusted */
            continue;
        }
        nothing = 0;
        if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
            PQclear(result);
            return PIPELINE_RESULT;
        }
        receive(context, statement, result);
    }
}

/* ---------------------------------------------------------------- errors */

void sqlstate_copy(char sqlstate[6], const PGresult *result)
{
    const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);

    sqlstate[0] = '\0';
    if (code && strlen(code) == 5)
        memcpy(sqlstate, code, 6);
}

int line_of_position(const char *text, const char *position)
{
    long characters = position ? strtol(position, NULL, 10) : 0;
    int line = 0;

    for (; *text && characters > 1; text++) {
        line += *text == '\n';
        if (((unsigned char)text[1] & 0xC0) != 0x80)
            characters--;
    }
    return line;
}

static const char *words(const PGresult *result)
{
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

    return message ? message : "no message";
}

/* libpq's own words, in one line. */
static bool fault_from_connection(struct fault *fault, const char *what, PGconn *pg)
{
    fault_set(fault, "%s: %s", what, PQerrorMessage(pg));
    for (char *at = fault->text; *at; at++)
        if (*at == '\n')
            *at = at[1] ? ' ' : '\0';
    return false;
}

/* ---------------------------------------------------------------- open and close */

static void notice_drop(void *context, const PGresult *result)
{
    (void)context, (void)result; /* notices can quote values; nobody reads them */
}

static bool connect_finish(PGconn *pg, const struct patience *patience, struct fault *fault)
{
    PostgresPollingStatusType next = PGRES_POLLING_WRITING;

    if (PQstatus(pg) == CONNECTION_BAD)
        return fault_from_connection(fault, "no connection", pg);
    for (;;) {
        short events = next == PGRES_POLLING_READING ? POLLIN : POLLOUT;

        if (!socket_wait(PQsocket(pg), events, patience))
            return fault_set(fault, "no connection: no answer from %s in time",
                             PQhost(pg) && *PQhost(pg) ? PQhost(pg) : "the server");
        next = PQconnectPoll(pg);
        if (next == PGRES_POLLING_OK)
            return true;
        if (next == PGRES_POLLING_FAILED)
            return fault_from_connection(fault, "no connection", pg);
    }
}

struct connection *connection_open(const struct dsn *dsn, size_t first_host,
                                   const struct patience *patience, struct fault *fault)
{
    const struct dsn_parameters *parameters = &dsn->from_host[first_host % dsn->hosts];
    PGconn *pg = PQconnectStartParams(parameters->keywords, parameters->values, 0);
    struct connection *connection;

    ASSERT(pg);
    PQsetNoticeReceiver(pg, notice_drop, NULL);
    if (!connect_finish(pg, patience, fault) ||
        ((PQsetnonblocking(pg, 1) != 0 || !PQenterPipelineMode(pg)) &&
         !fault_from_connection(fault, "no pipeline", pg))) {
        PQfinish(pg);
        return NULL;
    }
    connection = calloc(1, sizeof *connection);
    ASSERT(connection);
    connection->pg = pg;
    return connection;
}

void connection_close(struct connection *connection)
{
    if (!connection)
        return;
    PQfinish(connection->pg);
    free(connection->shapes);
    free(connection);
}

bool connection_is_alive(struct connection *connection)
{
    struct pollfd fd = {PQsocket(connection->pg), POLLIN | POLLRDHUP, 0};

    /* Nothing is due on an idle connection: what comes is a farewell or a notice before it. */
    for (int reads = 0; reads < 4; reads++) {
        if (poll(&fd, 1, 0) == 0)
            return PQstatus(connection->pg) == CONNECTION_OK;
        if (!(fd.revents & POLLIN) || !PQconsumeInput(connection->pg))
            return false;
    }
    return false;
}

/* ---------------------------------------------------------------- prepare and check */

struct preparing {
    struct connection *connection;
    bool for_worker;
    struct fault *fault;
    enum open_end end;
};

/* The query that is prepared as number `nth`; NULL after the last. */
static const struct query *query_to_prepare(bool for_worker, size_t nth)
{
    for (size_t i = 0; i < db_query_count; i++)
        if ((db_queries[i].idle_ms > 0) == for_worker && nth-- == 0)
            return &db_queries[i];
    return NULL;
}

/* Errors that another attempt can cure; all others are of the query or the schema. */
static bool error_is_passing(const char *sqlstate)
{
    static const char *const passing[] = {"", "08", "40", "53", "55", "57", "58"};

    for (size_t i = 0; i < LENGTH(passing); i++)
        if (strncmp(sqlstate, passing[i], 2) == 0)
            return true;
    return false;
}

static bool column_type_fits(int column, Oid type)
{
    enum { BOOLEAN = 16, BIGINT = 20, INTEGER = 23, TEXT = 25, JSON = 114, JSONB = 3802 };

    switch (column) {
    case COLUMN_status:
        return type == INTEGER;
    case COLUMN_body:
        return type == JSON || type == JSONB;
    case COLUMN_replayed:
        return type == BOOLEAN;
    case COLUMN_modified:
        return type == BIGINT;
    default:
        return type == TEXT;
    }
}

static const struct {
    const char *name;
    bool required;
    const char *type;
} columns[] = {
#define COLUMN(name, required, type) {#name, required, type},
#include "tbl/column.h"
#undef COLUMN
};

static bool shape_add(struct shape *shape, const PGresult *described, int field,
                      const struct query *query, struct fault *fault)
{
    const char *name = PQfname(described, field);

    for (int i = 0; i < COLUMN_COUNT; i++) {
        if (strcmp(columns[i].name, name) != 0)
            continue;
        if (!column_type_fits(i, PQftype(described, field)))
            return fault_set(fault, "%s:%d: query %s: column %s must be %s", query->file,
                             query->line, query->name, name, columns[i].type);
        if (shape->at[i] != ABSENT)
            return fault_set(fault, "%s:%d: query %s has two columns %s", query->file,
                             query->line, query->name, name);
        shape->at[i] = field;
        return true;
    }
    return fault_set(fault, "%s:%d: query %s has a column that nobody reads: %s", query->file,
                     query->line, query->name, name);
}

static bool shape_read(struct shape *shape, const PGresult *described,
                       const struct query *query, struct fault *fault)
{
    for (int i = 0; i < COLUMN_COUNT; i++)
        shape->at[i] = ABSENT;
    if ((size_t)PQnparams(described) != query->argument_count)
        return fault_set(fault, "%s:%d: query %s takes %d parameters, its args are %zu",
                         query->file, query->line, query->name, PQnparams(described),
                         query->argument_count);
    for (int field = 0; field < PQnfields(described); field++)
        if (!shape_add(shape, described, field, query, fault))
            return false;
    for (int i = 0; i < COLUMN_COUNT; i++)
        if (columns[i].required && shape->at[i] == ABSENT)
            return fault_set(fault, "%s:%d: query %s has no column %s", query->file,
                             query->line, query->name, columns[i].name);
    return true;
}

/* Statement 0 is the guard; then each query has two: Parse and Describe. */
static void prepare_failed(struct preparing *preparing, size_t statement,
                           const PGresult *result)
{
    const char *position = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
    const struct query *query =
        statement == 0 ? NULL : query_to_prepare(preparing->for_worker, (statement - 1) / 2);
    char sqlstate[6];

    sqlstate_copy(sqlstate, result);
    preparing->end = error_is_passing(sqlstate) ? OPEN_AWAY : OPEN_REFUSED;
    if (!query) {
        fault_set(preparing->fault, "preparing failed: %s (%s)", words(result), sqlstate);
        return;
    }
    fault_set(preparing->fault, "%s:%d: query %s does not prepare: %s (%s)", query->file,
              query->line + line_of_position(query->text, position), query->name, words(result),
              sqlstate);
}

static void prepare_receive(void *context, size_t statement, PGresult *result)
{
    struct preparing *preparing = context;
    const struct query *query =
        statement == 0 ? NULL : query_to_prepare(preparing->for_worker, (statement - 1) / 2);

    if (preparing->end != OPEN_DONE) {
        /* the first fault is the one to tell */
    } else if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        prepare_failed(preparing, statement, result);
    } else if (query && statement % 2 == 0 &&
               !shape_read(&preparing->connection->shapes[query - db_queries], result, query,
                           preparing->fault)) {
        preparing->end = OPEN_REFUSED;
    }
    PQclear(result);
}

static bool prepare_send(PGconn *pg, bool for_worker)
{
    const struct query *query;

    if (!PQsendPrepare(pg, guard_name, guard_text, 3, NULL))
        return false;
    for (size_t i = 0; (query = query_to_prepare(for_worker, i)); i++)
        if (!PQsendPrepare(pg, query->name, query->text, 0, NULL) ||
            !PQsendDescribePrepared(pg, query->name))
            return false;
    return PQpipelineSync(pg);
}

enum open_end connection_prepare(struct connection *connection, bool for_worker,
                                 const struct patience *patience, struct fault *fault)
{
    struct preparing preparing = {connection, for_worker, fault, OPEN_DONE};

    connection->shapes = calloc(db_query_count + 1, sizeof *connection->shapes);
    ASSERT(connection->shapes);
    if (prepare_send(connection->pg, for_worker) &&
        pipeline_read(connection, patience, prepare_receive, &preparing) == PIPELINE_RESULT)
        return preparing.end;
    if (preparing.end == OPEN_DONE)
        fault_set(fault, "the connection was lost while the queries were prepared");
    return OPEN_AWAY;
}

/* ---------------------------------------------------------------- one question */

static void ask_receive(void *context, size_t statement, PGresult *result)
{
    PGresult **answer = context;

    (void)statement;
    if (*answer && PQresultStatus(*answer) != PGRES_TUPLES_OK) {
        PQclear(result); /* the first error is the one to tell */
        return;
    }
    PQclear(*answer);
    *answer = result;
}

PGresult *connection_ask(struct connection *connection, const char *statement,
                         const struct patience *patience, char sqlstate[6], struct fault *fault)
{
    PGresult *answer = NULL;
    PGconn *pg = connection->pg;

    sqlstate[0] = '\0';
    if (!PQsendQueryParams(pg, statement, 0, NULL, NULL, NULL, NULL, 0) ||
        !PQpipelineSync(pg) ||
        pipeline_read(connection, patience, ask_receive, &answer) != PIPELINE_RESULT) {
        fault_set(fault, "the connection was lost during the start-up checks");
    } else if (PQresultStatus(answer) == PGRES_TUPLES_OK) {
        return answer;
    } else {
        sqlstate_copy(sqlstate, answer);
        fault_set(fault, "start-up check: %s (%s)", words(answer), sqlstate);
    }
    PQclear(answer);
    return NULL;
}

/* ---------------------------------------------------------------- one call */

struct running {
    const struct db_call *call;
    const struct shape *shape;
    struct db_reply *reply;
    size_t statement; /* of the query: 1 behind the guard, else 0 */
    enum run_end end;
};

static const char *field_text(const PGresult *row, int field)
{
    return field == ABSENT || PQgetisnull(row, 0, field) ? NULL : PQgetvalue(row, 0, field);
}

static void release_result(void *result)
{
    PQclear(result);
}

/* The texts of the reply stay where libpq put them; the arena clears the row in the end. */
static void run_take_row(struct running *running, PGresult *row)
{
    const int *at = running->shape->at;
    struct db_reply *reply = running->reply;
    const char *status = field_text(row, at[COLUMN_status]);
    const char *replayed = field_text(row, at[COLUMN_replayed]);
    const char *modified = field_text(row, at[COLUMN_modified]);

    arena_defer(running->call->arena, release_result, row);
    if (!status) {
        running->end = RUN_ODD;
        return;
    }
    running->end = RUN_ROW;
    reply->status = (int)strtol(status, NULL, 10);
    reply->body = field_text(row, at[COLUMN_body]);
    reply->body_length = reply->body ? (size_t)PQgetlength(row, 0, at[COLUMN_body]) : 0;
    reply->etag = field_text(row, at[COLUMN_etag]);
    reply->location = field_text(row, at[COLUMN_location]);
    reply->language = field_text(row, at[COLUMN_language]);
    reply->replayed = replayed && *replayed == 't';
    reply->modified = modified ? strtoll(modified, NULL, 10) : 0;
}

static void run_take_error(struct running *running, PGresult *result)
{
    const char *position = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
    const char *constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
    const struct query *query = running->call->query;
    struct db_reply *reply = running->reply;

    if (running->end != RUN_ERROR && PQresultStatus(result) == PGRES_FATAL_ERROR) {
        running->end = RUN_ERROR;
        sqlstate_copy(reply->sqlstate, result);
        reply->constraint = arena_copy_text(running->call->arena, constraint);
        if (position)
            reply->line = query->line + line_of_position(query->text, position);
    }
    PQclear(result);
}

static void run_receive(void *context, size_t statement, PGresult *result)
{
    struct running *running = context;

    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        run_take_error(running, result);
    } else if (statement == running->statement && PQntuples(result) == 1) {
        run_take_row(running, result);
    } else {
        if (statement == running->statement && PQntuples(result) > 1)
            running->end = RUN_ODD;
        PQclear(result);
    }
}

static bool run_send(PGconn *pg, const struct db_call *call)
{
    const struct query *query = call->query;
    const char *const principal[] = {call->subject ? call->subject : "",
                                     call->scopes ? call->scopes : "",
                                     call->clinics ? call->clinics : ""};

    if (query->guarded && !PQsendQueryPrepared(pg, guard_name, 3, principal, NULL, NULL, 0))
        return false;
    return PQsendQueryPrepared(pg, query->name, (int)query->argument_count, call->values, NULL,
                               NULL, 0) &&
           PQpipelineSync(pg);
}

enum run_end connection_run(struct connection *connection, const struct db_call *call,
                            const struct patience *patience, struct db_reply *reply)
{
    struct running running = {
        .call = call,
        .shape = &connection->shapes[call->query - db_queries],
        .reply = reply,
        .statement = call->query->guarded ? 1 : 0,
        .end = RUN_NO_ROW,
    };

    if (!run_send(connection->pg, call))
        return RUN_LOST;
    switch (pipeline_read(connection, patience, run_receive, &running)) {
    case PIPELINE_RESULT:
        return running.end;
    case PIPELINE_EXPIRED:
        return RUN_EXPIRED;
    case PIPELINE_LOST:
        break;
    }
    return RUN_LOST;
}
