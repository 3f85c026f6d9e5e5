// links: base db
/* The database room against a real PostgreSQL: pipelines, late errors, deadlines, lost
 * connections, retries, the pool's bounds, and what start-up refuses. */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <cmocka.h>

#include "base/embed.h"
#include "db.h"

#include "cluster.h"

/* ---------------------------------------------------------------- a schema and queries of toys
 */

static const char *const two[] = {"first", "second", NULL};
static const char *const one[] = {"first", NULL};
static const char *const none[] = {NULL};

#define QUERY(name, text, arguments, guarded)                                                  \
    {                                                                                          \
        name, "-- name: " name "\n" text, arguments, LENGTH(arguments) - 1, guarded,           \
            "toys.sql", 100, 0                                                                 \
    }
#define WORK(name, text)                                                                       \
    {                                                                                          \
        name, "-- name: " name "\n" text, none, 0, false, "toys.sql", 200, 50                  \
    }

/* clang-format off */
const struct query db_queries[] = {
    QUERY("readThing", "select 200 as status, json_build_object('n', n) as body, n::text as etag, '/things/1' as location, 'nl' as language, true as replayed from app.thing where id = $1::int and $2::text is null", two, false),
    QUERY("insertThing", "insert into app.thing values ($1::int, $2::int) returning 201 as status, null::json as body", two, false),
    QUERY("insertChild", "insert into app.child values ($1::int) returning 201 as status, to_json(parent) as body", one, false),
    QUERY("divide", "select 200 as status,\n to_json(1 / $1::int) as body", one, false),
    QUERY("divideGuarded", "select 200 as status,\n to_json(1 / $1::int) as body", one, true),
    QUERY("whoGuarded", "select 200 as status, json_build_array(current_setting('app.sub', true), current_setting('app.scopes', true), current_setting('app.clinics', true)) as body", none, true),
    QUERY("who", "select 200 as status, json_build_array(current_setting('app.sub', true), current_setting('app.scopes', true), current_setting('app.clinics', true)) as body", none, false),
    QUERY("secrets", "select 200 as status, coalesce(json_agg(owner), '[]') as body from app.secret", none, true),
    QUERY("sleep", "select 200 as status, to_json($1::text) as body from pg_sleep($1::float)", one, false),
    QUERY("writeSlowly", "select 200 as status, to_json(nextval('app.writes')) as body from pg_sleep($1::float)", one, false),
    QUERY("echo", "select 200 as status, to_json($1::text) as body", one, false),
    QUERY("process", "select 200 as status, to_json(pg_backend_pid()) as body", none, false),
    QUERY("failAtFirst", "select 200 as status, to_json(app.fail_at_first($1::text, $2::int)) as body", two, false),
    QUERY("two", "select 200 as status, null::json as body from generate_series(1, 2)", none, false),
    QUERY("noStatus", "select null::int as status, null::json as body", none, false),
    QUERY("settings", "select 200 as status, to_json(concat_ws(' ', current_setting('TimeZone'), current_setting('client_encoding'), current_setting('jit'), current_setting('plan_cache_mode'), current_setting('statement_timeout'), current_setting('lock_timeout'), current_setting('idle_in_transaction_session_timeout'), current_setting('application_name'), current_setting('app.test_clock'), current_setting('search_path'))) as body", none, false),
    QUERY("forbidden", "select 200 as status, to_json(n) as body from app.forbidden", none, false),
    QUERY("waitForLock", "select 200 as status, null::json as body from app.thing where id = $1::int for update", one, false),
    QUERY("shape", "select * from app.shape()", none, false),
    WORK("workWho", "select 200 as status, json_build_array(current_user, current_setting('application_name'), (select string_agg(name, ' ' order by name) from pg_prepared_statements)) as body"),
    WORK("workSlowly", "select 200 as status, to_json(nextval('app.works')) as body from pg_sleep(1)"),
};
const size_t db_query_count = LENGTH(db_queries);
/* clang-format on */

static const char toys[] =
    "set role clinicd_owner;"
    "create table app.thing (id int primary key, n int);"
    "create table app.parent (id int primary key);"
    "create table app.child (parent int constraint child_has_parent references app.parent "
    "  deferrable initially deferred);"
    "create table app.secret (owner text);"
    "create table app.forbidden (n int);"
    "alter table app.secret enable row level security;"
    "create policy own on app.secret using (owner = "
    "  (select nullif(current_setting('app.sub', true), '')));"
    "create sequence app.writes; create sequence app.failures; create sequence app.works;"
    "create function app.fail_at_first(state text, times int) returns int language plpgsql as "
    "$$"
    "  begin if nextval('app.failures') <= times then raise exception using errcode = state;"
    "  end if; return 1; end $$;"
    "create function app.shape() returns table (status int, body json) language sql as "
    "  $$ select 200, null::json $$;"
    "insert into app.thing values (1, 17), (2, null);"
    "insert into app.secret values ('anna'), ('bert');"
    "grant select, insert, update on app.thing, app.child to clinicd_service;"
    "grant select on app.secret to clinicd_service;"
    "grant usage on all sequences in schema app to clinicd_service, clinicd_worker;";

/* The files inside the binary, as this test wants them. */
static struct embedded files[8];

static void embed(size_t index, const char *name, const char *text)
{
    files[index] = (struct embedded){name, (const unsigned char *)text, strlen(text)};
    files[index + 1].name = NULL;
}

