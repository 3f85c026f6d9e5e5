// links: base db
/*
 * What db_run costs: the smallest guarded read through the pool, against pgbench with the same
 * prepared statements (set_config, query and Sync in one pipeline).
 *
 *     bench_db URL [SECONDS [THREADS [CONNECTIONS]]]      default 5 4 4
 *
 * URL is a libpq connection string of a role that owns nothing and may not bypass row security,
 * in a database with a schema app. Needs no table: the read is `select 200, '{}'`.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/embed.h"
#include "db.h"

static const char *const no_arguments[] = {"id", NULL};

const struct query db_queries[] = {
    {"smallest", "select 200 as status, json_build_object('id', $1::text) as body",
     no_arguments, 1, false, "bench", 1},
    {"smallestGuarded", "select 200 as status, json_build_object('id', $1::text) as body",
     no_arguments, 1, true, "bench", 2},
};
const size_t db_query_count = LENGTH(db_queries);

/* No migrations are asked for. */
const struct embedded *embedded_list(const char *prefix, size_t index)
{
    (void)prefix, (void)index;
    return NULL;
}

const struct embedded *embedded_find(const char *name)
{
    (void)name;
    return NULL;
}

enum { SAMPLES_MOST = 2000000 };

struct worker {
    struct database *database;
    const struct query *query;
    int64_t until_ms;
    int32_t *samples_us;
    size_t done, failed;
    pthread_t thread;
};

static void worker_call(struct worker *worker)
{
    static const char *const values[] = {"0189a6a0-0000-7000-8000-000000000001"};
    struct arena *arena = arena_new();
    const struct db_call call = {.query = worker->query,
                                 .values = values,
                                 .lane = LANE_BOOKING, /* may use every connection */
                                 .is_read = true,
                                 .subject = "bench",
                                 .scopes = "bookings:read",
                                 .clinics = "*",
                                 .arena = arena};
    struct db_reply reply;
    int64_t start_us = clock_monotonic_us();

    if (db_run(worker->database, &call, &reply) != DB_ROW)
        worker->failed++;
    else if (worker->done < SAMPLES_MOST)
        worker->samples_us[worker->done++] = (int32_t)(clock_monotonic_us() - start_us);
    arena_free(arena);
}

static void *worker_run(void *context)
{
    struct worker *worker = context;

    while (clock_monotonic_ms() < worker->until_ms)
        worker_call(worker);
    return NULL;
}

static int compare(const void *left, const void *right)
{
    int32_t a = *(const int32_t *)left, b = *(const int32_t *)right;

    return (a > b) - (a < b);
}

static void report(const char *name, struct worker *workers, size_t threads, int64_t seconds)
{
    size_t done = 0, failed = 0, at = 0;
    int32_t *all;

    for (size_t i = 0; i < threads; i++) {
        done += workers[i].done;
        failed += workers[i].failed;
    }
    all = malloc((done + 1) * sizeof *all);
    if (!all)
        abort();
    for (size_t i = 0; i < threads; at += workers[i++].done)
        memcpy(all + at, workers[i].samples_us, workers[i].done * sizeof *all);
    qsort(all, done, sizeof *all, compare);
    printf("%-20s %8zu/s  p50 %4d us  p99 %5d us  failed %zu\n", name, done / (size_t)seconds,
           done ? all[done / 2] : 0, done ? all[done / 100 * 99] : 0, failed);
    free(all);
}

static void measure(struct database *database, const struct query *query, size_t threads,
                    int64_t seconds)
{
    struct worker *workers = calloc(threads, sizeof *workers);

    if (!workers)
        abort();
    for (size_t i = 0; i < threads; i++) {
        workers[i] = (struct worker){.database = database, .query = query};
        workers[i].until_ms = clock_monotonic_ms() + seconds * 1000;
        workers[i].samples_us = malloc(SAMPLES_MOST * sizeof *workers[i].samples_us);
        if (!workers[i].samples_us ||
            pthread_create(&workers[i].thread, NULL, worker_run, &workers[i]) != 0)
            abort();
    }
    for (size_t i = 0; i < threads; i++)
        pthread_join(workers[i].thread, NULL);
    report(query->name, workers, threads, seconds);
    for (size_t i = 0; i < threads; i++)
        free(workers[i].samples_us);
    free(workers);
}

static long argument(int count, char **arguments, int index, long otherwise)
{
    return count > index ? strtol(arguments[index], NULL, 10) : otherwise;
}

int main(int count, char **arguments)
{
    struct database_settings settings = {.queue = 256, .wait_ms = 2000, .timeout_ms = 5000};
    long seconds = argument(count, arguments, 2, 5), threads = argument(count, arguments, 3, 4);
    struct fault fault = {""};
    struct database *database;

    settings.url = count > 1 ? arguments[1] : "";
    settings.connections = (size_t)argument(count, arguments, 4, 4);
    settings.searches = 1;
    database = database_open(&settings, &fault);
    if (!database || database_wait_ready(database, 5000, &fault) != DATABASE_READY) {
        fprintf(stderr, "bench_db: %s\n", fault.text);
        return 1;
    }
    usleep(200000); /* all connections up */
    for (size_t i = 0; i < db_query_count; i++)
        measure(database, &db_queries[i], (size_t)threads, seconds);
    database_free(database);
    return 0;
}