const struct embedded *embedded_list(const char *prefix, size_t index)
{
    for (const struct embedded *file = files; file->name; file++)
        if (strncmp(file->name, prefix, strlen(prefix)) == 0 && index-- == 0)
            return file;
    return NULL;
}

const struct embedded *embedded_find(const char *name)
{
    for (const struct embedded *file = files; file->name; file++)
        if (strcmp(file->name, name) == 0)
            return file;
    return NULL;
}

static int start(void **state)
{
    log_set_level(LOG_ERROR);
    cluster_start(state);
    cluster_database("toys");
    cluster_do("toys", toys);
    return 0;
}

/* ---------------------------------------------------------------- running queries */

static struct database *open_as(const char *role, const char *name, size_t connections,
                                int64_t timeout_ms)
{
    const struct database_settings settings = {
        .url = cluster_url(role, name),
        .connections = connections,
        .searches = 1,
        .queue = 2,
        .wait_ms = 1500,
        .timeout_ms = timeout_ms,
    };
    struct fault fault;
    struct database *database = database_open(&settings, &fault);

    assert_non_null(database);
    return database;
}

/* `connections` that run the toys; each is up when this returns. */
static struct database *open_toys(size_t connections, int64_t timeout_ms)
{
    struct database *database = open_as("clinicd_service", "toys", connections, timeout_ms);
    struct fault fault = {""};

    if (database_wait_ready(database, 10000, &fault) != DATABASE_READY)
        fail_msg("not ready: %s", fault.text);
    usleep(100000);
    return database;
}

struct called {
    struct database *database;
    const char *name, *first, *second, *subject;
    enum lane lane;
    bool is_read;
    struct arena *arena;
    enum db_outcome outcome;
    struct db_reply reply;
    int64_t took_ms;
    pthread_t thread;
};

static void *call_run(void *context)
{
    struct called *called = context;
    const char *const values[] = {called->first, called->second};
    const struct db_call call = {
        .query = db_query_find(called->name),
        .values = values,
        .lane = called->lane,
        .is_read = called->is_read,
        .subject = called->subject,
        .scopes = "bookings:read",
        .clinics = "*",
        .arena = called->arena = arena_new(),
    };
    int64_t start_ms = clock_monotonic_ms();

    called->outcome = db_run(called->database, &call, &called->reply);
    called->took_ms = clock_monotonic_ms() - start_ms;
    return NULL;
}

static void call_start(struct called *called)
{
    assert_int_equal(pthread_create(&called->thread, NULL, call_run, called), 0);
}

static void call_join(struct called *called)
{
    assert_int_equal(pthread_join(called->thread, NULL), 0);
}

/* For calls of which only the outcome and the numbers in the reply are looked at. */
static enum db_outcome call_forget(struct called *called)
{
    call_run(called);
    arena_free(called->arena);
    return called->outcome;
}

static enum db_outcome run(struct database *database, const char *name, const char *first,
                           const char *second)
{
    struct called called = {
        .database = database, .name = name, .first = first, .second = second, .is_read = true};

    return call_forget(&called);
}

static int process_of(struct database *database)
{
    struct called called = {.database = database, .name = "process", .is_read = true};
    int pid;

    call_run(&called);
    assert_int_equal(called.outcome, DB_ROW);
    pid = (int)strtol(called.reply.body, NULL, 10);
    arena_free(called.arena);
    return pid;
}

static void wait_for(struct database *database, enum database_state state)
{
    for (int i = 0; i < 200 && database_state(database) != state; i++)
        usleep(50000);
    assert_int_equal(database_state(database), state);
}

/* ---------------------------------------------------------------- one call */

static void a_row_is_the_answer(void **state)
{
    struct database *database = open_toys(1, 2000);
    struct called called = {.database = database, .name = "readThing", .first = "1"};

    (void)state;
    call_run(&called);
    assert_int_equal(called.outcome, DB_ROW);
    assert_int_equal(called.reply.status, 200);
    assert_string_equal(called.reply.body, "{\"n\" : 17}");
    assert_int_equal(called.reply.body_length, strlen(called.reply.body));
    assert_string_equal(called.reply.etag, "17");
    assert_string_equal(called.reply.location, "/things/1");
    assert_string_equal(called.reply.language, "nl");
    assert_true(called.reply.replayed);
    assert_int_equal(called.reply.attempts, 1);
    arena_free(called.arena);

    called.first = "2";
    call_run(&called);
    assert_int_equal(called.outcome, DB_ROW);
    assert_null(called.reply.etag);
    arena_free(called.arena);

    assert_int_equal(run(database, "readThing", "3", NULL), DB_NO_ROW);
    assert_int_equal(run(database, "readThing", NULL, NULL), DB_NO_ROW);
    assert_int_equal(run(database, "two", NULL, NULL), DB_BROKEN);
    assert_int_equal(run(database, "noStatus", NULL, NULL), DB_BROKEN);
    database_free(database);
}

/* More than a socket takes at once, in both directions. */
static void large_texts_pass(void **state)
{
    struct database *database = open_toys(1, 5000);
    size_t length = 4000000;
    char *text = calloc(1, length + 1);
    struct called called = {.database = database, .name = "echo", .first = text};

    (void)state;
    assert_non_null(text);
    memset(text, 'x', length);
    call_run(&called);
    assert_int_equal(called.outcome, DB_ROW);
    assert_int_equal(called.reply.body_length, length + 2);
    assert_memory_equal(called.reply.body + 1, text, length);
    arena_free(called.arena);
    free(text);
    database_free(database);
}

static void every_connection_has_our_settings(void **state)
{
    struct database *database = open_toys(1, 2000);
    struct called called = {.database = database, .name = "settings"};

    (void)state;
    call_run(&called);
    assert_string_equal(called.reply.body,
                        "\"UTC UTF8 off force_generic_plan 1800ms 1s 4s clinicd off "
                        "app,public\"");
    arena_free(called.arena);
    database_free(database);
}

/* set_config(..., true) without BEGIN: the pipeline up to Sync is one transaction. */
static void guard_reaches_the_query_and_ends_with_it(void **state)
{
    struct database *database = open_toys(1, 2000);
    struct called guarded = {.database = database, .name = "whoGuarded", .subject = "anna"};
    struct called bare = {.database = database, .name = "who", .subject = "anna"};

    (void)state;
    call_run(&guarded);
    assert_string_equal(guarded.reply.body, "[\"anna\", \"bookings:read\", \"*\"]");
    arena_free(guarded.arena);
    call_run(&bare);
    assert_string_equal(bare.reply.body, "[\"\", \"\", \"\"]");
    arena_free(bare.arena);
    database_free(database);
}

static void row_policies_see_who_asks(void **state)
{
    struct database *database = open_toys(1, 2000);
    static const struct {
        const char *subject, *body;
    } rows[] = {{"anna", "[\"anna\"]"}, {"bert", "[\"bert\"]"}, {"", "[]"}, {NULL, "[]"}};

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct called called = {
            .database = database, .name = "secrets", .subject = rows[i].subject};

        call_run(&called);
        assert_string_equal(called.reply.body, rows[i].body);
        arena_free(called.arena);
    }
    database_free(database);
}

static void an_error_heals_at_the_sync(void **state)
{
    struct database *database = open_toys(1, 2000);
    int process = process_of(database);

    (void)state;
    for (int guarded = 0; guarded < 2; guarded++) {
        struct called called = {.database = database,
                                .name = guarded ? "divideGuarded" : "divide",
                                .first = "0",
                                .subject = "anna"};

        assert_int_equal(call_forget(&called), DB_UNPROCESSABLE);
        assert_string_equal(called.reply.sqlstate, "22012");
        assert_int_equal(called.reply.status, 0);
        called.first = "x";
        assert_int_equal(call_forget(&called), DB_UNPROCESSABLE);
        assert_string_equal(called.reply.sqlstate, "22P02");
        called.first = "1";
        assert_int_equal(call_forget(&called), DB_ROW);
    }
    assert_int_equal(process_of(database), process);
    database_free(database);
}

/* The row comes first, the deferred foreign key refuses at the commit: only Sync tells. */
static void the_commit_has_the_last_word(void **state)
{
    struct database *database = open_toys(1, 2000);
    struct called called = {.database = database, .name = "insertChild", .first = "7"};

    (void)state;
    call_run(&called);
    assert_int_equal(called.outcome, DB_UNKNOWN_REFERENCE);
    assert_string_equal(called.reply.sqlstate, "23503");
    assert_string_equal(called.reply.constraint, "child_has_parent");
    assert_int_equal(called.reply.status, 0);
    assert_null(called.reply.body);
    arena_free(called.arena);
    assert_string_equal(cluster_ask("toys", "select count(*) from app.child"), "0");
    cluster_do("toys", "insert into app.parent values (7)");
    assert_int_equal(call_forget(&called), DB_ROW);
    assert_string_equal(cluster_ask("toys", "select count(*) from app.child"), "1");
    cluster_do("toys", "delete from app.child; delete from app.parent");
    database_free(database);
}

static void a_constraint_is_named(void **state)
{
    struct database *database = open_toys(1, 2000);
    struct called called = {.database = database, .name = "insertThing", .first = "1"};

    (void)state;
    call_run(&called);
    assert_int_equal(called.outcome, DB_CONFLICT);
    assert_string_equal(called.reply.constraint, "thing_pkey");
    assert_int_equal(called.reply.attempts, 1);
    arena_free(called.arena);
    assert_int_equal(run(database, "forbidden", NULL, NULL), DB_FORBIDDEN);
    database_free(database);
}

/* ---------------------------------------------------------------- deadlines */

static void the_server_cuts_a_slow_query(void **state)
{
    struct database *database = open_toys(1, 400);
    int process = process_of(database);
    struct called called = {
        .database = database, .name = "sleep", .first = "5", .is_read = true};

    (void)state;
    assert_int_equal(call_forget(&called), DB_TIMEOUT);
    assert_string_equal(called.reply.sqlstate, "57014");
    assert_in_range(called.took_ms, 300, 800);
    assert_int_equal(process_of(database), process);
    database_free(database);
}

/* Keepalives do not see it: its kernel goes on acknowledging. */
static void a_frozen_server_is_cut_at_our_deadline(void **state)
{
    struct database *database = open_toys(1, 400);
    int process = process_of(database);
    struct called called = {
        .database = database, .name = "readThing", .first = "1", .is_read = true};

    (void)state;
    assert_int_equal(kill(process, SIGSTOP), 0);
    assert_int_equal(call_forget(&called), DB_TIMEOUT);
    assert_in_range(called.took_ms, 350, 1000);
    assert_int_equal(call_forget(&called), DB_ROW);
    assert_int_not_equal(process_of(database), process);
    assert_int_equal(kill(process, SIGCONT), 0);
    database_free(database);
}

/* ---------------------------------------------------------------- lost connections */

static void terminate(int process)
{
    char statement[80];

    snprintf(statement, sizeof statement, "select pg_terminate_backend(%d, 5000)", process);
    assert_string_equal(cluster_ask("postgres", statement), "t");
}

static void one_that_died_idle_is_replaced_unnoticed(void **state)
{
    struct database *database = open_toys(1, 2000);
    struct called called = {.database = database, .name = "insertThing", .first = "100"};

    (void)state;
    terminate(process_of(database));
    assert_int_equal(call_forget(&called), DB_ROW);
    assert_int_equal(called.reply.attempts, 1);
    cluster_do("toys", "delete from app.thing where id = 100");
    database_free(database);
}

static void lose_during(struct called *called, int process)
{
    call_start(called);
    usleep(200000);
    terminate(process);
    call_join(called);
}

static void a_read_is_sent_again(void **state)
{
    struct database *database = open_toys(1, 2000);
    struct called called = {
        .database = database, .name = "sleep", .first = "0.5", .is_read = true};

    (void)state;
    lose_during(&called, process_of(database));
    assert_int_equal(called.outcome, DB_ROW);
    assert_string_equal(called.reply.body, "\"0.5\"");
    assert_int_equal(called.reply.attempts, 2);
    arena_free(called.arena);
    database_free(database);
}

static void a_write_in_doubt_is_not(void **state)
{
    struct database *database = open_toys(1, 2000);
    struct called called = {.database = database, .name = "writeSlowly", .first = "0.5"};

    (void)state;
    cluster_do("toys", "alter sequence app.writes restart");
    lose_during(&called, process_of(database));
    assert_int_equal(called.outcome, DB_AWAY);
    assert_int_equal(called.reply.attempts, 1);
    assert_int_equal(called.reply.status, 0);
    arena_free(called.arena);
    usleep(600000);
    assert_string_equal(cluster_ask("toys", "select is_called from app.writes"), "f");
    database_free(database);
}

/* The pool comes back by itself, with its statements prepared again. */
static void the_pool_survives_a_crash_of_the_server(void **state)
{
    struct database *database = open_toys(3, 2000);
    struct called called = {.database = database, .name = "readThing", .first = "1"};

    (void)state;
    cluster_crash();
    wait_for(database, DATABASE_AWAY);
    assert_int_equal(call_forget(&called), DB_AWAY);
    usleep(1600000);
    assert_int_equal(call_forget(&called), DB_AWAY);
    assert_in_range(called.took_ms, 0, 100); /* known to be away: nobody waits */
    cluster_restart();
    wait_for(database, DATABASE_READY);
    assert_int_equal(call_forget(&called), DB_ROW);
    database_free(database);
}

static void a_database_that_is_away_at_start_is_waited_for(void **state)
{
    const struct database_settings settings = {.url = "host=/nowhere user=nobody dbname=none",
                                               .connections = 2,
                                               .queue = 2,
                                               .wait_ms = 200,
                                               .timeout_ms = 1000};
    struct fault fault;
    struct database *database = database_open(&settings, &fault);
    struct called called = {.database = database, .name = "who"};

    (void)state;
    assert_non_null(database);
    assert_int_equal(database_wait_ready(database, 300, &fault), DATABASE_AWAY);
    assert_int_equal(call_forget(&called), DB_AWAY);
    database_free(database);
}

/* A server that takes the connection and then says nothing. */
static int silent_host(char folder[32])
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int silent = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(folder, 32, "/tmp/silent-%d", (int)getpid());
    assert_int_equal(mkdir(folder, 0700), 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%.31s/.s.PGSQL.5432", folder);
    assert_int_equal(bind(silent, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(silent, 8), 0);
    return silent;
}

static void a_silent_host_is_passed(void **state)
{
    char folder[32], url[300], path[64];
    int silent = silent_host(folder);
    struct database_settings settings = {
        .url = url, .connections = 1, .queue = 2, .wait_ms = 200, .timeout_ms = 1000};
    struct fault fault;
    struct database *database;

    (void)state;
    snprintf(url, sizeof url, "host=%s,%s user=clinicd_service dbname=toys connect_timeout=1",
             folder, cluster.socket);
    database = database_open(&settings, &fault);
    assert_non_null(database);
    assert_int_equal(database_wait_ready(database, 500, &fault), DATABASE_AWAY);
    assert_int_equal(database_wait_ready(database, 4000, &fault), DATABASE_READY);
    database_free(database);
    close(silent);
    snprintf(path, sizeof path, "%s/.s.PGSQL.5432", folder);
    unlink(path);
    rmdir(folder);
}

/* Closing does not wait for a host that is silent. */
static void a_pool_that_connects_can_be_closed(void **state)
{
    char folder[32], url[100], path[64];
    int silent = silent_host(folder);
    struct database_settings settings = {
        .url = url, .connections = 2, .queue = 2, .wait_ms = 200, .timeout_ms = 1000};
    struct fault fault;
    struct database *database;
    int64_t start_ms;

    (void)state;
    snprintf(url, sizeof url, "host=%s user=nobody dbname=none connect_timeout=30", folder);
    database = database_open(&settings, &fault);
    assert_non_null(database);
    usleep(100000);
    start_ms = clock_monotonic_ms();
    database_free(database);
    assert_in_range(clock_monotonic_ms() - start_ms, 0, 500);
    close(silent);
    snprintf(path, sizeof path, "%s/.s.PGSQL.5432", folder);
    unlink(path);
    rmdir(folder);
}

/* ---------------------------------------------------------------- again, where it is safe */

static void transactions_run_again_by_sqlstate(void **state)
{
    static const struct {
        const char *sqlstate, *times;
        bool is_read;
        enum db_outcome outcome;
        int attempts;
    } rows[] = {
        {"40001", "2", false, DB_ROW, 3},    {"40P01", "1", false, DB_ROW, 2},
        {"40001", "9", false, DB_BUSY, 3},   {"55P03", "1", false, DB_ROW, 2},
        {"55P03", "9", false, DB_BUSY, 2},   {"25006", "1", false, DB_ROW, 2},
        {"57014", "1", true, DB_TIMEOUT, 1}, {"53200", "1", true, DB_BUSY, 1},
        {"57P01", "1", true, DB_ROW, 2},     {"57P01", "1", false, DB_AWAY, 1},
        {"0A000", "1", false, DB_ROW, 2},    {"P0001", "1", true, DB_BROKEN, 1},
    };
    struct database *database = open_toys(2, 2000);

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct called called = {.database = database,
                                .name = "failAtFirst",
                                .first = rows[i].sqlstate,
                                .second = rows[i].times,
                                .is_read = rows[i].is_read};

        cluster_do("toys", "alter sequence app.failures restart");
        assert_int_equal(call_forget(&called), rows[i].outcome);
        assert_int_equal(called.reply.attempts, rows[i].attempts);
        if (rows[i].outcome != DB_ROW)
            assert_string_equal(called.reply.sqlstate, rows[i].sqlstate);
    }
    database_free(database);
}

static void a_stale_primary_is_left_by_all_connections(void **state)
{
    struct database *database = open_toys(1, 2000);
    int process = process_of(database);

    (void)state;
    cluster_do("toys", "alter sequence app.failures restart");
    assert_int_equal(run(database, "failAtFirst", "25006", "1"), DB_ROW);
    assert_int_not_equal(process_of(database), process);
    database_free(database);
}

/* ---------------------------------------------------------------- the pool's bounds */

static void calls_start(struct called *calls, size_t count, struct called like)
{
    for (size_t i = 0; i < count; i++) {
        calls[i] = like;
        call_start(&calls[i]);
    }
}

static size_t calls_join(struct called *calls, size_t count, enum db_outcome outcome)
{
    size_t matching = 0;

    for (size_t i = 0; i < count; i++) {
        call_join(&calls[i]);
        arena_free(calls[i].arena);
        matching += calls[i].outcome == outcome;
    }
    return matching;
}

/* Two connections, one of them for bookings; two may wait, for 1.5 s; the rest goes at once. */
static void waiting_is_bounded(void **state)
{
    struct database *database = open_toys(2, 5000);
    struct called calls[6],
        booking = {.database = database, .name = "who", .lane = LANE_BOOKING};
    size_t quick = 0;

    (void)state;
    calls_start(calls, 6,
                (struct called){
                    .database = database, .name = "sleep", .first = "2", .lane = LANE_QUICK});
    usleep(300000);
    assert_int_equal(call_forget(&booking), DB_ROW);
    assert_in_range(booking.took_ms, 0, 200);
    assert_int_equal(calls_join(calls, 6, DB_BUSY), 5);
    for (size_t i = 0; i < 6; i++)
        quick += calls[i].outcome == DB_BUSY && calls[i].took_ms < 300;
    assert_int_equal(quick, 3);
    database_free(database);
}

static void searches_leave_room_for_others(void **state)
{
    struct database *database = open_toys(3, 5000);
    struct called calls[2], quick = {.database = database, .name = "who"};

    (void)state;
    calls_start(
        calls, 2,
        (struct called){
            .database = database, .name = "sleep", .first = "0.7", .lane = LANE_SEARCH});
    usleep(300000);
    assert_int_equal(call_forget(&quick), DB_ROW);
    assert_in_range(quick.took_ms, 0, 200);
    assert_int_equal(calls_join(calls, 2, DB_ROW), 2);
    assert_true(calls[0].took_ms > 1200 || calls[1].took_ms > 1200); /* one after the other */
    database_free(database);
}

static void *hammer(void *context)
{
    struct called *called = context;
    static const char *const names[] = {"who", "whoGuarded", "process", "divide"};
    size_t failed = 0;

    for (size_t i = 0; i < 150; i++) {
        struct called one_call = *called;

        one_call.name = names[i % LENGTH(names)];
        one_call.first = i % 8 == 3 ? "0" : "1";
        one_call.subject = "anna";
        one_call.lane = (enum lane)(i % LANE_COUNT);
        failed += call_forget(&one_call) != (i % 8 == 3 ? DB_UNPROCESSABLE : DB_ROW);
    }
    called->reply.status = (int)failed;
    return NULL;
}

/* Many threads, all lanes, and connections that are shot meanwhile: no answer goes astray. */
static void threads_share_the_pool_while_connections_die(void **state)
{
    const struct database_settings settings = {.url = cluster_url("clinicd_service", "toys"),
                                               .connections = 4,
                                               .searches = 1,
                                               .queue = 64,
                                               .wait_ms = 5000,
                                               .timeout_ms = 5000};
    struct fault fault;
    struct database *database = database_open(&settings, &fault);
    struct called threads[8] = {{.database = NULL}};
    int failed = 0;

    (void)state;
    assert_int_equal(database_wait_ready(database, 10000, &fault), DATABASE_READY);
    for (size_t i = 0; i < LENGTH(threads); i++) {
        threads[i] = (struct called){.database = database, .is_read = true};
        assert_int_equal(pthread_create(&threads[i].thread, NULL, hammer, &threads[i]), 0);
    }
    cluster_do("postgres", "select pg_terminate_backend(pid) from pg_stat_activity "
                           "where application_name = 'clinicd' limit 2");
    for (size_t i = 0; i < LENGTH(threads); i++) {
        call_join(&threads[i]);
        failed += threads[i].reply.status;
    }
    assert_in_range(failed, 0, 2); /* a read shot twice in a row may give up */
    database_free(database);
}

/* ---------------------------------------------------------------- the worker's line */

static struct db_line *line_of(const char *role, int64_t timeout_ms)
{
    const struct database_settings settings = {.url = cluster_url(role, "toys"),
                                               .timeout_ms = timeout_ms};
    struct fault fault;
    struct db_line *line = db_line_new("THE_SETTING", &settings, &fault);

    assert_non_null(line);
    return line;
}

static struct db_line *line_ready(int64_t timeout_ms)
{
    struct db_line *line = line_of("clinicd_worker", timeout_ms);
    struct fault fault = {""};

    if (db_line_connect(line, -1, &fault) != DATABASE_READY)
        fail_msg("not ready: %s", fault.text);
    return line;
}

static enum db_outcome line_run(struct db_line *line, const char *name, int cancel_fd,
                                const char *body)
{
    struct arena *arena = arena_new();
    struct db_reply reply;
    enum db_outcome outcome = db_line_run(line, db_query_find(name), cancel_fd, arena, &reply);

    if (body)
        assert_string_equal(reply.body, body);
    arena_free(arena);
    return outcome;
}

static const char who_works[] = "[\"clinicd_worker\", \"clinicd worker\", "
                                "\"clinicd_guard workSlowly workWho\"]";

static void the_worker_has_its_own_role_line_and_queries(void **state)
{
    struct db_line *line = line_ready(2000);
    struct fault fault;

    (void)state;
    assert_int_equal(line_run(line, "workWho", -1, who_works), DB_ROW);
    cluster_do("postgres", "select pg_terminate_backend(pid) from pg_stat_activity "
                           "where application_name = 'clinicd worker'");
    usleep(100000);
    assert_int_equal(db_line_connect(line, -1, &fault), DATABASE_READY); /* unnoticed */
    assert_int_equal(line_run(line, "workWho", -1, who_works), DB_ROW);
    db_line_free(line);
}

static void a_line_that_breaks_in_a_call_is_connected_anew(void **state)
{
    struct db_line *line = line_ready(2000);
    struct fault fault;

    (void)state;
    cluster_do("postgres", "select pg_terminate_backend(pid) from pg_stat_activity "
                           "where application_name = 'clinicd worker'");
    assert_int_equal(line_run(line, "workWho", -1, NULL), DB_AWAY);
    assert_int_equal(db_line_connect(line, -1, &fault), DATABASE_READY);
    assert_int_equal(line_run(line, "workWho", -1, who_works), DB_ROW);
    db_line_free(line);
}

static void the_server_ends_a_work_that_takes_too_long(void **state)
{
    struct db_line *line = line_ready(300);

    (void)state;
    assert_int_equal(line_run(line, "workSlowly", -1, NULL), DB_TIMEOUT);
    assert_int_equal(line_run(line, "workWho", -1, who_works), DB_ROW); /* the line is kept */
    db_line_free(line);
}

static void whoever_stops_cuts_a_call_and_an_attempt_to_connect(void **state)
{
    struct db_line *line = line_ready(5000);
    int cancel_fd = eventfd(1, EFD_CLOEXEC); /* readable from the beginning */
    int64_t start_ms = clock_monotonic_ms();
    struct fault fault;

    (void)state;
    assert_int_equal(line_run(line, "workSlowly", cancel_fd, NULL), DB_TIMEOUT);
    assert_int_equal(db_line_connect(line, cancel_fd, &fault), DATABASE_AWAY);
    assert_in_range(clock_monotonic_ms() - start_ms, 0, 500);
    assert_int_equal(db_line_connect(line, -1, &fault), DATABASE_READY);
    close(cancel_fd);
    db_line_free(line);
}

static void a_line_is_refused_what_the_pool_is(void **state)
{
    const struct database_settings nowhere = {.url = "host=/nonexistent", .timeout_ms = 1000};
    const struct database_settings nonsense = {.url = "nonsense", .timeout_ms = 1000};
    struct db_line *line = line_of("postgres", 1000);
    struct fault fault;

    (void)state;
    assert_int_equal(db_line_connect(line, -1, &fault), DATABASE_REFUSED);
    assert_non_null(strstr(fault.text, "superuser"));
    db_line_free(line);
    line = db_line_new("THE_SETTING", &nowhere, &fault);
    assert_int_equal(db_line_connect(line, -1, &fault), DATABASE_AWAY);
    db_line_free(line);
    assert_null(db_line_new("THE_SETTING", &nonsense, &fault));
    assert_non_null(strstr(fault.text, "THE_SETTING"));
}

/* ---------------------------------------------------------------- what start-up refuses */

static void assert_refused(const char *role, const char *name, const char *words)
{
    struct database *database = open_as(role, name, 2, 2000);
    struct fault fault = {""};

    assert_int_equal(database_wait_ready(database, 10000, &fault), DATABASE_REFUSED);
    if (!strstr(fault.text, words))
        fail_msg("\"%s\" does not say \"%s\"", fault.text, words);
    assert_int_equal(database_state(database), DATABASE_REFUSED);
    assert_int_equal(run(database, "who", NULL, NULL), DB_AWAY);
    database_free(database);
}

static void roles_that_pass_through_policies_are_refused(void **state)
{
    (void)state;
    cluster_do("toys", "create role bypasser login bypassrls; create role member login; "
                       "grant clinicd_owner to member");
    assert_refused("postgres", "toys", "is a superuser");
    assert_refused("bypasser", "toys", "may bypass row security");
    assert_refused("clinicd_owner", "toys", "owns");
    assert_refused("member", "toys", "owns");
    cluster_do("toys", "drop role bypasser; drop role member");
}

static void queries_that_break_the_agreement_are_refused(void **state)
{
    static const struct {
        const char *returns, *words;
    } rows[] = {
        {"(status int)", "toys.sql:100: query shape has no column body"},
        {"(body json)", "toys.sql:100: query shape has no column status"},
        {"(status bigint, body json)", "column status must be integer"},
        {"(status int, body text)", "column body must be json or jsonb"},
        {"(status int, body json, etag int)", "column etag must be text"},
        {"(status int, body json, extra text)", "has a column that nobody reads: extra"},
    };
    char statement[200];

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        snprintf(statement, sizeof statement,
                 "drop function if exists app.shape; create function app.shape() returns table "
                 "%s language plpgsql as $$ begin return; end $$",
                 rows[i].returns);
        cluster_do("toys", statement);
        assert_refused("clinicd_service", "toys", rows[i].words);
    }
    cluster_do("toys", "drop function app.shape");
    assert_refused("clinicd_service", "toys", "toys.sql:101: query shape does not prepare");
    cluster_do("toys", "create function app.shape() returns table (status int, body jsonb) "
                       "language sql as $$ select 200, null::jsonb $$");
    database_free(open_toys(1, 2000));
}

static void a_url_that_cannot_be_read_is_not_quoted(void **state)
{
    struct database_settings settings = {.url = "postgres://user:se%zzcret@host/db"};
    struct fault fault = {""};

    (void)state;
    assert_null(database_open(&settings, &fault));
    assert_null(strstr(fault.text, "cret"));
    assert_non_null(strstr(fault.text, "CLINICD_DATABASE_URL"));
    settings.url = "";
    assert_null(database_open(&settings, &fault));
    assert_non_null(strstr(fault.text, "is not set"));
}

/* ---------------------------------------------------------------- migrations */

static bool migrate(const char *name, int *applied, struct fault *fault)
{
    return db_migrate(cluster_url("clinicd_owner", name), applied, fault);
}

static void assert_migration_fails(const char *name, const char *words)
{
    struct fault fault = {""};
    int applied;

    assert_false(migrate(name, &applied, &fault));
    if (!strstr(fault.text, words))
        fail_msg("\"%s\" does not say \"%s\"", fault.text, words);
}

static void migrations_are_applied_once(void **state)
{
    struct fault fault = {""};
    int applied = -1;

    (void)state;
    cluster_database("fresh");
    embed(0, "demo/1.sql", "insert into app.a values (1); insert into app.a values (2);");
    embed(1, "functions/1.sql",
          "create or replace function app.f() returns int language sql "
          "as $$ select count(*)::int from app.a $$;");
    embed(2, "migrations/0001_a.sql", "create table app.a (id int primary key);\n");
    embed(3, "migrations/0002_b.sql",
          "create table app.b (id int); create index on app.b (id)");
    assert_refused("clinicd_service", "fresh", "run clinicd migrate");
    if (!migrate("fresh", &applied, &fault))
        fail_msg("%s", fault.text);
    assert_int_equal(applied, 2);
    assert_true(migrate("fresh", &applied, &fault));
    assert_int_equal(applied, 0);
    assert_true(db_run_scripts(cluster_url("clinicd_owner", "fresh"), "demo/", &fault));
    assert_string_equal(cluster_ask("fresh", "select app.f()"), "2");
    assert_false(db_run_scripts(cluster_url("clinicd_owner", "fresh"), "demo/", &fault));
    assert_non_null(strstr(fault.text, "sql/demo/1.sql, statement 1: duplicate key"));
    assert_string_equal(cluster_ask("fresh", "select string_agg(name, ' ' order by name) from "
                                             "app.migration"),
                        "0001_a.sql 0002_b.sql");
}

static void history_is_not_rewritten(void **state)
{
    struct fault fault = {""};
    int applied;

    (void)state;
    embed(4, "migrations/0003_c.sql", "create table app.c (id int);");
    assert_refused("clinicd_service", "fresh",
                   "the schema is at 0002_b.sql, this program needs "
                   "0003_c.sql");
    embed(2, "migrations/0001_a.sql", "create table app.a (id bigint primary key);\n");
    embed(3, "migrations/0002_b.sql",
          "create table app.b (id int); create index on app.b (id)");
    assert_migration_fails("fresh", "sql/migrations/0001_a.sql is not what was applied");
    embed(2, "migrations/0001_a.sql", "create table app.a (id int primary key);\n");
    embed(3, "migrations/0001_between.sql", "select 1");
    embed(4, "migrations/0002_b.sql",
          "create table app.b (id int); create index on app.b (id)");
    assert_migration_fails("fresh", "comes before 0002_b.sql");
    embed(3, "migrations/0003_c.sql", "select 1");
    assert_migration_fails("fresh", "does not have it");
    files[3].name = NULL; /* an older binary beside a newer one changes nothing */
    embed(1, "functions/1.sql", "drop function app.f()");
    embed(2, "migrations/0001_a.sql", "create table app.a (id int primary key);\n");
    assert_true(migrate("fresh", &applied, &fault));
    assert_int_equal(applied, 0);
    assert_string_equal(cluster_ask("fresh", "select app.f()"), "2");
}

static void a_failing_script_leaves_nothing_and_is_named(void **state)
{
    (void)state;
    cluster_database("broken");
    embed(0, "migrations/0001_a.sql", "create table app.a (id int);\n");
    embed(1, "migrations/0002_b.sql",
          "create table app.b (\n    name text -- \xc3\xa9\n);\n"
          "select nothing\n  from app.a;\n");
    assert_migration_fails("broken",
                           "sql/migrations/0002_b.sql:4: column \"nothing\" does not");
    assert_string_equal(cluster_ask("broken", "select to_regclass('app.a') is null and "
                                              "to_regclass('app.migration') is null"),
                        "t");
    embed(1, "migrations/0002_b.sql", "select 1; commit;");
    assert_migration_fails("broken", "ends the transaction");
    cluster_do("broken", "drop schema app cascade");
    assert_migration_fails("broken", "runs sql/roles.sql");
}

static void *migrate_many(void *context)
{
    struct called *called = context;
    struct fault fault = {""};

    called->outcome =
        db_migrate(called->name, &called->reply.status, &fault) ? DB_ROW : DB_BROKEN;
    return NULL;
}

static void instances_that_start_together_migrate_once(void **state)
{
    struct called instances[4] = {{.database = NULL}};
    const char *url;
    int applied = 0;

    (void)state;
    cluster_database("together");
    url = cluster_url("clinicd_owner", "together");
    embed(0, "functions/1.sql",
          "create or replace function app.f() returns int language sql "
          "as $$ select 1 $$;");
    embed(1, "migrations/0001_a.sql", "create table app.a (id int); select pg_sleep(0.1);");
    for (size_t i = 0; i < LENGTH(instances); i++) {
        instances[i].name = url;
        assert_int_equal(
            pthread_create(&instances[i].thread, NULL, migrate_many, &instances[i]), 0);
    }
    for (size_t i = 0; i < LENGTH(instances); i++) {
        call_join(&instances[i]);
        assert_int_equal(instances[i].outcome, DB_ROW);
        applied += instances[i].reply.status;
    }
    assert_int_equal(applied, 1);
    files[0].name = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_is_the_answer),
        cmocka_unit_test(large_texts_pass),
        cmocka_unit_test(every_connection_has_our_settings),
        cmocka_unit_test(guard_reaches_the_query_and_ends_with_it),
        cmocka_unit_test(row_policies_see_who_asks),
        cmocka_unit_test(an_error_heals_at_the_sync),
        cmocka_unit_test(the_commit_has_the_last_word),
        cmocka_unit_test(a_constraint_is_named),
        cmocka_unit_test(the_server_cuts_a_slow_query),
        cmocka_unit_test(a_frozen_server_is_cut_at_our_deadline),
        cmocka_unit_test(one_that_died_idle_is_replaced_unnoticed),
        cmocka_unit_test(a_read_is_sent_again),
        cmocka_unit_test(a_write_in_doubt_is_not),
        cmocka_unit_test(the_pool_survives_a_crash_of_the_server),
        cmocka_unit_test(a_database_that_is_away_at_start_is_waited_for),
        cmocka_unit_test(a_silent_host_is_passed),
        cmocka_unit_test(a_pool_that_connects_can_be_closed),
        cmocka_unit_test(transactions_run_again_by_sqlstate),
        cmocka_unit_test(a_stale_primary_is_left_by_all_connections),
        cmocka_unit_test(waiting_is_bounded),
        cmocka_unit_test(searches_leave_room_for_others),
        cmocka_unit_test(threads_share_the_pool_while_connections_die),
        cmocka_unit_test(the_worker_has_its_own_role_line_and_queries),
        cmocka_unit_test(a_line_that_breaks_in_a_call_is_connected_anew),
        cmocka_unit_test(the_server_ends_a_work_that_takes_too_long),
        cmocka_unit_test(whoever_stops_cuts_a_call_and_an_attempt_to_connect),
        cmocka_unit_test(a_line_is_refused_what_the_pool_is),
        cmocka_unit_test(roles_that_pass_through_policies_are_refused),
        cmocka_unit_test(queries_that_break_the_agreement_are_refused),
        cmocka_unit_test(a_url_that_cannot_be_read_is_not_quoted),
        cmocka_unit_test(migrations_are_applied_once),
        cmocka_unit_test(history_is_not_rewritten),
        cmocka_unit_test(a_failing_script_leaves_nothing_and_is_named),
        cmocka_unit_test(instances_that_start_together_migrate_once),
    };

    return cmocka_run_group_tests(tests, start, cluster_stop);
}
